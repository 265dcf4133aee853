"""The conversations' database, against real files and a process that is killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryDiskFull,
    HistoryFailed,
    HistoryLocked,
    HistoryNotAFile,
    HistoryPutAside,
    HistoryReadOnly,
    HistoryTooNew,
    HistoryUnreachable,
)
from caal_desktop.storage.history import opening
from caal_desktop.storage.history.failures import failure_of
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.history.thread import HistoryThread
from tests.support.locked_database import locked


def fill(database: HistoryDatabase, conversation: str = "c1", title: str = "About lamps", text: str = "glow") -> None:
    database.save_conversation(ConversationRecord(conversation, title, 1.0, 1.0))
    database.save_message(conversation, MessageRecord(f"{conversation}-q", None, "user", "complete", 1.0, "a question"))
    answer = MessageRecord(f"{conversation}-a", f"{conversation}-q", "assistant", "complete", 2.0, text, "thought")
    answer.extra = {"facts": {"asked_model": "m"}}
    database.save_message(conversation, answer)


def test_what_is_kept_is_read_again_by_a_later_start(path: Path) -> None:
    first = HistoryDatabase(path)
    fill(first)
    first.close()
    second = HistoryDatabase(path)
    record = second.load("c1")
    assert record is not None
    assert [(m.text, m.parent, m.shown) for m in record.messages] == [
        ("a question", None, True),
        ("glow", "c1-q", True),
    ]
    assert record.messages[1].reasoning == "thought"
    assert record.messages[1].extra == {"facts": {"asked_model": "m"}}
    assert path.stat().st_mode & 0o077 == 0, "no other user may read it"
    second.close()


def test_pieces_are_joined_to_their_message_until_it_is_saved_whole(database: HistoryDatabase) -> None:
    fill(database, text="")
    database.append([("c1-a", "text", "one "), ("c1-a", "reasoning", " more")])
    database.append([("c1-a", "text", "two"), ("gone", "text", "nobody's")])
    record = database.load("c1")
    assert record is not None
    assert (record.messages[1].text, record.messages[1].reasoning) == ("one two", "thought more")
    database.save_message("c1", MessageRecord("c1-a", "c1-q", "assistant", "complete", 2.0, "one two three"))
    record = database.load("c1")
    assert record is not None
    assert record.messages[1].text == "one two three"


@pytest.mark.parametrize(
    "query",
    [
        "lamp",
        "LAMP",
        "hidden",
        "ヒント",
        "dd",
        "50% off_",
        '"quoted"',
        "back\\slash",
        "ÄRGER",
        "привет",
        "lamps\0",
        "STRASSE ß",
    ],
)
def test_titles_and_messages_are_searched(database: HistoryDatabase, query: str) -> None:
    fill(database, text='a hidden place, ヒント, 50% off_ and "quoted" back\\slash, Ärger, ПРИВЕТ, strasse ß')
    fill(database, "c2", "Something else", "nothing")
    assert [summary.id for summary in database.listing(query)] == ["c1"]
    assert database.listing("absent") == []
    assert database.listing("50_ off") == database.listing("50%off") == [], "none of SQL's own signs"
    assert database.listing("унесён") == []


@pytest.mark.parametrize("query", ["lamp", "übung"])
def test_what_is_found_is_told_with_its_place_and_the_latest_comes_first(database: HistoryDatabase, query: str) -> None:
    for number in range(3):
        record = ConversationRecord(f"c{number}", "A lamp, eine Übung" if number == 1 else "x", 1.0, 100.0 - number)
        words = f"{'before ' * 20}the lamp of the Übung {'after ' * 20}" if number != 1 else "dark"
        record.messages = [MessageRecord(f"m{number}{part}", None, "user", "complete", 1.0, words) for part in range(2)]
        database.save_all(record)
    found = database.listing(query)
    assert [summary.id for summary in found] == ["c0", "c1", "c2"]
    assert [bool(summary.snippet) for summary in found] == [True, False, True]
    assert query in found[0].snippet.lower()
    assert found[0].snippet.startswith("…before the lamp" if query == "lamp" else "…lamp of the Übung")


def test_a_search_for_more_than_a_pattern_may_be_is_a_search(database: HistoryDatabase) -> None:
    fill(database, text="ab" * 40_000)
    assert [summary.id for summary in database.listing("ab" * 40_000)] == ["c1"]


def test_a_search_follows_what_changes_and_what_goes(database: HistoryDatabase) -> None:
    fill(database)
    database.save_message("c1", MessageRecord("c1-a", "c1-q", "assistant", "complete", 2.0, "shine"))
    assert database.listing("glow") == []
    assert [summary.snippet for summary in database.listing("shine")] == ["shine"]
    database.remove_message("c1-a")
    assert database.listing("shine") == []


def test_removing_a_message_joins_what_was_around_it(database: HistoryDatabase) -> None:
    fill(database)
    database.save_message("c1", MessageRecord("c1-b", "c1-a", "user", "complete", 3.0, "and then"))
    database.remove_message("c1-a")
    record = database.load("c1")
    assert record is not None
    assert [(m.id, m.parent) for m in record.messages] == [("c1-q", None), ("c1-b", "c1-q")]


def test_a_deleted_conversation_comes_back_or_is_gone_from_the_file(path: Path) -> None:
    database = HistoryDatabase(path)
    fill(database, text="a very particular secret")
    database.delete("c1")
    assert database.listing() == []
    database.restore("c1")
    assert [summary.id for summary in database.listing()] == ["c1"]
    database.delete("c1")
    database.close()
    assert b"particular secret" not in path.read_bytes()
    again = HistoryDatabase(path)
    assert again.load("c1") is None
    again.close()


def test_versions_that_are_not_shown_are_kept(database: HistoryDatabase) -> None:
    fill(database)
    database.save_message("c1", MessageRecord("c1-a2", "c1-q", "assistant", "complete", 3.0, "again"))
    database.show(["c1-a2"], ["c1-a"])
    record = database.load("c1")
    assert record is not None
    assert {m.id: m.shown for m in record.messages} == {"c1-q": True, "c1-a": False, "c1-a2": True}


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_put_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    database = HistoryDatabase(path)
    assert isinstance(database.found, HistoryPutAside)
    assert Path(str(database.found.params["file"])).read_bytes() == content
    fill(database)
    assert len(database.listing()) == 1
    database.close()


def test_a_file_damaged_in_its_middle_is_put_aside(path: Path) -> None:
    database = HistoryDatabase(path)
    for number in range(200):
        fill(database, f"c{number}", text="word " * 200)
    database.close()
    content = bytearray(path.read_bytes())
    content[20000:60000] = b"\xaa" * 40000
    path.write_bytes(content)
    again = HistoryDatabase(path)
    assert isinstance(again.found, HistoryPutAside)
    again.close()


def test_a_later_versions_file_is_left_alone(path: Path) -> None:
    HistoryDatabase(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(HistoryTooNew):
        HistoryDatabase(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe"])
def test_what_is_no_file_is_not_opened(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        os.mkfifo(path.with_name("pipe"))
        path.symlink_to("pipe")
    with pytest.raises(HistoryNotAFile):
        HistoryDatabase(path)


def test_a_link_to_itself_is_told_in_the_system_s_words(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(path.name)
    with pytest.raises(HistoryFailed, match=r"[Ss]ymbolic"):
        HistoryDatabase(path)


def save_one(database: HistoryDatabase) -> None:
    database.save_message("c1", MessageRecord("c1-b", "c1-a", "user", "complete", 3.0, "more " * 5000))


def test_a_lock_is_told_as_one_and_passes(
    path: Path, database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database._connection.execute("PRAGMA busy_timeout = 1")
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.001)
    fill(database)
    with locked(path), pytest.raises(HistoryLocked):
        save_one(database)
    save_one(database)
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryLocked):
            HistoryDatabase(path)
    HistoryDatabase(path).close()


def test_a_full_disk_is_told_as_one_and_passes(database: HistoryDatabase) -> None:
    fill(database)
    pages = database._connection.execute("PRAGMA page_count").fetchone()[0]
    database._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryDiskFull):
        save_one(database)
    database._connection.execute("PRAGMA max_page_count = 100000")
    save_one(database)
    record = database.load("c1")
    assert record is not None
    assert len(record.messages) == 3


@pytest.mark.parametrize("name", ["SQLITE_IOERR_SHMSIZE", "SQLITE_CANTOPEN", "SQLITE_IOERR_READ"])
@pytest.mark.parametrize("free", [0, 10**9])
def test_an_index_without_room_is_a_full_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch, name: str, free: int
) -> None:
    def usage(_folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = getattr(sqlite3, name)
    assert type(failure_of(error, path)) is (HistoryUnreachable if free else HistoryDiskFull)


def test_a_database_that_may_not_be_written_says_so(database: HistoryDatabase) -> None:
    database._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(HistoryReadOnly):
        save_one(database)


def test_damage_that_is_met_later_does_not_claim_that_the_file_was_put_aside(path: Path) -> None:
    database = HistoryDatabase(path)
    for number in range(50):
        fill(database, f"c{number}", text="word " * 200)
    database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (path.stat().st_size - 4096))
    database._connection.execute("PRAGMA shrink_memory")
    with pytest.raises(HistoryDamaged) as raised:
        database.load("c1")
    assert not isinstance(raised.value, HistoryPutAside)
    database._connection.close()


def test_lone_surrogates_do_not_stop_the_writing(database: HistoryDatabase) -> None:
    fill(database, text="half a \ud83d face")
    record = database.load("c1")
    assert record is not None
    assert record.messages[1].text == "half a \ufffd face"


def test_the_thread_does_what_it_is_asked_in_order_and_ends(path: Path) -> None:
    thread = HistoryThread(path)
    thread.submit(fill)
    appended = [thread.submit(lambda db, n=n: db.append([("c1-a", "text", f" {n}")])) for n in range(20)]
    record = thread.submit(lambda db: db.load("c1")).result(10)
    assert record is not None
    assert record.messages[1].text == "glow" + "".join(f" {n}" for n in range(20))
    assert all(future.done() for future in appended)
    thread.close().result(10)
    assert thread.submit(fill).cancelled()


def test_what_was_written_survives_a_kill(path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from caal_desktop.storage.history.store import HistoryDatabase
        from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
        database = HistoryDatabase(Path(sys.argv[1]))
        database.save_conversation(ConversationRecord("c1", "t", 1.0, 1.0))
        database.save_message("c1", MessageRecord("q", None, "user", "complete", 1.0, "tell me"))
        database.save_message("c1", MessageRecord("a", "q", "assistant", "streaming", 2.0))
        number = 0
        while True:
            database.append([("a", "text", f"word{number} ")])
            print(number, flush=True)
            number += 1
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 25:
            break
    process.send_signal(signal.SIGKILL)
    told = [int(line) for line in process.stdout.read().split()]
    process.stdout.close()
    process.wait(10)
    database = HistoryDatabase(path)
    assert database.found is None
    assert database.unfinished() == "c1"
    record = database.load("c1")
    assert record is not None
    last = max([25, *told])
    assert record.messages[1].text.startswith("".join(f"word{number} " for number in range(last + 1)))
    database.close()


def test_conversations_that_were_not_continued_expire(database: HistoryDatabase) -> None:
    for number, updated in enumerate((100.0, 200.0, 300.0, 50.0)):
        record = ConversationRecord(f"c{number}", "About lamps", 1.0, updated)
        record.messages.append(MessageRecord(f"m{number}", None, "user", "complete", updated, "glow"))
        database.save_all(record)
    database.expire(250.0, keep="c0")
    assert sorted(found.id for found in database.listing()) == ["c0", "c2"]
    assert database.load("c1") is None
    assert sorted(found.id for found in database.listing("glow")) == ["c0", "c2"]


def test_what_can_still_be_restored_does_not_expire(database: HistoryDatabase) -> None:
    fill(database)
    database.delete("c1")
    database.expire(1e12)
    database.restore("c1")
    assert [found.id for found in database.listing()] == ["c1"]
    database.expire(1e12)
    assert database.listing() == []
