"""Asks before a link of an answer is opened, and shows where it really leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from caal_desktop.widgets.common.message_box import MessageBox

if TYPE_CHECKING:
    from caal_desktop.widgets.markdown.parse.sanitize import SafeLink


def ask_to_open(link: SafeLink, parent: QWidget) -> None:
    """Open a link once the user has seen its target and agreed.

    Args:
        link: the link.
        parent: in whose window the dialog opens.
    """
    dialog = LinkDialog(link, parent)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


class LinkDialog(MessageBox):
    """Shows a link's target in full."""

    def __init__(self, link: SafeLink, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("chat.link")
        self.setIcon(QMessageBox.Icon.Question)
        self.setText(self.tr("Open this link at {host}?").format(host=link.host))
        shown = link.display
        if link.international:
            warning = self.tr("This address uses letters of other alphabets, which can look like familiar ones.")
            shown = f"{shown}\n\n{warning}"
        self.setInformativeText(shown)
        open_button = self.addButton(self.tr("Open"), QMessageBox.ButtonRole.AcceptRole)
        open_button.setObjectName("chat.link.open")
        copy = self.addButton(self.tr("Copy the address"), QMessageBox.ButtonRole.ActionRole)
        copy.setObjectName("chat.link.copy")
        cancel = self.addButton(QMessageBox.StandardButton.Cancel)
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)
        open_button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(link.href)))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(link.href))
