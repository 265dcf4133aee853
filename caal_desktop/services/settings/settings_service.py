"""The settings in memory: read once at the start, changed through here, saved soon after and off the GUI thread."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.storage.settings.store import LoadedSettings, SettingsStore

logger = logging.getLogger(__name__)

SAVE_DELAY = 0.3
"""Seconds; changes that follow each other are written together."""


class SettingsService(QObject):
    """Holds the current settings.

    Signals:
        changed: carries the new :class:`Settings`.
        saveFailed: carries a sentence for people.
    """

    changed = Signal(object)
    saveFailed = Signal(str)

    def __init__(self, store: SettingsStore, loaded: LoadedSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._current = loaded.settings
        self._on_disk = loaded.settings
        self._closed = False
        self._writing: asyncio.Future[None] | None = None
        self._scope = TaskScope("settings")

    @property
    def current(self) -> Settings:
        """The settings as they are now."""
        return self._current

    def update(self, **changes: Any) -> None:
        """Change settings and save them soon.

        Raises:
            ValueError: a value is out of its bounds; nothing is changed then.
        """
        self.set(self._current.replace(**changes))

    def set(self, new: Settings) -> None:
        """Take over changed settings and save them soon."""
        if new == self._current:
            return
        self._current = new
        self.changed.emit(new)
        if not self._closed:
            self._scope.start(self._save_soon(), name="save")

    async def close(self) -> None:
        """Write what is not yet written. What changes from now on is kept in memory alone."""
        self._closed = True
        await self._scope.close()
        await self._save()

    async def _save_soon(self) -> None:
        await asyncio.sleep(SAVE_DELAY)
        await self._save()

    async def _save(self) -> None:
        # A thread cannot be cancelled: an older write that is still under way must not overtake this one.
        if self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
        settings = self._current
        if settings == self._on_disk:
            return
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._store.save, settings)
        self._writing.add_done_callback(lambda done: self._note_written(done, settings))
        try:
            await asyncio.shield(self._writing)
        except StorageError as error:
            logger.warning("The settings could not be saved: %s", error)
            self.saveFailed.emit(str(error))

    def _note_written(self, done: asyncio.Future[None], settings: Settings) -> None:
        # Called also for a write that nobody waits for any more.
        if not done.cancelled() and done.exception() is None:
            self._on_disk = settings
