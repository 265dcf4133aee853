"""One process per profile, as two starts see it; both kinds of channel, whatever the system is."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.process import single_instance, socket_channel
from caal_desktop.services.process.channel import Answer
from caal_desktop.services.process.pipe_channel import PipeChannel
from caal_desktop.services.process.single_instance import Claim, SingleInstance
from caal_desktop.services.process.socket_channel import SocketChannel
from caal_desktop.storage import profile_lock
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.profile_lock import ProfileLock
from caal_desktop.storage.time_limit import within
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caal_desktop.services.process.channel import Channel

    Make = Callable[[Path], Channel]

pytestmark = [
    pytest.mark.usefixtures("qt_loop"),
    pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets"),
]


@pytest.fixture(params=[SocketChannel, PipeChannel])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, files: Path) -> Make:
    """Return what makes the channel: this system's, and Windows' own."""
    if request.param is PipeChannel:
        # Where Qt has its pipes on a system that knows none.
        monkeypatch.setenv("TMPDIR", str(files))
    channel: Make = request.param
    return channel


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    return AppPaths.below(tmp_path)


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the runtime folder, in which nothing may stay."""
    # A short path, as the system's is: pytest's leave no room for a socket's name.
    with tempfile.TemporaryDirectory(prefix="caal-") as name:
        folder = Path(name).resolve()
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield folder
        assert list(folder.iterdir()) == []


@contextmanager
def impatience() -> Iterator[None]:
    """Have a second start give up soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(single_instance, "ANSWER_S", 0.2)
        patch.setattr(single_instance, "STARTING_S", 0.2)
        yield


class Second:
    """A second start, which waits in a thread as it would in its process."""

    def __init__(self, paths: AppPaths, make: Make, token: str = "") -> None:
        self.instance = SingleInstance(paths, make)
        self._result: list[Claim] = []
        self._thread = threading.Thread(target=lambda: self._result.append(self.instance.claim(token)))
        self._thread.start()

    def result(self) -> Claim:
        assert turn(until=lambda: not self._thread.is_alive())
        return self._result[0]


class Windows:
    """Stands for the program's windows."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.are_open = True

    def show(self, token: str) -> bool:
        if self.are_open:
            self.tokens.append(token)
        return self.are_open


@pytest.fixture
def windows() -> Windows:
    return Windows()


@pytest.fixture
def first(paths: AppPaths, make: Make, files: Path, windows: Windows) -> Iterator[SingleInstance]:
    """Return one that has the profile and answers."""
    instance = SingleInstance(paths, make)
    assert instance.claim() is Claim.OURS
    instance.answer(windows.show)
    yield instance
    instance.release()


@pytest.mark.parametrize(
    ("token", "passed"),
    [("", ""), ("gnome-shell-1_TIME77", "gnome-shell-1_TIME77"), ("two\nlines", ""), ("x" * 2000, ""), ("ümlaut", "")],
)
def test_a_second_start_has_the_first_show_its_window(
    first: SingleInstance, paths: AppPaths, make: Make, windows: Windows, token: str, passed: str
) -> None:
    assert Second(paths, make, token).result() is Claim.SHOWN
    assert windows.tokens == [passed]
    assert Second(paths, make, token).result() is Claim.SHOWN
    assert windows.tokens == [passed] * 2


def test_who_comes_after_the_first_has_ended_has_the_profile(
    first: SingleInstance, paths: AppPaths, make: Make, files: Path
) -> None:
    assert len(list(files.iterdir())) >= 2
    first.release()
    assert list(files.iterdir()) == []
    second = SingleInstance(paths, make)
    assert second.claim() is Claim.OURS
    second.release()


def test_who_comes_while_the_first_is_starting_waits_for_it(
    paths: AppPaths, make: Make, files: Path, windows: Windows
) -> None:
    first = SingleInstance(paths, make)
    assert first.claim() is Claim.OURS
    asked: list[Answer] = []
    second = Second(paths, lambda path: _Noting(make(path), asked))
    assert turn(until=lambda: len(asked) > 2)
    assert set(asked) == {Answer.NOBODY}
    first.answer(windows.show)
    assert second.result() is Claim.SHOWN
    assert windows.tokens == [""]
    first.release()


