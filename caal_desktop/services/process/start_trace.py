"""Tells the benchmarks how the start went: events with times and the longest stall of the GUI thread, as JSON lines.

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
_BEAT_MS = 2


class StartTrace(QObject):
    """Writes events; a heartbeat on the GUI thread measures how long that was away.

    Args:
        file: where to append the lines.
    """

    def __init__(self, file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = file
        self._last_beat: float | None = None
        self._longest_s = 0.0
        self._beat = QTimer(self, interval=_BEAT_MS)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._beat.start()

    @classmethod
    def from_environment(cls, parent: QObject) -> StartTrace | None:
        """The trace that the environment asks for, or None."""
        name = os.environ.get(VARIABLE)
        return cls(Path(name), parent) if name else None

    def note(self, event: str) -> None:
        """Write one event."""
        self._on_beat()
        line = {
            "event": event,
            "t_monotonic": time.monotonic(),
            "stall_ms": self._longest_s * 1000,
            "openai_imported": "openai" in sys.modules,
        }
        with self._file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def _on_beat(self) -> None:
        now = time.monotonic()
        if self._last_beat is not None:
            self._longest_s = max(self._longest_s, now - self._last_beat)
        self._last_beat = now
