"""Writing a file so that a reader, or the next start, sees either the old content or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from caal_desktop.storage.errors import FolderIsFile, FolderReadOnly, FolderUnusable, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700

# Windows refuses to replace a file while a virus scanner or a second instance holds it open, for some milliseconds.
_REPLACE_RETRIES = (0.01, 0.03, 0.1, 0.3)


def ensure_private_folder(folder: Path) -> Path:
    """Create the folder (and its parents) for its owner alone, where it does not exist yet.

    Raises:
        FolderUnusable: it cannot be created or written.
    """
    try:
        missing = [candidate for candidate in (folder, *folder.parents) if not candidate.exists()]
        for candidate in reversed(missing):
            # Path.mkdir(parents=True) gives the mode to the last folder only.
            candidate.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        is_folder, is_writable = folder.is_dir(), os.access(folder, os.W_OK | os.X_OK)
    except FileExistsError as error:
        # A link that leads nowhere, or a file that has just been made.
        raise FolderIsFile(folder=str(folder)) from error
    except OSError as error:
        raise FolderUnusable(folder=str(folder), reason=reason_of(error)) from error
    if not is_folder:
        raise FolderIsFile(folder=str(folder))
    if not is_writable:
        raise FolderReadOnly(folder=str(folder))
    return folder


def write_atomically(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Replace the file's content as a whole; the file is readable by its owner alone.

    A symbolic link is followed, so that a settings file kept elsewhere stays there.

    Args:
        path: the file.
        content: all of it, or its parts; what raises an error in the middle leaves the old file.

    Raises:
        FolderUnusable: the folder cannot be created or written.
        WriteFailed: the content cannot be written; the old file stands.
    """
    target = Path(os.path.realpath(path))
    ensure_private_folder(target.parent)
    temporary: str | None = None
    try:
        # mkstemp creates with mode 0600.
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        _replace(temporary, target)
        temporary = None
        sync_folder(target.parent)
    except OSError as error:
        raise WriteFailed(file=str(path), reason=reason_of(error)) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def remove_unfinished(path: Path) -> None:
    """Remove what a kill in the middle of :func:`write_atomically` has left; not while the file is being written."""
    with contextlib.suppress(OSError):
        for temporary in path.parent.glob(f".{path.name}.*.tmp"):
            temporary.unlink(missing_ok=True)


def free_name(path: Path, word: str, now: datetime) -> Path:
    """Return ``stem.word-YYYYMMDD-HHMMSS.suffix`` beside the path; numbered where that name is taken."""
    stem = f"{path.stem}.{word}-{now:%Y%m%d-%H%M%S}"
    target = path.with_name(stem + path.suffix)
    number = 2
    while target.exists():
        target = path.with_name(f"{stem}-{number}{path.suffix}")
        number += 1
    return target


def reason_of(error: OSError) -> str:
    """Return the system's own short words for an error, without the path."""
    return error.strerror or str(error)


def _replace(temporary: str, target: Path) -> None:
    for pause in _REPLACE_RETRIES:
        try:
            Path(temporary).replace(target)
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(pause)
        else:
            return
    Path(temporary).replace(target)


def sync_folder(folder: Path) -> None:
    """Have a renaming within the folder survive a power cut."""
    # Windows cannot open folders; some file systems refuse to sync them.
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
