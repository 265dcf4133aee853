"""asyncio on Qt's event loop for tests that stay synchronous: a pytest plugin (tests/conftest.py loads it).

A test that asks for ``qt_loop`` runs as if it were a slot called by the running loop: services may start tasks, and
``qtbot.waitSignal`` / ``qtbot.waitUntil`` / :func:`run_async` turn the loop. When the test is over, nothing of it may
be left: no task, no exception that nobody asked for, no top-level window.

pytest and an event loop that is running do not mix by themselves: ``asyncio.run`` in another test would refuse to
work. So the one loop of the session is "running" only while a test has it.
"""

from __future__ import annotations

import asyncio
import gc
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop as AsyncioLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from PySide6.QtWidgets import QWidget

T = TypeVar("T")

DEADLINE_S = 15.0
"""How long a test may wait for anything; it is reached by failing tests alone."""

WORKERS = 4
"""How many threads the loop's executor has."""

_GRACE_S = 2.0
"""How long tasks and threads that are on their way out may take; httpx2 ends abandoned generators in tasks."""


def run_async(coro: Coroutine[Any, Any, T], *, deadline_s: float = DEADLINE_S) -> T:
    """Run a coroutine to its end on the loop of ``qt_loop``, and give its result or raise what it raised."""
    task = asyncio.get_running_loop().create_task(coro, name="run_async")
    turning = QEventLoop()
    task.add_done_callback(lambda _task: turning.quit())
    late = QTimer(singleShot=True)
    late.timeout.connect(turning.quit)
    late.start(round(deadline_s * 1000))
    turning.exec()
    late.stop()
    if not task.done():
        task.cancel()
        turn(until=task.done)
        pytest.fail(f"this did not end within {deadline_s:g} s: {coro!r}")
    return task.result()


def turn(rounds: int = 1, *, until: Callable[[], object] | None = None, deadline_s: float = DEADLINE_S) -> bool:
    """Let Qt and asyncio take their turns.

    Args:
        rounds: how many, where there is no condition.
        until: a condition to wait for.
        deadline_s: seconds to wait for it at the most.

    Returns:
        Whether the condition has become true; True without one.
    """
    if until is None:
        for _ in range(rounds):
            _turn_once()
        return True
    deadline = time.monotonic() + deadline_s
    while not until():
        if time.monotonic() > deadline:
            return False
        _turn_once()
        time.sleep(0.001)
    return True


def _turn_once() -> None:
    QCoreApplication.processEvents()
    # Not part of processEvents outside of a running loop.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class LoopHarness:
    """What ``qt_loop`` gives.

    Attributes:
        loop: the asyncio loop; it counts as running while a test has it.
    """

    def __init__(self, loop: AsyncioLoop) -> None:
        self.loop = loop
        self.failures: list[str] = []

    def tasks(self) -> set[asyncio.Task[Any]]:
        """The tasks that have not ended."""
        return asyncio.all_tasks(self.loop)

    def settle(self) -> None:
        """Let everything end that is on its way out: tasks, deferred deletions, abandoned generators."""
        gc.collect()
        turn(3)
        turn(until=lambda: not self.tasks(), deadline_s=_GRACE_S)
        turn(3)

    def note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The loop's exception handler: nobody's exception is the test's."""
        self.failures.append(f"{context.get('message')} {context.get('exception')!r}")


@pytest.fixture(scope="session")
def _session_loop(qapp: QApplication) -> Iterator[AsyncioLoop]:
    loop = AsyncioLoop(qapp, already_running=True)
    asyncio.events._set_running_loop(None)
    # qasync's own executor makes ten Qt threads; the program uses this one too.
    executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="test-worker")
    loop.set_default_executor(executor)
    yield loop
    executor.shutdown(wait=True, cancel_futures=True)
    loop.stop()
    loop.close()


@pytest.fixture
def qt_loop(_session_loop: AsyncioLoop, qapp: QApplication) -> Iterator[LoopHarness]:
    """Run asyncio on Qt's loop for this test; fail it if it leaves tasks, unasked exceptions or windows behind."""
    harness = LoopHarness(_session_loop)
    before = set(_windows())
    _session_loop.set_exception_handler(harness.note)
    asyncio.events._set_running_loop(_session_loop)
    try:
        yield harness
        harness.settle()
        left = [f"a task is left: {task!r}" for task in harness.tasks()]
        left += [f"a window is left: {window!r}" for window in _windows() if window not in before]
        left += [f"an exception that nobody asked for: {failure}" for failure in harness.failures]
        for task in harness.tasks():
            task.cancel()
        for window in _windows():
            if window not in before:
                window.close()
                window.deleteLater()
        turn(until=lambda: not harness.tasks(), deadline_s=_GRACE_S)
        turn(3)
    finally:
        asyncio.events._set_running_loop(None)
        _session_loop.set_exception_handler(None)
    if left:
        pytest.fail("\n".join(left), pytrace=False)


def _windows() -> list[QWidget]:
    # Popups of combo boxes and the like are windows too, but they belong to a widget.
    return [window for window in QApplication.topLevelWidgets() if window.parentWidget() is None]
