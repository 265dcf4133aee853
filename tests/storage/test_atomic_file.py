"""Folders for their owner alone, and files that are whole whenever the power fails."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.atomic_file import ensure_private_folder, write_atomically
from caal_desktop.storage.errors import FolderIsFile, FolderReadOnly, FolderUnusable, WriteFailed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_folders_are_created_for_their_owner_alone(tmp_path: Path) -> None:
    wanted = tmp_path / "a" / "b" / "log"
    assert ensure_private_folder(wanted) == wanted
    for folder in (tmp_path / "a", tmp_path / "a" / "b", wanted):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    tmp_path.chmod(0o755)
    ensure_private_folder(wanted)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "what was there before stays as it is"


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wanted = tmp_path / "file" / "config"
    with pytest.raises(FolderUnusable) as caught:
        ensure_private_folder(wanted)
    text = caught.value.describe()
    assert str(wanted) in text.what
    assert "CAAL_DESKTOP_HOME" in text.advice


def test_a_file_in_the_folder_s_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(FolderIsFile, match="not a folder"):
        ensure_private_folder(tmp_path / "config")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o500)
    with pytest.raises(FolderReadOnly, match="no permission"):
        ensure_private_folder(folder)


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be synced there")
def test_content_is_on_the_disk_before_the_old_file_goes_and_the_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed first, a power cut leaves an empty file under the right name."""
    target = tmp_path / "settings.json"
    write_atomically(target, b"old")
    synced: list[tuple[str, bytes]] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        fsync(handle)
        kind = os.fstat(handle)
        what = "folder" if stat.S_ISDIR(kind.st_mode) else f"{kind.st_size} bytes"
        synced.append((what, target.read_bytes()))

    monkeypatch.setattr(os, "fsync", noting)
    write_atomically(target, b"quite new")
    assert synced == [("9 bytes", b"old"), ("folder", b"quite new")]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "settings.json"
    write_atomically(target, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteFailed, match="No space left"):
        write_atomically(target, b"quite new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
