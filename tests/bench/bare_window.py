"""The baseline of the start benchmarks: the least that PySide6 needs for a window with a label.

It writes the same trace as the program does with ``CAAL_DESKTOP_TRACE_START``: JSON lines with ``event``,
``t_monotonic`` (CLOCK_MONOTONIC, seconds) and, from a heartbeat, ``stall_ms``: the longest time that the GUI thread
did not come back to its event loop. Ends when it is terminated.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

HEARTBEAT_MS = 5
IDLE_AFTER_MS = 1000


class BareWindow(QWidget):
    """A window with a label that notes its first paint."""

    def __init__(self, trace: Path) -> None:
        super().__init__()
        self._trace = trace
        self._painted = False
        self._last_beat = time.monotonic()
        self._longest = 0.0
        QVBoxLayout(self).addWidget(QLabel("A bare window"))
        self.resize(640, 480)
        self._heart = QTimer(self)
        self._heart.timeout.connect(self._beat)
        self._heart.start(HEARTBEAT_MS)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self._note("first_paint")
            QTimer.singleShot(IDLE_AFTER_MS, self._become_idle)

    def _become_idle(self) -> None:
        self._note("idle")

    def _beat(self) -> None:
        now = time.monotonic()
        self._longest = max(self._longest, (now - self._last_beat) * 1000 - HEARTBEAT_MS)
        self._last_beat = now

    def _note(self, event: str) -> None:
        line = {"event": event, "t_monotonic": time.monotonic(), "stall_ms": self._longest}
        with self._trace.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def main() -> int:
    """Shows the window until the process is terminated."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    app = QApplication(sys.argv[:1])
    window = BareWindow(Path(os.environ["CAAL_DESKTOP_TRACE_START"]))
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
