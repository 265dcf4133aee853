"""Opening the conversations' file, whatever is in its place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.translation import Count
from caal_desktop.storage.errors import (
    FolderReadOnly,
    HistoryDamaged,
    HistoryEmptied,
    HistoryForbidden,
    HistoryLocked,
    HistoryMissing,
    HistoryNotPutAside,
    HistoryPutAside,
    HistoryReadOnly,
    HistoryRecovered,
    HistoryTooNew,
    HistoryUnreachable,
)
from caal_desktop.storage.history import opening
from caal_desktop.storage.history.known_file import KnownFile
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.schema import PROBES
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.history.thread import HistoryThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534


def fill(path: Path, conversation: str = "c1", *, killed: bool = False) -> None:
    """Keep a conversation; as a process leaves it that is killed, or one that ended in order."""
    database = HistoryDatabase(path)
    record = ConversationRecord(conversation, "About lamps", 1.0, 2.0)
    record.messages = [MessageRecord(f"{conversation}-q", None, "user", "complete", 1.0, "glow")]
    database.save_all(record)
    if killed:
        shutil.copytree(path.parent, path.parent.with_name("copy"))
        database.close()
        shutil.rmtree(path.parent)
        path.parent.with_name("copy").rename(path.parent)
    else:
        database.close()


def listed(path: Path) -> list[str]:
    with closing(HistoryDatabase(path)) as database:
        return [summary.id for summary in database.listing()]


# --- nothing, and no content


def test_a_new_profile_is_nothing_to_tell(path: Path) -> None:
    for _ in range(2):
        with closing(HistoryDatabase(path)) as database:
            assert database.found is None
    assert [file.name for file in path.parent.iterdir()] == ["conversations.db"]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("beside", ["", "-wal", "-journal"])
def test_a_file_without_content_is_told_and_put_aside(path: Path, beside: str) -> None:
    fill(path)
    path.write_bytes(b"")
    if beside:
        path.with_name(path.name + beside).write_bytes(b"what may still be of use")
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryEmptied)
        aside = Path(str(database.found.params["file"]))
        assert aside.read_bytes() == b""
        if beside:
            assert aside.with_name(aside.name + beside).read_bytes() == b"what may still be of use"
        assert database.listing() == []
    with closing(HistoryDatabase(path)) as database:
        assert database.found is None, "it is told once"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_that_others_may_read_is_closed_to_them(path: Path) -> None:
    """As one is that was copied here from elsewhere."""
    fill(path)
    path.chmod(0o644)
    assert listed(path) == ["c1"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced there")
def test_the_name_of_a_new_file_is_on_the_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in the first minutes would be gone with a power cut, however often the file itself is synced."""
    synced: list[list[str]] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        fsync(handle)
        if os.path.samestat(os.fstat(handle), path.parent.stat()):
            synced.append([file.name for file in path.parent.iterdir()])

    monkeypatch.setattr(os, "fsync", noting)
    HistoryDatabase(path).close()
    assert synced == [[path.name]]


def test_a_log_without_its_file_is_not_taken_for_that_of_a_new_one(path: Path) -> None:
    fill(path, killed=True)
    path.with_name(path.name + "-wal").write_bytes(b"a log")
    path.unlink()
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryEmptied)
        aside = Path(str(database.found.params["file"]))
        assert aside.with_name(aside.name + "-wal").read_bytes() == b"a log"


CUT_SHORT = """
import os, sqlite3, sys
from pathlib import Path
from caal_desktop.storage.history.store import HistoryDatabase

folder, connect = Path(sys.argv[1]), sqlite3.connect
left = step = 0

def count(event, _arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.chmod", "sqlite3.connect", "execute"):
        left -= 1
        if left == 0:
            os._exit(9)

class Counting(sqlite3.Connection):
    def execute(self, sql, *values):
        count("execute", ())
        return super().execute(sql, *values)

ended = 9
while ended == 9:
    step += 1
    if not (child := os.fork()):
        left = step
        sqlite3.connect = lambda *values, **options: connect(*values, factory=Counting, **options)
        sys.addaudithook(count)
        HistoryDatabase(folder / f"step{step}" / "conversations.db").close()
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(ended)
"""


