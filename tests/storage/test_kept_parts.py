"""What cannot be kept in this session: every folder that cannot be written is found, and told in one message."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from functools import partial
from pathlib import Path

import pytest

from caal_desktop.storage.errors import FolderIsFile, FolderUnusable, HomeOfNobody, StorageError, WriteFailed
from caal_desktop.storage.kept_parts import KeptPart, NotKept, unusable_parts
from caal_desktop.storage.paths import AppPaths

FOLDERS = {
    KeptPart.SETTINGS: "config",
    KeptPart.CONVERSATIONS: "data",
    KeptPart.MODELS: "cache",
    KeptPart.LOG: "log",
}


def test_a_home_that_can_be_written_is_made_and_left_empty(tmp_path: Path) -> None:
    assert unusable_parts(AppPaths.below(tmp_path / "home")) == {}
    folders = list((tmp_path / "home").iterdir())
    assert sorted(folder.name for folder in folders) == sorted(FOLDERS.values())
    assert [list(folder.iterdir()) for folder in folders] == [[]] * 4
    if os.name != "nt":
        assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


@pytest.mark.parametrize("part", list(KeptPart))
@pytest.mark.parametrize("obstacle", ["file", "link to nowhere", "link to itself"])
def test_each_folder_is_tried(tmp_path: Path, part: KeptPart, obstacle: str) -> None:
    if obstacle == "file":
        (tmp_path / FOLDERS[part]).write_text("in the way")
    elif obstacle == "link to nowhere":
        (tmp_path / FOLDERS[part]).symlink_to(tmp_path / "gone" / "x")
    else:
        (tmp_path / FOLDERS[part]).symlink_to(FOLDERS[part])
    found = unusable_parts(AppPaths.below(tmp_path))
    assert list(found) == [part]
    assert isinstance(found[part], FolderUnusable)
    assert str(tmp_path / FOLDERS[part]) in NotKept(found).describe().why


# Where nobody may make anything, the superuser included.
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nothing can be made in")
@pytest.mark.parametrize("home", ["/proc/nobody/here", "/dev/null/x", "/" + "x" * 300, "/" + "x/" * 3000])
def test_a_home_that_cannot_be_made_is_told_once(home: str) -> None:
    found = unusable_parts(AppPaths.below(Path(home)))
    assert set(found) == set(KeptPart)
    text = NotKept(found).describe()
    assert text.what.endswith("your settings, your conversations, the lists of models, the log.")
    assert text.why.count("Nothing can be written to") == 1
    assert len(text.why) < 500
    assert "CAAL_DESKTOP_HOME" in text.advice


def test_what_has_to_be_put_right_is_named_and_not_what_was_to_be_made_in_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = unusable_parts(AppPaths.below(tmp_path / "file" / "deep" / "deeper"))
    assert {error.params["folder"] for error in found.values()} == {str(tmp_path / "file" / "deep")}


def test_a_full_disk_is_found_before_anything_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")

    full = partial(Path.open, Path("/dev/full"), "wb", buffering=0)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_more: full())
    found = unusable_parts(AppPaths.below(tmp_path))
    assert set(found) == set(KeptPart)
    assert "No space left on device" in NotKept(found).describe().why


def test_permissions_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing is forbidden to the superuser.
    monkeypatch.setattr(os, "access", lambda *_args: False)
    found = unusable_parts(AppPaths.below(tmp_path))
    assert "You have no permission to write there." in NotKept(found).describe().why


def test_different_reasons_are_told_apart() -> None:
    causes: dict[KeptPart, StorageError] = {
        KeptPart.LOG: WriteFailed(file="/l/x.log", reason="Is a directory"),
        KeptPart.SETTINGS: FolderUnusable(folder="/c", reason=os.strerror(errno.EROFS)),
        KeptPart.CONVERSATIONS: FolderUnusable(folder="/d", reason=os.strerror(errno.EROFS)),
        KeptPart.MODELS: FolderIsFile(folder="/m"),
    }
    assert NotKept(causes).describe().why == (
        "Nothing can be written to /l/x.log. The system says: Is a directory. "
        "Nothing can be written to /c, /d. The system says: Read-only file system. "
        "Nothing can be written to /m. It is not a folder."
    )


def test_a_name_that_cannot_be_shown_is_made_fit_to_be() -> None:
    path = "/a\nb\u202e" + os.fsdecode(b"\xff")
    text = NotKept({KeptPart.LOG: FolderIsFile(folder=path)}).describe()
    assert "/a�b��" in text.why
    assert text.why.isprintable()


def test_a_home_that_is_not_known_is_told() -> None:
    text = NotKept(dict.fromkeys(KeptPart, HomeOfNobody(value="~nobody/x"))).describe()
    assert text.why == (
        "It is not known where to keep anything. CAAL_DESKTOP_HOME is set to ~nobody/x, and there is no such user."
    )
    assert set(unusable_parts(AppPaths.nowhere())) == set(KeptPart)
