"""Has the newest value of something written soon, in a worker: one write at a time, the newest last, none lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class DelayedWriter(Generic[T]):
    """Writes values that replace each other.

    Args:
        name: what is written, for task names.
        write: writes a value; blocks, runs in a worker.
        written: what is there already; None where that is not known.
        delay: seconds; values that follow each other within them are written once.
        failed: told of a :class:`StorageError`; the value is tried again with the next one, or at the end.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[T], None],
        *,
        written: T | None = None,
        delay: float,
        failed: Callable[[StorageError], None],
    ) -> None:
        self._write_now, self._delay, self._failed = write, delay, failed
        self._wanted: T | None = None
        self._written = written
        self._writing: asyncio.Future[None] | None = None
        self._closed = False
        self._scope = TaskScope(name)

    def put(self, value: T) -> None:
        """Have a value written soon. After the end nothing is written any more."""
        if not self._closed:
            self._wanted = value
            self._scope.start(self._write_soon(), name="write")

    async def write(self, value: T) -> None:
        """Write a value at once, in place of what was to be written soon."""
        if not self._closed:
            self._wanted = value
            self._scope.cancel("write")
            await self._write()

    async def close(self) -> None:
        """Write what is not yet written."""
        self._closed = True
        await self._scope.close()
        await self._write()

    async def _write_soon(self) -> None:
        await asyncio.sleep(self._delay)
        await self._write()

    async def _write(self) -> None:
        # A thread cannot be cancelled: an older write that is still under way must not overtake this one.
        if self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
        value = self._wanted
        if value is None or value == self._written:
            return
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._write_now, value)
        self._writing.add_done_callback(lambda done: self._note_written(done, value))
        try:
            await asyncio.shield(self._writing)
        except StorageError as error:
            self._failed(error)

    def _note_written(self, done: asyncio.Future[None], value: T) -> None:
        # Called also for a write that nobody waits for any more.
        if not done.cancelled() and done.exception() is None:
            self._written = value
