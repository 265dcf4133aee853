"""What cannot be saved when the program has to end comes back at the next start."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.services.chat.conversation import ChatMessage, Role
from caal_desktop.services.history.draft_keeper import DraftKeeper
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.history.rescue import Rescue
from caal_desktop.services.history.unsaved import Unsaved
from caal_desktop.storage.errors import HistoryDiskFull
from caal_desktop.storage.history.draft_file import Draft, load_draft
from caal_desktop.storage.history.store import HistoryDatabase
from caal_desktop.storage.paths import AppPaths
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.parts import Parts


class Run:
    """One run of the program, as far as it keeps what the user wrote."""

    def __init__(self, parts: Parts, folder: Path) -> None:
        self.parts, self.chat = parts, parts.chat
        self.paths = AppPaths.below(folder)
        self.history = HistoryService(parts.chat, self.paths.history_file, retry_delays=(3600.0,))
        self.drafts = DraftKeeper(self.paths.draft_file, retry_delays=(3600.0,))
        self.unsaved = Unsaved(self.history, self.drafts)
        self.rescue = Rescue(self.paths, self.unsaved, self.history, self.drafts)
        self.offered: list[list[Path]] = []
        self.came_back: list[Draft] = []
        self.imported: list[str] = []
        self.failed: list[Any] = []
        self.rescue.filesChanged.connect(lambda files: self.offered.append(list(files)))
        self.rescue.draftFound.connect(self.came_back.append)
        self.rescue.draftFound.connect(self.drafts.keep)
        self.history.transfer.imported.connect(self.imported.append)
        self.history.transfer.failed.connect(self.failed.append)
        self.history.begin()
        self.drafts.begin()
        self.until(lambda: self.history._has_begun and not self.drafts._is_looking, "the start")

    def until(self, condition: Callable[[], object], what: str) -> None:
        if not turn(until=condition):
            pytest.fail(f"this did not come: {what}")

    def say(self, *texts: str) -> None:
        for text in texts:
            self.chat._add(ChatMessage(Role.USER, [text]))

    def fail(self) -> None:
        self.until(lambda: self.unsaved.trouble, "the trouble")

    def end(self) -> None:
        for service in (self.rescue, self.drafts, self.history):
            run_async(service.close())
        self.rescue.keep_now()

    def find(self) -> list[Path]:
        self.rescue.begin()
        self.until(lambda: self.offered, "what was found")
        return self.offered[-1]

    def texts(self) -> list[str]:
        return [message.text for message in self.chat.messages]


class Disk:
    """The profile's disk: full, but for files of another kind than conversations and drafts."""

    def __init__(self, folder: Path) -> None:
        self.draft = AppPaths.below(folder).draft_file
        self.is_full = False

    @contextmanager
    def full(self) -> Iterator[None]:
        self.is_full = True
        self.draft.mkdir(parents=True)
        yield
        self.end()

    def end(self) -> None:
        if self.is_full:
            self.is_full = False
            self.draft.rmdir()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[[str], None]) -> Disk:
    made = Disk(tmp_path)
    together = HistoryDatabase.together

    @contextmanager
    def together_or_fail(database: HistoryDatabase) -> Iterator[None]:
        if made.is_full:
            raise HistoryDiskFull(file="conversations.db")
        with together(database):
            yield

    monkeypatch.setattr(HistoryDatabase, "together", together_or_fail)
    return made


@pytest.fixture
def begin(make_parts: Callable[..., Parts], tmp_path: Path) -> Iterator[Callable[[], Run]]:
    begun: list[Run] = []

    def start() -> Run:
        begun.append(Run(make_parts(), tmp_path))
        return begun[-1]

    yield start
    for run in begun:
        run.end()


CONVERSATIONS = r"WARNING .*: Conversations could not be saved: .*"
DRAFT = r"WARNING .*: The draft could not be saved: .*"
LOST = r"ERROR .*: Not everything could be saved at the end: .*"


