"""A program that writes a trace of its start, and what can be read from outside while it runs."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.desktop_session import DesktopSession

DEADLINE_S = 30.0


class Traced:
    """A program in a desktop session, started with ``CAAL_DESKTOP_TRACE_START`` and a storage folder of its own.

    Args:
        session: where it runs.
        command: the program and its arguments.
        folder: a new folder for its trace, its storage and its output.
        env: variables on top of the session's.
    """

    def __init__(
        self, session: DesktopSession, command: Sequence[str], folder: Path, env: dict[str, str] | None = None
    ) -> None:
        self._session = session
        self._command = list(command)
        self._folder = folder
        self._trace = folder / "trace.jsonl"
        self._output = folder / "output.txt"
        self._env = {
            **session.env,
            "CAAL_DESKTOP_TRACE_START": str(self._trace),
            "CAAL_DESKTOP_HOME": str(folder / "home"),
            **(env or {}),
        }
        self._process: subprocess.Popen[Any] | None = None
        self._started = 0.0

    def __enter__(self) -> Self:
        with self._output.open("wb") as output:
            self._started = time.monotonic()
            self._process = self._session.popen(self._command, env=self._env, stdout=output, stderr=output)
        return self

    def __exit__(self, *_error: object) -> None:
        process = self._running()
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._running().pid

    def events(self) -> list[dict[str, Any]]:
        """The trace so far; a line that is being written is left for later."""
        if not self._trace.exists():
            return []
        lines = self._trace.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines[:-1]]

    def wait_for(self, event: str) -> dict[str, Any]:
        """The first event of that name.

        Raises:
            RuntimeError: the program ended, or the event did not come in time.
        """
        deadline = time.monotonic() + DEADLINE_S
        while True:
            for line in self.events():
                if line["event"] == event:
                    return line
            if self._running().poll() is not None:
                raise RuntimeError(f"{self._command} ended before {event!r}:\n{self._tail()}")
            if time.monotonic() > deadline:
                seen = [line["event"] for line in self.events()]
                raise RuntimeError(f"{self._command} did not come to {event!r}, only to {seen}:\n{self._tail()}")
            time.sleep(0.01)

    def ms_until(self, event: str) -> float:
        """Milliseconds from the fork to that event."""
        return float(self.wait_for(event)["t_monotonic"] - self._started) * 1000

    def longest_stall_ms(self, until: str) -> float:
        """The longest stall that the heartbeat has seen up to that event."""
        return float(self.wait_for(until)["stall_ms"])

    def memory_mib(self) -> dict[str, float]:
        """``rss`` and ``pss`` in MiB. PSS shares out what other processes have mapped too, such as Qt's libraries."""
        process = Path("/proc", str(self.pid))
        rss = re.search(r"^VmRSS:\s+(\d+) kB", (process / "status").read_text("ascii"), re.MULTILINE)
        pss = re.search(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text("ascii"), re.MULTILINE)
        if rss is None or pss is None:
            raise RuntimeError("the kernel does not tell this process's memory")
        return {"rss": int(rss[1]) / 1024, "pss": int(pss[1]) / 1024}

    def _running(self) -> subprocess.Popen[Any]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    def _tail(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")[-3000:]
