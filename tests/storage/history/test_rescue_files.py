"""What could not be saved is written wherever it can be, and found there."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import pytest

from caal_desktop.storage.history import rescue_files
from caal_desktop.storage.history.rescue_files import find, keep, leave
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

NOW = datetime(2026, 11, 26, 13, 20, 17)  # noqa: DTZ001 - as the user's clock shows it


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    return AppPaths.below(tmp_path / "profile")


def text(content: str) -> rescue_files.Document:
    return lambda: iter((content[:2], content[2:]))


def test_the_first_place_that_can_be_written_takes_it(paths: AppPaths) -> None:
    folders = (paths.data_dir, paths.config_dir, paths.log_dir)
    for folder in folders:
        (file,) = keep(paths, [text("what was said ü")], NOW)
        assert file == folder / f"caal-not-saved-{paths.identity[:8]}-20261126-132017.json"
        assert file.read_text("utf-8") == "what was said ü"
        assert file.stat().st_mode & 0o777 == 0o600
        file.unlink()
        folder.rmdir()
        folder.write_text("a file in the folder's place")
    assert keep(paths, [text("what was said")], NOW) == []


def test_a_user_s_other_folders_come_after_the_profile_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DOCUMENTS_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (tmp_path / "profile").write_text("a file in the folder's place")
    paths = AppPaths.from_environment({"CAAL_DESKTOP_HOME": str(tmp_path / "profile")})
    folders = (home / "Documents", home, temporary)
    assert keep(paths, [text("what was said")], NOW) == [], "what is not the program's own is not created"
    for folder in reversed(folders):
        folder.mkdir(parents=True, exist_ok=True)
        (file,) = keep(paths, [text("what was said")], NOW)
        assert file.parent == folder
        assert find(paths)[0] == file
    assert keep(AppPaths.below(tmp_path / "profile"), [text("what was said")], NOW) == [], "a profile of the tests'"


def test_no_other_file_is_replaced(paths: AppPaths, tmp_path: Path) -> None:
    (first,) = keep(paths, [text("first")], NOW)
    first.with_stem(f"{first.stem}-2").symlink_to(tmp_path / "elsewhere")
    files = keep(paths, [text("second"), text("third")], NOW)
    assert [file.stem.removeprefix(first.stem) for file in files] == ["-3", "-4"]
    assert [file.read_text() for file in (first, *files)] == ["first", "second", "third"]
    assert not (tmp_path / "elsewhere").exists()


def test_a_place_that_takes_not_all_of_it_keeps_nothing(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    fill = rescue_files._fill

    def fill_or_fail(file: IO[bytes], document: Iterable[str]) -> None:
        fill(file, document)
        if "data" in file.name and "-2" in Path(file.name).name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(rescue_files, "_fill", fill_or_fail)
    files = keep(paths, [text("first"), text("second")], NOW.replace(day=1))
    assert [file.parent for file in files] == [paths.config_dir] * 2
    assert list(paths.data_dir.iterdir()) == []


@pytest.mark.parametrize("step", ["_open_new", "_fill"])
def test_a_place_that_hangs_is_passed_over(paths: AppPaths, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    answers = threading.Event()
    run = getattr(rescue_files, step)

    def hang_at_first(place: Path | IO[bytes], *args: object) -> object:
        if str(paths.data_dir) in str(place if isinstance(place, Path) else place.name):
            answers.wait()
        return run(place, *args)

    monkeypatch.setattr(rescue_files, step, hang_at_first)
    monkeypatch.setattr(rescue_files, "OPEN_S", 0.2)
    monkeypatch.setattr(rescue_files, "WRITE_S", 0.2)
    try:
        (file,) = keep(paths, [text("what was said")], NOW)
        assert file.parent == paths.config_dir
    finally:
        answers.set()
    for thread in threading.enumerate():
        if thread.name == "file system":
            thread.join(10)
    assert not paths.data_dir.exists() or list(paths.data_dir.iterdir()) == [], "nothing comes late"
    assert find(paths) == [file]


def test_a_large_file_has_the_time_that_it_needs(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was given up, and removed, on a disk that was only slow."""
    come_so_far: list[object] = []

    def watch(seconds: float, call: Callable[[], T], progress: Callable[[], object] | None = None) -> T:
        def parts_watched() -> T:
            assert progress is not None
            come_so_far.append(progress())
            result = call()
            come_so_far.append(progress())
            return result

        return within(seconds, call if progress is None else parts_watched)

    monkeypatch.setattr(rescue_files, "within", watch)
    assert keep(paths, [lambda: map(str, range(1000))], NOW)
    assert come_so_far == [0, 1000]


def test_only_what_this_user_alone_has_written_is_found(paths: AppPaths, tmp_path: Path) -> None:
    (file,) = keep(paths, [text("what was said")], NOW)
    others = [file.with_stem(f"{file.stem}-{number}") for number in range(2, 6)]
    others[0].symlink_to(file)
    os.mkfifo(others[1], 0o600)
    others[2].touch(0o600)
    others[3].touch(0o600)
    others[3].write_text("somebody else's")
    others[3].chmod(0o644)
    assert find(paths) == [file]
    assert find(AppPaths.below(tmp_path / "another")) == []
    moved = AppPaths(tmp_path / "another", paths.cache_dir, paths.data_dir, paths.log_dir)
    assert find(moved) == [], "another profile's are not found where both share a folder"


def test_what_is_left_where_it_is_is_not_found_again(paths: AppPaths) -> None:
    files = keep(paths, [text("first"), text("second")], NOW)
    (paths.data_dir / "caal-not-saved-20261126-132017.json").write_text("the user's")
    leave(files, paths)
    assert find(paths) == [files[0]], "nothing is replaced"
    assert {file.read_text() for file in paths.data_dir.iterdir()} == {"first", "second", "the user's"}
