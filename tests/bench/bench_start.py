"""The program's start and its idle memory against a window with a label, and how smoothly it comes to a checked key.

Both sides use the same Python and the same X server. The program is at its first run: a new storage folder, an empty
keyring, and the demo's server on loopback in place of OpenRouter.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from caal_desktop.demo.launcher import DemoProcess
from tests.bench.harness import Metric, benchmark
from tests.bench.traced import Traced
from tests.support.desktop_session import DesktopSession

BARE = [sys.executable, "-P", str(Path(__file__).with_name("bare_window.py"))]
OURS = [sys.executable, "-P", "-m", "caal_desktop"]
SETTLE_S = 1.0  # memory is read this long after the program says that it is idle

# How a person gets from the first page of the setup to a checked key: on to the key page, whose field has the focus.
KEY_CHECK = (("key", "Return"), ("type", "{key}"), ("key", "Return"))
BETWEEN_STEPS_S = 0.5


class _InSession:
    """What both benchmarks need: a desktop session, the demo's server, a folder for each process."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self.session = stack.enter_context(DesktopSession(display=True))
            self.demo = stack.enter_context(DemoProcess(["--speed", "0"]))
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="caal-bench-")))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def bare(self) -> Traced:
        """The baseline's process, to be started with ``with``."""
        return Traced(self.session, BARE, self._new_folder())

    def program(self) -> Traced:
        """The program's process, to be started with ``with``."""
        env = {"CAAL_DESKTOP_OPENROUTER_URL": self.demo.base_url}
        return Traced(self.session, OURS, self._new_folder(), env)

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._folder))


@benchmark(
    "start",
    [
        Metric("first paint", "ms", aim=1.5),
        Metric("idle RSS", "MiB", aim=1.6),
        Metric("idle PSS", "MiB", aim=1.6),
    ],
)
class Start(_InSession):
    """From the process's start to its first paint, and its memory when it is idle."""

    def ours(self) -> dict[str, float]:
        """The program at its first run."""
        return self._sample(self.program())

    def baseline(self) -> dict[str, float]:
        """A window with a label."""
        return self._sample(self.bare())

    def _sample(self, process: Traced) -> dict[str, float]:
        with process:
            first_paint = process.ms_until("first_paint")
            process.wait_for("idle")
            time.sleep(SETTLE_S)
            memory = process.memory_mib()
        return {"first paint": first_paint, "idle RSS": memory["rss"], "idle PSS": memory["pss"]}


@benchmark("stall", [Metric("longest stall", "ms", aim=50, absolute=True)])
class Stall(_InSession):
    """The longest time the GUI thread is away, from its start to the first checked key."""

    def ours(self) -> dict[str, float]:
        """The program, from its start until a key typed by keyboard has been checked."""
        with self.program() as program:
            program.wait_for("first_paint")
            for action, text in KEY_CHECK:
                time.sleep(BETWEEN_STEPS_S)
                done = self.session.run(["xdotool", action, "--delay", "2", text.format(key=self.demo.key)])
                if done.returncode != 0:
                    raise RuntimeError(f"xdotool {action}: {done.stderr}")
            return {"longest stall": program.longest_stall_ms(until="key_checked")}

    def baseline(self) -> dict[str, float]:
        """A window with a label, from its start until it has been idle for a second."""
        with self.bare() as window:
            return {"longest stall": window.longest_stall_ms(until="idle")}
