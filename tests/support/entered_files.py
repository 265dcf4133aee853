"""Which files of the package a piece of work enters, in which order: what a walk through them is held against."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import caal_desktop
from tests.support.qt_loop import WORKERS, run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

PACKAGE = Path(caal_desktop.__file__).resolve().parent


class EnteredFiles:
    """Records the first call into each file."""

    def __init__(self) -> None:
        self._order: dict[str, None] = {}

    @property
    def order(self) -> list[str]:
        """The files, relative to the package, in the order in which they were entered first."""
        return [Path(name).relative_to(PACKAGE).as_posix() for name in self._order]

    def restart(self) -> None:
        """Begin anew: what was entered so far only led to the walk's beginning."""
        self._order.clear()

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Be called by the interpreter for each call; that a module or a class is defined late is no step of a walk."""
        code = frame.f_code
        if event == "call" and code.co_flags & inspect.CO_OPTIMIZED and code.co_filename.startswith(str(PACKAGE)):
            self._order.setdefault(code.co_filename)


@contextmanager
def entered_files() -> Iterator[EnteredFiles]:
    """Record while the block runs: in this thread, in the loop's workers, and in every thread that is started."""
    record = EnteredFiles()
    threading.setprofile(record.note)
    run_async(_in_each_worker(lambda: sys.setprofile(record.note)))
    sys.setprofile(record.note)
    try:
        yield record
    finally:
        sys.setprofile(None)
        run_async(_in_each_worker(lambda: sys.setprofile(None)))
        threading.setprofile(None)


async def _in_each_worker(work: Callable[[], None]) -> None:
    met = threading.Barrier(WORKERS)

    def meet() -> None:
        # A worker that waits here takes no second one of these.
        met.wait(timeout=5)
        work()

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(None, meet) for _ in range(WORKERS)))
