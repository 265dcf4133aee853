"""Whatever stands in a file of a conversation: it is refused, or read, shown, kept and exported again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from caal_desktop.services.history.conversation_export import FORMAT, VERSION
from caal_desktop.services.history.conversation_import import ConversationNotImported
from caal_desktop.services.history.conversation_records import to_conversation, to_record
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.exports import read_conversation, to_json, to_markdown
from tests.support.fuzzing import (
    ODD_CONTENTS,
    ODD_NUMBERS,
    ODD_TEXTS,
    damaged,
    damaged_bytes,
    documents,
    encoded,
    fuzz,
    one_odd,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAILURE = {
    "error": "RateLimited",
    "what": "a",
    "why": "b",
    "advice": "c",
    "remedy": "wait",
    "retry_after": 3,
    "status": 429,
    "reason": {"context": "ProviderError", "text": "x {wait}"},
    "params": {
        "wait": {"seconds": 3},
        "reasons": ["a"],
        "n": {"number": 2, "unit": "key"},
        "d": {"date": "2026-01-31"},
    },
}
FACTS = {
    "asked_model": "acme/one",
    "model": "acme/one",
    "provider": "Host",
    "duration_s": 1.5,
    "first_token_s": 0.5,
    "reasoning_s": 0.5,
    "generation_id": "gen-1",
    "usage": {"prompt_tokens": 1, "cost": 0.1, "is_byok": False},
    "finish_reason": "stop",
    "awaited_costs": ["gen-1"],
}
CONVERSATION: dict[str, Any] = {
    "format": FORMAT,
    "version": VERSION,
    "title": "One",
    "created": 1_700_000_000.0,
    "options": {"model": "acme/one", "temperature": 0.5},
    "messages": [
        {
            "id": "a",
            "parent": None,
            "role": "user",
            "status": "complete",
            "created": 1_700_000_000.0,
            "text": "Hello",
            "reasoning": "",
            "extra": {"attachments": [{"name": "a.txt", "media_type": "text/plain", "content": "x", "size": 1}]},
            "shown": True,
        },
        {
            "id": "b",
            "parent": "a",
            "role": "assistant",
            "status": "failed",
            "created": 1_700_000_001.0,
            "text": "Hi",
            "reasoning": "Hm.",
            "extra": {
                "facts": FACTS,
                "failure": FAILURE,
                "tool_calls": [{"name": "f", "arguments": "{}", "call_id": "1"}],
            },
            "shown": True,
        },
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


@pytest.fixture(scope="module")
def database(folder: Path) -> Iterator[HistoryDatabase]:
    database = HistoryDatabase(folder / "history.sqlite3")
    yield database
    database.close()


def import_whole(folder: Path, database: HistoryDatabase, content: bytes) -> bool:
    """Do everything that is done with an imported file; return whether it was taken."""
    path = folder / "conversation.json"
    path.write_bytes(content)
    try:
        record = read_conversation(path)
    except ConversationNotImported as error:
        assert error.describe().why  # noqa: PT017 - either way is right
        return False
    database.save_all(record)
    kept = database.load(record.id)
    assert kept is not None
    assert len(kept.messages) == len(record.messages)
    conversation = to_conversation(kept)
    for message in conversation.path():
        to_record(message, shown=True)
        if message.error is not None:
            assert isinstance(str(message.error), str)
    assert to_markdown(kept).startswith("# ")
    path.write_bytes(to_json(kept).encode("utf-8", "replace"))  # as an export is written
    assert len(read_conversation(path).messages) == len(kept.messages)
    database.delete(record.id)
    return True


def test_the_file_that_is_damaged_below_is_a_good_one(folder: Path, database: HistoryDatabase) -> None:
    assert import_whole(folder, database, encoded(CONVERSATION))


@pytest.mark.parametrize("name", ["title", "created", "options", "role", "status", "text", "reasoning", "extra"])
def test_one_odd_value(folder: Path, database: HistoryDatabase, name: str) -> None:
    for value in (*ODD_TEXTS, *ODD_NUMBERS, None, [], {"a": [[]]}, {"\ud800": "\ud800"}):
        document = json.loads(json.dumps(CONVERSATION))
        if name in document:
            document[name] = value
        else:
            document["messages"][1][name] = value
        assert import_whole(folder, database, encoded(document))


def test_one_odd_value_anywhere(folder: Path) -> None:
    """Odd messages stand beside each other in one file: each of them hurts itself alone."""
    question, answer = CONVERSATION["messages"]
    odd = [
        {**one, "id": f"{number}"} if isinstance(one, dict) and one.get("id") == good["id"] else one
        for good in (question, answer)
        for number, one in enumerate(one_odd(good), start=1000 * (good is answer))
    ]
    path, refused = folder / "odd.json", 0

    def show_all() -> int:
        record = read_conversation(path)
        conversation = to_conversation(record)
        for message in conversation:
            to_record(message, shown=True)
            assert message.error is None or isinstance(str(message.error), str)
        assert to_markdown(record).startswith("# ")
        return len(list(conversation))

    path.write_bytes(encoded({**CONVERSATION, "messages": [question, *odd]}))
    assert show_all() > 1000
    for document in one_odd({**CONVERSATION, "messages": []}):
        path.write_bytes(encoded(document))
        try:
            show_all()
        except ConversationNotImported:
            refused += 1
    assert 0 < refused < 100, "only where the file does not say what it is"


def test_one_odd_value_anywhere_in_what_is_kept_of_a_message() -> None:
    """In the database, that is: an import leaves out what is not asked for in another's name."""
    _question, answer = CONVERSATION["messages"]
    for extra in one_odd(answer["extra"]):
        kept = MessageRecord("b", None, "assistant", "failed", 1.0, "Hi", "", extra if isinstance(extra, dict) else {})
        (message,) = to_conversation(ConversationRecord("c", "", 1.0, 1.0, {}, [kept]))
        to_record(message, shown=True)
        assert message.facts is None or all(isinstance(one, str) for one in message.facts.awaited_costs)


@pytest.mark.parametrize("content", ODD_CONTENTS, ids=range(len(ODD_CONTENTS)))
def test_a_content_that_was_once_too_much(folder: Path, database: HistoryDatabase, content: bytes) -> None:
    assert not import_whole(folder, database, content)


@pytest.mark.parametrize("depth", [10, 200, 400, 900, 5000])
@pytest.mark.parametrize("place", ["options", "extra"])
def test_a_value_nested_deeply(folder: Path, database: HistoryDatabase, depth: int, place: str) -> None:
    nested = '{"a":' * depth + "1" + "}" * depth
    text = json.dumps(CONVERSATION).replace(f'"{place}": {{', f'"{place}": {{"deep": @, ')
    assert import_whole(folder, database, text.replace("@", nested).encode()) == (depth == 10)


@fuzz()
@given(content=damaged(CONVERSATION).map(encoded) | documents().map(encoded) | damaged_bytes(encoded(CONVERSATION)))
def test_any_file(folder: Path, database: HistoryDatabase, content: bytes) -> None:
    import_whole(folder, database, content)
