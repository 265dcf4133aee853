"""A leaf that is being written: what all kinds have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.structure import Kind, Place
    from caal_desktop.widgets.markdown.render.page import Page


class Leaf(ABC):
    """The open leaf.

    Attributes:
        level: A heading's; otherwise 0.
        started: The block that takes the leaf's next text is there.
        cut: The leaf goes on in a second block.
    """

    def __init__(self, kind: Kind, place: Place, level: int = 0) -> None:
        self.kind = kind
        self.place = place
        self.level = level
        self.started = False
        self.cut = False

    def copy(self) -> Self:
        """Return an independent copy, to write what may still change."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.detach()
        return twin

    def detach(self) -> None:  # noqa: B027 - most kinds hold nothing that is changed in place
        """Make a copy independent: stop sharing what is changed in place."""

    @abstractmethod
    def add_line(self, page: Page, text: str) -> None:
        """Take a complete source line."""

    @abstractmethod
    def close(self, page: Page, *, unfinished: bool) -> None:
        """Write what is left; ``unfinished`` if more may come."""


class RuleLeaf(Leaf):
    """A thematic break. It has no text."""

    def add_line(self, page: Page, text: str) -> None:
        """There is none."""

    def close(self, page: Page, *, unfinished: bool) -> None:
        """Write the line."""
        page.begin_block(self, page.theme.tiny())
