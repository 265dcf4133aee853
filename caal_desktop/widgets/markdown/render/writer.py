"""Writes leaf blocks as text blocks, lists and tables at the end of a QTextDocument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.widgets.markdown.parse.highlight import language_of
from caal_desktop.widgets.markdown.parse.sanitize import neutralise
from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.code_leaf import CodeLeaf, VerbatimLeaf
from caal_desktop.widgets.markdown.render.document_appender import DocumentAppender
from caal_desktop.widgets.markdown.render.leaf import ThematicBreakLeaf
from caal_desktop.widgets.markdown.render.table_leaf import TableLeaf
from caal_desktop.widgets.markdown.render.text_leaf import TextLeaf

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle


class DocumentWriter:
    """The `structure.Sink` that writes into a document."""

    def __init__(self, document: QTextDocument, style: MarkdownStyle) -> None:
        self.appender = DocumentAppender(document, style)
        self._leaf: Leaf | None = None
        self._settled_leaf: Leaf | None = None

    # -- the provisional part -----------------------------------------------------------------------------------

    def begin_provisional(self) -> None:
        """Make everything that is written from here on provisional."""
        self.appender.begin_provisional()
        self._settled_leaf = self._leaf
        self._leaf = None if self._leaf is None else self._leaf.copy()

    def end_provisional(self) -> None:
        """Show the open leaf block too, then restore the state before the provisional part."""
        if self._leaf is not None:
            self._leaf.close(self.appender, unfinished=True)
        self._leaf, self._settled_leaf = self._settled_leaf, None
        self.appender.end_provisional()

    def remove_provisional(self) -> None:
        """Remove the provisional part from the document."""
        self.appender.remove_provisional()

    # -- the sink ---------------------------------------------------------------------------------------------

    def open_leaf(
        self,
        kind: LeafKind,
        placement: LeafPlacement,
        *,
        level: int = 0,
        info: str = "",
        alignments: tuple[str, ...] = (),
    ) -> None:
        """Begin a leaf block."""
        match kind:
            case LeafKind.CODE:
                state = self.appender.state
                state.codes += 1
                self._leaf = CodeLeaf(placement, state.codes, neutralise(language_of(info)))
            case LeafKind.MATH:
                self._leaf = VerbatimLeaf(kind, placement)
            case LeafKind.TABLE:
                self._leaf = TableLeaf(placement, alignments)
            case LeafKind.THEMATIC_BREAK:
                self._leaf = ThematicBreakLeaf(kind, placement)
            case LeafKind.PARAGRAPH | LeafKind.HEADING:
                self._leaf = TextLeaf(kind, placement, level)

    def add_line(self, text: str) -> None:
        """Add a line to the open leaf block."""
        if self._leaf is not None:
            self._leaf.add_line(self.appender, text)

    def extend_line(self, text: str) -> None:
        """Add to the last line of the open leaf block."""
        if isinstance(self._leaf, TextLeaf | VerbatimLeaf):
            self._leaf.extend_line(self.appender, text)

    def retract_line(self) -> None:
        """Take the last line of the open paragraph back."""
        if isinstance(self._leaf, TextLeaf):
            self._leaf.retract_line()

    def retract_leaf(self) -> None:
        """Take the open paragraph back."""
        self._leaf = None

    def close_leaf(self) -> None:
        """Close the open leaf block: it is complete."""
        leaf, self._leaf = self._leaf, None
        if leaf is not None:
            # A heading ends with its line; in the provisional part, the line itself is still arriving.
            leaf.close(self.appender, unfinished=self.appender.is_provisional and leaf.kind is LeafKind.HEADING)

    def define(self, label: str, href: str) -> None:
        """Keep a link reference definition."""
        self.appender.references.define(label, href)
