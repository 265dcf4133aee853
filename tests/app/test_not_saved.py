"""A disk that takes nothing: it is told once for each kind of thing, and no end of the program is held up by it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMessageBox

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.conversation import ChatMessage, Role
from caal_desktop.services.history.conversation_export import json_parts
from caal_desktop.services.history.conversation_records import to_record
from caal_desktop.storage.errors import HistoryDiskFull, WriteFailed
from caal_desktop.storage.history import rescue_files
from caal_desktop.storage.history.draft_file import Draft
from caal_desktop.storage.history.records import ConversationRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from caal_desktop.app.application import Application
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.main.main_window import MainWindow


class Disk:
    """The disk of the program, as far as settings and conversations are concerned."""

    def __init__(self) -> None:
        self.is_full = False


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    save, together = SettingsStore.save, HistoryDatabase.together

    def save_or_fail(store: SettingsStore, settings: Settings) -> None:
        if made.is_full:
            raise WriteFailed(file="settings.json", reason="No space left on device")
        save(store, settings)

    @contextmanager
    def together_or_fail(database: HistoryDatabase) -> Iterator[None]:
        if made.is_full:
            raise HistoryDiskFull(file="conversations.db")
        with together(database):
            yield

    monkeypatch.setattr(SettingsStore, "save", save_or_fail)
    monkeypatch.setattr(HistoryDatabase, "together", together_or_fail)
    return made


def window_of(application: Application) -> MainWindow:
    window = application.windows.main
    assert window is not None
    if not application.services.chat_services.has_history:
        application.windows._begin_history()
    return window


def say(application: Application, text: str) -> None:
    chat = application.services.chat_services.chat
    chat._add(ChatMessage(Role.USER, [text]))


def until(condition: Callable[[], object], what: str) -> None:
    if not turn(until=condition):
        pytest.fail(f"this did not come: {what}")


def boxes(window: MainWindow, name: str) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox, name) if box.isVisible()]


@pytest.fixture
def full(disk: Disk, application: Application, expected_logs: Callable[[str], None]) -> Application:
    """Give the application after a message that could not be saved."""
    expected_logs(r"WARNING .*: Conversations could not be saved: .*")
    window_of(application)
    history = application.services.chat_services.history
    until(lambda: history._has_begun, "the database")
    run_async(application.services.settings.write_file())
    disk.is_full = True
    say(application, "Hello")
    until(lambda: history.trouble, "the trouble")
    return application


def test_one_fault_of_the_disk_is_told_once_for_each_kind(
    full: Application, disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    """Each change of a setting made another box, above the one before."""
    expected_logs(r"WARNING .*: The settings could not be saved: .*")
    window, settings = window_of(full), full.services.settings
    for days in (30, 40, 50):
        settings.update(history_days=days)
        run_async(settings._writer.write(settings.current))
        say(full, f"{days} days")
        turn(3)
    assert len(boxes(window, "message")) == 1
    assert window._keeping.panel.isVisible()
    assert not window.notice.panel.isVisible()
    boxes(window, "message")[0].close()
    disk.is_full = False
    run_async(settings._writer.write(settings.current))
    full.services.chat_services.history.retry()
    until(lambda: full.services.chat_services.history.trouble is None, "all is saved")
    disk.is_full = True
    settings.update(history_days=60)
    run_async(settings._writer.write(settings.current))
    assert len(boxes(window, "message")) == 1, "positive control: another fault is told again"
    boxes(window, "message")[0].close()
    disk.is_full = False


def test_the_command_to_quit_asks_first(full: Application, disk: Disk) -> None:
    window = window_of(full)
    full.windows.commands.run(CommandId.QUIT)
    until(lambda: boxes(window, "unsaved"), "the question")
    assert not full._quit.is_set()
    boxes(window, "unsaved")[0].reject()
    disk.is_full = False
    full.windows.commands.run(CommandId.QUIT)
    until(full._quit.is_set, "the end, for another attempt has succeeded")
    assert boxes(window, "unsaved") == []


def test_a_signal_asks_nobody_and_the_last_attempt_is_made(full: Application, disk: Disk) -> None:
    """Where the session ends, or the system, a question would never be answered."""
    full.quit()
    assert full._quit.is_set()
    assert boxes(window_of(full), "unsaved") == []
    disk.is_full = False
    run_async(full.services.chat_services.history.close())
    assert not full.services.chat_services.history.has_unwritten


def test_what_is_lost_at_the_end_is_at_least_in_the_log(
    full: Application, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(r"ERROR .*: Not everything could be saved at the end: 1 .*")
    expected_logs(r"WARNING .*: The settings could not be saved: .*")
    run_async(full.services.chat_services.history.close())


def kept_files(tmp_path: Path) -> list[Path]:
    return sorted(tmp_path.rglob("caal-not-saved-*.json"))


def test_the_end_keeps_in_another_file_what_cannot_be_saved(
    full: Application, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    """A signal, or the end of the session, asks nobody: it was lost with a line in the log."""
    expected_logs(r"ERROR .*: Not everything could be saved at the end: 1 .*")
    expected_logs(r"WARNING .*: The settings could not be saved: .*")
    full.quit()
    assert kept_files(tmp_path) == []
    run_async(full._shut_down())
    (file,) = kept_files(tmp_path)
    assert "Hello" in file.read_text("utf-8")


def test_the_end_keeps_it_however_long_the_rest_takes(
    full: Application,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[[str], None],
) -> None:
    """On a drive that hangs, closing the services takes all the time that there is."""
    expected_logs(r"WARNING .*: Not everything ended within .*")
    expected_logs(r"WARNING .*: The settings could not be saved: .*")
    expected_logs(r"ERROR .*: Not everything could be saved at the end: 1 .*")
    close = full.services.close

    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(full.services, "close", hang)
    monkeypatch.setattr("caal_desktop.app.application.QUIT_DEADLINE_S", 0.01)
    run_async(full._shut_down())
    assert len(kept_files(tmp_path)) == 1
    run_async(close())


def test_the_end_of_the_session_finds_it_kept_before_it_goes_on(
    full: Application, disk: Disk, tmp_path: Path, qapp: QApplication
) -> None:
    """Windows ends the process when the slot has returned."""
    disk.is_full = False
    full.services.chat_services.history.retry()
    until(lambda: full.services.chat_services.history.trouble is None, "all is saved")
    qapp.commitDataRequest.emit(None)
    assert kept_files(tmp_path) == [], "positive control: nothing has to be kept"
    disk.is_full = True
    say(full, "And this?")
    until(lambda: full.services.chat_services.history.trouble, "the trouble")
    qapp.commitDataRequest.emit(None)
    (file,) = kept_files(tmp_path)
    assert "And this?" in file.read_text("utf-8")
    assert boxes(window_of(full), "unsaved") == [], "nobody is asked"
    disk.is_full = False
    run_async(full._shut_down())
    assert kept_files(tmp_path) == [], "the session went on, and all was saved"


def test_what_was_kept_is_offered_and_imported(
    application: Application, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    paths = AppPaths.below(tmp_path)
    record = ConversationRecord("c", "From last time", 1.0, 2.0)
    record.messages = [to_record(ChatMessage(Role.USER, ["Not saved then"]), shown=True)]
    draft = Draft("half a sent")
    (file,) = rescue_files.keep(paths, [lambda: json_parts(record, draft)], datetime.now(UTC))
    application.services.chat_services.rescue.begin()
    window = window_of(application)
    panel = window._rescued.panel
    until(panel.isVisible, "the offer")
    assert file.name in panel.body
    button = panel.button("import")
    assert button is not None
    window.page.composer.set_text("half a")
    button.click()
    until(lambda: not file.exists(), "it is imported")
    assert panel.isHidden()
    chat = application.services.chat_services.chat
    until(lambda: [message.text for message in chat.messages] == ["Not saved then"], "it is shown")
    assert window.page.composer.text == "half a sent"
