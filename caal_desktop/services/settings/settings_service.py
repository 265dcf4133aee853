"""The settings in memory: read once at the start, changed here, and saved soon after off the GUI thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.delayed_writer import DelayedWriter

if TYPE_CHECKING:
    from collections.abc import Callable

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
        saveFailed: carries the :class:`StorageError`; the changes are kept in memory, and written as soon as that is
            possible. Emitted once for the same reason, until the settings have been written again.
    """

    changed = Signal(object)
    saveFailed = Signal(object)

    def __init__(self, store: SettingsStore, loaded: LoadedSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current = loaded.settings
        # How the file differs from the settings in force.
        self._overrides: list[Callable[[Settings], Settings]] = []
        self._writer = DelayedWriter(
            "settings", store.save, written=loaded.settings, delay=SAVE_DELAY, failed=self._on_failed
        )

    @property
    def current(self) -> Settings:
        """The settings in force."""
        return self._current

    def update(self, **changes: Any) -> None:
        """Change settings and save them soon.

        Raises:
            ValueError: a value is out of its bounds; nothing is changed then.
        """
        self.set(self._current.replace(**changes))

    def set(self, new: Settings) -> None:
        """Replace the settings and save them soon."""
        if new == self._current:
            return
        self._current = new
        # Before the signal, whose listeners may change the settings again: the newest are to be written last.
        self._writer.put(self._file_content())
        self.changed.emit(new)

    def override_in_file(self, override: Callable[[Settings], Settings]) -> None:
        """Have the file hold other settings than those in force, from its next write on.

        For a change of two places that may be interrupted by a kill: what the next start has to reckon with stands in
        the file before the other place is changed.

        Args:
            override: returns, from the settings in force, those for the file; called for each write.
        """
        self._overrides.append(override)

    async def write_file(self) -> None:
        """Write the file now, where it would say something else than it does."""
        await self._writer.write(self._file_content())

    def use_model(self, model: str) -> None:
        """Choose a model of the provider in use.

        Args:
            model: its id; "" changes nothing.
        """
        if model:
            self.set(self._current.with_model(model))

    async def close(self) -> None:
        """Write what is not written yet. Later changes are kept in memory alone."""
        await self._writer.close()

    def _file_content(self) -> Settings:
        settings = self._current
        for override in self._overrides:
            settings = override(settings)
        return settings

    def _on_failed(self, error: StorageError) -> None:
        logger.warning("The settings could not be saved: %s", error)
        self.saveFailed.emit(error)
