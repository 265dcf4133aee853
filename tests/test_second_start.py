"""The program started twice, as processes: one window for each profile, whatever the first one or a stranger does.

The window is real and not shown (Qt's offscreen platform); each process says on its standard output what happens.
"""

from __future__ import annotations

import hashlib
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")

# The program itself, which says what happens to it; with "slow end" it ends when its standard input does.
_HARNESS = """
import asyncio, os, sys
from caal_desktop.qt_import import import_qt
import_qt()  # as the command line does, before anything else imports Qt
import caal_desktop.program
from caal_desktop import cli
from caal_desktop.app import application
from caal_desktop.services.process import single_instance, socket_channel

def say(*words):
    print(*words, flush=True)

class Watched(application.Application):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.first_paint.happened.connect(self.on_painted)
        windows, raise_window, show_box = self.windows, self.windows.raise_window, self.windows.show_message_box

        def raised(token):
            done = raise_window(token)
            say("raised" if done else "not raised", token)
            return done

        def boxed(title, text):
            show_box(title, text)
            say("told", title)

        windows.raise_window, windows.show_message_box = raised, boxed
        if sys.argv[1] == "slow end":
            close = self.services.close
            async def close_slowly():
                say("ends")
                await asyncio.to_thread(sys.stdin.readline)
                await close()
            self.services.close = close_slowly

    def on_painted(self):
        say("window")

ask = socket_channel.SocketChannel.ask
def ask_and_say(self, token, patience_s):
    answer = ask(self, token, patience_s)
    say("answer", answer.name)
    return answer
socket_channel.SocketChannel.ask = ask_and_say
if sys.argv[1] == "impatient":
    single_instance.ANSWER_S = 0.3
caal_desktop.program.Application = Watched
status = cli.run(sys.argv[2:])
say("end")
sys.exit(status)
"""


# What the platform without a screen cannot do; whether a window is brought to the front is said by the harness.
_NOT_OURS = re.compile(r"This plugin does not support .*\n")


