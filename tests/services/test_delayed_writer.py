"""When a value that changes often reaches the disk."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest

from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.storage.errors import StorageError, WriteFailed
from tests.support.qt_loop import WORKERS, run_async, turn

pytestmark = pytest.mark.usefixtures("qt_loop")

_NEVER = 3600.0


def test_nothing_is_written_before_its_time_and_the_newest_at_the_end() -> None:
    """A disk that is written at each letter is slow for everybody; one that misses the last letter loses it."""
    written: list[str] = []
    writer = DelayedWriter("test", written.append, written="", delay=_NEVER, failed=lambda _error: None)
    for value in ("a", "ab", "abc"):
        writer.put(value)
        turn(20)
    assert written == []
    run_async(writer.close())
    assert written == ["abc"]
    writer.put("too late")
    turn(20)
    assert written == ["abc"]


def test_what_changes_all_the_time_is_written_meanwhile() -> None:
    """Who types on and on would otherwise lose all of it with a kill."""
    written: list[int] = []
    numbers = itertools.count()
    writer: DelayedWriter[int] = DelayedWriter("test", written.append, delay=0.05, failed=lambda _error: None)

    def type_on() -> bool:
        writer.put(next(numbers))
        return len(written) > 2

    assert turn(until=type_on)
    assert written == sorted(set(written))
    run_async(writer.close())
    assert written[-1] == next(numbers) - 1


def test_what_is_written_at_once_takes_the_place_of_what_waits() -> None:
    written: list[str] = []
    writer = DelayedWriter("test", written.append, written="", delay=_NEVER, failed=lambda _error: None)
    writer.put("soon")
    run_async(writer.write("now"))
    assert written == ["now"]
    run_async(writer.close())
    assert written == ["now"]


def test_a_write_that_fails_is_told_once_and_repeated_until_it_succeeds() -> None:
    """A disk that is full for a minute must not make a box for each change of a setting."""
    written: list[str] = []
    told: list[StorageError] = []
    left = 4

    def write(value: str) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise WriteFailed(file="f", reason="full")
        written.append(value)

    writer = DelayedWriter("test", write, written="", delay=0.0, failed=told.append, retry_delays=(0.001,))
    for value in ("a", "ab"):
        writer.put(value)
        assert turn(until=lambda: told)
    assert turn(until=lambda: written)
    assert written == ["ab"]
    assert len(told) == 1
    left = 1
    writer.put("abc")
    assert turn(until=lambda: written == ["ab", "abc"])
    assert len(told) == 2, "what fails later is told again"
    left = 1
    run_async(writer.write("abcd"))
    assert len(told) == 3
    assert turn(until=lambda: written[-1] == "abcd")
    run_async(writer.close())
    assert written == ["ab", "abc", "abcd"]


def test_the_end_does_not_wait_for_the_next_attempt() -> None:
    written: list[str] = []
    told: list[StorageError] = []
    is_full = True

    def write(value: str) -> None:
        if is_full:
            raise WriteFailed(file="f", reason="full")
        written.append(value)

    writer = DelayedWriter("test", write, written="", delay=0.0, failed=told.append, retry_delays=(_NEVER,))
    writer.put("a")
    assert turn(until=lambda: told)
    is_full = False
    run_async(writer.close())
    assert written == ["a"]


def test_what_is_taken_back_ends_the_failures_before_it() -> None:
    """The next fault was not told, and was tried again after as long a pause as the last one had come to."""
    written: list[str] = []
    told: list[StorageError] = []
    recovered: list[int] = []
    is_full = True

    def write(value: str) -> None:
        if is_full:
            raise WriteFailed(file="f", reason="full")
        written.append(value)

    writer = DelayedWriter(
        "test",
        write,
        written="",
        delay=0.0,
        failed=told.append,
        recovered=lambda: recovered.append(len(told)),
        retry_delays=(0.001, _NEVER),
    )
    run_async(writer.write("a"))
    assert (len(told), recovered, writer.unwritten) == (1, [], "a")
    run_async(writer.write(""))
    assert (len(told), recovered, writer.unwritten) == (1, [1], None)
    run_async(writer.write("b"))
    assert len(told) == 2, "another fault is told again"
    is_full = False
    assert turn(until=lambda: recovered == [1, 2]), "and is tried again soon"
    assert (written, writer.unwritten) == (["b"], None)
    run_async(writer.close())


def test_another_attempt_can_be_made_at_once() -> None:
    written: list[str] = []
    is_full = True

    def write(value: str) -> None:
        if is_full:
            raise WriteFailed(file="f", reason="full")
        written.append(value)

    writer = DelayedWriter("test", write, delay=0.0, failed=lambda _error: None, retry_delays=(_NEVER,))
    run_async(writer.write("a"))
    run_async(writer.retry())
    assert writer.unwritten == "a"
    is_full = False
    run_async(writer.retry())
    assert written == ["a"]
    run_async(writer.close())


def test_workers_that_hang_hold_up_no_write() -> None:
    """As on a dead network drive: the loop has few of them."""
    written: list[str] = []
    goes_on = threading.Event()
    writer = DelayedWriter("test", written.append, written="", delay=_NEVER, failed=lambda _error: None)
    loop = asyncio.get_running_loop()
    hanging = [loop.run_in_executor(None, goes_on.wait) for _ in range(WORKERS)]
    behind = loop.run_in_executor(None, written.append, "by a worker")
    try:
        writer.put("the last")
        run_async(writer.close())
        assert written == ["the last"], "positive control: a worker would have to wait"
    finally:
        goes_on.set()
        assert turn(until=lambda: all(one.done() for one in (*hanging, behind)))
