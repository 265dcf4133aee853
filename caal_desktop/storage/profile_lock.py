"""Which process has a profile: a lock of the system's on a file that only this user can reach."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from caal_desktop.storage.atomic_file import PRIVATE_FILE, PRIVATE_FOLDER, ensure_private_folder, reason_of
from caal_desktop.storage.errors import FolderUnusable
from caal_desktop.storage.paths import APP_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.storage.paths import AppPaths

MAX_ADDRESS = 103
"""Bytes of the longest path that a socket may have: ``sun_path`` holds 104 on macOS and 108 on Linux, with a zero."""

SYSTEM_RUNTIME = Path("/run/user")
"""Where systemd has a runtime folder for each user who is logged in."""

# How often a file, or its folder, may vanish at the very moment of being locked: its owner ended and tidied up.
_RETRIES = 20


class ProfileLock:
    """The lock of a profile. A process loses it with its end, whatever end that is.

    It lies in the first of these folders that belongs to the user, is closed to all others and leaves room for a
    socket's path: the user's runtime folder, a folder of the profile, one in the folder for temporary files. So every
    start comes to the same one. It is the system's lock, not the file's existence, that counts: no process id is
    looked up, and a file that a crash has left is taken over.

    Args:
        paths: the profile's folders.
    """

    def __init__(self, paths: AppPaths) -> None:
        self._paths = paths
        self._handle: int | None = None
        self._file: Path | None = None
        self._own_folder: Path | None = None

    def take(self) -> bool:
        """Take the profile for this process, if no other has it. May block for as long as a file system does.

        Returns:
            Whether this process has it.

        Raises:
            FolderUnusable: there is no folder for the lock.
        """
        name = f"{APP_NAME}-{self._paths.identity}.lock"
        failures: list[FolderUnusable] = []
        for folder, is_own in self._folders():
            self._file, self._own_folder = folder / name, folder if is_own else None
            try:
                if not is_own:
                    _check_private(folder)
                _check_length(self.beside("socket"))
                self._handle = _lock(self._file, make_folder=is_own)
            except FolderUnusable as error:
                failures.append(error)
            except OSError as error:
                failures.append(FolderUnusable(folder=str(folder), reason=reason_of(error)))
            else:
                return self._handle is not None
        self._file = None
        raise failures[-1]

    def beside(self, suffix: str) -> Path:
        """Return the path of another file for the same profile in the folder where the lock was looked for last."""
        if self._file is None:
            raise ValueError("the lock has not been looked for")
        return self._file.with_suffix(f".{suffix}")

    def release(self) -> None:
        """Give the profile up; the file goes, too. May block for as long as a file system does."""
        if self._handle is None or self._file is None:
            return
        handle, self._handle = self._handle, None
        if sys.platform == "win32":
            # No open file can be removed there. Who has taken the lock in between has the file open, and keeps it.
            os.close(handle)
            _remove(self._file)
        else:
            # While it is locked: later, the file could be another process's already.
            _remove(self._file)
            os.close(handle)
        if self._own_folder is not None:
            with contextlib.suppress(OSError):
                self._own_folder.rmdir()

    def _folders(self) -> Iterator[tuple[Path, bool]]:
        """Yield the folders that come into question, and whether they are the program's own to create and remove."""
        if sys.platform == "win32":
            # The user's own by what it inherits from the user's profile.
            yield self._paths.run_dir, True
            return
        named = os.environ.get("XDG_RUNTIME_DIR", "")
        if Path(named).is_absolute():
            yield Path(os.path.realpath(named)), False
        # For a start from a shell that does not know of it.
        yield SYSTEM_RUNTIME / str(os.geteuid()), False
        yield self._paths.run_dir, True
        with contextlib.suppress(FileNotFoundError):
            # Another user may have taken this name: then it is not private, and not used.
            yield Path(tempfile.gettempdir(), f"{APP_NAME}-{os.geteuid()}"), True


def _lock(file: Path, *, make_folder: bool) -> int | None:
    """Lock a file, which is created where needed.

    Returns:
        Its descriptor, or None where another process has it locked.

    Raises:
        OSError: it cannot be locked.
        FolderUnusable: its folder cannot be created, or is not private.
    """
    for _ in range(_RETRIES):
        if make_folder:
            _make_private(file.parent)
        try:
            handle = os.open(file, _FLAGS, PRIVATE_FILE)
        except FileNotFoundError:
            continue  # the folder was removed by a process that has ended
        try:
            is_locked = _lock_handle(handle)
            # Its owner may have removed the file between our opening and our locking it: then it guards nothing.
            if is_locked and _is_at(handle, file):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if not is_locked:
            return None
    raise FolderUnusable(folder=str(file.parent), reason="the file vanishes again and again")


if sys.platform == "win32":
    import msvcrt

    _FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOINHERIT

    def _lock_handle(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _is_at(handle: int, file: Path) -> bool:
        del handle, file
        return True  # what is open cannot be removed

else:
    import fcntl

    # Neither a link to another place nor a pipe, which would have to be waited for.
    _FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

    def _lock_handle(handle: int) -> bool:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        with contextlib.suppress(OSError):
            # What is sticky is left out when a runtime folder is tidied up (XDG Base Directory Specification).
            os.fchmod(handle, PRIVATE_FILE | stat.S_ISVTX)
        return True

    def _is_at(handle: int, file: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), file.lstat())
        except FileNotFoundError:
            return False


def _make_private(folder: Path) -> None:
    ensure_private_folder(folder)
    if sys.platform != "win32":
        status = folder.lstat()
        if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
            folder.chmod(PRIVATE_FOLDER)
        _check_private(folder)


def _check_private(folder: Path) -> None:
    """Check that a folder is there, belongs to this user, and is closed to all others.

    Raises:
        OSError: it is not there.
        FolderUnusable: it is another user's, or open to others.
    """
    if sys.platform != "win32":
        status = folder.lstat()
        is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
        if not is_ours or stat.S_IMODE(status.st_mode) & 0o077:
            raise FolderUnusable(folder=str(folder), reason="not a folder of this user alone")


def _check_length(address: Path) -> None:
    if sys.platform != "win32" and len(os.fsencode(address)) > MAX_ADDRESS:
        raise FolderUnusable(folder=str(address.parent), reason="too long a path for a socket")


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink()
