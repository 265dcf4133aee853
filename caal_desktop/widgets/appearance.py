"""Applies the person's appearance settings to the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont

from caal_desktop.storage.settings_schema import Settings, Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

_SCHEMES = {
    Theme.LIGHT: Qt.ColorScheme.Light,
    Theme.DARK: Qt.ColorScheme.Dark,
}


class Appearance:
    """Remembers the platform's own font, so that scaling is always of that one."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self._font = QFont(app.font())
        self._scale = 1.0
        self._theme = Theme.SYSTEM

    def apply(self, settings: Settings) -> None:
        """Take over theme and text size, where they differ from what is shown."""
        hints = self._app.styleHints()
        if settings.theme != self._theme:
            self._theme = settings.theme
            if settings.theme is Theme.SYSTEM:
                hints.unsetColorScheme()
            else:
                hints.setColorScheme(_SCHEMES[settings.theme])
        if settings.font_scale != self._scale:
            self._scale = settings.font_scale
            font = QFont(self._font)
            if font.pointSizeF() > 0:
                font.setPointSizeF(font.pointSizeF() * self._scale)
            else:
                font.setPixelSize(round(font.pixelSize() * self._scale))
            self._app.setFont(font)
