"""Keeps what is being written and not yet sent, so that a program that is killed loses the last words at most."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.atomic_file import remove_unfinished
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft

if TYPE_CHECKING:
    from pathlib import Path

    from caal_desktop.storage.errors import StorageError

logger = logging.getLogger(__name__)

DELAY_S = 0.2
"""Seconds from the first letter that is not written to its write, however fast the user types on."""


class DraftKeeper(QObject):
    """The draft of one profile.

    Args:
        path: its file.

    Signals:
        found: the :class:`Draft` that an earlier run has left; not emitted where there is none.
    """

    found = Signal(object)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._scope = TaskScope("draft")
        self._is_looking = False
        self._early: Draft | None = None
        self._writer: DelayedWriter[Draft] = DelayedWriter(
            "draft", partial(save_draft, path), delay=DELAY_S, failed=self._on_failed
        )

    def begin(self) -> None:
        """Look for what an earlier run has left."""
        self._is_looking = True
        self._scope.start(self._find(), name="find")

    def keep(self, draft: Draft) -> None:
        """Keep this draft in place of the one before; an empty one is removed from the disk."""
        if self._is_looking:
            # What an earlier run has left is tidied up first.
            self._early = draft
        else:
            self._writer.put(draft)

    async def close(self) -> None:
        """Write what is not written yet."""
        await self._scope.close()
        self._put_early()
        await self._writer.close()

    async def _find(self) -> None:
        await asyncio.to_thread(remove_unfinished, self._path)
        draft = await asyncio.to_thread(load_draft, self._path)
        # Before the signal: the draft that is shown for it is a newer one.
        self._put_early()
        if not draft.is_empty:
            self.found.emit(draft)

    def _put_early(self) -> None:
        self._is_looking = False
        early, self._early = self._early, None
        if early is not None:
            self._writer.put(early)

    def _on_failed(self, error: StorageError) -> None:
        logger.warning("The draft could not be saved: %s", error)
