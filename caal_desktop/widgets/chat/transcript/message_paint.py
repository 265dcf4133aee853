"""Draws a message: the card of what a person said, documents, and what of them is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QPalette

from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCursor

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem


def message_palette(palette: QPalette) -> QPalette:
    """The colours that messages are rendered with: the window's, for that is the ground they stand on.

    Args:
        palette: of the view.
    """
    result = QPalette(palette)
    result.setColor(QPalette.ColorRole.Base, result.color(QPalette.ColorRole.Window))
    result.setColor(QPalette.ColorRole.Text, result.color(QPalette.ColorRole.WindowText))
    return result


def paint_message(
    painter: QPainter, item: MessageItem, area: QRectF, ground: QPalette, cursor: QTextCursor | None, *, focused: bool
) -> None:
    """Draw a message.

    Args:
        painter: translated to the message's corner.
        item: the message; built.
        area: what is to be drawn, against that corner.
        ground: the view's colours, from :func:`message_palette`.
        cursor: what is selected of the text.
        focused: the view has the keyboard.
    """
    # Imported here: an empty window is painted before the renderer is there.
    from caal_desktop.widgets.markdown.render.decorations import paint_decorations

    if item.is_user:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = design.colours(ground)
        painter.setBrush(design.mix(colours.accent, ground.color(QPalette.ColorRole.Window), 0.14))
        painter.drawRoundedRect(item.card, 12, 12)
    for placed in item.documents:
        painter.save()
        painter.translate(QPointF(placed.left, placed.top))
        clip = area.translated(-placed.left, -placed.top)
        if placed.style is not None:
            paint_decorations(painter, placed.document, clip, placed.style)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = clip
        context.palette = ground if placed.style is None else placed.style.palette
        if placed is item.body and cursor is not None:
            chosen = QAbstractTextDocumentLayout.Selection()
            chosen.cursor = cursor
            group = QPalette.ColorGroup.Active if focused else QPalette.ColorGroup.Inactive
            chosen.format.setBackground(ground.color(group, QPalette.ColorRole.Highlight))
            chosen.format.setForeground(ground.color(group, QPalette.ColorRole.HighlightedText))
            context.selections = [chosen]
        painter.setClipRect(clip)
        placed.document.documentLayout().draw(painter, context)
        painter.restore()
