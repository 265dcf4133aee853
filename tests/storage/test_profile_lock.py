"""The lock of a profile: where it lies, who can take it, and that nothing of it stays."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage import profile_lock
from caal_desktop.storage.errors import FolderUnusable
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.profile_lock import MAX_ADDRESS, ProfileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders' modes")


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Return a folder with a short path, as a home has: pytest's leave no room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="caal-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's runtime folder, as the system makes it."""
    folder = tmp_path / "runtime"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for temporary files that all users share."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the runtime folder away, the one without a variable included."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(profile_lock, "SYSTEM_RUNTIME", Path("/nowhere"))


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    return AppPaths.below(tmp_path / "home")


def test_one_has_it_at_a_time_and_nothing_stays(runtime: Path, paths: AppPaths) -> None:
    one, other = ProfileLock(paths), ProfileLock(paths)
    assert one.take()
    assert not other.take()
    other.release()
    assert not other.take(), "who does not have it cannot release it"
    (file,) = runtime.iterdir()
    # Sticky: what is not is removed when the system tidies the folder up, after some hours.
    assert stat.S_IMODE(file.stat().st_mode) == 0o1600 or sys.platform != "linux"
    one.release()
    assert list(runtime.iterdir()) == []
    assert other.take()
    other.release()
    assert list(runtime.iterdir()) == []
    assert not paths.data_dir.exists()


