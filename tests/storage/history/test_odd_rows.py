"""Whatever is in the database hurts one row, or one field of it: never the list nor the conversation that is open."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.services.history.conversation_records import to_conversation
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.rows import RowReader
from caal_desktop.storage.history.store import HistoryDatabase
from tests.support.exports import to_json, to_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ODD = r"WARNING caal_desktop\.storage\.history\.rows: The conversations' database has .*"
BAD_UTF8 = "CAST(x'ff41c328fe' AS TEXT)"
DEEP = "'" + "[" * 992 + "]" * 992 + "'"
DEEP_OBJECT = "'" + '{"facts":' * 992 + "1" + "}" * 992 + "'"
NOT_SO_DEEP = "'" + '{"facts":' * 300 + "1" + "}" * 300 + "'"
HALF_A_PAIR = "CAST(x'eda0bd' AS TEXT)"
HUGE = "replace(hex(zeroblob(50000)), '0', 'long ')"
DIGITS = '\'{"facts": {"usage": {"cost": 1' + "0" * 400 + ', "output_tokens": 1' + "0" * 400 + "}}}'"

TIMES = ("'noon'", "x'ff'", "9e999", "-9e999", "1e18", "-1e18", "4070908800", "-1", "'2099-01-01'", BAD_UTF8)
FACTS = ("'no json'", "'[]'", "'null'", "x'ff'", "5", BAD_UTF8, DEEP, DEEP_OBJECT, NOT_SO_DEEP, DIGITS)
TEXTS = ("x'ff41'", BAD_UTF8, "''", "5", "9e999", "char(0)", "'a' || char(10)", HALF_A_PAIR, HUGE)
# What SQL can put into each column.
CONVERSATION = {
    "id": ("NULL", "x'00ff'", BAD_UTF8, "''", "5"),
    "title": TEXTS,
    "created": TIMES,
    "updated": TIMES,
    "options": FACTS,
    "deleted": ("'yes'", "x'01'"),
}
MESSAGE = {
    "id": ("x'00ff'", BAD_UTF8, "''"),
    "parent": ("'odd'", "'none'", "'well-a'", "x'ff'", BAD_UTF8, "5", "'second'"),
    "role": ("'wizard'", "''", "x'ff'", BAD_UTF8),
    "status": ("'paused'", "''", "x'ff'", BAD_UTF8),
    "created": TIMES,
    "text": TEXTS,
    "reasoning": TEXTS,
    "extra": FACTS,
    "shown": ("'no'", "x'ff'", "7"),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
def database(path: Path) -> Iterator[HistoryDatabase]:
    """Hold a conversation that is well, and one that is to be made odd."""
    with closing(HistoryDatabase(path)) as database:
        for name, text in (("well", "a lamp"), ("odd", "an odd lamp")):
            record = ConversationRecord(name, f"About {text}", 1e9, 1e9)
            record.messages = [
                MessageRecord(name, None, "user", "complete", 1e9, text),
                MessageRecord(f"{name}-a", name, "assistant", "complete", 1e9, text),
            ]
            if name == "odd":
                record.messages.append(
                    MessageRecord("second", "odd", "assistant", "complete", 1e9, "again", shown=False)
                )
            database.save_all(record)
        yield database


@pytest.fixture
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the log is told has a test of its own."""
    monkeypatch.setattr(logging.getLogger("caal_desktop.storage.history.rows"), "disabled", True)


