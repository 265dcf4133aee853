"""Opening the conversations' file, whatever is in its place: nothing, a damaged one, one that may not be written.

``sqlite3`` is imported when a file is opened: the first window must not wait for it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from caal_desktop.storage.atomic_file import (
    PRIVATE_FILE,
    ensure_private_folder,
    free_name,
    sync_folder,
)
from caal_desktop.storage.errors import (
    FolderReadOnly,
    HistoryDamaged,
    HistoryEmptied,
    HistoryFailed,
    HistoryForbidden,
    HistoryNotAFile,
    HistoryNotPutAside,
    HistoryPutAside,
    HistoryReadOnly,
    HistoryTooNew,
    HistoryUnreachable,
)
from caal_desktop.storage.history.failures import failure_of, system_failure_of
from caal_desktop.storage.history.known_file import FileIdentity, KnownFile
from caal_desktop.storage.history.schema import OLD_INDEX, OLD_TRIGGERS, PROBES, SCHEMA, SCHEMA_VERSION
from caal_desktop.storage.regular_file import NEVER_WAIT

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

BUSY_SECONDS = 5.0
"""How long a lock of another program is waited for."""
_LOGS = ("-wal", "-journal")
"""What ends the names of the files that may hold what is not in the database yet."""
_SIDE_FILES = (*_LOGS, "-shm")
_CREATION = f"BEGIN;{SCHEMA};PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    # What is deleted is overwritten with zeros.
    "secure_delete=ON",
    "foreign_keys=ON",
)


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """The conversations' file.

    Attributes:
        connection: without transactions of its own.
        identity: which file it is.
        found: what was wrong with the file, and is to be told; None where all was well.
    """

    connection: sqlite3.Connection
    identity: FileIdentity
    found: HistoryFailed | None = None


def open_file(known: KnownFile) -> OpenedFile:
    """Open the file, or create it. A damaged or emptied one is put aside; what may not be written is read.

    Args:
        known: which file, and what was found out when it was opened before; brought up to date.

    Raises:
        HistoryMissing: it was open before, and is gone.
        HistoryTooNew: a later version of the program has written it; it is left alone.
        FolderUnusable, HistoryFailed: it cannot be used.
    """
    known.ensure_there()
    opened = _open_or_create(known)
    known.note_opened(opened.identity)
    return opened


def _open_or_create(known: KnownFile) -> OpenedFile:
    path = known.path
    try:
        ensure_private_folder(path.parent)
    except FolderReadOnly:
        if not path.exists():
            raise
        try:
            return _open_to_read(known)
        except HistoryDamaged as error:
            raise HistoryNotPutAside(file=str(path), folder=str(path.parent)) from error
    found: HistoryPutAside | None = None
    try:
        if _is_missing(path):
            _create(path)
        return _open(known)
    except HistoryEmptied:
        found = HistoryEmptied(file=str(_set_aside(path)))
    except HistoryDamaged:
        found = HistoryPutAside(file=str(_set_aside(path)))
    except HistoryReadOnly:
        return _open_to_read(known)
    _create(path)
    return replace(_open(known), found=found)


@contextlib.contextmanager
def without_waiting(connection: sqlite3.Connection) -> Iterator[None]:
    """Have another program's lock fail an attempt at once."""
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout = 0").fetchall()
    try:
        yield
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience}").fetchall()


