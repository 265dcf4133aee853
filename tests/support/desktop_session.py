"""A throw-away desktop session for tests: own home, own D-Bus, own keyring, and a screen where one is needed.

Nothing of the machine's own session is used or touched. Programs under test run as child processes with
:attr:`DesktopSession.env`; the testing process itself stays outside (keyring remembers its backend per process).

    with DesktopSession(display=True) as session:
        program = session.popen([sys.executable, "-m", "caal_desktop"])
        ...
        assert session.secret_items() == [...]
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

REPOSITORY = Path(__file__).resolve().parents[2]

# Every process of a session carries this variable with the session's token, whoever started it: D-Bus activates some.
_TOKEN_VARIABLE = "CAAL_TEST_DESKTOP_SESSION"
_SERVICE_FOLDER = Path("/usr/share/dbus-1/services")
_START_TIMEOUT = 20.0

# The listening socket is in the session's own folder, and so are the services that it may start.
_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Keyring(StrEnum):
    """The state in which the session's keyring starts."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"
    EMPTY = "empty"
    """The daemon runs, but no collection was ever created: the first write asks for a new password."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SecretItem:
    """One entry of the session's keyring."""

    service: str
    user: str
    secret: str


def require_desktop_tools(*, display: bool = False) -> None:
    """Skips the test where the system packages are missing."""
    tools = ["dbus-daemon", "gnome-keyring-daemon", *(["Xvfb", "openbox"] if display else [])]
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


