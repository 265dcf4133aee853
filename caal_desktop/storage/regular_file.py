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


class NotAFileError(OSError):
    """What is there is a folder, a pipe or a device."""


def open_regular(path: Path) -> IO[bytes]:
    """Return a file that is open for reading.

    Args:
        path: the file; a link to one is followed.

    Raises:
        NotAFileError: it is a folder, a pipe or a device.
        OSError: it cannot be read.
    """
    handle = os.open(path, _READ)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotAFileError(errno.EINVAL, _NO_FILE)
    return os.fdopen(handle, "rb")


def read_at_most(path: Path, limit: int) -> bytes:
    """Return the first bytes of a file.

    Args:
        path: the file; a link to one is followed.
        limit: how many bytes at the most.

    Raises:
        NotAFileError: it is a folder, a pipe or a device.
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        return file.read(limit)
