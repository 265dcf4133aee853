"""Conversations come in from files and go out into files beside everything else; nothing half of them is kept."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.fields import depth_of
from caal_desktop.services.chat.conversation import ChatMessage, Role
from caal_desktop.services.history import conversation_import
from caal_desktop.services.history.conversation_export import json_parts
from caal_desktop.services.history.conversation_import import (
    ConversationFile,
    ConversationNotImported,
    IncompleteConversation,
    NewerConversation,
    NotAConversation,
)
from caal_desktop.services.history.conversation_transfer import TransferUnderWay
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.storage.errors import HistoryFailed, StorageError
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.exports import read_conversation, to_json
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.support.parts import Parts

HEAD = b'{"format": "caal-desktop-conversation", "version": 1'


def conversation(count: int, title: str = "Imported") -> ConversationRecord:
    """Return a conversation of so many messages, one after the other."""
    messages = [
        MessageRecord(
            f"m{number}",
            f"m{number - 1}" if number else None,
            "assistant" if number % 2 else "user",
            "complete",
            1000.0 + number,
            f'text {number}: \u00e4\u20ac\U0001f600 \\ "quoted"\n',
            extra={"facts": {"asked_model": "m", "awaited_costs": ["gen-1"]}} if number % 2 else {},
        )
        for number in range(count)
    ]
    return ConversationRecord("c", title, 1.0, 2.0, {"temperature": 0.5}, messages)


def write(file: Path, record: ConversationRecord) -> Path:
    file.write_text(to_json(record), "utf-8")
    return file


# --- the file


def test_what_was_exported_is_what_is_read_but_for_its_ids(tmp_path: Path) -> None:
    record = conversation(5)
    record.messages[4].parent, record.messages[3].shown = record.messages[2].id, False
    file = write(tmp_path / "a.json", record)
    assert json.loads(file.read_text("utf-8"))["messages"] == [asdict(message) for message in record.messages]
    found = read_conversation(file)
    assert (found.title, found.created, found.options) == (record.title, record.created, record.options)
    assert [message.text for message in found.messages] == [message.text for message in record.messages]
    first, second, third, *_ = (message.id for message in found.messages)
    assert [message.parent for message in found.messages] == [None, first, second, third, third]
    assert [message.shown for message in found.messages] == [True, True, True, False, True]
    assert not {message.id for message in found.messages} & {message.id for message in record.messages}
    assert found.messages[1].extra == {"facts": {"asked_model": "m"}}, "costs are not asked for in another's name"


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_it_does_not_matter_where_the_file_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("caal_desktop.services.history.json_members.CHUNK", chunk)
    file = write(tmp_path / "a.json", conversation(3))
    assert [message.text for message in read_conversation(file).messages] == [
        one.text for one in conversation(3).messages
    ]


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.json", conversation(2)).read_bytes()
    for length in range(len(whole.rstrip())):
        file = tmp_path / "cut.json"
        file.write_bytes(whole[:length])
        with pytest.raises(ConversationNotImported):
            read_conversation(file)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", NotAConversation),
        (b"[]", NotAConversation),
        (b"{}", NotAConversation),
        (b"7", NotAConversation),
        (b"no json", NotAConversation),
        (b"\xff\xfe\x00", NotAConversation),
        (b'{"format": "caal-desktop-conversation", "version": 9}', NewerConversation),
        (b'{"messages": [{"id": "1"}], "version": 1, "format": "another"}', NotAConversation),
        (b'{"messages": [{"id": "1"}], "format": "caal-desktop-conversation"}', NewerConversation),
        pytest.param(b"[" * 99_999, NotAConversation, id="deep"),
        pytest.param(HEAD + b', "x": ' + b"[" * 99_999, IncompleteConversation, id="deep further on"),
        pytest.param(HEAD + b', "x": ' + b"9" * 5000 + b"}", IncompleteConversation, id="a long number"),
        (HEAD + b', "messages": [{"id": "1", "text": "\xff"}]}', NotAConversation),
        (HEAD + b', "messages": [{"id": "1"},]}', IncompleteConversation),
        (HEAD + b"} and more", IncompleteConversation),
        (HEAD + b", 7: 8}", IncompleteConversation),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, error: type[ConversationNotImported]) -> None:
    file = tmp_path / "other.json"
    file.write_bytes(content)
    with pytest.raises(ConversationNotImported) as refused:
        read_conversation(file)
    assert type(refused.value) is error
    assert refused.value.describe().what == "The conversation in other.json was not imported."


def test_members_in_another_order_are_read(tmp_path: Path) -> None:
    value = {
        "version": 1,
        "messages": [{"id": "1", "text": "hello"}],
        "title": "Late",
        "format": conversation_import.FORMAT,
    }
    (tmp_path / "a.json").write_text(json.dumps(value), "utf-8")
    found = read_conversation(tmp_path / "a.json")
    assert (found.title, [message.text for message in found.messages]) == ("Late", ["hello"])


@pytest.mark.parametrize(
    ("head", "error"), [({"format": "another"}, NotAConversation), ({"version": 9}, NewerConversation)]
)
def test_a_file_that_says_what_it_is_is_refused_before_any_of_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: dict[str, object], error: type[ConversationNotImported]
) -> None:
    monkeypatch.setattr(conversation_import, "BATCH_MESSAGES", 1)
    value = {"format": conversation_import.FORMAT, "version": 1, **head, "messages": [{"id": "1"}, {"id": "2"}]}
    (tmp_path / "a.json").write_text(json.dumps(value), "utf-8")
    file = ConversationFile(tmp_path / "a.json")
    with pytest.raises(error):
        file.next_messages()
    file.close()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system")
@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, what: str) -> None:
    if what == "folder":
        (tmp_path / "a.json").mkdir()
    else:
        os.mkfifo(tmp_path / "a.json")
    with pytest.raises(ConversationNotImported, match="not a file"):
        read_conversation(tmp_path / "a.json")


def test_a_file_is_closed_once_it_is_read_no_more(tmp_path: Path) -> None:
    """A drive may hang while a part is read: stopping does not wait for that."""
    file = ConversationFile(write(tmp_path / "a.json", conversation(2)))
    with file._lock:
        # As while a part is read, in another thread.
        file.close()
    assert len(file.next_messages()) == 2
    opened = file._file
    assert opened is not None
    assert opened.closed


def test_a_message_without_an_id_of_text_is_left_out(tmp_path: Path) -> None:
    odd = [{"id": odd, "text": "odd"} for odd in (None, 5, True, [], {}, [["1"]])]
    value = {"format": conversation_import.FORMAT, "version": 1, "messages": [*odd, {"text": "odd"}, "odd", None, []]}
    value["messages"].insert(3, {"id": "1", "text": "well", "parent": 5})
    (tmp_path / "a.json").write_text(json.dumps(value), "utf-8")
    assert [message.text for message in read_conversation(tmp_path / "a.json").messages] == ["well"]


@pytest.mark.parametrize("place", ["options", "extra"])
def test_what_is_nested_as_deeply_as_can_be_is_read_and_can_be_exported(tmp_path: Path, place: str) -> None:
    """One level more, and what is exported again could not be read."""
    record = conversation(2)
    for depth in (99, 100):
        nested: dict[str, object] = {"deep": 1}
        # Around it stand the object of the file and, for a message, its list and the message itself.
        for _ in range(depth - 3 - 2 * (place == "extra")):
            nested = {"deep": nested}
        if place == "options":
            record.options = nested
        else:
            record.messages[1].extra = nested
        assert depth_of(json.loads(to_json(record))) == depth
        found = read_conversation(write(tmp_path / "a.json", record))
        assert read_conversation(write(tmp_path / "a.json", found)).title == "Imported"
    file = tmp_path / "a.json"
    file.write_text(file.read_text("utf-8").replace('"deep": 1', '"deep": [1]'), "utf-8")
    with pytest.raises(NotAConversation):
        read_conversation(file)


def test_a_part_is_small_in_messages_and_in_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said meanwhile waits until a part is written."""
    monkeypatch.setattr(conversation_import, "BATCH_CHARACTERS", 100)
    record = conversation(7)
    for message in record.messages[:4]:
        message.text, message.reasoning = "x" * 30, "y" * 30
    file = ConversationFile(write(tmp_path / "a.json", record))
    parts = [len(file.next_messages()) for _ in range(4)]
    file.close()
    assert parts == [2, 2, 3, 0]


