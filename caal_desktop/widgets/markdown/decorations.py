"""What a view paints behind an answer's text: code cards and block quotes' bars; and where the code blocks are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QTextBlock, QTextDocument

from .theme import Property, Theme
from .writer import MAX_INDENT

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A code block on screen.

    Attributes:
        id: Its number within the document, from 1. Stable from the moment the block appears.
        language: As the fence names it, in lower case; may be empty.
        rect: The whole card in document coordinates, as far as the asked area needs it.
        head: The strip at its top with the language's name; the place for a copy button.
    """

    id: int
    language: str
    rect: QRectF
    head: QRectF


def _code_id(block: QTextBlock) -> int:
    return block.blockFormat().intProperty(Property.CODE_ID) if block.isValid() else 0


def code_text(document: QTextDocument, code_id: int) -> str:
    """Return a code block's text, lines joined by line feeds; empty if there is no such block."""
    parts: list[str] = []
    block = document.begin()
    while block.isValid():
        found = _code_id(block)
        if found == code_id:
            if parts and not block.blockFormat().boolProperty(Property.CODE_CONTINUES):
                parts.append("\n")
            parts.append(block.text())
        elif found > code_id:
            break
        block = block.next()
    return "".join(parts)


def code_blocks(document: QTextDocument, theme: Theme) -> list[CodeBlock]:
    """Return all code blocks of a document. Walks every block: for frames, use `visible_code_blocks`."""
    size = document.documentLayout().documentSize()
    return list(visible_code_blocks(document, QRectF(QPointF(0, 0), size), theme))


def code_block_at(document: QTextDocument, position: QPointF, theme: Theme) -> CodeBlock | None:
    """Return the code block under a point in document coordinates."""
    area = QRectF(position.x(), position.y() - 1, 1, 2)
    return next((card for card in visible_code_blocks(document, area, theme) if card.rect.contains(position)), None)


def visible_code_blocks(document: QTextDocument, area: QRectF, theme: Theme) -> Iterator[CodeBlock]:
    """Yield the code blocks that meet an area in document coordinates.

    A card that begins far above the area has a ``rect`` that begins above it, not where the card does, and no head.
    """
    layout = document.documentLayout()
    head_height = theme.unit * 1.9
    previous = 0
    top = left = 0.0
    for block in _visible(document, area, reach=theme.unit * 5):
        code_id = _code_id(block)
        if code_id and code_id != previous:
            rect = layout.blockBoundingRect(block)
            is_first = _code_id(block.previous()) != code_id
            top = rect.top() - (head_height if is_first else theme.pad)
            left = block.blockFormat().indent() * theme.step + document.documentMargin()
            previous = code_id
            yield_first = is_first
            last, bottom = block, rect.bottom()
            limit = area.bottom() + theme.unit * 3
            while _code_id(last.next()) == code_id and bottom < limit:
                last = last.next()
                bottom = layout.blockBoundingRect(last).bottom()
            width = layout.documentSize().width() - document.documentMargin() - left
            card = QRectF(left, top, width, bottom + theme.pad - top)
            head = QRectF(left, top, width, head_height - theme.pad * 0.35) if yield_first else QRectF()
            yield CodeBlock(code_id, block.blockFormat().stringProperty(Property.CODE_LANGUAGE), card, head)


def _visible(document: QTextDocument, area: QRectF, reach: float) -> Iterator[QTextBlock]:
    layout = document.documentLayout()
    start = layout.hitTest(QPointF(area.left(), max(0.0, area.top() - reach)), Qt.HitTestAccuracy.FuzzyHit)
    block = document.findBlock(max(0, start))
    while block.isValid():
        if layout.blockBoundingRect(block).top() > area.bottom() + reach:
            break
        yield block
        block = block.next()


def paint_decorations(painter: QPainter, document: QTextDocument, area: QRectF, theme: Theme) -> None:
    """Paint code cards and quote bars behind the text.

    Call it in a view's ``paintEvent`` before the text is painted, with a painter that is translated to document
    coordinates. The cost depends on what is visible.

    Args:
        painter: Restored to its state at the end.
        document: A document that `MarkdownStream` wrote.
        area: The visible part, in document coordinates.
        theme: The stream's ``theme``.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    radius = theme.unit * 0.4
    for card in visible_code_blocks(document, area, theme):
        painter.setBrush(theme.code_back)
        painter.drawRoundedRect(card.rect, radius, radius)
        if not card.head.isEmpty():
            font = QFont(theme.font)
            if font.pointSizeF() > 0:
                font.setPointSizeF(font.pointSizeF() * 0.85)
            painter.setFont(font)
            painter.setPen(theme.muted)
            inner = card.head.adjusted(theme.pad, 0, -theme.pad, 0)
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, card.language or "code")
            painter.setPen(Qt.PenStyle.NoPen)
    _paint_bars(painter, document, area, theme)
    painter.restore()


def _paint_bars(painter: QPainter, document: QTextDocument, area: QRectF, theme: Theme) -> None:
    layout = document.documentLayout()
    painter.setBrush(theme.bar)
    width = max(2.0, theme.unit * 0.16)
    before: tuple[set[int], float] = (set(), 0.0)
    for block in _visible(document, area, reach=theme.unit * 5):
        rect = layout.blockBoundingRect(block)
        bars = {int(step) for step in block.blockFormat().stringProperty(Property.BARS).split(",") if step}
        for step in bars:
            top = rect.top()
            if step in before[0]:
                top = before[1]
            elif _code_id(block) and _code_id(block.previous()) != _code_id(block):
                top -= theme.unit * 1.9
            left = document.documentMargin() + (min(step, MAX_INDENT) + 0.25) * theme.step
            painter.drawRect(QRectF(left, top, width, rect.bottom() - top))
        before = (bars, rect.bottom())
