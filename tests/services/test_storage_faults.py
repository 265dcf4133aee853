"""What the system can do to each file: the next action works when it is over, and nothing is lost that was kept.

Meanwhile it is told once, in the words of :class:`StorageError`, or not at all where it did no harm. The faults are
real ones where this process can bring them about, and come from the system's calls where it cannot: the tests may be
run by the superuser, to whom nothing is forbidden.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import re
import resource
import shutil
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.services.history.conversation_export import json_parts
from caal_desktop.services.history.conversation_import import ConversationFile, ConversationNotImported
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.storage.atomic_file import write_atomically
from caal_desktop.storage.caches.catalogue_cache import CatalogueCache
from caal_desktop.storage.caches.order_cache import CachedOrder, OrderCache
from caal_desktop.storage.caches.spending import DaySpending, load_spending, save_spending
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history import opening
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft
from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.settings.certificates import bundle_error
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from caal_desktop.storage.settings.transfer import ImportRefused, export_settings, import_settings
from tests.support.locked_database import locked
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.guards import LogGuard
    from tests.support.parts import Parts

TODAY = date(2026, 11, 26)
BIG = "x" * 20_000
"""What is written is longer than a file may become where the disk is full."""


@pytest.fixture(autouse=True)
def _warned_without_a_traceback(_guards: LogGuard) -> Iterator[None]:
    """Warnings of ours may be logged, and nothing else: an exception with one would stand in brackets."""
    yield
    for line in set(_guards.lines):
        if re.fullmatch(r"WARNING caal_desktop\.[\w.]+: [^\[]*", line):
            _guards.expected.append(f"^{re.escape(line)}$")


# --- what is stored


@dataclass(frozen=True)
class Kept:
    """Something that is kept in a file.

    Attributes:
        file: its path, below the test's folder.
        write: writes a value; raises a StorageError, or returns False, where that is not possible.
        read: returns the value; None where there is none.
    """

    file: str
    write: Callable[[Path, int], object]
    read: Callable[[Path], int | None]


@cache
def _store(path: Path) -> SettingsStore:
    """Return what a run of the program has loaded the file with."""
    store = SettingsStore(path)
    store.load()
    return store


def _write_settings(path: Path, value: int) -> None:
    _store(path).save(_settings(value))


def _settings(value: int) -> Settings:
    favourites = tuple(f"maker/{'model' * 12}-{number}" for number in range(190))
    return Settings().replace(history_days=value, favourite_models=favourites)


def _record(value: int) -> ConversationRecord:
    message = MessageRecord("m", None, "user", "done", 0.0, BIG)
    return ConversationRecord("c", str(value), 0.0, 0.0, {}, [message])


def _read_conversation(path: Path) -> int | None:
    if not path.is_file():
        return None
    with closing(ConversationFile(path)) as file:
        while file.next_messages():
            pass
        return int(file.head.title)


def _order(value: int) -> dict[str, CachedOrder]:
    return {"newest": CachedOrder((str(value), BIG), datetime.now(UTC))}


def _read_order(path: Path) -> int | None:
    orders = OrderCache(path.parent, "openrouter").load()
    return int(orders["newest"].ids[0]) if orders else None


def _read_list(path: Path) -> int | None:
    cached = CatalogueCache(path.parent, "openrouter").load()
    return None if cached is None else cached.model_count


KEPT = {
    "settings": Kept(
        "config/settings.json", _write_settings, lambda path: SettingsStore(path).load().settings.history_days or None
    ),
    "draft": Kept(
        "data/draft.json",
        lambda path, value: save_draft(path, Draft(f"{value} {BIG}")),
        lambda path: int((load_draft(path).text or "0").split()[0]) or None,
    ),
    "catalogue": Kept(
        "cache/openrouter.cache",
        lambda path, value: CatalogueCache(path.parent, "openrouter").save(BIG.encode(), model_count=value),
        _read_list,
    ),
    "orders": Kept(
        "cache/openrouter.orders",
        lambda path, value: OrderCache(path.parent, "openrouter").save(_order(value)),
        _read_order,
    ),
    "spending": Kept(
        "data/spending.json",
        lambda path, value: save_spending(path, DaySpending(TODAY, value)),
        lambda path: int(load_spending(path, TODAY).usd) or None,
    ),
    "exported settings": Kept(
        "chosen/settings.json",
        lambda path, value: export_settings(_settings(value), path, "1"),
        lambda path: import_settings(path)["history_days"] if path.is_file() else None,
    ),
    "exported conversation": Kept(
        "chosen/conversation.json",
        lambda path, value: write_atomically(path, (part.encode() for part in json_parts(_record(value)))),
        _read_conversation,
    ),
}


# --- faults


@contextmanager
def _failing(name: str, number: int, folder: Path) -> Iterator[None]:
    """Have a call of the system fail for the files of a folder."""
    call = getattr(os, name)

    def fail(target: Any, *args: Any, **kwargs: Any) -> Any:
        path = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else os.fspath(target)  # noqa: PTH115
        if str(path).startswith(str(folder)):
            raise OSError(number, os.strerror(number), str(path))
        return call(target, *args, **kwargs)

    setattr(os, name, fail)
    try:
        yield
    finally:
        setattr(os, name, call)


@contextmanager
def no_room(_path: Path) -> Iterator[None]:
    """No file may become longer than some bytes: the write itself is cut short, and fails then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_descriptors(_path: Path) -> Iterator[None]:
    """The process has as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What is thrown away later would give one back.
    gc.collect()
    with ExitStack() as opened:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 5, hard))  # noqa: PTH208
        with contextlib.suppress(OSError):
            while True:
                opened.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def no_descriptor_for_it(path: Path) -> Any:
    """As :func:`no_descriptors`, where other threads run on and may give one back."""
    return _failing("open", errno.EMFILE, path.parent)


def full_at_the_end(path: Path) -> Any:
    return _failing("fsync", errno.ENOSPC, path.parent)


def broken_disk(path: Path) -> Any:
    return _failing("fsync", errno.EIO, path.parent)


def forbidden(path: Path) -> Any:
    return _failing("open", errno.EACCES, path.parent)


def read_only(path: Path) -> Any:
    return _failing("open", errno.EROFS, path.parent)


def not_renamed(path: Path) -> Any:
    return _failing("replace", errno.EBUSY, path.parent)


@contextmanager
def folder_for_file(path: Path) -> Iterator[None]:
    """Another program puts a folder in the file's place, and takes it away again."""
    aside = path.with_name("aside")
    path.rename(aside)
    path.mkdir()
    (path / "content").write_text("of another program")
    yield
    assert (path / "content").read_text() == "of another program"
    shutil.rmtree(path)
    # The program may have written anew by now; renaming would put the former file over that.
    with contextlib.suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()


