"""The settings in memory: read once at the start, changed through here, saved soon after and off the GUI thread."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.delayed_writer import DelayedWriter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from caal_desktop.storage.errors import StorageError
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.storage.settings.store import LoadedSettings, SettingsStore

logger = logging.getLogger(__name__)

SAVE_DELAY = 0.3
"""Seconds; changes that follow each other are written together."""


class SettingsService(QObject):
    """Holds the current settings.

    Signals:
        changed: carries the new :class:`Settings`.
        saveFailed: carries the :class:`StorageError`; the changes are kept in memory, and written with the next one.
    """

    changed = Signal(object)
    saveFailed = Signal(object)

    def __init__(self, store: SettingsStore, loaded: LoadedSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = loaded.settings
        # What the file says otherwise than is in force.
        self._provisos: list[Callable[[Settings], Settings]] = []
        self._writer = DelayedWriter(
            "settings", store.save, written=loaded.settings, delay=SAVE_DELAY, failed=self._on_failed
        )

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
        # First, for whoever hears of the change may make another one, and the newest is written.
        self._writer.put(self._to_write())
        self.changed.emit(new)

    @asynccontextmanager
    async def written_as(self, proviso: Callable[[Settings], Settings]) -> AsyncIterator[None]:
        """Have the file say something else than what is in force, as long as the context lasts.

        For what is changed in two places, and may be cut off between them by a kill: the next start finds what the
        file says until both are done. When the context ends, in whatever way, the file says what is in force.

        Args:
            proviso: makes, from what is in force, what the file is to say.
        """
        self._provisos.append(proviso)
        try:
            await self._writer.write(self._to_write())
            yield
        finally:
            self._provisos.remove(proviso)
            await self._writer.write(self._to_write())

    def use_model(self, model: str) -> None:
        """Have a model of the current provider answer from now on.

        Args:
            model: its id; "" changes nothing.
        """
        if model:
            self.set(self._current.with_model(model))

    async def close(self) -> None:
        """Write what is not yet written. What changes from now on is kept in memory alone."""
        await self._writer.close()

    def _to_write(self) -> Settings:
        settings = self._current
        for proviso in self._provisos:
            settings = proviso(settings)
        return settings

    def _on_failed(self, error: StorageError) -> None:
        logger.warning("The settings could not be saved: %s", error)
        self.saveFailed.emit(error)
