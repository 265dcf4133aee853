"""The end of a document, where blocks are appended, and its provisional part.

Everything is built with a cursor and explicit formats. No HTML is parsed and no resource is named, so nothing can be
loaded. No frame is used either: Qt lays a frame out as a whole whenever anything in it changes, the root frame alone
goes on from where it was.
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
from caal_desktop.widgets.markdown.parse.structure import LeafKind, Marker
from caal_desktop.widgets.markdown.render.block_formats import MAX_INDENT, block_format, gap_above, tiny_block_format

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.render.leaf import Leaf
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

_LIST_GROUPS_KEPT = 64


@dataclass(slots=True)
class PageState:
    """What the next block depends on.

    Attributes:
        started: There is something on the page.
        fresh: The last block is empty and waits to be used.
        previous: LeafKind of the block written last.
        lists: The text list of each of the last groups of items.
        codes: How many code blocks there are.
    """

    started: bool
    fresh: bool
    previous: LeafKind | None = None
    lists: dict[int, QTextList] = field(default_factory=dict)
    codes: int = 0
    references: References = field(default_factory=lambda: References({}))

    def copy(self) -> PageState:
        """Return an independent copy."""
        references = self.references.copy() if self.references.targets else References({})
        return replace(self, lists=dict(self.lists), references=references)


@dataclass(frozen=True, slots=True)
class _Tail:
    """What was there before the provisional part."""

    position: int
    block_format: QTextBlockFormat
    char_format: QTextCharFormat
    list_group: int
    list_format: QTextListFormat | None


class DocumentAppender:
    """Appends blocks to a document: the `LeafTarget`.

    From `begin_tail` on what it writes is provisional, until `remove_tail`.
    """

    def __init__(self, document: QTextDocument, style: MarkdownStyle) -> None:
        self.document = document
        self.style = style
        self.cursor = QTextCursor(document)
        self.cursor.movePosition(QTextCursor.MoveOperation.End)
        self.state = PageState(started=document.characterCount() > 1, fresh=self.cursor.block().length() <= 1)
        self._lasting: PageState | None = None
        self._tail: _Tail | None = None

    # -- the tail ---------------------------------------------------------------------------------------------

    @property
    def in_tail(self) -> bool:
        """Whether what is written now is provisional."""
        return self._lasting is not None

    @property
    def references(self) -> References:
        """The link reference definitions so far."""
        return self.state.references

    def begin_tail(self) -> None:
        """Everything written from here on is provisional."""
        cursor, state = self.cursor, self.state
        block = cursor.block()
        group, list_format = -1, None
        text_list = block.textList() if block.length() <= 1 else None
        if text_list is not None:
            index = text_list.objectIndex()
            group = next((group for group, known in state.lists.items() if known.objectIndex() == index), -1)
            list_format = text_list.format()
        self._tail = _Tail(cursor.position(), block.blockFormat(), block.charFormat(), group, list_format)
        self._lasting, self.state = state, state.copy()

    def end_tail(self) -> None:
        """Forget that anything provisional was written: what comes next depends on what lasts."""
        if self._lasting is not None:
            self.state, self._lasting = self._lasting, None

    def remove_tail(self) -> None:
        """Take everything provisional out of the document."""
        tail, self._tail = self._tail, None
        if tail is None:
            return
        cursor = self.cursor
        cursor.setPosition(tail.position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        # Qt keeps the second block's format when the first one is empty; and a fresh block is used without a new one.
        if tail.list_format is not None and tail.list_group >= 0 and not isValid(self.state.lists[tail.list_group]):
            # That block was the only one of its list, which died with it.
            tail.block_format.setObjectIndex(-1)
            cursor.setBlockFormat(tail.block_format)
            self.state.lists[tail.list_group] = cursor.createList(tail.list_format)
        elif cursor.blockFormat() != tail.block_format:
            cursor.setBlockFormat(tail.block_format)
        if cursor.blockCharFormat() != tail.char_format:
            cursor.setBlockCharFormat(tail.char_format)

    # -- blocks -----------------------------------------------------------------------------------------------

    def gap_above(self, leaf: Leaf) -> float:
        """Return the distance above a leaf that begins here, in pixels."""
        return gap_above(leaf, self.state.previous, self.style.unit) if self.state.started else 0.0

    def begin_block(
        self,
        leaf: Leaf,
        char_format: QTextCharFormat,
        *,
        properties: dict[int, object] | None = None,
        continues: bool = False,
    ) -> None:
        """Start a leaf's next block at the end; the document's first one is there already."""
        state = self.state
        form = block_format(leaf, self.gap_above(leaf), self.style, continues=continues)
        for key, value in (properties or {}).items():
            form.setProperty(key, value)
        marker = leaf.place.marker if not (leaf.cut or continues) else None
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
            self._create_list(marker, leaf.place.indent)
        self._written(leaf.kind)

    def insert_table(self, rows: int, form: QTextTableFormat) -> QTextTable:
        """Insert a table with as many columns as its format has widths for."""
        cursor = self.cursor
        if self.state.fresh:
            self._set_tiny()
        table = cursor.insertTable(rows, len(form.columnWidthConstraints()), form)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        # Qt gives the empty block behind a table no height; so it stays empty, and what follows has a block of its own.
        self._set_tiny()
        self._written(LeafKind.TABLE)
        return table

    def _set_tiny(self) -> None:
        self.cursor.setBlockFormat(tiny_block_format())
        self.cursor.setBlockCharFormat(self.style.tiny())

    def _written(self, kind: LeafKind) -> None:
        self.state.fresh = False
        self.state.previous = kind
        self.state.started = True

    def _create_list(self, marker: Marker, indent: int) -> None:
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
