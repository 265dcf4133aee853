"""Exports and imports settings in a worker, and creates the data's folder.

It outlives the dialog that uses it: what was begun is finished even if the dialog is closed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop import __version__
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.atomic_file import ensure_private_folder
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.settings.transfer import export_settings, import_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from caal_desktop.services.settings.settings_service import SettingsService


class TransferService(QObject):
    """Exports settings, imports them, and creates the data's folder; one of these at a time.

    Args:
        settings: the settings that are exported.
        data_folder: the folder of the program's data.

    Signals:
        busyChanged: carries whether a file is being written or read.
        exported: carries the path of the file that was written.
        imported: carries the path of a valid file and the values in it, by setting; they are not in force.
        folderReady: the data's folder exists.
        failed: carries the :class:`StorageError`.
    """

    busyChanged = Signal(bool)
    exported = Signal(object)
    imported = Signal(object, object)
    folderReady = Signal()
    failed = Signal(object)

    def __init__(self, settings: SettingsService, data_folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self.data_folder = settings, data_folder
        self._is_busy = False
        self._scope = TaskScope("transfer")

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written or read; calls are ignored meanwhile."""
        return self._is_busy

    def export_to(self, path: Path) -> None:
        """Write the settings in force into a file."""
        settings = self._settings.current
        self._start(self._run(lambda: export_settings(settings, path, __version__), lambda _: self.exported.emit(path)))

    def import_from(self, path: Path) -> None:
        """Read settings from a file, which is refused as a whole where anything is wrong with it."""
        self._start(self._run(lambda: import_settings(path), lambda values: self.imported.emit(path, values)))

    def make_folder(self) -> None:
        """Create the data's folder where it does not exist, so that it can be shown."""
        self._start(self._run(lambda: ensure_private_folder(self.data_folder), lambda _: self.folderReady.emit()))

    async def close(self) -> None:
        """Finish what is being written or read."""
        await self._scope.wait("work")
        await self._scope.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._is_busy:
            work.close()
            return
        self._set_busy(True)
        self._scope.start(work, name="work")

    async def _run(self, work: Callable[[], Any], report: Callable[[Any], None]) -> None:
        try:
            result = await asyncio.to_thread(work)
        except StorageError as error:
            self._set_busy(False)
            self.failed.emit(error)
            return
        except BaseException:
            self._set_busy(False)
            raise
        self._set_busy(False)
        report(result)

    def _set_busy(self, is_busy: bool) -> None:
        self._is_busy = is_busy
        self.busyChanged.emit(is_busy)