def test_a_first_start_that_is_cut_short_is_no_loss(path: Path) -> None:
    """At any of its steps: what it leaves is no file, or a whole one."""
    subprocess.run([sys.executable, "-c", CUT_SHORT, str(path.parent)], check=True)
    folders = list(path.parent.iterdir())
    assert len(folders) > 20
    left = set()
    for folder in folders:
        left.add(frozenset(file.name for file in folder.iterdir()))
        with closing(HistoryDatabase(folder / path.name)) as database:
            assert database.found is None, folder.name
            database.save_all(ConversationRecord("c1", "", 1.0, 1.0))
    assert frozenset({"conversations.db.new"}) in left, "it was cut short while the database was being made"


def test_a_database_without_tables_is_a_new_one(path: Path) -> None:
    """As version 0.1.0 leaves it when it is ended at a certain moment of its first start."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size
    fill(path)
    assert listed(path) == ["c1"]


# --- opened again by the same run


def test_a_file_that_was_open_is_not_made_anew_where_it_is_missing(path: Path) -> None:
    known = KnownFile(path)
    HistoryDatabase(path, known).close()
    path.unlink()
    with pytest.raises(HistoryMissing):
        HistoryDatabase(path, known)
    path.parent.rmdir()
    with pytest.raises(HistoryMissing):
        HistoryDatabase(path, known)
    assert not path.parent.exists()
    known.give_up()
    with closing(HistoryDatabase(path, known)) as database:
        assert database.found is None
        assert database.number == 2
    path.unlink()
    with pytest.raises(HistoryMissing):
        HistoryDatabase(path, known)
    assert listed(path) == [], "the next run has a new profile"


@pytest.mark.parametrize("moment", ["before", "during"])
def test_a_job_is_told_that_its_file_has_lost_its_name(path: Path, moment: str) -> None:
    thread = HistoryThread(path)
    assert thread.submit(lambda database: database.number).result() == 1
    if moment == "before":
        path.unlink()

    ran: list[str] = []

    def job(database: HistoryDatabase) -> None:
        ran.append(moment)
        path.unlink(missing_ok=True)
        database.save_all(ConversationRecord("c1", "", 1.0, 1.0))

    with pytest.raises(HistoryMissing):
        thread.submit(job).result()
    assert ran == ([] if moment == "before" else ["during"])
    thread.reopen()
    thread.begin_anew()
    assert thread.submit(lambda database: [summary.id for summary in database.listing()]).result() == []
    thread.submit(lambda database: database.save_all(ConversationRecord("c2", "", 1.0, 1.0))).result()
    thread.close().result()
    assert listed(path) == ["c2"]


class ReadThrough:
    """Counts how often a file is read through for damage."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        connect, outer = sqlite3.connect, self

        class Counting(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                outer.times += "quick_check" in sql
                return super().execute(sql, *values)

        monkeypatch.setattr(
            sqlite3, "connect", lambda *values, **options: connect(*values, factory=Counting, **options)
        )


def test_a_file_is_read_through_once(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(path)
    known, read_through = KnownFile(path), ReadThrough(monkeypatch)
    for _ in range(3):
        HistoryDatabase(path, known).release()
    assert read_through.times == 1
    fill(tmp_path / "other" / path.name, "c2")
    (tmp_path / "other" / path.name).replace(path)
    for _ in range(2):
        HistoryDatabase(path, known).release()
    assert read_through.times == 1 + 1 + 1, "another file, and the one that was written beside it"


def test_a_file_with_damage_is_read_through_when_it_is_opened_again(path: Path) -> None:
    known = KnownFile(path)
    database = HistoryDatabase(path, known)
    record = ConversationRecord("c1", "", 1.0, 2.0)
    record.messages = [MessageRecord(f"m{n}", None, "user", "complete", 1.0, "glow " * 500) for n in range(50)]
    database.save_all(record)
    database._empty_log()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xaa" * (len(content) - 4096 * 2)
    # As a disk's fault: the same file.
    with path.open("r+b") as file:
        file.write(content)
    database._connection.execute("PRAGMA cache_size = 0").fetchall()
    with pytest.raises(HistoryDamaged):
        database.load("c1")
    database.release()
    with closing(HistoryDatabase(path, known)) as again:
        assert isinstance(again.found, HistoryPutAside)
        assert again.number == 2


# --- not ours, or no longer


@pytest.mark.parametrize("loss", ["DROP TABLE piece", "ALTER TABLE message DROP COLUMN extra"])
def test_a_database_that_lacks_something_is_put_aside(path: Path, loss: str) -> None:
    fill(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(loss)
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryPutAside)
        assert [summary.id for summary in database.listing()] == (["c1"] if "piece" in loss else [])


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_what_can_still_be_read_of_a_damaged_file_is_saved(path: Path, place: float) -> None:
    with closing(HistoryDatabase(path)) as database:
        for number in range(300):
            record = ConversationRecord(f"c{number}", f"About lamp {number}", 1.0, 1e9 + number, {"temperature": 0.5})
            record.messages = [
                MessageRecord(f"q{number}", None, "user", "complete", 1.0, f"glow {number} " * 30),
                MessageRecord(f"a{number}", f"q{number}", "assistant", "streaming", 1.0, "light "),
            ]
            database.save_all(record)
            database.append([(f"a{number}", "text", "and shade")])
        database.delete("c7")
        database._empty_log()
        shutil.copytree(path.parent, path.parent.with_name("copy"))
    shutil.rmtree(path.parent)
    path.parent.with_name("copy").rename(path.parent)
    content = bytearray(path.read_bytes())
    start = round(len(content) * place) // 4096 * 4096
    content[start : start + 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryRecovered)
        saved = database.found.params["saved"]
        assert isinstance(saved, Count)
        listed = {summary.id for summary in database.listing()}
        assert len(listed) == saved.number >= 250
        assert "c7" not in listed, "it had been deleted"
        whole = 0
        for identifier in listed:
            record = database.load(identifier)
            assert record is not None
            number = identifier[1:]
            texts = [message.text for message in record.messages]
            assert set(texts) <= {f"glow {number} " * 30, "light and shade", "light "}
            whole += texts == [f"glow {number} " * 30, "light and shade"] and record.title == f"About lamp {number}"
        assert whole >= 100
    assert bytes(content) in [file.read_bytes() for file in path.parent.iterdir()], "it is the user's own"
    with closing(HistoryDatabase(path)) as database:
        assert database.found is None
        assert {summary.id for summary in database.listing()} == listed


@pytest.mark.parametrize("damage", ["no database", "DROP TABLE piece"])
def test_a_damaged_file_is_closed_before_it_is_put_aside(
    path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    """Windows renames no open file."""
    fill(path)
    if damage == "no database":
        path.write_bytes(b"no database" * 1000)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(damage)
    open_files: list[str] = []
    set_aside = opening._set_aside

    def noting(damaged: Path) -> Path:
        open_files.extend(os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir())
        return set_aside(damaged)

    monkeypatch.setattr(opening, "_set_aside", noting)
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryPutAside)
    assert open_files
    assert [file for file in open_files if file.startswith(str(path.parent))] == []


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY])
def test_a_file_that_cannot_be_looked_through_now_is_not_put_aside(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A drive that fails for a moment is no damage: all conversations would seem to be gone."""
    fill(path)
    connect = sqlite3.connect

    class Failing(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql in PROBES:
                error = sqlite3.OperationalError("for a moment")
                error.sqlite_errorcode = code
                raise error
            return super().execute(sql, *values)

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", lambda *values, **options: connect(*values, factory=Failing, **options))
        with pytest.raises((HistoryUnreachable, HistoryLocked)):
            HistoryDatabase(path)
    assert [file.name for file in path.parent.iterdir() if not file.name.endswith(("-wal", "-shm"))] == [path.name]
    assert listed(path) == ["c1"]


def fill_and_kill(path: Path, logged: int) -> None:
    """Leave a file as a killed program does: of its 200 conversations, the last ones are in the log alone."""
    database = HistoryDatabase(path)
    for number in range(200):
        if number == 200 - logged:
            database._empty_log()
        record = ConversationRecord(f"c{number}", f"About lamp {number}", 1.0, 1e9 + number)
        record.messages = [MessageRecord(f"q{number}", None, "user", "complete", 1.0, f"glow {number} " * 60)]
        # Not by its own way, which empties the log where something was deleted.
        database.save_all(record)
    shutil.copytree(path.parent, path.parent.with_name("killed"))
    database.close()
    shutil.rmtree(path.parent)
    path.parent.with_name("killed").rename(path.parent)


def test_what_is_in_the_log_of_a_damaged_file_is_saved(path: Path) -> None:
    fill_and_kill(path, logged=20)
    log = path.with_name(f"{path.name}-wal").read_bytes()
    content = bytearray(path.read_bytes())
    place = len(content) // 2 // 4096 * 4096
    content[place : place + 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryRecovered)
        aside = Path(str(database.found.params["file"]))
        listed = {summary.id for summary in database.listing()}
        assert {f"c{number}" for number in range(180, 200)} <= listed
        assert len(listed) > 150
        record = database.load("c199")
        assert record is not None
        assert [message.text for message in record.messages] == ["glow 199 " * 60]
    assert aside.read_bytes() == bytes(content), "both are the user's own"
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log


def test_a_backup_beside_the_log_of_another_file_is_saved_and_not_changed(path: Path, tmp_path: Path) -> None:
    """As it is put there after the program was killed; SQLite takes the log for the backup's, and writes it into it."""
    fill_and_kill(path, logged=20)
    backup = tmp_path / "backup" / path.name
    with closing(HistoryDatabase(backup)) as database:
        for number in range(150):
            record = ConversationRecord(f"b{number}", "From the backup", 1.0, 2.0)
            record.messages = [MessageRecord(f"b{number}", None, "user", "complete", 1.0, f"shine {number} " * 90)]
            database.save_all(record)
    content = backup.read_bytes()
    backup.replace(path)
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryRecovered)
        aside = Path(str(database.found.params["file"]))
        assert {summary.id for summary in database.listing()} == {f"b{number}" for number in range(150)}
    assert aside.read_bytes() == content


