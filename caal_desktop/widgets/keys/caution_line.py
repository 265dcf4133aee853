"""The line beside the button that goes on with a model: why that would not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconLabel, TextLabel
from caal_desktop.widgets.keys.credit_message import caution, purse_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QPushButton

    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService


class CautionLine(QWidget):
    """Shown only while there is something to know about the model.

    Args:
        catalogue: the models, and the key that they are requested with.
        settings: which hosts may answer.
        button: goes on with the model; a screen reader says the same of it.
        name: the object name.
    """

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        button: QPushButton,
        *,
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._catalogue, self._settings, self._button = catalogue, settings, button
        self._model_id = ""
        self._label = TextLabel(name=f"{name}.text", parent=self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(IconLabel("caution", "caution", parent=self), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._label, 1)
        for signal in (catalogue.changed, catalogue.keyChanged, settings.changed):
            signal.connect(self._show)
        self._show()

    @property
    def text(self) -> str:
        """What is said; "" for nothing."""
        return self._label.text()

    def show_for(self, model_id: str) -> None:
        """Say what is known of a model."""
        if model_id != self._model_id:
            self._model_id = model_id
            self._show()

    def _show(self) -> None:
        model = self._catalogue.current.find(self._model_id) if self._model_id else None
        text = caution(model, purse_of(self._catalogue, self._settings.current))
        self._label.setText(text)
        self.setVisible(bool(text))
        self._button.setAccessibleDescription(text)
