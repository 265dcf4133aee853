"""Ending the program at any moment: status 0, no complaint, no process left, and nothing that was set is lost."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.e2e import walking

if TYPE_CHECKING:
    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession


def terminate(program: Program) -> None:
    program.process.send_signal(signal.SIGTERM)


def close(program: Program) -> None:
    program.close_window()


def test_in_the_middle_of_every_step_and_on_at_the_same_one(start: Start, demo: DemoControl) -> None:
    with start() as program:
        program.wait_for("wizard.provider.openrouter", "focused")
        close(program)
        program.assert_ended_well()

    demo.fault("key_timeout")
    with start() as program:
        walking.to_key(program)
        walking.give_key(program, demo.key)
        program.wait_for("wizard.key.message.cancel")  # the check hangs
        terminate(program)
        program.assert_ended_well()
    demo.clear_faults()

    demo.fault("slow_models", 60)
    with start() as program:
        program.wait_for("wizard.key")
        walking.to_model(program, demo.key)
        program.wait_for("wizard.model.pane.message.title")  # the list does not come
        close(program)
        program.assert_ended_well()
    demo.clear_faults()

    demo.fault("stall_after", 3)
    with start() as program:
        program.wait_for("wizard.model")
        walking.to_trial(program)
        program.press("Return")
        program.wait_until(lambda: demo.open_streams() == 1, "the answer streams")
        terminate(program)
        program.assert_ended_well()
    demo.wait_for_open_streams(0)
    demo.clear_faults()

    with start() as program:
        walking.to_done(program)
        close(program)
        program.assert_ended_well()

    with start() as program:
        program.wait_for("wizard.done")
        walking.to_chat(program)
        demo.fault("stall_after", 3)
        program.type(walking.QUESTION)
        program.press("Return")
        program.wait_until(lambda: demo.open_streams() == 1, "the answer streams")
        terminate(program)
        program.assert_ended_well()
    demo.wait_for_open_streams(0)

    with start() as program:
        walking.in_chat(program)
        program.press("ctrl+q")
        program.assert_ended_well()
    program.assert_hides(demo.key)


def test_in_the_middle_of_a_flood(start: Start, demo: DemoControl) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        demo.fault("fast_flood", 100_000)
        program.type(walking.QUESTION)
        program.press("Return")
        program.wait_until(lambda: demo.open_streams() == 1, "the answer streams")
        program.press("ctrl+q")
        program.assert_ended_well()
    demo.wait_for_open_streams(0)


def test_before_there_is_a_window(start: Start) -> None:
    with start() as program:
        # As soon as Python is up, wherever the start is then.
        program.wait_until(
            lambda: program.home.exists() and any(program.home.iterdir()), "the program stores something"
        )
        terminate(program)
        status = program.wait_for_end()
    assert status in (0, -signal.SIGTERM)
    assert program.complaints() == []


def test_later_goes_on_at_the_same_step(start: Start, demo: DemoControl) -> None:
    with start() as program:
        walking.to_key(program)
        walking.to_model(program, demo.key)
        program.choose("wizard.later")
        program.assert_ended_well()
    with start() as program:
        program.wait_for("wizard.model")
        program.wait_for("wizard.next", "enabled")
        # The gentle way back, step by step, and out.
        program.press("Escape")
        program.wait_for("wizard.key")
        program.press("Escape")
        program.wait_for("wizard.welcome")
        program.press("Escape")
        program.assert_ended_well()


def test_killed_and_started_again(start: Start, session: DesktopSession, demo: DemoControl) -> None:
    with start(arguments=["--demo"], url=None) as program:
        walking.to_key(program)
        program.choose("wizard.key.demo")
        program.wait_for("wizard.next", "focused", "enabled")
        program.press("Return")
        program.wait_for("wizard.model")
        program.wait_for_setting("setup_step", "model")
        program.process.kill()
        program.wait_for_end()
        # The server watches its standard input.
        demo.wait_for(lambda: program.relatives() == [], "the demo's server has ended too")
    with start(arguments=["--demo"], url=None) as program:
        program.wait_for("wizard.model")
        program.wait_for("wizard.next", "enabled")
        program.close_window()
        program.assert_ended_well()
    assert len(session.secret_items()) == 1


def test_a_second_start_raises_the_first_window_and_ends(
    start: Start, session: DesktopSession, demo: DemoControl
) -> None:
    with start() as first:
        first.wait_for("wizard.welcome")
        # Out of sight, as a person forgets it.
        minimised = session.run(["xdotool", "getactivewindow", "windowminimize", "--sync"])
        assert minimised.returncode == 0, minimised.stderr
        with start() as second:
            assert second.wait_for_end() == 0
        first.wait_for("wizard", "active")
        assert first.process.poll() is None
        first.close_window()
        first.assert_ended_well()