def _is_missing(path: Path) -> bool:
    """Return whether nothing is in the file's place.

    Raises:
        HistoryEmptied: the file has no content, or is missing while its log is there.
        HistoryFailed: what is there is no file that can be opened.
    """
    try:
        # A pipe would be waited for; on Windows there are none in folders.
        handle = os.open(path, os.O_RDONLY | NEVER_WAIT)
    except FileNotFoundError as error:
        if any(_has_content(_side_file(path, ending)) for ending in _LOGS):
            # SQLite would take an old log for that of the new database.
            raise HistoryEmptied(file=str(path)) from error
        return True
    except PermissionError as error:
        # Windows says so of a folder.
        raise (HistoryNotAFile if path.is_dir() else HistoryForbidden)(file=str(path)) from error
    except OSError as error:
        raise system_failure_of(error, path) from error
    try:
        facts = os.fstat(handle)
    finally:
        os.close(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise HistoryNotAFile(file=str(path))
    if not facts.st_size:
        # We never leave such a file: a new database gets its name when it is complete.
        raise HistoryEmptied(file=str(path))
    return False


def _create(path: Path) -> None:
    import sqlite3

    new = path.with_name(f"{path.name}.new")
    try:
        for ending in ("", *_SIDE_FILES):
            _side_file(new, ending).unlink(missing_ok=True)  # of a start that was cut short
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.executescript(_CREATION)
        new.rename(path)
        sync_folder(path.parent)
    except sqlite3.Error as error:
        raise failure_of(error, path) from error
    except OSError as error:
        raise system_failure_of(error, path) from error


def _open(known: KnownFile) -> OpenedFile:
    import sqlite3

    path = known.path
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    except sqlite3.Error as error:
        raise failure_of(error, path) from error
    try:
        identity = FileIdentity.of(path)
        with contextlib.suppress(OSError):  # another user's, or on a disk that is read-only
            path.chmod(PRIVATE_FILE)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if connection.execute("PRAGMA schema_version").fetchone()[0] == 0:
            # Version 0.1.0 was ended before it had made the tables.
            connection.executescript(_CREATION)
        _check(connection, known, identity)
        if not _may_write(connection):
            return OpenedFile(connection, identity, HistoryReadOnly(file=str(path)))
        _remove_old_index(connection, path)
    except sqlite3.Error as error:
        failure = failure_of(error, path)
        if isinstance(failure, HistoryDamaged):
            _close_as_it_is(connection, path)
        connection.close()
        if isinstance(failure, HistoryUnreachable) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN:
            # This is what SQLite says where it may not create the files beside the database.
            failure = HistoryReadOnly(file=str(path))
        raise failure from error
    except OSError as error:
        connection.close()
        raise system_failure_of(error, path) from error
    except HistoryDamaged:
        _close_as_it_is(connection, path)
        raise
    except BaseException:
        connection.close()
        raise
    return OpenedFile(connection, identity)


def _close_as_it_is(connection: sqlite3.Connection, path: Path) -> None:
    """Close a damaged database without its log being written into it: the log may be the damage.

    It is where a backup was put in the place of a file whose program had been killed.
    """
    import sqlite3

    with contextlib.ExitStack() as reading, contextlib.suppress(sqlite3.Error):
        # SQLite copies the log back when the last connection is closed, unless that one may not write.
        reader = reading.enter_context(contextlib.closing(_connection_to_read(path, "mode=ro")))
        try:
            reader.execute("SELECT 1 FROM sqlite_master").fetchall()
        finally:
            connection.close()


def _connection_to_read(path: Path, how: str) -> sqlite3.Connection:
    import sqlite3

    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None)


def _may_write(connection: sqlite3.Connection) -> bool:
    import sqlite3

    try:
        with without_waiting(connection):
            connection.execute("DELETE FROM note WHERE 0")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY
    return True


def _check(connection: sqlite3.Connection, known: KnownFile, identity: FileIdentity) -> None:
    """Check that this is a database of ours; a whole one is read through once.

    Raises:
        HistoryTooNew: it is a later version's.
        HistoryDamaged: it is damaged, or lacks tables.
    """
    import sqlite3

    path = known.path
    if connection.execute("PRAGMA user_version").fetchone()[0] > SCHEMA_VERSION:
        raise HistoryTooNew(file=str(path))
    if not known.is_whole(identity):
        # Takes seconds where the file is large.
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise HistoryDamaged(file=str(path))
        known.note_whole(identity)
    try:
        for probe in PROBES:
            connection.execute(probe).fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise HistoryDamaged(file=str(path)) from error
        raise


def _open_to_read(known: KnownFile) -> OpenedFile:
    import sqlite3

    path = known.path
    failure: HistoryFailed = HistoryReadOnly(file=str(path))
    # The second way needs no file beside the database; it does not see what only the log has.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        with contextlib.ExitStack() as unless_usable:
            try:
                connection = _connection_to_read(path, how)
                unless_usable.callback(connection.close)
                identity = FileIdentity.of(path)
                _check(connection, known, identity)
            except sqlite3.Error as error:
                failure = failure_of(error, path)
            except OSError as error:
                failure = system_failure_of(error, path)
            else:
                unless_usable.pop_all()
                return OpenedFile(connection, identity, HistoryReadOnly(file=str(path)))
    raise failure


def _remove_old_index(connection: sqlite3.Connection, path: Path) -> None:
    """Remove the full-text index of version 0.1.0, and with it the trigrams of what was deleted."""
    import sqlite3

    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (OLD_INDEX,)).fetchone():
        return
    try:
        for trigger in OLD_TRIGGERS:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        connection.execute(f"DROP TABLE {OLD_INDEX}")
        connection.execute("VACUUM")
    except sqlite3.Error as error:
        # Such as a full disk, or an SQLite that was built without full-text indexes: another start may do it.
        logger.warning("The old search index in %s could not be removed: %s", path.name, error)


def _set_aside(path: Path) -> Path:
    target = free_name(path, "damaged", datetime.now(UTC))
    try:
        for ending in ("", *_SIDE_FILES):
            with contextlib.suppress(FileNotFoundError):
                _side_file(path, ending).rename(_side_file(target, ending))
    except PermissionError as error:
        raise HistoryNotPutAside(file=str(path), folder=str(path.parent)) from error
    except OSError as error:
        raise system_failure_of(error, path) from error
    return target


def _side_file(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
