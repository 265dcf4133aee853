"""A leaf block that is being written: what all kinds have in common, and where they are written to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextDocument, QTextTable, QTextTableFormat

    from caal_desktop.widgets.markdown.parse.inline import References
    from caal_desktop.widgets.markdown.parse.structure import LeafKind, LeafPlacement
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle


class LeafTarget(Protocol):
    """Where a leaf block appends its text blocks: the end of a document."""

    @property
    def document(self) -> QTextDocument:
        """The document that is written to."""

    @property
    def style(self) -> MarkdownStyle:
        """The formats."""

    @property
    def cursor(self) -> QTextCursor:
        """The cursor at the document's end."""

    @property
    def is_provisional(self) -> bool:
        """Whether what is written now is provisional."""

    @property
    def references(self) -> References:
        """The link reference definitions so far."""

    def gap_above(self, leaf: Leaf) -> float:
        """Return the distance above a leaf block that begins here, in pixels."""

    def begin_block(
        self,
        leaf: Leaf,
        char_format: QTextCharFormat,
        *,
        properties: dict[int, object] | None = None,
        continues: bool = False,
    ) -> None:
        """Begin a leaf block's next text block."""

    def insert_table(self, rows: int, form: QTextTableFormat) -> QTextTable:
        """Insert a table with as many columns as its format has widths for."""


class Leaf(ABC):
    """The open leaf block.

    Attributes:
        kind: What it is.
        placement: Its position within its container blocks.
        level: A heading's; otherwise 0.
        started: The text block that takes the next text is there.
        is_split: It continues in a second text block.
    """

    def __init__(self, kind: LeafKind, placement: LeafPlacement, level: int = 0) -> None:
        self.kind = kind
        self.placement = placement
        self.level = level
        self.started = False
        self.is_split = False

    def copy(self) -> Self:
        """Return an independent copy, to write what may still change."""
        clone = object.__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone.detach()
        return clone

    def detach(self) -> None:  # noqa: B027 - most kinds hold nothing that is changed in place
        """Make a copy independent: stop sharing what is changed in place."""

    @abstractmethod
    def add_line(self, target: LeafTarget, text: str) -> None:
        """Take a complete source line."""

    @abstractmethod
    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Write what is left; ``unfinished`` if more may come."""


class ThematicBreakLeaf(Leaf):
    """A thematic break; it has no text."""

    def add_line(self, target: LeafTarget, text: str) -> None:
        """Do nothing: a thematic break has no text."""

    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Write the horizontal line."""
        target.begin_block(self, target.style.spacer_format())
