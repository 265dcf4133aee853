"""Applies the user's appearance settings to the whole program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QFont

from caal_desktop.storage.settings.choices import Density, Theme
from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from caal_desktop.storage.settings.schema import Settings

_SCHEMES = {
    Theme.LIGHT: Qt.ColorScheme.Light,
    Theme.DARK: Qt.ColorScheme.Dark,
}


class Appearance:
    """Applies theme, text size and density; the text size is always relative to the platform's own font."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self._font = QFont(app.font())
        self._scale = 1.0
        self._theme = Theme.SYSTEM
        self._density = Density.COMFORTABLE

    def apply(self, settings: Settings) -> None:
        """Apply theme, text size and density, where they differ from what is shown."""
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
        if settings.density != self._density:
            self._density = settings.density
            design.set_density(compact=self._density is Density.COMPACT)
            for widget in self._app.allWidgets():
                design.fit_height(widget)
                # As if the style had changed its metrics: views lay their rows out anew, layouts ask for sizes again.
                # Posted and not sent, for a widget may be gone by then.
                QCoreApplication.postEvent(widget, QEvent(QEvent.Type.StyleChange))
