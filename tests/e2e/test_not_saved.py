"""What cannot be saved for as long as something is in the way; the real program is ended meanwhile."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.history.draft_file import load_draft
from tests.e2e import walking
from tests.support.locked_database import locked

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Start
    from tests.e2e.program import Program
    from tests.support.demo import DemoControl

pytestmark = pytest.mark.long

LATER = "And of Italy?"


def texts(home: Path) -> list[str]:
    """Return what has been asked, as the database has it."""
    (file,) = home.rglob("conversations.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as reader:
        assert reader.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return [row[0] for row in reader.execute("SELECT text FROM message WHERE role = 'user' ORDER BY row")]


def kept_elsewhere(home: Path) -> list[Path]:
    """Return the files of what could not be saved."""
    return list(home.rglob("caal-not-saved-*.json"))


def has_traceback(program: Program) -> bool:
    return any("Traceback" in line for line in program.complaints())


@pytest.mark.parametrize("end", ["lock ends", "SIGTERM", "SIGKILL", "window closed", "lock ends, SIGTERM"])
def test_a_lock_that_lasts_longer_than_sqlite_waits(start: Start, demo: DemoControl, tmp_path: Path, end: str) -> None:
    home = tmp_path / "profile"
    with start() as program, ExitStack() as lock:
        walking.walk(program, demo.key)
        walking.ask(program)
        program.wait_until(lambda: texts(home) == [walking.QUESTION], "the first question is kept")
        program.wait_for("chat.message.1.facts")
        (file,) = home.rglob("conversations.db")
        lock.enter_context(locked(file))
        program.wait_for("chat.composer.edit", "focused")
        program.type(LATER)
        program.wait_for("chat.send", "enabled")
        program.press("Return")
        program.wait_for("main.keeping.panel.title", name="cannot be saved at the moment")
        expected = [walking.QUESTION]
        match end:
            case "lock ends":
                lock.close()
                # That it is said lasts for seconds only, which a busy machine may spend otherwise.
                expected.append(LATER)
                program.wait_until(lambda: texts(home) == expected, "the second question is kept")
                program.wait_until(lambda: not program.find("main.keeping.panel.retry"), "the notice has changed")
                program.close_window()
            case "lock ends, SIGTERM":
                lock.close()
                program.process.send_signal(signal.SIGTERM)
                expected.append(LATER)
            case "window closed":
                program.close_window()
                program.wait_for("unsaved.quit")
                program.press("Tab")
                program.choose("unsaved.quit")
            case _:
                program.process.send_signal(signal.Signals[end])
        assert program.wait_for_end() == (-signal.SIGKILL if end == "SIGKILL" else 0)
        assert not has_traceback(program)
    assert len(kept_elsewhere(home)) == (end == "SIGTERM")
    assert texts(home) == expected
    with start() as program:
        walking.in_chat(program)
        if end == "SIGTERM":
            # Nobody could be asked: it was kept beside the database, whole.
            program.wait_for("main.rescued.panel.title", name="Text from last time")
            program.choose("main.rescued.panel.import")
            expected += [walking.QUESTION, LATER]
            program.wait_until(lambda: texts(home) == expected, "it is imported")
            program.wait_until(lambda: kept_elsewhere(home) == [], "the file is gone")
            assert not program.find("main.rescued.panel.title")
        assert kept_elsewhere(home) == []
        program.close_window()
        assert program.wait_for_end() == 0


@pytest.mark.parametrize("end", ["fault ends", "window closed"])
def test_a_message_that_cannot_be_saved_while_it_is_written(
    start: Start, demo: DemoControl, tmp_path: Path, end: str
) -> None:
    with start() as program:
        walking.walk(program, demo.key)
        (database,) = (tmp_path / "profile").rglob("conversations.db")
        draft = database.with_name("draft.json")
        draft.mkdir()
        program.wait_for("chat.composer.edit", "focused")
        program.type(LATER)
        program.wait_for("main.keeping.panel.title", name="The message that you are writing cannot be saved")
        if end == "fault ends":
            draft.rmdir()
            program.wait_until(draft.is_file, "the draft is kept")
            program.wait_until(lambda: not program.find("main.keeping.panel.retry"), "the notice has gone")
            program.close_window()
        else:
            program.close_window()
            program.wait_for("unsaved.quit")
            program.press("Tab")
            program.choose("unsaved.quit")
        assert program.wait_for_end() == 0
        assert not has_traceback(program)
    if end == "fault ends":
        assert load_draft(draft).text == LATER
