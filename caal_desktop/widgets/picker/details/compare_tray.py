"""The line that names the models to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import ElidedLabel, IconButton
from caal_desktop.widgets.common.formats import listed
from caal_desktop.widgets.picker.details.compare import MAX_COMPARED

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo


class CompareTray(QWidget):
    """Up to three models; hidden while there are none.

    Signals:
        compareRequested: show them side by side.
        changed: one was added or removed.
    """

    compareRequested = Signal()
    changed = Signal()

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._models: list[ModelInfo] = []
        self._names = ElidedLabel(name=f"{name}.names", parent=self)
        self.open = QPushButton(self.tr("Compare…"), self)
        self.open.setObjectName(f"{name}.open")
        self.open.setAutoDefault(False)
        self.open.clicked.connect(self.compareRequested)
        self.none = IconButton("close", self.tr("Compare none of them"), name=f"{name}.clear", parent=self)
        self.none.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(self._names, 1)
        layout.addWidget(self.open)
        layout.addWidget(self.none)
        self._show()

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The models, in the order in which they were added."""
        return tuple(self._models)

    def holds(self, model_id: str) -> bool:
        """Return whether a model is among them."""
        return any(model.id == model_id for model in self._models)

    def toggle(self, model: ModelInfo) -> None:
        """Add a model, or remove it; a fourth one replaces the first."""
        if self.holds(model.id):
            self._models = [one for one in self._models if one.id != model.id]
        else:
            self._models = [*self._models, model][-MAX_COMPARED:]
        self._show()
        self.changed.emit()

    def clear(self) -> None:
        """Remove all of them."""
        self._models = []
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        names = listed([model.name for model in self._models])
        if len(self._models) == 1:
            names = self.tr("{model} — add another one to compare it with").format(model=names)
        self._names.set_full_text(names)
        self.open.setEnabled(len(self._models) > 1)
        self.setVisible(bool(self._models))
