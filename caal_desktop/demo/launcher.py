"""Starts the demo server as a process of its own, and ends it. Never imports the server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Final

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, Duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

START_DEADLINE_S = 15.0
"""How long the server may take to say where it listens; it takes well under a second on an ordinary machine."""

STOP_DEADLINE_S = 3.0


class DemoStartError(DescribedError):
    """The demo server could not be started. Params: ``reason`` (the system's words).

    Args:
        params: what fills the templates' placeholders.
    """

    what = QT_TRANSLATE_NOOP("DemoStartError", "The demo server could not be started.")
    why = QT_TRANSLATE_NOOP("DemoStartError", "The system says: {reason}.")
    advice = NO_TEXT

    def __init__(self, **params: object) -> None:
        super().__init__(params)


class DemoOutputError(DemoStartError):
    """It printed something other than its address. Params: ``output``, the end of what it printed."""

    why = QT_TRANSLATE_NOOP("DemoStartError", "It says: {output}")


class DemoTimeoutError(DemoStartError):
    """It printed nothing in time. Params: ``time``, a :class:`~caal_desktop.llm.translation.Duration`."""

    why = QT_TRANSLATE_NOOP("DemoStartError", "It did not say where it listens within {time}.")


class DemoProcess:
    """The demo server in a child process that cannot outlive this one.

    :meth:`start` blocks for some tenths of a second: run it in a thread where an event loop must go on. The server
    watches its standard input, so it ends even when this process is killed.

    Args:
        arguments: further arguments of ``python -m caal_desktop.demo``, such as ``["--speed", "0"]``.
        command: how to start the server; a frozen program passes its own (it has no ``-m``).
        deadline: seconds that :meth:`start` waits for the server.

    Attributes:
        stands_for: the provider whose address the demo's takes.
        base_url: ``http://127.0.0.1:PORT/api/v1`` once started, else "".
        key: the demo's ordinary key once started, else "".
    """

    stands_for: Final = "openrouter"

    def __init__(
        self,
        arguments: Sequence[str] = (),
        *,
        command: Sequence[str] | None = None,
        deadline: float = START_DEADLINE_S,
    ) -> None:
        self._command = [*(command or (sys.executable, "-m", "caal_desktop.demo")), *arguments, "--exit-with-stdin"]
        self._deadline = deadline
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False
        self._changing = threading.Lock()
        """Held while the child is made, so that :meth:`stop` does not miss it."""
        self.base_url = ""
        self.key = ""

    @property
    def pid(self) -> int | None:
        """The child's process id, or None when it was not started or has been stopped."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the server and wait until it listens.

        Raises:
            DemoStartError: it could not be started, ended early, printed something else, or printed nothing in time.
            RuntimeError: it has been started or stopped already.
        """
        # A file and not a pipe: nothing reads it while the server runs, and a full pipe would block the server.
        with tempfile.TemporaryFile() as error_output:
            with self._changing:
                process = self._process = self._make_child(error_output)
            line = self._first_line(process)
            try:
                announced = json.loads(line)
                self.base_url, self.key = str(announced["base_url"]), str(announced["key"])
            except (ValueError, TypeError, KeyError) as error:
                self.stop()
                raise self._start_error(line, error_output) from error

    def stop(self) -> None:
        """End the server for good and wait for its end; safe to call at any time, also twice."""
        with self._changing:
            process, self._process = self._process, None
            self._is_stopped = True
        self.base_url = self.key = ""
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _make_child(self, error_output: IO[bytes]) -> subprocess.Popen[bytes]:
        if self._process is not None or self._is_stopped:
            raise RuntimeError("The demo server has been started or stopped already.")
        try:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=error_output,
                # A windowed program on Windows would open a console for its child.
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise DemoStartError(reason=error) from error

    def _first_line(self, process: subprocess.Popen[bytes]) -> bytes:
        """Return the first line of the server's output; empty when it ended or the deadline passed."""
        lines: list[bytes] = []
        output = process.stdout
        if output is None:
            return b""

        def read() -> None:
            with contextlib.suppress(OSError, ValueError):
                lines.append(output.readline())

        # Reading a pipe has no deadline of its own on every platform, so a thread reads.
        reader = threading.Thread(target=read, name="demo-first-line", daemon=True)
        reader.start()
        reader.join(self._deadline)
        if reader.is_alive():
            process.kill()
            reader.join()
            return b""
        return lines[0] if lines else b""

    def _start_error(self, line: bytes, error_output: IO[bytes]) -> DemoStartError:
        error_output.seek(0)
        printed = (line[:200], error_output.read()[-2000:])
        output = "\n".join(text for part in printed if (text := part.decode(errors="replace").strip()))
        return DemoOutputError(output=output) if output else DemoTimeoutError(time=Duration(self._deadline))

    def __enter__(self) -> DemoProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
