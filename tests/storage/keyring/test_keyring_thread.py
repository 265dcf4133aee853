"""Blocking calls with a deadline: nothing hangs, nothing overlaps, nothing blocks for ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.keyring.thread import KeyringCall, KeyringThread

if TYPE_CHECKING:
    from collections.abc import Callable


def value(number: int) -> Callable[[KeyringCall[int]], int]:
    return lambda _call: number


def test_the_result_comes_back_from_a_daemon_thread() -> None:
    def work(_call: KeyringCall[tuple[bool, bool]]) -> tuple[bool, bool]:
        return threading.current_thread().daemon, threading.current_thread() is threading.main_thread()

    assert asyncio.run(KeyringThread().run(work, deadline=10)) == (True, False)


@pytest.mark.parametrize("error", [ValueError, SystemExit, TimeoutError])
def test_an_error_comes_back(error: type[BaseException]) -> None:
    def work(_call: KeyringCall[int]) -> int:
        raise error("from the thread")

    async def main() -> None:
        with pytest.raises(error, match="from the thread"):
            await KeyringThread().run(work, deadline=10)

    asyncio.run(main())


def test_calls_never_overlap() -> None:
    running = 0
    most = 0
    guard = threading.Lock()

    def work(_call: KeyringCall[None]) -> None:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with guard:
            running -= 1

    async def main() -> None:
        thread = KeyringThread()
        await asyncio.gather(*(thread.run(work, deadline=10) for _ in range(10)))

    asyncio.run(main())
    assert most == 1


def test_the_deadline_fires_and_the_next_call_waits_for_the_stuck_one() -> None:
    answered = threading.Event()
    order: list[str] = []

    def stuck(call: KeyringCall[None]) -> None:
        answered.wait(30)
        order.append("late")
        call.checkpoint()
        order.append("must not happen")

    def next_one(_call: KeyringCall[None]) -> None:
        order.append("next")

    async def main() -> None:
        thread = KeyringThread(max_wait=30)
        with pytest.raises(TimeoutError):
            await thread.run(stuck, deadline=0.05)
        with pytest.raises(TimeoutError):
            await thread.run(next_one, deadline=0.05)
        assert order == [], "two calls at a time would ask the user twice"
        waiting = asyncio.create_task(thread.run(next_one, deadline=30))
        await asyncio.sleep(0.01)
        answered.set()
        await waiting

    asyncio.run(main())
    assert order == ["late", "next"]


def test_a_call_that_never_ends_blocks_nothing_for_ever() -> None:
    never = threading.Event()

    async def main() -> None:
        thread = KeyringThread(max_wait=0.1)
        with pytest.raises(TimeoutError):
            await thread.run(lambda _call: never.wait(60), deadline=0.02)
        assert await thread.run(value(1), deadline=30) == 1
        assert await thread.run(value(2), deadline=30) == 2

    asyncio.run(main())
    never.set()


def test_a_cancelled_call_ends_at_its_next_checkpoint() -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    wrote = False

    def work(call: KeyringCall[None]) -> None:
        nonlocal wrote
        started.set()
        go_on.wait(30)
        try:
            call.checkpoint()
            wrote = True
        finally:
            ended.set()

    async def main() -> None:
        thread = KeyringThread()
        task = asyncio.create_task(thread.run(work, deadline=30))
        await asyncio.to_thread(started.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        await asyncio.to_thread(ended.wait, 30)
        assert await thread.run(value(1), deadline=30) == 1

    asyncio.run(main())
    assert not wrote


def test_a_result_after_the_loop_has_closed_is_dropped_in_silence() -> None:
    answered, ended = threading.Event(), threading.Event()

    def work(_call: KeyringCall[None]) -> None:
        answered.wait(30)
        ended.set()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await KeyringThread().run(work, deadline=0.02)

    asyncio.run(main())
    threads = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    answered.set()
    assert ended.wait(30)
    for thread in threads:
        thread.join(30)
    # pytest turns an exception in the thread into a failure of this test.
    assert not any(thread.is_alive() for thread in threads)


HANGING = """
import asyncio, threading
from caal_desktop.storage.keyring.thread import KeyringThread
async def main():
    try:
        await KeyringThread().run(lambda call: threading.Event().wait(), deadline=0.05)
    except TimeoutError:
        print("given up")
asyncio.run(main())
"""


def test_a_hung_call_does_not_hold_up_the_process_s_end() -> None:
    root = Path(__file__).resolve().parents[3]
    # Without daemon threads this never ends.
    process = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=20, check=True, cwd=root
    )
    assert process.stdout == "given up\n"
