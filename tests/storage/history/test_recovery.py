"""What can still be read of a damaged database: odd rows of it included, each once, and nothing that was deleted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.recovery import conversations_in
from caal_desktop.storage.history.store import HistoryDatabase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ODD = r"WARNING caal_desktop\.storage\.history\.rows: The conversations' database has .*"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


def write(path: Path, *changes: str) -> None:
    """Keep two conversations, of which the second was deleted, and change what is in the file."""
    with closing(HistoryDatabase(path)) as database:
        for name in ("kept", "gone"):
            record = ConversationRecord(name, f"About {name}", 1e9, 1e9, {"temperature": 0.5})
            record.messages = [
                MessageRecord(f"{name}-q", None, "user", "complete", 1e9, name),
                MessageRecord(f"{name}-a", f"{name}-q", "assistant", "streaming", 1e9, "an ", "hm "),
            ]
            database.save_all(record)
        database.append(
            [("kept-a", "text", "answer "), ("kept-a", "reasoning", "well"), ("kept-a", "text", "in pieces")]
        )
        database.delete("gone")
        database.release()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for change in changes:
            connection.execute(change)


def found(path: Path) -> dict[str, dict[str, tuple[str | None, str, str]]]:
    """Return parent, text and reasoning of what is read, by the ids of conversations and messages."""
    return {
        record.id: {message.id: (message.parent, message.text, message.reasoning) for message in record.messages}
        for record in conversations_in(path)
    }


WHOLE = {"kept-q": (None, "kept", ""), "kept-a": ("kept-q", "an answer in pieces", "hm well")}


def test_what_was_not_deleted_is_read_with_all_its_pieces(path: Path) -> None:
    write(path)
    assert found(path) == {"kept": WHOLE}
    (record,) = conversations_in(path)
    assert (record.title, record.created, record.options) == ("About kept", 1e9, {"temperature": 0.5})


def test_the_file_is_read_as_it_is_and_nothing_is_made_beside_it(path: Path) -> None:
    write(path)
    path.with_name(f"{path.name}-wal").write_bytes(b"of a time before the damage")
    before = path.read_bytes()
    assert found(path) == {"kept": WHOLE}
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}-wal"]


def test_messages_whose_conversation_is_lost_have_one_without_a_title(path: Path) -> None:
    write(path, "PRAGMA foreign_keys = OFF", "DELETE FROM conversation WHERE id = 'kept'")
    assert found(path) == {"kept": WHOLE}
    assert [(record.title, record.created) for record in conversations_in(path)] == [("", 1e9)]


def test_what_is_found_twice_is_read_once(path: Path) -> None:
    """As a page is that stands in two places of the file: its table is no longer what its index says."""
    write(
        path,
        "CREATE TABLE other AS SELECT * FROM message",
        "DROP TABLE message",
        "ALTER TABLE other RENAME TO message",
        "INSERT INTO message SELECT row + 100, id, 'kept', parent, role, status, created, 'twice', '', extra, shown "
        "FROM message WHERE id = 'kept-q'",
    )
    assert found(path) == {"kept": WHOLE}
    assert [len(record.messages) for record in conversations_in(path)] == [2]


@pytest.mark.parametrize("identifier", ["x'00ff'", "CAST(x'ff41' AS TEXT)"])
def test_a_message_that_cannot_be_found_again_is_left_out(
    path: Path, identifier: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs(ODD)
    write(path, f"UPDATE message SET id = {identifier} WHERE id = 'kept-q'")  # noqa: S608 - a text of ours
    assert found(path) == {"kept": {"kept-a": WHOLE["kept-a"]}}


@pytest.mark.parametrize("place", ["x'00ff'", "CAST(x'ff41' AS TEXT)"])
def test_a_conversation_that_cannot_be_found_again_is_left_out(
    path: Path, place: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs(ODD)
    write(
        path,
        "PRAGMA foreign_keys = OFF",
        f"UPDATE conversation SET id = {place} WHERE id = 'kept'",  # noqa: S608 - a text of ours
        f"UPDATE message SET conversation = {place} WHERE conversation = 'kept'",  # noqa: S608
    )
    assert found(path) == {}


def test_an_odd_parent_is_a_text_as_any_other(path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs(ODD)
    write(path, "UPDATE message SET parent = x'6f6464' WHERE id = 'kept-a'")
    assert found(path)["kept"]["kept-a"][0] == "odd"


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_of_what_is_no_database_nothing_is_read(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert conversations_in(path) == []
    assert conversations_in(path.with_name("missing.db")) == []
