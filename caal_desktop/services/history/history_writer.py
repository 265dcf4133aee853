"""Writes to the conversations' database, with patience: what cannot be written now is written later, and in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from caal_desktop.services.history.trouble import LAST_TRY_S, SLOW_AGAIN_S, Trouble
from caal_desktop.services.history.unwritten import Key, Kind, Unwritten
from caal_desktop.services.retry_delays import RETRY_DELAYS_S, delay_after
from caal_desktop.storage.errors import (
    HistoryDamaged,
    HistoryDiskFull,
    HistoryFailed,
    HistoryLocked,
    HistoryNotAnswering,
    StorageError,
)
from caal_desktop.storage.history import opening
from caal_desktop.storage.history.thread import HistoryThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from caal_desktop.services.chat.conversation import ChatMessage, Conversation
    from caal_desktop.services.history.unwritten import Step
    from caal_desktop.storage.history.records import ConversationRecord, ConversationSummary
    from caal_desktop.storage.history.store import HistoryDatabase

logger = logging.getLogger(__name__)

T = TypeVar("T")

FLUSH_MS = 200
"""Milliseconds after which streamed text is written: the most that a crash can lose."""

SHORT_WAIT_S = 0.25
"""Seconds that a further attempt, or the last one, waits for a lock: what is to be read waits behind it."""

SLOW_S = 20.0
"""Seconds after which an attempt that has no outcome counts as failed for the user; it goes on."""

CLOSING_S = 1.0
"""Seconds that closing the database may take after that."""

_TOGETHER = (Kind.CONVERSATION, Kind.FACTS, Kind.TITLE, Kind.PURGED)
"""What is written as one; purging cannot be part of a larger change."""


_STAYS_OPEN = (HistoryLocked, HistoryDiskFull, HistoryDamaged)
"""Failures after which the open file is as good as one that is opened anew; a damaged one would be put aside."""


@dataclass(slots=True)
class _Outcome:
    """What became of an attempt. What is neither written nor refused was not reached.

    Attributes:
        other_file: which one of this run's files was found in the place of the former one: nothing was written, for
            what was written before is not in it; None where it is the same.
    """

    written: list[Key] = field(default_factory=list)
    refused: dict[Key, Exception] = field(default_factory=dict)
    error: BaseException | None = None
    other_file: int | None = None


class HistoryWriter(QObject):
    """The changes of the conversations' database.

    All of them are made one after another in the database's thread. When one fails, those that follow it wait, and are
    gathered (:class:`~caal_desktop.services.history.unwritten.Unwritten`) until an attempt succeeds. A change that
    is refused for a reason of its own holds up none but those of the same conversation.

    Args:
        path: the database's file.
        shown: returns the id of the conversation that is shown, which does not expire.
        retry_delays: seconds before each further attempt; the last one is repeated.

    Signals:
        troubleChanged: a :class:`~caal_desktop.services.history.trouble.Trouble`, or None once all is written.
    """

    troubleChanged = Signal(object)
    _tried = Signal(object)

    def __init__(
        self,
        path: Path,
        shown: Callable[[], str],
        parent: QObject | None = None,
        *,
        retry_delays: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        super().__init__(parent)
        self._path, self._shown, self._retry_delays = path, shown, retry_delays
        self._thread = HistoryThread(path)
        self._waiting = Unwritten()
        self._under_way: Unwritten | None = None
        self._lengths: dict[str, tuple[int, int]] = {}
        self._trouble: Trouble | None = None
        self._failures = 0
        self._file = 1
        self._refused: frozenset[Key] = frozenset()
        """What was refused for a reason of its own, and waits for its next attempt while all else is written."""
        self._left_out: frozenset[Key] = frozenset()
        """What the attempt that is under way does not try."""
        self._closed = self._has_ended = False
        self._submitted_waiters: list[asyncio.Future[None]] = []
        self._tried_waiters: list[asyncio.Future[None]] = []
        self._flush_timer = QTimer(self, interval=FLUSH_MS, singleShot=True)
        self._flush_timer.timeout.connect(self.flush)
        self._retry_timer = QTimer(self, singleShot=True)
        self._retry_timer.timeout.connect(self._try)
        self._slow_timer = QTimer(self, singleShot=True)
        self._slow_timer.timeout.connect(self._on_slow)
        self._tried.connect(self._on_tried, Qt.ConnectionType.QueuedConnection)

    # --- changes

    def save_head(self, head: ConversationRecord, conversation: Conversation) -> None:
        """Write title, times and options of a conversation."""
        self._waiting.of(head, conversation)
        self.flush()

    def save_message(self, head: ConversationRecord, conversation: Conversation, message: ChatMessage) -> None:
        """Write a message as a whole."""
        self._waiting.of(head, conversation).save(message)
        self.flush()

    def save_growth(self, head: ConversationRecord, conversation: Conversation, message: ChatMessage) -> None:
        """Write soon the text that has been added to a message."""
        self._waiting.of(head, conversation).grow(message)
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def save_path(self, head: ConversationRecord, conversation: Conversation) -> None:
        """Write which of several versions of a conversation's messages are shown."""
        self._waiting.of(head, conversation).has_other_path = True
        self.flush()

    def remove_message(self, head: ConversationRecord, conversation: Conversation, message: str) -> None:
        """Remove a message; what followed it follows its predecessor then."""
        self._waiting.of(head, conversation).remove(message)
        self.flush()

    def save_facts(self, message: ChatMessage) -> None:
        """Write what became known of a message later; nothing happens where the message is not kept."""
        self._waiting.save_facts(message)
        self.flush()

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        self._waiting.rename(conversation, title)
        self.flush()

    def delete(self, conversation: str) -> None:
        """Delete a conversation; :meth:`restore` restores it until :meth:`purge`."""
        self._waiting.delete(conversation)
        self.flush()

    def restore(self, conversation: str) -> None:
        """Restore a deleted conversation."""
        self._waiting.restore(conversation)
        self.flush()

    def purge(self) -> None:
        """Delete for good what is deleted."""
        self._waiting.purge()
        self.flush()

    def expire(self, days: int) -> None:
        """Delete for good the conversations without a new message for so many days; 0 deletes none."""
        self._waiting.expire(days)
        self.flush()

    def flush(self) -> None:
        """Write everything now, unless an earlier attempt has failed: then it waits for the next one."""
        if self._trouble is None:
            self._try()
        elif self._refused:
            self._try(self._refused)

    def retry(self) -> None:
        """Make the next attempt at once: the user has asked for it."""
        if self._trouble is not None:
            self._tell(Trouble(self._trouble.error, is_trying=True))
            if self._under_way is not None:
                self._slow_timer.start(round(SLOW_AGAIN_S * 1000))
            self._try()

    def begin_anew(self) -> None:
        """Begin a new file where the one that was open is missing, with what is not written yet."""
        self._thread.begin_anew()
        self.retry()

    # --- reading

    @property
    def trouble(self) -> Trouble | None:
        """Why conversations are not written at the moment; None where all is well."""
        return self._trouble

    @property
    def unsaved(self) -> int:
        """How many conversations have something that is not written."""
        return len({identifier for changes in self._changes() for identifier in changes.conversations})

    @property
    def has_unwritten(self) -> bool:
        """Whether anything at all is not written."""
        return any(self._changes())

    def unsaved_titles(self) -> list[tuple[str, str]]:
        """Return ids and titles of the conversations that have something that is not written."""
        identifiers = {identifier: None for changes in self._changes() for identifier in changes.conversations}
        found = ((identifier, self.unwritten(identifier)) for identifier in identifiers)
        return [(identifier, unwritten[0].title) for identifier, unwritten in found if unwritten is not None]

    def unsaved_records(self) -> list[ConversationRecord]:
        """Return, whole, the conversations that have something that is not written; none that was deleted."""
        deleted: dict[str, bool] = {}
        for changes in self._changes():
            deleted.update(changes.deleted)
        kept = (identifier for identifier, _title in self.unsaved_titles() if not deleted.get(identifier))
        return [unwritten[0] for unwritten in map(self.unwritten, kept) if unwritten is not None]

    async def read(self, job: Callable[[HistoryDatabase], T]) -> T:
        """Run a job with the database, once it has what was changed before; as it is where that cannot be written.

        The job may also write what is not to be tried again.

        Raises:
            StorageError: the database cannot be used.
        """
        self.flush()
        if self._waiting and self._trouble is None:
            submitted = asyncio.get_running_loop().create_future()
            self._submitted_waiters.append(submitted)
            await submitted
        return await asyncio.wrap_future(self._thread.submit(job))

    def report(self, error: StorageError) -> None:
        """Take note that the database could not be read: it is tried again like a write."""
        if self._trouble is None and not self._closed:
            self._fail(error)

    def unwritten(self, conversation: str) -> tuple[ConversationRecord, Conversation] | None:
        """Return a conversation of which something is not written, as it is in memory; None for every other one."""
        record: ConversationRecord | None = None
        shown: Conversation | None = None
        title: str | None = None
        for changes in self._changes():
            if (part := changes.conversation(conversation)) is not None:
                record, shown = part.whole(part.head.title), part.conversation
            title = changes.title(conversation) or title
        if record is None or shown is None:
            return None
        record.title = title or record.title
        return record, shown

    def as_written(self, listing: Sequence[ConversationSummary], query: str) -> list[ConversationSummary]:
        """Return what the database will list once everything is written, the latest first.

        Args:
            listing: what the database lists now.
            query: what was searched for, "" for all.
        """
        listed = {summary.id: summary for summary in listing}
        for changes in self._changes():
            changes.apply_to(listed, query)
        return sorted(listed.values(), key=lambda summary: summary.updated, reverse=True)

    async def close(self) -> None:
        """Write what is not yet written, in a last attempt of limited time, and close the database."""
        self._closed = True
        self._retry_timer.stop()
        self._flush_timer.stop()
        self._slow_timer.stop()
        try:
            async with asyncio.timeout(LAST_TRY_S):
                await self._try_for_the_last_time()
            async with asyncio.timeout(CLOSING_S):
                await asyncio.wrap_future(self._thread.close())
        except TimeoutError:
            self._thread.close()
            logger.info("The conversations' database did not close within %g seconds", LAST_TRY_S + CLOSING_S)
        except StorageError as error:
            logger.warning("The conversations' database was not closed in order: %s", error)
        self._has_ended = True
        if self.has_unwritten:
            logger.error("Not everything could be saved at the end: %d conversation(s)", self.unsaved)
        self._trouble = None

    # --- attempts

    def _changes(self) -> list[Unwritten]:
        return [self._waiting] if self._under_way is None else [self._under_way, self._waiting]

    def _try(self, left_out: frozenset[Key] = frozenset()) -> None:
        """Make an attempt.

        Args:
            left_out: what is not tried this time, and neither is what belongs to the same.
        """
        self._flush_timer.stop()
        if self._under_way is not None or self._has_ended or not (self._waiting or self._trouble is not None):
            return
        if not left_out:
            self._retry_timer.stop()
        elif all(map(partial(_belongs_to, others=left_out), self._waiting.keys())):
            return
        self._under_way, self._waiting, self._left_out = self._waiting, Unwritten(), left_out
        steps = self._under_way.steps(self._lengths, self._shown(), partial(_belongs_to, others=left_out))
        is_patient = self._trouble is None and not self._closed
        seconds, file = opening.BUSY_SECONDS if is_patient else SHORT_WAIT_S, self._file
        future = self._thread.submit(lambda database: _write(database, steps, seconds, file))
        self._slow_timer.start(round(SLOW_S * 1000))
        future.add_done_callback(self._tell_outcome)
        self._release(self._submitted_waiters)

    def _tell_outcome(self, future: Future[_Outcome]) -> None:
        # In the database's thread; the program may have ended meanwhile.
        if future.cancelled():
            outcome = _Outcome(error=None)
        elif (error := future.exception()) is not None:
            outcome = _Outcome(error=error)
        else:
            outcome = future.result()
        with contextlib.suppress(RuntimeError):
            self._tried.emit(outcome)

    def _on_slow(self) -> None:
        if self._under_way is not None and not self._closed:
            self._tell(Trouble(HistoryNotAnswering(file=str(self._path))))
            self._release(self._submitted_waiters)

    def _on_tried(self, outcome: _Outcome) -> None:
        self._slow_timer.stop()
        changes, self._under_way = self._under_way or Unwritten(), None
        left_out, self._left_out = self._left_out, frozenset()
        changes.forget(outcome.written)
        changes.begin_again()
        changes.add(self._waiting)
        self._waiting = changes
        if outcome.other_file is not None:
            self._file = outcome.other_file
            changes.write_whole()
            self._try()
            return
        self._refused = frozenset() if outcome.error is not None else left_out.union(outcome.refused)
        if outcome.error is not None:
            self._fail(outcome.error)
        elif outcome.refused:
            self._note_failure(next(iter(outcome.refused.values())))
        elif left_out:
            if self._trouble is None or self._trouble.is_trying or not self._retry_timer.isActive():
                # Another attempt was due meanwhile.
                self._try()
        else:
            self._failures = 0
            if self._trouble is not None:
                self._tell(None)
        self.flush()
        self._release(self._tried_waiters)

    def _fail(self, error: BaseException) -> None:
        if isinstance(error, HistoryFailed) and not isinstance(error, _STAYS_OPEN):
            self._thread.reopen()
        self._note_failure(error)

    def _note_failure(self, error: BaseException) -> None:
        if not isinstance(error, StorageError):
            if self._trouble is None:
                logger.error("Conversations could not be saved", exc_info=error)
            error = HistoryFailed(file=str(self._path), reason=str(error) or type(error).__name__)
        elif self._trouble is None:
            logger.warning("Conversations could not be saved: %s", error)
        self._failures += 1
        self._tell(Trouble(error))
        self._release(self._submitted_waiters)
        if not self._closed:
            self._retry_timer.start(round(delay_after(self._failures, self._retry_delays) * 1000))

    def _tell(self, trouble: Trouble | None) -> None:
        self._trouble = trouble
        if not self._closed:
            self.troubleChanged.emit(trouble)

    async def _try_for_the_last_time(self) -> None:
        if self._under_way is not None:
            await self._next_outcome()
        if self._waiting:
            self._try()
        while self._under_way is not None:
            await self._next_outcome()

    async def _next_outcome(self) -> None:
        tried = asyncio.get_running_loop().create_future()
        self._tried_waiters.append(tried)
        await tried

    @staticmethod
    def _release(waiters: list[asyncio.Future[None]]) -> None:
        while waiters:
            waiter = waiters.pop()
            if not waiter.done():
                waiter.set_result(None)


