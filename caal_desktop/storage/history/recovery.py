"""Saving what can still be read of a damaged database.

Each table is read from its beginning to the damage, and from its end back to it: a fault in one place costs what is in
that place. The log of a program that was killed has what was written last. But where the file is whole without it, it
is another file's: a backup was put into its place.
"""

from __future__ import annotations

import contextlib
import logging
from contextlib import closing
from typing import TYPE_CHECKING, Any

from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.rows import IS_DELETED, RowReader

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

logger = logging.getLogger(__name__)

_CONVERSATIONS = f"id, title, created, updated, options, {IS_DELETED}"
_MESSAGES = "id, conversation, parent, role, status, created, text, reasoning, extra, shown"
_PIECES = "message, kind, text"
_WITH_LOG = "mode=ro"
_WITHOUT_LOG = "mode=ro&immutable=1"


def conversations_in(damaged: Path) -> list[ConversationRecord]:
    """Return what can be read of the conversations in a damaged file, which is not changed.

    A message whose conversation is lost gets one without a title.
    """
    # SQLite makes this file to read the log.
    index = damaged.with_name(f"{damaged.name}-shm")
    was_there = index.exists()
    try:
        ways = [_WITH_LOG, _WITHOUT_LOG]
        if _is_whole(damaged, _WITHOUT_LOG) and not _is_whole(damaged, _WITH_LOG):
            ways.reverse()
        return next(filter(None, (_read(damaged, way) for way in ways)), [])
    finally:
        if not was_there:
            index.unlink(missing_ok=True)


def _is_whole(path: Path, way: str) -> bool:
    import sqlite3

    try:
        with closing(_connect(path, way)) as connection:
            found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error:
        return False
    return found == "ok"


def _connect(path: Path, way: str) -> sqlite3.Connection:
    import sqlite3

    # A connection that may not write does not write the log into the file either.
    return sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True)


def _read(damaged: Path, way: str) -> list[ConversationRecord]:
    import sqlite3

    try:
        connection = _connect(damaged, way)
    except sqlite3.Error:
        return []
    with closing(connection):
        read = RowReader(connection)
        rows = _rows(connection, "conversation", _CONVERSATIONS)
        deleted = {identifier for identifier, *_, is_deleted in rows if is_deleted}
        records = {
            found: ConversationRecord(
                found, read.text(title), read.moment(created), read.moment(updated), read.json_object(options)
            )
            for identifier, title, created, updated, options, is_deleted in rows
            if not is_deleted and (found := read.identifier(identifier)) is not None
        }
        pieces: dict[tuple[Any, Any], str] = {}
        for message, kind, text in _rows(connection, "piece", _PIECES):
            pieces[message, kind] = pieces.get((message, kind), "") + read.text(text)
        known: set[str] = set()
        for row in _rows(connection, "message", _MESSAGES):
            identifier, conversation, parent, role, status, created, text, reasoning, extra, shown = row
            place, found = read.identifier(conversation), read.identifier(identifier)
            if place is None or found is None or found in known or conversation in deleted:
                continue
            known.add(found)
            moment = read.moment(created)
            record = records.setdefault(place, ConversationRecord(place, "", moment, moment))
            record.messages.append(
                MessageRecord(
                    found,
                    None if parent is None else read.text(parent),
                    read.text(role),
                    read.text(status),
                    moment,
                    read.text(text) + pieces.get((identifier, "text"), ""),
                    read.text(reasoning) + pieces.get((identifier, "reasoning"), ""),
                    read.json_object(extra),
                    bool(shown),
                )
            )
        return [record for record in records.values() if record.messages]


def _rows(connection: sqlite3.Connection, table: str, columns: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table that can be read, in their order."""
    found: dict[int, tuple[Any, ...]] = {}
    for order in ("", "DESC"):
        sql = f"SELECT rowid, {columns} FROM {table} ORDER BY rowid {order}"  # noqa: S608
        # An error of any kind ends it: what is read is damaged.
        with contextlib.suppress(Exception):
            for row in connection.execute(sql):
                if row[0] in found:
                    break
                found[row[0]] = row[1:]
    return [found[row] for row in sorted(found)]