def rows(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """Return everything that is in the tables, to the byte."""
    return [
        row
        for table in ("conversation", "message")
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - a name of ours
    ]


@contextlib.contextmanager
def made_odd(path: Path, table: str, column: str, value: str) -> Iterator[None]:
    """Have the second conversation, or its first message, hold a value; and see that nothing else changes it."""
    row = 2 if table == "conversation" else 3
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.text_factory = bytes
        sound = rows(connection)
        before = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = {row}").fetchone()[0]  # noqa: S608
        connection.execute(f"UPDATE {table} SET {column} = {value} WHERE rowid = {row}")  # noqa: S608
        odd = rows(connection)
        yield
        assert rows(connection) == odd, "nothing was removed or mended"
        before = before.decode() if isinstance(before, bytes) else before
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = {row}", (before,))  # noqa: S608
        assert rows(connection) == sound


@pytest.mark.parametrize("value", [1e18, -1, -0.5, 2**63 - 1, float("inf"), float("nan"), "1000", b"1", None])
@pytest.mark.usefixtures("_quiet")
def test_a_time_that_no_calendar_shows_is_none(value: object) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        read = RowReader(connection)
        assert read.moment(value) == 0.0
        assert read.moment(4_070_908_800) == 4_070_908_800.0, "a day in 2099"


def read_everything(database: HistoryDatabase) -> dict[str, ConversationRecord]:
    """Read all that can be read, in every way."""
    database.unfinished()
    for query in ("", "lamp", "ü", "\0"):
        for summary in database.listing(query):
            assert math.isfinite(summary.updated)
            assert 0 <= summary.updated < 2.5e11
            assert len(summary.title) <= 300
            summary.title.encode()
    assert [summary.id for summary in database.listing("a lamp")][:1] == ["well"]
    found = {summary.id: database.load(summary.id) for summary in database.listing()}
    assert None not in found.values(), "what is listed can be opened"
    records = {identifier: record for identifier, record in found.items() if record is not None}
    for record in records.values():
        conversation = to_conversation(record)
        assert len(list(conversation)) <= len(record.messages)
        to_json(record)
        to_markdown(record)
    assert [message.text for message in records["well"].messages] == ["a lamp", "a lamp"]
    return records


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("column", CONVERSATION)
def test_a_conversation_s_odd_value_hurts_it_alone(path: Path, database: HistoryDatabase, column: str) -> None:
    for value in CONVERSATION[column]:
        with made_odd(path, "conversation", column, value):
            records = read_everything(database)
            if column != "id":
                texts = [message.text for message in records["odd"].messages]
                assert texts == ["an odd lamp", "an odd lamp", "again"], value
            elif value not in ("''", "5"):
                assert set(records) == {"well"}, "what cannot be found again is not listed"
            database.expire(10.0)
            database.purge()


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("column", MESSAGE)
def test_a_message_s_odd_value_hurts_it_alone(path: Path, database: HistoryDatabase, column: str) -> None:
    for value in MESSAGE[column]:
        with made_odd(path, "message", column, value):
            texts = [message.text for message in read_everything(database)["odd"].messages]
            assert texts[column == "text" :] == ["an odd lamp", "an odd lamp", "again"][column == "text" :], value


def test_messages_that_follow_each_other_in_a_circle_are_shown(path: Path, database: HistoryDatabase) -> None:
    with made_odd(path, "message", "parent", "'odd-a'"):
        record = read_everything(database)["odd"]
        assert {message.text for message in to_conversation(record)} == {"an odd lamp", "again"}


def test_the_log_is_told_once(
    path: Path, database: HistoryDatabase, caplog: pytest.LogCaptureFixture, expected_logs: Callable[..., None]
) -> None:
    expected_logs(ODD)
    with made_odd(path, "conversation", "title", BAD_UTF8), made_odd(path, "message", "text", BAD_UTF8):
        for _ in range(3):
            read_everything(database)
    told = [record.getMessage() for record in caplog.records if "database has" in record.getMessage()]
    assert told == ["The conversations' database has text that is not UTF-8."]


NAMES = [
    *("facts", "usage", "failure", "tool_calls", "attachments", "error", "params", "reason", "what", "status", "size"),
    *("name", "cost", "seconds", "number", "unit", "date", "provider", "retry_after", "message", "values"),
]
JSON = st.recursive(
    st.none() | st.floats() | st.integers() | st.sampled_from(["RateLimited", "length", "s", "2026-01-01"]),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | st.lists(inner, max_size=2), max_size=4),
    max_leaves=8,
)
VALUES = (
    st.binary(max_size=8)
    | st.text(st.characters(codec="utf-8"), max_size=8)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | JSON.map(json.dumps)
)
COLUMNS = [
    *(("conversation", column) for column in ("id", "title", "created", "updated", "options")),
    *(("message", column) for column in ("id", "parent", "role", "status", "created", "text", "reasoning", "extra")),
]


@pytest.mark.usefixtures("_quiet")
def test_anything_may_be_anywhere(path: Path, database: HistoryDatabase) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(COLUMNS), VALUES), min_size=1, max_size=8))
    def check(changes: list[tuple[tuple[str, str], object]]) -> None:
        writer.execute("BEGIN")
        for (table, column), value in changes:
            identifier = "rowid = 2" if table == "conversation" else "row IN (3, 4)"
            with contextlib.suppress(sqlite3.IntegrityError):  # an id that another row has
                writer.execute(f"UPDATE {table} SET {column} = ? WHERE {identifier}", (value,))  # noqa: S608
        writer.execute("COMMIT")
        read_everything(database)

    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        check()
