"""Blocking calls that may never return, made without blocking anything.

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
    """Raised inside a call's thread by :meth:`KeyringCall.checkpoint`: the result is no longer waited for."""


class KeyringCall(Generic[T]):
    """One call in its thread.

    Args:
        work: runs in the thread, and is given this object for its :meth:`checkpoint`.
    """

    def __init__(self, work: Callable[[KeyringCall[T]], T]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._result: asyncio.Future[T] = self._loop.create_future()
        self._abandoned = threading.Event()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.abandoned_at = 0.0

    def start(self) -> asyncio.Future[T]:
        """Start the thread."""
        threading.Thread(target=self._run, name="keyring", daemon=True).start()
        return self._result

    def abandon(self) -> None:
        """Stop waiting for the result; the thread ends at its next checkpoint, or never."""
        self.abandoned_at = time.monotonic()
        self._abandoned.set()

    def checkpoint(self) -> None:
        """Raise an error where the call was abandoned; for the work to call before what must not happen late.

        Raises:
            AbandonedError: the result is no longer waited for.
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
        # The loop may be closed by now: an abandoned call ends without a report.
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
    """A queue of calls that run one after another, each with a deadline.

    A call that was abandoned (deadline, cancellation) may still show its dialog. The next call waits for it, within its
    own deadline, so that the user is never asked twice at the same time; but no longer than ``max_wait``, so that a
    call which never ends does not block the others for ever.

    Args:
        max_wait: seconds after which an abandoned call no longer holds up others.
    """

    def __init__(self, max_wait: float = 60.0) -> None:
        self._max_wait = max_wait
        self._turn = asyncio.Lock()
        self._abandoned_call: KeyringCall[object] | None = None

    async def run(self, work: Callable[[KeyringCall[T]], T], *, deadline: float) -> T:
        """Run a call and return its result.

        Args:
            work: what to do in the thread.
            deadline: seconds, counted from now; waiting for earlier calls included.

        Raises:
            TimeoutError: the deadline has passed.
        """
        async with asyncio.timeout(deadline), self._turn:
            await self._wait_for_abandoned()
            call = KeyringCall(work)
            try:
                return await call.start()
            except asyncio.CancelledError:
                call.abandon()
                self._abandoned_call = call  # type: ignore[assignment]
                raise

    async def _wait_for_abandoned(self) -> None:
        call = self._abandoned_call
        if call is None:
            return
        left = call.abandoned_at + self._max_wait - time.monotonic()
        if left > 0 and call.ended.get_loop() is asyncio.get_running_loop():
            await asyncio.wait([call.ended], timeout=left)
        self._abandoned_call = None
