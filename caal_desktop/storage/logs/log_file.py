"""The program's log: small, rotating, and without keys.

Keys are masked by the handlers' formatter, not by a filter: it sees the finished line, with arguments filled in and
with the traceback, and it sees the lines of every library.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import logging
import logging.handlers
import os
import sys
import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any

from caal_desktop.llm.redaction import redact
from caal_desktop.storage.atomic_file import PRIVATE_FILE, ensure_private_folder, reason_of
from caal_desktop.storage.errors import WriteFailed
from caal_desktop.storage.regular_file import NEVER_WAIT

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

logger = logging.getLogger("caal_desktop.crash")

MAX_LOG_SIZE = 512 * 1024
KEPT_LOGS = 3
PATIENCE_S = 0.5
"""Seconds that a line, and the end of the log, may take: the file may be on a network drive that hangs."""
LOG_THREAD = "log"
"""The name of the thread that writes it."""
_MOST_WAITING = 10_000
"""Lines that wait for such a drive; further ones are dropped."""

# They log every request, some with its headers.
_VERBOSE_LIBRARIES = ("openai", "httpx2", "httpcore", "httpcore2", "httpx", "keyring", "asyncio")

_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"


class RedactingFormatter(logging.Formatter):
    """A formatter that formats a record as a whole and then masks everything that is, or looks like, a key."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line (or lines, with a traceback), without keys."""
        try:
            line = super().format(record)
        except Exception as error:  # a wrong argument in a log call must not lose the line, nor print it unmasked
            line = f"{record.levelname} {record.name}: {record.msg!r} % {record.args!r} ({type(error).__name__})"
        return redact(line)


class _Quiet(logging.Handler):
    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore a line that cannot be written: logging's own report would print its arguments unmasked."""


class _Printer(_Quiet, logging.StreamHandler[IO[str]]):
    pass


class _PrivateRotatingFile(_Quiet, logging.handlers.RotatingFileHandler):
    """Writes in a thread of its own, so that a drive that hangs holds nobody up for longer than :data:`PATIENCE_S`.

    Whoever logs a line waits until it is written: it is there after a crash. Once that has taken too long, nobody waits
    until a line has been written again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, maxBytes=MAX_LOG_SIZE, backupCount=KEPT_LOGS, encoding="utf-8", errors="backslashreplace", delay=True
        )
        self._jobs: SimpleQueue[tuple[logging.LogRecord, threading.Event] | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._is_late = False

    def emit(self, record: logging.LogRecord) -> None:
        """Have a line written."""
        if self._writer is None:
            # A daemon: it must not keep the program from ending.
            self._writer = threading.Thread(target=self._work, name=LOG_THREAD, daemon=True)
            try:
                self._writer.start()
            except RuntimeError:  # Python itself is ending
                self._writer = None
                return
        if self._jobs.qsize() < _MOST_WAITING:
            written = threading.Event()
            self._jobs.put((record, written))
            if not self._is_late and threading.current_thread() is not self._writer:
                self._is_late = not written.wait(PATIENCE_S)

    def flush(self) -> None:
        """Flush what was written, in the thread that writes; nobody else has anything to flush."""
        # Not the base class's, which takes the lock that is held by whoever waits for the line.
        if threading.current_thread() is self._writer and self.stream is not None:
            self.stream.flush()

    def close(self) -> None:
        """Close the file, unless its drive hangs."""
        writer, self._writer = self._writer, None
        if writer is not None:
            self._jobs.put(None)
            writer.join(PATIENCE_S)
        logging.Handler.close(self)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            record, written = job
            super().emit(record)
            self._is_late = False
            written.set()
        stream, self.stream = self.stream, None
        if stream is not None:
            # What could not be written is tried again now, on a disk that may still be full.
            with contextlib.suppress(OSError):
                stream.close()

    def _open(self) -> io.TextIOWrapper:
        # The file may be created here or by a rotation: for its owner alone either way.
        file = open(  # noqa: SIM115 - the handler closes it
            self.baseFilename,
            self.mode,
            encoding=self.encoding,
            errors=self.errors,
            opener=lambda name, flags: os.open(name, flags | NEVER_WAIT, PRIVATE_FILE),
        )
        assert isinstance(file, io.TextIOWrapper)  # noqa: S101 - for the type checker: the mode is not binary
        return file


@dataclass(slots=True)
class LogSetup:
    """What :func:`set_up_logging` has attached; :meth:`close` takes it away again."""

    handlers: list[logging.Handler] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)

    def close(self) -> None:
        """Detach and close the handlers, and restore the levels."""
        root = logging.getLogger()
        for handler in self.handlers:
            root.removeHandler(handler)
            handler.close()
        self.handlers.clear()
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)
        self.levels.clear()


def set_up_logging(
    path: Path | None,
    *,
    level: int = logging.INFO,
    stream: IO[str] | None = None,
    stream_level: int = logging.WARNING,
) -> LogSetup:
    """Send all loggers' lines to a rotating file, and to a stream where one is given.

    Args:
        path: the log file; None for no file. Its folder is created.
        level: what the file gets.
        stream: usually ``sys.stderr``, which is None in a program without a console.
        stream_level: what the stream gets.

    Raises:
        FolderUnusable: the folder cannot be created or written.
        WriteFailed: the file that is there cannot be written.
    """
    setup = LogSetup()
    formatter = RedactingFormatter(_FORMAT)
    root = logging.getLogger()
    if path is not None:
        ensure_private_folder(path.parent)
        if os.path.lexists(path):
            # The handler opens it with the first line, and says nothing where it cannot.
            os.close(_open_to_append(path))
        file = _PrivateRotatingFile(path)
        file.setLevel(level)
        setup.handlers.append(file)
    if stream is not None:
        printer = _Printer(stream)
        printer.setLevel(stream_level)
        setup.handlers.append(printer)
    for handler in setup.handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    wanted = min((handler.level for handler in setup.handlers), default=logging.WARNING)
    for name, limit in (("root", wanted), *((name, max(wanted, logging.WARNING)) for name in _VERBOSE_LIBRARIES)):
        configured = root if name == "root" else logging.getLogger(name)
        setup.levels["" if name == "root" else name] = configured.level
        configured.setLevel(limit)
    return setup


def change_file_level(level: int, *, at_most: int = logging.CRITICAL) -> None:
    """Change the log file's level while the program runs.

    Args:
        level: the new level.
        at_most: a level that the command line asked for; more than that is always written.
    """
    root = logging.getLogger()
    wanted = min(level, at_most)
    files = [handler for handler in root.handlers if isinstance(handler, _PrivateRotatingFile)]
    for file in files:
        file.setLevel(wanted)
    if files:
        root.setLevel(min(handler.level for handler in root.handlers))


@dataclass(slots=True)
class CrashLogging:
    """What :func:`install_crash_logging` has installed; :meth:`close` takes it away again."""

    undo: list[Callable[[], None]] = field(default_factory=list)

    def close(self) -> None:
        """Restore the hooks that were there before."""
        while self.undo:
            self.undo.pop()()

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Log the event loop's unhandled errors."""
        before = loop.get_exception_handler()
        loop.set_exception_handler(log_loop_error)
        self.undo.append(lambda: loop.set_exception_handler(before))


