"""Keeps what cannot be saved where the program ends and nobody can be asked, and gives it back at the next start."""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.history.conversation_export import json_parts
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.history import rescue_files
from caal_desktop.storage.history.records import ConversationRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from caal_desktop.services.history.draft_keeper import DraftKeeper
    from caal_desktop.services.history.history_service import HistoryService
    from caal_desktop.services.history.unsaved import Unsaved
    from caal_desktop.storage.history.draft_file import Draft
    from caal_desktop.storage.paths import AppPaths

logger = logging.getLogger(__name__)


class Rescue(QObject):
    """The files of what could not be saved.

    A conversation is written whole, as it is exported, and the message that was being written stands in the first file:
    importing one gives back both.

    Args:
        paths: the profile's folders.
        unsaved: what is not saved.
        history: imports the files.
        drafts: keeps the message that comes back.

    Signals:
        filesChanged: a list with the paths of the files that earlier runs have left, and that can be imported; empty
            once there is none any more.
        draftFound: the :class:`~caal_desktop.storage.history.draft_file.Draft` that comes back.
    """

    filesChanged = Signal(list)
    draftFound = Signal(object)

    def __init__(
        self,
        paths: AppPaths,
        unsaved: Unsaved,
        history: HistoryService,
        drafts: DraftKeeper,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._paths, self._unsaved, self._history, self._drafts = paths, unsaved, history, drafts
        self._scope = TaskScope("rescue")
        self._found: list[Path] = []
        self._written: list[Path] = []

    def begin(self) -> None:
        """Look for what an earlier run has left."""
        self._scope.start(self._look(), name="look")

    def import_files(self) -> None:
        """Import what was found, one file after the other; each is removed once everything in it is saved."""
        self.filesChanged.emit([])
        self._history.transfer.import_file(self._found[0], partial(self._on_ended, self._found[0]))

    def leave_files(self) -> None:
        """Leave what was found where it is, and do not ask again."""
        files, self._found = self._found, []
        self.filesChanged.emit([])
        self._scope.start(asyncio.to_thread(rescue_files.leave, files, self._paths), name="leave")

    def keep_now(self) -> None:
        """Write what is not saved into another place; blocks, for the process may not live on.

        What an earlier call has written is replaced. Nothing is written where the user did without it.
        """
        documents = [] if self._unsaved.is_given_up else self._documents()
        written = rescue_files.keep(self._paths, documents, datetime.now(UTC).astimezone()) if documents else []
        if documents and not written:
            logger.error("What is not saved could not be kept in another place")
            return
        if written:
            logger.info("What is not saved was kept in %s", ", ".join(map(str, written)))
        former, self._written = self._written, written
        if former:
            rescue_files.remove(former)

    async def close(self) -> None:
        """Look and import no more."""
        await self._scope.close()

    def _documents(self) -> Sequence[partial[Iterator[str]]]:
        records: list[ConversationRecord] = self._history.unsaved_records()
        draft = self._drafts.unwritten
        if draft is not None and not records:
            now = datetime.now(UTC).timestamp()
            records = [ConversationRecord(uuid.uuid4().hex, "", now, now)]
        return [partial(json_parts, record, None if number else draft) for number, record in enumerate(records)]

    async def _look(self) -> None:
        self._found = await asyncio.to_thread(rescue_files.find, self._paths)
        if self._found:
            self.filesChanged.emit(self._found)

    def _on_ended(self, file: Path, draft: Draft | None) -> None:
        """Go on after an import.

        Args:
            file: what was imported.
            draft: the message in it, perhaps an empty one; None where nothing was imported.
        """
        if draft is None:
            self.filesChanged.emit(self._found)
            return
        if not draft.is_empty:
            self.draftFound.emit(draft)
        self._found.remove(file)
        self._scope.start(self._finish(file), name="finish", exclusive=False)
        if self._found:
            self.import_files()

    async def _finish(self, file: Path) -> None:
        if await self._drafts.write():
            await asyncio.to_thread(rescue_files.remove, [file])