def test_what_could_not_be_saved_comes_back_whole(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    """It was lost with a line in the log."""
    for expected in (CONVERSATIONS, DRAFT, LOST):
        expected_logs(expected)
    first = begin()
    first.say("Saved")
    first.until(lambda: not first.history.has_unwritten, "it is saved")
    with disk.full():
        first.say("Not saved", "Nor this")
        first.drafts.keep(Draft("half a sent", ("/notes.txt",)))
        first.until(lambda: first.history.trouble and first.drafts.trouble, "the trouble")
        first.end()
    second = begin()
    (file,) = second.find()
    assert file.parent == second.paths.data_dir
    assert "Not saved" in file.read_text("utf-8"), "it can be read as it is"
    second.rescue.import_files()
    second.until(lambda: second.imported and not file.exists(), "all of it is saved")
    second.until(lambda: second.history.current == second.imported[0], "it is shown")
    assert second.texts() == ["Saved", "Not saved", "Nor this"]
    assert second.came_back == [Draft("half a sent", ("/notes.txt",))]
    assert load_draft(second.paths.draft_file) == second.came_back[0]
    assert second.offered == [[file], []]
    third = begin()
    third.rescue.begin()
    run_async(third.rescue._scope.wait("look"))
    assert third.offered == [], "there is nothing any more"


def test_a_message_that_was_being_written_comes_back_alone(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(DRAFT)
    first = begin()
    with disk.full():
        first.drafts.keep(Draft("half a sent"))
        first.fail()
        first.end()
    second = begin()
    (file,) = second.find()
    second.rescue.import_files()
    second.until(lambda: not file.exists(), "it is saved")
    assert (second.came_back, second.imported) == ([Draft("half a sent")], [])
    assert second.texts() == []


def test_each_conversation_has_a_file_and_one_that_was_deleted_has_none(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(CONVERSATIONS)
    expected_logs(LOST)
    first = begin()
    with disk.full():
        for text in ("One", "Deleted", "Three"):
            first.history.new()
            first.say(text)
            if text == "Deleted":
                first.history.delete(first.history.current, text)
        first.fail()
        first.end()
    second = begin()
    files = second.find()
    assert [json.loads(file.read_text("utf-8"))["title"] for file in files] == ["One", "Three"]
    second.rescue.import_files()
    second.until(lambda: not any(file.exists() for file in files), "both are saved")
    assert len(second.imported) == 2


def test_what_the_user_does_without_is_not_kept(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(CONVERSATIONS)
    expected_logs(LOST)
    first = begin()
    with disk.full():
        first.say("Not saved")
        first.fail()
        first.rescue.keep_now()
        (file,) = first.find()
        first.unsaved.give_up()
        first.end()
    assert list(file.parent.glob("caal-not-saved*")) == []


def test_what_is_saved_after_all_is_not_offered_again(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    """The end of the session was called off."""
    expected_logs(CONVERSATIONS)
    first = begin()
    with disk.full():
        first.say("Not saved")
        first.fail()
        first.rescue.keep_now()
        (before,) = first.find()
        first.say("Later")
        first.rescue.keep_now()
        first.rescue.begin()
        first.until(lambda: len(first.offered) == 2, "what was found")
        (after,) = first.offered[1]
        assert not before.exists() or before == after
        assert "Later" in after.read_text("utf-8")
    first.end()
    assert not after.exists()


def test_a_file_that_cannot_be_imported_stays_and_is_offered_again(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    for expected in (CONVERSATIONS, LOST, DRAFT):
        expected_logs(expected)
    first = begin()
    with disk.full():
        first.say("Not saved")
        first.drafts.keep(Draft("half a sent"))
        first.fail()
        first.end()
    second = begin()
    (file,) = second.find()
    with disk.full():
        second.rescue.import_files()
        second.until(lambda: len(second.offered) == 3, "it is offered again")
        assert (second.offered, second.came_back) == ([[file], [], [file]], [])
        assert isinstance(second.failed[0], HistoryDiskFull)
    second.history.retry()
    second.until(lambda: second.history.trouble is None, "the disk is found to work")
    second.rescue.import_files()
    second.until(lambda: not file.exists(), "it is imported")


def test_what_is_left_where_it_is_can_be_imported_by_hand(
    begin: Callable[[], Run], disk: Disk, expected_logs: Callable[[str], None]
) -> None:
    for expected in (CONVERSATIONS, LOST, DRAFT):
        expected_logs(expected)
    first = begin()
    with disk.full():
        first.say("Not saved")
        first.drafts.keep(Draft("half a sent", ("/notes.txt",)))
        first.until(lambda: first.history.trouble and first.drafts.trouble, "the trouble")
        first.end()
    second = begin()
    (file,) = second.find()
    second.rescue.leave_files()
    assert second.offered[-1] == []
    run_async(second.rescue._scope.wait("leave"))
    second.rescue.begin()
    run_async(second.rescue._scope.wait("look"))
    assert second.offered[-1] == []
    (left,) = file.parent.glob("caal-not-saved*")
    found: list[Draft] = []
    second.history.transfer.draftFound.connect(found.append)
    second.history.transfer.import_file(left)
    second.until(lambda: second.imported and found, "it is imported")
    assert found == [Draft("half a sent")], "without the files that a file from anywhere could name"
    assert left.exists()


def test_where_nothing_can_be_written_the_log_tells_it(
    begin: Callable[[], Run], disk: Disk, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(CONVERSATIONS)
    expected_logs(LOST)
    expected_logs(r"ERROR .*: What is not saved could not be kept in another place")
    monkeypatch.setattr("caal_desktop.storage.history.rescue_files._places", lambda _paths: [Path("/dev/null")])
    first = begin()
    with disk.full():
        first.say("Not saved")
        first.fail()
        first.end()
    first.unsaved.give_up()
