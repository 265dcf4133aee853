"""Blocking calls that may never come back, made without blocking anything.

``concurrent.futures`` and ``asyncio.to_thread`` join their threads when the interpreter ends: one hung keyring call
would keep the process alive for ever. Here each call has a daemon thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class AbandonedError(Exception):
    """Raised inside a call's thread by :meth:`KeyringCall.checkpoint`: nobody waits for the result any more."""


class KeyringCall(Generic[T]):
    """One call in its thread.

    Args:
        work: runs in the thread, and gets this object for its :meth:`checkpoint`.
    """

    def __init__(self, work: Callable[[KeyringCall[T]], T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._result: asyncio.Future[T] = self._loop.create_future()
        self._abandoned = threading.Event()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.abandoned_at = 0.0

    def start(self) -> asyncio.Future[T]:
        """Starts the thread."""
        threading.Thread(target=self._run, name="keyring", daemon=True).start()
        return self._result

    def abandon(self) -> None:
        """Says that nobody waits any more; the thread ends at its next checkpoint, or never."""
        self.abandoned_at = time.monotonic()
        self._abandoned.set()

    def checkpoint(self) -> None:
        """To be called by the work before anything that must not happen late.

        Raises:
            AbandonedError: nobody waits any more.
        """
        if self._abandoned.is_set():
            raise AbandonedError

    def _run(self) -> None:
        try:
            result = self._work(self)
        except BaseException as error:
            self._report(functools.partial(self._fail, error))
        else:
            self._report(lambda: self._succeed(result))

    def _report(self, deliver: Callable[[], None]) -> None:
        # The loop may be closed by now: a call that nobody waits for ends in silence.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(deliver)

    def _succeed(self, result: T) -> None:
        if not self._result.done():
            self._result.set_result(result)
        self._end()

    def _fail(self, error: BaseException) -> None:
        if not self._result.done():
            self._result.set_exception(error)
        self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class KeyringThread:
    """Runs calls one after another, each with a deadline.

    A call that was given up (deadline, cancellation) may still show its dialog. The next call waits for it, within its
    own deadline, so that a person is never asked twice at the same time; but no longer than ``patience``, so that a
    call which never ends blocks nothing for ever.

    Args:
        patience: seconds after which a given-up call no longer holds up others.
    """

    def __init__(self, patience: float = 60.0) -> None:
        self._patience = patience
        self._turn = asyncio.Lock()
        self._given_up: KeyringCall[object] | None = None

    async def run(self, work: Callable[[KeyringCall[T]], T], *, deadline: float) -> T:
        """The work's result.

        Args:
            work: what to do in the thread.
            deadline: seconds, counted from now; waiting for earlier calls included.

        Raises:
            TimeoutError: the deadline has passed.
        """
        async with asyncio.timeout(deadline), self._turn:
            await self._wait_for_given_up()
            call = KeyringCall(work)
            try:
                return await call.start()
            except asyncio.CancelledError:
                call.abandon()
                self._given_up = call  # type: ignore[assignment]
                raise

    async def _wait_for_given_up(self) -> None:
        call = self._given_up
        if call is None:
            return
        left = call.abandoned_at + self._patience - time.monotonic()
        if left > 0 and call.ended.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([call.ended], timeout=left)
        self._given_up = None
