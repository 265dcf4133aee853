"""Tables, written in chunks of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QBrush,
    QTextBlockFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableCellFormat,
    QTextTableFormat,
)

from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.markdown.parse import inline
from caal_desktop.widgets.markdown.parse.inline import InlineSpan, InlineStyle
from caal_desktop.widgets.markdown.parse.structure import LeafKind
from caal_desktop.widgets.markdown.parse.table_rows import split_row
from caal_desktop.widgets.markdown.render.block_formats import MAX_INDENT, bars_property
from caal_desktop.widgets.markdown.render.leaf import Leaf
from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.structure import LeafPlacement
    from caal_desktop.widgets.markdown.render.leaf import LeafTarget
    from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

CHUNK_ROWS = 12
CHUNK_CELLS = 60
"""An open table is rebuilt in each frame, so it is written in chunks of at most so many rows and cells."""
FIXED_CHARS = 62
"""Characters; a table up to this wide keeps its natural width, a wider one fills the column."""
MAX_COLUMNS = 32

_ALIGNMENTS = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}


class TableLeaf(Leaf):
    """A table: several text tables below each other when it is long, all with the columns of the first one."""

    def __init__(self, placement: LeafPlacement, alignments: tuple[str, ...]) -> None:
        super().__init__(LeafKind.TABLE, placement)
        self._alignments = alignments[:MAX_COLUMNS]
        self._rows: list[list[list[InlineSpan]]] = []
        self._widths: tuple[int, ...] = ()
        self._continued = False

    def detach(self) -> None:
        """Stop sharing what grows."""
        self._rows = list(self._rows)

    def add_line(self, target: LeafTarget, text: str) -> None:
        """Take a row."""
        chunk_rows = max(2, min(CHUNK_ROWS, CHUNK_CELLS // max(1, len(self._alignments))))
        if len(self._rows) >= chunk_rows + (0 if self._continued else 1):
            self._write_chunk(target)
            self._rows = []
            self._continued = True
        self.add_row(target, text, unfinished=target.is_provisional)

    def add_row(self, target: LeafTarget, text: str, *, unfinished: bool) -> None:
        """Take a row into the chunk that is being collected."""
        cells = split_row(text)[: len(self._alignments)]
        references = target.references
        self._rows.append(
            [inline.parse(cell, references, unfinished=unfinished, translate=translated) for cell in cells]
        )

    def close(self, target: LeafTarget, *, unfinished: bool) -> None:
        """Write the last rows."""
        self._write_chunk(target)

    def _write_chunk(self, target: LeafTarget) -> None:
        if not self._rows:
            return
        style = target.style
        columns = len(self._alignments)
        if not self._widths:
            self._widths = _column_widths(self._rows, columns, style)
        table = target.insert_table(len(self._rows), self._table_format(target))
        formats = []
        for align in self._alignments:
            block_format = QTextBlockFormat()
            block_format.setAlignment(_ALIGNMENTS[align] | Qt.AlignmentFlag.AlignAbsolute)
            formats.append(block_format)
        for row, cells in enumerate(self._rows):
            head = row == 0 and not self._continued
            cell_format = _cell_format(style, head=head)
            for column in range(columns):
                cell = table.cellAt(row, column)
                cell.setFormat(cell_format)
                cell_cursor = cell.firstCursorPosition()
                if self._alignments[column] != "left":
                    cell_cursor.setBlockFormat(formats[column])
                for span in cells[column] if column < len(cells) else ():
                    cell_cursor.insertText(span.text, style.span_format(span.style, span.href, strong=head))

    def _table_format(self, target: LeafTarget) -> QTextTableFormat:
        style = target.style
        result = QTextTableFormat()
        result.setBorder(0)
        result.setCellSpacing(0)
        result.setCellPadding(0)
        result.setBorderCollapse(True)
        result.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
        if not self._continued:
            result.setHeaderRowCount(1)
            result.setTopMargin(round(target.gap_above(self)))
        else:
            result.setTopMargin(0)
        result.setLeftMargin(min(self.placement.indent, MAX_INDENT) * style.indent_width)
        total = sum(self._widths)
        if total <= FIXED_CHARS * style.character_width:
            lengths = [QTextLength(QTextLength.Type.FixedLength, width) for width in self._widths]
        else:
            lengths = [QTextLength(QTextLength.Type.PercentageLength, 100 * width / total) for width in self._widths]
            result.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        result.setColumnWidthConstraints(lengths)
        if self.placement.bars:
            result.setProperty(BlockProperty.BARS, bars_property(self))
        return result


def _column_widths(rows: list[list[list[InlineSpan]]], columns: int, style: MarkdownStyle) -> tuple[int, ...]:
    """Choose columns' widths in pixels by the table's first rows: later ones must not move what is on the screen."""
    widths = [3 * style.character_width] * columns
    for row, cells in enumerate(rows):
        measure = style.bold_metrics if row == 0 else style.metrics
        for index, spans in enumerate(cells[:columns]):
            width = sum(
                measure.horizontalAdvance(span.text[:80])
                * (1.2 if span.style & (InlineStyle.CODE | InlineStyle.BOLD) else 1.0)
                for span in spans
            )
            widths[index] = max(widths[index], min(style.character_width * 36, width))
    return tuple(round(width + style.line_height * 1.1) for width in widths)


def _cell_format(style: MarkdownStyle, *, head: bool) -> QTextTableCellFormat:
    result = QTextTableCellFormat()
    result.setTopPadding(round(style.line_height * 0.3))
    result.setBottomPadding(round(style.line_height * 0.3))
    result.setLeftPadding(round(style.line_height * 0.45))
    result.setRightPadding(round(style.line_height * 0.45))
    result.setBottomBorder(1)
    result.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    result.setBottomBorderBrush(QBrush(style.quote_bar if head else style.rule))
    if head:
        result.setBackground(QBrush(style.table_header_background))
    return result
