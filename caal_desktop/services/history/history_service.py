"""Keeps conversations: writes the current one while it goes on; lists, finds and opens earlier ones."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.translation import plain_value, untranslated
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.history.conversation_records import title_of, to_conversation
from caal_desktop.services.history.conversation_transfer import ConversationTransfer
from caal_desktop.services.history.history_writer import HistoryWriter
from caal_desktop.services.retry_delays import RETRY_DELAYS_S
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import HistoryFailed, StorageError
from caal_desktop.storage.history.draft_file import Draft
from caal_desktop.storage.history.records import ConversationRecord
from caal_desktop.storage.history.store import HistoryDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from caal_desktop.llm.translation import FormatValue, Translate
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage, Conversation
    from caal_desktop.services.history.trouble import Trouble
    from caal_desktop.storage.history.records import ConversationSummary

logger = logging.getLogger(__name__)

_OPEN = [status for status in AnswerStatus if status.is_open]


class HistoryService(QObject):
    """The conversations of one profile.

    Args:
        chat: the conversation that is kept.
        path: the database's file.
        translate: turns the texts of an export from English into another language; called in a worker.
        format_value: turns what fills their placeholders into words.
        retry_delays: seconds before each further attempt to write what could not be written.

    Signals:
        listChanged: a list of :class:`ConversationSummary`, the latest first.
        opened: options of the conversation that is shown now.
        temporaryChanged: whether the conversation is not kept.
        deleted: id and title of a conversation that can still be restored.
        damageFound: a :class:`~caal_desktop.storage.errors.HistoryFailed`: what was wrong with the database when it was
            opened.
        draftFound: the :class:`Draft` that version 0.1.0 has left in the database.
        troubleChanged: a :class:`~caal_desktop.services.history.trouble.Trouble` while conversations cannot be
            written; None once everything is.
    """

    listChanged = Signal(list)
    opened = Signal(dict)
    temporaryChanged = Signal(bool)
    deleted = Signal(str, str)
    damageFound = Signal(object)
    draftFound = Signal(object)
    troubleChanged = Signal(object)

    def __init__(
        self,
        chat: ChatService,
        path: Path,
        parent: QObject | None = None,
        *,
        translate: Translate = untranslated,
        format_value: FormatValue = plain_value,
        retry_delays: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        super().__init__(parent)
        self._chat = chat
        self._writer = HistoryWriter(path, lambda: self.current, self, retry_delays=retry_delays)
        self._writer.troubleChanged.connect(self._on_trouble)
        self._scope = TaskScope("history")
        self.transfer = ConversationTransfer(self._writer, self, translate=translate, format_value=format_value)
        """Imports and exports; what is imported is shown."""
        self.transfer.imported.connect(self._on_imported)
        self.transfer.ended.connect(self._purge_if_owed)
        self._owes_purge = False
        self._temporary = False
        self._query = ""
        self._options: dict[str, Any] = {}
        self._head: ConversationRecord | None = None
        """Of the conversation that is shown, without its messages; None where it is not kept."""
        self._listed: list[ConversationSummary] = []
        self._has_begun = False
        self._told_damage: StorageError | None = None
        self._file = 0
        chat.messageAdded.connect(self._on_added)
        chat.textArrived.connect(lambda index, _text: self._on_text_arrived(index))
        chat.reasoningArrived.connect(lambda index, _text: self._on_text_arrived(index))
        chat.statusChanged.connect(self._on_status)
        chat.costFound.connect(self._writer.save_facts)
        chat.pathChanged.connect(lambda _index: self._on_path())
        chat.messageRemoved.connect(self._on_removed)

    # --- public

    @property
    def current(self) -> str:
        """The id of the conversation that is shown."""
        return self._chat.conversation.id

    def begin(self) -> None:
        """Open the database, tell what was wrong with it, and show the conversation that a crash has interrupted."""
        self._scope.start(self._begin(), name="begin")

    def keep_for(self, days: int) -> None:
        """Delete conversations without a new message for so many days; 0 keeps all."""
        self._writer.expire(days)
        if days:
            self._refresh()

    def new(self, *, temporary: bool = False) -> None:
        """Begin a conversation.

        Args:
            temporary: nothing of it is kept.
        """
        self._options = {}
        self._chat.clear()
        self._head = None
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
            if self._head is not None and self._head.id == conversation:
                self._head.title = title.strip()
            self._writer.rename(conversation, title.strip())
            self._refresh()

    def delete(self, conversation: str, title: str) -> None:
        """Delete a conversation; :meth:`undo_delete` restores it until the program ends or another is deleted."""
        if conversation == self.current:
            self.new()
        self._owes_purge = False
        # Of a conversation that is being imported nothing may be lost.
        if not self.transfer.has_incomplete:
            self._writer.purge()
        self._writer.delete(conversation)
        self.deleted.emit(conversation, title)
        self._refresh()

    def undo_delete(self, conversation: str) -> None:
        """Restore the conversation that was deleted last."""
        self._writer.restore(conversation)
        self._refresh()

    def forget_deleted(self) -> None:
        """Delete for good what :meth:`undo_delete` could restore."""
        self._owes_purge = self.transfer.has_incomplete
        if not self._owes_purge:
            self._writer.purge()

    def keep_options(self, options: dict[str, Any]) -> None:
        """Keep the options of the conversation that is shown."""
        self._options = options
        if (head := self._kept_head()) is not None:
            head.options, head.updated = options, time.time()
            self._writer.save_head(head, self._chat.conversation)

    @property
    def trouble(self) -> Trouble | None:
        """Why conversations cannot be written at the moment; None where all is well."""
        return self._writer.trouble

    @property
    def unsaved(self) -> int:
        """How many conversations have something that is not written."""
        return self._writer.unsaved

    @property
    def has_unwritten(self) -> bool:
        """Whether anything at all is not written: a conversation, a deletion, another title."""
        return self._writer.has_unwritten

    def unsaved_titles(self) -> list[tuple[str, str]]:
        """Return ids and titles of the conversations that are not saved, the one that is shown first."""
        found = self._writer.unsaved_titles()
        return sorted(found, key=lambda conversation: conversation[0] != self.current)

    def unsaved_records(self) -> list[ConversationRecord]:
        """Return, whole, the conversations that have something that is not written; none that was deleted."""
        return self._writer.unsaved_records()

    def retry(self) -> None:
        """Try at once to write what could not be written."""
        self._writer.retry()

    def begin_anew(self) -> None:
        """Keep conversations in a new file from now on, where the one that was open is missing."""
        self._writer.begin_anew()

    async def close(self) -> None:
        """Write what is left, and close the database."""
        await self.transfer.close()
        await self._scope.close()
        await self._writer.close()

    # --- tasks

    async def _begin(self) -> None:
        try:
            found, file, unfinished = await self._writer.read(
                lambda database: (database.found, database.number, database.unfinished())
            )
            with contextlib.suppress(HistoryFailed):  # it may be read only, or be locked: another start takes it over
                if old_draft := await self._writer.read(HistoryDatabase.take_old_draft):
                    self.draftFound.emit(Draft(old_draft))
        except StorageError as error:
            self._writer.report(error)
            return
        is_first, self._has_begun = not self._has_begun, True
        if found is not None and found is not self._told_damage:
            self._told_damage = found
            self.damageFound.emit(found)
        if not is_first and file != self._file:
            # What is shown was written into the other file.
            for message in self._chat.conversation:
                self._save(message)
            self._on_path()
        self._file = file
        if is_first and unfinished is not None and not self._chat.messages:
            await self._open(unfinished)
        await self._list()

    async def _list(self) -> None:
        query = self._query
        try:
            self._listed = await self._writer.read(lambda database: database.listing(query))
        except StorageError as error:
            self._writer.report(error)
        if query == self._query:
            self.listChanged.emit(self._writer.as_written(self._listed, query))

    async def _open(self, conversation: str) -> None:
        if (unwritten := self._writer.unwritten(conversation)) is not None:
            self._show(*unwritten)
            return
        try:
            record = await self._writer.read(lambda database: database.load(conversation))
        except StorageError as error:
            self._writer.report(error)
            return
        if record is None:
            return
        # A large one takes seconds; the window must not wait for it.
        shown = await asyncio.to_thread(to_conversation, record)
        self._show(record, shown)
        states = {kept.id: kept.status for kept in record.messages}
        for message in shown:
            if states[message.id] in _OPEN:  # it was being generated when the program ended
                self._save(message)

    def _show(self, record: ConversationRecord, conversation: Conversation) -> None:
        if self._temporary:
            self._temporary = False
            self.temporaryChanged.emit(False)
        self._options = record.options
        self._chat.show_conversation(conversation)
        self._head = ConversationRecord(record.id, record.title, record.created, record.updated, record.options)
        self.opened.emit(record.options)
        self._refresh()

    def _on_imported(self, conversation: str) -> None:
        self.open(conversation)
        self._refresh()

    def _purge_if_owed(self) -> None:
        if self._owes_purge:
            self.forget_deleted()

    def _refresh(self) -> None:
        self._scope.start(self._list(), name="list")

    def _on_trouble(self, trouble: Trouble | None) -> None:
        self.troubleChanged.emit(trouble)
        if trouble is None and not self._scope.is_running("begin"):
            # What could not be read meanwhile; and the file may have been opened anew, and be damaged by now.
            self.begin()

    # --- writing

    def _kept_head(self) -> ConversationRecord | None:
        head = self._head
        return head if head is not None and head.id == self.current and not self._temporary else None

    def _on_added(self, index: int) -> None:
        if self._temporary:
            return
        messages, now = self._chat.messages, time.time()
        is_new = self._kept_head() is None
        if is_new:
            title = title_of(messages[0]) if messages else ""
            self._head = ConversationRecord(self.current, title, now, now, self._options)
        self._save(messages[index])
        self._on_path()
        if is_new:
            self._refresh()

    def _save(self, message: ChatMessage) -> None:
        head, conversation = self._kept_head(), self._chat.conversation
        root = message
        while root.parent is not None:
            root = root.parent
        if head is not None and root in conversation.roots:
            head.updated = time.time()
            self._writer.save_message(head, conversation, message)

    def _on_text_arrived(self, index: int) -> None:
        if (head := self._kept_head()) is not None:
            self._writer.save_growth(head, self._chat.conversation, self._chat.messages[index])

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if not message.status.is_open:
            self._save(message)
            if not self._temporary:
                self._refresh()

    def _on_path(self) -> None:
        if (head := self._kept_head()) is not None:
            self._writer.save_path(head, self._chat.conversation)

    def _on_removed(self, message: ChatMessage) -> None:
        if (head := self._kept_head()) is not None:
            self._writer.remove_message(head, self._chat.conversation, message.id)
