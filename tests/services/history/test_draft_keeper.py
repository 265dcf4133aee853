"""What is being written survives the program."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.history.draft_keeper import DraftKeeper
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
