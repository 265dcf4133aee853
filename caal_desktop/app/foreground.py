"""Bringing a window to the front for another start of the program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

_TOKEN_VARIABLE = "XDG_ACTIVATION_TOKEN"  # noqa: S105 - the variable's name


def bring_to_front(app: QApplication, window: QWidget, token: str) -> None:
    """Show a window in front of those of other programs.

    Args:
        app: the Qt application.
        window: the window.
        token: what the desktop gave another start of the program so that a window may come to the front, or "".
    """
    if token:
        # Where Qt looks for it on Wayland, which lets no window come to the front by itself.
        os.environ[_TOKEN_VARIABLE] = token
    if window.isMinimized():
        window.showNormal()
    window.show()
    window.raise_()
    window.activateWindow()
    app.alert(window)
    if token:
        # It is good for one time, and nothing for the programs that are started from here.
        os.environ.pop(_TOKEN_VARIABLE, None)
