"""A write that fails is made up for: against a real database that is locked, full, or fails as it is told to."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from caal_desktop.services.chat.chat_request import ChatRequest
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Conversation, Role
from caal_desktop.services.history import history_writer
from caal_desktop.services.history.conversation_records import to_conversation
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.history.history_writer import HistoryWriter
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryDiskFull,
    HistoryEmptied,
    HistoryFailed,
    HistoryLocked,
    HistoryMissing,
    HistoryNotAnswering,
    HistoryReadOnly,
)
from caal_desktop.storage.history import opening
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.locked_database import locked
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

MODEL = "openai/gpt-5.4-nano"
FAILED = r"WARNING caal_desktop\.services\.history\.history_writer: Conversations could not be saved: .*"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.01)


def kept_texts(path: Path) -> dict[str, list[str]]:
    """Return the texts of all conversations that are not deleted, by title."""
    # The program may be opening or closing its own connection at this moment.
    with mock.patch.object(opening, "BUSY_SECONDS", 5.0):
        database = HistoryDatabase(path)
    try:
        records = [database.load(summary.id) for summary in database.listing()]
        return {record.title: [message.text for message in record.messages] for record in records if record}
    finally:
        database.release()


# --- with a chat that streams


class Chatting:
    """A chat whose conversations are kept with little patience."""

    def __init__(self, parts: Parts, path: Path, demo: DemoControl) -> None:
        self.parts, self.chat, self.demo = parts, parts.chat, demo
        self.history = HistoryService(parts.chat, path, retry_delays=(0.01,))
        self.request = ChatRequest(Connection("openrouter", demo.key), MODEL, reasoning={"enabled": False})
        self.troubles: list[Any] = []
        self.lists: list[list[Any]] = []
        self.history.troubleChanged.connect(self.troubles.append)
        self.history.listChanged.connect(self.lists.append)
        self.history.begin()
        self.until(lambda: self.lists, "the first list")

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.parts.until(condition, what)

    def say(self, text: str) -> list[str]:
        self.chat.send(text, self.request)
        self.until(lambda: not self.chat.is_busy, "the answer")
        return [message.text for message in self.chat.messages]

    def until_saved(self) -> None:
        self.until(lambda: self.history.trouble is None and not self.history.unsaved, "all is saved")

    def titles(self) -> list[str]:
        return [summary.title for summary in self.lists[-1]]

    def close(self) -> None:
        self.parts.close()
        run_async(self.history.close())


@pytest.fixture
def chatting(make_parts: Callable[..., Parts], path: Path, demo: DemoControl) -> Iterator[Chatting]:
    made = Chatting(make_parts(), path, demo)
    yield made
    made.close()


def test_what_is_said_during_a_lock_is_kept_after_it(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    before = chatting.say("Before")
    chatting.until_saved()
    with locked(path):
        said = chatting.say("During")
        chatting.until(lambda: chatting.troubles, "the trouble")
        assert isinstance(chatting.troubles[0].error, HistoryLocked)
        assert kept_texts(path)["Before"] == before, "positive control: the lock holds"
    chatting.until_saved()
    assert chatting.troubles[-1] is None
    assert kept_texts(path) == {"Before": said}
    more = chatting.say("After")
    chatting.until_saved()
    assert kept_texts(path) == {"Before": more}


def test_an_answer_that_streams_while_the_disk_is_full_is_kept_once_and_whole(
    chatting: Chatting, path: Path, demo: DemoControl, expected_logs: Callable[[str], None]
) -> None:
    """Some of its text is on the disk as pieces, some came meanwhile, some comes after there is room again."""
    expected_logs(FAILED)
    pages = chatting.history._writer._thread

    def limit(count: int) -> int:
        # SQLite answers as it does on a full disk.
        done = pages.submit(lambda database: database._connection.execute(f"PRAGMA max_page_count={count}").fetchone())
        chatting.until(done.done, "the limit")
        return int(done.result()[0])

    demo.fault("slow_trickle", 100)
    chatting.chat.send("Tell me about markdown", chatting.request)
    answer = chatting.chat.messages[-1]
    chatting.until(lambda: len(answer.text) > 40, "some text")
    chatting.until(lambda: not chatting.history.unsaved, "the text on the disk")
    least = limit(1)
    chatting.history.rename(chatting.history.current, "A title that is longer than what is free " * 200)
    chatting.until(lambda: chatting.troubles, "the trouble")
    assert isinstance(chatting.troubles[0].error, HistoryDiskFull)
    length = len(answer.text)
    chatting.until(lambda: len(answer.text) > length + 40, "more text")
    limit(least + 1_000)
    chatting.history.rename(chatting.history.current, "Short")
    chatting.until_saved()
    assert chatting.chat.is_busy, "positive control: the rest is still on its way"
    chatting.chat.stop()
    chatting.until(lambda: not chatting.chat.is_busy, "the end")
    chatting.until_saved()
    assert kept_texts(path) == {"Short": ["Tell me about markdown", answer.text]}


def test_a_conversation_that_was_left_unwritten_is_listed_opened_and_kept(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chatting.say("Old")
    chatting.until_saved()
    old = chatting.history.current
    chatting.history.new()
    with locked(path):
        said = chatting.say("Unwritten")
        left = chatting.history.current
        chatting.until(lambda: chatting.history.trouble, "the trouble")
        chatting.history.open(old)
        chatting.until(lambda: chatting.history.current == old, "the old one, which can be read")
        chatting.until(lambda: set(chatting.titles()) == {"Unwritten", "Old"}, "both are listed")
        chatting.history.search("unwritt")
        chatting.until(lambda: chatting.titles() == ["Unwritten"], "it is found")
        chatting.history.search("")
        chatting.history.open(left)
        chatting.until(lambda: chatting.history.current == left, "the unwritten one")
        assert [message.text for message in chatting.chat.messages] == said
        chatting.history.new(temporary=True)
        chatting.say("Never kept")
        chatting.history.new()
        assert "Unwritten" not in kept_texts(path), "positive control: it is in memory alone"
    chatting.until_saved()
    texts = kept_texts(path)
    assert texts["Unwritten"] == said
    assert set(texts) == {"Old", "Unwritten"}


def test_what_is_renamed_and_deleted_meanwhile_looks_done_and_is_done_later(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chatting.say("One")
    one = chatting.history.current
    chatting.history.new()
    chatting.say("Two")
    two = chatting.history.current
    chatting.until_saved()
    with locked(path):
        chatting.history.rename(one, "Another name")
        chatting.until(lambda: chatting.titles() == ["Two", "Another name"], "the new name")
        chatting.history.delete(two, "Two")
        chatting.until(lambda: chatting.titles() == ["Another name"], "one less")
        chatting.history.undo_delete(two)
        chatting.until(lambda: chatting.titles() == ["Two", "Another name"], "both again")
        chatting.history.delete(two, "Two")
        chatting.history.forget_deleted()
        chatting.until(lambda: chatting.titles() == ["Another name"], "one less")
        assert set(kept_texts(path)) == {"One", "Two"}, "positive control: nothing of it is on the disk"
    chatting.until(lambda: not chatting.history.has_unwritten, "all is done")
    assert set(kept_texts(path)) == {"Another name"}
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM conversation WHERE id = ?", (two,)).fetchone() == (0,)


def break_the_connection(chatting: Chatting, and_then: Callable[[], object] = lambda: None) -> None:
    """Have the next change find a database that has to be opened anew."""

    def break_it(database: HistoryDatabase) -> None:
        database._connection.execute("PRAGMA query_only=ON")
        and_then()

    broken = chatting.history._writer._thread.submit(break_it)
    chatting.until(broken.done, "a connection that writes nothing")


def test_a_deletion_can_be_undone_after_the_database_was_opened_anew(
    chatting: Chatting, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chatting.say("One")
    one = chatting.history.current
    chatting.history.new()
    chatting.say("Two")
    two = chatting.history.current
    chatting.history.delete(two, "Two")
    chatting.until(lambda: not chatting.history.has_unwritten, "it is deleted")
    break_the_connection(chatting)
    chatting.history.rename(one, "Another name")
    chatting.until(lambda: chatting.troubles and chatting.troubles[-1] is None, "it was opened anew")
    chatting.history.undo_delete(two)
    chatting.until(lambda: chatting.titles() == ["Two", "Another name"], "both again")


def test_a_file_that_is_empty_when_it_is_opened_anew_is_told_once(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    """A network drive that comes back without the file's content."""
    expected_logs(FAILED)
    found: list[Any] = []
    chatting.history.damageFound.connect(found.append)
    said = chatting.say("One")
    chatting.until_saved()

    def empty() -> None:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.touch()

    break_the_connection(chatting, empty)
    for title in ("Another name", "And another"):
        chatting.history.rename(chatting.history.current, title)
        chatting.until(lambda: found and not chatting.history.has_unwritten, "it is told")
        break_the_connection(chatting)
    assert [type(error) for error in found] == [HistoryEmptied]
    chatting.until_saved()
    assert kept_texts(path) == {"And another": said}, "what is shown is in the new file"


