"""A disk that takes nothing: it is told once for each kind of thing, and no end of the program is held up by it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QMessageBox

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.conversation import ChatMessage, Role
from caal_desktop.storage.errors import HistoryDiskFull, WriteFailed
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
