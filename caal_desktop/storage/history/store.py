"""Conversations on disk: an SQLite database that loses nothing when the program is killed.

While an answer streams, its new text is appended as small *pieces*, each committed and synced (write-ahead log,
``synchronous=FULL``); the whole message takes their place when the answer has ended. After a crash the pieces are still
there and are joined to their message when it is read.

Everything here blocks: :mod:`~caal_desktop.storage.history.thread` keeps it off the event loop. ``sqlite3`` itself is
imported when the database is opened: the first window must not wait for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import as_dict, parse_json, whole_characters
from caal_desktop.storage.atomic_file import ensure_private_folder, free_name, reason_of
from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryFailed,
    HistoryForbidden,
    HistoryNotAFile,
    HistoryPutAside,
    HistoryTooNew,
)
from caal_desktop.storage.history.failures import failure_of
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary, MessageRecord
from caal_desktop.storage.history.schema import FTS_SCHEMA, SCHEMA, SCHEMA_VERSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_LISTED = 500
BUSY_SECONDS = 5.0
"""How long a lock of another program is waited for."""
_SNIPPET = 120
_TRIGRAM = 3
"""Characters that a search needs at least for the full-text index; shorter ones look through the text."""


class HistoryDatabase:
    """The conversations in one file. To be used by one thread.

    Attributes:
        found: what was wrong with the file when it was opened, and is to be told; None where all was well.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or create it.

        Raises:
            HistoryTooNew: a later version of the program has written it; it is left alone.
            FolderUnusable, HistoryFailed: it cannot be used.
        """
        import sqlite3

        self._path = path
        self._sqlite = sqlite3
        self.found: HistoryFailed | None = None
        self._is_joined = False
        ensure_private_folder(path.parent)
        try:
            self._connection = self._open()
        except HistoryDamaged:
            self.found = HistoryPutAside(file=str(self._set_aside()))
            self._connection = self._open()
        self._has_fts = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'message_fts'").fetchone()

    def close(self) -> None:
        """Purge what was deleted, and close the file."""
        with contextlib.suppress(HistoryFailed):
            self.purge()
        self._connection.close()

    # --- opening

    def _open(self) -> sqlite3.Connection:
        self._check_place()
        try:
            connection: sqlite3.Connection = self._sqlite.connect(
                self._path, isolation_level=None, timeout=BUSY_SECONDS
            )
        except self._sqlite.Error as error:
            raise failure_of(error, self._path) from error
        try:
            self._path.chmod(0o600)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}").fetchall()
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > SCHEMA_VERSION:
                raise HistoryTooNew(file=str(self._path))  # noqa: TRY301 - the connection is closed below
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise HistoryDamaged(file=str(self._path))  # noqa: TRY301
            if version < SCHEMA_VERSION:
                self._create(connection)
        except self._sqlite.Error as error:
            connection.close()
            raise failure_of(error, self._path) from error
        except OSError as error:
            connection.close()
            raise HistoryFailed(file=str(self._path), reason=reason_of(error)) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> sqlite3.Connection:
        return self._sqlite.connect(self._path, isolation_level=None, timeout=BUSY_SECONDS)

    def _check_place(self) -> None:
        """See that what is in the file's place, if anything, is a file: to open a pipe would wait for ever."""
        try:
            mode = self._path.stat().st_mode
        except FileNotFoundError:
            return
        except OSError as error:
            raise HistoryFailed(file=str(self._path), reason=reason_of(error)) from error
        if not stat.S_ISREG(mode):
            raise HistoryNotAFile(file=str(self._path))
        if not os.access(self._path, os.R_OK):
            raise HistoryForbidden(file=str(self._path))

    def _create(self, connection: sqlite3.Connection) -> None:
        connection.executescript(f"BEGIN;{SCHEMA};PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
        # Builds of SQLite without FTS5, or without its trigrams, are searched by looking through the text.
        with contextlib.suppress(self._sqlite.OperationalError):
            connection.executescript(FTS_SCHEMA)

    def _set_aside(self) -> Path:
        target = free_name(self._path, "damaged", datetime.now(UTC))
        try:
            self._path.rename(target)
            for ending in ("-wal", "-shm"):
                side = self._path.with_name(self._path.name + ending)
                if side.exists():
                    side.rename(target.with_name(target.name + ending))
        except OSError as error:
            raise HistoryFailed(file=str(self._path), reason=reason_of(error)) from error
        return target

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        if self._is_joined:
            yield connection
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # After some errors, such as a full disk, SQLite has rolled back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except self._sqlite.Error as error:
            raise failure_of(error, self._path) from error

    # --- writing

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Make one change of those that are made within this context: all of them are kept, or none.

        Purging and expiring cannot be among them.

        Raises:
            HistoryFailed: they could not be kept.
        """
        with self._transaction():
            self._is_joined = True
            try:
                yield
            finally:
                self._is_joined = False

    def save_conversation(self, record: ConversationRecord) -> None:
        """Keep title, times and options; the messages are kept one by one."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO conversation(id, title, created, updated, options) VALUES(?, ?, ?, ?, ?) ON CONFLICT(id) "
                "DO UPDATE SET updated = excluded.updated, options = excluded.options",
                (record.id, whole_characters(record.title), record.created, record.updated, json.dumps(record.options)),
            )

    def save_message(self, conversation: str, record: MessageRecord, *, updated: float | None = None) -> None:
        """Keep a whole message, in place of the pieces that were kept of it.

        Args:
            conversation: the id of its conversation.
            record: the message.
            updated: when the conversation was changed, in seconds since 1970; None for now.
        """
        with self._transaction() as db:
            self._save_message(db, conversation, record)
            moment = time.time() if updated is None else updated
            db.execute("UPDATE conversation SET updated = ? WHERE id = ?", (moment, conversation))

    def save_all(self, record: ConversationRecord) -> None:
        """Keep a conversation with all of its messages, as one."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO conversation(id, title, created, updated, options) VALUES(?, ?, ?, ?, ?)",
                (record.id, whole_characters(record.title), record.created, record.updated, json.dumps(record.options)),
            )
            for message in record.messages:
                self._save_message(db, record.id, message)

    def _save_message(self, db: sqlite3.Connection, conversation: str, record: MessageRecord) -> None:
        db.execute("DELETE FROM piece WHERE message = ?", (record.id,))
        db.execute(
            "INSERT INTO message(id, conversation, parent, role, status, created, text, reasoning, extra, shown) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET parent = excluded.parent, "
            "status = excluded.status, text = excluded.text, reasoning = excluded.reasoning, extra = excluded.extra, "
            "shown = excluded.shown",
            (
                record.id,
                conversation,
                record.parent,
                record.role,
                record.status,
                record.created,
                whole_characters(record.text),
                whole_characters(record.reasoning),
                whole_characters(json.dumps(record.extra, ensure_ascii=False)),
                int(record.shown),
            ),
        )

    def save_extra(self, message: str, extra: dict[str, Any]) -> None:
        """Keep facts of a message that became known later; nothing happens where the message is not kept."""
        with self._transaction() as db:
            text = whole_characters(json.dumps(extra, ensure_ascii=False))
            db.execute("UPDATE message SET extra = ? WHERE id = ?", (text, message))

    def append(self, pieces: Sequence[tuple[str, str, str]]) -> None:
        """Keep the new text of messages since the last time.

        Args:
            pieces: message's id, ``text`` or ``reasoning``, and the new text.
        """
        with self._transaction() as db:
            db.executemany(
                "INSERT INTO piece(message, kind, text) SELECT :message, :kind, :text "
                "WHERE EXISTS (SELECT 1 FROM message WHERE id = :message)",
                [{"message": message, "kind": kind, "text": whole_characters(text)} for message, kind, text in pieces],
            )

    def show(self, shown: Sequence[str], hidden: Sequence[str]) -> None:
        """Remember which of several versions are shown."""
        with self._transaction() as db:
            db.executemany("UPDATE message SET shown = 0 WHERE id = ?", [(message,) for message in hidden])
            db.executemany("UPDATE message SET shown = 1 WHERE id = ?", [(message,) for message in shown])

    def remove_message(self, message: str) -> None:
        """Remove a message; what followed it follows its predecessor then."""
        with self._transaction() as db:
            db.execute(
                "UPDATE message SET parent = (SELECT parent FROM message WHERE id = :gone) WHERE parent = :gone",
                {"gone": message},
            )
            db.execute("DELETE FROM piece WHERE message = ?", (message,))
            db.execute("DELETE FROM message WHERE id = ?", (message,))

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        with self._transaction() as db:
            db.execute("UPDATE conversation SET title = ? WHERE id = ?", (whole_characters(title), conversation))

    def delete(self, conversation: str) -> None:
        """Mark a conversation as deleted; :meth:`restore` brings it back until :meth:`purge`."""
        with self._transaction() as db:
            db.execute("UPDATE conversation SET deleted = ? WHERE id = ?", (time.time(), conversation))

    def restore(self, conversation: str) -> None:
        """Bring a deleted conversation back."""
        with self._transaction() as db:
            db.execute("UPDATE conversation SET deleted = NULL WHERE id = ?", (conversation,))

    def purge(self) -> None:
        """Remove for good what was deleted; the file's pages are overwritten."""
        with self._transaction() as db:
            gone = "SELECT id FROM conversation WHERE deleted IS NOT NULL"
            db.execute(f"DELETE FROM piece WHERE message IN (SELECT id FROM message WHERE conversation IN ({gone}))")  # noqa: S608
            db.execute(f"DELETE FROM message WHERE conversation IN ({gone})")  # noqa: S608 - no value in it
            db.execute("DELETE FROM conversation WHERE deleted IS NOT NULL")

    def expire(self, before: float, keep: str = "") -> None:
        """Remove for good the conversations that were last changed before a moment.

        Args:
            before: seconds since 1970.
            keep: a conversation that stays whatever its age: the one that is shown.
        """
        with self._transaction() as db:
            db.execute(
                "UPDATE conversation SET deleted = ? WHERE updated < ? AND id <> ? AND deleted IS NULL",
                (time.time(), before, keep),
            )
        self.purge()

    def set_note(self, name: str, value: str) -> None:
        """Keep a short text under a name; an empty one is removed."""
        with self._transaction() as db:
            db.execute("DELETE FROM note WHERE name = ?", (name,))
            if value:
                db.execute("INSERT INTO note(name, value) VALUES(?, ?)", (name, whole_characters(value)))

    # --- reading

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except self._sqlite.Error as error:
            raise failure_of(error, self._path) from error

    def note(self, name: str) -> str:
        """Return what was kept under a name; "" where nothing was."""
        rows = self._rows("SELECT value FROM note WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def unfinished(self) -> str | None:
        """Return the conversation whose answer was incomplete when the program ended; None if all were complete."""
        rows = self._rows(
            "SELECT conversation.id FROM conversation JOIN message ON message.conversation = conversation.id "
            "WHERE message.status IN ('waiting', 'streaming') AND deleted IS NULL ORDER BY message.created DESC LIMIT 1"
        )
        return str(rows[0][0]) if rows else None

    def listing(self, query: str = "") -> list[ConversationSummary]:
        """Return the conversations, the latest first.

        Args:
            query: keeps those whose title or messages hold it, whatever the case.
        """
        query = " ".join(whole_characters(query).split())
        if not query:
            rows = self._rows(
                "SELECT id, title, updated FROM conversation WHERE deleted IS NULL ORDER BY updated DESC LIMIT ?",
                (MAX_LISTED,),
            )
            return [ConversationSummary(str(row[0]), str(row[1]), float(row[2])) for row in rows]
        found = self._matches(query)
        rows = self._rows(
            "SELECT id, title, updated FROM conversation WHERE deleted IS NULL AND title LIKE ? ESCAPE '\\'",
            (_like(query),),
        )
        for identifier, title, updated in rows:
            found.setdefault(identifier, ConversationSummary(identifier, title, updated))
        return sorted(found.values(), key=lambda summary: summary.updated, reverse=True)[:MAX_LISTED]

    def _matches(self, query: str) -> dict[str, ConversationSummary]:
        select = (
            "SELECT conversation.id, title, updated, message.text FROM message "
            "JOIN conversation ON conversation.id = message.conversation WHERE deleted IS NULL AND "
        )
        if self._has_fts and len(query) >= _TRIGRAM:
            quoted = '"' + query.replace('"', '""') + '"'
            rows = self._rows(
                f"{select} message.row IN (SELECT rowid FROM message_fts WHERE message_fts MATCH ?) LIMIT 2000",  # noqa: S608
                (quoted,),
            )
        else:
            rows = self._rows(f"{select} message.text LIKE ? ESCAPE '\\' LIMIT 2000", (_like(query),))
        found: dict[str, ConversationSummary] = {}
        for identifier, title, updated, text in rows:
            found.setdefault(identifier, ConversationSummary(identifier, title, updated, _snippet(text, query)))
        return found

    def load(self, conversation: str) -> ConversationRecord | None:
        """Return a whole conversation; None if there is none of that id."""
        head = self._rows("SELECT id, title, created, updated, options FROM conversation WHERE id = ?", (conversation,))
        if not head:
            return None
        pieces: dict[tuple[str, str], list[str]] = {}
        for message, kind, text in self._rows(
            "SELECT piece.message, kind, piece.text FROM piece JOIN message ON message.id = piece.message "
            "WHERE conversation = ? ORDER BY seq",
            (conversation,),
        ):
            pieces.setdefault((message, kind), []).append(text)
        record = ConversationRecord(head[0][0], head[0][1], head[0][2], head[0][3], as_dict(parse_json(head[0][4])))
        for row in self._rows(
            "SELECT id, parent, role, status, created, text, reasoning, extra, shown FROM message "
            "WHERE conversation = ? ORDER BY row",
            (conversation,),
        ):
            identifier, parent, role, status, created, text, reasoning, extra, shown = row
            record.messages.append(
                MessageRecord(
                    identifier,
                    parent,
                    role,
                    status,
                    created,
                    text + "".join(pieces.get((identifier, "text"), [])),
                    reasoning + "".join(pieces.get((identifier, "reasoning"), [])),
                    as_dict(parse_json(extra)),
                    bool(shown),
                )
            )
        return record


def _like(query: str) -> str:
    escaped = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _snippet(text: str, query: str) -> str:
    place = max(0, text.lower().find(query.lower()))
    start = max(0, place - _SNIPPET // 3)
    words = " ".join(text[start : start + _SNIPPET].split())
    return f"{'…' if start else ''}{words}{'…' if start + _SNIPPET < len(text) else ''}"
