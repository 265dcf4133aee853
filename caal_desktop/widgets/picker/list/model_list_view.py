"""The list view: how the keyboard leaves it, and what is typed on it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from caal_desktop.item_models.model_list import ModelRole
from caal_desktop.widgets.common.controls import bring_into_view
from caal_desktop.widgets.picker.list.delegate import ModelDelegate

if TYPE_CHECKING:
    from collections.abc import Iterator

MOVING_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ModelListView(QListView):
    r"""Rows of equal height, scrolled by the pixel.

    Signals:
        typed: something printable was typed on the list; carries it. Backspace is ``\b``.
        leftUpwards: Up was pressed on the first row.
        touched: the user is at the list, with the mouse or the keyboard.
    """

    typed = Signal(str)
    leftUpwards = Signal()
    touched = Signal()

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
        self.verticalScrollBar().sliderPressed.connect(self.touched)

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Return a context in which rows may come and go, and in which what the user looks at stays where it is."""
        anchor = QPersistentModelIndex(self._looked_at())
        name, before = anchor.data(ModelRole.ID), self.visualRect(anchor).top()
        yield
        # In another order the rows are others to Qt.
        after = self.visualRect(anchor if anchor.isValid() else self._row_of(name))
        if after.isValid():
            bar = self.verticalScrollBar()
            bar.setValue(bar.value() + after.top() - before)

    def _row_of(self, model_id: object) -> QModelIndex:
        model = self.model()
        found = model.match(model.index(0, 0), ModelRole.ID, model_id, 1, Qt.MatchFlag.MatchExactly) if model_id else []
        return found[0] if found else QModelIndex()

    def _looked_at(self) -> QModelIndex:
        """Return the row under the mouse, else the current one if it is seen, else the topmost one."""
        viewport = self.viewport()
        if viewport.underMouse():
            under = self.indexAt(viewport.mapFromGlobal(QCursor.pos()))
            if under.isValid():
                return under
        current = self.currentIndex()
        if current.isValid() and self.visualRect(current).intersects(viewport.rect()):
            return current
        return self.indexAt(QPoint(1, 1))

    def move_by(self, key: Qt.Key) -> None:
        """Move as if the key had been pressed here."""
        self.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Search for what is typed; leave other keys to the list."""
        self.touched.emit()
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
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and before.isValid():
                # Qt leaves it to the window, too, whose default button is by now what the row has led to.
                event.accept()
            if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_PageUp, Qt.Key.Key_Up) and before != self.currentIndex():
                self._show_heading_above()
            # Where the whole list does not fit its page, the row may be seen of the list and not of the page.
            bring_into_view(self)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Notice that the user is here."""
        self.touched.emit()
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Notice that the user is here."""
        self.touched.emit()
        super().mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Notice that the user is here."""
        self.touched.emit()
        super().wheelEvent(event)

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
