"""A leaf that is being written: what all kinds have in common, and what they need of the page that they go to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument, QTextTable, QTextTableFormat

    from caal_desktop.widgets.markdown.parse.inline import References
    from caal_desktop.widgets.markdown.parse.structure import LeafKind, LeafPlacement
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle


class LeafTarget(Protocol):
    """Where a leaf appends its blocks: the end of a document."""

    @property
    def document(self) -> QTextDocument:
        """What is written to."""

    @property
    def style(self) -> MarkdownStyle:
        """The formats."""

    @property
    def cursor(self) -> QTextCursor:
        """Stands at the end."""

    @property
    def in_tail(self) -> bool:
        """Whether what is written now is provisional."""

    @property
    def references(self) -> References:
        """The link reference definitions so far."""

    def gap_above(self, leaf: Leaf) -> float:
        """Return the distance above a leaf that begins here, in pixels."""

    def begin_block(
        self,
        leaf: Leaf,
        char_format: QTextCharFormat,
        *,
        properties: dict[int, object] | None = None,
        continues: bool = False,
    ) -> None:
        """Start a leaf's next block."""

    def insert_table(self, rows: int, form: QTextTableFormat) -> QTextTable:
        """Insert a table with as many columns as its format has widths for."""


class Leaf(ABC):
    """The open leaf.

    Attributes:
        level: A heading's; otherwise 0.
        started: The block that takes the leaf's next text is there.
        cut: The leaf goes on in a second block.
    """

    def __init__(self, kind: LeafKind, place: LeafPlacement, level: int = 0) -> None:
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
    def add_line(self, page: LeafTarget, text: str) -> None:
        """Take a complete source line."""

    @abstractmethod
    def close(self, page: LeafTarget, *, unfinished: bool) -> None:
        """Write what is left; ``unfinished`` if more may come."""


class RuleLeaf(Leaf):
    """A thematic break. It has no text."""

    def add_line(self, page: LeafTarget, text: str) -> None:
        """There is none."""

    def close(self, page: LeafTarget, *, unfinished: bool) -> None:
        """Write the line."""
        page.begin_block(self, page.style.tiny())
