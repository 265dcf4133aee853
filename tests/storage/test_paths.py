"""Where the program keeps its files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from caal_desktop.storage.errors import HomeOfNobody, HomeUnknown
from caal_desktop.storage.paths import AppPaths


def folders(paths: AppPaths) -> set[Path]:
    return {paths.config_dir, paths.cache_dir, paths.data_dir, paths.log_dir}


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = AppPaths.from_environment({"CAAL_DESKTOP_HOME": str(tmp_path / "elsewhere")})
    assert len(folders(paths)) == 4
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
    for name in ("CONFIG_HOME", "CACHE_HOME", "DATA_HOME", "STATE_HOME"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name))
    paths = AppPaths.from_environment(home)
    assert paths.config_dir == tmp_path / "CONFIG_HOME" / "caal-desktop"
    assert paths.cache_dir == tmp_path / "CACHE_HOME" / "caal-desktop"
    assert paths.data_dir == tmp_path / "DATA_HOME" / "caal-desktop"
    assert paths.log_dir.is_relative_to(tmp_path / "STATE_HOME" / "caal-desktop")


def test_the_home_of_a_user_who_does_not_exist_is_no_path() -> None:
    with pytest.raises(HomeOfNobody, match="~no-such-user/caal"):
        AppPaths.from_environment({"CAAL_DESKTOP_HOME": "~no-such-user/caal"})


@pytest.mark.skipif(sys.platform != "linux", reason="the freedesktop.org variables")
def test_without_a_home_there_is_no_folder_named_like_one_wherever_the_program_was_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(_user: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert AppPaths.from_environment({}).config_dir.is_absolute(), "the system knows it as well"
    monkeypatch.setattr("pwd.getpwuid", nobody)
    with pytest.raises(HomeUnknown):
        AppPaths.from_environment({})
