"""Reading a file that may be anything: a pipe that nobody writes to would be waited for without end."""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, TYPE_CHECKING, Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from pathlib import Path

NEVER_WAIT: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""Added to the flags of ``os.open``: a pipe is opened, or refused, at once. A file does not know the difference."""

_READ: Final[int] = os.O_RDONLY | NEVER_WAIT | getattr(os, "O_BINARY", 0)
_NO_FILE: Final = QT_TRANSLATE_NOOP("StorageError", "not a file, but a folder, a pipe or a device")


def open_regular(path: Path) -> IO[bytes]:
    """Return a file that is open for reading.

    Args:
        path: the file; a link to one is followed.

    Raises:
        OSError: it cannot be read, or it is not a file: a folder, a pipe, a device.
    """
    handle = os.open(path, _READ)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, _NO_FILE)
    return os.fdopen(handle, "rb")


def read_at_most(path: Path, limit: int) -> bytes:
    """Return the first bytes of a file.

    Args:
        path: the file; a link to one is followed.
        limit: how many bytes at the most.

    Raises:
        OSError: it cannot be read, or it is not a file: a folder, a pipe, a device.
    """
    with open_regular(path) as file:
        return file.read(limit)
