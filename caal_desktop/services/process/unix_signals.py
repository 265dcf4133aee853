"""SIGTERM, SIGINT and SIGHUP as a Qt signal.

Python runs its signal handlers only between byte codes, and an idle Qt event loop runs none: the wake-up descriptor
wakes the loop.
"""

from __future__ import annotations

import signal
import socket
import sys
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class UnixSignals(QObject):
    """Emits a Qt signal when the process is asked to end. Does nothing on Windows, where there are no such signals.

    A signal that is ignored stays so: ``nohup`` has a closing terminal ignored, a shell has Ctrl+C in the background.

    Signals:
        endRequested: the process should quit.
    """

    endRequested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        self._former: dict[signal.Signals, Any] = {}
        self._end_requested = False
        if sys.platform == "win32":
            return
        read_end, write_end = socket.socketpair()
        read_end.setblocking(False)
        write_end.setblocking(False)
        self._sockets = (read_end, write_end)
        self._notifier = QSocketNotifier(read_end.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)
        signal.set_wakeup_fd(write_end.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, lambda *_args: None)

    @property
    def end_requested(self) -> bool:
        """Whether the process has been asked to end, perhaps before the signal was connected."""
        return self._end_requested

    def close(self) -> None:
        """Handle the signals as before."""
        if self._sockets is None:
            return
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        for number, former in self._former.items():
            signal.signal(number, former)
        for end in self._sockets:
            end.close()
        self._sockets = None

    def _on_signal(self) -> None:
        if self._sockets is not None and self._sockets[0].recv(64):
            self._end_requested = True
            self.endRequested.emit()
