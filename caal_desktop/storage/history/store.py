"""Conversations on disk: an SQLite database that loses nothing when the program is killed.

While an answer streams, its new text is appended as small *pieces*, each committed and synced (write-ahead log,
``synchronous=FULL``); the whole message takes their place when the answer has ended. After a crash the pieces are still
there and are joined to their message when it is read.

What is deleted is gone from the files, too. Its place is overwritten and the log, which holds what was written last, is
emptied at once. That leaves what SQLite has copied when it moved rows from page to page: of some deletions in a hundred
a piece stays between the rows of a page. Making the file anew leaves nothing, but takes seconds where it is large, so
that it is done when there is nothing else to do. It is *owed* until then, over an end of the program if need be, and so
is what another program that has the file open keeps us from doing.

Everything here blocks: :mod:`~caal_desktop.storage.history.thread` keeps it off the event loop. ``sqlite3`` itself is
imported when the database is opened: the first window must not wait for it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import whole_characters
from caal_desktop.llm.translation import Count, Unit
from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryFailed,
    HistoryMissing,
    HistoryPutAside,
    HistoryReadOnly,
    HistoryRecovered,
)
from caal_desktop.storage.history.failures import failure_of
from caal_desktop.storage.history.known_file import KnownFile
from caal_desktop.storage.history.opening import open_file, without_waiting
from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary, MessageRecord
from caal_desktop.storage.history.recovery import conversations_in
from caal_desktop.storage.history.rows import IS_DELETED, UPDATED, RowReader, holds, is_beyond_like, like
from caal_desktop.storage.history.schema import OLD_DRAFT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

logger = logging.getLogger(__name__)

MAX_LISTED = 500
_MAX_QUERY = 500
_MAX_TITLE = 300
_SNIPPET = 120
_SNIPPET_LEAD = 16
"""Characters before what was found: little, or it would be cut off in a narrow pane."""
_UNTIDY = "untidy"
"""The note that the file is to be made anew."""
_PURGE_SECONDS = 0.5
"""After how long no other part of a large conversation is removed at once; the rest is, when nothing else is to do."""
_PART_SECONDS = (0.1, 0.4)
"""How long removing a part is to take: after less the next one is larger, after more it is smaller."""
_LEAST_PART = 200
"""Messages of the first part."""
_QUICKLY_MADE = 30_000_000
"""Bytes of a file that is made anew in less than a second, which the end of the program may take."""


class HistoryDatabase:
    """The conversations in one file. To be used by one thread.

    Attributes:
        found: what was wrong with the file when it was opened, and is to be told; None where all was well.
        number: which one of this run's files it is, from 1 on; more than 1 where it has taken the place of another.
    """

    def __init__(self, path: Path, known: KnownFile | None = None) -> None:
        """Open the file, or create it.

        What an earlier run has deleted is removed for good: nobody can restore it any more.

        Args:
            path: the file.
            known: what this run knows of it, which may have had it open before; None for nothing.

        Raises:
            HistoryMissing: this run has had it open before, and it is gone.
            HistoryTooNew: a later version of the program has written it; it is left alone.
            FolderUnusable, HistoryFailed: it cannot be used.
        """
        import sqlite3

        self._path = path
        self._known = KnownFile(path) if known is None else known
        self._sqlite = sqlite3
        is_reopened = self._known.was_open
        opened = open_file(self._known)
        self._connection, self.found, self.number = opened.connection, opened.found, self._known.number
        self._connection.create_function("holds", 2, holds)
        self._read = RowReader(self._connection)
        self._is_joined = self._removes = False
        self._doomed: set[int] = set()
        self._has_traces, self._is_untidy = True, False
        if type(self.found) is HistoryPutAside:
            self._recover(self.found)
        try:
            self._is_untidy = bool(self.note(_UNTIDY))
            if not is_reopened:
                self.purge()
        except HistoryReadOnly as error:
            self.found = error
        except HistoryFailed as error:
            logger.info("What was deleted by an earlier run is still in %s: %s", path.name, error)
        self._empty_log()

    def _recover(self, found: HistoryPutAside) -> None:
        """Take over what can still be read of a damaged file."""
        records = conversations_in(Path(str(found.params["file"])))
        try:
            with self.together():
                for record in records:
                    self.save_all(record)
        except HistoryFailed as error:
            logger.warning("What can still be read of the damaged conversations could not be saved: %s", error)
        else:
            if records:
                self.found = HistoryRecovered(**found.params, saved=Count(len(records), Unit.CONVERSATION))

    def close(self) -> None:
        """Purge what was deleted, and close the file. A large one is made anew after the next start only."""
        with contextlib.suppress(HistoryFailed):
            self.purge()
        with contextlib.suppress(OSError):
            if self._path.stat().st_size <= _QUICKLY_MADE:
                self.tidy()
        self.release()

    def ensure_in_place(self) -> None:
        """Find out whether what is written here is found when the file is opened the next time.

        Raises:
            HistoryMissing: it is not: the file has lost its name.
        """
        self._known.ensure_in_place()

    def wait_for_locks(self, seconds: float) -> None:
        """Set how long a lock of another program is waited for from now on."""
        self._connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}").fetchall()

    def release(self) -> None:
        """Close the file as it is: what was deleted is still in it."""
        try:
            self._known.ensure_in_place()
        except HistoryMissing:
            # SQLite leaves the log then, and would take it for that of the file that has the name now.
            self._empty_log()
        self._connection.close()

    @property
    def owes(self) -> bool:
        """Whether something may still be in the files that should be gone; :meth:`tidy` tries again."""
        is_read_only = isinstance(self.found, HistoryReadOnly)
        return not is_read_only and (bool(self._doomed) or self._has_traces or self._is_untidy)

    def tidy(self) -> None:
        """Remove from the files what is still to be removed, unless another program is in the way.

        May take seconds; :meth:`interrupt` ends it.
        """
        if self.owes:
            with contextlib.suppress(HistoryFailed, self._sqlite.Error):
                self._erase()
                if self._is_untidy:
                    self._connection.execute("VACUUM")
                    self._connection.execute("DELETE FROM note WHERE name = ?", (_UNTIDY,))
                    self._is_untidy, self._has_traces = False, True
            self._empty_log()

    def interrupt(self) -> None:
        """End what :meth:`tidy` does at the moment; to be called by another thread."""
        self._connection.interrupt()

    @contextlib.contextmanager
    def _transaction(self, *, removes: bool = False) -> Iterator[sqlite3.Connection]:
        """Do all of it or nothing.

        Args:
            removes: what is overwritten or deleted shall be gone from the files.

        Raises:
            HistoryFailed: nothing of it was done.
        """
        connection = self._connection
        self._removes |= removes
        if self._is_joined:
            yield connection
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if self._removes and not self._is_untidy:
                    connection.execute("INSERT OR IGNORE INTO note(name, value) VALUES(?, '1')", (_UNTIDY,))
                connection.execute("COMMIT")
            except BaseException:
                # After some errors, such as a full disk, SQLite has rolled back by itself.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            if self._removes:
                self._is_untidy = self._has_traces = True
        except self._sqlite.Error as error:
            raise self._failure_of(error) from error
        finally:
            self._removes = False
        if self._has_traces:
            self._empty_log()

    def _failure_of(self, error: sqlite3.Error) -> HistoryFailed:
        failure = failure_of(error, self._path)
        if isinstance(failure, HistoryDamaged):
            self._known.note_whole(None)
        return failure

    def _empty_log(self) -> None:
        """Copy the log back and cut it to nothing. Another program that reads at the moment keeps us from it."""
        with contextlib.suppress(self._sqlite.Error), without_waiting(self._connection):
            is_busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._has_traces = bool(is_busy)

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
        with self._transaction(removes=True) as db:
            db.execute(
                "UPDATE message SET parent = (SELECT parent FROM message WHERE id = :gone) WHERE parent = :gone",
                {"gone": message},
            )
            db.execute("DELETE FROM piece WHERE message = ?", (message,))
            db.execute("DELETE FROM message WHERE id = ?", (message,))

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        with self._transaction(removes=True) as db:
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
        """Remove for good what was deleted: its pages are overwritten, and the log is emptied.

        A large conversation takes seconds, such as what a killed import has left: it is removed in parts, and the later
        ones by :meth:`tidy`.
        """
        self._doomed.update(row for (row,) in self._rows(f"SELECT rowid FROM conversation WHERE {IS_DELETED}"))  # noqa: S608 - no value in it
        self._erase(_PURGE_SECONDS)

    def _erase(self, seconds: float = float("inf")) -> None:
        end, most = time.monotonic() + seconds, _LEAST_PART
        for row in sorted(self._doomed):
            began = time.monotonic()
            while not self._erase_part(row, most):
                took, (least, longest) = time.monotonic() - began, _PART_SECONDS
                began += took
                if began >= end:
                    break
                most = most * 2 if took < least else max(1, most // 2) if took > longest else most

    def _erase_part(self, row: int, most: int) -> bool:
        """Remove messages of a conversation, or all of it where these are the last; what was restored meanwhile stays.

        Returns:
            Whether nothing is left to be removed.
        """
        messages = self._rows(
            "SELECT row FROM message JOIN conversation ON conversation.id = message.conversation "  # noqa: S608
            f"WHERE conversation.rowid = ? AND {IS_DELETED} LIMIT ?",
            (row, most),
        )
        if len(messages) < most:
            self._erase_where(f"{IS_DELETED} AND rowid = ?", [(row,)])
            self._doomed.discard(row)
            return True
        with self._transaction(removes=True) as db:
            db.executemany("DELETE FROM piece WHERE message IN (SELECT id FROM message WHERE row = ?)", messages)
            db.executemany("DELETE FROM message WHERE row = ?", messages)
        return False

    def _erase_where(self, condition: str, values: Sequence[tuple[object, ...]]) -> None:
        chosen = f"SELECT id FROM conversation WHERE {condition}"  # noqa: S608 - no value in it
        with self._transaction(removes=True) as db:
            for sql in (
                f"DELETE FROM piece WHERE message IN (SELECT id FROM message WHERE conversation IN ({chosen}))",  # noqa: S608
                f"DELETE FROM message WHERE conversation IN ({chosen})",  # noqa: S608
                f"DELETE FROM conversation WHERE {condition}",  # noqa: S608
            ):
                db.executemany(sql, values)

    def expire(self, before: float, keep: str = "") -> None:
        """Remove for good the conversations that were last changed before a moment.

        Args:
            before: seconds since 1970.
            keep: a conversation that stays whatever its age: the one that is shown.
        """
        # Of an unknown date is none of them; what can still be restored is left to purge().
        old = f"{UPDATED} > 0 AND {UPDATED} < ? AND id IS NOT ? AND NOT {IS_DELETED}"
        if self._rows(f"SELECT 1 FROM conversation WHERE {old} LIMIT 1", (before, keep)):  # noqa: S608
            self._erase_where(old, [(before, keep)])

    def take_old_draft(self) -> str:
        """Return the message that version 0.1.0 has kept here while it was written, and remove it; "" for none."""
        draft = self.note(OLD_DRAFT)
        if draft:
            with self._transaction(removes=True) as db:
                db.execute("DELETE FROM note WHERE name = ?", (OLD_DRAFT,))
        return draft

    # --- reading

    def _rows(self, sql: str, values: Sequence[object] | dict[str, object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except self._sqlite.Error as error:
            raise self._failure_of(error) from error

    def note(self, name: str) -> str:
        """Return what was kept under a name; "" where nothing was."""
        rows = self._rows("SELECT value FROM note WHERE name = ?", (name,))
        return self._read.text(rows[0][0]) if rows else ""

    def unfinished(self) -> str | None:
        """Return the conversation whose answer was incomplete when the program ended; None if all were complete."""
        rows = self._rows(
            "SELECT conversation.id FROM conversation JOIN message ON message.conversation = conversation.id "  # noqa: S608
            f"WHERE NOT {IS_DELETED} AND message.status IN ('waiting', 'streaming') "
            "ORDER BY message.created DESC LIMIT 1"
        )
        return self._read.identifier(rows[0][0]) if rows else None

    def listing(self, query: str = "") -> list[ConversationSummary]:
        """Return the conversations, the latest first.

        Args:
            query: keeps those whose title or messages hold it, whatever the case.
        """
        query = " ".join(whole_characters(query[:_MAX_QUERY]).replace("\0", " ").split())
        if not query:
            return self._summaries("SELECT NULL AS text, id AS conversation FROM conversation", "")
        if is_beyond_like(query):
            match, value = "holds(CAST({} AS BLOB), :value)", query.casefold()
        else:
            match, value = "{} LIKE :value ESCAPE '\\'", like(query)
        return self._summaries(
            "SELECT text, conversation FROM message WHERE row IN "  # noqa: S608 - no value in it
            f"(SELECT min(row) FROM message WHERE {match.format('text')} GROUP BY conversation) "
            f"UNION ALL SELECT NULL, id FROM conversation WHERE {match.format('title')}",
            query,
            value,
        )

    def _summaries(self, found: str, query: str, value: str = "") -> list[ConversationSummary]:
        """Return what a list shows of conversations.

        Args:
            found: SQL that selects the text that was found, or NULL, and the conversation's id.
            query: what was looked for.
            value: the SQL's value.
        """
        rows = self._rows(
            f"SELECT id, substr(title, 1, {_MAX_TITLE}), {UPDATED} AS moment, max(text) "  # noqa: S608 - no value in it
            f"FROM ({found}) JOIN conversation ON id = conversation WHERE NOT {IS_DELETED} "
            f"GROUP BY id ORDER BY moment DESC LIMIT {MAX_LISTED}",
            {"value": value},
        )
        listed = []
        for raw, title, updated, text in rows:
            identifier = self._read.identifier(raw)
            if identifier is not None:
                snippet = "" if text is None else _snippet(self._read.text(text), query)
                listed.append(ConversationSummary(identifier, self._read.text(title), updated, snippet))
        return listed

    def load(self, conversation: str) -> ConversationRecord | None:
        """Return a whole conversation; None if there is none of that id."""
        head = self._rows("SELECT id, title, created, updated, options FROM conversation WHERE id = ?", (conversation,))
        if not head:
            return None
        read = self._read
        pieces: dict[tuple[str, str], list[str]] = {}
        for message, kind, text in self._rows(
            "SELECT piece.message, kind, piece.text FROM piece JOIN message ON message.id = piece.message "
            "WHERE conversation = ? ORDER BY seq",
            (conversation,),
        ):
            pieces.setdefault((read.text(message), read.text(kind)), []).append(read.text(text))
        _, title, created, updated, options = head[0]
        record = ConversationRecord(
            conversation, read.text(title), read.moment(created), read.moment(updated), read.json_object(options)
        )
        for row in self._rows(
            "SELECT id, parent, role, status, created, text, reasoning, extra, shown FROM message "
            "WHERE conversation = ? ORDER BY row",
            (conversation,),
        ):
            message, parent, role, status, created, text, reasoning, extra, shown = row
            identifier = read.text(message)
            record.messages.append(
                MessageRecord(
                    identifier,
                    None if parent is None else read.text(parent),
                    read.text(role),
                    read.text(status),
                    read.moment(created),
                    read.text(text) + "".join(pieces.get((identifier, "text"), [])),
                    read.text(reasoning) + "".join(pieces.get((identifier, "reasoning"), [])),
                    read.json_object(extra),
                    bool(shown),
                )
            )
        return record


def _snippet(text: str, query: str) -> str:
    place = max(0, text.lower().find(query.lower()))
    start = max(0, place - _SNIPPET_LEAD)
    if start:
        start = text.find(" ", start, place) + 1 or start
    words = " ".join(text[start : start + _SNIPPET].split())
    return f"{'…' if start else ''}{words}{'…' if start + _SNIPPET < len(text) else ''}"
