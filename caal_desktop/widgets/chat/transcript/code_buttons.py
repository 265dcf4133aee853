"""A copy button on every code block that is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, QTimer
from PySide6.QtGui import QColor, QPainter

from caal_desktop.widgets.chat.transcript.message_paint import message_palette
from caal_desktop.widgets.chat.transcript.text_export import copy_text
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QTextDocument
    from PySide6.QtWidgets import QAbstractScrollArea

    from caal_desktop.widgets.chat.transcript.message_column import MessageColumn
    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

_COPIED_MS = 1500

_Key = tuple[int, int, int]
"""A message's identity, the number of a document of it, and the number of a code block in there."""


class CodeButtons(QObject):
    """Makes, moves and removes the buttons.

    Args:
        area: what shows the messages.
        items: the messages; the list itself, which changes.
        column: where they stand.
    """

    def __init__(self, area: QAbstractScrollArea, items: list[MessageItem], column: MessageColumn) -> None:
        super().__init__(area)
        self._area, self._items, self._column = area, items, column
        self._buttons: dict[_Key, IconButton] = {}

    def arrange(self) -> None:
        """Put a button on each code block that is visible now, and remove the others."""
        if not self._items and not self._buttons:
            return
        from caal_desktop.widgets.markdown.render.decorations import visible_code_blocks

        wanted: set[_Key] = set()
        width, height = self._area.viewport().width(), self._area.viewport().height()
        for index in self._column.visible():
            item, top = self._items[index], self._column.top_of(index)
            if not item.is_built or item.is_user:
                continue
            for number, part in enumerate(item.documents):
                if part.style is None:
                    continue
                y = top + part.top
                for card in visible_code_blocks(part.document, QRectF(0, -y, width, height), part.style):
                    # The button stays on the screen as long as its block does.
                    upper = max(card.rect.top() + y + 3, 3.0)
                    if upper > card.rect.bottom() + y - 28:
                        continue
                    key = (id(item), number, card.id)
                    wanted.add(key)
                    button = self._buttons.get(key) or self._make(key, part.document, f"chat.code.{index}.{card.id}")
                    right = self._column.left + part.left + card.rect.right() - 4
                    button.move(round(right - button.width()), round(upper))
                    button.show()
        for key in self._buttons.keys() - wanted:
            button = self._buttons.pop(key)
            if button.hasFocus():
                self._area.setFocus()
            button.hide()
            button.deleteLater()

    def _make(self, key: _Key, document: QTextDocument, name: str) -> IconButton:
        from caal_desktop.widgets.markdown.render.decorations import code_text

        button = _CodeButton("copy", self.tr("Copy this code"), name=name, parent=self._area.viewport())
        button.setIconSize(QSize(15, 15))
        button.setFixedSize(design.GRID * 3 + 2, design.GRID * 3 - 1)

        def copy() -> None:
            copy_text(code_text(document, key[2]))
            button.set_icon_name("check")
            QTimer.singleShot(_COPIED_MS, button, lambda: button.set_icon_name("copy"))

        button.clicked.connect(copy)
        self._buttons[key] = button
        return button


class _CodeButton(IconButton):
    """A button with the code's background: no code shows through it, and it does not stand out."""

    _background: QColor | None = None

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._background = None
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._background is None:
            from caal_desktop.widgets.markdown.render.markdown_style import MarkdownStyle

            self._background = MarkdownStyle(message_palette(self.palette()), self.font()).code_background
        painter = QPainter(self)
        painter.fillRect(self.rect().adjusted(2, 2, -2, 0), self._background)
        painter.end()
        super().paintEvent(event)
