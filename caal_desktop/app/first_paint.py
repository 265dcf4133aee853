"""Notices the first paint of a window: work that the window does not need begins after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class FirstPaint(QObject):
    """Watches windows until one has been painted.

    Signals:
        happened: the first window has been painted.
    """

    happened = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.has_happened = False

    def watch(self, window: QWidget) -> None:
        """Wait for the first paint of this window, too."""
        # On the window alone: a filter on the application would see every event of every object in Python.
        if not self.has_happened:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Emit ``happened`` after the first paint."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            if not self.has_happened:
                self.has_happened = True
                QTimer.singleShot(0, self, self.happened.emit)
        return super().eventFilter(watched, event)
