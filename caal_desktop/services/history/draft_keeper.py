"""Keeps what is being written and not yet sent, so that a program that is killed loses the last words at most."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.services.history.trouble import LAST_TRY_S, SLOW_AGAIN_S, Trouble
from caal_desktop.services.retry_delays import RETRY_DELAYS_S
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.atomic_file import remove_unfinished
from caal_desktop.storage.errors import DraftNotSaved
from caal_desktop.storage.history.draft_file import Draft, load_draft, save_draft

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from caal_desktop.storage.errors import StorageError

logger = logging.getLogger(__name__)

DELAY_S = 0.2
"""Seconds from the first letter that is not written to its write, however fast the user types on."""


class DraftKeeper(QObject):
    """The draft of one profile.

    Args:
        path: its file.
        retry_delays: seconds before each further attempt to write what could not be written.

    Signals:
        found: the :class:`Draft` that an earlier run has left; not emitted where there is none.
        troubleChanged: a :class:`~caal_desktop.services.history.trouble.Trouble` while there is a draft that cannot be
            written; None once it is, or there is none any more.
    """

    found = Signal(object)
    troubleChanged = Signal(object)

    def __init__(
        self, path: Path, parent: QObject | None = None, *, retry_delays: Sequence[float] = RETRY_DELAYS_S
    ) -> None:
        super().__init__(parent)
        self._path = path
        self._scope = TaskScope("draft")
        self._is_looking = False
        self._early: Draft | None = None
        self._error: StorageError | None = None
        self._is_trying = False
        self._trouble: Trouble | None = None
        self._writer: DelayedWriter[Draft] = DelayedWriter(
            "draft",
            partial(save_draft, path),
            delay=DELAY_S,
            failed=self._on_failed,
            recovered=self._on_recovered,
            retry_delays=retry_delays,
        )
        self._slow_timer = QTimer(self, interval=round(SLOW_AGAIN_S * 1000), singleShot=True)
        self._slow_timer.timeout.connect(self._end_try)

    @property
    def trouble(self) -> Trouble | None:
        """Why the draft cannot be written at the moment; None where all is well."""
        return self._trouble

    @property
    def unwritten(self) -> Draft | None:
        """The draft, where it is not written; None where it is, or there is none."""
        draft = self._early or self._writer.unwritten
        return None if draft is None or draft.is_empty else draft

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
        # It may have been sent, or been emptied: then nothing can be lost any more.
        self._tell()

    def retry(self) -> None:
        """Try at once to write what could not be written."""
        if self._trouble is not None:
            self._is_trying = True
            self._tell()
            self._slow_timer.start()
            self._scope.start(self._try_again(), name="retry")

    async def write(self) -> bool:
        """Write the draft now.

        Returns:
            Whether it is written, if there is one.
        """
        await self._writer.retry()
        return self.unwritten is None

    async def close(self) -> None:
        """Write what is not written yet, in a last attempt of limited time."""
        self._slow_timer.stop()
        await self._scope.close()
        self._put_early()
        try:
            async with asyncio.timeout(LAST_TRY_S):
                await self._writer.close()
        except TimeoutError:
            logger.info("The draft was not written within %g seconds", LAST_TRY_S)

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

    async def _try_again(self) -> None:
        await self._writer.retry()
        self._end_try()

    def _end_try(self) -> None:
        self._slow_timer.stop()
        self._is_trying = False
        self._tell()

    def _on_failed(self, error: StorageError) -> None:
        logger.warning("The draft could not be saved: %s", error)
        self._error = DraftNotSaved(error)
        self._tell()

    def _on_recovered(self) -> None:
        self._error = None
        self._tell()

    def _tell(self) -> None:
        error = self._error
        trouble = None if error is None or self.unwritten is None else Trouble(error, self._is_trying)
        if trouble != self._trouble:
            self._trouble = trouble
            self.troubleChanged.emit(trouble)