@contextmanager
def file_for_folder(path: Path) -> Iterator[None]:
    """The drive of the folder is gone, and there is a file in the folder's place; then it comes back."""
    aside = path.parent.with_name("aside")
    path.parent.rename(aside)
    path.parent.write_text("")
    yield
    path.parent.unlink()
    # The program may have made a folder with a file of its own by now.
    with contextlib.suppress(OSError):
        aside.rename(path.parent)


@contextmanager
def file_vanishes(path: Path) -> Iterator[None]:
    path.unlink()
    yield


@contextmanager
def folder_vanishes(path: Path) -> Iterator[None]:
    shutil.rmtree(path.parent)
    yield


FAULTS: list[Callable[[Path], Any]] = [
    no_room,
    no_descriptors,
    full_at_the_end,
    broken_disk,
    forbidden,
    read_only,
    not_renamed,
    folder_for_file,
    file_for_folder,
]
WHILE_OTHERS_RUN = [no_descriptor_for_it, *(fault for fault in FAULTS if fault is not no_descriptors)]
HARMLESS: list[Callable[[Path], Any]] = [file_vanishes, folder_vanishes]


def is_written(kept: Kept, path: Path, value: int) -> bool:
    """Write a value; tell whether that was possible. Anything but a StorageError fails the test."""
    try:
        return kept.write(path, value) is not False
    except StorageError as error:
        words = error.describe()
        assert words.what, "it says what happened"
        assert "{" not in f"{words.what}{words.why}{words.advice}"
        return False


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("name", KEPT)
def test_a_write_that_fails_is_told_and_loses_nothing(tmp_path: Path, name: str, fault: Callable[[Path], Any]) -> None:
    kept = KEPT[name]
    path = tmp_path / kept.file
    assert is_written(kept, path, 1)
    with fault(path):
        assert not is_written(kept, path, 2), "positive control: it cannot be written"
    assert kept.read(path) == 1, "what was kept stands"
    assert list(path.parent.iterdir()) == [path], "and there is nothing half beside it"
    assert is_written(kept, path, 3)
    assert kept.read(path) == 3


@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("name", KEPT)
def test_what_vanishes_is_written_anew(tmp_path: Path, name: str, fault: Callable[[Path], Any]) -> None:
    kept = KEPT[name]
    path = tmp_path / kept.file
    assert is_written(kept, path, 1)
    with fault(path):
        assert kept.read(path) is None
        assert is_written(kept, path, 2)
    assert kept.read(path) == 2


# --- what is written until it succeeds


