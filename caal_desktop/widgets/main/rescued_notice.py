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
    from caal_desktop.services.history.unsaved import Unsaved


class RescuedNotice(QWidget):
    """Stays until the user has decided; not while nothing can be saved anyway."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._rescue: Rescue | None = None
        self._unsaved: Unsaved | None = None
        self._files: list[Path] = []
        self.panel = MessagePanel(name=f"{name}.panel", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.addWidget(self.panel)
        self.hide()

    def watch(self, rescue: Rescue, unsaved: Unsaved) -> None:
        """Offer from now on what is found."""
        self._rescue, self._unsaved = rescue, unsaved
        rescue.filesChanged.connect(self.show_files)
        unsaved.troubleChanged.connect(lambda _trouble: self._draw())

    def show_files(self, files: list[Path]) -> None:
        """Offer to import files; nothing is shown without any."""
        self._files = files
        self._draw()

    def _draw(self) -> None:
        files, rescue, unsaved = self._files, self._rescue, self._unsaved
        if not files or rescue is None or (unsaved is not None and unsaved.trouble is not None):
            self.panel.hide()
            self.hide()
            return
        folder = printable(files[0].parent)
        if len(files) == 1:
            place = self.tr("The rest was kept in {folder} as {file}.").format(folder=folder, file=files[0].name)
        else:
            place = self.tr("The rest was kept in %n files in {folder}.", "", len(files)).format(folder=folder)
        why = self.tr("CAAL Desktop ended before everything could be saved where it belongs.")
        what = self.tr("An imported conversation is added beside the one that you have.")
        self.panel.show_message(
            MessageKind.INFO,
            self.tr("Text from last time was kept for you"),
            f"{why} {place} {what}",
            (
                MessageAction("import", self.tr("Import it"), rescue.import_files),
                MessageAction("leave", self.tr("Leave it there"), rescue.leave_files),
            ),
        )
        self.show()
