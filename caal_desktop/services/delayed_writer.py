"""Writes the newest value of something soon, off the GUI thread: one write at a time, the newest last, none lost.

A write that fails is repeated, with growing pauses, for as long as the program runs.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from caal_desktop.services.own_thread import in_own_thread
from caal_desktop.services.retry_delays import RETRY_DELAYS_S, delay_after
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class DelayedWriter(Generic[T]):
    """Writes values that replace each other.

    Args:
        name: what is written, for the names of tasks and threads.
        write: writes a value; blocks, runs in a thread of its own.
        written: the value that is written already; None where that is not known.
        delay: seconds from the first value that is not written to its write; those that follow within them are written
            with it. None of them begins the wait anew: what changes all the time would never be written.
        failed: called with a :class:`StorageError` when a write has failed, and not again before one has succeeded, or
            nothing is left to write.
        recovered: called after that, when one has succeeded or nothing is left to write.
        retry_delays: seconds before each further attempt; the last one is repeated. A new value is tried soon.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[T], None],
        *,
        written: T | None = None,
        delay: float,
        failed: Callable[[StorageError], None],
        recovered: Callable[[], None] | None = None,
        retry_delays: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._name = name
        self._write_now, self._delay, self._retry_delays = write, delay, retry_delays
        self._failed, self._recovered = failed, recovered
        self._failures = 0
        self._pending: T | None = None
        self._written = written
        self._under_way: asyncio.Future[None] | None = None
        self._closed = False
        self._is_waiting = False
        self._scope = TaskScope(name)

    @property
    def unwritten(self) -> T | None:
        """The newest value, where it is not written; None where it is, or there is none."""
        return None if self._pending == self._written else self._pending

    def put(self, value: T) -> None:
        """Write a value soon; nothing happens once the writer is closed."""
        if not self._closed:
            self._pending = value
            if not self._is_waiting:
                self._is_waiting = True
                self._scope.start(self._write_after(self._delay), name="write")

    async def write(self, value: T) -> None:
        """Write a value at once, in place of the one that is pending."""
        if not self._closed:
            self._pending = value
            await self.retry()

    async def retry(self) -> None:
        """Write at once what is not written yet."""
        if not self._closed:
            self._is_waiting = False
            self._scope.cancel("write")
            if not await self._write() and not self._closed:
                self._scope.start(self._write_after(delay_after(self._failures, self._retry_delays)), name="write")

    async def close(self) -> None:
        """Write the pending value, and accept no more."""
        self._closed = True
        await self._scope.close()
        await self._write()

    async def _write_after(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._is_waiting = False
            if await self._write():
                return
            seconds = delay_after(self._failures, self._retry_delays)

    async def _write(self) -> bool:
        """Write the pending value.

        Returns:
            Whether that did not fail.
        """
        # A thread cannot be cancelled: an older write that is still under way must not overtake this one.
        if self._under_way is not None and not self._under_way.done():
            await asyncio.wait([self._under_way])
        value = self.unwritten
        if value is None:
            # What could not be written may have been taken back.
            self._end_failures()
            return True
        self._under_way = in_own_thread(self._name, partial(self._write_now, value))
        self._under_way.add_done_callback(lambda done: self._on_written(done, value))
        try:
            await asyncio.shield(self._under_way)
        except StorageError as error:
            self._failures += 1
            if self._failures == 1:
                self._failed(error)
            return False
        return True

    def _on_written(self, done: asyncio.Future[None], value: T) -> None:
        # Called also for a write whose waiting task was cancelled.
        if not done.cancelled() and done.exception() is None:
            self._written = value
            self._end_failures()

    def _end_failures(self) -> None:
        had_failed, self._failures = self._failures > 0, 0
        if had_failed and self._recovered is not None:
            self._recovered()
