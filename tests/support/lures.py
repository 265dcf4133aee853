"""Texts that make Qt open a file, a FIFO or an address where it takes them for HTML, and what sees that it did.

Qt opens local files in the middle of a call: a FIFO without a writer stops the whole program there for good. So a
process of its own waits to write to the FIFO, which also lets such a program go on, and the test fail.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.support.listeners import listening
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.listeners import Listener

_IN_OPEN = 0x20
_EVENT = struct.Struct("iIII")


class Lures:
    """A file, a FIFO and an address that a text may name, and who has gone there.

    Attributes:
        picture: a file that can be read.
        fifo: a FIFO without a writer.
        listener: what came to the address.
    """

    def __init__(self, folder: Path, listener: Listener) -> None:
        self.picture, self.fifo, self.listener = folder / "p", folder / "f", listener
        self.picture.write_bytes(b"no picture")
        os.mkfifo(self.fifo)
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._inotify = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self._libc.inotify_add_watch(self._inotify, os.fsencode(self.picture), _IN_OPEN)
        # The shell opens the FIFO for writing, which waits for a reader, and closes it again. What it tells goes to a
        # file: nobody may be there to empty a pipe.
        self._reads, self._reads_seen = folder / "r", 0
        self._reads.touch()
        self._writer = subprocess.Popen(["sh", "-c", 'while : > "$0"; do echo >> "$1"; done', self.fifo, self._reads])

    def close(self) -> None:
        """End what watches."""
        os.close(self._inotify)
        self._writer.terminate()
        self._writer.wait()

    @property
    def text(self) -> str:
        """All three of them, as images."""
        return f'<img src="{self.picture}"><img src="file://{self.fifo}"><img src="{self.listener.origin}/x">'

    def of_the_picture(self) -> str:
        """Return a text that Qt can go after without harm."""
        return f'<img src="{self.picture}">'

    def was_read(self) -> bool:
        """Return whether the file has been opened since the last call."""
        try:
            events = os.read(self._inotify, 64 * _EVENT.size)
        except BlockingIOError:
            return False
        return bool(events)

    def fifo_was_read(self) -> bool:
        """Return whether the FIFO has been opened since the last call."""
        before, self._reads_seen = self._reads_seen, self._reads.stat().st_size
        return self._reads_seen > before

    def taken(self) -> list[str]:
        """Return which of them somebody went after."""
        return [
            *(["the file"] if self.was_read() else []),
            *(["the FIFO"] if self.fifo_was_read() else []),
            *self.listener.requests,
        ]

    def fifo_is_read_by(self, program: str) -> bool:
        """Return whether a Python program, in a process of its own, opens the FIFO, which is its first argument."""
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        process = subprocess.Popen([sys.executable, "-c", program, self.fifo], env=environment)
        try:
            return turn(until=self.fifo_was_read)
        finally:
            process.kill()
            process.wait()


@contextmanager
def laid_out_lures() -> Iterator[Lures]:
    """Return a context in which the lures lie there, at short paths: names are cut."""
    with TemporaryDirectory(prefix="l") as folder, listening() as listener:
        lures = Lures(Path(folder), listener)
        try:
            yield lures
        finally:
            lures.close()
