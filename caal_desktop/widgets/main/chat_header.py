"""The row above the conversation, which shows icons alone where words do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import NameButton
from caal_desktop.widgets.common.icons import icon

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from caal_desktop.widgets.common.controls import IconButton

_LEAST_NAME = 7
"""Line heights: the least width of the model's name, however narrow the row is."""


class ModelButton(NameButton):
    """Names the model in use; its tooltip tells more."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name=name, parent=parent)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_icon(self) -> None:
        """Show the icon in the palette's current colours."""
        self.setIcon(icon("chevron-down", design.colours(self.palette()).text))

    def minimumSizeHint(self) -> QSize:
        """Return a size for the icon and the beginning of the name."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), self.fontMetrics().height() * _LEAST_NAME), hint.height())


class ChatHeader(QWidget):
    """Lays the row out.

    Args:
        leading: what stands at its beginning.
        trailing: what stands before the last one.
        last: the last one, which shows its text only where all of the row fits.
    """

    def __init__(
        self, leading: tuple[QWidget, ...], trailing: tuple[QWidget, ...], last: IconButton, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._last = last
        self._others = (*leading, *trailing)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.setSpacing(design.GRID)
        for widget in leading:
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in (*trailing, last):
            layout.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show words where they fit."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Choose between words and icon; to be called when the model's name has changed."""
        words = self._last.fontMetrics().horizontalAdvance(self._last.text()) + self._last.iconSize().width()
        around = design.GRID * (6 + len(self._others))
        fits = sum(widget.sizeHint().width() for widget in self._others) + words + around <= self.width()
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if fits else Qt.ToolButtonStyle.ToolButtonIconOnly
        if self._last.toolButtonStyle() is not style:
            self._last.setToolButtonStyle(style)