def test_who_comes_while_the_first_is_ending_waits_and_has_the_profile(
    first: SingleInstance, paths: AppPaths, make: Make, windows: Windows
) -> None:
    windows.are_open = False
    asked: list[Answer] = []
    second = Second(paths, lambda path: _Noting(make(path), asked))
    assert turn(until=lambda: len(asked) > 2)
    assert set(asked) == {Answer.ENDING}
    first.release()
    assert second.result() is Claim.OURS
    second.instance.release()


def test_a_first_one_that_hangs_is_not_waited_for_for_ever(
    first: SingleInstance, paths: AppPaths, make: Make, windows: Windows
) -> None:
    second = SingleInstance(paths, make)
    with impatience():
        assert second.claim() is Claim.UNANSWERED, "its event loop does not turn"
    second.release()
    turn(5)
    if make is SocketChannel:
        assert windows.tokens == [], "who asked has a window of its own by now"
    assert Second(paths, make).result() is Claim.SHOWN, "it was not the second one that had the profile"


def test_one_that_hangs_in_its_end_is_not_waited_for_for_ever(
    first: SingleInstance, paths: AppPaths, make: Make, windows: Windows
) -> None:
    """It answers that it is about to end, and never does."""
    windows.are_open = False
    with impatience():
        second = Second(paths, make)
        assert second.result() is Claim.UNANSWERED
    second.instance.release()


def test_one_that_hangs_in_its_start_is_not_waited_for_for_ever(paths: AppPaths, make: Make, files: Path) -> None:
    first = SingleInstance(paths, make)
    assert first.claim() is Claim.OURS
    with impatience():
        assert SingleInstance(paths, make).claim() is Claim.UNANSWERED
    first.release()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file cannot be sticky")
def test_a_socket_is_the_users_alone_and_not_tidied_up(answering: SingleInstance, address: Path) -> None:
    assert stat.S_IMODE(address.stat().st_mode) == 0o1600


def test_a_socket_that_cannot_be_bound_is_closed(tmp_path: Path) -> None:
    channel = SocketChannel(tmp_path / "nowhere" / "socket")
    with pytest.raises(FileNotFoundError):
        within(3.0, channel.open)
    del channel  # what is not closed by then is a warning, which fails a test


def test_profiles_do_not_disturb_each_other(tmp_path: Path, make: Make, files: Path) -> None:
    instances = [SingleInstance(AppPaths.below(tmp_path / name), make) for name in ("one", "other")]
    assert [instance.claim() for instance in instances] == [Claim.OURS] * 2
    for instance in instances:
        instance.release()


