"""The one thread that reads and writes the conversations' database, in the order in which it is asked."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from caal_desktop.storage.history.known_file import KnownFile
from caal_desktop.storage.history.store import HistoryDatabase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

TIDY_SECONDS = 10.0
"""How long there is to be nothing to do before the database's files are tidied, which any job interrupts."""
_LONGEST_PAUSE = 3600.0
"""Seconds until it is tried again where it does not succeed, such as on a full disk."""


class HistoryThread:
    """The thread that opens the database when first used, and closes it at the end.

    Args:
        path: the database's file.
    """

    def __init__(self, path: Path) -> None:
        self._known = KnownFile(path)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._database: HistoryDatabase | None = None
        self._thread: threading.Thread | None = None
        self._closed = False
        self._is_tidying = False
        self._tidying = threading.Lock()
        """Held while the flag changes, so that no job after the tidying is interrupted in its place."""

    def submit(self, job: Callable[[HistoryDatabase], T]) -> Future[T]:
        """Run a job with the database.

        Returns:
            The job's result, or what it raises: a :class:`~caal_desktop.storage.errors.StorageError`. That of a job
            that has written into a file without its name is :class:`~caal_desktop.storage.errors.HistoryMissing`.
        """
        return self._submit(lambda: self._run(job))

    def _run(self, job: Callable[[HistoryDatabase], T]) -> T:
        if self._database is None:
            self._database = HistoryDatabase(self._known.path, self._known)
        database = self._database
        database.ensure_in_place()
        result = job(database)
        database.ensure_in_place()
        return result

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        if self._closed:
            future.cancel()
            return future

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = job()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        if self._thread is None:
            # A daemon: a file system that hangs must not keep the program from ending.
            self._thread = threading.Thread(target=self._work, name="history", daemon=True)
            self._thread.start()
        with self._tidying:
            self._jobs.put(run)
            if self._is_tidying and self._database is not None:
                self._database.interrupt()
        return future

    def reopen(self) -> None:
        """Close the database, so that it is opened anew when it is used next: the file may be another one by then."""
        self._submit(self._release)

    def begin_anew(self) -> None:
        """Begin a new file where the one that was open is missing, once the database is used next."""
        self._submit(self._known.give_up)

    def _release(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.release()

    def close(self) -> Future[None]:
        """Close the database once everything before is done, and end the thread."""
        if self._thread is None or self._closed:
            self._closed = True
            done: Future[None] = Future()
            done.set_result(None)
            return done
        future = self._submit(lambda: None if self._database is None else self._database.close())
        self._closed = True
        self._jobs.put(None)
        return future

    def _work(self) -> None:
        pause = TIDY_SECONDS
        while True:
            database = self._database
            try:
                job = self._jobs.get(timeout=pause if database is not None and database.owes else None)
            except Empty:
                assert database is not None  # noqa: S101 - or there was nothing to be tidied
                self._tidy(database)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = TIDY_SECONDS
            if job is None:
                return
            job()

    def _tidy(self, database: HistoryDatabase) -> None:
        with self._tidying:
            self._is_tidying = self._jobs.empty()
        if self._is_tidying:
            database.tidy()
            with self._tidying:
                self._is_tidying = False
