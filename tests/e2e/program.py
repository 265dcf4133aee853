"""The real program in a desktop session, used from outside as a person does: keys in, what a screen reader sees out."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.support.desktop_session import DesktopSession

T = TypeVar("T")

DEADLINE_S = 20.0
_SYSTEM_PYTHON = "/usr/bin/python3"
_SCREEN_READER = Path(__file__).with_name("screen_reader.py")

# What Qt's own plugins say about the bare test desktop; everything else on standard error is ours.
# (QSpiApplication tells the accessibility bus of each key, and complains where the answer comes late.)
_NOT_OURS = re.compile(r"qt\.(qpa|accessibility)\.|QSpiApplication::")


@dataclass(frozen=True, slots=True)
class Control:
    """One control that is shown.

    Attributes:
        id: the object names from the application down to it.
        role: AT-SPI's word for what it is.
        name: its accessible name; a label's or button's text.
        about: its accessible description.
        states: those of interest that it has.
        text: what stands in it; bullets in a password field, "" where there is no text.
    """

    id: str
    role: str
    name: str
    about: str
    states: frozenset[str]
    text: str = ""

    def has_name(self, object_name: str) -> bool:
        """Whether this is the control with that object name."""
        return self.id.endswith(f".{object_name}")


class ScreenReader:
    """Asks a helper in the system's Python what a program shows.

    Args:
        session: whose accessibility bus to listen on.
    """

    def __init__(self, session: DesktopSession) -> None:
        found = session.run([_SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Atspi', '2.0')"])
        if found.returncode != 0:
            pytest.skip("not installed: the system's Python with AT-SPI (python3-pyatspi)")
        self._process = session.popen(
            [_SYSTEM_PYTHON, "-W", "ignore", _SCREEN_READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def look(self, pid: int) -> list[Control]:
        """What a process shows now; nothing while a window is being built or taken down."""
        found = self._ask({"pid": pid})
        return [Control(**{**control, "states": frozenset(control["states"])}) for control in found]

    def press(self, pid: int, object_name: str) -> bool:
        """Press a control of a process; tells whether it is there, and can be pressed."""
        return bool(self._ask({"pid": pid, "press": object_name}))

    def where(self, pid: int, object_name: str) -> list[int]:
        """Where the middle of a control of a process is on the screen; nothing where it is not shown."""
        found: list[int] = self._ask({"pid": pid, "where": object_name})
        return found

    def texts(self, pid: int) -> list[str]:
        """Every text that can be asked of a process now, whether it is shown or not."""
        found: list[str] = self._ask({"pid": pid, "texts": True})
        return found

    def _ask(self, question: dict[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return [] if isinstance(answer, dict) else answer


class Program:
    """A run of the program; ends with the ``with`` block, whatever happened in it.

    Args:
        session: where it runs.
        reader: sees what it shows.
        home: everything that it stores goes below this folder.
        url: the server in OpenRouter's place; None for the program's own.
        arguments: of the command line.
        environment: further variables.
    """

    def __init__(
        self,
        session: DesktopSession,
        reader: ScreenReader,
        home: Path,
        *,
        url: str | None = None,
        arguments: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._session, self._reader = session, reader
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._errors = home.parent / f"{home.name}.stderr"
        env = {
            **session.env,
            "CAAL_DESKTOP_HOME": str(home),
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
            "PYTHONFAULTHANDLER": "1",
            **(environment or {}),
        }
        if url is not None:
            env["CAAL_DESKTOP_OPENROUTER_URL"] = url
        with self._errors.open("ab") as errors:
            self.process = session.popen(
                [sys.executable, "-P", "-m", "caal_desktop", *arguments], env=env, stdout=errors, stderr=errors
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # --- what is seen

    def controls(self) -> list[Control]:
        """All that is shown now."""
        return self._reader.look(self.process.pid)

    def texts(self) -> list[str]:
        """Every text that assistive technology could ask for now."""
        return self.wait_until(lambda: self._reader.texts(self.process.pid), "there is something to read")

    def find(self, object_name: str) -> Control | None:
        """The control with an object name, if it is shown now."""
        return next((control for control in self.controls() if control.has_name(object_name)), None)

    def wait_for(self, object_name: str, *states: str, name: str = "", text: str = "") -> Control:
        """Wait until a control is shown as it is wanted.

        Args:
            object_name: which.
            states: what it has to have ("focused", "enabled", "checked").
            name: a part of its accessible name.
            text: a part of what stands in it.
        """

        def fits(control: Control) -> bool:
            return (
                control.has_name(object_name)
                and control.states.issuperset(states)
                and name in control.name
                and text in control.text
            )

        what = f"{object_name} {' '.join(states)} {name!r} {text!r}"
        return self.wait_until(lambda: next(filter(fits, self.controls()), None), what)

    def wait_for_text(self, text: str) -> None:
        """Wait until a text is shown anywhere."""
        self.wait_until(lambda: any(text in control.name or text in control.text for control in self.controls()), text)

    def settings(self) -> dict[str, Any]:
        """The settings' file, or nothing while there is none."""
        found = list(self.home.rglob("settings.json"))
        content: dict[str, Any] = json.loads(found[0].read_text("utf-8")) if found else {}
        return content

    def wait_for_setting(self, name: str, value: object) -> None:
        """Wait until a setting has been written; dots lead to a cell of a table."""

        def written() -> object:
            found: Any = self.settings()
            for part in name.split("."):
                found = found.get(part) if isinstance(found, dict) else None
            return found

        self.wait_until(lambda: written() == value, f"the setting {name} = {value!r}")

    @property
    def output(self) -> Path:
        """The file with all that the program has written to standard output and standard error."""
        return self._errors

    def complaints(self) -> list[str]:
        """What the program wrote to standard error."""
        lines = self._errors.read_text("utf-8", errors="replace").splitlines()
        return [line for line in lines if not _NOT_OURS.match(line)]

    # --- what is done

    def press(self, *keys: str) -> None:
        """Press keys, by xdotool's names ("Return", "ctrl+q")."""
        self._xdotool("key", "--delay", "5", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "2", text)

    def tab_to(self, object_name: str) -> None:
        """Move the keyboard to a control with Tab alone; fails where Tab does not lead."""
        self.wait_for(object_name, "enabled")
        for _ in range(40):
            before = self._focused()
            if before is not None and before.has_name(object_name):
                return
            self.press("Tab")
            self.wait_until(lambda before=before: self._focused() != before, "Tab moves the focus")  # type: ignore[misc]
        pytest.fail(f"Tab does not lead to {object_name}")

    def choose(self, object_name: str) -> None:
        """Go to a button by keyboard and press it."""
        self.tab_to(object_name)
        self.press("space")

    def click(self, object_name: str, times: int = 1) -> None:
        """Click into the middle of a control, several times as fast as a user does.

        Presses that are closer to each other may not count as a triple click: it depends on the machine.
        """
        x, y = self.wait_until(lambda: self._reader.where(self.process.pid, object_name), f"{object_name} is shown")
        self._xdotool("mousemove", str(x), str(y), "click", "--repeat", str(times), "--delay", "120", "1")

    def press_by_reader(self, object_name: str) -> None:
        """Press a button as a screen reader does for its user."""
        self.wait_for(object_name, "enabled")
        assert self._reader.press(self.process.pid, object_name), object_name

    def close_window(self) -> None:
        """Close the active window as the window manager's button does."""
        self.press("alt+F4")

    # --- the end

    def wait_for_end(self) -> int:
        """Wait until the process has ended by itself; gives its exit status."""
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            # The crash log is where faulthandler says where every thread is.
            pytest.fail(f"the program does not end\n{self._report()}")

    def assert_ended_well(self) -> None:
        """The program ends with status 0, complains of nothing, and leaves no process behind."""
        status = self.wait_for_end()
        assert (status, self.complaints()) == (0, []), self._report()
        assert self.relatives() == []

    def relatives(self) -> list[int]:
        """Processes that were started with this program's profile: itself and its children."""
        mark = f"CAAL_DESKTOP_HOME={self.home}\0".encode()
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in environ.read_bytes() + b"\0":
                    found.append(int(environ.parent.name))
        return [pid for pid in found if _is_alive(pid)]

    # --- secrets

    def assert_hides(self, secret: str) -> None:
        """A secret stands in no file of the profile or the home, and in no process's arguments or environment."""
        needle = secret.encode()
        folders = (self.home, self._session.home)
        files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        assert files, "there is nothing to look at"
        # The keyring's own file is encrypted; it is looked at all the same.
        assert [path for path in (*files, self._errors) if needle in path.read_bytes()] == []
        token, tell_tale = self._session.token.encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                arguments, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
                # Of this session alone: other tests may be typing the same key at this moment.
                if token in environment and needle in arguments + environment:
                    tell_tale.append(arguments)
        assert tell_tale == []

    # --- inside

    def _focused(self) -> Control | None:
        # The innermost: a field that hands its focus to a part of itself counts as focused too. A list's current row
        # says so always.
        focused = [c for c in self.controls() if "focused" in c.states and c.role != "list item"]
        return focused[-1] if focused else None

    def _xdotool(self, *arguments: str) -> None:
        done = self._session.run(["xdotool", *arguments])
        assert done.returncode == 0, done.stderr

    def wait_until(self, look: Callable[[], T | None], what: str) -> T:
        """Wait until there is what is looked for; fails the test with all that the program shows and says."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := look()):
            if self.process.poll() is not None:
                pytest.fail(f"the program ended ({self.process.returncode}) before: {what}\n{self._report()}")
            if time.monotonic() > deadline:
                pytest.fail(f"this did not come: {what}\n{self._report()}")
            time.sleep(0.01)
        return found

    def _report(self) -> str:
        shown = "\n".join(
            f"  {control.role}: {control.name!r} {control.text!r} {sorted(control.states)} {control.id[-40:]}"
            for control in (self.controls() if self.process.poll() is None else [])
            if control.name or control.text
        )
        logs = "\n".join(path.read_text("utf-8", errors="replace")[-3000:] for path in self.home.rglob("*.log"))
        errors = self._errors.read_text("utf-8", errors="replace")[-3000:]
        return f"shown:\n{shown}\nstandard error:\n{errors}\nlogs:\n{logs}"


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
