"""Export, import and reset of the settings, and the folder of the program's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QPushButton, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import ElidedLabel, TextLabel
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.services.settings.transfer_service import TransferService
    from caal_desktop.storage.errors import StorageError

_SUGGESTED_NAME = "caal-desktop-settings.json"


class TransferSection(QWidget):
    """The buttons for export, import, reset and the folder of the program's data.

    Args:
        service: writes and reads the files; it outlives this widget.
        receivers: returns, a line each, which secrets would go to which address once the settings that are filled in
            are in force.

    Signals:
        imported: carries the values of a good file, by setting; they are not in force yet.
        resetRequested: everything is to go back to its default; not in force yet either.
    """

    imported = Signal(object)
    resetRequested = Signal()

    def __init__(
        self, service: TransferService, receivers: Callable[[], Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._service, self._receivers = service, receivers
        # The path that this dialog has requested: results of an earlier dialog's requests are not shown.
        self._requested: Path | None = None
        # The button that gets the focus back once the file is done.
        self._focused_button: QWidget | None = None
        self.setObjectName("settings.transfer")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID, design.GRID, design.GRID, design.GRID)
        layout.setSpacing(design.GRID // 2)
        entries = (
            ("export", self.tr("Export…"), self.tr("Writes these settings into a file. Keys are never in it.")),
            ("import", self.tr("Import…"), self.tr("Takes settings from such a file. You see them before they count.")),
            (
                "reset",
                self.tr("Reset everything"),
                self.tr("Back to the defaults, and models are measured anew. Keys and stars stay."),
            ),
            ("folder", self.tr("Open the data folder"), str(service.data_folder)),
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
            layout.addSpacing(design.GRID)
        self.message = MessagePanel(name="settings.transfer.message", parent=self)
        layout.addWidget(self.message)
        self.buttons["export"].clicked.connect(self._choose_target)
        self.buttons["import"].clicked.connect(self._choose_source)
        self.buttons["reset"].clicked.connect(self._reset)
        self.buttons["folder"].clicked.connect(self._open_folder)
        # Bound methods, which Qt disconnects with the widget; a lambda would outlive it.
        service.busyChanged.connect(self._on_busy)
        service.exported.connect(self._on_exported)
        service.imported.connect(self._on_imported)
        service.folderReady.connect(self._on_folder)
        service.failed.connect(self._on_failed)
        self._on_busy(service.is_busy)

    def export_to(self, path: Path) -> None:
        """Write the settings in force."""
        self._begin(path, self.tr("Writing {file}…"))
        self._service.export_to(path)

    def import_from(self, path: Path) -> None:
        """Read a file; a bad one changes nothing."""
        self._begin(path, self.tr("Reading {file}…"))
        self._service.import_from(path)

    def _begin(self, path: Path, progress: str) -> None:
        self._requested = path
        self.message.show_message(MessageKind.BUSY, progress.format(file=path.name))

    def _is_own_result(self, path: Path | None) -> bool:
        requested, self._requested = self._requested, None
        return requested is not None and path in (requested, None)

    def _on_busy(self, is_busy: bool) -> None:
        buttons = [self.buttons[name] for name in ("export", "import", "folder")]
        if is_busy:
            focused = self.window().focusWidget()
            if focused in buttons:
                # A disabled button passes the focus on to the next one, and that resets everything.
                self._focused_button = focused
                self.setFocus(Qt.FocusReason.OtherFocusReason)
        for button in buttons:
            button.setEnabled(not is_busy)
        if not is_busy and self._focused_button is not None:
            if self.window().focusWidget() is self:
                self._focused_button.setFocus(Qt.FocusReason.OtherFocusReason)
            self._focused_button = None

    def _on_exported(self, path: Path) -> None:
        if self._is_own_result(path):
            self.message.show_message(MessageKind.SUCCESS, self.tr("The settings are in {file}").format(file=path.name))

    def _on_imported(self, path: Path, values: dict[str, Any]) -> None:
        if not self._is_own_result(path):
            return
        self.imported.emit(values)
        receivers = self._receivers()
        title = self.tr("The settings from {file} are filled in").format(file=path.name)
        advice = self.tr("Look through them. They count once you choose OK or Apply; Undo takes them back.")
        if receivers:
            warning = self.tr(
                "They would send what you have given to other addresses. You are asked before it is sent:"
            )
            advice = "\n".join((advice, warning, *receivers))
        self.message.show_message(MessageKind.WARNING if receivers else MessageKind.INFO, title, advice)

    def _on_failed(self, error: StorageError) -> None:
        if self._is_own_result(None):
            self.message.show_error(MessageKind.ERROR, error)

    def _reset(self) -> None:
        self.resetRequested.emit()
        self.message.show_message(
            MessageKind.INFO,
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
        self._requested = self._service.data_folder
        self._service.make_folder()

    def _on_folder(self) -> None:
        folder = self._service.data_folder
        if self._is_own_result(folder) and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.message.show_message(MessageKind.INFO, self.tr("No file manager could be opened"), str(folder))
