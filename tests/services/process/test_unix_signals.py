"""Signals that ask the process to end, sent to this one."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.process.unix_signals import UnixSignals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")

ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@pytest.fixture(autouse=True)
def former() -> Iterator[dict[int, object]]:
    """Handle the signals in a way of the test's own before and after it."""
    before = {number: signal.getsignal(number) for number in ASKING}
    own = {number: lambda *_args: pytest.fail("it came to the former handler") for number in ASKING}
    for number, handler in own.items():
        signal.signal(number, handler)
    yield dict(own)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKING)
def test_a_signal_asks_to_end(qtbot: QtBot, number: signal.Signals) -> None:
    signals = UnixSignals()
    with qtbot.waitSignal(signals.endRequested):
        os.kill(os.getpid(), number)
    assert signals.end_requested
    signals.close()


@pytest.mark.parametrize("ignored", ASKING)
def test_what_is_ignored_stays_ignored(qtbot: QtBot, ignored: signal.Signals) -> None:
    """A program that was started with nohup ended all the same when the terminal was closed."""
    signal.signal(ignored, signal.SIG_IGN)
    signals = UnixSignals()
    os.kill(os.getpid(), ignored)
    qtbot.wait(1)
    assert not signals.end_requested
    # The positive control: another one is heard.
    with qtbot.waitSignal(signals.endRequested):
        os.kill(os.getpid(), next(number for number in ASKING if number != ignored))
    signals.close()
    assert signal.getsignal(ignored) is signal.SIG_IGN


def test_signals_are_handled_as_before_afterwards(qtbot: QtBot, former: dict[int, object]) -> None:
    del qtbot
    UnixSignals().close()
    assert {number: signal.getsignal(number) for number in ASKING} == former