def _write(database: HistoryDatabase, steps: Mapping[Key, Step], seconds: float, file: int) -> _Outcome:
    """Make changes, in the database's thread; stop at the first one that the database is to blame for.

    Args:
        database: where.
        steps: what writes each change, in the order of writing.
        seconds: how long a lock is waited for.
        file: which one of this run's files has what was written before.
    """
    if database.number != file:
        return _Outcome(other_file=database.number)
    outcome = _Outcome()
    database.wait_for_locks(seconds)
    together = {key: step for key, step in steps.items() if key.kind in _TOGETHER}
    if not steps:
        # Only to find out whether the database can be used again.
        database.unfinished()
    try:
        try:
            if together:
                with database.together():
                    for step in together.values():
                        step(database)
            outcome.written += together
        except Exception as error:
            if _blames_the_database(error):
                raise
            # One of them is at fault, and must not hold up the others.
            for key, step in together.items():
                _write_alone(database, key, step, outcome)
        for key, step in steps.items():
            if key not in together:
                _write_alone(database, key, step, outcome)
    except StorageError as error:
        outcome.error = error
    return outcome


def _belongs_to(key: Key, others: Iterable[Key]) -> bool:
    """Return whether a change is one of others, or of the same conversation: it may build upon them."""
    return any(key == other or (key.id and key.id == other.id) for other in others)


def _blames_the_database(error: Exception) -> bool:
    """Return whether no other change can be made either: the disk is full, another program has the file."""
    return isinstance(error, StorageError) and type(error) is not HistoryFailed


def _write_alone(database: HistoryDatabase, key: Key, step: Step, outcome: _Outcome) -> None:
    if _belongs_to(key, outcome.refused):
        outcome.refused[key] = next(error for other, error in outcome.refused.items() if other.id == key.id)
        return
    try:
        if key.kind in _TOGETHER:
            with database.together():
                step(database)
        else:
            step(database)
    except Exception as error:
        if _blames_the_database(error):
            raise
        outcome.refused[key] = error
    else:
        outcome.written.append(key)
