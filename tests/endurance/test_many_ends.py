"""The program ends at random moments, a thousand times if asked for, in each way that there is without a display.

It ends with status 0, complains of nothing and leaves nothing. ``--ends 1000`` says how often.
"""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.endurance.runs import DEADLINE_S, Run, finish_setup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.demo import DemoControl

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

SEED = 20261126
AT_A_TIME = 20
"""Ends of one test: as many tests as are needed, so that they are shared out among the processes."""

SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")
STEERED = ("close_window", "give_command", "ask_by_platform")
SECOND_START = "second start"
MOMENTS = ("started", "signals", "painted")
"""From when on the random time counts: the process has begun, it handles signals, its first window is painted."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make as many tests as the number of ends needs."""
    ends = metafunc.config.getoption("ends")
    if "series" in metafunc.fixturenames:
        metafunc.parametrize("series", range(-(-ends // AT_A_TIME)))


def end_of_itself(run: Run, name: str, moment: str, chance: random.Random) -> int:
    """Send a signal at a moment, and return the exit status."""
    if moment == "signals":
        run.wait_for_signals()
    elif moment == "painted":
        run.wait_for_paint()
    time.sleep(chance.uniform(0, 1.5 if moment == "started" else 0.7))
    run.process.send_signal(signal.Signals[name])
    return run.wait_for_end()


def sort_out(run: Run, second: Run) -> tuple[Run, Run]:
    """Wait until one of two runs has ended, and return the other one and that one."""
    deadline = time.monotonic() + DEADLINE_S
    while run.process.poll() is None and second.process.poll() is None:
        assert time.monotonic() < deadline, f"both go on\n{run.report()}"
        time.sleep(0.01)
    return (run, second) if run.process.poll() is None else (second, run)


def is_pythons_own(complaints: list[str]) -> bool:
    """Return whether Python was interrupted before it had come to the program."""
    return "KeyboardInterrupt" in "".join(complaints) and "caal_desktop/" not in "".join(complaints)


def test_it_ends_without_a_word(
    demo: DemoControl, tmp_path: Path, record_property: Callable[[str, object], None], series: int
) -> None:
    chance = random.Random(SEED + series)  # noqa: S311 - the same moments every time
    before_signals, began = 0, time.monotonic()
    finish_setup(tmp_path / "finished" / "home", demo)
    for number in range(AT_A_TIME):
        name = chance.choice([*SIGNALS, *SIGNALS, *STEERED, SECOND_START])
        kind = chance.choice(["fresh", "fresh", "finished", "finished", "finished", "demo"])
        moment = chance.choice(MOMENTS)
        what = f"{number} of {series}: {name}, {kind}, {moment}"
        arguments = ["--demo"] if kind == "demo" else []
        steering = {"end": name, "after_s": chance.uniform(0, 1.0)} if name in STEERED else None
        with Run(tmp_path / kind, demo, arguments, steering) as run:
            if steering is not None:
                status = run.wait_for_end()
            elif name in SIGNALS:
                status = end_of_itself(run, name, moment, chance)
            else:
                time.sleep(chance.uniform(0, 0.5))
                with Run(tmp_path / kind, demo, arguments, beside=run) as second:
                    # One of them shows its window, whichever has come first, and the other one has ended by then.
                    shown, other = sort_out(run, second)
                    assert other.wait_for_end() == 0, f"{what}\n{run.report()}"
                    status = end_of_itself(shown, "SIGTERM", moment, chance)
                    assert (run.process.poll(), second.process.poll()) == (0, 0), f"{what}\n{run.report()}"
            complaints = run.complaints()
            if status != 0:
                assert name in SIGNALS, f"{what}: {status}\n{run.report()}"
                assert moment == "started", f"{what}: {status}\n{run.report()}"
                assert status == -signal.Signals[name], f"{what}: {status}\n{run.report()}"
                before_signals += 1
                if is_pythons_own(complaints):
                    complaints = []
            assert complaints == [], f"{what}\n{run.report()}"
            assert run.leftovers() == [] or status != 0, what
            run.wait_for_relatives()
            run.clear_complaints()
    record_property("ends", AT_A_TIME)
    record_property("ends_before_signals_are_handled", before_signals)
    record_property("seconds_an_end", (time.monotonic() - began) / AT_A_TIME)


def test_a_complaint_is_noticed(demo: DemoControl, tmp_path: Path) -> None:
    """The positive control: what is looked for is found where it is."""
    with Run(tmp_path, demo, [], {"end": "close_window", "complain": True}) as run:
        run.wait_for_end()
        assert any("Traceback" in line for line in run.complaints())
