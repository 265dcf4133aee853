"""The dialog that names the program, its versions and its licence."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from caal_desktop import __version__
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PlainLabel, TextLabel
from caal_desktop.widgets.common.icons import application_icon


class AboutDialog(QDialog):
    """Name, version, licence; the versions can be selected for a bug report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle(self.tr("About CAAL Desktop"))
        picture = PlainLabel(parent=self)
        picture.setPixmap(application_icon().pixmap(64, 64))
        title = TextLabel(self.tr("CAAL Desktop"), name="about.title", scale=1.4, bold=True, parent=self)
        text = TextLabel(
            self.tr("Gives the CAAL voice assistant a language model: a key, a model, a first conversation."),
            name="about.text",
            parent=self,
        )
        versions = TextLabel(
            self.tr("Version {version} · Qt {qt} · Python {python} · MIT licence").format(
                version=__version__, qt=qVersion(), python=platform.python_version()
            ),
            name="about.versions",
            muted=True,
            parent=self,
        )
        versions.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        texts = QVBoxLayout()
        texts.setSpacing(design.GRID)
        for widget in (title, text, versions):
            texts.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(design.GRID * 3)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 3, design.GRID * 3, design.GRID * 3, design.GRID * 2)
        layout.setSpacing(design.GRID * 2)
        layout.addLayout(row)
        layout.addWidget(buttons)
        self.setMinimumWidth(440)
