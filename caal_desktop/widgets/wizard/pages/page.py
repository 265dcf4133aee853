"""The base of the wizard's pages: a title, an introduction, and a layout for the rest."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel


class WizardPage(QWidget):
    """One step's page.

    Args:
        title: what the step is about.
        intro: one or two sentences; "" for none.
    """

    def __init__(self, title: str, intro: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.title = TextLabel(title, name=f"{name}.title", scale=1.55, bold=True, parent=self)
        self.intro = TextLabel(intro, name=f"{name}.intro", muted=True, parent=self)
        self.intro.setVisible(bool(intro))
        self.body = QVBoxLayout()
        self.body.setSpacing(design.GRID * 3 // 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 4, design.GRID * 4, design.GRID * 4, design.GRID * 2)
        layout.setSpacing(design.GRID)
        layout.addWidget(self.title)
        layout.addWidget(self.intro)
        layout.addSpacing(design.GRID)
        layout.addLayout(self.body, 1)

    def first_focus(self) -> QWidget | None:
        """Return the control that gets the focus when the page opens; None leaves it to the default button."""
        return None
