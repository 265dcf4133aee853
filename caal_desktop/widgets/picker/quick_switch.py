"""The switch “Quick hosts first”, with what it changes and costs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QWidget

from caal_desktop.storage.settings.choices import ProviderSort
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import translated
from caal_desktop.widgets.picker.details.quick_words import longest_line, quick_line

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.info import ModelInfo

_SPEC, _ORDER = SPECS["quick_hosts"], SPECS["provider_sort"]


class _Line(TextLabel):
    """A text that takes the height of the longest one, so that nothing moves while the user goes through the list."""

    def heightForWidth(self, width: int) -> int:
        """Return the height that the longest text needs."""
        room = QRect(0, 0, width, 1 << 20)
        longest = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, longest_line())
        return max(super().heightForWidth(width), longest.height())


class QuickSwitch(QWidget):
    """A check box, and what it changes and costs.

    Signals:
        toggled: carries whether the user wants quick hosts first.
    """

    toggled = Signal(bool)

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.box = QCheckBox(translated(_SPEC.label), self)
        self.box.setObjectName(f"{name}.box")
        self.box.clicked.connect(self.toggled)
        self.line = _Line(name=f"{name}.line", scale=0.92, muted=True, parent=self)
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(design.GRID)
        self._layout.addWidget(self.box)
        self._layout.addWidget(self.line, 1)

    def set_room(self, *, narrow: bool, tall: bool) -> None:
        """Put the line where there is room for it: else the box's tooltip and the details alone have it.

        Args:
            narrow: there is none beside the box.
            tall: there is some below it.
        """
        self.line.setVisible(tall or not narrow)
        direction = QBoxLayout.Direction
        self._layout.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)
        self._layout.setSpacing(design.GRID // 2 if narrow else design.GRID)

    def show_state(self, settings: Settings, model_id: str, model: ModelInfo | None, figures: Figures) -> None:
        """Show whether it is on, and what it changes.

        Args:
            settings: the user's choice; an order of hosts that was chosen leaves it no effect.
            model_id: the model in question; "" for none.
            model: its row in the list; None where it has none.
            figures: what is known of the hosts.
        """
        with QSignalBlocker(self.box):
            self.box.setChecked(settings.asks_quick_hosts)
        order = settings.provider_sort
        self.box.setEnabled(order is ProviderSort.DEFAULT)
        if order is ProviderSort.DEFAULT:
            text = quick_line(model_id, model, figures)
        else:
            label = translated(_ORDER.choice_labels[order])
            text = self.tr("Your settings order the hosts: {order}.").format(order=label)
        self.line.setText(text)
        self.box.setAccessibleDescription(text)
        set_tooltip(self.box, "\n\n".join(filter(None, (text, translated(_SPEC.description)))))
