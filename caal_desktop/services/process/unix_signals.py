"""SIGTERM, SIGINT and SIGHUP as a Qt signal.

Python runs its signal handlers only between byte codes, and an idle Qt event loop runs none: the wake-up descriptor
makes the loop turn.
"""

from __future__ import annotations

import signal
import socket
import sys

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class UnixSignals(QObject):
    """Emits when the process is asked to end. Does nothing on Windows, where there are no such signals.

    Signals:
        endRequested: the process should quit.
    """

    endRequested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._end_requested = False
        if sys.platform == "win32":
            return
        read_end, write_end = socket.socketpair()
        read_end.setblocking(False)
        write_end.setblocking(False)
        self._ends = (read_end, write_end)
        self._notifier = QSocketNotifier(read_end.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_wake)
        signal.set_wakeup_fd(write_end.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_args: None)

    @property
    def end_requested(self) -> bool:
        """Whether the process has been asked to end, perhaps before anybody was listening."""
        return self._end_requested

    def close(self) -> None:
        """Give the signals back."""
        if self._ends is None:
            return
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        for end in self._ends:
            end.close()
        self._ends = None

    def _on_wake(self) -> None:
        if self._ends is not None and self._ends[0].recv(64):
            self._end_requested = True
            self.endRequested.emit()
