"""What the window says while conversations cannot be saved, and what it offers: over a database that is locked."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton, QWidget

from caal_desktop.services.history.trouble import Trouble
from caal_desktop.storage.errors import DraftNotSaved, HistoryLocked, HistoryMissing, HistoryPutAside
from caal_desktop.storage.history import opening, rescue_files
from caal_desktop.storage.history.draft_file import Draft, load_draft
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from tests.support.locked_database import locked
from tests.support.qt_loop import run_async, turn
from tests.support.widget_audit import complaints_at_its_sizes, controls_without_a_name, cut_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from caal_desktop.services.chat.conversation import ChatMessage
    from tests.widgets.chat.conftest import ChatWindow

FAILED = r"WARNING caal_desktop\.services\.history\.history_writer: Conversations could not be saved: .*"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no lock."""
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.01)


@pytest.fixture
def trouble(
    chat_window: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]
) -> Callable[[], AbstractContextManager[ChatMessage]]:
    """Return what makes a context in which a message, which it gives, cannot be saved."""
    expected_logs(FAILED)
    chat_window.history._writer._retry_delays = (3600.0,)

    @contextmanager
    def in_trouble() -> Iterator[ChatMessage]:
        chat_window.ask("Saved")
        chat_window.until(lambda: not chat_window.history.has_unwritten, "it is saved")
        with locked(tmp_path / "conversations.db"):
            said = chat_window.ask("Not saved")
            chat_window.until(lambda: chat_window.history.trouble, "the trouble")
            yield said

    return in_trouble


@pytest.fixture
def troubled(
    chat_window: ChatWindow, trouble: Callable[[], AbstractContextManager[ChatMessage]]
) -> Iterator[ChatWindow]:
    """Yield the window with a message that cannot be saved; the lock ends with the test."""
    with trouble():
        yield chat_window


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    return widget


def panel_of(chat: ChatWindow) -> MessagePanel:
    panel = chat.window.findChild(MessagePanel, "main.keeping.panel")
    assert panel is not None
    return panel


def is_seen(widget: QWidget, window: QWidget) -> bool:
    """Return whether the whole of a widget is within the visible part of its window."""
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    return (
        widget.isVisible() and window.rect().contains(place) and widget.visibleRegion().boundingRect() == widget.rect()
    )


