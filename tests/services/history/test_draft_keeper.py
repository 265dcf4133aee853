"""What is being written survives the program."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.history import draft_keeper
from caal_desktop.services.history.draft_keeper import DraftKeeper
from caal_desktop.storage.errors import WriteFailed
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from caal_desktop.services.history.trouble import Trouble

pytestmark = pytest.mark.usefixtures("qt_loop")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "draft.json"


def test_a_draft_is_found_again(path: Path) -> None:
    drafts = [Draft("half a sent", ("/somewhere/a.txt",)), Draft("only half a \ud800 character"), Draft("", ("/b",))]
    for draft in drafts:
        first = DraftKeeper(path)
        first.keep(Draft("half"))
        first.keep(draft)
        run_async(first.close())
        second = DraftKeeper(path)
        found: list[Draft] = []
        second.found.connect(found.append)
        second.begin()
        assert turn(until=lambda found=found: found)  # type: ignore[misc]
        assert found == [Draft(draft.text.replace("\ud800", "\ufffd"), draft.files)]
        run_async(second.close())


@pytest.mark.parametrize("draft", [Draft(), Draft(" \n")])
def test_an_empty_draft_leaves_no_file(path: Path, draft: Draft) -> None:
    keeper = DraftKeeper(path)
    keeper.keep(Draft("half a sent"))
    assert turn(until=path.exists)
    assert path.stat().st_mode & 0o777 == 0o600
    keeper.keep(draft)
    assert turn(until=lambda: not path.exists())
    run_async(keeper.close())
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"[" * 2000, b'{"text": 7, "files": {}}', b'{"files": [7, null, ""]}', b"\xff"]
)
def test_a_file_with_anything_in_it_is_no_draft(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert load_draft(path).is_empty


def test_a_kill_in_the_middle_of_a_write_leaves_nothing_for_good(path: Path) -> None:
    save_draft(path, Draft("kept"))
    begun = path.with_name(f".{path.name}.abcdef.tmp")
    begun.write_text("half a dra")
    keeper = DraftKeeper(path)
    found: list[Draft] = []
    keeper.found.connect(found.append)
    keeper.begin()
    keeper.keep(Draft("newer"))
    assert turn(until=lambda: found)
    assert list(path.parent.iterdir()) == [path]
    run_async(keeper.close())
    assert (found, load_draft(path)) == ([Draft("kept")], Draft("newer"))


def test_what_is_no_file_is_no_draft(path: Path, expected_logs: Callable[[str], None]) -> None:
    expected_logs(r"WARNING .*draft_file: The draft cannot be read: not a file.*")
    path.parent.mkdir()
    os.mkfifo(path)
    assert load_draft(path).is_empty
    save_draft(path, Draft("text"))
    assert load_draft(path) == Draft("text")


def test_a_draft_that_cannot_be_written_is_written_as_soon_as_it_can_be(
    path: Path, expected_logs: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved.*")
    path.parent.write_text("a file in the folder's place")
    keeper = DraftKeeper(path)
    keeper.keep(Draft("a"))
    assert turn(until=lambda: caplog.records)
    path.parent.unlink()
    keeper.keep(Draft("ab"))
    assert turn(until=lambda: path.exists() and load_draft(path) == Draft("ab"))
    run_async(keeper.close())


class Fault:
    """A file in the place of the draft's folder, and what the keeper tells meanwhile."""

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        self.keeper = DraftKeeper(path, retry_delays=(3600.0,))
        self.told: list[Trouble | None] = []
        self.keeper.troubleChanged.connect(self.told.append)

    def begin(self) -> None:
        self.folder.write_text("a file in the folder's place")

    def end(self) -> None:
        self.folder.unlink()

    def fail(self, text: str) -> None:
        count = len(self.told)
        self.keeper.keep(Draft(text))
        assert turn(until=lambda: len(self.told) > count)


@pytest.fixture
def fault(path: Path, expected_logs: Callable[[str], None]) -> Iterator[Fault]:
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved.*")
    made = Fault(path)
    made.begin()
    yield made
    run_async(made.keeper.close())


def test_a_draft_that_cannot_be_written_is_told_until_it_could_be(fault: Fault, path: Path) -> None:
    """It was only logged."""
    fault.fail("half a sent")
    (trouble,) = fault.told
    assert trouble is not None
    words = trouble.error.describe()
    assert (words.what, trouble.is_trying) == ("The message that you are writing cannot be saved at the moment.", False)
    assert f"{path.parent} cannot be used. It is not a folder." in words.why
    assert fault.keeper.unwritten == Draft("half a sent")
    fault.keeper.retry()
    assert turn(until=lambda: len(fault.told) == 3)
    assert [bool(told and told.is_trying) for told in fault.told] == [False, True, False]
    fault.end()
    fault.keeper.retry()
    assert turn(until=lambda: fault.told[-1] is None)
    assert (fault.keeper.unwritten, load_draft(path)) == (None, Draft("half a sent"))


def test_where_there_is_no_draft_any_more_nothing_can_be_lost(fault: Fault) -> None:
    fault.fail("half a sent")
    fault.keeper.keep(Draft())
    assert fault.told[1:] == [None]
    fault.fail("another")
    assert fault.told[-1] is not None, "positive control: the disk is as it was"
    assert fault.keeper.trouble == fault.told[-1]


def test_a_disk_that_does_not_answer_holds_neither_the_user_nor_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[[str], None]
) -> None:
    expected_logs(r"WARNING .*draft_keeper: The draft could not be saved.*")
    monkeypatch.setattr(draft_keeper, "SLOW_AGAIN_S", 0.01)
    monkeypatch.setattr(draft_keeper, "LAST_TRY_S", 0.01)
    answers = threading.Event()
    does_hang = False

    def save(_path: Path, _draft: Draft) -> None:
        if does_hang:
            answers.wait()
        raise WriteFailed(file="draft.json", reason="Input/output error")

    monkeypatch.setattr(draft_keeper, "save_draft", save)
    fault = Fault(path)
    fault.fail("half a sent")
    does_hang = True
    fault.keeper.retry()
    assert turn(until=lambda: len(fault.told) == 3)
    assert [bool(told and told.is_trying) for told in fault.told] == [False, True, False]
    try:
        run_async(fault.keeper.close())
        assert fault.keeper.unwritten == Draft("half a sent")
    finally:
        answers.set()
