"""Ownership of asyncio tasks: the only place of the program's Qt side that creates them.

A task without an owner is lost when its window closes, and its failure is not reported. A scope belongs to one
service; closing the scope cancels the tasks that still run and waits for them.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

logger = logging.getLogger(__name__)


class TaskScope:
    """The tasks of one owner.

    Args:
        name: the owner's name, for logs and task names.

    Attributes:
        on_failure: called with what a task of any scope has raised and did not handle; None for nobody.
    """

    on_failure: ClassVar[Callable[[Exception], None] | None] = None

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: dict[str, list[asyncio.Task[None]]] = {}
        """The exclusive tasks of each name that have not ended: the last one is current, those before it are ending."""
        self._all: set[asyncio.Task[None]] = set()
        self._cancelled: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(
        self,
        coro: Coroutine[Any, Any, None],
        *,
        name: str,
        exclusive: bool = True,
    ) -> asyncio.Task[None]:
        """Start a task that this scope owns.

        Args:
            coro: what to run. A failure that it does not handle is logged as an error.
            name: what the task is for; :meth:`cancel` and :meth:`is_running` use it.
            exclusive: cancel an earlier task of this name, and begin only when it has ended.

        Raises:
            RuntimeError: the scope is closed, or no event loop is running. The coroutine is closed then.
        """
        if self._closed:
            coro.close()
            raise RuntimeError(f"the task scope {self._name!r} is closed")
        earlier = tuple(self._tasks.get(name, ())) if exclusive else ()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            coro.close()
            raise
        for task in earlier:
            self._cancel(task)
        task = loop.create_task(self._run(coro, earlier, name), name=f"{self._name}.{name}")
        if exclusive:
            self._tasks.setdefault(name, []).append(task)
        self._all.add(task)
        # A task that is cancelled before its first step never enters _run: its coroutine is closed here.
        task.add_done_callback(lambda done: self._forget(done, name, coro.close))
        return task

    @property
    def is_closed(self) -> bool:
        """Whether it refuses new tasks."""
        return self._closed

    def cancel(self, name: str) -> None:
        """Cancel the task of this name; nothing happens where none is running."""
        for task in self._tasks.get(name, ()):
            self._cancel(task)

    def is_running(self, name: str) -> bool:
        """Return whether an exclusive task of this name has not ended yet."""
        return any(not task.done() for task in self._tasks.get(name, ()))

    async def wait(self, name: str) -> None:
        """Wait until the exclusive task of this name has ended, in whichever way; at once where none is running."""
        tasks = self._tasks.get(name)
        if tasks:
            await asyncio.wait(list(tasks))

    async def close(self) -> None:
        """Cancel every task, wait until all have ended, and refuse new ones. May be called twice."""
        self._closed = True
        current = asyncio.current_task()
        waiting = [task for task in self._all if task is not current]
        for task in waiting:
            self._cancel(task)
        if waiting:
            await asyncio.gather(*waiting, return_exceptions=True)

    async def _run(self, coro: Coroutine[Any, Any, None], earlier: Sequence[asyncio.Task[None]], name: str) -> None:
        unfinished = [task for task in earlier if not task.done()]
        if unfinished:
            # Not `await task`: cancelling this task must not be mistaken for the end of the other one.
            await asyncio.wait(unfinished)
        try:
            await coro
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.exception("The task %s.%s failed", self._name, name)
            if TaskScope.on_failure is not None:
                TaskScope.on_failure(error)

    def _cancel(self, task: asyncio.Task[None]) -> None:
        # Once: a second cancellation would interrupt the cleanup that the first one began.
        if task not in self._cancelled:
            self._cancelled.add(task)
            task.cancel()

    def _forget(self, task: asyncio.Task[None], name: str, close_coro: Callable[[], None]) -> None:
        self._all.discard(task)
        self._cancelled.discard(task)
        named = self._tasks.get(name, [])
        if task in named:
            named.remove(task)
            if not named:
                del self._tasks[name]
        close_coro()
