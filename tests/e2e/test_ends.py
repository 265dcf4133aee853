"""Ending the program in many states, in each way that there is: soon, in order, and with nothing left behind."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e import walking
from tests.e2e.remains import look
from tests.support.profiles import finish_setup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession

pytestmark = pytest.mark.long

BOUND_S = 10.0
"""Thrice what the program gives its own services, for a machine that does something else as well."""

CHAT = "/chat/completions"


# --- states: each begins with a program that has just been started


def key_half_typed(program: Program, demo: DemoControl) -> None:
    walking.to_key(program)
    program.type(demo.key[:20])


def key_check_hangs(program: Program, demo: DemoControl) -> None:
    demo.fault("key_timeout")
    walking.to_key(program)
    walking.give_key(program, demo.key)
    program.wait_for("wizard.key.message.cancel")


def models_do_not_come(program: Program, demo: DemoControl) -> None:
    demo.fault("slow_models", 60)
    walking.to_key(program)
    walking.to_model(program, demo.key)
    program.wait_for("wizard.model.pane.message.title")


def trial_streams(program: Program, demo: DemoControl) -> None:
    walking.to_key(program)
    walking.to_model(program, demo.key)
    walking.to_trial(program)
    demo.fault("stall_after", 3, path=CHAT)
    program.press("Return")
    demo.wait_for_open_streams(1)


def chat_is_idle(program: Program, _demo: DemoControl) -> None:
    walking.in_chat(program)


def chat_is_written_in(program: Program, _demo: DemoControl) -> None:
    walking.in_chat(program)
    program.type(walking.QUESTION)


def answer_streams(program: Program, demo: DemoControl) -> None:
    demo.fault("stall_after", 3, path=CHAT)
    walking.ask(program)
    demo.wait_for_open_streams(1)


def answer_floods(program: Program, demo: DemoControl) -> None:
    demo.fault("fast_flood", 100_000, path=CHAT)
    walking.ask(program)
    demo.wait_for_open_streams(1)


def answer_failed(program: Program, demo: DemoControl) -> None:
    demo.fault("no_credit", path=CHAT)
    walking.ask(program)
    program.wait_for("chat.message.1.failure.title")


def settings_are_open(program: Program, _demo: DemoControl) -> None:
    walking.in_chat(program)
    program.press("ctrl+comma")
    program.wait_for("settings.pages", "focused")


def picker_is_open(program: Program, _demo: DemoControl) -> None:
    walking.in_chat(program)
    program.choose("main.model")
    program.wait_for("picker.pane.search", "focused")


def keyring_is_silent(program: Program, _demo: DemoControl) -> None:
    program.wait_for("main")
    program.wait_for_text("Asking the system's keyring")


WIZARD = (key_half_typed, key_check_hangs, models_do_not_come, trial_streams)
CHATS = (chat_is_idle, chat_is_written_in, answer_streams, answer_floods, answer_failed)
DIALOGS = (settings_are_open, picker_is_open)


# --- ways


def _leave_dialog(program: Program, press: Callable[[], None]) -> None:
    press()
    program.wait_for("main", "active")
    program.wait_until(lambda: not {c.id for c in program.controls() if c.role == "dialog"}, "the dialog is gone")


def close(program: Program, state: Callable[..., None]) -> None:
    """By the window's own button; a dialog over it comes first."""
    if state in DIALOGS:
        _leave_dialog(program, program.close_window)
    program.close_window()


def terminate(program: Program, _state: Callable[..., None]) -> None:
    """As a session's manager does, whatever is open."""
    program.process.send_signal(signal.SIGTERM)


def quit_by_keyboard(program: Program, state: Callable[..., None]) -> None:
    """By the command: Ctrl+Q in the main window, in the wizard its button."""
    if state in WIZARD:
        program.choose("wizard.later")
        return
    if state in DIALOGS:
        _leave_dialog(program, lambda: program.press("Escape"))
    program.press("ctrl+q")


@pytest.mark.parametrize("way", [close, terminate, quit_by_keyboard], ids=lambda way: way.__name__)
@pytest.mark.parametrize("state", [*WIZARD, *CHATS, *DIALOGS, keyring_is_silent], ids=lambda state: state.__name__)
def test_it_ends(
    start: Start,
    session: DesktopSession,
    demo: DemoControl,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    state: Callable[[Program, DemoControl], None],
    way: Callable[[Program, Callable[..., None]], None],
) -> None:
    home = tmp_path / "profile"
    if state not in WIZARD:
        finish_setup(home, session, demo)
    if state is keyring_is_silent:
        session.hang_keyring()
    try:
        with start() as program:
            state(program, demo)
            way(program, state)
            began = time.monotonic()
            program.assert_ended_well()
            took_s = time.monotonic() - began
    finally:
        if state is keyring_is_silent:
            session.wake_keyring()
    record_property("ended_after_s", took_s)
    assert took_s < BOUND_S
    demo.wait_for_open_streams(0)
    remains = look(home, session, demo.key)
    assert remains.unfinished is None, "an answer that was cut off is marked so"
    program.assert_hides(demo.key)
