"""What is said is kept: over the real demo server and a real database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.errors import ProviderError
from caal_desktop.services.chat.chat_request import ChatRequest
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.chat.spend_guard import SpendGuard
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.errors import HistoryDamaged, StorageError
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from caal_desktop.llm.translation import SourceText
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
        self.history.damageFound.connect(self.failures.append)

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
    """Return the ids in the file, with those of deleted conversations that can be restored."""
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


@pytest.mark.parametrize("fault", ["moderation", "wrong_key", "daily_cap", "model_404", "cut_after"])
def test_why_an_answer_failed_is_told_in_the_language_of_the_next_start(
    make: Callable[[], Kept], demo: DemoControl, fault: str
) -> None:
    """As the server's words filled the error, so do they after the restart; the texts around them are translated."""

    def translate(text: SourceText) -> str:
        return f"<{text}>"

    demo.fault(fault, times=1, path="/chat/completions")
    first = make()
    first.history.begin()
    first.say("Hello")
    failed, identifier = first.chat.messages[-1].error, first.history.current
    assert isinstance(failed, ProviderError)
    first.parts.close()
    first.close()
    second = make()
    second.history.begin()
    second.history.open(identifier)
    second.parts.until(lambda: second.chat.messages, "the conversation")
    loaded = second.chat.messages[-1].error
    assert type(loaded) is type(failed)
    assert loaded is not failed
    text = failed.describe(translate, repr)
    assert loaded.describe(translate, repr) == text
    assert text.what.startswith("<")
    assert loaded.remedy is failed.remedy


def interrupt_an_answer(path: Path) -> None:
    """Leave the database as a kill in the middle of an answer does."""
    database = HistoryDatabase(path)
    database.save_conversation(ConversationRecord("c", "t", 1.0, 1.0))
    database.save_message("c", MessageRecord("q", None, "user", "complete", 1.0, "tell me"))
    database.save_message("c", MessageRecord("a", "q", "assistant", "streaming", 2.0))
    database.append([("a", "text", "It was a dark and")])
    database.close()


