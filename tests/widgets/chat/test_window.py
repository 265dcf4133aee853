"""What is around the conversation: the list of conversations, options, files, comparing, screen readers."""

from __future__ import annotations

import sqlite3
import struct
import threading
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QPushButton

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.attachment_service import (
    MAX_IMAGE_BYTES,
    MAX_TEXT_BYTES,
    AttachmentRefusedError,
    Refusal,
    read_attachment,
)
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.history.conversation_export import json_parts
from caal_desktop.services.history.conversation_import import ConversationFile
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.chat.options_dialog import OptionsDialog
from tests.support.clicking import double_click
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.widgets.chat.conftest import ChatWindow


def a_png() -> bytes:
    """Return a picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


# --- conversations


def titles(chat_window: ChatWindow) -> list[str]:
    pane = chat_window.window._history_pane
    assert pane is not None
    return [pane.list.item(row).text() for row in range(pane.list.count())]


def test_conversations_are_listed_opened_renamed_and_deleted(chat_window: ChatWindow) -> None:
    chat_window.ask("First thing")
    chat_window.click("main.new")
    assert chat_window.chat.messages == []
    chat_window.ask("Second thing")
    chat_window.until(lambda: titles(chat_window) == ["Second thing", "First thing"], "both in the list")
    pane = chat_window.window._history_pane
    assert pane is not None
    pane.list.setFocus()
    pane.list.setCurrentRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Return)
    chat_window.until(lambda: chat_window.chat.messages and chat_window.chat.messages[0].text == "First thing", "it")
    QTest.keyClick(pane.list, Qt.Key.Key_F2)
    (dialog,) = chat_window.window.findChildren(QInputDialog)
    dialog.setTextValue("Renamed")
    dialog.accept()
    chat_window.until(lambda: "Renamed" in titles(chat_window), "the new name")
    pane.list.setCurrentRow(titles(chat_window).index("Renamed"))
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    chat_window.until(lambda: titles(chat_window) == ["Second thing"], "one less")
    chat_window.click("history.message.undo")
    chat_window.until(lambda: len(titles(chat_window)) == 2, "both again")
    QTest.keyClicks(chat_window.button("history.search"), "renam")
    chat_window.until(lambda: titles(chat_window) == ["Renamed"], "what was looked for")


def test_the_keyboard_stays_in_the_list_that_it_deletes_from(chat_window: ChatWindow) -> None:
    for text in ("First thing", "Second thing", "Third thing"):
        chat_window.click("main.new")
        chat_window.ask(text)
    chat_window.until(lambda: len(titles(chat_window)) == 3, "all in the list")
    pane = chat_window.window._history_pane
    assert pane is not None

    def current() -> str:
        item = pane.list.currentItem()
        return item.text() if item is not None and chat_window.window.focusWidget() is pane.list else ""

    pane.list.setFocus()
    pane.list.setCurrentRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    chat_window.until(lambda: len(titles(chat_window)) == 2, "one less")
    assert current() == "First thing", "what has come into its place"
    undo = chat_window.button("history.message.undo")
    undo.setFocus()
    QTest.keyClick(undo, Qt.Key.Key_Space)
    chat_window.until(lambda: len(titles(chat_window)) == 3, "all again")
    assert current() == "Second thing", "what has come back"
    pane.list.setCurrentRow(2)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    chat_window.until(lambda: len(titles(chat_window)) == 2, "one less")
    assert current() == "Second thing", "the last one"


def test_a_deleted_conversation_is_gone_from_the_disk_when_it_cannot_come_back_any_more(
    chat_window: ChatWindow, tmp_path: Path
) -> None:
    chat_window.ask("First thing")
    chat_window.until(lambda: titles(chat_window) == ["First thing"], "it in the list")
    pane = chat_window.window._history_pane
    assert pane is not None

    def kept() -> int:
        with closing(sqlite3.connect(tmp_path / "conversations.db")) as database:
            return int(database.execute("SELECT count(*) FROM message").fetchone()[0])

    pane.list.setCurrentRow(0)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    chat_window.until(lambda: titles(chat_window) == [], "an empty list")
    assert kept() == 2, "Undo is offered"
    pane._undo_timer.start(0)
    chat_window.until(pane.message.isHidden, "the end of the offer")
    chat_window.until(lambda: kept() == 0, "an empty file")


def test_the_list_may_change_below_its_open_menu(chat_window: ChatWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_args: None)  # Qt's offscreen platform warns of menus
    chat_window.ask("First thing")
    chat_window.until(lambda: titles(chat_window) == ["First thing"], "it is listed")
    pane = chat_window.window._history_pane
    assert pane is not None
    pane.list.setCurrentRow(0)
    chat_window.click("history.more")
    (menu,) = pane.findChildren(QMenu)
    pane.show_list([])
    next(action for action in menu.actions() if action.text() == "Rename…").trigger()
    (dialog,) = chat_window.window.findChildren(QInputDialog)
    assert dialog.textValue() == "First thing"
    dialog.reject()


def test_the_menu_beside_the_rows_is_about_none_of_them(
    chat_window: ChatWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_args: None)  # Qt's offscreen platform warns of menus
    chat_window.ask("First thing")
    chat_window.until(lambda: titles(chat_window) == ["First thing"], "it is listed")
    pane = chat_window.window._history_pane
    assert pane is not None
    pane.list.setCurrentRow(0)
    row = pane.list.visualItemRect(pane.list.item(0))
    for at, has_delete in ((row.center(), True), (row.bottomLeft() + QPoint(20, 20), False)):
        pane.list.customContextMenuRequested.emit(at)
        (menu,) = pane.findChildren(QMenu)
        texts = [action.text() for action in menu.actions()]
        assert ("Delete" in texts) is has_delete
        assert "Import a conversation…" in texts
        menu.close()
        menu.deleteLater()
        chat_window.until(lambda: not pane.findChildren(QMenu), "it is closed")


def test_the_open_conversation_stays_marked_when_another_is_deleted(chat_window: ChatWindow) -> None:
    chat_window.ask("First thing")
    chat_window.click("main.new")
    chat_window.ask("Second thing")
    chat_window.until(lambda: titles(chat_window) == ["Second thing", "First thing"], "both in the list")
    pane = chat_window.window._history_pane
    assert pane is not None
    pane.list.setFocus()
    pane.list.setCurrentRow(1)
    QTest.keyClick(pane.list, Qt.Key.Key_Delete)
    chat_window.until(lambda: titles(chat_window) == ["Second thing"], "one less")
    assert [item.text() for item in pane.list.selectedItems()] == ["Second thing"]


def test_a_title_is_drawn_within_its_row(chat_window: ChatWindow) -> None:
    pane = chat_window.window._history_pane
    assert pane is not None
    pictures = []
    for marks in ("", "\u0302" * 60):
        pane.show_list([ConversationSummary(number, f"An a{marks if number == '2' else ''}", 0.0) for number in "123"])
        turn(3)
        picture = pane.list.viewport().grab().toImage()
        pictures.append([picture.copy(pane.list.visualItemRect(pane.list.item(row))) for row in range(3)])
    same = [before == after for before, after in zip(*pictures, strict=True)]
    assert same == [True, False, True]


def test_a_temporary_conversation_is_not_listed(chat_window: ChatWindow) -> None:
    chat_window.click("main.temporary")
    assert "nothing of it is kept" in chat_window.window.page.composer.edit.placeholderText()
    chat_window.ask("A secret")
    turn(20)
    assert titles(chat_window) == []
    chat_window.click("main.new")
    assert "nothing of it" not in chat_window.window.page.composer.edit.placeholderText()


def test_the_pane_is_folded_away(chat_window: ChatWindow) -> None:
    chat_window.click("main.sidebar")
    assert chat_window.window._splitter.sizes()[0] == 0
    chat_window.click("main.sidebar")
    assert chat_window.window._splitter.sizes()[0] > 0


# --- the composer


def kept_draft(folder: Path) -> str:
    """Return the draft that is on the disk."""
    return load_draft(folder / "draft.json").text


def test_a_double_click_on_send_does_not_stop_the_answer(chat_window: ChatWindow, demo: DemoControl) -> None:
    chat_window.type("Hello there")
    double_click(chat_window.button("chat.send"))
    assert chat_window.ended().status is AnswerStatus.COMPLETE
    assert len(demo.requests("/chat/completions")) == 1


def test_undo_brings_a_sent_text_back_as_a_whole(chat_window: ChatWindow) -> None:
    chat_window.ask("A long question that no user wants to type again")
    edit = chat_window.window.page.composer.edit
    assert edit.toPlainText() == ""
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert edit.toPlainText() == "A long question that no user wants to type again"
    chat_window.press(Qt.Key.Key_Return)
    chat_window.until(lambda: len(chat_window.chat.messages) == 4, "it, asked again")
    chat_window.ended()


def test_what_is_being_written_is_kept_for_the_next_start(chat_window: ChatWindow, tmp_path: Path) -> None:
    chat_window.type("half a sentence")
    chat_window.until(lambda: kept_draft(tmp_path) == "half a sentence", "the draft on the disk")
    chat_window.press(Qt.Key.Key_Return)
    chat_window.ended()
    chat_window.until(lambda: not (tmp_path / "draft.json").exists(), "no draft on the disk")


def test_the_draft_that_an_earlier_version_has_left_is_taken_over(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Version 0.1.0 kept it among the conversations."""
    path = tmp_path / "conversations.db"
    HistoryDatabase(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO note VALUES('draft', 'half a sentence')")
    chat_window: ChatWindow = request.getfixturevalue("chat_window")
    chat_window.until(lambda: chat_window.window.page.composer.text == "half a sentence", "it is shown")
    chat_window.until(lambda: kept_draft(tmp_path) == "half a sentence", "it is kept where drafts are")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT * FROM note WHERE name = 'draft'").fetchall() == []


def test_a_draft_that_is_given_up_is_nowhere_on_the_disk(chat_window: ChatWindow, tmp_path: Path) -> None:
    def places() -> list[str]:
        return [path.name for path in tmp_path.rglob("*") if path.is_file() and b"particular" in path.read_bytes()]

    chat_window.type("something particular")
    chat_window.until(lambda: places() == ["draft.json"], "the draft on the disk")
    chat_window.window.page.composer.clear()
    chat_window.until(lambda: not places(), "nothing of it on the disk")


def test_nothing_that_is_written_in_a_temporary_conversation_is_on_the_disk(
    chat_window: ChatWindow, tmp_path: Path
) -> None:
    chat_window.type("begun before")
    chat_window.until(lambda: kept_draft(tmp_path) == "begun before", "the draft on the disk")
    chat_window.click("main.temporary")
    chat_window.until(lambda: not (tmp_path / "draft.json").exists(), "no draft on the disk")
    chat_window.type(", and goes on")
    assert chat_window.window.page.draft.is_empty
    chat_window.click("main.new")
    chat_window.until(lambda: kept_draft(tmp_path) == "begun before, and goes on", "it is kept again")


@pytest.mark.parametrize("is_writing", [False, True])
def test_a_draft_from_the_last_run_does_not_replace_what_is_being_written(
    chat_window: ChatWindow, tmp_path: Path, is_writing: bool
) -> None:
    # The disk may take its time; users begin to write before.
    left = tmp_path / "attached.txt"
    left.write_text("content")
    found: list[object] = []
    chat_window.drafts.found.connect(found.append)
    save_draft(tmp_path / "draft.json", Draft("from the last run", (str(left),)))
    if is_writing:
        chat_window.type("just begun")
    chat_window.drafts.begin()
    chat_window.until(lambda: found, "the draft")
    composer = chat_window.window.page.composer
    if is_writing:
        assert (composer.text, composer.attachments.files) == ("just begun", ())
    else:
        assert composer.text == "from the last run"
        chat_window.until(lambda: composer.attachments.files, "its file is read again")
        assert composer.attachments.files[0].content == "content"


def test_the_files_of_a_draft_are_kept_by_their_paths(chat_window: ChatWindow, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.txt", "b.txt")]
    for file in files:
        file.write_text("content")
        chat_window.window.control.attach([str(file)])
    chat_window.until(lambda: len(chat_window.window.page.composer.attachments.files) == 2, "both are attached")
    chat_window.until(lambda: len(load_draft(tmp_path / "draft.json").files) == 2, "both are in the draft")
    chat_window.click("chat.attachment.0.remove")
    (left,) = chat_window.window.page.composer.attachments.files
    chat_window.until(
        lambda: load_draft(tmp_path / "draft.json").files == (str(tmp_path / left.name),), "the one that is left"
    )


def test_what_was_being_written_survives_rewording_an_earlier_message(chat_window: ChatWindow, tmp_path: Path) -> None:
    # It also comes back with the next start, and not the wording of what was sent earlier.
    chat_window.ask("First thing")
    chat_window.type("not sent yet")
    chat_window.window.page.begin_edit(0)
    chat_window.type(", in other words")
    chat_window.until(lambda: kept_draft(tmp_path), "a draft on the disk")
    assert kept_draft(tmp_path) == "not sent yet"
    chat_window.press(Qt.Key.Key_Escape)
    assert chat_window.window.page.composer.text == "not sent yet"


# --- import


def test_an_import_that_takes_long_is_shown_and_can_be_stopped(
    chat_window: ChatWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    real = ConversationFile.next_messages

    def next_messages(file: ConversationFile) -> list[MessageRecord]:
        go_on.wait()
        return real(file)

    monkeypatch.setattr(ConversationFile, "next_messages", next_messages)
    file = tmp_path / "in.json"
    file.write_text("".join(json_parts(ConversationRecord("c", "Imported", 1.0, 2.0))), "utf-8")
    transfer = chat_window.history.transfer
    try:
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            transfer.import_file(file)
            assert chat_window.find("history.transfer") == [], "what is done at once needs no bar"
            chat_window.until(lambda: chat_window.find("history.transfer"), "it is shown")
            assert chat_window.button("history.transfer.bar").accessibleName() == "Importing in.json…"
            transfer.import_file(tmp_path / "second.json")
            assert (
                chat_window.button("history.message.title").text()
                == "Only one conversation at a time can be imported or exported."
            )
            stop = chat_window.button("history.transfer.stop")
            stop.setFocus()
            QTest.keyClick(stop, key)
            chat_window.until(lambda stop=stop: not (stop.isEnabled() and stop.isVisible()), "it can be pressed once")
            assert chat_window.window.focusWidget() is chat_window.button("history.list")
            chat_window.until(lambda: not chat_window.find("history.transfer"), "it is stopped")
    finally:
        go_on.set()
    transfer.import_file(file)
    chat_window.until(lambda: "Imported" in titles(chat_window), "it is imported")
    assert chat_window.find("history.transfer") == []


def test_what_was_wrong_with_one_file_is_not_said_beside_the_next(chat_window: ChatWindow, tmp_path: Path) -> None:
    damaged, whole = tmp_path / "damaged.json", tmp_path / "whole.json"
    damaged.write_text("{", "utf-8")
    whole.write_text("".join(json_parts(ConversationRecord("c", "Imported", 1.0, 2.0))), "utf-8")
    transfer, pane = chat_window.history.transfer, chat_window.window._history_pane
    assert pane is not None

    def fail() -> None:
        transfer.import_file(damaged)
        chat_window.until(lambda: chat_window.find("history.message"), "it is told")
        assert chat_window.button("history.message.title").text().startswith("The conversation in damaged.json")

    fail()
    chat_window.click("history.message.close")
    assert chat_window.find("history.message") == []
    fail()
    # The time for taking a deletion back ends: what has been said since then stays.
    pane._undo_timer.start(0)
    chat_window.until(lambda: not pane._undo_timer.isActive(), "the time is over")
    assert chat_window.find("history.message") != []
    transfer.import_file(whole)
    chat_window.until(lambda: "Imported" in titles(chat_window), "it is imported")
    assert chat_window.find("history.message") == []


# --- options


def test_options_of_a_conversation_are_sent_and_come_back_with_it(chat_window: ChatWindow, demo: DemoControl) -> None:
    chat_window.click("main.options")
    (dialog,) = chat_window.window.findChildren(OptionsDialog)
    dialog._prompt.setPlainText("Be brief.")
    dialog._max_tokens.setValue(123)
    dialog._accept()
    chat_window.ask("Hello")
    body = demo.requests("/chat/completions")[-1]["body"]
    assert body["max_tokens"] == 123
    assert body["messages"][0]["content"] == "Be brief."
    first = chat_window.history.current
    chat_window.click("main.new")
    assert chat_window.window.control.options == ChatOptions()
    chat_window.history.open(first)
    chat_window.until(lambda: chat_window.window.control.options != ChatOptions(), "the options")
    assert chat_window.window.control.options == ChatOptions("Be brief.", max_tokens=123)


# --- files


def test_files_are_attached_shown_and_sent(chat_window: ChatWindow, demo: DemoControl, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("the lamp is blue", "utf-8")
    chat_window.click("chat.attach")
    (dialog,) = chat_window.window.findChildren(QFileDialog, "chat.attach.dialog")
    dialog.close()
    chat_window.window.control.attach([str(tmp_path / "notes.txt")])
    chat_window.until(lambda: chat_window.find("chat.attachment.0"), "the file")
    chat_window.ask("What colour?")
    assert "the lamp is blue" in str(demo.requests("/chat/completions")[-1]["body"]["messages"][-1])
    item = chat_window.view.items[0]
    assert item.body is not None
    assert "notes.txt" in item.body.document.toPlainText()
    assert not chat_window.find("chat.attachment.0")


def test_an_image_is_not_sent_to_a_model_that_is_blind(
    chat_window: ChatWindow, demo: DemoControl, tmp_path: Path
) -> None:
    (tmp_path / "dot.png").write_bytes(a_png())
    control = chat_window.window.control
    request = control.request()
    assert request is not None
    chat_window.parts.catalogue.open(request.connection)
    chat_window.until(lambda: chat_window.parts.catalogue.current.models, "the models")
    models = chat_window.parts.catalogue.current.models
    blind = next(m for m in models if "text" in m.input_modalities and "image" not in m.input_modalities)
    seeing = next(m for m in models if "image" in m.input_modalities and "text" in m.output_modalities and m.author)
    chat_window.parts.settings.set(chat_window.parts.settings.current.with_model(blind.id))
    control.attach([str(tmp_path / "dot.png")])
    chat_window.until(lambda: chat_window.find("chat.attachment.0"), "the image")
    chat_window.type("What is it?")
    chat_window.press(Qt.Key.Key_Return)
    assert "takes no images" in chat_window.window.page.composer.attachments.message.title
    assert chat_window.chat.messages == []
    assert chat_window.window.page.composer.text == "What is it?"
    chat_window.parts.settings.set(chat_window.parts.settings.current.with_model(seeing.id))
    chat_window.press(Qt.Key.Key_Return)
    chat_window.ended()
    content = demo.requests("/chat/completions")[-1]["body"]["messages"][-1]["content"]
    assert content[0]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("big.txt", b"x" * (MAX_TEXT_BYTES + 1), Refusal.TEXT_TOO_LARGE),
        ("big.png", b"\x89PNG\r\n\x1a\n" + b"x" * MAX_IMAGE_BYTES, Refusal.IMAGE_TOO_LARGE),
        ("program", b"\x7fELF\0\0\xff", Refusal.NOT_TEXT),
        ("latin.txt", "h\xe9".encode("latin-1"), Refusal.NOT_TEXT),
        ("empty.txt", b"", Refusal.EMPTY),
        (None, b"", Refusal.MISSING),
    ],
)
def test_what_no_model_could_take_is_refused(
    chat_window: ChatWindow, tmp_path: Path, name: str | None, data: bytes, reason: Refusal
) -> None:
    path = tmp_path / (name or "nowhere")
    if name:
        path.write_bytes(data)
    with pytest.raises(AttachmentRefusedError) as refused:
        read_attachment(path)
    assert refused.value.reason == reason
    bar = chat_window.window.page.composer.attachments
    bar.refuse(refused.value)
    assert path.name in bar.message.title
    assert bar.message.body


# --- comparing


def test_models_are_asked_the_same_side_by_side(chat_window: ChatWindow, demo: DemoControl) -> None:
    made: list[ChatService] = []

    def make() -> ChatService:
        made.append(ChatService(chat_window.parts.pool))
        return made[-1]

    ended: list[list[ChatService]] = []
    control = chat_window.window.control
    control.enable_compare(make)
    control.compared.connect(ended.append)
    chat_window.click("main.compare")
    (compare,) = chat_window.window.findChildren(CompareWindow)
    compare.add("anthropic/claude-opus-4.5")
    compare.add("deepseek/deepseek-v4-pro")
    compare.add("one/too-many")
    assert len(compare.columns) == 3
    QTest.keyClicks(compare.composer.edit, "Hello all")
    QTest.keyClick(compare.composer.edit, Qt.Key.Key_Return)
    chat_window.until(lambda: all(c.chat.messages and not c.chat.is_busy for c in compare.columns), "three answers")
    assert [c.chat.messages[-1].status for c in compare.columns] == [AnswerStatus.COMPLETE] * 3
    asked = {entry["body"]["model"] for entry in demo.requests("/chat/completions")}
    assert asked == {column.model for column in compare.columns}
    for column in compare.columns:
        footer = column.transcript.view.items[1].footer
        assert footer is not None
        assert column.model in footer.facts.text()
    compare.close()
    turn(3)
    assert ended == [made]
    assert chat_window.chat.messages == [], "the conversation itself is not touched"
    for chat in made:
        run_async(chat.close())


def test_a_comparison_is_closed_while_it_waits(chat_window: ChatWindow, demo: DemoControl) -> None:
    made: list[ChatService] = []

    def make() -> ChatService:
        made.append(ChatService(chat_window.parts.pool))
        return made[-1]

    control = chat_window.window.control
    control.enable_compare(make)
    chat_window.click("main.compare")
    (compare,) = chat_window.window.findChildren(CompareWindow)
    demo.fault("stall_before", path="/chat/completions")
    compare.composer.submitted.emit("Hello all")
    chat_window.until(lambda: made[0].is_busy, "the question is under way")
    compare.close()
    chat_window.until(lambda: not chat_window.window.findChildren(CompareWindow), "the window is gone")
    chat_window.until(lambda: not made[0].is_busy, "the end of the answer")
    turn(3)
    for chat in made:
        run_async(chat.close())


def test_a_refused_key_is_changed_from_a_comparison_too(chat_window: ChatWindow, demo: DemoControl) -> None:
    made: list[ChatService] = []

    def make() -> ChatService:
        made.append(ChatService(chat_window.parts.pool))
        return made[-1]

    chat_window.window.control.enable_compare(make)
    chat_window.click("main.compare")
    (compare,) = chat_window.window.findChildren(CompareWindow)
    demo.fault("wrong_key")
    QTest.keyClicks(compare.composer.edit, "Hello")
    QTest.keyClick(compare.composer.edit, Qt.Key.Key_Return)
    chat_window.until(lambda: made[0].messages and not made[0].is_busy, "the refusal")
    turn(3)
    button = compare.findChild(QPushButton, "compare.0.message.1.failure.key")
    assert button is not None
    button.click()
    assert chat_window.given == [CommandId.CHECK_KEY]
    assert not compare.isVisible()
    for chat in made:
        run_async(chat.close())


# --- screen readers


def test_an_answer_is_announced_once(chat_window: ChatWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(
        "caal_desktop.widgets.common.announcements.QAccessibleAnnouncementEvent",
        lambda _view, text: spoken.append(text),
    )
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda _event: None)
    answer = chat_window.ask("Hello")
    assert len(spoken) == 1
    assert spoken[0].split()[:3] == answer.text.split()[:3]
    chat_window.chat.statusChanged.emit(1)
    assert len(spoken) == 1, "what it cost was told later"
    chat_window.ask("Hello again")
    assert len(spoken) == 2
    footer = chat_window.view.items[1].footer
    assert footer is not None
    assert answer.text[:40] in footer.accessibleName()
