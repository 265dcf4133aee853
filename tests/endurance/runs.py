"""Runs of the real program without a display, each in folders of the test's own, and what they leave."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.profiles import quick_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.support.demo import DemoControl

ROOT = Path(__file__).resolve().parent.parent.parent
DEADLINE_S = 60.0
"""How long a test waits for anything; it is reached by failing tests alone."""

_COMPLAINT = re.compile(
    r"Traceback|Exception ignored|was destroyed but|never retrieved|never awaited| (ERROR|CRITICAL) "
)

# What Qt's platform without a display says of itself.
_NOT_OURS = re.compile(r"This plugin does not support ")


@contextlib.contextmanager
def hearing_signals() -> Iterator[None]:
    """Have what is started hear every signal.

    A shell in the background, and ``nohup``, have some ignored, and hand that down.
    """
    ignored = [number for number in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)


def finish_setup(home: Path, demo: DemoControl) -> None:
    """Write the settings of a finished set-up, without a key: there is no keyring here."""
    settings = Settings().replace(setup_completed=True, openrouter_model=quick_model(demo))
    SettingsStore(AppPaths.below(home).settings_file).save(settings)


class Run:
    """A run of the program; killed at the end of the ``with`` block where it has not ended.

    Args:
        folder: everything that it stores, and all that it may leave in passing, goes below this folder.
        demo: the server in OpenRouter's place.
        arguments: of the program.
        steering: what is done from inside, see :mod:`tests.endurance.steered`; None for the program as it is.
        beside: a run of the same profile that has not ended.
    """

    def __init__(
        self,
        folder: Path,
        demo: DemoControl,
        arguments: Sequence[str] = (),
        steering: dict[str, Any] | None = None,
        *,
        beside: Run | None = None,
    ) -> None:
        self._folder = folder
        # A socket's path has to be short.
        self._is_beside = beside is not None
        self._short = Path(tempfile.mkdtemp(prefix="run-")) if beside is None else beside._short
        self.home, self.passing = folder / "home", [self._short / "runtime", self._short / "temporary"]
        self.errors, self._trace = folder / "stderr", folder / ("trace" if beside is None else "trace-beside")
        for path in (self.home, *self.passing):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._trace.unlink(missing_ok=True)
        environment = {
            **os.environ,
            "CAAL_DESKTOP_HOME": str(self.home),
            "CAAL_DESKTOP_OPENROUTER_URL": demo.base_url,
            "CAAL_DESKTOP_TRACE_START": str(self._trace),
            "HOME": str(folder / "user"),
            "XDG_RUNTIME_DIR": str(self.passing[0]),
            "TMPDIR": str(self.passing[1]),
            "PYTHONFAULTHANDLER": "1",
        }
        module = ["caal_desktop"] if steering is None else ["tests.endurance.steered", json.dumps(steering)]
        with self.errors.open("ab") as errors, hearing_signals():
            self.process = subprocess.Popen(
                [sys.executable, "-m", *module, *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if not self._is_beside:
            shutil.rmtree(self._short)

    # --- moments

    def wait_for_signals(self) -> None:
        """Wait until the program handles SIGTERM, or has ended."""
        self._wait_until(lambda: bool(self._caught() & (1 << 14)), "signals are handled")

    def wait_for_paint(self) -> None:
        """Wait until the first window has been painted, or the program has ended."""
        self._wait_until(lambda: self._trace.exists() and "first_paint" in self._trace.read_text(), "the first paint")

    def wait_for_line(self, line: str) -> None:
        """Wait until the steering has told something."""
        assert self.process.stdout is not None
        told = self.process.stdout.readline().strip()
        assert told == line, f"{told!r} instead of {line!r}\n{self.report()}"

    def wait_for_end(self, deadline_s: float = DEADLINE_S) -> int:
        """Wait until the process has ended, and return its exit status."""
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end\n{self.report()}") from None

    # --- what is left

    def complaints(self) -> list[str]:
        """Return what was written to standard error, and what the log has of failures."""
        lines = [
            line for line in self.errors.read_text("utf-8", errors="replace").splitlines() if not _NOT_OURS.match(line)
        ]
        for log in self.home.rglob("*.log"):
            lines += [line for line in log.read_text("utf-8", errors="replace").splitlines() if _COMPLAINT.search(line)]
        return lines

    def clear_complaints(self) -> None:
        """Forget what earlier runs in the same folder have written."""
        for file in (self.errors, *self.home.rglob("*.log")):
            file.unlink(missing_ok=True)

    def leftovers(self) -> list[Path]:
        """Return what is still in the folders for what exists only while a program runs."""
        return [path for folder in self.passing for path in folder.rglob("*") if not path.is_dir()]

    def relatives(self) -> list[int]:
        """Return the processes that were started with this profile and have not ended."""
        mark = f"CAAL_DESKTOP_HOME={self.home}\0".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in environ.read_bytes() + b"\0":
                    found.append(int(environ.parent.name))
        return found

    def wait_for_relatives(self) -> None:
        """Wait until no process of this profile is left: the demo's server ends a moment after its input was closed."""
        deadline = time.monotonic() + DEADLINE_S
        while left := self.relatives():
            assert time.monotonic() < deadline, f"these processes did not end: {left}\n{self.report()}"
            time.sleep(0.005)

    def report(self) -> str:
        """Return all that the run has said."""
        logs = "".join(path.read_text("utf-8", errors="replace")[-3000:] for path in self.home.rglob("*.log"))
        return f"standard error:\n{self.errors.read_text('utf-8', errors='replace')[-3000:]}\nlogs:\n{logs}"

    # --- inside

    def _caught(self) -> int:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        except OSError:
            return 0
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition() and self.process.poll() is None:
            assert time.monotonic() < deadline, f"this did not come: {what}\n{self.report()}"
            time.sleep(0.005)