def test_what_is_written_again_meanwhile_does_not_keep_it_from_being_shown(
    make: Callable[[], Kept], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_an_answer(path)
    kept = make()
    load = kept.history._open

    async def open_while_all_gets_well(conversation: str) -> None:
        kept.history._on_trouble(None)
        await load(conversation)

    monkeypatch.setattr(kept.history, "_open", open_while_all_gets_well)
    kept.history.begin()
    kept.parts.until(lambda: kept.chat.messages, "the interrupted conversation")


def test_an_interrupted_answer_is_shown_again_with_what_came(make: Callable[[], Kept], path: Path) -> None:
    interrupt_an_answer(path)
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
                # What came before the message was first written is in its row, the rest in pieces.
                rows = reader.execute(
                    "SELECT text FROM message WHERE conversation = :id AND role = 'assistant' UNION ALL "
                    "SELECT * FROM (SELECT piece.text FROM piece JOIN message ON message.id = piece.message "
                    "WHERE conversation = :id AND kind = 'text' ORDER BY seq)",
                    {"id": identifier},
                ).fetchall()
        except sqlite3.OperationalError:
            return ""
        return "".join(row[0] for row in rows)

    kept.parts.until(lambda: kept.chat.messages[-1].parts, "the first words")
    kept.parts.until(lambda: on_disk() == kept.chat.messages[-1].text != "", "the words on the disk")
    assert kept.chat.is_busy
    kept.chat.stop()
    kept.parts.until(lambda: not kept.chat.is_busy, "the end")


# --- what becomes known of an answer after its end


@pytest.fixture
def _asked_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the cost of an answer looked up at once, and for as long as a test may wait."""
    monkeypatch.setattr("caal_desktop.services.chat.cost_lookup.COST_DELAYS_S", (0.01,) * 1500)


def stop_midway(kept: Kept, demo: DemoControl, ask: Callable[[], None]) -> str:
    """Stop an answer, or the rest of one, when its first words have come, and return OpenRouter's id of it."""
    before = kept.texts()[-1] if kept.chat.messages else ""
    demo.fault("stall_after", 4, times=1, path="/chat/completions")
    ask()
    message = kept.chat.messages[-1]
    kept.parts.until(lambda: len(message.text) > len(before) or (message.text and not before), "the first words")
    kept.chat.stop()
    kept.parts.until(lambda: not kept.chat.is_busy, "the end")
    assert message.facts is not None
    assert message.facts.generation_id is not None
    return message.facts.generation_id


def is_waiting_for_cost() -> bool:
    """Return whether the cost of an answer is still being looked up."""
    return any(task.get_name() == "chat.cost" for task in asyncio.all_tasks())


def cost_of(demo: DemoControl, *generations: str) -> float:
    """Return the cost of these answers, as the server knows it."""
    answers = [demo.call("GET", f"/generation?id={one}", key=demo.key).json() for one in generations]
    return float(sum(answer["data"]["total_cost"] for answer in answers))


def cost_on_disk(path: Path, message: str) -> float | None:
    """Return the cost of an answer, as a process of its own reads it from the database."""
    script = (
        "import json, sqlite3, sys\n"
        "reader = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n"
        "extra, = reader.execute('SELECT extra FROM message WHERE id = ?', sys.argv[2:]).fetchone()\n"
        "print(json.dumps(json.loads(extra)['facts'].get('usage', {}).get('cost')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path, message], capture_output=True, text=True, check=True, timeout=30
    )
    cost: float | None = json.loads(done.stdout)
    return cost


@pytest.mark.usefixtures("_asked_often")
@pytest.mark.parametrize("shown", ["the same conversation", "another one"])
def test_what_a_stopped_answer_cost_is_on_the_disk_once_it_is_known(
    make: Callable[[], Kept], path: Path, demo: DemoControl, shown: str
) -> None:
    kept = make()
    kept.history.begin()
    demo.fault("no_generation")
    generation = stop_midway(kept, demo, lambda: kept.chat.send("Hello", kept.request))
    answer = kept.chat.messages[-1]
    if shown == "another one":
        kept.history.new()
    demo.clear_faults()
    kept.parts.until(lambda: not is_waiting_for_cost(), "the cost")
    kept.parts.close()
    kept.close()
    assert cost_on_disk(path, answer.id) == pytest.approx(cost_of(demo, generation)) != 0


@pytest.mark.usefixtures("_asked_often")
def test_what_a_stopped_continuation_cost_is_added_to_what_was_known(
    make: Callable[[], Kept], path: Path, demo: DemoControl
) -> None:
    kept = make()
    kept.history.begin()
    demo.fault("truncated", 5, times=1)
    kept.say("Hello")
    answer = kept.chat.messages[-1]
    assert answer.facts is not None
    assert answer.facts.usage is not None
    known = answer.facts.usage.cost
    assert known
    rest = stop_midway(kept, demo, lambda: kept.chat.continue_answer(kept.request))
    kept.parts.until(lambda: not is_waiting_for_cost(), "the cost")
    kept.parts.close()
    kept.close()
    assert cost_on_disk(path, answer.id) == pytest.approx(known + cost_of(demo, rest)) != known


@pytest.mark.usefixtures("_asked_often")
@pytest.mark.parametrize("when", ["while it goes on", "after its end"])
def test_the_costs_of_a_stopped_answer_and_its_stopped_rest_are_added_up(
    make: Callable[[], Kept], path: Path, demo: DemoControl, when: str
) -> None:
    kept = make()
    kept.history.begin()
    demo.fault("no_generation")
    first = stop_midway(kept, demo, lambda: kept.chat.send("Hello", kept.request))
    answer = kept.chat.messages[-1]

    def go_on() -> None:
        kept.chat.continue_answer(kept.request)
        if when == "while it goes on":
            kept.parts.until(demo.open_streams, "the rest is on its way")
            demo.clear_faults()
            kept.parts.until(lambda: not is_waiting_for_cost(), "the first part's cost")

    rest = stop_midway(kept, demo, go_on)
    demo.clear_faults()
    kept.parts.until(lambda: not is_waiting_for_cost(), "the costs")
    kept.parts.close()
    kept.close()
    assert rest != first
    assert cost_on_disk(path, answer.id) == pytest.approx(cost_of(demo, first, rest)) != 0


def open_again(kept: Kept, identifier: str) -> None:
    """Leave the conversation for another one, and come back to what is on the disk of it."""
    kept.parts.until(lambda: not kept.history.unsaved, "all is written")
    kept.history.new()
    kept.history.open(identifier)
    kept.parts.until(lambda: kept.chat.messages, "the conversation")


@pytest.mark.usefixtures("_asked_often")
@pytest.mark.parametrize("then", ["nothing", "it is continued", "it is left again"])
def test_a_cost_that_is_found_when_the_conversation_was_opened_again_is_added_there(
    make: Callable[[], Kept], path: Path, demo: DemoControl, then: str
) -> None:
    kept = make()
    kept.history.begin()
    demo.fault("no_generation")
    generations = [stop_midway(kept, demo, lambda: kept.chat.send("Hello", kept.request))]
    answer, conversation = kept.chat.messages[-1], kept.history.current
    open_again(kept, conversation)
    shown = kept.chat.messages[-1]
    assert shown is not answer
    if then == "it is continued":
        generations.append(stop_midway(kept, demo, lambda: kept.chat.continue_answer(kept.request)))
    elif then == "it is left again":
        kept.history.new()
    demo.clear_faults()
    kept.parts.until(lambda: not is_waiting_for_cost(), "the cost")
    kept.parts.close()
    kept.close()
    assert shown.facts is not None
    assert shown.facts.awaited_costs == []
    assert cost_on_disk(path, answer.id) == pytest.approx(cost_of(demo, *generations)) != 0


@pytest.mark.usefixtures("_asked_often")
def test_costs_that_were_not_known_at_the_end_of_the_program_are_asked_for_at_the_next_start(
    make: Callable[[], Kept], path: Path, demo: DemoControl
) -> None:
    first = make()
    first.history.begin()
    demo.fault("no_generation")
    generations = [stop_midway(first, demo, lambda: first.chat.send("Hello", first.request))]
    generations.append(stop_midway(first, demo, lambda: first.chat.continue_answer(first.request)))
    answer, conversation = first.chat.messages[-1], first.history.current
    assert first.chat._costs._pending, "they are being asked for"
    first.parts.close()
    first.close()
    demo.clear_faults()
    second = make()
    guard = SpendGuard(second.parts.settings, path.with_name("spending.json"))
    guard.watch(second.chat)
    second.history.open(conversation)
    second.parts.until(lambda: second.chat.messages, "the conversation")
    for _ in range(3):  # as often as the key's state changes
        second.chat.look_up_missing_costs(second.request.connection)
    second.parts.until(lambda: not is_waiting_for_cost(), "the costs")
    second.parts.close()
    second.close()
    whole = cost_of(demo, *generations)
    assert cost_on_disk(path, answer.id) == pytest.approx(whole) != 0
    assert guard.today == pytest.approx(whole)
    run_async(guard.close())


@pytest.mark.usefixtures("_asked_often")
def test_a_continuation_that_another_conversation_stops_keeps_what_the_answer_cost_before(
    make: Callable[[], Kept], path: Path, demo: DemoControl
) -> None:
    kept = make()
    kept.history.begin()
    demo.fault("truncated", 5, times=1)
    kept.say("Hello")
    answer = kept.chat.messages[-1]
    assert answer.facts is not None
    assert answer.facts.usage is not None
    known = answer.facts.usage.cost
    demo.fault("no_generation")
    demo.fault("stall_before", times=1, path="/chat/completions")
    kept.chat.continue_answer(kept.request)
    kept.parts.until(lambda: len(demo.requests("/chat/completions")) == 2, "the rest was asked for")
    kept.history.new()
    kept.parts.close()
    kept.close()
    assert cost_on_disk(path, answer.id) == known != 0


def test_a_temporary_conversation_leaves_no_trace(make: Callable[[], Kept], path: Path) -> None:
    kept = make()
    kept.history.begin()
    kept.history.new(temporary=True)
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


def is_in_the_files(path: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_a_deleted_message_is_in_no_file(make: Callable[[], Kept], path: Path) -> None:
    kept = make()
    kept.history.begin()
    kept.say("a question in daylight")
    kept.say("a clandestine question")
    kept.until_listed(1)
    assert is_in_the_files(path, "clandestine")
    kept.chat.delete(3)  # the demo repeats the question
    kept.chat.delete(2)
    kept.parts.until(lambda: not is_in_the_files(path, "clandestine"), "the files")
    assert is_in_the_files(path, "question in daylight")


@pytest.mark.parametrize("end", ["the undo is over", "another is deleted", "the program ends"])
def test_a_deleted_conversation_is_in_no_file_once_it_cannot_be_restored(
    make: Callable[[], Kept], path: Path, end: str
) -> None:
    kept = make()
    kept.history.begin()
    kept.say("a clandestine question")
    conversation = kept.history.current
    kept.history.new()
    kept.say("a question in daylight")
    kept.until_listed(2)
    kept.history.delete(conversation, "")
    kept.until_listed(1)
    assert is_in_the_files(path, "clandestine"), "it can still be restored"
    if end == "the undo is over":
        kept.history.forget_deleted()
    elif end == "another is deleted":
        kept.history.delete("some other", "")
    else:
        kept.parts.close()
        kept.close()
    kept.parts.until(lambda: not is_in_the_files(path, "clandestine"), "the files")
    assert is_in_the_files(path, "question in daylight")


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


def test_the_conversation_that_is_shown_does_not_expire(make: Callable[[], Kept], path: Path) -> None:
    """Otherwise what is said in an old one that is continued would be lost."""
    kept = make()
    kept.history.begin()
    kept.say("Forgotten")
    kept.history.new()
    kept.say("Shown")
    shown, _forgotten = kept.until_listed(2)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE conversation SET updated = 1.0")
    kept.history.keep_for(30)
    assert [summary.id for summary in kept.until_listed(1)] == [shown.id] == [kept.history.current]
    assert ids_in(path) == [shown.id]
    kept.history.keep_for(0)
    kept.say("Gone on with")
    assert [message.text for message in kept.chat.messages][::2] == ["Shown", "Gone on with"]


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


def test_a_conversation_goes_out_and_comes_in_again(make: Callable[[], Kept], tmp_path: Path) -> None:
    kept = make()
    kept.history.begin()
    kept.say("Tell me about markdown")
    said, identifier = kept.texts(), kept.history.current
    exported: list[str] = []
    kept.history.transfer.exported.connect(exported.append)
    for number, name in enumerate(("a.md", "a.json"), 1):
        kept.history.transfer.export(identifier, tmp_path / name)
        kept.parts.until(lambda number=number: len(exported) == number, "the file")  # type: ignore[misc]
    text = (tmp_path / "a.md").read_text("utf-8")
    assert text.startswith("# Tell me about markdown\n\n## You\n\nTell me")
    assert said[1].strip("\n") in text
    kept.history.transfer.import_file(tmp_path / "a.json")
    kept.parts.until(lambda: kept.history.current != identifier, "the imported conversation")
    assert kept.texts() == said
    kept.until_listed(2)


def test_a_file_that_cannot_be_read_is_told_in_the_system_s_words(make: Callable[[], Kept], tmp_path: Path) -> None:
    kept = make()
    told: list[StorageError] = []
    kept.history.transfer.failed.connect(told.append)
    kept.history.begin()
    kept.history.transfer.import_file(tmp_path / "none.json")
    kept.parts.until(lambda: told, "the message")
    assert told[0].describe().why == "The system says: No such file or directory."
    assert kept.failures == []


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
    kept.history.transfer.import_file(tmp_path / "odd.json")
    kept.parts.until(lambda: kept.chat.conversation.roots, "what could be read")
    assert [message.text for message in kept.chat.conversation] == ["", "hello", ""]


def test_an_odd_conversation_is_listed_with_the_others_and_opening_it_changes_nothing(
    make: Callable[[], Kept], path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs(
        "database has text that is not UTF-8", "database has facts that cannot be read", "database has a time that no"
    )
    with closing(HistoryDatabase(path)) as database:
        for name in ("odd", "well"):
            record = ConversationRecord(name, name, 1.0, 1.0)
            record.messages = [MessageRecord(f"{name}-q", None, "user", "complete", 1.0, name)]
            database.save_all(record)

    def rows() -> list[bytes]:
        with closing(sqlite3.connect(path)) as connection:
            connection.text_factory = bytes
            return connection.execute("SELECT * FROM conversation, message ORDER BY 1, 7").fetchall()

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE conversation SET title = CAST(x'ff41' AS TEXT), updated = 1e18 WHERE id = 'odd'")
        connection.execute("UPDATE message SET status = 'of a later version', extra = 'none' WHERE id = 'odd-q'")
    before = rows()
    kept = make()
    kept.history.begin()
    assert [summary.title for summary in kept.until_listed(2)] == ["well", "\ufffdA"]
    kept.history.open("odd")
    kept.parts.until(lambda: kept.chat.messages, "the conversation")
    assert kept.texts() == ["odd"]
    kept.until_listed(2)
    assert kept.failures == []
    kept.parts.close()
    kept.close()
    assert rows() == before


def test_a_damaged_database_is_told_and_replaced(make: Callable[[], Kept], path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    kept = make()
    kept.history.begin()
    kept.parts.until(lambda: kept.failures, "the message")
    assert isinstance(kept.failures[0], HistoryDamaged)
    kept.say("Hello")
    kept.until_listed(1)


def test_a_database_that_cannot_be_opened_does_not_stop_the_chat(
    make: Callable[[], Kept], path: Path, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(r"WARNING caal_desktop\.services\.history.*: Conversations could not be saved: .*is not a file")
    expected_logs(r"ERROR caal_desktop\.services\.history.*: Not everything could be saved at the end: 1 .*")
    path.mkdir(parents=True)
    kept = make()
    kept.history.begin()
    kept.parts.until(lambda: kept.history.trouble, "the trouble")
    kept.say("Hello")
    assert kept.chat.messages[-1].status is AnswerStatus.COMPLETE
    assert kept.history.unsaved == 1
