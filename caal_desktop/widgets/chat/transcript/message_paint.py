"""Draws a message: the card behind one of the user's, the documents, and the selected text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QPalette

from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCursor

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem


def message_palette(palette: QPalette) -> QPalette:
    """Return the colours that messages are rendered with: the window's, which is their background.

    Args:
        palette: the view's.
    """
    result = QPalette(palette)
    result.setColor(QPalette.ColorRole.Base, result.color(QPalette.ColorRole.Window))
    result.setColor(QPalette.ColorRole.Text, result.color(QPalette.ColorRole.WindowText))
    return result


def paint_message(
    painter: QPainter, item: MessageItem, area: QRectF, palette: QPalette, cursor: QTextCursor | None, *, focused: bool
) -> None:
    """Draw a message.

    Args:
        painter: translated to the message's corner.
        item: the message; built.
        area: what is to be drawn, relative to that corner.
        palette: the view's colours, from :func:`message_palette`.
        cursor: selects a part of the text; None where nothing is selected.
        focused: the view has the keyboard focus.
    """
    # Imported here: an empty window is painted before the renderer has been imported.
    from caal_desktop.widgets.markdown.render.decorations import paint_decorations

    if item.is_user:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = design.colours(palette)
        painter.setBrush(design.mix(colours.accent, palette.color(QPalette.ColorRole.Window), 0.14))
        painter.drawRoundedRect(item.card, 12, 12)
    for part in item.documents:
        painter.save()
        painter.translate(QPointF(part.left, part.top))
        clip = area.translated(-part.left, -part.top)
        if part.style is not None:
            paint_decorations(painter, part.document, clip, part.style)
        context = QAbstractTextDocumentLayout.PaintContext()
        context.clip = clip
        context.palette = palette if part.style is None else part.style.palette
        if part is item.body and cursor is not None:
            chosen = QAbstractTextDocumentLayout.Selection()
            chosen.cursor = cursor
            group = QPalette.ColorGroup.Active if focused else QPalette.ColorGroup.Inactive
            chosen.format.setBackground(palette.color(group, QPalette.ColorRole.Highlight))
            chosen.format.setForeground(palette.color(group, QPalette.ColorRole.HighlightedText))
            context.selections = [chosen]
        painter.setClipRect(clip)
        part.document.documentLayout().draw(painter, context)
        painter.restore()
