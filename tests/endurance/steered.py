"""The real program, steered from inside at what can be reached from outside with a display alone.

``python -m tests.endurance.steered JSON [arguments of the program]``. The JSON says what is to be done:

* ``end``: the way in which the program is ended from inside, one of ``ENDS``; nothing ends it where there is none.
* ``after_s``: how many seconds after the event loop has begun, or after the files hang.
* ``hang``: folders whose files hang as on a dead network drive, from the moment on at which the window is up; what is
  open by then hangs with its next use.
* ``complain``: whether a task fails that nobody waits for, as the control of what finds such.
* ``do``: what the program is to write then, names of ``WRITES``.

A line ``hanging`` on standard output tells that the files hang, and that all of the writes were asked for.
"""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.app.application import Application
    from caal_desktop.app.program_run import ProgramRun

logger = logging.getLogger("caal_desktop.steered")


# --- files that hang


class Hanging:
    """Makes system calls on the files of some folders hang for ever.

    Args:
        folders: their paths.
    """

    def __init__(self, folders: list[str]) -> None:
        self._folders = tuple(folders)
        self.has_begun = False

    def wait(self, path: object) -> None:
        """Never return where the path is on the dead drive."""
        if self.has_begun and isinstance(path, (str, bytes, os.PathLike)) and self.has(os.fspath(path)):
            while True:
                # A thread in a system call is not seen by a signal's handler either.
                threading.Event().wait()

    def has(self, path: str | bytes) -> bool:
        """Whether a path is on the drive that is going to hang."""
        return os.fsdecode(path).startswith(self._folders) if self._folders else False

    def install(self) -> None:
        """Take the place of the calls that the program, its libraries and Python itself make."""
        for name in ("open", "stat", "lstat", "scandir", "mkdir", "unlink", "remove", "access", "listdir"):
            setattr(os, name, self._first_argument(getattr(os, name)))
        for name in ("rename", "replace"):
            setattr(os, name, self._both_arguments(getattr(os, name)))
        os.fsync = self._handle(os.fsync)
        io.open = self._opened(io.open)  # type: ignore[assignment]
        import builtins
        import sqlite3

        builtins.open = io.open
        sqlite3.connect = self._connected(sqlite3)  # type: ignore[assignment]

    def _first_argument(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def hanging(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            self.wait(path)
            return call(path, *args, **kwargs)

        return hanging

    def _both_arguments(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def hanging(source: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            self.wait(source)
            self.wait(target)
            return call(source, target, *args, **kwargs)

        return hanging

    def _handle(self, call: Callable[[int], None]) -> Callable[[int], None]:
        def hanging(handle: int) -> None:
            if self.has_begun:
                self.wait(os.readlink(f"/proc/self/fd/{handle}"))  # noqa: PTH115 - what pathlib calls is replaced
            call(handle)

        return hanging

    def _opened(self, call: Callable[..., Any]) -> Callable[..., Any]:
        outer = self

        class Raw(io.FileIO):
            def write(self, content: Any) -> int | None:
                outer.wait(self.name)
                return super().write(content)

        def hanging(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            self.wait(file)
            if mode != "a" or not isinstance(file, str) or not self.has(file):
                return call(file, mode, *args, **kwargs)
            # The log.
            buffered = io.BufferedWriter(Raw(file, mode, opener=kwargs.get("opener")))
            return io.TextIOWrapper(buffered, encoding=kwargs.get("encoding"), errors=kwargs.get("errors"))

        return hanging

    def _connected(self, sqlite: Any) -> Callable[..., Any]:
        outer, connect = self, sqlite.connect

        class Connection(sqlite.Connection):  # type: ignore[misc]
            where = ""

        for name in ("execute", "executemany", "close", "commit", "backup"):

            def hanging(self: Any, *args: Any, _name: str = name, **kwargs: Any) -> Any:
                outer.wait(self.where)
                return getattr(sqlite.Connection, _name)(self, *args, **kwargs)

            setattr(Connection, name, hanging)

        def connected(path: Any, *args: Any, **kwargs: Any) -> Any:
            name = str(path).removeprefix("file:")
            outer.wait(name)
            connection = connect(path, *args, factory=Connection, **kwargs)
            connection.where = name
            return connection

        return connected


# --- what is written


def write_settings(application: Application) -> None:
    services = application.services
    services.settings.update(history_days=services.settings.current.history_days + 1)


def write_history(application: Application) -> None:
    application.services.chat_services.history.rename("none", "A title")


def write_cache(application: Application) -> None:
    application.services.catalogue.refresh()


def write_log(_application: Application) -> None:
    logger.info("A line of the window's thread")
    threading.Thread(target=logger.info, args=("A line of another thread",), daemon=True).start()


def read_certificates(application: Application) -> None:
    from caal_desktop.storage.paths import AppPaths

    application.services.bundles.check(str(AppPaths.from_environment().config_dir / "authorities.pem"))


def write_draft(application: Application) -> None:
    from caal_desktop.storage.history.draft_file import Draft

    application.services.chat_services.drafts.keep(Draft("What is being written"))


def hang_workers(_application: Application) -> None:
    """Have every worker of the event loop hang."""
    from caal_desktop.program import _WORKERS
    from caal_desktop.storage.paths import AppPaths

    loop = asyncio.get_running_loop()
    for _ in range(_WORKERS):
        loop.run_in_executor(None, os.stat, AppPaths.from_environment().config_dir / "authorities.pem")


WRITES = {
    write.__name__: write
    for write in (write_settings, write_history, write_cache, write_log, read_certificates, write_draft, hang_workers)
}


# --- ends


def close_window(application: Application) -> bool:
    """Close the window in front; tell whether there is one."""
    window = application.windows.shown
    return window is not None and window.close()


def give_command(application: Application) -> bool:
    """Quit by the command."""
    application.windows.quitRequested.emit()
    return True


def ask_by_platform(_application: Application) -> bool:
    """Quit as a session that ends, or a dock's menu."""
    from PySide6.QtCore import QCoreApplication, QEvent

    app = QCoreApplication.instance()
    assert app is not None
    QCoreApplication.postEvent(app, QEvent(QEvent.Type.Quit))
    return True


ENDS: dict[str, Callable[[Application], bool]] = {
    end.__name__: end for end in (close_window, give_command, ask_by_platform)
}


async def _fail() -> None:
    raise RuntimeError("a task that nobody waits for has failed")


async def steer(run: ProgramRun, task: dict[str, Any], hanging: Hanging) -> None:
    """Do what is asked for, beside the program's own run."""
    if task.get("do"):
        # The window, the first list of models and the conversations.
        while not (application := run._application) or application.windows.shown is None:
            await asyncio.sleep(0.02)
        while not application.first_paint.has_happened:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        hanging.has_begun = True
        print("hanging", flush=True)
        for name in task["do"]:
            WRITES[name](application)
        # Past the pauses after which they are written.
        await asyncio.sleep(0.6)
        print("asked", flush=True)
    if task.get("complain"):
        asyncio.get_running_loop().create_task(_fail())
    if task.get("end"):
        await asyncio.sleep(task.get("after_s", 0))
        while run._application is None or not ENDS[task["end"]](run._application):
            await asyncio.sleep(0.005)


def main() -> int:
    """Run the program."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    del sys.argv[1]
    gc.disable()
    hanging = Hanging(task.get("hang", []))
    if task.get("hang"):
        hanging.install()
    from caal_desktop.cli import run
    from caal_desktop.qt_import import import_qt

    import_qt()
    from caal_desktop.app.program_run import ProgramRun

    begin = ProgramRun.run

    async def steered(self: ProgramRun) -> int:
        steering = asyncio.get_running_loop().create_task(steer(self, task, hanging))
        try:
            return await begin(self)
        finally:
            steering.cancel()
            await asyncio.wait([steering])

    ProgramRun.run = steered  # type: ignore[method-assign]
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
