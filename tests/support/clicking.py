"""Clicks as the window system sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def double_click(widget: QWidget) -> None:
    """Click twice in a row: the second press comes as a double click, and Qt's own ``mouseDClick`` is that alone."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
    turn(2)
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton)
    turn(2)
