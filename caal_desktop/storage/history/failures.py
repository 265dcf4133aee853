"""What an error of SQLite, or of the system, means for the user."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING, Final

from caal_desktop.storage.atomic_file import reason_of
from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryDiskFull,
    HistoryFailed,
    HistoryForbidden,
    HistoryLocked,
    HistoryReadOnly,
    HistoryUnreachable,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

# https://www.sqlite.org/rescode.html. In numbers, for `sqlite3` is not imported before the database is opened.
_IOERR, _CANTOPEN = 10, 14
_CLASSES: Final[Mapping[int, type[HistoryFailed]]] = {
    3: HistoryForbidden,  # SQLITE_PERM
    5: HistoryLocked,  # SQLITE_BUSY
    6: HistoryLocked,  # SQLITE_LOCKED
    7: HistoryUnreachable,  # SQLITE_NOMEM
    8: HistoryReadOnly,  # SQLITE_READONLY
    9: HistoryUnreachable,  # SQLITE_INTERRUPT
    _IOERR: HistoryUnreachable,
    11: HistoryDamaged,  # SQLITE_CORRUPT
    13: HistoryDiskFull,  # SQLITE_FULL
    _CANTOPEN: HistoryUnreachable,
    15: HistoryLocked,  # SQLITE_PROTOCOL
    26: HistoryDamaged,  # SQLITE_NOTADB
}
_LEAST_FREE = 1_000_000
"""Bytes that SQLite needs at least beside the database."""


def failure_of(error: sqlite3.Error, path: Path) -> HistoryFailed:
    """Return the error that tells the user of one of SQLite's.

    Args:
        error: it has no code where it is the Python module's own, about a value.
        path: the database's file.
    """
    # The low byte is the kind; above it are details.
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind in (_IOERR, _CANTOPEN) and _is_disk_full(path.parent):
        # This is what SQLite says where the index of its log has no room.
        return HistoryDiskFull(file=str(path), reason=str(error))
    return _CLASSES.get(kind, HistoryFailed)(file=str(path), reason=str(error))


def system_failure_of(error: OSError, path: Path) -> HistoryFailed:
    """Return the error that tells the user of one of the system's.

    Args:
        error: what the system said.
        path: the database's file.
    """
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return (HistoryDiskFull if full else HistoryUnreachable)(file=str(path), reason=reason_of(error))


def _is_disk_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False
