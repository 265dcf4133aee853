"""The demo server of a run: its address for early requests, and what a failed start leaves."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from caal_desktop.app.demo_run import DemoRun
from caal_desktop.demo.launcher import DemoProcess, DemoStartError
from caal_desktop.llm.errors import ConnectionFailed
from caal_desktop.widgets.common.translation import words_of
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("qt_loop")


def test_whoever_asks_early_is_answered_once_the_server_listens() -> None:
    demo, told = DemoRun(DemoProcess()), list[str]()
    demo.started.connect(lambda: told.append(demo.key))
    assert demo.key == ""

    async def ask() -> str:
        asking = asyncio.create_task(demo.address())
        await asyncio.sleep(0)
        demo.start()
        return await asking

    try:
        assert run_async(ask()).startswith("http://127.0.0.1:")
        assert turn(until=lambda: told)
        assert told == [demo.key] != [""]
    finally:
        run_async(demo.close())
        demo.stop()


def test_a_start_that_fails_is_told_and_asked_for_in_vain(expected_logs: Callable[..., None]) -> None:
    expected_logs("ERROR .*demo_run: The demo could not be started")
    program = "raise SystemExit('No space left')"
    demo, told = DemoRun(DemoProcess(command=[sys.executable, "-c", program])), list[DemoStartError]()
    demo.failed.connect(told.append)
    demo.start()
    assert turn(until=lambda: told)
    words = words_of(told[0])
    assert (words.what, words.why) == ("The demo server could not be started.", "It says: No space left")
    with pytest.raises(ConnectionFailed) as failed:
        run_async(demo.address())
    text = words_of(failed.value)
    assert (text.what, text.why) == ("OpenRouter could not be reached.", "The demo server could not be started.")
    assert failed.value.detail == "No space left"
    run_async(demo.close())
    demo.stop()
