"""Leaves of Markdown → blocks, lists and tables at the end of a QTextDocument.

Everything is built with a cursor and explicit formats. No HTML is parsed and no resource is named, so nothing can be
loaded. No frame is used either: Qt lays a frame out as a whole whenever anything in it changes, the root frame alone
goes on from where it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextList,
    QTextListFormat,
    QTextTableCellFormat,
    QTextTableFormat,
)
from shiboken6 import isValid

from . import inline
from .blocks import LINE_LIMIT, Kind, Place, split_row
from .highlight import LINE_CHARS, Highlighter, Run, ends_chunk, language_of
from .inline import LINE_BREAK, References, Span, Style
from .sanitize import neutralise
from .theme import Property

if TYPE_CHECKING:
    from .theme import Theme

SEGMENT_SIZES = (256, 512)
SEGMENT_LIMIT = 1024
"""At this many characters a paragraph's text is cut even inside emphasis or a link that was never closed."""
SEGMENT_HARD_LIMIT = 1536
BLOCK_CHARS = 1500
"""A longer paragraph goes on in a block of its own: Qt lays a block out as a whole at every change."""
CODE_BLOCK_CHARS = 2000
TABLE_CHUNK_ROWS = 12
TABLE_CHUNK_CELLS = 60
"""An open table is rebuilt in each frame: so it is written in chunks of at most so many rows and cells."""
TABLE_FIXED_CHARS = 62
"""A table up to this wide keeps its natural width; a wider one fills the width there is."""
MAX_COLUMNS = 32
MAX_INDENT = 8
CODE_HEAD_UNITS = 1.9
"""Height of a code card's head (language, copy button) in the default font's line heights."""


@dataclass(slots=True)
class _Leaf:
    kind: Kind
    place: Place
    level: int = 0
    started: bool = False
    cut: bool = False
    # paragraph: text not yet written, and where its last line starts
    pending: str = ""
    last_line: int = 0
    lines: int = 0
    long: bool = False
    stage: int = 0
    block_chars: int = 0
    # code
    language: str = ""
    code_id: int = 0
    highlighter: Highlighter | None = None
    chunk: list[str] = field(default_factory=list)
    chunk_chars: int = 0
    written: list[tuple[int, list[Run]]] = field(default_factory=list)
    line_chars: int = 0
    # table
    aligns: tuple[str, ...] = ()
    rows: list[list[list[Span]]] = field(default_factory=list)
    widths: tuple[int, ...] = ()
    continued: bool = False

    def copy(self) -> _Leaf:
        return replace(
            self,
            chunk=list(self.chunk),
            written=list(self.written),
            rows=list(self.rows),
            highlighter=None if self.highlighter is None else self.highlighter.copy(),
        )


@dataclass(slots=True)
class _State:
    leaf: _Leaf | None = None
    previous: Kind | None = None  # of the block written last
    previous_level: int = 0
    fresh: bool = True  # the document is empty: its only block waits to be used
    lists: dict[int, QTextList] = field(default_factory=dict)
    codes: int = 0
    references: References = field(default_factory=lambda: References({}))

    def copy(self) -> _State:
        return replace(
            self,
            leaf=None if self.leaf is None else self.leaf.copy(),
            lists=dict(self.lists),
            references=self.references.copy() if self.references.targets else References({}),
        )


