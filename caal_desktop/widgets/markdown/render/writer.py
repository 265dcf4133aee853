"""Leaves of Markdown → blocks, lists and tables at the end of a QTextDocument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.widgets.markdown.parse.highlight import language_of
from caal_desktop.widgets.markdown.parse.sanitize import neutralise
from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.render.code_leaf import CodeLeaf, VerbatimLeaf
from caal_desktop.widgets.markdown.render.document_appender import DocumentAppender
from caal_desktop.widgets.markdown.render.leaf import RuleLeaf
from caal_desktop.widgets.markdown.render.table_leaf import TableLeaf
from caal_desktop.widgets.markdown.render.text_leaf import TextLeaf

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument

    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle


class DocumentWriter:
    """The `structure.Sink` that writes."""

    def __init__(self, document: QTextDocument, style: MarkdownStyle) -> None:
        self.page = DocumentAppender(document, style)
        self._leaf: Leaf | None = None
        self._lasting_leaf: Leaf | None = None

    # -- the tail ---------------------------------------------------------------------------------------------

    def begin_tail(self) -> None:
        """Everything written from here on is provisional."""
        self.page.begin_tail()
        self._lasting_leaf = self._leaf
        self._leaf = None if self._leaf is None else self._leaf.copy()

    def end_tail(self) -> None:
        """Show the open leaf too, then forget that anything provisional was written."""
        if self._leaf is not None:
            self._leaf.close(self.page, unfinished=True)
        self._leaf, self._lasting_leaf = self._lasting_leaf, None
        self.page.end_tail()

    def remove_tail(self) -> None:
        """Take everything provisional out of the document."""
        self.page.remove_tail()

    # -- the sink ---------------------------------------------------------------------------------------------

    def open_leaf(
        self, kind: LeafKind, place: LeafPlacement, *, level: int = 0, info: str = "", aligns: tuple[str, ...] = ()
    ) -> None:
        """Begin a leaf."""
        match kind:
            case LeafKind.CODE:
                state = self.page.state
                state.codes += 1
                self._leaf = CodeLeaf(place, state.codes, neutralise(language_of(info)))
            case LeafKind.MATH:
                self._leaf = VerbatimLeaf(kind, place)
            case LeafKind.TABLE:
                self._leaf = TableLeaf(place, aligns)
            case LeafKind.RULE:
                self._leaf = RuleLeaf(kind, place)
            case LeafKind.PARAGRAPH | LeafKind.HEADING:
                self._leaf = TextLeaf(kind, place, level)

    def add_line(self, text: str) -> None:
        """Add a line to the open leaf."""
        if self._leaf is not None:
            self._leaf.add_line(self.page, text)

    def extend_line(self, text: str) -> None:
        """Add to the last line of the open leaf."""
        if isinstance(self._leaf, TextLeaf | VerbatimLeaf):
            self._leaf.extend_line(self.page, text)

    def retract_line(self) -> None:
        """Take the last line of the open paragraph back."""
        if isinstance(self._leaf, TextLeaf):
            self._leaf.retract_line()

    def retract_leaf(self) -> None:
        """Take the open paragraph back."""
        self._leaf = None

    def close_leaf(self) -> None:
        """The open leaf is complete."""
        leaf, self._leaf = self._leaf, None
        if leaf is not None:
            # A heading ends with its line; in the tail, the line itself is still arriving.
            leaf.close(self.page, unfinished=self.page.in_tail and leaf.kind is LeafKind.HEADING)

    def define(self, label: str, href: str) -> None:
        """Keep a link reference definition."""
        self.page.references.define(label, href)