class Start:
    """One start of the program."""

    def __init__(self, environment: dict[str, str], manner: str, arguments: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "default", "-c", _HARNESS, manner, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors.append(self.process.stderr.read())

    def says(self) -> str:
        """Return the next thing that it says; "" once it has ended."""
        return self._lines.get(timeout=40)

    def answered(self) -> str:
        """Return what it says after it has found nobody, however often it asked."""
        while (said := self.says()) in ("answer NOBODY", "answer ENDING"):
            pass
        return said

    def ended(self) -> tuple[int, str]:
        """Wait for its end; return the exit status and the error output."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        status = self.process.wait(40)
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        return status, _NOT_OURS.sub("", self._errors[0])

    def end(self) -> None:
        """Ask it to end, and see that it does so in order."""
        self.process.terminate()
        while self.says():
            pass
        assert self.ended() == (0, "")

    def kill(self) -> None:
        """Kill it, whatever it does."""
        self.process.kill()
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.ended()


class Desktop:
    """Starts the program in one profile.

    Attributes:
        run: the user's runtime folder.
        tmp: the folder for temporary files, which all users share.
        home: the profile's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.run, self.tmp, self.home = folder / "run", folder / "tmp", folder / "home"
        self.run.mkdir(mode=0o700)
        self.tmp.mkdir()
        self.tmp.chmod(0o1777)
        self.starts: list[Start] = []
        SettingsStore(AppPaths.below(self.home).settings_file).save(Settings())

    def start(self, manner: str = "", *arguments: str, **environment: str) -> Start:
        """Start the program once more."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        own = {
            "CAAL_DESKTOP_HOME": str(self.home),
            "QT_QPA_PLATFORM": "offscreen",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.tmp),
            "XDG_RUNTIME_DIR": str(self.run),
        }
        start = Start({name: value for name, value in (kept | own | environment).items() if value}, manner, arguments)
        self.starts.append(start)
        return start

    def leftovers(self) -> list[Path]:
        """Return what stands in the folders where processes meet."""
        return [path for folder in (self.run, self.tmp) for path in folder.iterdir()]


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    # Not in pytest's folder, which other users may not enter.
    with tempfile.TemporaryDirectory(prefix="caal-") as folder:
        Path(folder).chmod(0o755)
        made = Desktop(Path(folder).resolve())
        yield made
        for start in made.starts:
            start.kill()


def test_a_second_start_raises_the_first_window_and_nothing_stays(desktop: Desktop) -> None:
    first = desktop.start()
    assert first.says() == "window"
    second = desktop.start("", XDG_ACTIVATION_TOKEN="from-the-panel_TIME7")
    assert second.answered() == "answer SHOWN"
    assert first.says() == "raised from-the-panel_TIME7"
    assert second.says() == "end"
    assert second.ended() == (0, "")
    assert len(desktop.leftovers()) == 2, "there was something to leave behind"
    first.end()
    assert desktop.leftovers() == []


def old_address(desktop: Desktop) -> Path:
    """Return the name that could once be foreseen: of the profile's path, where all users may write."""
    digest = hashlib.sha256(str(AppPaths.below(desktop.home).config_dir).encode()).hexdigest()[:16]
    return desktop.tmp / f"caal-desktop-{digest}"


# Another user's process, as far as this one can make any; says where it could listen.
_STRANGER = """
import os, socket, sys
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
listeners = []
for path in sys.argv[1:]:
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
    except OSError as error:
        print(type(error).__name__, flush=True)
        continue
    os.chmod(path, 0o777)
    listener.listen()
    listeners.append(listener)
    print("listens", flush=True)
sys.stdin.readline()
"""


def test_another_user_who_listens_does_not_keep_the_program_from_starting(desktop: Desktop) -> None:
    # Where the program was once, and where it is now: the folder that it takes where there is no other, the address.
    old = old_address(desktop)
    places = [old, desktop.tmp / f"caal-desktop-{os.geteuid()}", desktop.run / f"{old.name}.socket"]
    command = [sys.executable, "-c", _STRANGER, *map(str, places)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stranger:
        assert stranger.stdout is not None
        said = [stranger.stdout.readline().strip() for _ in places]
        # Who is no superuser cannot become another user, who could not go there.
        assert said == ["listens", "listens", "PermissionError" if os.geteuid() == 0 else "listens"]
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(places[0]))  # it really listens
        first = desktop.start()
        assert first.says() == "window"
        # The user's own first one is listened to.
        second = desktop.start()
        assert second.answered() == "answer SHOWN"
        assert second.says() == "end"
        assert second.ended() == (0, "")
        assert first.says() == "raised"
        first.end()
        stranger.kill()


def test_two_starts_at_once_are_one_window(desktop: Desktop) -> None:
    one_window(desktop, 2)


@pytest.mark.long
@pytest.mark.parametrize("number", [10] * 5)
def test_ten_starts_at_once_are_one_window(desktop: Desktop, number: int) -> None:
    one_window(desktop, number)


def one_window(desktop: Desktop, number: int) -> None:
    starts = [desktop.start() for _ in range(number)]
    said = [start.answered() for start in starts]
    assert sorted(said) == [*["answer SHOWN"] * (number - 1), "window"]
    first = starts[said.index("window")]
    for start in starts:
        if start is not first:
            assert start.says() == "end"
            assert start.ended() == (0, "")
            assert first.says() == "raised"
    first.end()
    assert desktop.leftovers() == []


def test_what_a_killed_one_has_left_is_taken_over(desktop: Desktop) -> None:
    first = desktop.start()
    assert first.says() == "window"
    first.kill()
    assert len(desktop.leftovers()) == 2
    second = desktop.start()
    assert second.says() == "window"
    second.end()
    assert desktop.leftovers() == []


def test_one_that_hangs_is_told_of_in_a_window(desktop: Desktop) -> None:
    first = desktop.start()
    assert first.says() == "window"
    first.process.send_signal(signal.SIGSTOP)
    second = desktop.start("impatient")
    assert second.answered() == "answer SILENT"
    what = "CAAL Desktop is already running, but does not answer."
    assert [second.says(), second.says()] == [f"told {what}", "window"]
    second.process.terminate()
    assert second.says() == "end"
    status, errors = second.ended()
    assert status == 0
    assert errors.count("\n") == 1
    assert what in errors
    assert what in AppPaths.below(desktop.home).log_file.read_text("utf-8")
    first.process.send_signal(signal.SIGCONT)
    third = desktop.start()
    assert third.answered() == "answer SHOWN", "the profile is the first one's still"
    assert first.says() == "raised", "once: the second was not waiting any more"
    assert third.says() == "end"
    assert third.ended() == (0, "")
    first.end()


def test_a_start_while_the_first_is_ending_waits_and_opens_its_own_window(desktop: Desktop) -> None:
    first = desktop.start("slow end")
    assert first.says() == "window"
    first.process.terminate()
    assert first.says() == "ends"
    second = desktop.start()
    assert second.says() == "answer ENDING"
    assert first.says() == "not raised"
    assert first.process.stdin is not None
    first.process.stdin.write("\n")
    first.process.stdin.flush()
    assert second.answered() == "window"
    while first.says():
        pass
    assert first.ended() == (0, "")
    second.end()
    assert desktop.leftovers() == []


def test_the_demo_has_a_profile_of_its_own(desktop: Desktop) -> None:
    first = desktop.start()
    assert first.says() == "window"
    demo = desktop.start("", "--demo")
    assert demo.says() == "window"
    demo.end()
    first.end()
    assert desktop.leftovers() == []


def test_without_a_runtime_folder_nothing_stays_either(desktop: Desktop) -> None:
    first = desktop.start("", XDG_RUNTIME_DIR="")
    assert first.says() == "window"
    second = desktop.start("", XDG_RUNTIME_DIR="")
    assert second.answered() == "answer SHOWN"
    assert second.says() == "end"
    assert second.ended() == (0, "")
    assert first.says() == "raised"
    first.end()
    assert desktop.leftovers() == []
    assert not AppPaths.below(desktop.home).run_dir.exists()
