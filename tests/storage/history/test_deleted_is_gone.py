"""What was deleted is in none of the files beside the database, to the last trigram of it."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from queue import Empty
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.storage.errors import HistoryLocked
from caal_desktop.storage.history import store
from caal_desktop.storage.history import thread as history_thread
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.history.thread import HistoryThread
from tests.support.locked_database import locked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SECRET = "qxzjvkwqy-ファクス機械-vzzqkxj"
KEPT = "evergreen"


@pytest.fixture(autouse=True)
def _forgetful_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as it comes: deleted rows stay in the file's free pages unless a program asks for more.

    Some systems build it with the opposite default, which would hide that the program does not ask.
    """
    connect = sqlite3.connect

    def connect_without_overwriting(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute("PRAGMA secure_delete=OFF").fetchall()
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_without_overwriting)


def traces(path: Path, text: str = SECRET) -> list[str]:
    """Return the trigrams of a text that are in the database's file or in any beside it."""
    content = b"\n".join(file.read_bytes() for file in sorted(path.parent.iterdir()))
    grams = {text[at : at + 3] for at in range(len(text) - 2)}
    return sorted(gram for gram in grams if gram.encode() in content)


def after_a_kill(path: Path) -> Path:
    """Return the database as a process leaves it that is killed now."""
    copy = path.parent.with_name("killed")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path.parent, copy)
    return copy / path.name


def fill(database: HistoryDatabase, conversation: str, text: str, *, updated: float = 1e9) -> None:
    record = ConversationRecord(conversation, f"About {text}", updated, updated, {"system_prompt": text})
    record.messages = [
        MessageRecord(f"{conversation}-q", None, "user", "complete", 1.0, text * 30),
        MessageRecord(f"{conversation}-a", f"{conversation}-q", "assistant", "streaming", 2.0, text, text * 300),
    ]
    record.messages[1].extra = {"tool_calls": [{"name": text}], "attachments": [{"content": text * 500}]}
    database.save_all(record)
    database.append([(f"{conversation}-a", kind, text) for kind in ("text", "reasoning")])


@dataclass(frozen=True, slots=True)
class Way:
    """How something comes into the database, and how the user gets rid of it."""

    write: Callable[[HistoryDatabase], None]
    forget: Callable[[HistoryDatabase], None]


def _delete(database: HistoryDatabase) -> None:
    database.delete("gone")
    database.purge()


def _rename(database: HistoryDatabase) -> None:
    database.rename("kept0", "About other things")


def _remove_with_other_changes(database: HistoryDatabase) -> None:
    with database.together():
        database.remove_message("extra")
        database.show(["kept0-a"], [])
    assert database.owes, "the file is to be made anew"


def _remove_message(database: HistoryDatabase) -> None:
    database.remove_message("extra")


def _stream(database: HistoryDatabase) -> None:
    database.save_message("kept0", MessageRecord("extra", "kept0-a", "assistant", "streaming", 3.0))
    for _ in range(40):
        database.append([("extra", "text", SECRET)])


def _reject(database: HistoryDatabase) -> None:
    """Keep the answer whole, in place of its pieces, and remove it."""
    database.save_message("kept0", MessageRecord("extra", "kept0-a", "assistant", "complete", 3.0, SECRET * 40))
    database.remove_message("extra")


def keep_old_draft(database: HistoryDatabase, text: str) -> None:
    database._connection.execute("INSERT INTO note VALUES('draft', ?)", (text,))


