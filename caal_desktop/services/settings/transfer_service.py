"""Takes settings along: writes them into a file and reads them from one, in a worker. Also makes the data's folder.

It outlives the dialog that asks it: what was begun is brought to its end, and whoever is still there is told.
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
    """Export, import and the folder of the program's data, one at a time.

    Args:
        settings: what is exported: the settings in force.
        data_folder: where the program keeps its files.

    Signals:
        busyChanged: carries whether a file is being written or read.
        exported: carries the path of the file that was written.
        imported: carries the path of a good file and the values in it, by setting; they are not in force.
        folderReady: the data's folder is there.
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
        """Whether a file is being written or read. What is asked for meanwhile is not done."""
        return self._is_busy

    def export_to(self, path: Path) -> None:
        """Write the settings in force into a file."""
        settings = self._settings.current
        self._begin(self._do(lambda: export_settings(settings, path, __version__), lambda _: self.exported.emit(path)))

    def import_from(self, path: Path) -> None:
        """Read a file; a bad one gives nothing."""
        self._begin(self._do(lambda: import_settings(path), lambda values: self.imported.emit(path, values)))

    def make_folder(self) -> None:
        """Have the data's folder there, for whoever wants to show it."""
        self._begin(self._do(lambda: ensure_private_folder(self.data_folder), lambda _: self.folderReady.emit()))

    async def close(self) -> None:
        """Bring to an end what is being written."""
        await self._scope.wait("work")
        await self._scope.close()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        if self._is_busy:
            work.close()
            return
        self._set_busy(True)
        self._scope.start(work, name="work")

    async def _do(self, work: Callable[[], Any], report: Callable[[Any], None]) -> None:
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
