"""Says above the chat that what could not be saved at the end of an earlier run was kept, and offers to import it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.storage.printable import printable
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel

if TYPE_CHECKING:
    from pathlib import Path

    from caal_desktop.services.history.rescue import Rescue


class RescuedNotice(QWidget):
    """Stays until the user has decided."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._rescue: Rescue | None = None
        self.panel = MessagePanel(name=f"{name}.panel", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.addWidget(self.panel)
        self.hide()

    def watch(self, rescue: Rescue) -> None:
        """Offer from now on what is found."""
        self._rescue = rescue
        rescue.filesChanged.connect(self.show_files)

    def show_files(self, files: list[Path]) -> None:
        """Offer to import files; nothing is shown without any."""
        if not files or self._rescue is None:
            self.panel.hide()
            self.hide()
            return
        if len(files) == 1:
            place = self.tr("It was kept in {file}.").format(file=printable(str(files[0])))
        else:
            folder = printable(str(files[0].parent))
            place = self.tr("It was kept in %n files in {folder}.", "", len(files)).format(folder=folder)
        why = self.tr("CAAL Desktop ended before everything could be saved where it belongs.")
        what = self.tr("An imported conversation is added beside the one that you have.")
        self.panel.show_message(
            MessageKind.INFO,
            self.tr("Text from last time was kept for you"),
            f"{why} {place} {what}",
            (
                MessageAction("import", self.tr("Import it"), self._rescue.import_files),
                MessageAction("leave", self.tr("Leave it there"), self._rescue.leave_files),
            ),
        )
        self.show()