def test_the_file_goes_while_it_is_locked(runtime: Path, paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later, it could be another process's already, and a third one would lock a new one beside it."""
    one, other = ProfileLock(paths), ProfileLock(paths)
    assert one.take()
    taken: list[bool] = []
    remove = profile_lock._remove

    def remove_late(file: Path) -> None:
        taken.append(other.take())
        remove(file)

    with monkeypatch.context() as patched:
        patched.setattr(profile_lock, "_remove", remove_late)
        one.release()
    assert taken == [False]
    assert other.take()
    other.release()


def test_each_profile_has_its_own(runtime: Path, paths: AppPaths, tmp_path: Path) -> None:
    locks = [
        ProfileLock(paths),
        ProfileLock(AppPaths.below(paths.data_dir / "demo")),
        ProfileLock(AppPaths.below(tmp_path / "other")),
    ]
    assert [lock.take() for lock in locks] == [True, True, True]
    for lock in locks:
        lock.release()


def test_a_link_to_a_profile_is_the_same_profile(runtime: Path, paths: AppPaths, tmp_path: Path) -> None:
    paths.config_dir.mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    one, other = ProfileLock(paths), ProfileLock(AppPaths.below(tmp_path / "link"))
    assert one.take()
    assert not other.take()
    one.release()


def test_links_that_run_in_a_circle_do_not_hold_the_start(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    lock = ProfileLock(AppPaths.below(tmp_path / "one"))
    assert lock.take()
    assert lock.beside("lock").parent == runtime
    lock.release()


@pytest.mark.usefixtures("no_runtime")
def test_without_any_folder_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one for temporary files, for which Python looks in many places."""
    (tmp_path / "file").touch()

    def none_found() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_found)
    lock = ProfileLock(AppPaths.below(tmp_path / "file"))
    with pytest.raises(FolderUnusable):
        lock.take()
    lock.release()


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o701, 0o777])
def test_a_runtime_folder_that_others_may_enter_is_not_used(runtime: Path, paths: AppPaths, mode: int) -> None:
    runtime.chmod(mode)
    lock = ProfileLock(paths)
    assert lock.take()
    assert (lock.beside("lock").parent == runtime) is (mode == 0o700)
    lock.release()


def test_a_runtime_folder_of_another_user_is_not_used(
    runtime: Path, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(runtime, 65534, 65534)
    else:
        # Only the superuser can give a folder away: here the real one is another user's, seen from the program.
        (paths.data_dir / "run").mkdir(parents=True, mode=0o700)
        own = Path.lstat
        stranger = os.stat_result((stat.S_IFDIR | 0o700, 1, 1, 1, 65534, 65534, 0, 0, 0, 0))
        monkeypatch.setattr(Path, "lstat", lambda path: stranger if path == runtime else own(path))
    lock = ProfileLock(paths)
    assert lock.take()
    assert lock.beside("lock").parent == paths.run_dir
    lock.release()
    assert list(runtime.iterdir()) == []


@pytest.mark.usefixtures("no_runtime")
def test_without_a_runtime_folder_it_lies_in_the_profile(paths: AppPaths) -> None:
    paths.run_dir.mkdir(parents=True)
    paths.run_dir.chmod(0o755)
    lock = ProfileLock(paths)
    assert lock.take()
    assert lock.beside("lock").parent == paths.run_dir
    assert stat.S_IMODE(paths.run_dir.stat().st_mode) == 0o700
    assert not ProfileLock(paths).take()
    lock.release()
    assert list(paths.data_dir.iterdir()) == []


@pytest.mark.usefixtures("no_runtime")
def test_a_long_path_leads_to_a_private_folder_among_the_temporary_ones(tmp_path: Path, temporary: Path) -> None:
    """A socket's path is short on every system; the other start has to come to the same place."""
    paths = AppPaths.below(tmp_path / ("long" * 25))
    lock = ProfileLock(paths)
    assert lock.take()
    (folder,) = temporary.iterdir()
    assert lock.beside("socket").parent == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(lock.beside("socket"))) <= MAX_ADDRESS
    assert not ProfileLock(paths).take()
    lock.release()
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("no_runtime")
def test_a_name_that_another_has_taken_among_the_temporary_files_is_not_used(tmp_path: Path, temporary: Path) -> None:
    squatted = temporary / f"caal-desktop-{os.geteuid()}"
    squatted.symlink_to(tmp_path)
    lock = ProfileLock(AppPaths.below(tmp_path / ("long" * 25)))
    with pytest.raises(FolderUnusable):
        lock.take()
    squatted.unlink()
    assert lock.take(), "it was that name alone"
    lock.release()


@pytest.mark.parametrize("obstacle", ["folder", "pipe", "link"])
def test_what_is_no_file_in_the_locks_place_does_not_hold_the_start(
    runtime: Path, paths: AppPaths, obstacle: str
) -> None:
    lock = ProfileLock(paths)
    assert lock.take()
    place = lock.beside("lock")
    assert place.parent == runtime
    lock.release()
    if obstacle == "folder":
        place.mkdir()
    elif obstacle == "pipe":
        os.mkfifo(place)
    else:
        paths.config_dir.mkdir(parents=True)
        place.symlink_to(paths.settings_file)
    assert lock.take()
    assert lock.beside("lock").parent == paths.run_dir
    assert not ProfileLock(paths).take()
    if sys.platform == "linux":
        assert str(place) not in map(os.path.realpath, Path("/proc/self/fd").iterdir()), "it is not left open"
    lock.release()
    assert not paths.settings_file.exists()


_HOLDER = """
import os, sys
from pathlib import Path
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.profile_lock import ProfileLock
lock = ProfileLock(AppPaths.below(Path(sys.argv[1])))
print(lock.take(), flush=True)
sys.stdin.readline()
"""


def test_a_killed_process_loses_it(runtime: Path, paths: AppPaths) -> None:
    command = [sys.executable, "-c", _HOLDER, str(paths.data_dir.parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = ProfileLock(paths)
        assert not lock.take()
        holder.kill()
        holder.wait()
        assert len(list(runtime.iterdir())) == 1, "the kill left the file"
        assert lock.take()
        assert not ProfileLock(paths).take(), "and it is really taken"
        lock.release()
    assert list(runtime.iterdir()) == []


def test_a_file_that_its_owner_removes_at_that_moment_guards_nothing(
    runtime: Path, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two would have the profile: one by the file that is gone, one by the new one in its place."""
    first, second, third = ProfileLock(paths), ProfileLock(paths), ProfileLock(paths)
    assert first.take()
    lock_handle = profile_lock._lock_handle

    def end_in_between(handle: int) -> bool:
        monkeypatch.setattr(profile_lock, "_lock_handle", lock_handle)
        first.release()
        return lock_handle(handle)

    monkeypatch.setattr(profile_lock, "_lock_handle", end_in_between)
    assert second.take()
    assert not third.take()
    second.release()
