"""Sets the log file's level whenever the setting changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop.storage.logs.log_file import change_file_level

if TYPE_CHECKING:
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.settings.schema import Settings


class LogLevelFollower(QObject):
    """Sets the log file's level.

    Args:
        settings: hold the level.
        verbose: whether everything is logged, whatever the settings say.
    """

    def __init__(self, settings: SettingsService, parent: QObject | None = None, *, verbose: bool = False) -> None:
        super().__init__(parent)
        self._highest = logging.DEBUG if verbose else logging.CRITICAL
        settings.changed.connect(self._apply)
        self._apply(settings.current)

    def _apply(self, settings: Settings) -> None:
        change_file_level(logging.getLevelNamesMapping()[settings.log_level.upper()], at_most=self._highest)
