"""Paints what is behind an answer's text, code cards and the bars of block quotes, and finds the code blocks."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QTextBlock, QTextBlockFormat, QTextDocument

from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.markdown.render.block_formats import CODE_HEAD_UNITS, MAX_INDENT
from caal_desktop.widgets.markdown.render.markdown_style import BlockProperty, MarkdownStyle

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A code block on screen.

    Attributes:
        id: Its number within the document, from 1. Stable from the moment the block appears.
        language: As the fence names it, in lower case; may be empty.
        rect: The whole card in document coordinates, as far as the asked area needs it.
        head: The strip at its top with the language's name and space for a copy button.
    """

    id: int
    language: str
    rect: QRectF
    head: QRectF


def _code_id(block: QTextBlock) -> int:
    return block.blockFormat().intProperty(BlockProperty.CODE_ID) if block.isValid() else 0


def code_text(document: QTextDocument, code_id: int) -> str:
    """Return a code block's text, lines joined by line feeds; empty if there is no such block."""
    parts: list[str] = []
    block = document.begin()
    while block.isValid():
        found = _code_id(block)
        if found == code_id:
            if parts and not block.blockFormat().boolProperty(BlockProperty.CODE_CONTINUES):
                parts.append("\n")
            parts.append(block.text())
        elif found > code_id:
            break
        block = block.next()
    return "".join(parts)


def visible_code_blocks(document: QTextDocument, area: QRectF, style: MarkdownStyle) -> Iterator[CodeBlock]:
    """Yield the code blocks that meet an area in document coordinates.

    A card that begins far above the area has a ``rect`` that begins above it, not where the card does, and no head.
    """
    for card, _ in _cards(_visible(document, area, style), document, area, style):
        yield card


class _Line(NamedTuple):
    """A text block near the area, with the properties that decide its decorations."""

    block: QTextBlock
    form: QTextBlockFormat
    code_id: int
    bars: str


def _visible(document: QTextDocument, area: QRectF, style: MarkdownStyle) -> list[_Line]:
    """Return the blocks near an area.

    Blocks are below each other in their order, so the first one is found by bisection; `hitTest` would go through all
    of them. Cells of a row have the same upper edge.
    """
    layout = document.documentLayout()
    reach = style.line_height * 5

    def top(number: int) -> float:
        return layout.blockBoundingRect(document.findBlockByNumber(number)).top()

    numbers = range(document.blockCount())
    first = max(0, bisect_right(numbers, area.top() - reach, key=top) - 1)
    after = bisect_right(numbers, area.bottom() + reach, lo=first, key=top)
    lines = []
    block = document.findBlockByNumber(first)
    for _ in range(first, after):
        form = block.blockFormat()
        lines.append(
            _Line(block, form, form.intProperty(BlockProperty.CODE_ID), form.stringProperty(BlockProperty.BARS))
        )
        block = block.next()
    return lines


def _cards(
    lines: list[_Line], document: QTextDocument, area: QRectF, style: MarkdownStyle
) -> Iterator[tuple[CodeBlock, QTextBlock]]:
    layout = document.documentLayout()
    head_height = style.line_height * CODE_HEAD_UNITS
    for code_id, group in groupby(lines, key=lambda line: line.code_id):
        if not code_id:
            continue
        (first, block_format, *_), *others = group
        last = others[-1].block if others else first
        begins = _code_id(first.previous()) != code_id
        top = layout.blockBoundingRect(first).top() - (head_height if begins else style.padding)
        bottom = layout.blockBoundingRect(last).bottom() + style.padding
        left = block_format.indent() * style.indent_width + document.documentMargin()
        width = layout.documentSize().width() - document.documentMargin() - left
        card = QRectF(left, top, width, bottom - top)
        head = QRectF(left, top, width, head_height - style.padding * 0.35) if begins else QRectF()
        if card.intersects(area):
            yield CodeBlock(code_id, block_format.stringProperty(BlockProperty.CODE_LANGUAGE), card, head), first


def paint_decorations(painter: QPainter, document: QTextDocument, area: QRectF, style: MarkdownStyle) -> None:
    """Paint code cards and quote bars behind the text.

    Call it in a view's ``paintEvent`` before the text is painted, with a painter that is translated to document
    coordinates. The cost depends on what is visible.

    Args:
        painter: Restored to its state at the end.
        document: A document that `MarkdownStream` wrote; give it a margin of at least ``style.padding``.
        area: The visible part, in document coordinates.
        style: The stream's ``style``.
    """
    lines = _visible(document, area, style)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    _paint_bars(painter, lines, document, style)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    radius = style.line_height * 0.4
    for card, _ in _cards(lines, document, area, style):
        painter.setBrush(style.code_background)
        painter.drawRoundedRect(card.rect, radius, radius)
        if not card.head.isEmpty():
            font = QFont(style.font)
            if font.pointSizeF() > 0:
                font.setPointSizeF(font.pointSizeF() * 0.85)
            painter.setFont(font)
            painter.setPen(style.muted)
            inner = card.head.adjusted(style.padding, 0, -style.padding, 0)
            alignment = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(inner, alignment, card.language or translate("Markdown", "code"))
            painter.setPen(Qt.PenStyle.NoPen)
    painter.restore()


def _paint_bars(painter: QPainter, lines: list[_Line], document: QTextDocument, style: MarkdownStyle) -> None:
    layout = document.documentLayout()
    painter.setBrush(style.quote_bar)
    width = max(2, round(style.line_height * 0.16))
    before: set[int] = set()
    lower_edge = 0
    for block, _, code_id, steps in lines:
        bars = {int(step) for step in steps.split(",")} if steps else set()
        if bars:
            rect = layout.blockBoundingRect(block)
            bottom = round(rect.bottom())
            starts_card = code_id and _code_id(block.previous()) != code_id
            own_top = round(rect.top() - (style.line_height * CODE_HEAD_UNITS if starts_card else 0))
            for step in bars:
                top = lower_edge if step in before else own_top
                left = round(document.documentMargin() + (min(step, MAX_INDENT) + 0.25) * style.indent_width)
                painter.drawRect(left, top, width, bottom - top)
            lower_edge = bottom
        before = bars
