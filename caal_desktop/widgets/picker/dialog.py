"""The model picker as a dialog of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design, geometry
from caal_desktop.widgets.keys.caution_line import CautionLine
from caal_desktop.widgets.picker.model_pane import ModelPane

if TYPE_CHECKING:
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.widgets.common.command_set import CommandSet


class PickerDialog(QDialog):
    """Lets the user choose a model; nothing changes until the choice is confirmed.

    Args:
        catalogue, settings: the services.
        current: the marked model's id.
        commands: of the window around.

    Signals:
        modelPicked: carries the confirmed model's id.
    """

    modelPicked = Signal(str)

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        current: str,
        commands: CommandSet[[]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._quick_before = settings.current.quick_hosts
        self.setObjectName("picker")
        self.setWindowTitle(self.tr("Choose a model"))
        # High enough for a message, the list, the switch and the comparison below each other.
        line = self.fontMetrics().height()
        self.setMinimumSize(max(360, line * 20), max(440, line * 26))
        self.resize(design.first_size(self, 1040, 680))
        outer = None if commands is None else commands.for_dialog(self.reject)
        self.pane = ModelPane(catalogue, settings, outer, name="picker.pane", parent=self)
        self._buttons = QDialogButtonBox(self)
        self._use = self._buttons.addButton(self.tr("Use this model"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._use.setObjectName("picker.use")
        self._buttons.addButton(QDialogButtonBox.StandardButton.Cancel).setObjectName("picker.cancel")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID * 3 // 2)
        self.caution = CautionLine(catalogue, settings, self._use, name="picker.caution", parent=self)
        self.pane.modelChosen.connect(self.caution.show_for)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.caution)
        layout.addWidget(self._buttons)
        self.pane.modelChosen.connect(lambda model_id: self._use.setEnabled(bool(model_id)))
        self.pane.modelActivated.connect(self._on_activated)
        self.pane.choose(current)
        self.caution.show_for(current)
        self._use.setEnabled(bool(current))
        self._use.setDefault(True)
        self.pane.search.setFocus()
        self.pane.search.installEventFilter(self)
        if place := settings.current.picker_geometry:
            self.restoreGeometry(geometry.from_text(place))
        self.accepted.connect(lambda: self.modelPicked.emit(self.pane.chosen))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the search the focus when the list has come: while there is none, one of the buttons has it."""
        has_come = event.type() is QEvent.Type.EnabledChange and self.pane.search.isEnabled()
        if has_come and not self.pane.isAncestorOf(self.focusWidget()):
            self.pane.search.setFocus()
        return super().eventFilter(watched, event)

    def done(self, result: int) -> None:
        """Remember the size, however the dialog was closed; undo the switch that was not confirmed."""
        if result != QDialog.DialogCode.Accepted:
            self._settings.update(quick_hosts=self._quick_before)
        self._settings.update(picker_geometry=geometry.to_text(self.saveGeometry()))
        super().done(result)

    def _on_activated(self, model_id: str) -> None:
        self.pane.choose(model_id)
        self.caution.show_for(model_id)
        if self.caution.text:
            # Read it first: the button is the next press of Enter.
            self._use.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.accept()