# --- on the way


class Transferring:
    """A history into which conversations are imported two messages at a time, each pair when the test says so."""

    def __init__(self, parts: Parts, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts, self.path = parts, path
        self.history = HistoryService(parts.chat, path, retry_delays=(0.01,))
        self.transfer = self.history.transfer
        self.failures: list[StorageError] = []
        self.transfer.failed.connect(self.failures.append)
        self._gate = threading.Semaphore(0)
        real = ConversationFile.next_messages

        def next_messages(file: ConversationFile) -> Sequence[MessageRecord]:
            self._gate.acquire()
            return real(file)

        monkeypatch.setattr(conversation_import, "BATCH_MESSAGES", 2)
        monkeypatch.setattr(ConversationFile, "next_messages", next_messages)
        self.history.begin()

    def let(self, parts: int) -> None:
        """Have so many more parts read and written."""
        count = len(self.kept("SELECT id FROM message"))
        for _ in range(parts):
            self._gate.release()
        self.until(lambda: len(self.kept("SELECT id FROM message")) >= count + 2 * parts, "they are written")

    def let_all(self) -> None:
        for _ in range(1000):
            self._gate.release()

    def kept(self, query: str) -> list[object]:
        """Return a column, as another program sees the file."""
        if not self.path.exists():
            return []
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as reader:
            try:
                return [row[0] for row in reader.execute(query)]
            except sqlite3.OperationalError:
                return []

    def listed(self) -> list[object]:
        return self.kept("SELECT title FROM conversation WHERE deleted IS NULL ORDER BY title")

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.parts.until(condition, what)

    def say(self, text: str) -> None:
        """Add a message to the conversation that is shown, and wait until it is on the disk."""
        self.parts.chat._add(ChatMessage(Role.USER, [text]))
        self.until(lambda: text in self.kept("SELECT text FROM message"), "it is kept")

    def close(self) -> None:
        self.let_all()
        self.parts.close()
        run_async(self.history.close())


@pytest.fixture
def transferring(
    make_parts: Callable[..., Parts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Transferring]:
    made = Transferring(make_parts(), tmp_path / "kept" / "conversations.db", monkeypatch)
    yield made
    made.close()


def test_the_running_chat_is_kept_while_a_conversation_is_imported(transferring: Transferring, tmp_path: Path) -> None:
    imported: list[str] = []
    transferring.transfer.imported.connect(imported.append)
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.let(2)
    transferring.say("said meanwhile")
    assert transferring.listed() == ["said meanwhile"], "what is not complete is not there"
    assert transferring.transfer.current is not None
    assert 0 < transferring.transfer.current.fraction <= 1
    transferring.let_all()
    transferring.until(lambda: imported, "it is imported")
    transferring.until(lambda: transferring.history.current == imported[0], "it is shown")
    assert [m.text for m in transferring.parts.chat.messages] == [m.text for m in conversation(20).messages]
    assert transferring.listed() == ["Imported", "said meanwhile"]
    assert transferring.transfer.current is None


@pytest.mark.parametrize("parts", [0, 1, 5])
def test_what_is_stopped_leaves_nothing(transferring: Transferring, tmp_path: Path, parts: int) -> None:
    transferring.say("said before")
    ended: list[list[object]] = []
    transferring.transfer.ended.connect(lambda: ended.append(transferring.kept("SELECT text FROM message")))
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    if parts:
        transferring.let(parts)
    transferring.transfer.stop()
    assert transferring.transfer.current is not None
    assert transferring.transfer.current.is_stopping
    transferring.let_all()
    transferring.until(lambda: ended, "it is stopped")
    assert ended == [["said before"]], "it is told once, when it is so"
    assert transferring.transfer.current is None
    transferring.until(lambda: transferring.kept("SELECT id FROM conversation"), "the other one")
    transferring.until(lambda: len(transferring.kept("SELECT id FROM conversation")) == 1, "it is gone")
    assert transferring.kept("SELECT text FROM message") == ["said before"]
    assert transferring.failures == []
    transferring.transfer.import_file(tmp_path / "a.json")
    transferring.until(lambda: transferring.listed() == ["Imported", "said before"], "it can be imported again")


def test_a_kill_in_the_middle_leaves_nothing(transferring: Transferring, tmp_path: Path) -> None:
    transferring.say("said before")
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.let(5)
    copy = shutil.copytree(transferring.path.parent, tmp_path / "killed") / transferring.path.name
    for _start in range(2):
        database = HistoryDatabase(copy)
        assert [summary.title for summary in database.listing()] == ["said before"]
        assert [summary.title for summary in database.listing("text")] == []
        database.close()
    with closing(sqlite3.connect(copy)) as reader:
        assert reader.execute("SELECT text FROM message").fetchall() == [("said before",)]


def test_the_end_of_the_program_does_not_wait_for_an_import(transferring: Transferring, tmp_path: Path) -> None:
    transferring.say("said before")
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.let(3)
    transferring.close()
    assert transferring.listed() == ["said before"]
    database = HistoryDatabase(transferring.path)
    assert [summary.title for summary in database.listing()] == ["said before"]
    database.close()
    assert transferring.kept("SELECT text FROM message") == ["said before"]


def test_a_deletion_meanwhile_does_not_reach_what_is_being_imported(transferring: Transferring, tmp_path: Path) -> None:
    transferring.say("to be deleted")
    old = transferring.history.current
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.let(3)
    transferring.history.delete(old, "to be deleted")
    transferring.history.forget_deleted()
    transferring.history.keep_for(30)
    transferring.let(2)
    transferring.let_all()
    transferring.until(lambda: transferring.parts.chat.messages, "it is shown")
    assert len(transferring.parts.chat.messages) == 20
    transferring.until(lambda: transferring.kept("SELECT title FROM conversation") == ["Imported"], "the other is gone")


def test_a_second_one_is_refused_with_words(transferring: Transferring, tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", conversation(4))
    transferring.transfer.import_file(file)
    transferring.transfer.import_file(file)
    assert [type(error) for error in transferring.failures] == [TransferUnderWay]
    transferring.let_all()
    transferring.until(lambda: transferring.listed() == ["Imported"], "the first is imported")


def test_what_stands_behind_the_messages_is_kept_too(transferring: Transferring, tmp_path: Path) -> None:
    record = conversation(4)
    value = json.loads(to_json(record))
    late = {name: value.pop(name) for name in ("title", "options")}
    (tmp_path / "a.json").write_text(json.dumps({**value, **late}), "utf-8")
    transferring.transfer.import_file(tmp_path / "a.json")
    transferring.let_all()
    transferring.until(lambda: transferring.listed() == ["Imported"], "it is imported")
    assert transferring.kept("SELECT options FROM conversation") == [json.dumps(record.options)]


def test_a_conversation_without_messages_is_one(transferring: Transferring, tmp_path: Path) -> None:
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(0, "Empty")))
    transferring.let_all()
    transferring.until(lambda: transferring.listed() == ["Empty"], "it is imported")
    assert transferring.failures == []


def test_an_import_that_fails_as_it_begins_leaves_nothing(
    transferring: Transferring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is put into the database and marked as deleted at once: a kill in between would show an empty one."""

    def fail(*_args: object) -> None:
        raise HistoryFailed(file="x", reason="too much")

    monkeypatch.setattr(HistoryDatabase, "delete", fail)
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.let_all()
    transferring.until(lambda: transferring.failures, "it is told")
    assert transferring.listed() == []


@pytest.mark.parametrize("fault", ["the file", "the database"])
def test_what_fails_in_the_middle_leaves_nothing(
    transferring: Transferring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    file = write(tmp_path / "a.json", conversation(20))
    if fault == "the file":
        file.write_bytes(file.read_bytes()[:-200])
    transferring.transfer.import_file(file)
    transferring.let(3)
    if fault == "the database":

        def fail(*_args: object, **_named: object) -> None:
            raise HistoryFailed(file="x", reason="too much")

        monkeypatch.setattr(HistoryDatabase, "save_message", fail)
    transferring.let_all()
    transferring.until(lambda: transferring.failures, "it is told")
    assert isinstance(transferring.failures[0], IncompleteConversation if fault == "the file" else HistoryFailed)
    transferring.until(lambda: not transferring.kept("SELECT id FROM conversation"), "it is gone")
    assert transferring.kept("SELECT id FROM message") == []


def test_an_export_that_is_stopped_leaves_no_file(
    transferring: Transferring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transferring.let_all()
    transferring.transfer.import_file(write(tmp_path / "a.json", conversation(20)))
    transferring.until(lambda: transferring.parts.chat.messages, "it is shown")
    begun, go_on = threading.Event(), threading.Event()
    ended: list[bool] = []
    transferring.transfer.ended.connect(lambda: ended.append(True))

    def parts(record: ConversationRecord) -> Iterator[str]:
        begun.set()
        go_on.wait()
        yield from json_parts(record)

    monkeypatch.setattr("caal_desktop.services.history.conversation_export.json_parts", parts)
    folder = tmp_path / "out"
    transferring.transfer.export(transferring.history.current, folder / "a.json")
    transferring.until(begun.is_set, "it is being written")
    transferring.transfer.stop()
    transferring.until(lambda: ended, "it is stopped")
    go_on.set()
    transferring.transfer.export(transferring.history.current, folder / "b.json")
    transferring.until((folder / "b.json").exists, "the next one")
    transferring.until(lambda: [file.name for file in folder.iterdir()] == ["b.json"], "nothing else")


@pytest.mark.parametrize("name", ["a.json", "a.md"])
def test_half_a_character_does_not_keep_a_conversation_from_being_exported(
    transferring: Transferring, tmp_path: Path, name: str
) -> None:
    """JSON may spell it, as a model does in a tool's name; no file can hold it."""
    transferring.say("hello")
    extra = json.dumps({"tool_calls": [{"name": "half \ud83d", "arguments": "{}", "call_id": "1"}]})
    with closing(sqlite3.connect(transferring.path)) as other:
        other.execute("INSERT INTO conversation(id, title, created, updated) VALUES('odd', 'Odd', 1, 1)")
        other.execute(
            "INSERT INTO message(id, conversation, role, status, created, extra) "
            "VALUES('m', 'odd', 'assistant', 'complete', 1, ?)",
            (extra,),
        )
        other.commit()
    transferring.transfer.export("odd", tmp_path / name)
    transferring.until((tmp_path / name).exists, "it is exported")
    assert transferring.failures == []
    assert "half ?" in (tmp_path / name).read_text("utf-8")