def test_of_a_file_that_is_no_database_nothing_is_saved(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    with closing(HistoryDatabase(path)) as database:
        assert type(database.found) is HistoryPutAside
        assert database.listing() == []


# --- not to be written


@pytest.fixture
def unprivileged(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """To be called once the files are as they should be: permissions count from then on, for the superuser too."""
    if os.geteuid():
        yield lambda: None
        return
    access = os.access

    def access_as_nobody(*arguments: Any) -> bool:
        return access(*arguments, effective_ids=True)

    def drop() -> None:
        monkeypatch.setattr(os, "access", access_as_nobody)
        os.seteuid(NOBODY)

    try:
        yield drop
    finally:
        os.seteuid(0)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that another user may look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="caal-history-"))
    folder.chmod(0o755)
    yield folder
    for each in (folder, *folder.iterdir()):
        each.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("what", ["file", "folder", "both"])
def test_what_may_not_be_written_can_be_read(
    readable: Path, unprivileged: Callable[[], None], what: str, killed: bool
) -> None:
    path = readable / "data" / "conversations.db"
    fill(path, killed=killed)
    for file in path.parent.iterdir():
        file.chmod(0o444 if what != "folder" else 0o666)
    path.parent.chmod(0o555 if what != "file" else 0o777)
    before = path.read_bytes()
    unprivileged()
    with closing(HistoryDatabase(path)) as database:
        assert isinstance(database.found, HistoryReadOnly)
        assert not database.owes, "it is not tried again and again"
        assert [summary.id for summary in database.listing("glow")] == ["c1"]
        record = database.load("c1")
        assert record is not None
        with pytest.raises(HistoryReadOnly):
            database.save_message("c1", record.messages[0])
    assert path.read_bytes() == before


