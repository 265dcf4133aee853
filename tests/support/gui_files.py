"""Notices a file that the program touches on the GUI thread: a pytest plugin (tests/conftest.py loads it).

The GUI thread is the test's own. What counts is what the program does there by itself: a test may read and write as
it likes, and may call what blocks (``storage``) directly. What a start needs does not count: modules, the program's
own resources, where another start is met; nor does a log line.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_EVENTS = frozenset(
    {"open", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir", "os.truncate"}
    | {"shutil.copyfile", "sqlite3.connect", "subprocess.Popen", "tempfile.mkstemp"}
)
_TESTS = f"{os.sep}tests{os.sep}"
_PROGRAM = f"{os.sep}caal_desktop{os.sep}"
# These block by their nature; what matters is from where they are called.
_STORAGE = f"{_PROGRAM}storage{os.sep}"
_BLOCKING = frozenset({"read_attachment"})
# Before there is a window.
_START = frozenset({"PipeChannel.ask", "Services.__init__"})
_NO_DATA = (
    "<frozen importlib",
    f"{os.sep}logging{os.sep}",
    f"{_PROGRAM}resource_files.py",
    f"{os.sep}linecache.py",
    f"{os.sep}inspect.py",
)


def _is_ours(path: str) -> bool:
    return _PROGRAM in path and "site-packages" not in path


class GuiFiles:
    """What the program has touched on the GUI thread.

    Attributes:
        touched: a line each: the event, the file, and where in the program.
    """

    def __init__(self) -> None:
        self.touched: list[str] = []
        self.is_watching = False
        self._is_noting = False
        self._thread = threading.get_ident()
        self._stat = os.stat

    def start(self) -> None:
        """Begin to watch."""
        self.is_watching = True
        watcher = self

        def stat(*args: Any, **kwargs: Any) -> os.stat_result:
            watcher.note("os.stat", args)
            return watcher._stat(*args, **kwargs)

        os.stat = stat

    def stop(self) -> None:
        """End watching."""
        self.is_watching = False
        os.stat = self._stat

    def note(self, event: str, args: tuple[Any, ...]) -> None:
        """Note an event, if it is the program's doing and on this thread."""
        if not self.is_watching or self._is_noting or threading.get_ident() != self._thread:
            return
        if event not in _EVENTS and event != "os.stat":
            return
        self._is_noting = True
        try:
            place = _blamed(sys._getframe(1))
            if place is not None:
                self.touched.append(f"{event} {args[0] if args else ''} in {place}")
        finally:
            self._is_noting = False


def _blamed(frame: FrameType | None) -> str | None:
    """The innermost place in the program that may not block; None where the test itself, or a start, did it."""
    while frame is not None:
        path = frame.f_code.co_filename
        if any(part in path for part in _NO_DATA) or frame.f_code.co_qualname in _START:
            return None
        if _is_ours(path) and _STORAGE not in path and frame.f_code.co_name not in _BLOCKING:
            return f"{path[path.rindex(_PROGRAM) + 1 :]}:{frame.f_lineno} {frame.f_code.co_qualname}"
        if _TESTS in path and path != __file__:
            return None
        frame = frame.f_back
    return None


_watchers: list[GuiFiles] = []
_installed: list[bool] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    # A hook cannot be taken away again: it is there once, and mostly has nothing to do.
    for watcher in _watchers:
        watcher.note(event, args)


@contextmanager
def watched() -> Iterator[GuiFiles]:
    """Watches this thread while the context lasts."""
    if not _installed:
        sys.addaudithook(_hook)
        _installed.append(True)
    watcher = GuiFiles()
    _watchers.append(watcher)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        _watchers.remove(watcher)


@pytest.fixture(autouse=True)
def _gui_files(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that has Qt's loop if the program touches a file on the GUI thread."""
    if "qt_loop" not in request.fixturenames:
        yield
        return
    with watched() as watcher:
        yield
    if watcher.touched:
        pytest.fail("touched on the GUI thread:\n" + "\n".join(dict.fromkeys(watcher.touched)), pytrace=False)
