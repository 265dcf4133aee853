"""Keeps conversations: writes the current one while it goes on; lists, finds and opens earlier ones."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from caal_desktop.llm.translation import plain_value, untranslated
from caal_desktop.services.history.conversation_records import title_of, to_conversation, to_record
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history.records import ConversationRecord
from caal_desktop.storage.history.thread import HistoryThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from caal_desktop.llm.translation import FormatValue, Translate
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.storage.history.store import HistoryDatabase

logger = logging.getLogger(__name__)

T = TypeVar("T")

FLUSH_MS = 200
"""Milliseconds after which streamed text is written: the most that a crash can lose."""
_DRAFT_MS = 400
_DRAFT = "draft"


class HistoryService(QObject):
    """The conversations of one profile.

    Args:
        chat: the conversation that is kept.
        path: the database's file.
        translate: turns the texts of an export from English into another language; called in a worker.
        format_value: turns what fills their placeholders into words.

    Signals:
        listChanged: a list of :class:`ConversationSummary`, the latest first.
        opened: options of the conversation that is shown now.
        draftFound: what was being written when the program ended.
        temporaryChanged: whether the conversation is not kept.
        deleted: id and title of a conversation that can still be restored.
        failed: a :class:`StorageError`; the conversation is not kept.
        exported: the path of a file that was written.
        importFailed: the :class:`~caal_desktop.services.history.conversation_export.ConversationNotImported`.
    """

    listChanged = Signal(list)
    opened = Signal(dict)
    draftFound = Signal(str)
    temporaryChanged = Signal(bool)
    deleted = Signal(str, str)
    failed = Signal(object)
    exported = Signal(str)
    importFailed = Signal(object)
    _writeFailed = Signal(object)

    def __init__(
        self,
        chat: ChatService,
        path: Path,
        parent: QObject | None = None,
        *,
        translate: Translate = untranslated,
        format_value: FormatValue = plain_value,
    ) -> None:
        super().__init__(parent)
        self._chat, self._translate, self._format_value = chat, translate, format_value
        self._thread = HistoryThread(path)
        self._scope = TaskScope("history")
        self._temporary = False
        self._query = ""
        self._options: dict[str, Any] = {}
        self._kept: set[str] = set()
        self._unwritten: dict[tuple[str, str], list[str]] = {}
        self._has_failed = False
        self._draft: str | None = None
        self._flush_timer = QTimer(self, interval=FLUSH_MS, singleShot=True)
        self._flush_timer.timeout.connect(self.flush)
        self._draft_timer = QTimer(self, interval=_DRAFT_MS, singleShot=True)
        self._draft_timer.timeout.connect(self._save_draft)
        self._writeFailed.connect(self._fail, Qt.ConnectionType.QueuedConnection)
        chat.messageAdded.connect(self._on_added)
        chat.textArrived.connect(lambda index, text: self._on_text_arrived(index, "text", text))
        chat.reasoningArrived.connect(lambda index, text: self._on_text_arrived(index, "reasoning", text))
        chat.statusChanged.connect(self._on_status)
        chat.costFound.connect(self._on_cost)
        chat.pathChanged.connect(self._on_path)
        chat.messageRemoved.connect(self._on_removed)

    # --- public

    @property
    def current(self) -> str:
        """The id of the conversation that is shown."""
        return self._chat.conversation.id

    def begin(self) -> None:
        """Open the database, and show again the conversation that a crash has interrupted."""
        self._scope.start(self._begin(), name="begin")

    def keep_for(self, days: int) -> None:
        """Delete conversations without a new message for so many days; 0 keeps all."""
        if days:
            before, shown = time.time() - days * 86_400, self.current
            self._write(lambda database: database.expire(before, shown))
            self._refresh()

    def new(self, *, temporary: bool = False) -> None:
        """Begin a conversation.

        Args:
            temporary: nothing of it is kept.
        """
        self.flush()
        self._options = {}
        self._chat.clear()
        if temporary != self._temporary:
            self._temporary = temporary
            self.temporaryChanged.emit(temporary)
            self._refresh()

    def open(self, conversation: str) -> None:
        """Show an earlier conversation."""
        if conversation != self.current:
            self._scope.start(self._open(conversation), name="open")

    def search(self, query: str) -> None:
        """List the conversations that hold these words; all of them for ""."""
        self._query = query
        self._refresh()

    def rename(self, conversation: str, title: str) -> None:
        """Give a conversation another title."""
        if title.strip():
            self._write(lambda database: database.rename(conversation, title.strip()))
            self._refresh()

    def delete(self, conversation: str, title: str) -> None:
        """Delete a conversation; :meth:`undo_delete` restores it until the program ends or another is deleted."""
        if conversation == self.current:
            self.new()
        self._write(lambda database: database.purge())
        self._write(lambda database: database.delete(conversation))
        self.deleted.emit(conversation, title)
        self._refresh()

    def undo_delete(self, conversation: str) -> None:
        """Restore the conversation that was deleted last."""
        self._write(lambda database: database.restore(conversation))
        self._refresh()

    def forget_deleted(self) -> None:
        """Delete for good what :meth:`undo_delete` could restore."""
        self._write(lambda database: database.purge())

    def keep_options(self, options: dict[str, Any]) -> None:
        """Keep the options of the conversation that is shown."""
        self._options = options
        if self.current in self._kept:
            self._save_conversation()

    def keep_draft(self, text: str) -> None:
        """Keep the text of the message that is being written, for the case that the program ends."""
        self._draft = "" if self._temporary else text
        self._draft_timer.start()

    def export(self, conversation: str, path: Path) -> None:
        """Write a conversation to a file: JSON if its name ends so, else Markdown."""
        self.flush()
        self._scope.start(self._export(conversation, path), name="export", exclusive=False)

    def import_file(self, path: Path) -> None:
        """Import an exported conversation, and show it."""
        self._scope.start(self._import(path), name="import", exclusive=False)

    async def close(self) -> None:
        """Write what is left, and close the database."""
        self.flush()
        self._save_draft()
        await self._scope.close()
        try:
            await asyncio.wrap_future(self._thread.close())
        except (StorageError, asyncio.CancelledError):
            logger.warning("The conversations' database was not closed in order")

    # --- tasks

    async def _ask(self, job: Callable[[HistoryDatabase], T]) -> T:
        return await asyncio.wrap_future(self._thread.submit(job))

    async def _begin(self) -> None:
        try:
            found, draft, unfinished = await self._ask(
                lambda database: (database.found, database.note(_DRAFT), database.unfinished())
            )
        except StorageError as error:
            self._fail(error)
            return
        if found is not None:
            self.failed.emit(found)
        if draft:
            self.draftFound.emit(draft)
        if unfinished is not None and not self._chat.messages:
            await self._open(unfinished)
        await self._list()

    async def _list(self) -> None:
        query = self._query
        try:
            listing = await self._ask(lambda database: database.listing(query))
        except StorageError as error:
            self._fail(error)
            return
        if query == self._query:
            self.listChanged.emit(listing)

    async def _open(self, conversation: str) -> None:
        self.flush()
        try:
            record = await self._ask(lambda database: database.load(conversation))
        except StorageError as error:
            self._fail(error)
            return
        if record is None:
            return
        if self._temporary:
            self._temporary = False
            self.temporaryChanged.emit(False)
        shown = to_conversation(record)
        self._kept.add(record.id)
        self._options = record.options
        self._chat.show_conversation(shown)
        self.opened.emit(record.options)
        states = {kept.id: kept.status for kept in record.messages}
        for message in shown:
            if states[message.id] != message.status:  # it was being generated when the program ended
                self._save(message)
        self._refresh()

    async def _export(self, conversation: str, path: Path) -> None:
        from caal_desktop.services.history.conversation_export import to_json, to_markdown
        from caal_desktop.storage.atomic_file import write_atomically

        def write(database: HistoryDatabase) -> None:
            record = database.load(conversation)
            if record is not None:
                is_json = path.suffix.lower() == ".json"
                text = to_json(record) if is_json else to_markdown(record, self._translate, self._format_value)
                write_atomically(path, text.encode())

        try:
            await self._ask(write)
        except StorageError as error:
            self.failed.emit(error)
        else:
            self.exported.emit(str(path))

    async def _import(self, path: Path) -> None:
        from caal_desktop.services.history.conversation_export import ConversationNotImported, read_conversation

        def read(database: HistoryDatabase) -> ConversationRecord:
            record = read_conversation(path)
            database.save_all(record)
            return record

        try:
            record = await self._ask(read)
        except ConversationNotImported as error:
            self.importFailed.emit(error)
        except StorageError as error:
            self.failed.emit(error)
        else:
            await self._open(record.id)

    def _refresh(self) -> None:
        self._scope.start(self._list(), name="list")

    def _fail(self, error: StorageError) -> None:
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(error)

    # --- writing

    def _write(self, job: Callable[[HistoryDatabase], None]) -> None:
        if not self._has_failed:
            self._thread.submit(job).add_done_callback(self._on_written)

    def _on_written(self, future: Future[None]) -> None:
        # In the database's thread.
        error = None if future.cancelled() else future.exception()
        if isinstance(error, StorageError):
            self._writeFailed.emit(error)
        elif error is not None:
            logger.error("The conversation could not be kept", exc_info=error)

    def flush(self) -> None:
        """Have all text written that has arrived so far."""
        self._flush_timer.stop()
        pieces = [(message, kind, "".join(texts)) for (message, kind), texts in self._unwritten.items()]
        self._unwritten.clear()
        if pieces:
            self._write(lambda database: database.append(pieces))

    def _on_added(self, index: int) -> None:
        if self._temporary:
            return
        if self.current not in self._kept:
            self._kept.add(self.current)
            self._save_conversation()
            self._refresh()
        self._save(self._chat.messages[index])
        self._on_path(index)

    def _save_conversation(self) -> None:
        messages = self._chat.messages
        now = time.time()
        title = title_of(messages[0]) if messages else ""
        record = ConversationRecord(self.current, title, now, now, self._options)
        self._write(lambda database: database.save_conversation(record))

    def _save(self, message: ChatMessage) -> None:
        conversation = self._chat.conversation
        root = message
        while root.parent is not None:
            root = root.parent
        if self._temporary or conversation.id not in self._kept or root not in conversation.roots:
            return
        siblings = message.parent.chosen if message.parent is not None else conversation.chosen_root
        record, identifier = to_record(message, shown=siblings is message), conversation.id
        self._write(lambda database: database.save_message(identifier, record))

    def _on_text_arrived(self, index: int, kind: str, text: str) -> None:
        if self._temporary:
            return
        self._unwritten.setdefault((self._chat.messages[index].id, kind), []).append(text)
        if not self._flush_timer.isActive():
            self._flush_timer.start()

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if not message.status.is_open:
            self.flush()
            self._save(message)
            if not self._temporary:
                self._refresh()

    def _on_path(self, index: int) -> None:
        if self._temporary or self.current not in self._kept:
            return
        conversation = self._chat.conversation
        shown, hidden = [], []
        for message in self._chat.messages[index:]:
            siblings = conversation.siblings(message)
            if len(siblings) > 1:
                shown.append(message.id)
                hidden += [other.id for other in siblings if other is not message]
        if shown:
            self._write(lambda database: database.show(shown, hidden))

    def _on_cost(self, message: ChatMessage) -> None:
        # Another conversation may be shown by now; for a message that was never kept nothing is written.
        record = to_record(message, shown=True)
        self._write(lambda database: database.save_extra(record.id, record.extra))

    def _on_removed(self, message: ChatMessage) -> None:
        identifier = message.id
        self._write(lambda database: database.remove_message(identifier))

    def _save_draft(self) -> None:
        self._draft_timer.stop()
        draft, self._draft = self._draft, None
        if draft is not None:
            self._write(lambda database: database.set_note(_DRAFT, draft))
