"""The line below the list that tells of another recommendation, where the list itself stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import ElidedLabel, IconButton, IconLabel, PaddedButton
from caal_desktop.widgets.common.tooltips import set_tooltip

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo


class NewsLine(QWidget):
    """Says which model is recommended now; hidden while there is no news.

    Signals:
        wanted: the user wants that model; carries its id.
        dismissed: the user does not.
    """

    wanted = Signal(str)
    dismissed = Signal()

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._model: ModelInfo | None = None
        self._text = ElidedLabel(name=f"{name}.text", parent=self)
        self.use = PaddedButton(self.tr("Use it"), name=f"{name}.use", parent=self)
        self.use.clicked.connect(self._use)
        self.dismiss = IconButton("close", self.tr("Keep the one that is chosen"), name=f"{name}.dismiss", parent=self)
        self.dismiss.clicked.connect(self.dismissed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(IconLabel("info", "accent_text", parent=self))
        layout.addWidget(self._text, 1)
        layout.addWidget(self.use)
        layout.addWidget(self.dismiss)
        self.hide()

    @property
    def model(self) -> ModelInfo | None:
        """The model that it tells of; None while there is no news."""
        return self._model

    def tell(self, model: ModelInfo | None, why: str = "") -> None:
        """Tell of a model that is recommended now, or of none.

        Args:
            model: the model.
            why: what is to be expected of it: to be read at the button that takes it.
        """
        is_news, self._model = model is not self._model, model
        text = "" if model is None else self.tr("{model} is now recommended").format(model=model.name)
        self._text.set_full_text(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(why)
        set_tooltip(self.use, why)
        # Read where Tab leads: which one, and in place of what.
        self.use.setAccessibleDescription(text)
        self.dismiss.setAccessibleDescription(text)
        self.setVisible(model is not None)
        if is_news and self.isVisible():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _use(self) -> None:
        if self._model is not None:
            self.wanted.emit(self._model.id)