def test_large_text_in_a_small_window_leaves_place_to_write(
    troubled: ChatWindow, text_scale: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not fit of the notice is scrolled to, by Tab as well."""
    window, room = troubled.window, QSize(624, 432)
    monkeypatch.setattr(design, "room", lambda _window: room)
    text_scale(1.5)
    turn(3)
    window.resize(room)
    turn(5)
    assert window.size() == room, "positive control: it has become that small"
    assert is_seen(troubled.button("chat.composer.edit"), window)
    assert is_seen(troubled.button("main.keeping.panel.title"), window)
    for name in ("retry", "export"):
        button = panel_of(troubled).button(name)
        assert button is not None
        for _ in range(40):
            if focused() is button:
                break
            QTest.keyClick(focused(), Qt.Key.Key_Tab)
        assert focused() is button
        assert is_seen(button, window)
    body = troubled.button("main.keeping.panel.body")
    assert body.height() >= body.heightForWidth(body.width()), "none of it is cut"


def test_an_obstacle_is_said_whole_in_a_small_window_with_large_text(
    chat_window: ChatWindow, text_scale: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    window, room = chat_window.window, QSize(624, 432)
    monkeypatch.setattr(design, "room", lambda _window: room)
    text_scale(1.5)
    turn(3)
    window.resize(room)
    message = window.page.message
    action = MessageAction("again", "Try again", lambda: None)
    message.show_message(
        MessageKind.WARNING, "There is no keyring here. " * 3, "Start one, then try again. " * 6, (action,)
    )
    turn(5)
    assert window.size() == room, "positive control: it has become that small"
    assert is_seen(chat_window.button("chat.composer.edit"), window)
    for name in ("title", "body"):
        label = chat_window.button(f"chat.message.{name}")
        assert label.height() >= label.heightForWidth(label.width()), name
    assert is_seen(chat_window.button("chat.message.title"), window)
    button = message.button("again")
    assert button is not None
    button.setFocus()
    turn(2)
    assert is_seen(button, window)
    # As long as what was tried again fails again, the keyboard stays there.
    message.show_message(MessageKind.WARNING, "There is still none. " * 3, "Start one, then try again. " * 6, (action,))
    turn(5)
    again = message.button("again")
    assert again is not None
    assert window.focusWidget() is again
    assert is_seen(again, window)


@pytest.mark.parametrize("size", [(640, 480), (1280, 800)], ids=["small", "large"])
def test_the_notice_is_seen_whole_beside_a_folded_pane(troubled: ChatWindow, size: tuple[int, int]) -> None:
    window = troubled.window
    window.resize(*size)
    turn(2)
    if window._splitter.sizes()[0] and not window._side.isHidden():
        troubled.click("main.sidebar")
    turn(3)
    assert window._side.isHidden() or not window._splitter.sizes()[0], "positive control: the pane is folded"
    panel = panel_of(troubled)
    assert is_seen(panel, window)
    assert all(is_seen(button, window) for button in panel.findChildren(QPushButton))
    assert {button.text() for button in panel.findChildren(QPushButton)} == {"Try again", "Export a copy…"}
    assert is_seen(window.page.composer.edit, window), "writing can go on"
    assert panel.kind is MessageKind.WARNING
    assert "Another program is using" in panel.body
    assert "free space" not in panel.body
    assert "You can keep chatting" in panel.body
    assert [line for line in cut_texts(window) if "main.keeping" in line] == []
    assert controls_without_a_name(window) == []


def test_the_notice_fits_at_the_window_s_least_size(troubled: ChatWindow) -> None:
    # The file of the test has a longer path than any user's.
    for kind in (HistoryLocked, HistoryMissing):
        error = kind(file="/home/user/.local/share/caal-desktop/conversations.db", reason="locked")
        troubled.unsaved.troubleChanged.emit(Trouble(error))
        assert complaints_at_its_sizes(troubled.window, kind.__name__) == []


def test_the_keyboard_reaches_the_button_and_the_notice_goes_when_all_is_saved(
    chat_window: ChatWindow, tmp_path: Path, trouble: Callable[[], AbstractContextManager[ChatMessage]]
) -> None:
    chat = chat_window
    kinds: list[str] = []
    panel = panel_of(chat)
    chat.history.troubleChanged.connect(lambda _trouble: kinds.append(f"{panel.kind}"))
    with trouble() as said:
        for _ in range(60):
            QTest.keyClick(chat.window, Qt.Key.Key_Tab)
            if focused().objectName() == "main.keeping.panel.retry":
                break
        assert focused().objectName() == "main.keeping.panel.retry"
        QTest.keyClick(focused(), Qt.Key.Key_Space)
        chat.until(lambda: kinds == ["warning", "busy", "warning"], "another failure")
        assert focused().objectName() == "main.keeping.panel.retry", "it can be pressed again"
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    chat.until(lambda: kinds[3:] == ["busy", "success"], "it is saved")
    assert panel.title == "Your conversations are saved again"
    assert not panel.findChildren(QPushButton, "main.keeping.panel.retry")
    assert chat.window._keeping._confirmed.isActive()
    chat.window._keeping._confirmed.start(0)
    chat.until(panel.isHidden, "the notice is gone")
    assert focused().isVisible()
    with closing(sqlite3.connect(tmp_path / "conversations.db")) as database:
        assert [said.text] == [row[0] for row in database.execute("SELECT text FROM message WHERE id = ?", (said.id,))]


def test_a_new_file_is_begun_where_the_old_one_is_gone_and_the_user_says_so(
    chat_window: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chat, panel = chat_window, panel_of(chat_window)
    chat.history._writer._retry_delays = (3600.0,)
    chat.ask("Saved")
    chat.until(lambda: not chat.history.has_unwritten, "it is saved")
    for file in tmp_path.glob("conversations.db*"):
        file.unlink()
    said = chat.ask("Not saved")
    chat.until(lambda: chat.history.trouble, "the trouble")
    chat.window.resize(640, 480)
    turn(3)
    buttons = panel.findChildren(QPushButton)
    assert [button.text() for button in buttons] == ["Try again", "Start a new file", "Export a copy…"]
    assert all(is_seen(button, chat.window) for button in buttons)
    assert "is gone" in panel.body
    chat.click("main.keeping.panel.retry")
    chat.until(lambda: chat.history.trouble and not chat.history.trouble.is_trying, "another failure")
    assert not (tmp_path / "conversations.db").exists(), "positive control: trying again makes none"
    chat.click("main.keeping.panel.begin_anew")
    chat.until(lambda: panel.kind is MessageKind.SUCCESS and not chat.history.has_unwritten, "it is saved")
    with closing(sqlite3.connect(tmp_path / "conversations.db")) as database:
        assert [said.text] == [row[0] for row in database.execute("SELECT text FROM message WHERE id = ?", (said.id,))]


def test_a_copy_is_exported_and_told_where_the_pane_is_folded(troubled: ChatWindow, tmp_path: Path) -> None:
    troubled.click("main.sidebar")
    troubled.click("main.keeping.panel.export")
    (dialog,) = troubled.window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "copy.json"))
    dialog.reject()
    troubled.until((tmp_path / "copy.json").exists, "the copy")
    assert "Not saved" in (tmp_path / "copy.json").read_text("utf-8")
    notice = troubled.window.notice.panel
    troubled.until(lambda: notice.isVisible() and notice.body == "copy.json", "it is told")


def test_what_was_wrong_with_the_database_is_told_above_the_chat(
    chat_window: ChatWindow,
) -> None:
    chat_window.history.damageFound.emit(HistoryPutAside(file="there"))
    panel = chat_window.window.notice.panel
    assert panel.isVisible()
    assert "there" in panel.body
    turn(3)
    assert panel.y() > 0, "it does not touch what is above it"


# --- the message that is being written


@contextmanager
def no_draft_can_be_kept(chat: ChatWindow, folder: Path) -> Iterator[None]:
    chat.until(lambda: not chat.drafts._is_looking, "the look for an earlier draft")
    (folder / "draft.json").mkdir()
    yield
    (folder / "draft.json").rmdir()


@pytest.fixture
def writing(chat_window: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]) -> Iterator[ChatWindow]:
    """Yield the window with half a message that cannot be saved; the fault ends with the test."""
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved: .*")
    with no_draft_can_be_kept(chat_window, tmp_path):
        chat_window.type("half a sent")
        chat_window.until(lambda: chat_window.drafts.trouble, "the trouble")
        yield chat_window


def test_a_message_that_cannot_be_saved_is_told_until_it_is(
    chat_window: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved: .*")
    panel = panel_of(chat_window)
    with no_draft_can_be_kept(chat_window, tmp_path):
        chat_window.type("half a sent")
        chat_window.until(panel.isVisible, "the notice")
        assert panel.title == "The message that you are writing cannot be saved at the moment."
        assert f"{tmp_path / 'draft.json'} could not be saved. The system says: Is a directory." in panel.body
        assert [button.text() for button in panel.findChildren(QPushButton)] == ["Try again"]
        chat_window.click("main.keeping.panel.retry")
        chat_window.until(lambda: panel.kind is MessageKind.WARNING, "it has failed again")
        assert panel.isVisible()
    chat_window.click("main.keeping.panel.retry")
    chat_window.until(panel.isHidden, "the notice has gone")
    assert load_draft(tmp_path / "draft.json").text == "half a sent"


def test_conversations_and_message_that_cannot_be_saved_are_one_notice(
    writing: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writing.history._writer._retry_delays = (3600.0,)
    panel = panel_of(writing)
    with locked(tmp_path / "conversations.db"):
        writing.until(writing.button("chat.send").isEnabled, "the key")
        writing.press(Qt.Key.Key_Return)
        writing.until(lambda: writing.history.trouble, "the trouble")
        assert writing.drafts.trouble is None, "the message was sent"
        assert "you are writing" not in panel.body
        writing.type("Another")
        writing.until(lambda: writing.drafts.trouble, "its draft")
        turn(2)
        writing.click("main.keeping.panel.retry")
        writing.until(lambda: panel.kind is MessageKind.WARNING, "both have failed again")
        assert panel.title == "Your conversations cannot be saved at the moment."
        assert "and the message that you are writing, is kept in memory" in panel.body
        assert panel.body.count("could not be saved") == 0, "the cause is told once"
        assert not writing.window.close()
        writing.until(lambda: is_asked(writing), "the question")
        assert question_of(writing).text().startswith("1 conversation")
        assert question_of(writing).informativeText().startswith("Nor is the message that you are writing.")
        answer(writing, "cancel")
    writing.history.retry()
    writing.until(lambda: writing.history.trouble is None, "the conversation is saved")
    writing.until(lambda: panel.title.startswith("The message that you are writing"), "the message is not")


def test_the_window_does_not_close_on_a_message_that_is_not_saved(
    chat_window: ChatWindow, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    """It closed, and the message was lost; a line in the log told it."""
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved: .*")
    chat, ends = chat_window, []
    chat.window.closed.connect(lambda: ends.append(1))
    with no_draft_can_be_kept(chat_window, tmp_path):
        chat.type("half a sent")
        chat.until(lambda: chat.drafts.trouble, "the trouble")
        assert not chat.window.close()
        chat.until(lambda: is_asked(chat), "the question")
        assert question_of(chat).text() == "The message that you are writing is not saved yet"
        assert {button.text() for button in question_of(chat).buttons()} == {
            "Try again",
            "Quit without saving",
            "Cancel",
        }
        answer(chat, "retry")
        chat.until(lambda: is_asked(chat), "it still cannot be saved")
        assert ends == []
    answer(chat, "retry")
    chat.until(lambda: ends == [1], "the end, for it is saved")
    assert load_draft(tmp_path / "draft.json").text == "half a sent"


def test_a_message_that_was_given_up_is_not_asked_about(writing: ChatWindow) -> None:
    ends: list[int] = []
    writing.window.closed.connect(lambda: ends.append(1))
    writing.window.page.composer.clear()
    assert panel_of(writing).isHidden()
    assert writing.window.close()
    assert ends == [1]


# --- the end


def question_of(chat: ChatWindow) -> QMessageBox:
    found = [box for box in chat.window.findChildren(QMessageBox, "unsaved") if box.isVisible()]
    assert len(found) == 1
    return found[0]


def is_asked(chat: ChatWindow) -> bool:
    return any(box.isVisible() for box in chat.window.findChildren(QMessageBox, "unsaved"))


def answer(chat: ChatWindow, name: str) -> None:
    button = question_of(chat).findChild(QPushButton, f"unsaved.{name}")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    turn(3)


def test_the_window_does_not_close_on_what_is_not_saved(
    chat_window: ChatWindow, trouble: Callable[[], AbstractContextManager[ChatMessage]]
) -> None:
    chat, ends = chat_window, []
    chat.window.closed.connect(lambda: ends.append(1))
    with trouble():
        assert not chat.window.close()
        assert chat.window.isVisible()
        chat.until(lambda: is_asked(chat), "the question")
        assert question_of(chat).text().startswith("1 conversation")
        assert "Another program is using" in question_of(chat).informativeText()
        assert "You can" not in question_of(chat).informativeText(), "that is no comfort to who is leaving"
        chat.window.close()
        turn(3)
        question_of(chat)
        answer(chat, "cancel")
        assert not is_asked(chat)
        assert not chat.window.close()
        chat.until(lambda: is_asked(chat), "the question again")
        answer(chat, "retry")
        chat.until(lambda: is_asked(chat), "it still cannot be saved")
        assert ends == []
    answer(chat, "retry")
    chat.until(lambda: ends == [1], "the end, for all is saved")
    assert not chat.history.has_unwritten


def test_the_user_may_do_without_what_is_not_saved(troubled: ChatWindow) -> None:
    ends: list[int] = []
    troubled.window.closed.connect(lambda: ends.append(1))
    troubled.window.close()
    troubled.until(lambda: is_asked(troubled), "the question")
    assert not troubled.unsaved.is_given_up
    answer(troubled, "quit")
    assert troubled.unsaved.is_given_up, "nothing of it is to be kept elsewhere"
    assert ends == [1]


def test_a_window_whose_conversations_are_saved_closes_at_once(chat_window: ChatWindow) -> None:
    ends: list[int] = []
    chat_window.window.closed.connect(lambda: ends.append(1))
    chat_window.ask("Saved")
    assert chat_window.window.close()
    assert ends == [1]


# --- what was kept elsewhere


@pytest.fixture
def rescued(chat_window: ChatWindow, tmp_path: Path) -> ChatWindow:
    """Give the window with the offer to import a file from last time."""
    file = rescue_files.keep(chat_window.rescue._paths, [lambda: ["what was said"]], datetime.now(UTC))[0]
    chat_window.rescue.begin()
    panel = chat_window.window._rescued.panel
    chat_window.until(panel.isVisible, "the offer")
    assert f"in {file.parent} as {file.name}." in panel.body
    turn(2)
    return chat_window


def test_what_was_kept_can_be_left_where_it_is(rescued: ChatWindow) -> None:
    panel = rescued.window._rescued.panel
    assert [button.text() for button in panel.findChildren(QPushButton)] == ["Import it", "Leave it there"]
    assert controls_without_a_name(rescued.window) == []
    rescued.click("main.rescued.panel.leave")
    assert panel.isHidden()
    run_async(rescued.rescue._scope.wait("leave"))
    rescued.rescue.begin()
    run_async(rescued.rescue._scope.wait("look"))
    assert panel.isHidden()


def test_a_file_that_cannot_be_imported_is_told_where_the_pane_is_folded(rescued: ChatWindow) -> None:
    panel, notice = rescued.window._rescued.panel, rescued.window.notice.panel
    rescued.click("main.rescued.panel.import")
    rescued.until(panel.isVisible, "it is offered again")
    pane = rescued.window.findChild(MessagePanel, "history.message")
    assert pane is not None
    assert (pane.isVisible(), notice.isVisible()) == (True, False), "positive control: told in the pane alone"
    rescued.click("main.sidebar")
    rescued.click("main.rescued.panel.import")
    rescued.until(notice.isVisible, "it is told above the chat")
    assert "was not imported" in notice.title


def test_what_was_kept_is_not_offered_while_nothing_can_be_saved(rescued: ChatWindow) -> None:
    window = rescued.window
    with mock.patch.object(type(rescued.drafts), "trouble", Trouble(DraftNotSaved())):
        rescued.drafts.troubleChanged.emit(rescued.drafts.trouble)
        assert (window._rescued.isHidden(), window._keeping.isHidden()) == (True, False)
    rescued.drafts.troubleChanged.emit(None)
    assert (window._rescued.isHidden(), window._keeping.isHidden()) == (False, True)


def test_the_offer_fits_at_the_window_s_least_size(rescued: ChatWindow) -> None:
    # The file of the test has a longer path than any user's.
    name = "/home/user/.local/share/caal-desktop/caal-not-saved-01234567-20261126-132017.json"
    rescued.window._rescued.show_files([Path(name)])
    assert complaints_at_its_sizes(rescued.window, "offered") == []


@pytest.mark.parametrize(
    ("written", "comes_back", "both"),
    [
        ("", "half a sentence", "half a sentence"),
        ("half a", "half a sentence", "half a sentence"),
        ("half a sentence", "a sent", "half a sentence"),
        ("Something else", "half a sentence", "Something else\n\nhalf a sentence"),
    ],
)
def test_a_message_that_comes_back_disturbs_no_other(
    chat_window: ChatWindow, written: str, comes_back: str, both: str
) -> None:
    page = chat_window.window.page
    page.composer.set_text(written)
    chat_window.window.control.add_draft(Draft(comes_back))
    assert page.composer.text == both
    page.composer.clear()
    chat_window.ask("An earlier message")
    page.composer.set_text(written)
    page.begin_edit(0)
    chat_window.window.control.add_draft(Draft(comes_back))
    assert page.composer.text == "An earlier message"
    assert page.draft.text == both
    page.cancel_edit()
    assert page.composer.text == both