WAYS = {
    "a conversation is deleted": Way(lambda db: fill(db, "gone", SECRET), _delete),
    "a conversation expires": Way(lambda db: fill(db, "gone", SECRET, updated=10.0), lambda db: db.expire(1000.0)),
    "a title is changed": Way(lambda db: db.rename("kept0", SECRET), _rename),
    "a message is removed": Way(
        lambda db: db.save_message("kept0", MessageRecord("extra", "kept0-a", "user", "complete", 3.0, SECRET * 9)),
        _remove_message,
    ),
    "a message is removed with other changes": Way(
        lambda db: db.save_message("kept0", MessageRecord("extra", "kept0-a", "user", "complete", 3.0, SECRET * 9)),
        _remove_with_other_changes,
    ),
    "a streamed answer is removed": Way(_stream, _reject),
    "a draft of an earlier version is taken over": Way(
        lambda db: keep_old_draft(db, SECRET * 40), HistoryDatabase.take_old_draft
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_is_gone_from_the_files_at_once(path: Path, database: HistoryDatabase, way: Way) -> None:
    for number in range(10):
        fill(database, f"kept{number}", KEPT)
    way.write(database)
    assert len(traces(path)) == len(SECRET) - 2, "it was there"
    way.forget(database)
    assert traces(path) == [], "the log included, while the database is open"
    killed = after_a_kill(path)
    database.close()
    assert traces(path) == []
    for again in (path, killed):
        with closing(HistoryDatabase(again)) as later:
            assert later.found is None
            assert len(later.listing()) == len(later.listing(KEPT)) == 10
            assert later.listing(SECRET[:5]) == []
        assert traces(again) == []
    assert traces(path, KEPT) != []


def test_what_can_be_restored_is_kept_until_the_program_ends(path: Path, database: HistoryDatabase) -> None:
    """And it is gone with the next start, too, if the program is killed before its end."""
    fill(database, "gone", SECRET)
    fill(database, "kept", KEPT)
    database.delete("gone")
    database.expire(2.0)
    database.tidy()
    assert traces(path) != []
    killed = after_a_kill(path)
    database.restore("gone")
    assert len(database.listing()) == 2
    database.delete("gone")
    database.close()
    assert traces(path) == []
    assert traces(killed) != []
    with closing(HistoryDatabase(killed)) as later:
        assert traces(killed) == [], "as soon as it is opened"
        assert [summary.id for summary in later.listing(KEPT)] == ["kept"]
        assert later.load("gone") is None


def test_a_reader_only_delays_it(path: Path, database: HistoryDatabase) -> None:
    fill(database, "gone", SECRET)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM message").fetchone() == (2,)
        _delete(database)
        assert database.listing() == []
        database.tidy()
        assert database.owes
        assert traces(path) != [], "the reader still needs it"
    database.tidy()
    assert not database.owes
    assert traces(path) == [], "once it is done"


def test_what_is_restored_while_it_cannot_be_removed_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The removal that failed is made up for later: by then the user may have thought better of it."""
    monkeypatch.setattr("caal_desktop.storage.history.opening.BUSY_SECONDS", 0.001)
    with closing(HistoryDatabase(path)) as database:
        for name in ("gone", "restored"):
            fill(database, name, KEPT)
            database.delete(name)
        with locked(path), pytest.raises(HistoryLocked):
            database.purge()
        database.restore("restored")
        database.tidy()
        assert [summary.id for summary in database.listing()] == ["restored"]
        restored = database.load("restored")
        assert restored is not None
        assert len(restored.messages) == 2
        assert database.load("gone") is None


def test_a_log_that_cannot_be_emptied_after_tidying_is_owed(path: Path, database: HistoryDatabase) -> None:
    """The file is made anew in the log first: until that is copied back, the old pages are still in the file."""

    def deny(action: int, what: str | None, *_more: str | None) -> int:
        is_checkpoint = action == sqlite3.SQLITE_PRAGMA and what == "wal_checkpoint"
        return sqlite3.SQLITE_DENY if is_checkpoint else sqlite3.SQLITE_OK

    fill(database, "gone", SECRET)
    _delete(database)
    database._connection.set_authorizer(deny)
    database.tidy()
    assert database.owes
    database._connection.set_authorizer(None)
    database.tidy()
    assert not database.owes
    assert traces(path) == []


def test_nobody_waits_for_the_log_to_be_emptied(database: HistoryDatabase) -> None:
    """Each deletion would wait for a reader, for seconds."""
    said: list[str] = []
    fill(database, "gone", SECRET)
    database._connection.set_trace_callback(said.append)
    _delete(database)
    database._connection.set_trace_callback(None)
    place = said.index("PRAGMA wal_checkpoint(TRUNCATE)")
    assert said[place - 1] == "PRAGMA busy_timeout = 0"
    assert said[place + 1] == "PRAGMA busy_timeout = 5000", "as before"


def test_a_large_file_is_made_anew_after_the_next_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take seconds, for which the end of the program does not wait."""
    with monkeypatch.context() as patched, closing(HistoryDatabase(path)) as database:
        patched.setattr(store, "_QUICKLY_MADE", 0)
        fill(database, "gone", SECRET)
        _delete(database)
        database.close()
    with closing(HistoryDatabase(path)) as database:
        assert database.owes
        database.tidy()
        assert not database.owes
    with closing(HistoryDatabase(path)) as database:
        assert not database.owes


def test_a_writer_at_the_start_only_delays_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caal_desktop.storage.history.opening.BUSY_SECONDS", 0.001)
    with closing(HistoryDatabase(path)) as first:
        fill(first, "gone", SECRET)
        fill(first, "kept", KEPT)
        first.delete("gone")
        killed = after_a_kill(path)
    with locked(killed):
        database = HistoryDatabase(killed)
        assert [summary.id for summary in database.listing()] == ["kept"], "what is kept can be read meanwhile"
        assert database.owes
    database.delete("kept")
    database.tidy()
    assert traces(killed) == []
    assert traces(killed, KEPT) != [], "what this run has deleted can still be restored"
    database.restore("kept")
    database.close()


def test_a_large_conversation_is_removed_in_parts_behind_everything_else(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as what a killed import has left. All at once it takes seconds, in which nothing is listed or saved."""
    with closing(HistoryDatabase(path)) as first:
        record = ConversationRecord("gone", SECRET, 1e9, 1e9)
        record.messages = [MessageRecord(f"gone{n}", None, "user", "complete", 1.0, SECRET * 30) for n in range(100)]
        first.save_all(record)
        fill(first, "kept", KEPT)
        first.delete("gone")
        killed = after_a_kill(path)
    monkeypatch.setattr(store, "_PURGE_SECONDS", 0.0)
    monkeypatch.setattr(store, "_LEAST_PART", 20)
    monkeypatch.setattr(store, "_PART_SECONDS", (0.0, 3600.0))
    monkeypatch.setattr(store, "_QUICKLY_MADE", 0)
    database = HistoryDatabase(killed)

    def left() -> int:
        record = database.load("gone")
        return 0 if record is None else len(record.messages)

    assert [summary.id for summary in database.listing()] == ["kept"]
    assert left() == 80
    assert database.owes
    fill(database, "mine", KEPT)
    database.delete("mine")
    database.purge()
    assert database.load("mine") is None, "a small one does not wait for it"
    assert left() == 60
    said: list[str] = []

    def interrupt(sql: str) -> None:
        said.append(sql)
        if said.count("BEGIN IMMEDIATE") == 2:
            database.interrupt()

    database._connection.set_trace_callback(interrupt)
    database.tidy()
    database._connection.set_trace_callback(None)
    assert left() == 40, "what was done before a job came is done"
    database.close()
    database = HistoryDatabase(killed)
    assert left() == 0, "one part at the end, one at the start"
    assert database.load("gone") is not None
    database.tidy()
    assert database.load("gone") is None
    assert not database.owes
    assert traces(killed) == []
    assert [summary.id for summary in database.listing(KEPT)] == ["kept"]
    database.close()


def test_the_thread_tries_again_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_thread, "TIDY_SECONDS", 0.001)
    done, tidy = threading.Event(), HistoryDatabase.tidy

    def tidy_and_tell(database: HistoryDatabase) -> None:
        tidy(database)
        if not database.owes and traces(path) == []:
            done.set()

    thread = HistoryThread(path)
    thread.submit(lambda db: fill(db, "gone", SECRET)).result(10)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        # Before there is anything to be done: the attempt that succeeds may be under way when the reader ends.
        monkeypatch.setattr(HistoryDatabase, "tidy", tidy_and_tell)
        thread.submit(_delete).result(10)
        assert traces(path) != []
        assert not done.is_set()
    assert done.wait(10), "nobody asked for anything"
    thread.close().result(10)


def test_a_job_does_not_wait_for_the_tidying(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_thread, "TIDY_SECONDS", 0.001)
    begun, interrupted = threading.Event(), threading.Event()

    def tidy_for_long(_database: HistoryDatabase) -> None:
        begun.set()
        assert interrupted.wait(10)

    thread = HistoryThread(path)
    with monkeypatch.context() as patched:
        patched.setattr(HistoryDatabase, "tidy", tidy_for_long)
        patched.setattr(HistoryDatabase, "interrupt", lambda _database: interrupted.set())
        thread.submit(lambda db: fill(db, "gone", SECRET)).result(10)
        thread.submit(_delete).result(10)
        assert begun.wait(10)
        assert thread.submit(lambda db: db.listing()).result(10) == []
    thread.close().result(10)
    assert traces(path) == []


def test_what_does_not_succeed_is_tried_less_and_less_often(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float | None] = []
    after = iter([None] * 12 + [lambda: None, None, "end"])

    class Jobs:
        def get(self, timeout: float | None) -> Callable[[], None] | None:
            pauses.append(timeout)
            what = next(after)
            if what is None:
                raise Empty
            return None if what == "end" else what  # type: ignore[return-value]

        def empty(self) -> bool:
            return True

    thread = HistoryThread(path)
    with closing(HistoryDatabase(path)) as database:
        monkeypatch.setattr(HistoryDatabase, "owes", True)
        monkeypatch.setattr(HistoryDatabase, "tidy", lambda _database: None)
        monkeypatch.setattr(thread, "_database", database)
        monkeypatch.setattr(thread, "_jobs", Jobs())
        thread._work()
    assert pauses[:4] == [10, 20, 40, 80]
    assert pauses[11:13] == [3600, 3600]
    assert pauses[13:] == [10, 20], "after a job"


def test_tidying_that_is_interrupted_is_done_another_time(database: HistoryDatabase) -> None:
    fill(database, "gone", SECRET)
    _delete(database)
    database._connection.set_progress_handler(lambda: 1, 1)
    database.tidy()
    assert database.owes
    database._connection.set_progress_handler(None, 1)
    assert database.note("untidy")
    database.tidy()
    assert not database.owes
    assert not database.note("untidy")


# As version 0.1.0 has made it.
OLD_INDEX = """
CREATE VIRTUAL TABLE message_fts USING fts5(text, content='message', content_rowid='row', tokenize='trigram');
CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
  INSERT INTO message_fts(rowid, text) VALUES (new.row, new.text);
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
  INSERT INTO message_fts(message_fts, rowid, text) VALUES ('delete', old.row, old.text);
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text ON message BEGIN
  INSERT INTO message_fts(message_fts, rowid, text) VALUES ('delete', old.row, old.text);
  INSERT INTO message_fts(rowid, text) VALUES (new.row, new.text);
END;
"""


def with_old_index(path: Path) -> None:
    """Make a database as version 0.1.0 leaves it after a conversation was deleted, and after it was killed."""
    with closing(HistoryDatabase(path)) as database:
        database._connection.executescript(OLD_INDEX)
        database._connection.execute("PRAGMA secure_delete = OFF").fetchall()
        for number in range(10):
            fill(database, f"kept{number}", KEPT)
        fill(database, "gone", SECRET)
        _delete(database)
        database._connection.execute("DELETE FROM note")
        shutil.copytree(path.parent, path.parent.with_name("old"))
    shutil.rmtree(path.parent)
    path.parent.with_name("old").rename(path.parent)


def test_the_index_of_an_earlier_version_is_removed(path: Path) -> None:
    with_old_index(path)
    size = path.stat().st_size
    assert len(traces(path)) == len(SECRET) - 2, "the old index and free pages have what was deleted"
    with closing(HistoryDatabase(path)) as database:
        assert traces(path) == []
        assert len(database.listing(KEPT)) == 10
        fill(database, "new", "new")
        names = {name for (name,) in database._connection.execute("SELECT name FROM sqlite_master")}
        assert not [name for name in names if "fts" in name or name.startswith("message_a")]
    assert path.stat().st_size < size
    assert traces(path) == []


def test_an_index_that_cannot_be_removed_stops_nothing(path: Path, expected_logs: Callable[..., None]) -> None:
    """An SQLite that was built without such indexes."""
    expected_logs("could not be removed: no such module")
    with_old_index(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'fts5', 'fts99') WHERE name = 'message_fts'")
    with closing(HistoryDatabase(path)) as database:
        fill(database, "new", KEPT)
        assert len(database.listing(KEPT)) == 11


@pytest.mark.parametrize("seed", [5, 17])
def test_nothing_stays_in_the_gaps_of_pages(path: Path, database: HistoryDatabase, seed: int) -> None:
    """Rows of all sizes come, grow, shrink and go, so that pages are split, joined and rearranged all the time."""
    chance = random.Random(seed)  # noqa: S311 - the same rows each time
    database._connection.execute("PRAGMA synchronous = OFF")
    living: set[int] = set()
    gone: set[int] = set()

    def mark(number: int) -> str:
        return f"<{number * 2654435761:x}>"

    def marked(number: int) -> str:
        return mark(number) * chance.choice((1, 3, 20, 60, 150, 400))

    def found() -> set[int]:
        content = b"".join(file.read_bytes() for file in path.parent.iterdir())
        return {number for number in living | gone if mark(number).encode() in content}

    for number in range(700):
        if chance.random() < 0.6 or len(living) < 5:
            record = ConversationRecord(str(number), marked(number), 1.0, 1.0)
            record.messages = [MessageRecord(f"m{number}", None, "user", "complete", 1.0, marked(number))]
            database.save_all(record)
            living.add(number)
            continue
        victim = chance.choice(sorted(living))
        living.discard(victim)
        gone.add(victim)
        database.delete(str(victim))
        database.purge()
    assert living < found(), "SQLite alone leaves some"
    assert database.owes
    killed = after_a_kill(path)
    database.tidy()
    assert found() == living
    path = killed
    with closing(HistoryDatabase(path)) as again:
        assert living < found()
        assert again.owes, "after a kill, too"
        again.tidy()
        assert found() == living
        assert not again.owes
