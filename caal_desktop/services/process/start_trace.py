"""Records the start for the benchmarks: events with times and the longest stall of the GUI thread, as JSON lines.

Active only where ``CAAL_DESKTOP_TRACE_START`` names a file.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

VARIABLE = "CAAL_DESKTOP_TRACE_START"
_INTERVAL_MS = 2


class StartTrace(QObject):
    """Writes events; a timer on the GUI thread measures for how long that was blocked.

    Args:
        file: the file that the lines are appended to.
    """

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._last_measured: float | None = None
        self._longest_s = 0.0
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._measure)
        self._timer.start()

    @classmethod
    def from_environment(cls, parent: QObject) -> StartTrace | None:
        """Return the trace that the environment requests; None where it requests none."""
        name = os.environ.get(VARIABLE)
        return cls(Path(name), parent) if name else None

    def note(self, event: str) -> None:
        """Write one event."""
        self._measure()
        line = {
            "event": event,
            "t_monotonic": time.monotonic(),
            "stall_ms": self._longest_s * 1000,
            "openai_imported": "openai" in sys.modules,
        }
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def _measure(self) -> None:
        now = time.monotonic()
        if self._last_measured is not None:
            self._longest_s = max(self._longest_s, now - self._last_measured)
        self._last_measured = now
