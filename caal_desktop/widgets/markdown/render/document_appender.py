"""The end of a document, where blocks are appended, and its provisional part.

Everything is built with a cursor and explicit formats. No HTML is parsed and no resource is named, so nothing can be
loaded. No frame is used either: Qt lays a frame out as a whole whenever anything in it changes; only the root frame's
layout continues from where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextList,
    QTextListFormat,
    QTextTable,
    QTextTableFormat,
)
from shiboken6 import isValid

from caal_desktop.widgets.markdown.parse.inline import References
from caal_desktop.widgets.markdown.parse.structure import LeafKind, ListMarker
from caal_desktop.widgets.markdown.render.block_formats import MAX_INDENT, block_format, gap_above, spacer_block_format

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

_LIST_GROUPS_KEPT = 64


@dataclass(slots=True)
class AppenderState:
    """What the format of the next text block depends on.

    Attributes:
        started: The document has content.
        fresh: The last text block is empty and is used next.
        previous: The kind of the leaf block written last.
        lists: The text list of each of the last groups of items.
        codes: The number of code blocks so far.
        references: The link reference definitions so far.
    """

    started: bool
    fresh: bool
    previous: LeafKind | None = None
    lists: dict[int, QTextList] = field(default_factory=dict)
    codes: int = 0
    references: References = field(default_factory=lambda: References({}))

    def copy(self) -> AppenderState:
        """Return an independent copy."""
        references = self.references.copy() if self.references.targets else References({})
        return replace(self, lists=dict(self.lists), references=references)


@dataclass(frozen=True, slots=True)
class _ProvisionalStart:
    """The end of the document before its provisional part."""

    position: int
    block_format: QTextBlockFormat
    char_format: QTextCharFormat
    list_group: int
    list_format: QTextListFormat | None


class DocumentAppender:
    """Appends blocks to a document: the `LeafTarget`.

    From `begin_provisional` on what it writes is provisional, until `remove_provisional`.
    """

    def __init__(self, document: QTextDocument, style: MarkdownStyle) -> None:
        self.document = document
        self.style = style
        self.cursor = QTextCursor(document)
        self.cursor.movePosition(QTextCursor.MoveOperation.End)
        self.state = AppenderState(started=document.characterCount() > 1, fresh=self.cursor.block().length() <= 1)
        self._settled_state: AppenderState | None = None
        self._provisional_start: _ProvisionalStart | None = None

    # -- the provisional part -----------------------------------------------------------------------------------

    @property
    def is_provisional(self) -> bool:
        """Whether what is written now is provisional."""
        return self._settled_state is not None

    @property
    def references(self) -> References:
        """The link reference definitions so far."""
        return self.state.references

    def begin_provisional(self) -> None:
        """Make everything that is written from here on provisional."""
        cursor, state = self.cursor, self.state
        block = cursor.block()
        group, list_format = -1, None
        text_list = block.textList() if block.length() <= 1 else None
        if text_list is not None:
            index = text_list.objectIndex()
            group = next((group for group, known in state.lists.items() if known.objectIndex() == index), -1)
            list_format = text_list.format()
        self._provisional_start = _ProvisionalStart(
            cursor.position(), block.blockFormat(), block.charFormat(), group, list_format
        )
        self._settled_state, self.state = state, state.copy()

    def end_provisional(self) -> None:
        """Restore the state before the provisional part: the next block depends on settled text alone."""
        if self._settled_state is not None:
            self.state, self._settled_state = self._settled_state, None

    def remove_provisional(self) -> None:
        """Remove the provisional part from the document."""
        start, self._provisional_start = self._provisional_start, None
        if start is None:
            return
        cursor = self.cursor
        cursor.setPosition(start.position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        # Qt keeps the second block's format when the first one is empty; and a fresh block is used without a new one.
        if start.list_format is not None and start.list_group >= 0 and not isValid(self.state.lists[start.list_group]):
            # That block was the only one of its list, which Qt has deleted with it.
            start.block_format.setObjectIndex(-1)
            cursor.setBlockFormat(start.block_format)
            self.state.lists[start.list_group] = cursor.createList(start.list_format)
        elif cursor.blockFormat() != start.block_format:
            cursor.setBlockFormat(start.block_format)
        if cursor.blockCharFormat() != start.char_format:
            cursor.setBlockCharFormat(start.char_format)

    # -- blocks -----------------------------------------------------------------------------------------------

    def gap_above(self, leaf: Leaf) -> float:
        """Return the distance above a leaf block that begins here, in pixels."""
        return gap_above(leaf, self.state.previous, self.style.line_height) if self.state.started else 0.0

    def begin_block(
        self,
        leaf: Leaf,
        char_format: QTextCharFormat,
        *,
        properties: dict[int, object] | None = None,
        continues: bool = False,
    ) -> None:
        """Begin a leaf block's next text block at the end; the document's first one is there already."""
        state = self.state
        form = block_format(leaf, self.gap_above(leaf), self.style, continues=continues)
        for key, value in (properties or {}).items():
            form.setProperty(key, value)
        marker = leaf.placement.marker if not (leaf.is_split or continues) else None
        known = state.lists.get(marker.group) if marker is not None else None
        if known is not None:
            # In the format already: joining later would lay the list out twice.
            form.setObjectIndex(known.objectIndex())
        cursor = self.cursor
        if state.fresh:
            cursor.setBlockFormat(form)
            cursor.setBlockCharFormat(char_format)
        else:
            cursor.insertBlock(form, char_format)
        if marker is not None and known is None:
            self._create_list(marker, leaf.placement.indent)
        self._written(leaf.kind)

    def insert_table(self, rows: int, form: QTextTableFormat) -> QTextTable:
        """Insert a table with as many columns as its format has widths for."""
        cursor = self.cursor
        if self.state.fresh:
            self._make_spacer()
        table = cursor.insertTable(rows, len(form.columnWidthConstraints()), form)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        # Qt gives the empty block behind a table no height; so it stays empty, and what follows has a block of its own.
        self._make_spacer()
        self._written(LeafKind.TABLE)
        return table

    def _make_spacer(self) -> None:
        self.cursor.setBlockFormat(spacer_block_format())
        self.cursor.setBlockCharFormat(self.style.spacer_format())

    def _written(self, kind: LeafKind) -> None:
        self.state.fresh = False
        self.state.previous = kind
        self.state.started = True

    def _create_list(self, marker: ListMarker, indent: int) -> None:
        form = QTextListFormat()
        form.setIndent(min(indent, MAX_INDENT))
        if marker.ordered:
            form.setStyle(QTextListFormat.Style.ListDecimal)
            form.setNumberSuffix(marker.delimiter)
            form.setStart(marker.number)
        else:
            styles = QTextListFormat.Style
            form.setStyle((styles.ListDisc, styles.ListCircle, styles.ListSquare)[marker.level % 3])
        lists = self.state.lists
        # Old groups get no more items.
        self.state.lists = {g: known for g, known in lists.items() if g > marker.group - _LIST_GROUPS_KEPT}
        self.state.lists[marker.group] = self.cursor.createList(form)