class DocumentWriter:
    """The `blocks.Sink` that writes."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        self.document = document
        self.theme = theme
        self.cursor = QTextCursor(document)
        self.cursor.movePosition(QTextCursor.MoveOperation.End)
        self._state = _State(fresh=self.cursor.block().length() <= 1)
        self._tail: tuple[int, QTextBlockFormat, QTextCharFormat, bool] | None = None
        self._tail_list: tuple[int, QTextListFormat] | None = None
        self._in_tail = False
        self._started = document.characterCount() > 1
        self._spaces: dict[object, QTextBlockFormat] = {}

    # -- the tail ---------------------------------------------------------------------------------------------

    def begin_tail(self) -> _State:
        """Everything written from here on is provisional. Returns what `end_tail` needs."""
        block = self.cursor.block()
        self._tail = (self.cursor.position(), block.blockFormat(), block.charFormat(), self._started)
        self._tail_list = None
        text_list = block.textList() if block.length() <= 1 else None
        if text_list is not None:
            index = text_list.objectIndex()
            groups = [group for group, known in self._state.lists.items() if known.objectIndex() == index]
            self._tail_list = (groups[0], text_list.format()) if groups else None
        state, self._state = self._state, self._state.copy()
        self._in_tail = True
        return state

    def end_tail(self, state: _State) -> None:
        """Show the open leaf too, then forget that anything provisional was written."""
        leaf = self._state.leaf
        if leaf is not None:
            self._close(leaf, unfinished=True)
        self._state = state
        self._in_tail = False

    def remove_tail(self) -> None:
        """Take everything provisional out of the document."""
        if self._tail is None:
            return
        position, block_format, char_format, self._started = self._tail
        self._tail = None
        cursor = self.cursor
        cursor.setPosition(position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        if cursor.hasSelection():
            cursor.removeSelectedText()
            # Qt keeps the second block's format when the first one is empty.
            if self._tail_list is not None and not isValid(self._state.lists[self._tail_list[0]]):
                # That block was the only one of its list, which died with it.
                group, list_format = self._tail_list
                block_format.setObjectIndex(-1)
                cursor.setBlockFormat(block_format)
                self._state.lists[group] = cursor.createList(list_format)
            elif cursor.blockFormat() != block_format:
                cursor.setBlockFormat(block_format)
            if cursor.blockCharFormat() != char_format:
                cursor.setBlockCharFormat(char_format)

    # -- the sink ---------------------------------------------------------------------------------------------

    def open_leaf(
        self, kind: Kind, place: Place, *, level: int = 0, info: str = "", aligns: tuple[str, ...] = ()
    ) -> None:
        """Begin a leaf."""
        leaf = self._state.leaf = _Leaf(kind, place, level)
        if kind is Kind.CODE:
            self._state.codes += 1
            leaf.code_id = self._state.codes
            leaf.language = neutralise(language_of(info))
            leaf.highlighter = Highlighter(leaf.language)
        elif kind is Kind.TABLE:
            leaf.aligns = aligns[:MAX_COLUMNS]
        elif kind is Kind.RULE:
            self._write_rule(leaf)

    def add_line(self, text: str) -> None:
        """Add a line to the open leaf."""
        leaf = self._state.leaf
        if leaf is None:
            return
        if leaf.kind is Kind.CODE:
            self._add_code_line(leaf, text)
        elif leaf.kind is Kind.MATH:
            self._write_verbatim_line(leaf, [Run(neutralise(text), "")])
        elif leaf.kind is Kind.TABLE:
            self._add_row(leaf, text)
        else:
            leaf.long = False
            if leaf.lines:
                leaf.pending += "\n"
                leaf.last_line = len(leaf.pending)
                self._segment(leaf)
            leaf.pending += text
            leaf.lines += 1

    def extend_line(self, text: str) -> None:
        """Add to the last line of the open leaf."""
        leaf = self._state.leaf
        if leaf is None:
            return
        if leaf.kind in (Kind.CODE, Kind.MATH):
            self._extend_code_line(leaf, text)
        elif leaf.kind is Kind.PARAGRAPH:
            leaf.long = True
            # In slices: one search for a boundary must not see more than a stream would have shown it.
            for start in range(0, len(text), LINE_LIMIT):
                leaf.pending += text[start : start + LINE_LIMIT]
                self._segment(leaf)

    def retract_line(self) -> None:
        """Take the last line of the open paragraph back."""
        leaf = self._state.leaf
        if leaf is not None:
            leaf.pending = leaf.pending[: max(0, leaf.last_line - 1)]

    def retract_leaf(self) -> None:
        """Take the open paragraph back."""
        self._state.leaf = None

    def close_leaf(self) -> None:
        """The open leaf is complete."""
        leaf = self._state.leaf
        if leaf is not None:
            # A heading ends with its line; in the tail, the line itself is still arriving.
            self._close(leaf, unfinished=self._in_tail and leaf.kind is Kind.HEADING)
            self._state.leaf = None

    def define(self, label: str, href: str) -> None:
        """Keep a link reference definition."""
        self._state.references.define(label, href)

    def _close(self, leaf: _Leaf, *, unfinished: bool) -> None:
        if leaf.kind is Kind.TABLE:
            self._flush_table(leaf)
        elif leaf.kind is Kind.CODE:
            if not leaf.started:
                self._write_verbatim_line(leaf, [])
            if not unfinished:
                self._finish_chunk(leaf)
        elif leaf.kind in (Kind.PARAGRAPH, Kind.HEADING):
            self._flush_text(leaf, unfinished=unfinished)

    # -- text -------------------------------------------------------------------------------------------------

    def _segment(self, leaf: _Leaf) -> None:
        """Write the part of a paragraph that nothing after it can change."""
        while leaf.kind is Kind.PARAGRAPH:
            limit = len(leaf.pending) if leaf.long else leaf.last_line
            forced = leaf.stage >= len(SEGMENT_SIZES)
            size = SEGMENT_LIMIT if forced else SEGMENT_SIZES[leaf.stage]
            if limit <= size:
                return
            end = _boundary(leaf.pending, size, limit)
            if end < 0:
                if limit < SEGMENT_HARD_LIMIT:
                    return
                end = SEGMENT_HARD_LIMIT
                forced = True
            if not forced and not inline.is_closed(leaf.pending[:end], self._state.references):
                leaf.stage += 1
                continue
            text = leaf.pending[:end]
            leaf.pending = leaf.pending[end:]
            leaf.last_line = max(0, leaf.last_line - end)
            leaf.stage = 0
            spans = inline.parse(text, self._state.references)
            leaf.block_chars += len(text)
            full = leaf.block_chars >= BLOCK_CHARS
            self._write_spans(leaf, _stripped(spans) if full else spans)
            if full:
                leaf.block_chars = 0
                leaf.started = False
                leaf.cut = True

    def _flush_text(self, leaf: _Leaf, *, unfinished: bool) -> None:
        text = leaf.pending.rstrip()
        if unfinished and leaf.kind is Kind.PARAGRAPH:
            start = min(leaf.last_line, len(text))
            last = text[start:]
            # A line that begins with a bar will be a table's header: it is shown as one before its second line comes.
            if last.startswith("|") and len(last) > 1 and len(last) <= LINE_LIMIT and not leaf.long and not leaf.cut:
                self._flush_provisional_table(leaf, text[:start].rstrip(), last)
                return
        if text or not (leaf.started or leaf.cut):
            self._write_spans(leaf, _stripped(inline.parse(text, self._state.references, unfinished=unfinished)))

    def _flush_provisional_table(self, leaf: _Leaf, before: str, header: str) -> None:
        place = leaf.place
        if before or place.marker is not None:
            self._write_spans(leaf, _stripped(inline.parse(before, self._state.references)))
            place = replace(place, marker=None, loose=True)
        cells = split_row(header)[:MAX_COLUMNS]
        table = _Leaf(Kind.TABLE, place, aligns=("left",) * max(1, len(cells)))
        table.rows.append([inline.parse(cell, self._state.references, unfinished=True) for cell in cells])
        self._flush_table(table)

    def _write_spans(self, leaf: _Leaf, spans: list[Span]) -> None:
        theme = self.theme
        level = leaf.level if leaf.kind is Kind.HEADING else 0
        quiet = bool(leaf.place.bars)
        if not leaf.started:
            self._begin_block(leaf, theme.span(Style.PLAIN, "", level, quiet=quiet))
            leaf.started = True
        cursor = self.cursor
        for span in spans:
            cursor.insertText(span.text, theme.span(span.style, span.href, level, quiet=quiet))

    def _write_rule(self, leaf: _Leaf) -> None:
        self._begin_block(leaf, self.theme.tiny())

    # -- code -------------------------------------------------------------------------------------------------

    def _add_code_line(self, leaf: _Leaf, text: str) -> None:
        highlighter = leaf.highlighter
        if highlighter is None:
            return
        text = neutralise(text)
        if not highlighter.plain and ends_chunk(leaf.chunk, leaf.chunk_chars, text):
            self._finish_chunk(leaf)
        runs = highlighter.line(text)
        self._write_verbatim_line(leaf, runs)
        leaf.line_chars = len(text)
        if not highlighter.plain:
            leaf.written.append((self.cursor.position() - len(text), runs))
            leaf.chunk.append(text)
            leaf.chunk_chars += min(len(text), LINE_CHARS) + 1

    def _extend_code_line(self, leaf: _Leaf, text: str) -> None:
        text = neutralise(text)
        style = self.theme.code("")
        while text:
            room = CODE_BLOCK_CHARS - leaf.line_chars
            if room <= 0:
                leaf.line_chars = 0
                self._begin_block(leaf, style, continues=True)
                continue
            self.cursor.insertText(text[:room], style)
            leaf.line_chars += len(text[:room])
            text = text[room:]

    def _write_verbatim_line(self, leaf: _Leaf, runs: list[Run]) -> None:
        theme = self.theme
        self._begin_block(leaf, theme.code(""))
        leaf.started = True
        leaf.line_chars = 0
        for run in runs:
            self.cursor.insertText(run.text, theme.code(run.role))
            leaf.line_chars += len(run.text)

    def _finish_chunk(self, leaf: _Leaf) -> None:
        """Give a complete chunk its final colours, touching only what differs."""
        if leaf.highlighter is None or not leaf.chunk:
            return
        if not self._in_tail:
            theme = self.theme
            cursor = QTextCursor(self.document)
            for (position, old), new in zip(leaf.written, leaf.highlighter.chunk(leaf.chunk), strict=False):
                if old == new:
                    continue
                for run in new:
                    cursor.setPosition(position)
                    position += len(run.text)
                    cursor.setPosition(position, QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(theme.code(run.role))
        leaf.chunk, leaf.written, leaf.chunk_chars = [], [], 0

    # -- tables -----------------------------------------------------------------------------------------------

    def _add_row(self, leaf: _Leaf, text: str) -> None:
        room = max(2, min(TABLE_CHUNK_ROWS, TABLE_CHUNK_CELLS // max(1, len(leaf.aligns))))
        if len(leaf.rows) >= room + (0 if leaf.continued else 1):
            self._flush_table(leaf)
            leaf.rows = []
            leaf.continued = True
        cells = split_row(text)[: len(leaf.aligns)]
        leaf.rows.append([inline.parse(cell, self._state.references, unfinished=self._in_tail) for cell in cells])

    def _flush_table(self, leaf: _Leaf) -> None:
        if not leaf.rows:
            return
        theme = self.theme
        columns = len(leaf.aligns)
        if not leaf.widths:
            leaf.widths = self._column_widths(leaf.rows, columns)
        cursor = self.cursor
        at_start = not self._started
        if self._state.fresh:
            cursor.setBlockFormat(self._tiny_format())
            cursor.setBlockCharFormat(theme.tiny())
        form = self._table_format(leaf, at_start=at_start)
        table = cursor.insertTable(len(leaf.rows), columns, form)
        alignments = {
            "left": Qt.AlignmentFlag.AlignLeft,
            "center": Qt.AlignmentFlag.AlignHCenter,
            "right": Qt.AlignmentFlag.AlignRight,
        }
        formats = []
        for align in leaf.aligns:
            block_format = QTextBlockFormat()
            block_format.setAlignment(alignments[align] | Qt.AlignmentFlag.AlignAbsolute)
            formats.append(block_format)
        for row, cells in enumerate(leaf.rows):
            head = row == 0 and not leaf.continued
            cell_format = self._cell_format(head=head, first=row == 0 and not leaf.continued)
            for column in range(columns):
                cell = table.cellAt(row, column)
                cell.setFormat(cell_format)
                place = cell.firstCursorPosition()
                if leaf.aligns[column] != "left":
                    place.setBlockFormat(formats[column])
                for span in cells[column] if column < len(cells) else ():
                    place.insertText(span.text, theme.span(span.style, span.href, strong=head))
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.setBlockFormat(self._tiny_format())
        cursor.setBlockCharFormat(theme.tiny())
        # Qt gives the empty block behind a table no height; so it stays empty, and what follows has a block of its own.
        self._state.fresh = False
        self._state.previous = Kind.TABLE
        self._started = True

    def _column_widths(self, rows: list[list[list[Span]]], columns: int) -> tuple[int, ...]:
        """Choose columns' widths in pixels by the table's first rows: later ones must not move what is on screen."""
        theme = self.theme
        widths = [3 * theme.character] * columns
        for row, cells in enumerate(rows):
            measure = theme.bold_metrics if row == 0 else theme.metrics
            for index, spans in enumerate(cells[:columns]):
                width = sum(
                    measure.horizontalAdvance(span.text[:80]) * (1.2 if span.style & (Style.CODE | Style.BOLD) else 1.0)
                    for span in spans
                )
                widths[index] = max(widths[index], min(theme.character * 36, width))
        return tuple(round(width + theme.unit * 1.1) for width in widths)

    def _table_format(self, leaf: _Leaf, *, at_start: bool) -> QTextTableFormat:
        theme = self.theme
        result = QTextTableFormat()
        result.setBorder(0)
        result.setCellSpacing(0)
        result.setCellPadding(0)
        result.setBorderCollapse(True)
        result.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
        if not leaf.continued:
            result.setHeaderRowCount(1)
        top = 0.0 if leaf.continued or at_start else self._gap(leaf)
        result.setTopMargin(round(top))
        result.setLeftMargin(min(leaf.place.indent, MAX_INDENT) * theme.step)
        total = sum(leaf.widths)
        if total <= TABLE_FIXED_CHARS * theme.character:
            lengths = [QTextLength(QTextLength.Type.FixedLength, width) for width in leaf.widths]
        else:
            lengths = [QTextLength(QTextLength.Type.PercentageLength, 100 * width / total) for width in leaf.widths]
            result.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        result.setColumnWidthConstraints(lengths)
        if leaf.place.bars:
            result.setProperty(Property.BARS, ",".join(map(str, leaf.place.bars)))
        return result

    def _cell_format(self, *, head: bool, first: bool) -> QTextTableCellFormat:
        theme = self.theme
        result = QTextTableCellFormat()
        result.setTopPadding(round(theme.unit * 0.3))
        result.setBottomPadding(round(theme.unit * 0.3))
        result.setLeftPadding(round(theme.unit * 0.45))
        result.setRightPadding(round(theme.unit * 0.45))
        result.setBottomBorder(1)
        result.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        result.setBottomBorderBrush(QBrush(theme.bar if head else theme.line))
        if first:
            result.setBackground(QBrush(theme.table_head))
        return result

    # -- blocks -----------------------------------------------------------------------------------------------

    def _begin_block(self, leaf: _Leaf, char_format: QTextCharFormat, *, continues: bool = False) -> None:
        """Start a new block at the end; the first one is there already."""
        state = self._state
        block_format = self._block_format(leaf, continues=continues)
        marker = leaf.place.marker if not (leaf.cut or continues) else None
        known = state.lists.get(marker.group) if marker is not None else None
        if known is not None:
            # In the format already: joining later would lay the list out twice.
            block_format = QTextBlockFormat(block_format)
            block_format.setObjectIndex(known.objectIndex())
        cursor = self.cursor
        if state.fresh:
            cursor.setBlockFormat(block_format)
            cursor.setBlockCharFormat(char_format)
        else:
            cursor.insertBlock(block_format, char_format)
        if marker is not None and known is None:
            list_format = QTextListFormat()
            list_format.setIndent(min(leaf.place.indent, MAX_INDENT))
            if marker.ordered:
                list_format.setStyle(QTextListFormat.Style.ListDecimal)
                list_format.setNumberSuffix(marker.delimiter)
                list_format.setStart(marker.number)
            else:
                styles = QTextListFormat.Style
                list_format.setStyle((styles.ListDisc, styles.ListCircle, styles.ListSquare)[marker.level % 3])
            # Old groups get no more items.
            state.lists = {group: item for group, item in state.lists.items() if group > marker.group - 64}
            state.lists[marker.group] = cursor.createList(list_format)
        state.fresh = False
        state.previous = leaf.kind
        state.previous_level = leaf.level
        self._started = True

    def _block_format(self, leaf: _Leaf, *, continues: bool) -> QTextBlockFormat:
        place = leaf.place
        theme = self.theme
        result = QTextBlockFormat()
        verbatim = leaf.kind in (Kind.CODE, Kind.MATH)
        first = not (leaf.started or leaf.cut or continues)
        marked = place.marker is not None and not leaf.cut
        if place.indent and not marked:
            result.setIndent(min(place.indent, MAX_INDENT))
        if place.bars:
            result.setProperty(Property.BARS, ",".join(map(str, place.bars)))
        result.setProperty(Property.KIND, leaf.kind.name)
        if first:
            top = self._gap(leaf) if self._started else 0.0
            if leaf.kind is Kind.CODE:
                top += theme.unit * CODE_HEAD_UNITS
            if top:
                result.setTopMargin(round(top))
        if verbatim:
            result.setLeftMargin(theme.pad)
            result.setRightMargin(theme.pad)
            result.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        elif leaf.kind is Kind.RULE:
            result.setProperty(
                QTextFormat.Property.BlockTrailingHorizontalRulerWidth,
                QTextLength(QTextLength.Type.PercentageLength, 100),
            )
            result.setBackground(QBrush(theme.line))
        elif leaf.kind is Kind.HEADING:
            result.setHeadingLevel(leaf.level)
        else:
            result.setLineHeight(122, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if leaf.kind is Kind.CODE:
            result.setProperty(Property.CODE_ID, leaf.code_id)
            result.setProperty(Property.CODE_LANGUAGE, leaf.language)
            if continues:
                result.setProperty(Property.CODE_CONTINUES, True)
        if marked and place.marker is not None and place.marker.checked is not None:
            kinds = QTextBlockFormat.MarkerType
            result.setMarker(kinds.Checked if place.marker.checked else kinds.Unchecked)
        return result

    def _gap(self, leaf: _Leaf) -> float:
        """Return the distance above a leaf in pixels."""
        unit = self.theme.unit
        kind, place, previous = leaf.kind, leaf.place, self._state.previous
        if kind is Kind.HEADING:
            gap = (1.3, 1.15, 1.0, 0.9, 0.9, 0.9)[min(leaf.level, 6) - 1]
            if previous is Kind.HEADING:
                gap = 0.6
        elif Kind.RULE in (kind, previous):
            gap = 0.9
        elif previous is Kind.HEADING:
            gap = 0.45
        elif place.in_list and not place.loose and kind is Kind.PARAGRAPH:
            gap = 0.22 if place.marker is not None else 0.3
        elif place.marker is not None:
            gap = 0.5
        else:
            gap = 0.7
        if previous is Kind.CODE:
            gap = max(gap, 0.5) + 0.7  # below the card's lower edge
        return gap * unit

    def _tiny_format(self) -> QTextBlockFormat:
        result = QTextBlockFormat()
        result.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        return result


_BOUNDARY = re.compile(r"[ \n](?=[^ \n\t])")


def _boundary(text: str, start: int, limit: int) -> int:
    """Return where text may be cut: behind the first white space from ``start`` on; -1 if none is before the limit."""
    match = _BOUNDARY.search(text, start, min(limit, SEGMENT_HARD_LIMIT))
    return -1 if match is None else match.end()


def _stripped(spans: list[Span]) -> list[Span]:
    """Drop white space and line breaks at the end of a block."""
    result = list(spans)
    while result:
        last = result[-1]
        text = last.text.rstrip(" " + LINE_BREAK)
        if text:
            result[-1] = last._replace(text=text)
            break
        result.pop()
    return result
