"""Counts the seconds down after which a request is sent again."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from caal_desktop.widgets.common.translation import in_words

if TYPE_CHECKING:
    from caal_desktop.services.chat.pause import Pause


class PauseLine(QObject):
    """The line that says why nothing happens, and for how long.

    Signals:
        textChanged: carries the line; "" when the pause is over.
        begun: carries the first line of a pause, to be said aloud: all of them would be too much.
    """

    textChanged = Signal(str)
    begun = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pause: Pause | None = None
        self._until = 0.0
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self._show)

    def begin(self, pause: Pause) -> None:
        """Show a pause, which begins now."""
        self._pause, self._until = pause, time.monotonic() + pause.seconds
        self._timer.start()
        self._show()
        if pause.seconds > 0:
            self.begun.emit(in_words(pause.line(math.ceil(pause.seconds))))

    def end(self) -> None:
        """Forget the pause: something else is to be shown."""
        self._pause = None
        self._timer.stop()

    def _show(self) -> None:
        left = self._until - time.monotonic()
        pause = self._pause
        if left <= 0:
            self.end()
        if pause is not None:
            self.textChanged.emit(in_words(pause.line(math.ceil(left))) if left > 0 else "")
