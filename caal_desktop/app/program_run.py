"""One run of the program: an application, and another one with fresh settings where the first cannot show a window."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop import exit_status
from caal_desktop.app.start_failure import StartFailure, details_of
from caal_desktop.widgets.main.failed_start import FailedStart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from caal_desktop.app.application import Application
    from caal_desktop.storage.settings.store import LoadedSettings, SettingsStore

logger = logging.getLogger(__name__)


class ProgramRun(QObject):
    """Runs applications until one has ended, or the user has given up.

    Args:
        app: the Qt application.
        store: the settings' file.
        make: builds an application over settings that were loaded already, or over those of the file where it is given
            None. May raise anything.
        log_file: the log; None where none is kept.
    """

    def __init__(
        self,
        app: QApplication,
        store: SettingsStore,
        make: Callable[[LoadedSettings | None], Application],
        log_file: Path | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._make, self._log_file = store, make, log_file
        self._application: Application | None = None
        # They are not deleted: what has failed in the middle may still be referred to.
        self._former: list[Application] = []
        self._failure = StartFailure(app, self)
        self._is_ending = False
        self._status = 0

    async def run(self) -> int:
        """Run until the end.

        Returns:
            The exit status.
        """
        fresh: LoadedSettings | None = None
        while (error := await self._attempt(fresh)) is not None:
            name = None if fresh is not None else await asyncio.to_thread(self._store.name_for_former)
            failed = await asyncio.to_thread(self._describe, error, fresh, name)
            # Half a window is held by the frames that were building it.
            traceback.clear_frames(error.__traceback__)
            del error
            gc.collect()
            if self._is_ending or not await self._failure.ask(failed):
                return exit_status.NO_WINDOW
            fresh = await asyncio.to_thread(self._store.start_afresh, name)
        return self._status

    def end(self) -> None:
        """Ask the program to end."""
        self._is_ending = True
        if self._application is not None:
            self._application.quit()
        self._failure.end()

    def raise_window(self, token: str = "") -> bool:
        """Bring the program's window to the front, or the question in its place.

        Args:
            token: what the desktop gave another start of the program so that a window may come to the front, or "".

        Returns:
            Whether there is one.
        """
        if self._failure.raise_window(token):
            return True
        return self._application is not None and self._application.windows.raise_window(token)

    async def _attempt(self, settings: LoadedSettings | None) -> Exception | None:
        """Run one application to its end, and return what has kept it from showing its window."""
        try:
            self._application = application = self._make(settings)
            if self._is_ending:
                application.quit()
            self._status = await application.run()
        except Exception as error:
            # Whatever it is, the user is told, by the caller, and asked what to do.
            logger.exception("CAAL Desktop cannot show its window")
            if self._application is not None:
                self._former.append(self._application)
                self._application = None
            return error
        return None

    def _describe(self, error: Exception, fresh: LoadedSettings | None, name: Path | None) -> FailedStart:
        """Return what there is to tell, and put the user's settings back where fresh ones did not help; blocks."""
        kept = None if fresh is None or fresh.notice is None else fresh.notice.kept
        is_back = kept is not None and (kept == self._store.path or self._store.put_back(kept))
        return FailedStart(
            details_of(error),
            fresh_name="" if name is None else str(name),
            settings_file=self._store.path if is_back else None,
            log_file=self._log_file if self._log_file is not None and self._log_file.exists() else None,
        )
