"""The controls that narrow the list: the chips, and the limit of price."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from caal_desktop.catalogue.filters import FilterCounts, FilterName, Filters
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import WheelGuard
from caal_desktop.widgets.common.formats import money
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.picker.list.chips import Chip, ChipBar
from caal_desktop.widgets.picker.list.filter_texts import filter_help, filter_name

if TYPE_CHECKING:
    from collections.abc import Sequence

PRICE_LIMITS: Sequence[float] = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
"""US dollars for an hour of talking: from what is nearly free to what only a few models cost."""


class FilterBar(QWidget):
    """Chips with live counts, and a limit of price.

    Signals:
        changed: carries the new :class:`~caal_desktop.catalogue.filters.Filters`.
    """

    changed = Signal(object)

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._filters = Filters()
        self.bar = ChipBar(name=f"{name}.chips", parent=self)
        self._chips: dict[FilterName, Chip] = {}
        for which in FilterName:
            chip = Chip(filter_name(which), filter_help(which), name=f"{name}.{which}", parent=self)
            chip.toggled.connect(lambda _on, which=which: self._toggle(which))
            self._chips[which] = chip
            self.bar.add_chip(chip)
        self.unusable = Chip(
            self.tr("Cannot chat"),
            self.tr("Shows those as well that cannot chat: batch jobs, embeddings, pictures or sound alone."),
            name=f"{name}.unusable",
            parent=self,
        )
        self.unusable.toggled.connect(self._toggle_unusable)
        self.bar.add_chip(self.unusable)
        self.price = QComboBox(self)
        self.price.setObjectName(f"{name}.price")
        WheelGuard(self.price)
        self.price.setAccessibleName(self.tr("Dearest hour of talking"))
        set_tooltip(
            self.price, self.tr("Leaves out what costs more for an hour of talking, or whose price is not known")
        )
        self.price.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.price.setMinimumContentsLength(6)
        self.price.addItem(self.tr("Any price"), None)
        for limit in PRICE_LIMITS:
            self.price.addItem(self.tr("Up to {cost} an hour").format(cost=money(limit)), limit)
        self.price.currentIndexChanged.connect(self._on_price)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addWidget(self.bar)

    @property
    def filters(self) -> Filters:
        """What is switched on."""
        return self._filters

    def chip(self, name: FilterName) -> Chip:
        """Return a filter's chip."""
        return self._chips[name]

    def set_filters(self, filters: Filters) -> None:
        """Switch on what is given, and nothing else."""
        if filters == self._filters:
            return
        for name, chip in self._chips.items():
            with QSignalBlocker(chip):
                chip.setChecked(name in filters.active)
        with QSignalBlocker(self.unusable):
            self.unusable.setChecked(filters.show_unusable)
        with QSignalBlocker(self.price):
            self.price.setCurrentIndex(max(0, self.price.findData(filters.max_usd_per_hour)))
        self._set(replace(filters, max_usd_per_hour=self.price.currentData()))

    def show_available(self, whole: FilterCounts | None) -> None:
        """Show the chips of filters that divide the list: those that all models pass, or none, are of no use.

        Args:
            whole: the counts of the whole list; None while there is none.
        """
        for name, chip in self._chips.items():
            divides = whole is None or 0 < whole.by_name[name] < whole.shown
            chip.setVisible(divides or chip.isChecked())
        self.unusable.setVisible(self.unusable.isChecked() or bool(whole is not None and whole.unusable))

    @property
    def has_chips(self) -> bool:
        """Whether there is any chip to be seen."""
        return any(not chip.isHidden() for chip in self.bar.chips)

    def show_counts(self, counts: FilterCounts | None) -> None:
        """Show how many models each filter would leave; None while there is no list."""
        for name, chip in self._chips.items():
            chip.set_count(None if counts is None else counts.by_name[name])
        self.unusable.set_count(None if counts is None else counts.unusable)

    def _toggle(self, name: FilterName) -> None:
        self._set(self._filters.with_toggled(name))

    def _toggle_unusable(self, on: bool) -> None:
        self._set(replace(self._filters, show_unusable=on))

    def _on_price(self, _index: int) -> None:
        self._set(replace(self._filters, max_usd_per_hour=self.price.currentData()))

    def _set(self, filters: Filters) -> None:
        if filters != self._filters:
            self._filters = filters
            self.changed.emit(filters)
