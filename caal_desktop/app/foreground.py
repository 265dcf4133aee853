"""Bringing a window to the front for another start of the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget


def bring_to_front(app: QApplication, window: QWidget) -> None:
    """Show a window in front of those of other programs."""
    if window.isMinimized():
        window.showNormal()
    window.show()
    window.raise_()
    window.activateWindow()
    app.alert(window)