@pytest.mark.usefixtures("qt_loop")
@pytest.mark.parametrize("fault", WHILE_OTHERS_RUN, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("name", ["settings", "draft"])
def test_a_failure_is_told_once_and_made_up_for(tmp_path: Path, name: str, fault: Callable[[Path], Any]) -> None:
    kept = KEPT[name]
    path = tmp_path / kept.file
    kept.write(path, 1)
    attempts: list[int] = []
    told: list[StorageError] = []

    def write(value: int) -> None:
        attempts.append(value)
        kept.write(path, value)

    # The loop's own descriptors and the worker's are there already.
    writer: DelayedWriter[int] = DelayedWriter("test", write, delay=0.001, failed=told.append, retry_delays=(0.001,))
    writer.put(2)
    assert turn(until=lambda: kept.read(path) == 2)
    attempts.clear()
    with fault(path):
        writer.put(3)
        assert turn(until=lambda: len(attempts) >= 3)
    assert turn(until=lambda: kept.read(path) == 3), "without another change"
    run_async(writer.close())
    (error,) = told
    assert isinstance(error, StorageError)


# --- what is read


def _import_conversation(path: Path) -> object:
    try:
        with closing(ConversationFile(path)) as file:
            while file.next_messages():
                pass
    except ConversationNotImported as error:
        return error
    return None


def _import_settings(path: Path) -> object:
    try:
        import_settings(path)
    except ImportRefused as error:
        return error
    return None


READ: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "conversation": (lambda path: KEPT["exported conversation"].write(path, 1), _import_conversation),
    "settings": (lambda path: KEPT["exported settings"].write(path, 1), _import_settings),
}


@contextmanager
def cut_off(path: Path) -> Iterator[None]:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    yield
    path.write_bytes(content)


@contextmanager
def gone(path: Path) -> Iterator[None]:
    path.rename(path.with_name("aside"))
    yield
    path.with_name("aside").rename(path)


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    with _failing("open", errno.EIO, path):
        yield


@pytest.mark.parametrize(
    "fault",
    [cut_off, gone, unreadable, forbidden, no_descriptors, folder_for_file],
    ids=lambda fault: fault.__name__,
)
@pytest.mark.parametrize("name", READ)
def test_a_file_that_cannot_be_imported_is_told(tmp_path: Path, name: str, fault: Callable[[Path], Any]) -> None:
    write, read = READ[name]
    path = tmp_path / "chosen" / "file.json"
    write(path)
    with fault(path):
        assert isinstance(read(path), StorageError)
    assert read(path) is None, "it can be when that is over"


@pytest.mark.parametrize("fault", [cut_off, gone, no_descriptors, folder_for_file], ids=lambda fault: fault.__name__)
def test_certificates_that_cannot_be_read_are_told(tmp_path: Path, fault: Callable[[Path], Any]) -> None:
    import certifi

    path = tmp_path / "chosen" / "authorities.pem"
    path.parent.mkdir()
    shutil.copy(certifi.where(), path)
    with fault(path):
        assert bundle_error(str(path)) is not None
    assert bundle_error(str(path)) is None


# --- conversations


@contextmanager
def folder_gone(path: Path) -> Iterator[None]:
    """The drive of the folder is gone, and comes back."""
    aside = path.parent.with_name("aside")
    path.parent.rename(aside)
    yield
    assert not path.parent.exists(), "nothing was made that the drive would hide"
    aside.rename(path.parent)


EVERYWHERE = [locked, no_room, no_descriptors, folder_for_file, file_for_folder]


@pytest.mark.parametrize(
    ("moment", "fault"),
    [
        *(("at the start", fault) for fault in EVERYWHERE),
        # At the start that is a new profile.
        *(("in the middle", fault) for fault in (*EVERYWHERE, gone, folder_gone)),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_conversations_are_kept_once_the_fault_is_over(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Callable[[Path], Any], moment: str
) -> None:
    monkeypatch.setattr(opening, "BUSY_SECONDS", 0.01)
    path = tmp_path / "kept" / "conversations.db"
    with closing(HistoryDatabase(path)) as database:
        database.save_all(_record(1))
    history = HistoryService(parts.chat, path, retry_delays=(0.01,))
    troubles: list[Any] = []
    history.troubleChanged.connect(troubles.append)
    lists: list[list[Any]] = []
    history.listChanged.connect(lists.append)
    if moment == "in the middle":
        history.begin()
        parts.until(lambda: lists and lists[-1], "the list")
    with fault(path):
        history.begin()
        history.rename("c", "2")
        if moment == "at the start" or fault is not no_descriptors:
            parts.until(lambda: troubles, "it is told")
            assert isinstance(troubles[0].error, StorageError)
        else:
            # The file that is open goes on to be written.
            parts.until(lambda: not history.has_unwritten, "it is written")
    history.rename("c", "3")
    parts.until(lambda: history.trouble is None and not history.has_unwritten, "all is saved")
    parts.close()
    run_async(history.close())
    with closing(HistoryDatabase(path)) as database:
        record = database.load("c")
        assert record is not None
        assert (record.title, [message.text for message in record.messages]) == ("3", [BIG])
    assert sum(trouble is None for trouble in troubles) == (1 if troubles else 0), "it is told once that it is over"
