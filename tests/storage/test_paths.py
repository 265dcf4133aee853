"""Where the program keeps its files."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from caal_desktop.storage.errors import FolderUnusable
from caal_desktop.storage.paths import AppPaths


def folders(paths: AppPaths) -> set[Path]:
    return {paths.config_dir, paths.cache_dir, paths.data_dir, paths.log_dir, paths.runtime_dir}


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = AppPaths.from_environment({"CAAL_DESKTOP_HOME": str(tmp_path / "elsewhere")})
    assert len(folders(paths)) == 5
    assert all(folder.is_relative_to(tmp_path / "elsewhere") for folder in folders(paths))
    files = {paths.settings_file, paths.catalogue_dir, paths.log_file, paths.crash_file}
    assert all(file.is_relative_to(tmp_path / "elsewhere") for file in files)
    assert not (tmp_path / "elsewhere").exists(), "nothing is created before it is needed"


def test_a_relative_home_does_not_move_with_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = AppPaths.from_environment({"CAAL_DESKTOP_HOME": "here"})
    monkeypatch.chdir("/")
    assert paths.config_dir == tmp_path / "here" / "config"
    assert AppPaths.below(Path("~/caal")).config_dir == Path.home() / "caal" / "config"


@pytest.mark.skipif(sys.platform != "linux", reason="the freedesktop.org variables")
@pytest.mark.parametrize("home", [{}, {"CAAL_DESKTOP_HOME": "  "}])
def test_otherwise_the_system_s_folders_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: dict[str, str]
) -> None:
    for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name))
    paths = AppPaths.from_environment(home)
    assert paths.config_dir == tmp_path / "CONFIG_HOME" / "caal-desktop"
    assert paths.cache_dir == tmp_path / "CACHE_HOME" / "caal-desktop"
    assert paths.data_dir == tmp_path / "DATA_HOME" / "caal-desktop"
    assert paths.log_dir.is_relative_to(tmp_path / "STATE_HOME" / "caal-desktop")
    assert paths.runtime_dir == tmp_path / "RUNTIME_DIR" / "caal-desktop"


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_folders_are_created_for_their_owner_alone(tmp_path: Path) -> None:
    paths = AppPaths.below(tmp_path / "a" / "b")
    assert paths.ensure(paths.log_dir) == paths.log_dir
    for folder in (tmp_path / "a", tmp_path / "a" / "b", paths.log_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    tmp_path.chmod(0o755)
    paths.ensure(paths.log_dir)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755, "what was there before stays as it is"


def test_a_folder_that_cannot_be_created_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    paths = AppPaths.below(tmp_path / "file")
    with pytest.raises(FolderUnusable) as caught:
        paths.ensure(paths.config_dir)
    text = caught.value.describe()
    assert str(paths.config_dir) in text.what
    assert "CAAL_DESKTOP_HOME" in text.advice


def test_a_file_in_the_folder_s_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")
    with pytest.raises(FolderUnusable, match="not a folder"):
        AppPaths.below(tmp_path).ensure(tmp_path / "config")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden to the superuser")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o500)
    with pytest.raises(FolderUnusable, match="no permission"):
        AppPaths.below(tmp_path).ensure(folder)