def install_crash_logging(crash_file: Path | None = None) -> CrashLogging:
    """Log uncaught exceptions of all threads, and have the stacks of a hard crash written to a file.

    The interpreter's own printing is replaced, not followed: it would print a message with a key in it as it is.

    Args:
        crash_file: gets the stacks of a hard crash (a signal); None for none. Its folder is created.

    Raises:
        FolderUnusable: the crash file's folder cannot be created or written.
        WriteFailed: the crash file cannot be written. Nothing is installed where one of these is raised.
    """
    crash = CrashLogging()
    if crash_file is not None:
        crash.undo.append(_enable_faulthandler(crash_file))
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)

    def restore_hooks() -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks

    crash.undo.append(restore_hooks)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_thread_error
    sys.unraisablehook = _log_unraisable
    return crash


def log_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error of an event loop; a handler for ``loop.set_exception_handler``."""
    del loop
    exception = context.get("exception")
    source = context.get("task") or context.get("future") or context.get("handle") or ""
    logger.error("%s %r", context.get("message", "An error in the event loop"), source, exc_info=exception)


def _enable_faulthandler(crash_file: Path) -> Callable[[], None]:
    ensure_private_folder(crash_file.parent)
    was_enabled = faulthandler.is_enabled()
    # Kept open for as long as the program runs: after a crash nothing can be opened any more. Stacks hold no values.
    handle = _open_to_append(crash_file)
    faulthandler.enable(handle)

    def disable() -> None:
        faulthandler.disable()
        os.close(handle)
        if was_enabled and sys.__stderr__ is not None:
            faulthandler.enable(sys.__stderr__)

    return disable


def _open_to_append(path: Path) -> int:
    """Open a file to write at its end; a pipe in its place is not waited for.

    Raises:
        WriteFailed: it cannot be written.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NEVER_WAIT, PRIVATE_FILE)
    except OSError as error:
        raise WriteFailed(file=str(path), reason=reason_of(error)) from error


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logger.critical("Uncaught exception", exc_info=(kind, error, trace))


def _log_thread_error(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None or issubclass(args.exc_type, SystemExit):
        return
    name = args.thread.name if args.thread else "?"
    logger.error("Uncaught exception in thread %s", name, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))


def _log_unraisable(unraisable: Any) -> None:
    error = unraisable.exc_value
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    logger.error("%s: %r", unraisable.err_msg or "Exception ignored in", unraisable.object, exc_info=exc_info)