def test_a_hanging_file_system_does_not_hold_the_start_nor_the_end(
    paths: AppPaths, files: Path, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs(r"WARNING .*Another start of the program would not be noticed: .*does not answer")
    expected_logs(r"WARNING .*lock could not be removed in time")
    come_back = threading.Event()
    take, release = ProfileLock.take, ProfileLock.release
    monkeypatch.setattr(ProfileLock, "take", lambda lock: come_back.wait() and take(lock))
    monkeypatch.setattr(ProfileLock, "release", lambda lock: come_back.wait() and release(lock))
    instance = SingleInstance(paths)
    with monkeypatch.context() as patch:
        patch.setattr(single_instance, "FILES_S", 0.1)
        assert instance.claim() is Claim.UNGUARDED
        instance.release()
    come_back.set()
    assert turn(until=lambda: not any(thread.name == "file system" for thread in threading.enumerate()))
    instance.release()


def test_without_any_folder_the_program_starts_all_the_same(
    paths: AppPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs(r"WARNING .*Another start of the program would not be noticed")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setattr(profile_lock, "SYSTEM_RUNTIME", tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    (tmp_path / "data").touch()
    instance = SingleInstance(paths)
    assert instance.claim() is Claim.UNGUARDED
    instance.release()


class _Noting:
    """Notes what a channel is answered."""

    def __init__(self, channel: Channel, answers: list[Answer]) -> None:
        self._channel, self._answers = channel, answers

    def ask(self, token: str, patience_s: float) -> Answer:
        answer = self._channel.ask(token, patience_s)
        self._answers.append(answer)
        return answer

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)


# --- strangers and broken visitors


@pytest.fixture
def address(paths: AppPaths) -> Path:
    """Return where a first instance listens with a socket."""
    lock = ProfileLock(paths)
    if lock.take():
        lock.release()
    return lock.beside("socket")


@pytest.fixture
def answering(paths: AppPaths, files: Path, windows: Windows) -> Iterator[SingleInstance]:
    """Return one that has the profile and answers at a socket."""
    instance = SingleInstance(paths, SocketChannel)
    assert instance.claim() is Claim.OURS
    instance.answer(windows.show)
    yield instance
    instance.release()


def visit(address: Path, data: bytes = b"") -> socket.socket:
    """Connect and say something."""
    visitor = socket.socket(socket.AF_UNIX)
    visitor.connect(str(address))
    visitor.sendall(data)
    return visitor


def hung_up(visitor: socket.socket) -> bool:
    """Return whether the other end has hung up."""
    visitor.setblocking(False)
    try:
        return visitor.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("data", [b"", b"sho", b"hello\n", b"x" * 3000, b"show two words\n", b"\0\xff\n"])
def test_broken_visitors_do_not_disturb(
    answering: SingleInstance,
    address: Path,
    paths: AppPaths,
    windows: Windows,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
) -> None:
    is_silent = b"\n" not in data and len(data) < 1024
    # Nonsense is not heard to its end, which may be far away.
    monkeypatch.setattr(socket_channel, "_VISIT_MS", 50 if is_silent else 60_000)
    with visit(address, data) as visitor:
        assert turn(until=lambda: hung_up(visitor)), "silence and nonsense have an end"
    with visit(address, data):
        pass
    assert windows.tokens == []
    assert Second(paths, SocketChannel).result() is Claim.SHOWN
    assert answering._channel is not None


def test_a_crowd_that_says_nothing_leaves_room(
    answering: SingleInstance, address: Path, paths: AppPaths, windows: Windows
) -> None:
    crowd = []
    for _ in range(60):
        crowd.append(visit(address))
        turn(1)
    assert Second(paths, SocketChannel).result() is Claim.SHOWN
    assert windows.tokens == [""]
    listener = answering._channel._listener  # type: ignore[union-attr]
    assert len(listener._visitors) <= 16
    for visitor in crowd:
        visitor.close()
    assert turn(until=lambda: not listener._visitors and not listener.findChildren(socket_channel._Visitor))


def test_without_descriptors_it_waits_a_while(
    answering: SingleInstance, address: Path, windows: Windows, paths: AppPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The visitor stays at the door: asking for it at once again would take a whole processor."""
    listener = answering._channel._listener  # type: ignore[union-attr]
    tried: list[bool] = []

    class Full:
        def accept(self) -> None:
            tried.append(True)
            raise OSError(24, "Too many open files")

    with visit(address, b"show\n") as visitor, monkeypatch.context() as patch:
        patch.setattr(listener, "_socket", Full())
        assert turn(until=lambda: tried)
        turn(20)
        assert len(tried) == 1
        patch.undo()
        listener._pause.start(0)
        assert turn(until=lambda: hung_up(visitor) or windows.tokens)
    assert windows.tokens == [""]


def test_another_users_visitor_is_not_heard(
    answering: SingleInstance, address: Path, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(socket_channel, "_owner", lambda _connection: os.geteuid() + 1)
        with visit(address, b"show\n") as visitor:
            assert turn(until=lambda: hung_up(visitor))
    assert windows.tokens == []
    with visit(address, b"show\n") as visitor:
        assert turn(until=lambda: windows.tokens), "this user's is"


def test_the_owner_of_the_other_end_is_known(address: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen()
        with visit(address) as visitor, listener.accept()[0] as accepted:
            assert socket_channel._owner(visitor) == os.geteuid()
            assert socket_channel._owner(accepted) == os.geteuid()
    address.unlink()


# Listens at a path and says that the window is shown, whoever asks; as another user where it may become one.
_LIAR = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)
listener.listen()
print("listens", flush=True)
visitor, _ = listener.accept()
visitor.sendall(b"shown\\n")
sys.stdin.readline()
"""


@pytest.mark.parametrize("is_other", [True, False])
def test_another_users_listener_is_not_believed(
    paths: AppPaths, files: Path, address: Path, monkeypatch: pytest.MonkeyPatch, is_other: bool
) -> None:
    """It stands at the very address of the first instance, where no other user can bring it without help."""
    taken = ProfileLock(paths)
    assert taken.take()
    become = "" if is_other else "0 and "
    code = _LIAR.replace("if os.geteuid()", f"if {become}os.geteuid()")
    with subprocess.Popen(
        [sys.executable, "-c", code, str(address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as liar:
        assert liar.stdout is not None
        assert liar.stdout.readline() == "listens\n"
        if is_other and os.geteuid() != 0:
            # Nobody else can become another user: the test's own listener counts as one.
            own = os.geteuid()
            monkeypatch.setattr(socket_channel.os, "geteuid", lambda: own + 1)
            monkeypatch.setattr(ProfileLock, "take", lambda lock: False)
        wanted = Claim.UNANSWERED if is_other else Claim.SHOWN
        assert SingleInstance(paths, SocketChannel).claim() is wanted
        liar.kill()
    monkeypatch.undo()
    address.unlink()
    taken.release()


# Claims the profile together with others, says what has come of it, and answers until its standard input ends.
_ONE_OF_MANY = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QSocketNotifier
from caal_desktop.services.process.single_instance import SingleInstance
from caal_desktop.storage.paths import AppPaths
app = QCoreApplication([])
print("ready", flush=True)
sys.stdin.readline()
instance = SingleInstance(AppPaths.below(Path(sys.argv[1])))
print(instance.claim().name, flush=True)
if sys.argv[2:] == ["dies"]:
    import os; os.kill(os.getpid(), 9)
def show(token):
    print("shows", flush=True)
    return True
instance.answer(show)
end = QSocketNotifier(0, QSocketNotifier.Type.Read)
end.activated.connect(app.quit)
app.exec()
instance.release()
"""


def test_of_ten_starts_within_milliseconds_one_has_the_profile_and_all_others_are_answered(
    tmp_path: Path, files: Path
) -> None:
    command = [sys.executable, "-c", _ONE_OF_MANY, str(tmp_path)]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for _ in range(10)
    ]
    for start in starts:
        assert start.stdout is not None
        assert start.stdout.readline() == "ready\n"
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("\n")
    claims = [start.stdout.readline().strip() for start in starts if start.stdout is not None]
    outputs = []
    for start in starts:
        with start:
            assert start.stdin is not None
            assert start.stdout is not None
            start.stdin.close()
            outputs.append(start.stdout.read().split())
    assert sorted(claims) == ["OURS", *["SHOWN"] * 9]
    assert sorted(outputs) == [*[[]] * 9, ["shows"] * 9]
    assert [start.returncode for start in starts] == [0] * 10


def test_what_a_crash_left_behind_is_no_obstacle(tmp_path: Path, files: Path, windows: Windows) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ONE_OF_MANY, str(tmp_path), "dies"],
        input="\n",
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (-9, ["ready", "OURS"])
    assert len(list(files.iterdir())) == 2
    paths = AppPaths.below(tmp_path)
    instance = SingleInstance(paths)
    assert instance.claim() is Claim.OURS
    instance.answer(windows.show)
    assert Second(paths, SocketChannel).result() is Claim.SHOWN, "and the profile is really taken"
    instance.release()


def test_the_socket_is_for_this_user_alone(paths: AppPaths, files: Path, address: Path) -> None:
    """The folder protects it already; the mode does so where it is moved to another."""
    # The most generous system there is: the mode is the program's own doing.
    before = os.umask(0)
    try:
        instance = SingleInstance(paths)
        assert instance.claim() is Claim.OURS
    finally:
        os.umask(before)
    assert address.is_socket()
    assert address.stat().st_uid == os.geteuid()
    assert address.stat().st_mode & 0o077 == 0
    instance.release()
