"""The list view: how the keyboard leaves it, and what is typed on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from caal_desktop.widgets.picker.list.delegate import ModelDelegate

MOVING_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ModelListView(QListView):
    r"""Rows of equal height, scrolled by the pixel.

    Signals:
        typed: something printable was typed on the list; carries it. Backspace is ``\b``.
        leftUpwards: Up was pressed on the first row.
    """

    typed = Signal(str)
    leftUpwards = Signal()

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.delegate = ModelDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)

    def move_by(self, key: Qt.Key) -> None:
        """Move as if the key had been pressed here."""
        self.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Search for what is typed; leave other keys to the list."""
        text, modifiers = event.text(), event.modifiers()
        plain = not modifiers & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if event.key() == Qt.Key.Key_Backspace and plain:
            self.typed.emit("\b")
        elif plain and text and text.isprintable() and event.key() != Qt.Key.Key_Space:
            self.typed.emit(text)
        elif event.key() == Qt.Key.Key_Up and plain and self._is_on_first():
            self.leftUpwards.emit()
        else:
            before = QPersistentModelIndex(self.currentIndex())
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_PageUp, Qt.Key.Key_Up) and before != self.currentIndex():
                self._show_heading_above()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current row in sight, as when a message above takes some of the height.

        The first heading stays, too: a list that was filled before it had its height is scrolled past it.
        """
        current = self.visualRect(self.currentIndex())
        was_seen = current.top() >= 0 and current.bottom() < event.oldSize().height()
        super().resizeEvent(event)
        if was_seen:
            self.scrollTo(self.currentIndex())
        if self._is_on_first() and self.visualRect(self.currentIndex()).intersects(self.viewport().rect()):
            self.scrollToTop()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's font and colours."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.delegate.forget_look()

    def _is_on_first(self) -> bool:
        current = self.currentIndex()
        return current.isValid() and not any(
            self.model().flags(self.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled for row in range(current.row())
        )

    def _show_heading_above(self) -> None:
        """Scroll to the heading of the section whose first row is current."""
        row = self.currentIndex().row() - 1
        if row >= 0 and not self.model().flags(self.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled:
            self.scrollTo(self.model().index(row, 0))
