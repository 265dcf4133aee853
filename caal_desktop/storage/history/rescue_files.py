"""What could not be saved when the program ended: in files of their own, in the first place that can be written.

A start finds them by their names, which tell whose profile they belong to: some of the places are not the program's.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import platformdirs

from caal_desktop.storage.atomic_file import PRIVATE_FILE, ensure_private_folder
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from caal_desktop.storage.paths import AppPaths

    Document = Callable[[], Iterable[str]]
    """Returns the parts of a text."""

T = TypeVar("T")

NAME = "caal-not-saved"
"""How the files' names begin."""

OPEN_S = 0.3
"""Seconds that a place may take to make a file: one that takes longer hangs."""

WRITE_S = 1.5
"""Seconds in which a file has to grow: the system does not wait for the end of a program as long as it likes."""

LOOK_S = 3.0
"""Seconds that a place may take to be looked through."""


def keep(paths: AppPaths, documents: Sequence[Document], now: datetime) -> list[Path]:
    """Write documents, a file each, into the first place that takes all of them.

    Blocks for seconds at the most, or for as long as a large file grows.

    Args:
        paths: the profile's folders.
        documents: each returns the parts of a text.
        now: for the files' names.

    Returns:
        The files; none where there is no such place. They are this user's alone, and no other file was replaced.
    """
    nowhere: list[Path] = []
    for folder in _within_or(OPEN_S, lambda: list(_places(paths)), nowhere):
        files: list[Path] = []
        for document in documents:
            file = _write(folder, paths, document, now)
            if file is None:
                remove(files)
                break
            files.append(file)
        else:
            return files
    return []


def find(paths: AppPaths) -> list[Path]:
    """Return the files that earlier runs have left; blocks."""
    found: list[Path] = []
    for folder in _places(paths):
        found += _within_or(LOOK_S, lambda folder=folder: _find_in(folder, paths), [])  # type: ignore[misc]
    return list(dict.fromkeys(found))


def remove(files: Iterable[Path]) -> None:
    """Remove files, as far as that is possible; blocks no longer than one of them takes."""

    def unlink() -> None:
        for file in files:
            with contextlib.suppress(OSError):
                file.unlink()

    _within_or(OPEN_S, unlink, None)


def leave(files: Iterable[Path], paths: AppPaths) -> None:
    """Give files names by which no start finds them, as far as that is possible; blocks."""
    for file in files:
        target = file.with_name(file.name.replace(_beginning(paths), f"{NAME}-"))
        with contextlib.suppress(OSError):
            if not os.path.lexists(target):
                file.rename(target)


def _beginning(paths: AppPaths) -> str:
    return f"{NAME}-{paths.identity[:8]}-"


def _places(paths: AppPaths) -> Iterator[Path]:
    yield from (paths.data_dir, paths.config_dir, paths.log_dir)
    if paths.is_of_user:
        with contextlib.suppress(RuntimeError):  # there is no home
            yield platformdirs.user_documents_path()
            yield Path.home()
        with contextlib.suppress(FileNotFoundError):
            yield Path(tempfile.gettempdir())


def _write(folder: Path, paths: AppPaths, document: Document, now: datetime) -> Path | None:
    """Write a document; return its file, or None where the folder does not take it."""
    is_late = threading.Event()

    def open_in_time() -> IO[bytes]:
        file = _open_new(folder, paths, now)
        if is_late.is_set():
            file.close()
            remove([Path(file.name)])
        return file

    try:
        file = within(OPEN_S, open_in_time)
    except (OSError, StorageError):
        is_late.set()
        return None
    path = Path(file.name)
    written = 0

    def counted() -> Iterator[str]:
        nonlocal written
        for part in document():
            written += 1
            yield part

    try:
        within(WRITE_S, lambda: _fill(file, counted()), lambda: written)
    except OSError:
        remove([path])
        return None
    return path


def _open_new(folder: Path, paths: AppPaths, now: datetime) -> IO[bytes]:
    if folder in (paths.data_dir, paths.config_dir, paths.log_dir):
        ensure_private_folder(folder)
    for number in itertools.count(1):
        name = f"{_beginning(paths)}{now:%Y%m%d-%H%M%S}{f'-{number}' if number > 1 else ''}.json"
        with contextlib.suppress(FileExistsError):
            # What is there already, a link included, is not opened.
            return open(folder / name, "xb", opener=_private)
    raise AssertionError


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_FILE)


def _fill(file: IO[bytes], document: Iterable[str]) -> None:
    with file:
        file.writelines(part.encode("utf-8", "replace") for part in document)
        file.flush()
        os.fsync(file.fileno())


def _find_in(folder: Path, paths: AppPaths) -> list[Path]:
    found = [file for file in folder.glob(f"{_beginning(paths)}*.json") if _is_ours(file)]
    return sorted(found, key=lambda file: file.stem)


def _is_ours(file: Path) -> bool:
    """Return whether a file was written by this user: others may write into the folder for temporary files, too."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return False
    return sys.platform == "win32" or (status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077)


def _within_or(seconds: float, call: Callable[[], T], default: T) -> T:
    try:
        return within(seconds, call)
    except OSError:
        return default
