"""What hangs is not waited for; what goes on is."""

from __future__ import annotations

import itertools
import threading

import pytest

from caal_desktop.storage.time_limit import within


def test_what_hangs_is_left_to_itself() -> None:
    goes_on, has_ended = threading.Event(), threading.Event()

    def hang() -> None:
        goes_on.wait()
        has_ended.set()

    with pytest.raises(TimeoutError):
        within(0.01, hang)
    assert not has_ended.is_set()
    goes_on.set()
    assert has_ended.wait(10)


def test_what_goes_on_has_more_time() -> None:
    steps, goes_on = itertools.count(), threading.Event()

    def go_on() -> int:
        step = next(steps)
        if step == 3:
            goes_on.set()
        return step

    assert within(0.01, goes_on.wait, go_on) is True


def test_what_fails_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        within(10.0, lambda: 1 / 0)
