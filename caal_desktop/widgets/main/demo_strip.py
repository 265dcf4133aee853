"""The strip that says, in every window, that a demo server answers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconLabel, TextLabel


class DemoStrip(QWidget):
    """One line over the whole width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("demoStrip")
        text = TextLabel(
            self.tr("Demo: a server on this computer answers. No account, no network, nothing is charged."),
            name="demoStrip.text",
            parent=self,
        )
        text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID // 2, design.GRID * 2, design.GRID // 2)
        layout.setSpacing(design.GRID)
        layout.addWidget(IconLabel("info", "accent_text", size=18, parent=self))
        layout.addWidget(text, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ground in a soft accent."""
        colours = design.colours(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), design.mix(colours.accent, self.palette().window().color(), 0.18))
        painter.end()