# --- a file that is gone


def test_a_drive_that_is_gone_when_the_file_is_opened_anew_is_waited_for(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chatting.say("Earlier")
    chatting.history.new()
    before = chatting.say("Before")
    chatting.until_saved()
    aside = path.parent.with_name("aside")
    break_the_connection(chatting, lambda: path.parent.rename(aside))
    during = chatting.say("During")
    chatting.until(lambda: len(chatting.troubles) > 3, "attempts")
    assert isinstance(chatting.troubles[-1].error, HistoryMissing)
    assert not path.parent.exists(), "nothing is made that the drive would hide"
    chatting.history.retry()
    chatting.until(lambda: len(chatting.troubles) > 6, "more attempts")
    assert not path.parent.exists(), "nor because the user tries again"
    assert during[: len(before)] == before
    aside.rename(path.parent)
    chatting.until_saved()
    assert set(chatting.titles()) == {"Earlier", "Before"}
    assert kept_texts(path)["Before"] == during


def remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


@pytest.mark.parametrize("everything", [True, False], ids=["with its log", "alone"])
def test_a_file_that_is_deleted_while_it_is_open_is_begun_anew_when_the_user_says_so(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None], everything: bool
) -> None:
    """What is written into a file that has lost its name is lost, and SQLite does not notice."""
    expected_logs(FAILED)
    earlier = chatting.say("Left")
    left = chatting.history.current
    chatting.until_saved()
    if everything:
        remove(path)
    else:
        path.unlink()
    left_said = chatting.say("Said to the void?")
    chatting.until(lambda: chatting.troubles, "the trouble")
    assert isinstance(chatting.troubles[0].error, HistoryMissing)
    chatting.history.new()
    shown_said = chatting.say("Shown")
    chatting.until(lambda: set(chatting.titles()) == {"Left", "Shown"}, "both are listed")
    chatting.history.retry()
    count = len(chatting.troubles)
    chatting.until(lambda: len(chatting.troubles) > count + 3, "more attempts")
    assert not path.exists(), "positive control: that alone makes nothing"
    found: list[Any] = []
    chatting.history.damageFound.connect(found.append)
    chatting.history.begin_anew()
    chatting.until_saved()
    chatting.until(lambda: not chatting.history.has_unwritten, "all is saved")
    assert left_said[: len(earlier)] == earlier
    assert kept_texts(path) == {"Left": left_said, "Shown": shown_said}, "whole, from memory"
    assert found == [], "the user knows"
    chatting.history.open(left)
    chatting.until(lambda: chatting.history.current == left, "the one that was left")
    more = chatting.say("More")
    chatting.until_saved()
    assert kept_texts(path)["Left"] == more


