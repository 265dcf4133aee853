"""Conversations that come from files and go into files, whatever their size: beside everything else, and to be stopped.

An import is read in a worker and written part by part between the other changes of the database. It counts as deleted
until it is complete, so that a kill in the middle leaves nothing half.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, plain_value, untranslated
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history.draft_file import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from caal_desktop.llm.translation import FormatValue, Translate
    from caal_desktop.services.history.conversation_import import ConversationFile
    from caal_desktop.services.history.history_writer import HistoryWriter
    from caal_desktop.storage.history.records import ConversationRecord, MessageRecord
    from caal_desktop.storage.history.store import HistoryDatabase

_REMOVED_AT_ONCE = 200


class TransferKind(Enum):
    """Which way a conversation goes."""

    IMPORT = auto()
    EXPORT = auto()


@dataclass(slots=True, eq=False)
class Transfer:
    """A conversation on its way.

    Attributes:
        kind: which way it goes.
        file: the file's name.
        fraction: how far it has come, from 0 to 1; to be looked at now and then.
        is_stopping: it was stopped, and what has been imported of it is being removed.
    """

    kind: TransferKind
    file: str
    fraction: float = 0.0
    is_stopping: bool = False


class TransferUnderWay(StorageError):  # noqa: N818 - a message names what happened
    """Another conversation is being imported or exported. Params: ``file``, the one that has to wait."""

    what = QT_TRANSLATE_NOOP("StorageError", "Only one conversation at a time can be imported or exported.")
    why = QT_TRANSLATE_NOOP("StorageError", "Another one was under way, so nothing was done with {file}.")
    advice = QT_TRANSLATE_NOOP("StorageError", "Wait until that is done, or stop it, then try again.")


class _StoppedError(Exception):
    """Ends the writing of a file in the middle."""


class ConversationTransfer(QObject):
    """Imports and exports conversations, one at a time.

    Args:
        writer: the database.
        translate: turns the texts of an export from English into another language; called in a worker.
        format_value: turns what fills their placeholders into words.

    Signals:
        begun: the :class:`Transfer` that has begun.
        ended: nothing is under way any more, what was stopped included.
        imported: the id of the conversation that was imported.
        exported: the path of the file that was written.
        failed: a :class:`StorageError`: nothing was imported, or exported.
        draftFound: the :class:`~caal_desktop.storage.history.draft_file.Draft` that stands in an imported file.
    """

    begun = Signal(object)
    ended = Signal()
    imported = Signal(str)
    exported = Signal(str)
    failed = Signal(object)
    draftFound = Signal(object)

    def __init__(
        self,
        writer: HistoryWriter,
        parent: QObject | None = None,
        *,
        translate: Translate = untranslated,
        format_value: FormatValue = plain_value,
    ) -> None:
        super().__init__(parent)
        self._writer, self._translate, self._format_value = writer, translate, format_value
        self._scope = TaskScope("transfer")
        self._current: Transfer | None = None
        self._is_incomplete = False
        self._title = ""
        # What is told once nothing is under way any more.
        self._report: Callable[[], object] | None = None
        self._finished: Callable[[Draft | None], object] | None = None

    @property
    def current(self) -> Transfer | None:
        """The conversation that is on its way; None where there is none."""
        return self._current

    @property
    def has_incomplete(self) -> bool:
        """Whether the database has a part of a conversation, which counts as deleted and must not be purged now."""
        return self._is_incomplete

    def import_file(self, path: Path, finished: Callable[[Draft | None], object] | None = None) -> None:
        """Import an exported conversation.

        Args:
            path: the file, whoever has written it.
            finished: for a file of our own, called with the message that was being written, perhaps an empty one, once
                all else is imported; with None where nothing was. :attr:`draftFound` is not emitted then.
        """
        if self._begin(TransferKind.IMPORT, path):
            self._finished = finished
            self._start(self._import(path))
        elif finished is not None:
            finished(None)

    def export(self, conversation: str, path: Path) -> None:
        """Write a conversation to a file: JSON if its name ends so, else Markdown."""
        if self._begin(TransferKind.EXPORT, path):
            self._start(self._export(conversation, path))

    def stop(self) -> None:
        """Stop what is under way: nothing is left of it."""
        if self._current is not None and self._scope.is_running("work"):
            self._current.is_stopping = self._current.kind is TransferKind.IMPORT
            self._scope.cancel("work")

    async def close(self) -> None:
        """Stop; what has been imported in part is removed when the database is closed, or opened the next time."""
        await self._scope.close()

    # --- inside

    def _begin(self, kind: TransferKind, path: Path) -> bool:
        if self._current is not None or self._scope.is_running("work"):
            self.failed.emit(TransferUnderWay(file=path.name))
            return False
        self._current = Transfer(kind, path.name)
        self.begun.emit(self._current)
        return True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._scope.start(work, name="work")
        # A task that is stopped before its first step never enters its coroutine.
        task.add_done_callback(lambda _task: self._end())

    def _end(self) -> None:
        if not self._scope.is_running("discard"):
            report, self._report = self._report, None
            finished, self._finished = self._finished, None
            self._current = None
            self.ended.emit()
            if report is not None:
                report()
            elif finished is not None:
                finished(None)

    async def _import(self, path: Path) -> None:
        from caal_desktop.services.history.conversation_import import ConversationFile

        file = ConversationFile(path)
        try:
            await self._write_parts(file)
        except StorageError as error:
            self.failed.emit(error)
            await self._discard(file)
        except asyncio.CancelledError:
            # In a task of its own: this one is ending.
            if self._is_incomplete:
                self._discard_later(file)
            raise
        else:
            self._report = partial(self._tell_imported, file, self._finished)
        finally:
            file.close()

    def _tell_imported(self, file: ConversationFile, finished: Callable[[Draft | None], object] | None) -> None:
        if not file.is_draft_alone:
            self.imported.emit(file.head.id)
        if finished is not None:
            finished(file.draft)
        elif not file.draft.is_empty:
            # Files that somebody else has named would be read and sent.
            self.draftFound.emit(Draft(file.draft.text))

    async def _write_parts(self, file: ConversationFile) -> None:
        while messages := await asyncio.to_thread(file.next_messages):
            await self._write(file.head, messages)
            if self._current is not None:
                self._current.fraction = file.fraction
        if file.is_draft_alone:
            return
        head, title = file.head, self._title
        await self._writer.read(lambda database: _complete(database, head, title))
        self._is_incomplete = False

    async def _write(self, head: ConversationRecord, messages: Sequence[MessageRecord]) -> None:
        is_first, self._is_incomplete = not self._is_incomplete, True
        if is_first:
            self._title = head.title

        def write(database: HistoryDatabase) -> None:
            with database.together():
                if is_first:
                    database.save_conversation(head)
                    database.delete(head.id)
                for message in messages:
                    database.save_message(head.id, message, updated=head.updated)

        await self._writer.read(write)

    def _discard_later(self, file: ConversationFile) -> None:
        with contextlib.suppress(RuntimeError):  # the program is ending
            task = self._scope.start(self._discard(file), name="discard")
            task.add_done_callback(lambda _task: self._end())

    async def _discard(self, file: ConversationFile) -> None:
        """Remove what was written of an import: part by part, so that nothing else waits for it."""
        if not self._is_incomplete:
            return
        messages = file.message_ids
        try:
            while messages:
                some = messages[-_REMOVED_AT_ONCE:]
                await self._writer.read(lambda database, some=some: _remove(database, some))  # type: ignore[misc]
                del messages[-_REMOVED_AT_ONCE:]
        except StorageError:
            pass  # It is removed when the database is opened the next time.
        finally:
            self._is_incomplete = False
        self._writer.purge()

    async def _export(self, conversation: str, path: Path) -> None:
        from caal_desktop.services.history.conversation_export import json_parts, markdown_parts
        from caal_desktop.storage.atomic_file import write_atomically

        transfer, stopped = self._current, threading.Event()

        def write(record: ConversationRecord) -> None:
            is_json = path.suffix.lower() == ".json"
            parts = json_parts(record) if is_json else markdown_parts(record, self._translate, self._format_value)

            def counted() -> Iterator[bytes]:
                for number, part in enumerate(parts):
                    if stopped.is_set():
                        raise _StoppedError
                    if transfer is not None:
                        transfer.fraction = min(1.0, number / max(1, len(record.messages)))
                    yield part.encode("utf-8", "replace")

            write_atomically(path, counted())

        try:
            unwritten = self._writer.unwritten(conversation)
            record = unwritten[0] if unwritten is not None else None
            if record is None:
                record = await self._writer.read(lambda database: database.load(conversation))
            if record is not None:
                await asyncio.to_thread(write, record)
        except StorageError as error:
            self.failed.emit(error)
        except asyncio.CancelledError:
            stopped.set()
            raise
        else:
            if record is not None:
                self._report = partial(self.exported.emit, str(path))


def _complete(database: HistoryDatabase, head: ConversationRecord, written_title: str) -> None:
    with database.together():
        if head.title != written_title:
            # It stood behind the messages.
            database.rename(head.id, head.title)
        database.save_conversation(head)
        database.restore(head.id)


def _remove(database: HistoryDatabase, messages: Sequence[str]) -> None:
    with database.together():
        for message in messages:
            database.remove_message(message)