def test_a_damaged_file_in_a_folder_that_may_not_be_written_says_what_helps(
    readable: Path, unprivileged: Callable[[], None]
) -> None:
    path = readable / "data" / "conversations.db"
    fill(path)
    path.write_bytes(b"no database" * 1000)
    path.chmod(0o644)
    path.parent.chmod(0o555)
    unprivileged()
    with pytest.raises(HistoryNotPutAside) as raised:
        HistoryDatabase(path)
    words = raised.value.describe()
    assert f"permissions of the folder {path.parent}" in words.advice
    assert "Export" not in words.advice
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_may_not_be_written_and_has_no_file_says_so(
    readable: Path, unprivileged: Callable[[], None]
) -> None:
    (readable / "data").mkdir(mode=0o555)
    unprivileged()
    with pytest.raises(FolderReadOnly):
        HistoryDatabase(readable / "data" / "conversations.db")


def test_a_file_that_may_not_be_read_says_so(readable: Path, unprivileged: Callable[[], None]) -> None:
    path = readable / "data" / "conversations.db"
    fill(path)
    path.chmod(0o000)
    path.parent.chmod(0o777)
    unprivileged()
    with pytest.raises(HistoryForbidden):
        HistoryDatabase(path)
    assert path.stat().st_mode & 0o777 == 0, "it is left as it is"


def test_a_file_that_is_not_used_is_not_left_open(readable: Path, unprivileged: Callable[[], None]) -> None:
    path = readable / "data" / "conversations.db"
    fill(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    unprivileged()
    with pytest.raises(HistoryTooNew) as raised:
        HistoryDatabase(path)
    handles = [os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()]
    assert not [handle for handle in handles if handle.startswith(str(readable))], raised