class DesktopSession:
    """A desktop session that lives as long as its ``with`` block.

    Args:
        keyring: the state in which the keyring starts.
        password: what unlocks it.
        dbus: whether there is a session bus at all (without one there is no keyring).
        display: whether to start Xvfb on a free display.
        window_manager: whether to start openbox on that display.
        screen: width, height and depth.

    Attributes:
        env: the environment for programs in the session.
        folder: holds everything of the session; removed at the end.
        home: the session's home folder.
        password: what unlocks the keyring.
        token: stands in the environment of every process of the session, and of no other.
    """

    def __init__(
        self,
        *,
        keyring: Keyring | str = Keyring.UNLOCKED,
        password: str = "a test password",  # noqa: S107
        dbus: bool = True,
        display: bool = False,
        window_manager: bool = True,
        screen: str = "1280x800x24",
    ) -> None:
        self._keyring = Keyring(keyring) if dbus else Keyring.NONE
        self.password = password
        self._dbus = dbus
        self._display = display
        self._window_manager = window_manager
        self._screen = screen
        self.token = secrets.token_hex(16)
        self._processes: list[subprocess.Popen[Any]] = []
        self._keyring_process: subprocess.Popen[Any] | None = None
        self._bus_process: subprocess.Popen[Any] | None = None
        self._cleanup = contextlib.ExitStack()
        self.env: dict[str, str] = {}
        self.folder = Path()
        self.home = Path()

    def __enter__(self) -> Self:
        require_desktop_tools(display=self._display)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # -- programs ----------------------------------------------------------------------------------------------------

    def popen(self, args: Sequence[str | Path], **kwargs: Any) -> subprocess.Popen[Any]:
        """Starts a program in the session; its process group is killed with the session."""
        kwargs.setdefault("env", self.env)
        kwargs.setdefault("cwd", REPOSITORY)
        process = subprocess.Popen([str(arg) for arg in args], start_new_session=True, **kwargs)
        self._processes.append(process)
        return process

    def run(
        self, args: Sequence[str | Path], *, timeout: float = 30.0, env: dict[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program in the session to its end; what it printed is text.

        Args:
            args: the program and its arguments.
            timeout: seconds after which it is killed and the test fails.
            env: variables on top of :attr:`env`.
            stdin: what it reads.
        """
        return subprocess.run(
            [str(arg) for arg in args],
            env=self.env | (env or {}),
            cwd=REPOSITORY,
            timeout=timeout,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_python(
        self, code: str, *args: str, timeout: float = 30.0, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs Python code in the session, with this interpreter."""
        return self.run([sys.executable, "-c", code, *args], timeout=timeout, env=env)

    def log(self, name: str) -> str:
        """What a program of the session itself (``dbus``, ``keyring``, ``xvfb``, ``openbox``) has printed."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # -- the keyring -------------------------------------------------------------------------------------------------

    def secret_items(self) -> list[SecretItem]:
        """The default collection's entries, read over D-Bus without the keyring library. It must be unlocked."""
        import secretstorage

        while True:
            with self._default_collection() as collection, contextlib.suppress(secretstorage.ItemNotFoundException):
                entries = collection.get_all_items()
                found = [(entry.get_attributes(), entry.get_secret().decode("utf-8")) for entry in entries]
                break
            # The program replaced an entry between the list and the look at it: the list is old then.
        items = [SecretItem(it.get("service", ""), it.get("username", ""), secret) for it, secret in found]
        return sorted(items, key=lambda item: (item.service, item.user))

    def lock(self) -> None:
        """Locks the default collection."""
        with self._default_collection() as collection:
            collection.lock()

    def is_locked(self) -> bool:
        """Whether the default collection is locked."""
        with self._default_collection() as collection:
            return bool(collection.is_locked())

    def kill_keyring(self) -> None:
        """Kills the keyring daemon, as a crash would. Nothing starts it again but :meth:`start_keyring`."""
        process = self._running_keyring()
        process.kill()
        process.wait(timeout=10)
        self._keyring_process = None
        self.wait_until(lambda: not self._has_owner("org.freedesktop.secrets"), "the keyring has left the bus")

    def hang_keyring(self) -> None:
        """Stops the keyring daemon: it stays on the bus and answers nothing."""
        os.kill(self._running_keyring().pid, signal.SIGSTOP)

    def wake_keyring(self) -> None:
        """Lets a stopped keyring daemon go on."""
        os.kill(self._running_keyring().pid, signal.SIGCONT)

    def start_keyring(self, state: Keyring | str = Keyring.UNLOCKED) -> None:
        """Starts the keyring daemon."""
        state = Keyring(state)
        unlock = state in (Keyring.UNLOCKED, Keyring.LOCKED)
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        if unlock:
            command.append("--unlock")
        with self._open_log("keyring") as log:
            process = self.popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        assert process.stdin is not None
        # The password is all of the standard input: a line break would become part of it.
        process.stdin.write(self.password.encode() if unlock else b"")
        process.stdin.close()
        self._keyring_process = process
        self.wait_until(lambda: self._has_owner("org.freedesktop.secrets"), "the keyring is on the bus", process)
        if unlock:
            self.wait_until(lambda: not self.is_locked(), "the keyring is unlocked", process)
        if state is Keyring.LOCKED:
            self.lock()

    def clear_secrets(self) -> None:
        """Empties the default collection. It must be unlocked."""
        with self._default_collection() as collection:
            for item in collection.get_all_items():
                item.delete()

    def kill_bus(self) -> None:
        """Kills the session bus, as a crash would."""
        if self._bus_process is None:
            raise RuntimeError("The session has no bus.")
        self._bus_process.kill()
        self._bus_process.wait(timeout=10)

    def hang_bus(self) -> None:
        """Stops the session bus, as a machine that has too much to do seems to."""
        assert self._bus_process is not None
        os.kill(self._bus_process.pid, signal.SIGSTOP)

    def wake_bus(self) -> None:
        """Lets a stopped bus go on."""
        assert self._bus_process is not None
        os.kill(self._bus_process.pid, signal.SIGCONT)

    def wait_for_dialog(self) -> None:
        """Waits until the keyring's dialog has the focus. Needs a display and xdotool."""
        self.wait_until(self._dialog_has_focus, "the keyring's dialog is open")

    def type_into_dialog(self, text: str) -> None:
        """Types a text and Return into the keyring's dialog once it has the focus. Needs a display and xdotool."""
        self.wait_for_dialog()
        self.run(["xdotool", "type", "--delay", "5", text])
        self.run(["xdotool", "key", "Return"])

    # -- start and end -----------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Kills everything that belongs to the session and removes its folder."""
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes:
            process.wait(timeout=10)
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        self._processes.clear()
        self._kill_strays()
        self._cleanup.close()

    def _start(self) -> None:
        # Not in pytest's folder: a socket's path may have 107 characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="caal-session-"))
        self._cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.home = self.folder / "home"
        self.env = self._environment()
        if self._display:
            self._start_display()
        if self._dbus:
            self._start_bus()
        if self._display and self._window_manager:
            self._start_window_manager()
        if self._keyring is not Keyring.NONE:
            self.start_keyring(self._keyring)

    def _environment(self) -> dict[str, str]:
        folders = {
            "HOME": self.home,
            "XDG_RUNTIME_DIR": self.folder / "run",
            "XDG_CONFIG_HOME": self.home / ".config",
            "XDG_CACHE_HOME": self.home / ".cache",
            "XDG_DATA_HOME": self.home / ".local/share",
            "XDG_STATE_HOME": self.home / ".local/state",
        }
        for folder in folders.values():
            folder.mkdir(parents=True, mode=0o700)
        kept = ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            **{name: str(folder) for name, folder in folders.items()},
            "LANG": "C.UTF-8",
            "XDG_CURRENT_DESKTOP": "GNOME",
            "PYTHONPATH": str(REPOSITORY),
            _TOKEN_VARIABLE: self.token,
        }

    def _start_display(self) -> None:
        reader, writer = os.pipe()
        with self._open_log("xvfb") as log, os.fdopen(reader, encoding="ascii") as number:
            command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", self._screen, "-nolisten", "tcp", "-noreset"]
            self.popen(command, stdout=log, stderr=log, pass_fds=[writer])
            os.close(writer)
            # Xvfb chooses a free display and writes its number once it is ready; nothing comes if it dies.
            display = number.readline().strip()
        if not display:
            raise RuntimeError(f"Xvfb did not start: {self.log('xvfb')}")
        self.env["DISPLAY"] = f":{display}"
        self.env["QT_QPA_PLATFORM"] = "xcb"

    def _start_bus(self) -> None:
        services = self.folder / "services"
        services.mkdir()
        for service in sorted(_SERVICE_FOLDER.glob("*.service")):
            # The keyring daemon is started by us alone: one that comes back by itself could not be found missing.
            if "gnome-keyring-daemon" not in service.read_text(encoding="utf-8"):
                shutil.copy(service, services)
        socket = self.folder / "run/bus"
        config = self.folder / "bus.conf"
        config.write_text(_BUS_CONFIG.format(socket=socket, services=services), encoding="utf-8")
        self.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"
        with self._open_log("dbus") as log:
            process = self.popen(
                ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"], stdout=log, stderr=log
            )
        self._bus_process = process
        self.wait_until(socket.exists, "the bus listens", process)

    def _start_window_manager(self) -> None:
        ready = self.folder / "openbox-is-ready"
        with self._open_log("openbox") as log:
            process = self.popen(["openbox", "--sm-disable", "--startup", f"touch {ready}"], stdout=log, stderr=log)
        self.wait_until(ready.exists, "openbox is ready", process)

    def _kill_strays(self) -> None:
        # Killing the bus does not end everything that it has started (the accessibility bus, the unlock dialog).
        needle = f"{_TOKEN_VARIABLE}={self.token}".encode()
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if needle in environ.read_bytes():
                    os.kill(int(environ.parent.name), signal.SIGKILL)

    # -- small parts -------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _bus(self) -> Iterator[Any]:
        from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]

        with open_dbus_connection(bus=self.env["DBUS_SESSION_BUS_ADDRESS"]) as connection:
            yield connection

    @contextlib.contextmanager
    def _default_collection(self) -> Iterator[Any]:
        import secretstorage

        with self._bus() as connection:
            yield secretstorage.get_collection_by_alias(connection, "default")

    def _has_owner(self, name: str) -> bool:
        from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
        from jeepney.io.blocking import Proxy

        with self._bus() as connection:
            return bool(Proxy(message_bus, connection).NameHasOwner(name)[0])

    def _dialog_has_focus(self) -> bool:
        # "Unlock Login Keyring", "New keyring": the session runs in English.
        return "keyring" in self.run(["xdotool", "getwindowfocus", "getwindowname"]).stdout.lower()

    def _running_keyring(self) -> subprocess.Popen[Any]:
        if self._keyring_process is None:
            raise RuntimeError("The session has no keyring.")
        return self._keyring_process

    def _open_log(self, name: str) -> IO[bytes]:
        return (self.folder / f"{name}.log").open("ab")

    def wait_until(self, is_true: Callable[[], bool], what: str, process: subprocess.Popen[Any] | None = None) -> None:
        """Waits until something is true; raises with the session's logs when it takes too long or a process ends."""
        deadline = time.monotonic() + _START_TIMEOUT
        while True:
            reason: Exception | None = None
            try:
                if is_true():
                    return
            except Exception as error:  # the bus or the service is still coming up
                reason = error
            if process is not None and process.poll() is not None:
                raise RuntimeError(f"Waiting for: {what}; but {process.args!r} has ended. {self._logs()}") from reason
            if time.monotonic() > deadline:
                raise TimeoutError(f"Waited in vain for: {what}. {self._logs()}") from reason
            time.sleep(0.01)

    def _logs(self) -> str:
        return " | ".join(
            f"{name}: {self.log(name)}" for name in ("dbus", "keyring", "xvfb", "openbox") if self.log(name)
        )