def test_what_is_shown_is_kept_whole_in_a_new_file_though_nothing_of_it_was_unwritten(
    chatting: Chatting, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    said = chatting.say("Shown")
    chatting.until_saved()
    remove(path)
    chatting.history.search("")
    chatting.until(lambda: chatting.troubles, "reading finds it out, too")
    chatting.history.begin_anew()
    chatting.until(lambda: chatting.history.trouble is None and not chatting.history.has_unwritten, "it is saved")
    chatting.until(lambda: path.exists() and kept_texts(path) == {"Shown": said}, "all of it")


def test_a_file_that_takes_the_place_of_the_open_one_is_used_and_not_harmed(
    chatting: Chatting, path: Path, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    """A backup that is put back while the program runs; the log beside it is the other file's."""
    expected_logs(FAILED)
    backup = tmp_path / "backup" / path.name
    with closing(HistoryDatabase(backup)) as database:
        record = ConversationRecord("b", "From the backup", 1.0, 2.0)
        record.messages = [MessageRecord(f"b{n}", None, "user", "complete", 1.0, f"text {n} " * 200) for n in range(50)]
        database.save_all(record)
    whole = chatting.say("Before")
    chatting.until_saved()
    assert path.with_name(f"{path.name}-wal").stat().st_size, "positive control: it has a log"
    backup.replace(path)
    whole = chatting.say("After")
    chatting.until_saved()
    chatting.until(lambda: set(chatting.titles()) == {"Before", "From the backup"}, "both are listed")
    texts = kept_texts(path)
    assert texts["Before"] == whole
    assert texts["From the backup"] == [f"text {n} " * 200 for n in range(50)]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_log_of_a_file_that_is_replaced_harms_no_other_after_the_end(
    chatting: Chatting, path: Path, tmp_path: Path
) -> None:
    chatting.say("Before")
    chatting.until_saved()
    other = tmp_path / "other" / path.name
    with closing(HistoryDatabase(other)) as database:
        database.save_all(ConversationRecord("b", "From the backup", 1.0, 2.0))
    other.replace(path)
    chatting.close()
    assert not path.with_name(f"{path.name}-wal").stat().st_size
    assert set(kept_texts(path)) == {"From the backup"}


def test_an_unwritten_conversation_can_be_exported(
    chatting: Chatting, path: Path, tmp_path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    chatting.say("Old")
    chatting.until_saved()
    exported: list[str] = []
    chatting.history.transfer.exported.connect(exported.append)
    with locked(path):
        said = chatting.say("New")
        chatting.until(lambda: chatting.history.trouble, "the trouble")
        chatting.history.transfer.export(chatting.history.current, tmp_path / "out.md")
        chatting.until(lambda: exported, "the file")
        text = (tmp_path / "out.md").read_text("utf-8")
    assert all(part.strip() in text for part in said)
    chatting.until_saved()


@pytest.mark.parametrize("says", [True, False], ids=["something is said", "nothing is said"])
def test_a_database_that_is_locked_at_the_start_is_read_when_it_can_be(
    make_parts: Callable[..., Parts], path: Path, demo: DemoControl, expected_logs: Callable[[str], None], says: bool
) -> None:
    expected_logs(FAILED)
    database = HistoryDatabase(path)
    database.save_conversation(ConversationRecord("expired", "Earlier", 1.0, 1.0))
    now = time.time()
    database.save_conversation(ConversationRecord("c", "Interrupted", now, now))
    database.save_message("c", MessageRecord("a", None, "assistant", "streaming", now, "It was a dark and"))
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        parts = make_parts()
        history = HistoryService(parts.chat, path, retry_delays=(0.01,))
        lists: list[list[Any]] = []
        history.listChanged.connect(lists.append)
        history.keep_for(30)
        history.begin()
        parts.until(lambda: history.trouble and not history._scope.is_running("begin"), "the trouble")
        if says:
            parts.chat.send("Hello", ChatRequest(Connection("openrouter", demo.key), MODEL))
            parts.until(lambda: not parts.chat.is_busy, "the answer")
        other.execute("ROLLBACK")
    wanted = {"Hello", "Interrupted"} if says else {"Interrupted"}
    parts.until(lambda: lists and {one.title for one in lists[-1]} == wanted, "the list")
    parts.until(lambda: not history.has_unwritten, "all is saved")
    if not says:
        parts.until(lambda: [one.text for one in parts.chat.messages] == ["It was a dark and"], "the interrupted one")
    parts.close()
    run_async(history.close())


def test_the_end_of_the_program_makes_one_more_attempt(
    make_parts: Callable[..., Parts], path: Path, demo: DemoControl, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    ending = Chatting(make_parts(), path, demo)
    ending.history._writer._retry_delays = (3600.0,)
    ending.say("Before")
    ending.until_saved()
    with locked(path):
        said = ending.say("During")
        ending.until(lambda: ending.history.trouble, "the trouble")
        assert kept_texts(path) != {"Before": said}, "positive control: it is in memory alone"
    ending.close()
    assert kept_texts(path) == {"Before": said}


def test_the_end_of_the_program_waits_for_a_lock_only_so_long_and_says_what_is_lost(
    make_parts: Callable[..., Parts],
    path: Path,
    demo: DemoControl,
    expected_logs: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected_logs(FAILED)
    expected_logs(r"ERROR .*: Not everything could be saved at the end: 1 .*")
    ending = Chatting(make_parts(), path, demo)
    ending.history._writer._retry_delays = (3600.0,)
    ending.say("Before")
    ending.until_saved()
    monkeypatch.setattr(history_writer, "LAST_TRY_S", 0.05)
    hangs = threading.Event()
    with locked(path):
        ending.say("During")
        ending.until(lambda: ending.history.trouble, "the trouble")
        # As a file system does that does not answer.
        ending.history._writer._thread.submit(lambda _database: hangs.wait())
        ending.close()
        hangs.set()
    turn(3)


# --- without a chat


class Faulty:
    """Makes the database fail as it is told to.

    Attributes:
        failures: how many of the next attempts fail.
        after_commit: whether they fail only after they have been carried out: nobody knows whether they were.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]) -> None:
        self.failures, self.after_commit, self.error = 0, False, error
        self.attempts = 0
        plain = HistoryDatabase.together

        @contextmanager
        def together(database: HistoryDatabase) -> Iterator[None]:
            self.attempts += 1
            fails = self.failures > 0
            self.failures -= fails
            if fails and not self.after_commit:
                raise self.error()
            with plain(database):
                yield
            if fails:
                raise self.error()

        monkeypatch.setattr(HistoryDatabase, "together", together)


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch, path: Path) -> Faulty:
    return Faulty(monkeypatch, lambda: HistoryDiskFull(file=str(path)))


@pytest.fixture
def make_writer(path: Path, qt_loop: object) -> Iterator[Callable[..., HistoryWriter]]:
    made: list[HistoryWriter] = []

    def make(at: Path = path, delays: tuple[float, ...] = (0.001,)) -> HistoryWriter:
        made.append(HistoryWriter(at, lambda: "shown", retry_delays=delays))
        return made[-1]

    yield make
    for writer in made:
        run_async(writer.close())


def until(condition: Callable[[], object], what: str) -> None:
    if not turn(until=condition):
        pytest.fail(f"this did not come: {what}")


def is_written(writer: HistoryWriter) -> bool:
    return writer.trouble is None and not any(writer._changes()[0].keys()) and writer._under_way is None


def conversation_of(*texts: str) -> tuple[ConversationRecord, Conversation]:
    """Return a conversation of these messages, and its head."""
    conversation = Conversation()
    parent = None
    for text in texts:
        message = ChatMessage(Role.USER, [text])
        conversation.add(message, parent)
        parent = message
    now = time.time()
    return ConversationRecord(conversation.id, texts[0], now, now), conversation


def test_an_attempt_is_repeated_with_growing_patience(
    make_writer: Callable[..., HistoryWriter], faulty: Faulty, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writer = make_writer(delays=(0.001, 0.002, 0.003))
    head, conversation = conversation_of("Hello")
    faulty.failures = 5
    delays: list[int] = []
    writer.troubleChanged.connect(lambda trouble: delays.append(writer._retry_timer.interval()) if trouble else None)
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: is_written(writer), "it is written")
    assert faulty.attempts == 6
    assert delays == [0, 1, 2, 3, 3]
    assert kept_texts(path) == {"Hello": ["Hello"]}
    delays.clear()
    faulty.failures = 2
    writer.save_head(head, conversation)
    until(lambda: is_written(writer), "it is written again")
    assert delays == [3, 1], "from the beginning, after one that has succeeded"


def test_the_user_need_not_wait(
    make_writer: Callable[..., HistoryWriter], faulty: Faulty, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writer = make_writer(delays=(3600.0,))
    troubles: list[Any] = []
    writer.troubleChanged.connect(troubles.append)
    head, conversation = conversation_of("Hello")
    faulty.failures = 2
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: writer.trouble, "the trouble")
    writer.retry()
    assert writer.trouble is not None
    assert writer.trouble.is_trying
    until(lambda: writer.trouble is not None and not writer.trouble.is_trying, "another failure")
    assert kept_texts(path) == {}
    writer.retry()
    until(lambda: is_written(writer), "it is written")
    assert [trouble and trouble.is_trying for trouble in troubles] == [False, True, False, True, None]
    assert kept_texts(path) == {"Hello": ["Hello"]}


def test_further_attempts_wait_for_a_lock_only_shortly(
    make_writer: Callable[..., HistoryWriter],
    faulty: Faulty,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[[str], None],
) -> None:
    """What the user wants to read would wait behind each of them, for seconds."""
    expected_logs(FAILED)
    waits: list[float] = []
    monkeypatch.setattr(HistoryDatabase, "wait_for_locks", lambda _database, seconds: waits.append(seconds))
    writer = make_writer()
    head, conversation = conversation_of("Hello")
    faulty.failures = 2
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: is_written(writer), "it is written")
    writer.save_head(head, conversation)
    until(lambda: is_written(writer), "it is written again")
    assert waits == [
        opening.BUSY_SECONDS,
        history_writer.SHORT_WAIT_S,
        history_writer.SHORT_WAIT_S,
        opening.BUSY_SECONDS,
    ]
    writer.save_growth(head, conversation, conversation.roots[0])
    run_async(writer.close())
    assert waits[4:] == [history_writer.SHORT_WAIT_S], "nor does the end of the program wait for long"


def test_a_disk_that_does_not_answer_is_told_and_catches_up(
    make_writer: Callable[..., HistoryWriter], monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    """Nothing fails where a network drive has gone: nothing would be said, either."""
    monkeypatch.setattr(history_writer, "SLOW_S", 0.01)
    monkeypatch.setattr(history_writer, "SLOW_AGAIN_S", 0.01)
    writer = make_writer()
    troubles: list[Any] = []
    writer.troubleChanged.connect(troubles.append)
    head, conversation = conversation_of("Hello", "again")
    answers = threading.Event()
    writer._thread.submit(lambda _database: answers.wait())
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: troubles, "the trouble")
    assert isinstance(troubles[0].error, HistoryNotAnswering)
    writer.save_message(head, conversation, conversation.roots[0].children[0])
    writer.retry()
    until(lambda: len(troubles) == 3, "it still does not answer")
    assert [trouble.is_trying for trouble in troubles] == [False, True, False]
    answers.set()
    until(lambda: is_written(writer), "it is written")
    assert troubles[-1] is None
    assert kept_texts(path) == {"Hello": ["Hello", "again"]}


def test_ten_thousand_changes_need_no_more_memory_than_what_they_change(
    make_writer: Callable[..., HistoryWriter], faulty: Faulty, path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writer = make_writer(delays=(3600.0,))
    head, conversation = conversation_of("Hello")
    answer = ChatMessage(Role.ASSISTANT, status=AnswerStatus.STREAMING)
    conversation.add(answer, conversation.roots[0])
    faulty.failures = 1
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: writer.trouble, "the trouble")
    for number in range(10_000):
        answer.parts.append(f"{number} ")
        writer.save_growth(head, conversation, answer)
        writer.save_message(head, conversation, answer)
        writer.save_facts(answer)
        writer.rename(head.id, f"title {number}")
        writer.delete(head.id)
        writer.restore(head.id)
        writer.save_path(head, conversation)
        writer.expire(30)
    assert len(list(writer._waiting.keys())) <= 8
    assert faulty.attempts == 1, "nothing is tried before its time"
    unwritten = writer.unwritten(head.id)
    assert unwritten is not None
    assert unwritten[0].title == "title 9999"
    writer.retry()
    until(lambda: is_written(writer), "it is written")
    assert kept_texts(path) == {"title 9999": ["Hello", "".join(f"{number} " for number in range(10_000))]}


def test_an_attempt_that_fails_while_the_program_ends_is_made_once_more(
    make_writer: Callable[..., HistoryWriter],
    faulty: Faulty,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[[str], None],
) -> None:
    expected_logs(FAILED)
    monkeypatch.setattr(history_writer, "LAST_TRY_S", 30.0)
    writer = make_writer(delays=(3600.0,))
    head, conversation = conversation_of("Hello")
    faulty.failures = 1
    writer.save_message(head, conversation, conversation.roots[0])
    assert writer._under_way is not None
    run_async(writer.close())
    assert faulty.attempts == 2
    assert kept_texts(path) == {"Hello": ["Hello"]}


def test_a_database_that_takes_long_to_close_does_not_hold_the_end(
    make_writer: Callable[..., HistoryWriter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_writer, "CLOSING_S", 0.01)
    closes, closed, close = threading.Event(), threading.Event(), HistoryDatabase.close
    waited: list[bool] = []

    def hang(database: HistoryDatabase) -> None:
        waited.append(closes.wait(5))
        close(database)
        closed.set()

    monkeypatch.setattr(HistoryDatabase, "close", hang)
    writer = make_writer()
    head, conversation = conversation_of("Hello")
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: is_written(writer), "it is written")
    run_async(writer.close())
    assert waited == [], "it still closes"
    closes.set()
    assert closed.wait(10)


@pytest.mark.parametrize(
    "change",
    [
        lambda writer, head, conversation: writer.save_head(head, conversation),
        lambda writer, head, conversation: writer.save_message(head, conversation, conversation.roots[0]),
        lambda writer, head, conversation: writer.save_path(head, conversation),
        lambda writer, head, conversation: writer.remove_message(head, conversation, "other"),
        lambda writer, _head, conversation: writer.save_facts(conversation.roots[0]),
        lambda writer, head, _conversation: writer.rename(head.id, "Hi"),
        lambda writer, head, _conversation: writer.delete(head.id),
        lambda writer, head, _conversation: writer.restore(head.id),
        lambda writer, _head, _conversation: writer.purge(),
        lambda writer, _head, _conversation: writer.expire(30),
    ],
    ids=["head", "message", "path", "removed", "facts", "title", "deleted", "restored", "purged", "expired"],
)
def test_a_change_is_written_at_once(make_writer: Callable[..., HistoryWriter], change: Callable[..., None]) -> None:
    """Not only with the next one, which may be hours away."""
    writer = make_writer()
    head, conversation = conversation_of("Hello")
    change(writer, head, conversation)
    assert writer._under_way is not None
    until(lambda: is_written(writer), "it is written")


@pytest.mark.parametrize("failures", [0, 1])
def test_what_is_read_waits_for_what_was_changed_before_and_for_no_second_attempt(
    make_writer: Callable[..., HistoryWriter], faulty: Faulty, expected_logs: Callable[[str], None], failures: int
) -> None:
    """While an attempt is under way; a conversation could not be opened for as long as the disk is full, otherwise."""
    if failures:
        expected_logs(FAILED)
    writer = make_writer(delays=(3600.0,))
    head, conversation = conversation_of("Hello", "again")
    first, second = conversation
    go_on = threading.Event()
    writer._thread.submit(lambda _database: go_on.wait())
    faulty.failures = failures
    writer.save_message(head, conversation, first)
    writer.save_message(head, conversation, second)

    def texts(database: HistoryDatabase) -> list[str]:
        record = database.load(head.id)
        return [] if record is None else [message.text for message in record.messages]

    read = asyncio.get_running_loop().create_task(writer.read(texts))
    turn(5)
    assert not read.done()
    go_on.set()
    until(read.done, "it is read")
    assert read.result() == ([] if failures else ["Hello", "again"])


def test_what_will_be_listed_has_the_latest_first(
    make_writer: Callable[..., HistoryWriter], faulty: Faulty, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writer = make_writer(delays=(3600.0,))
    head, conversation = conversation_of("Hello")
    faulty.failures = 1
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: writer.trouble, "the trouble")
    listed = [ConversationSummary("late", "Late", head.updated + 1), ConversationSummary("old", "Old", 1.0)]
    assert [summary.id for summary in writer.as_written(listed, "")] == ["late", head.id, "old"]


def test_a_file_that_cannot_be_read_is_told_once(
    make_writer: Callable[..., HistoryWriter], path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(FAILED)
    writer = make_writer(delays=(3600.0,))
    troubles: list[Any] = []
    writer.troubleChanged.connect(troubles.append)
    for _ in range(2):
        writer.report(HistoryLocked(file=str(path)))
    assert len(troubles) == 1
    assert writer._failures == 1, "it is not tried later for that"


def test_a_file_that_could_not_be_read_is_tried_though_nothing_is_to_be_written(
    make_writer: Callable[..., HistoryWriter],
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[[str], None],
) -> None:
    expected_logs(FAILED)
    left = 2
    plain = HistoryDatabase.unfinished

    def unfinished(database: HistoryDatabase) -> str | None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise HistoryLocked(file=str(path))
        return plain(database)

    monkeypatch.setattr(HistoryDatabase, "unfinished", unfinished)
    writer = make_writer()
    troubles: list[Any] = []
    writer.troubleChanged.connect(troubles.append)
    writer.report(HistoryLocked(file=str(path)))
    until(lambda: is_written(writer), "it can be read")
    assert [trouble is None for trouble in troubles] == [False, False, False, True]


@pytest.mark.parametrize("refuser", ["the program", "SQLite"])
def test_a_change_that_fails_by_itself_holds_up_no_other(
    make_writer: Callable[..., HistoryWriter],
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
    expected_logs: Callable[[str], None],
    refuser: str,
) -> None:
    level = "ERROR" if refuser == "the program" else "WARNING"
    expected_logs(rf"{level} caal_desktop\.services\.history\.history_writer: Conversations could not be saved.*")
    expected_logs(r"ERROR .*: Not everything could be saved at the end: 1 .*")
    writer = make_writer(delays=(3600.0,))
    bad_head, bad = conversation_of("Bad")
    if refuser == "the program":
        bad_head.options = {"no JSON": object()}
    else:
        save = HistoryDatabase.save_conversation

        def refuse(database: HistoryDatabase, record: ConversationRecord) -> None:
            if record.id == bad_head.id:
                raise HistoryFailed(file=str(path), reason="datatype mismatch")
            save(database, record)

        monkeypatch.setattr(HistoryDatabase, "save_conversation", refuse)
    good_head, good = conversation_of("Good")
    writer._waiting.of(bad_head, bad).save(bad.roots[0])
    writer.save_message(good_head, good, good.roots[0])
    until(lambda: writer.trouble, "the trouble")
    assert type(writer.trouble.error) is HistoryFailed  # type: ignore[union-attr]
    assert kept_texts(path) == {"Good": ["Good"]}
    assert writer.unsaved == 1, "it is not given up"


def test_what_comes_after_a_change_that_fails_by_itself_is_written_at_once(
    make_writer: Callable[..., HistoryWriter], path: Path, expected_logs: Callable[[str], None]
) -> None:
    """But for what belongs to the same conversation."""
    expected_logs(r"ERROR caal_desktop\.services\.history\.history_writer: Conversations could not be saved.*")
    writer = make_writer(delays=(3600.0,))
    told: list[Any] = []
    writer.troubleChanged.connect(told.append)
    bad_head, bad = conversation_of("Bad")
    bad_head.options = {"no JSON": object()}
    writer.save_message(bad_head, bad, bad.roots[0])
    until(lambda: writer.trouble, "the trouble")
    good_head, good = conversation_of("Good")
    writer.save_message(good_head, good, good.roots[0])
    writer.delete(bad.id)
    writer.rename(bad.id, "Another name")
    writer.rename(good.id, "Renamed")
    until(lambda: kept_texts(path) == {"Renamed": ["Good"]}, "what is not to blame")
    until(lambda: writer._under_way is None, "the end of the attempt")
    assert len(told) == 1, "it is told once"
    assert writer.trouble is not None
    assert writer._retry_timer.isActive()
    bad_head.options = {}
    writer.restore(bad.id)
    writer.retry()
    until(lambda: is_written(writer), "the rest")
    assert kept_texts(path) == {"Renamed": ["Good"], "Another name": ["Bad"]}


def test_what_belongs_to_a_refused_conversation_waits_with_it(
    make_writer: Callable[..., HistoryWriter], path: Path, expected_logs: Callable[[str], None]
) -> None:
    """The title of a conversation that is not there yet would go nowhere."""
    expected_logs(r"ERROR caal_desktop\.services\.history\.history_writer: Conversations could not be saved.*")
    writer = make_writer(delays=(3600.0,))
    head, conversation = conversation_of("Bad")
    head.options = {"no JSON": object()}
    writer._waiting.of(head, conversation).save(conversation.roots[0])
    writer.rename(conversation.id, "Another name")
    until(lambda: writer.trouble, "the trouble")
    head.options = {}
    writer.retry()
    until(lambda: is_written(writer), "all of it")
    assert kept_texts(path) == {"Another name": ["Bad"]}


@pytest.mark.parametrize("asks", [True, False], ids=["the user asks", "it is due"])
def test_the_next_attempt_at_what_was_refused_is_not_missed_while_other_things_are_written(
    make_writer: Callable[..., HistoryWriter], path: Path, expected_logs: Callable[[str], None], asks: bool
) -> None:
    expected_logs(r"ERROR caal_desktop\.services\.history\.history_writer: Conversations could not be saved.*")
    writer = make_writer(delays=(3600.0,))
    bad_head, bad = conversation_of("Bad")
    bad_head.options = {"no JSON": object()}
    writer.save_message(bad_head, bad, bad.roots[0])
    until(lambda: writer.trouble, "the trouble")
    goes_on = threading.Event()
    writer._thread.submit(lambda _database: goes_on.wait())
    good_head, good = conversation_of("Good")
    writer.save_message(good_head, good, good.roots[0])
    assert writer._under_way is not None, "positive control: it is being written"
    bad_head.options = {}
    if asks:
        writer.retry()
    else:
        writer._retry_timer.start(0)
        until(lambda: not writer._retry_timer.isActive(), "the moment")
    goes_on.set()
    until(lambda: is_written(writer), "all of it")
    assert kept_texts(path) == {"Good": ["Good"], "Bad": ["Bad"]}


def test_a_file_that_could_not_be_written_is_opened_anew(
    make_writer: Callable[..., HistoryWriter], path: Path, expected_logs: Callable[[str], None]
) -> None:
    """A file that was opened while it was read-only stays so for SQLite, whatever its permissions are by then."""
    expected_logs(FAILED)
    writer = make_writer()
    head, conversation = conversation_of("Hello")
    writer._thread.submit(lambda database: database._connection.execute("PRAGMA query_only=ON"))
    troubles: list[Any] = []
    writer.troubleChanged.connect(troubles.append)
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: is_written(writer), "it is written")
    assert isinstance(troubles[0].error, HistoryReadOnly)
    assert kept_texts(path) == {"Hello": ["Hello"]}


@pytest.mark.parametrize("error", [HistoryLocked, HistoryDiskFull, HistoryDamaged])
def test_a_file_that_is_as_good_as_it_was_stays_open(
    make_writer: Callable[..., HistoryWriter],
    faulty: Faulty,
    path: Path,
    expected_logs: Callable[[str], None],
    error: type[HistoryFailed],
) -> None:
    """Opened anew, a damaged one would be put aside, and what can no longer be read of it be gone from the list."""
    expected_logs(FAILED)
    writer = make_writer()
    head, conversation = conversation_of("Hello")
    used: list[HistoryDatabase] = []
    writer._thread.submit(used.append).result(10)
    faulty.failures, faulty.error = 2, lambda: error(file=str(path))
    writer.save_message(head, conversation, conversation.roots[0])
    until(lambda: is_written(writer), "it is written")
    writer._thread.submit(used.append).result(10)
    assert faulty.attempts == 3
    assert used[0] is used[1]


class Twin:
    """The same changes made to a database that fails and to one that does not."""

    def __init__(self, make_writer: Callable[..., HistoryWriter], folder: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - not for secrets
        self.writers = [make_writer(folder / "failing.db"), make_writer(folder / "sound.db")]
        self.conversations = [conversation_of(f"first {number}") for number in range(3)]
        self.deleted: str | None = None
        for head, conversation in self.conversations:
            self.all("save_message", head, conversation, conversation.roots[0])

    def all(self, change: str, *values: Any) -> None:
        for writer in self.writers:
            getattr(writer, change)(*values)

    def change(self) -> None:
        """Make one change, as the service does."""
        head, conversation = self.random.choice(self.conversations)
        messages = list(conversation)
        message = self.random.choice(messages)
        kind = self.random.choice(["add", "add", "grow", "grow", "grow", "end", "remove", "choose", "facts", "title",
                                   "delete", "restore", "purge", "options"])  # fmt: skip
        if kind == "add":
            status = self.random.choice([AnswerStatus.STREAMING, AnswerStatus.COMPLETE])
            new = ChatMessage(Role.ASSISTANT, ["begun "], status=status)
            conversation.add(new, message)
            self.all("save_message", head, conversation, new)
            self.all("save_path", head, conversation)
        elif kind == "grow" and message.status.is_open:
            message.parts.append(f"and {self.random.randrange(1000)} ")
            message.reasoning_parts.append("hm ")
            self.all("save_growth", head, conversation, message)
        elif kind == "end" and message.status.is_open:
            message.status = AnswerStatus.COMPLETE
            self.all("save_message", head, conversation, message)
        elif kind == "remove" and len(messages) > 1:
            conversation.remove(message)
            self.all("remove_message", head, conversation, message.id)
            self.all("save_path", head, conversation)
        elif kind == "choose":
            conversation.choose(message)
            self.all("save_path", head, conversation)
        elif kind == "facts":
            self.all("save_facts", message)
        elif kind == "title":
            self.all("rename", head.id, f"title {self.random.randrange(1000)}")
        elif kind == "delete" and self.deleted is None:
            self.deleted = head.id
            self.all("purge")
            self.all("delete", head.id)
        elif kind == "restore" and self.deleted is not None:
            self.all("restore", self.deleted)
            self.deleted = None
        elif kind == "purge" and self.deleted is not None:
            self.all("purge")
            gone = self.deleted
            self.deleted = None
            self.conversations = [pair for pair in self.conversations if pair[0].id != gone]
            new_head, new_conversation = conversation_of("another")
            self.conversations.append((new_head, new_conversation))
            self.all("save_message", new_head, new_conversation, new_conversation.roots[0])
        elif kind == "options":
            head.options = {"temperature": self.random.random()}
            self.all("save_head", head, conversation)


def chosen_in(conversation: Conversation) -> list[ChatMessage]:
    """Return the versions that are shown, those below versions that are not included."""
    chosen = [conversation.chosen_root, *(message.chosen for message in conversation)]
    return [message for message in chosen if message is not None]


def content(path: Path) -> dict[str, list[Any]]:
    """Return what the database has, apart from how it was put there: pieces are joined."""
    database = HistoryDatabase(path)
    try:
        found = {
            row[0]: [row[1], row[2], row[3] is not None]
            for row in database._rows("SELECT id, title, options, deleted FROM conversation")
        }
        for identifier, known in found.items():
            record = database.load(identifier)
            assert record is not None
            # An only version is shown whatever its row says, so that may say either.
            shown = {message.id for message in chosen_in(to_conversation(record))}
            known += [
                (m.id, m.parent, m.status, m.text, m.reasoning, m.extra, m.id in shown)
                for m in sorted(record.messages, key=lambda m: m.id)
            ]
        return found
    finally:
        database.close()


@pytest.mark.parametrize("seed", range(8))
def test_a_database_that_fails_now_and_then_ends_up_like_one_that_does_not(
    make_writer: Callable[..., HistoryWriter],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    expected_logs: Callable[[str], None],
    seed: int,
) -> None:
    """Deletions, undoing, removed and re-ordered messages, streamed text, outcomes that nobody knows."""
    expected_logs(FAILED)
    twin = Twin(make_writer, tmp_path, seed)
    failing, sound = twin.writers
    until(lambda: is_written(failing) and is_written(sound), "the beginning")
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    plain = HistoryDatabase._transaction
    troubles: list[Any] = []
    failing.troubleChanged.connect(troubles.append)
    is_broken = True

    @contextmanager
    def transaction(database: HistoryDatabase, *, removes: bool = False) -> Iterator[sqlite3.Connection]:
        fate = chance.random() if is_broken and database._path.name == "failing.db" and not database._is_joined else 1.0
        if fate < 0.3:
            raise HistoryDiskFull(file="f")
        with plain(database, removes=removes) as connection:
            yield connection
        if fate < 0.5:
            raise HistoryDiskFull(file="f")

    monkeypatch.setattr(HistoryDatabase, "_transaction", transaction)
    for _ in range(120):
        twin.change()
        if twin.random.random() < 0.3:
            until(lambda: is_written(sound), "the other one, meanwhile")
    is_broken = False
    until(lambda: is_written(failing) and is_written(sound), "the end")
    assert troubles, "positive control: something did fail"
    assert content(tmp_path / "failing.db") == content(tmp_path / "sound.db")
