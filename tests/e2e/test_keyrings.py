"""The program where the system's keyring is missing, locked, or silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e import walking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Start
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession


@pytest.fixture
def without_keyring(session: DesktopSession) -> Iterator[DesktopSession]:
    """The session while no keyring is there."""
    session.kill_keyring()
    yield session
    session.start_keyring()


def test_without_one_the_key_is_kept_for_this_session_only(
    start: Start, without_keyring: DesktopSession, demo: DemoControl
) -> None:
    with start() as program:
        walking.to_key(program)
        walking.give_key(program, demo.key)
        program.wait_for("wizard.next", "focused", "enabled")
        program.press("Return")
        program.choose("wizard.key.message.session")
        walking.to_trial(program)
        walking.to_done(program)
        program.wait_for_text("for this session only")
        walking.to_chat(program)
        program.wait_for_setting("providers.openrouter.key_store", "session")
        program.close_window()
        program.assert_ended_well()
    program.assert_hides(demo.key)
    with start() as program:
        program.wait_for("main")
        program.wait_for_text("There is no key")
        program.press("ctrl+q")
        program.assert_ended_well()


def test_a_locked_one_is_unlocked_in_its_own_dialog(start: Start, session: DesktopSession, demo: DemoControl) -> None:
    session.lock()
    try:
        with start() as program:
            walking.to_key(program)
            walking.give_key(program, demo.key)
            program.wait_for("wizard.next", "focused", "enabled")
            program.press("Return")
            session.wait_for_dialog()
            # The window lives on behind the dialog, and says what it waits for.
            program.wait_for("wizard.key.message.title", name="keyring")
            session.type_into_dialog(session.password)
            walking.to_trial(program)
            assert [item.secret for item in session.secret_items()] == [demo.key]
            program.close_window()
            program.assert_ended_well()
    finally:
        if session.is_locked():
            session.kill_keyring()
            session.start_keyring()


def test_a_silent_one_holds_nothing_up(start: Start, session: DesktopSession, demo: DemoControl) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        program.press("ctrl+q")
        program.assert_ended_well()
    session.hang_keyring()
    try:
        with start() as program:
            program.wait_for("main")
            program.wait_for_text("Asking the system's keyring")
            program.press("ctrl+q")
            program.assert_ended_well()
    finally:
        session.wake_keyring()
    assert [item.secret for item in session.secret_items()] == [demo.key]
