"""Taking settings along, starting over, and finding the files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from caal_desktop import __version__
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.settings.transfer import export_settings, import_settings
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.controls import ElidedLabel, TextLabel
from caal_desktop.widgets.common.message_panel import MessagePanel, Tone
from caal_desktop.widgets.common.texts import explain, reason_and_advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.storage.settings.schema import Settings

_SUGGESTED_NAME = "caal-desktop-settings.json"


class TransferSection(QWidget):
    """Export, import, reset, and the folder of the program's data.

    Args:
        settings: gives what is to be exported: the settings in force.
        data_folder: where the program keeps its files.

    Signals:
        imported: carries the values of a good file, by setting; they are not in force yet.
        resetRequested: everything is to go back to its default; not in force yet either.
    """

    imported = Signal(object)
    resetRequested = Signal()

    def __init__(self, settings: Callable[[], Settings], data_folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._data_folder = settings, data_folder
        self.setObjectName("settings.transfer")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        layout.setSpacing(theme.GRID // 2)
        entries = (
            ("export", self.tr("Export…"), self.tr("Writes these settings into a file. Keys are never in it.")),
            ("import", self.tr("Import…"), self.tr("Takes settings from such a file. You see them before they count.")),
            ("reset", self.tr("Reset everything"), self.tr("Back to the defaults. Keys and models' stars stay.")),
            ("folder", self.tr("Open the data folder"), str(data_folder)),
        )
        self.buttons: dict[str, QPushButton] = {}
        for name, title, text in entries:
            button = QPushButton(title, self)
            button.setObjectName(f"settings.transfer.{name}")
            button.setAutoDefault(False)
            button.setAccessibleDescription(text)
            self.buttons[name] = button
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            label = f"settings.transfer.{name}.text"
            if name == "folder":
                # A path has no blanks at which it could be broken.
                layout.addWidget(ElidedLabel(text, name=label, parent=self))
            else:
                layout.addWidget(TextLabel(text, name=label, scale=0.92, muted=True, parent=self))
            layout.addSpacing(theme.GRID)
        self.message = MessagePanel(name="settings.transfer.message", parent=self)
        layout.addWidget(self.message)
        self.buttons["export"].clicked.connect(self._choose_target)
        self.buttons["import"].clicked.connect(self._choose_source)
        self.buttons["reset"].clicked.connect(self._reset)
        self.buttons["folder"].clicked.connect(self._open_folder)

    def export_to(self, path: Path) -> None:
        """Write the settings in force."""
        try:
            export_settings(self._settings(), path, __version__)
        except StorageError as error:
            self._show(error)
        else:
            self.message.show_message(Tone.GOOD, self.tr("The settings are in {file}").format(file=path.name))

    def import_from(self, path: Path) -> None:
        """Read a file; a bad one changes nothing."""
        try:
            values = import_settings(path)
        except StorageError as error:
            self._show(error)
            return
        self.imported.emit(values)
        self.message.show_message(
            Tone.INFO,
            self.tr("The settings from {file} are filled in").format(file=path.name),
            self.tr("Look through them. They count once you choose OK or Apply; Undo takes them back."),
        )

    def _show(self, error: StorageError) -> None:
        text = explain(error)
        self.message.show_message(Tone.BAD, text.what, reason_and_advice(text))

    def _reset(self) -> None:
        self.resetRequested.emit()
        self.message.show_message(
            Tone.INFO,
            self.tr("Everything stands at its default"),
            self.tr("It counts once you choose OK or Apply; Undo takes it back."),
        )

    def _choose_target(self) -> None:
        dialog = self._dialog(self.tr("Export settings"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile(_SUGGESTED_NAME)
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def _choose_source(self) -> None:
        dialog = self._dialog(self.tr("Import settings"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.import_from(Path(name)))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title, str(Path.home()))
        dialog.setNameFilters([self.tr("Settings (*.json)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _open_folder(self) -> None:
        self._data_folder.mkdir(parents=True, exist_ok=True)
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._data_folder))):
            self.message.show_message(Tone.INFO, self.tr("No file manager could be opened"), str(self._data_folder))
