"""The ownership of tasks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.task_scope import TaskScope
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("qt_loop")


class Work:
    """Coroutines that note when they begin and end; their end can be held back."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.may_end = asyncio.Event()

    async def run(self, name: str) -> None:
        """Run until cancelled."""
        self.log.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{name} ends")

    async def run_and_tidy(self, name: str) -> None:
        """Run until cancelled, then take time to tidy up."""
        self.log.append(f"{name} begins")
        try:
            await asyncio.Event().wait()
        finally:
            await self.may_end.wait()
            self.log.append(f"{name} ends")


def test_an_exclusive_task_begins_after_the_one_it_replaces_has_ended() -> None:
    scope, work = TaskScope("test"), Work()
    scope.start(work.run("first"), name="same")
    turn(3)
    scope.start(work.run("second"), name="same")
    turn(5)
    assert work.log == ["first begins", "first ends", "second begins"]
    run_async(scope.close())


def test_replacing_the_replacement_still_waits_for_the_first() -> None:
    """A task that waited for its predecessor and is replaced itself must not let its successor begin early."""
    scope, work = TaskScope("test"), Work()
    scope.start(work.run_and_tidy("first"), name="same")
    turn(3)
    scope.start(work.run("second"), name="same")
    turn(3)
    scope.start(work.run("third"), name="same")
    turn(5)
    assert work.log == ["first begins"]
    work.may_end.set()
    turn(until=lambda: len(work.log) == 3)
    assert work.log == ["first begins", "first ends", "third begins"]
    run_async(scope.close())


def test_tasks_of_other_names_and_shared_ones_do_not_disturb_each_other() -> None:
    scope, work = TaskScope("test"), Work()
    scope.start(work.run("one"), name="one")
    scope.start(work.run("two"), name="two")
    scope.start(work.run("shared"), name="one", exclusive=False)
    turn(3)
    assert work.log == ["one begins", "two begins", "shared begins"]
    scope.cancel("one")
    turn(3)
    assert work.log[3:] == ["one ends"]
    assert not scope.is_running("one")
    assert scope.is_running("two")
    run_async(scope.close())
    assert sorted(work.log[4:]) == ["shared ends", "two ends"]


def test_a_task_cancelled_before_its_first_step_never_runs() -> None:
    """Python warns of a coroutine that was never awaited, and warnings are errors here."""
    scope, work = TaskScope("test"), Work()
    task = scope.start(work.run("never"), name="never")
    scope.cancel("never")
    turn(3)
    assert task.cancelled()
    assert work.log == []
    assert not scope.is_running("never")
    run_async(scope.close())


def test_close_waits_for_what_has_to_be_tidied_up() -> None:
    scope, work = TaskScope("test"), Work()
    scope.start(work.run_and_tidy("slow"), name="slow")
    turn(3)

    async def close() -> list[str]:
        asyncio.get_running_loop().call_later(0.02, work.may_end.set)
        await scope.close()
        return list(work.log)

    assert run_async(close()) == ["slow begins", "slow ends"]
    run_async(scope.close())


def test_a_task_may_close_its_own_scope() -> None:
    scope, work = TaskScope("test"), Work()
    done: list[bool] = []

    async def close_all() -> None:
        await scope.close()
        done.append(True)

    scope.start(work.run("other"), name="other")
    turn(2)
    scope.start(close_all(), name="closer")
    turn(until=lambda: done)
    assert work.log == ["other begins", "other ends"]


def test_a_closed_scope_refuses_tasks() -> None:
    scope, work = TaskScope("test"), Work()
    run_async(scope.close())
    with pytest.raises(RuntimeError, match="'test' is closed"):
        scope.start(work.run("late"), name="late")
    assert work.log == []


def test_waiting_for_a_task_ends_with_it_and_at_once_without_one() -> None:
    scope, work = TaskScope("test"), Work()
    scope.start(work.run("one"), name="one")
    waiting = scope.start(scope.wait("one"), name="waiter")
    turn(3)
    assert not waiting.done()
    scope.cancel("one")
    turn(until=waiting.done)
    assert work.log == ["one begins", "one ends"]
    run_async(scope.wait("one"))
    run_async(scope.close())


def test_an_unhandled_failure_is_logged(expected_logs: Callable[..., None]) -> None:
    expected_logs(r"ERROR .*task_scope: The task test\.broken failed \[ZeroDivisionError")
    scope = TaskScope("test")

    async def broken() -> None:
        raise ZeroDivisionError

    task = scope.start(broken(), name="broken")
    turn(until=task.done)
    turn(2)
    assert not scope.is_running("broken")
    run_async(scope.close())
