"""What is said is kept: over the real demo server and a real database."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.services.chat.chat_request import ChatRequest
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.history.conversation_export import NotAConversationError, from_json
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.errors import HistoryDamaged
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

MODEL = "openai/gpt-5.4-nano"


class Kept:
    """A history over a chat, and what it has told."""

    def __init__(self, parts: Parts, path: Path, demo: DemoControl) -> None:
        self.parts, self.chat = parts, parts.chat
        self.history = HistoryService(parts.chat, path)
        self.request = ChatRequest(Connection("openrouter", demo.key), MODEL, reasoning={"enabled": False})
        self.lists: list[list[Any]] = []
        self.failures: list[object] = []
        self.history.listChanged.connect(self.lists.append)
        self.history.failed.connect(self.failures.append)

    def say(self, text: str) -> None:
        self.chat.send(text, self.request)
        self.parts.until(lambda: not self.chat.is_busy, "the answer")

    def until_listed(self, count: int) -> list[Any]:
        self.parts.until(lambda: self.lists and len(self.lists[-1]) == count, f"a list of {count}")
        return self.lists[-1]

    def texts(self) -> list[str]:
        return [message.text for message in self.chat.messages]

    def close(self) -> None:
        run_async(self.history.close())


def ids_in(path: Path) -> list[str]:
    """The conversations in the file, deleted ones that can come back among them."""
    with closing(sqlite3.connect(path)) as connection:
        return [str(row[0]) for row in connection.execute("SELECT id FROM conversation")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "conversations.db"


@pytest.fixture
def make(make_parts: Callable[..., Parts], path: Path, demo: DemoControl) -> Iterator[Callable[[], Kept]]:
    made: list[Kept] = []

    def build() -> Kept:
        made.append(Kept(make_parts(), path, demo))
        return made[-1]

    yield build
    for kept in made:
        kept.parts.close()
        kept.close()


def test_a_conversation_is_there_after_the_next_start(make: Callable[[], Kept]) -> None:
    first = make()
    first.history.begin()
    first.say("Tell me about lamps")
    first.chat.regenerate(1, first.request)
    first.parts.until(lambda: not first.chat.is_busy, "the second answer")
    first.history.keep_options({"temperature": 0.1})
    said, usage = first.texts(), first.chat.messages[1].facts.usage  # type: ignore[union-attr]
    first.parts.close()
    first.close()
    second = make()
    options: list[object] = []
    second.history.opened.connect(options.append)
    second.history.begin()
    (summary,) = second.until_listed(1)
    assert summary.title == "Tell me about lamps"
    second.history.open(summary.id)
    second.parts.until(lambda: second.chat.messages, "the conversation")
    assert second.texts() == said
    assert len(second.chat.conversation.siblings(second.chat.messages[1])) == 2
    assert second.chat.messages[1].facts.usage == usage  # type: ignore[union-attr]
    assert options == [{"temperature": 0.1}]


def test_an_interrupted_answer_is_shown_again_with_what_came(make: Callable[[], Kept], path: Path) -> None:
    database = HistoryDatabase(path)
    database.save_conversation(ConversationRecord("c", "t", 1.0, 1.0))
    database.save_message("c", MessageRecord("q", None, "user", "complete", 1.0, "tell me"))
    database.save_message("c", MessageRecord("a", "q", "assistant", "streaming", 2.0))
    database.append([("a", "text", "It was a dark and")])
    database.close()
    kept = make()
    kept.history.begin()
    kept.parts.until(lambda: kept.chat.messages, "the interrupted conversation")
    assert kept.texts() == ["tell me", "It was a dark and"]
    assert kept.chat.messages[1].status is AnswerStatus.STOPPED
    kept.history.new()
    kept.close()
    again = HistoryDatabase(path)
    assert again.unfinished() is None
    again.close()


def test_what_streams_in_is_on_the_disk_before_the_answer_ends(
    make: Callable[[], Kept], path: Path, demo: DemoControl
) -> None:
    demo.fault("stall_after", 5)
    kept = make()
    kept.history.begin()
    kept.chat.send("Hello", kept.request)
    identifier = kept.history.current

    def on_disk() -> str:
        # As another program would look: reading alone, so that nothing is made or mended by looking.
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
                rows = reader.execute(
                    "SELECT piece.text FROM piece JOIN message ON message.id = piece.message "
                    "WHERE conversation = ? AND kind = 'text' ORDER BY seq",
                    (identifier,),
                ).fetchall()
        except sqlite3.OperationalError:
            return ""
        return "".join(row[0] for row in rows)

    kept.parts.until(lambda: kept.chat.messages[-1].parts, "the first words")
    kept.parts.until(lambda: on_disk() == kept.chat.messages[-1].text != "", "the words on the disk")
    assert kept.chat.is_busy
    kept.chat.stop()
    kept.parts.until(lambda: not kept.chat.is_busy, "the end")


def test_a_temporary_conversation_leaves_no_trace(make: Callable[[], Kept], path: Path) -> None:
    kept = make()
    kept.history.begin()
    kept.history.new(temporary=True)
    kept.history.keep_draft("a particular secret draft")
    kept.say("a particular secret question")
    kept.history.new()
    kept.say("an ordinary question")
    (summary,) = kept.until_listed(1)
    assert summary.title == "an ordinary question"
    kept.parts.close()
    kept.close()
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"particular secret" not in files
    assert b"ordinary question" in files


def test_an_earlier_conversation_that_is_opened_from_a_temporary_one_is_kept_on(make: Callable[[], Kept]) -> None:
    """What is said in it afterwards would be lost in silence."""
    kept = make()
    kept.history.begin()
    kept.say("Kept")
    (summary,) = kept.until_listed(1)
    told: list[bool] = []
    kept.history.temporaryChanged.connect(told.append)
    kept.history.new(temporary=True)
    kept.say("Not kept")
    kept.history.open(summary.id)
    kept.parts.until(lambda: kept.texts()[:1] == ["Kept"], "the earlier conversation")
    assert told == [True, False]
    kept.say("Kept as well")
    kept.parts.close()
    kept.close()
    later = make()
    later.history.begin()
    (summary,) = later.until_listed(1)
    later.history.open(summary.id)
    later.parts.until(lambda: later.texts(), "the conversation")
    assert later.texts()[::2] == ["Kept", "Kept as well"]


def test_deleting_can_be_undone(make: Callable[[], Kept]) -> None:
    kept = make()
    kept.history.begin()
    kept.say("Hello")
    (summary,) = kept.until_listed(1)
    kept.history.delete(summary.id, summary.title)
    kept.until_listed(0)
    assert kept.chat.messages == []
    kept.history.undo_delete(summary.id)
    kept.until_listed(1)
    kept.history.rename(summary.id, "Another name")
    kept.parts.until(lambda: kept.lists[-1][0].title == "Another name", "the new name")
    kept.history.search("nowhere to be found")
    kept.until_listed(0)
    kept.history.search("name")
    kept.until_listed(1)


def test_deleting_another_conversation_forgets_the_one_before(make: Callable[[], Kept], path: Path) -> None:
    """Only the last one can be brought back: what was deleted is not kept for as long as the program runs."""
    kept = make()
    kept.history.begin()
    kept.say("First")
    kept.history.new()
    kept.say("Second")
    second, first = kept.until_listed(2)
    for summary in (first, second):
        kept.history.delete(summary.id, summary.title)
    kept.until_listed(0)
    assert ids_in(path) == [second.id]
    kept.history.undo_delete(first.id)
    kept.history.undo_delete(second.id)
    assert [summary.id for summary in kept.until_listed(1)] == [second.id]


def test_a_draft_is_found_again(make: Callable[[], Kept]) -> None:
    first = make()
    first.history.begin()
    first.history.keep_draft("half a sent")
    first.parts.close()
    first.close()
    second = make()
    drafts: list[str] = []
    second.history.draftFound.connect(drafts.append)
    second.history.begin()
    second.parts.until(lambda: drafts, "the draft")
    assert drafts == ["half a sent"]


def test_a_conversation_goes_out_and_comes_in_again(make: Callable[[], Kept], tmp_path: Path) -> None:
    kept = make()
    kept.history.begin()
    kept.say("Tell me about markdown")
    said, identifier = kept.texts(), kept.history.current
    exported: list[str] = []
    kept.history.exported.connect(exported.append)
    kept.history.export(identifier, tmp_path / "a.md")
    kept.history.export(identifier, tmp_path / "a.json")
    kept.parts.until(lambda: len(exported) == 2, "two files")
    text = (tmp_path / "a.md").read_text("utf-8")
    assert text.startswith("# Tell me about markdown\n\n## You\n\nTell me")
    assert said[1].strip("\n") in text
    kept.history.import_file(tmp_path / "a.json")
    kept.parts.until(lambda: kept.history.current != identifier, "the imported conversation")
    assert kept.texts() == said
    kept.until_listed(2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "no json",
        '{"format": "caal-desktop-conversation", "version": 9}',
        pytest.param("[" * 99_999, id="deep"),
    ],
)
def test_other_files_are_not_taken_in(text: str) -> None:
    with pytest.raises(NotAConversationError):
        from_json(text)


def test_a_file_of_odd_values_is_read_as_far_as_it_goes(make: Callable[[], Kept], tmp_path: Path) -> None:
    rows = [
        {"id": "1", "role": "user", "text": 5, "created": "yesterday", "extra": []},
        {"id": "2", "parent": "1", "role": "wizard", "status": "odd", "text": "hello", "extra": {"facts": [], "x": 1}},
        {"id": "3", "parent": "none", "extra": {"facts": {"usage": {"cost": "much"}}, "failure": {"what": 1}}},
        "nothing",
        {"id": 4},
    ]
    value = {"format": "caal-desktop-conversation", "version": 1, "title": None, "messages": rows}
    (tmp_path / "odd.json").write_text(json.dumps(value), "utf-8")
    kept = make()
    kept.history.begin()
    kept.history.import_file(tmp_path / "odd.json")
    kept.parts.until(lambda: kept.chat.conversation.roots, "what could be read")
    assert [message.text for message in kept.chat.conversation] == ["", "hello", ""]


def test_a_damaged_database_is_told_and_replaced(make: Callable[[], Kept], path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    kept = make()
    kept.history.begin()
    kept.parts.until(lambda: kept.failures, "the message")
    assert isinstance(kept.failures[0], HistoryDamaged)
    kept.say("Hello")
    kept.until_listed(1)


def test_a_database_that_cannot_be_opened_does_not_stop_the_chat(make: Callable[[], Kept], path: Path) -> None:
    path.mkdir(parents=True)
    kept = make()
    kept.history.begin()
    kept.parts.until(lambda: kept.failures, "the message")
    kept.say("Hello")
    assert kept.chat.messages[-1].status is AnswerStatus.COMPLETE
    assert len(kept.failures) == 1
