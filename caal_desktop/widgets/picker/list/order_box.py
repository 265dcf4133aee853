"""The choice of the list's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.widgets.common.controls import WheelGuard
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import translated

if TYPE_CHECKING:
    from caal_desktop.catalogue.view import CatalogueView

_NAMES = {
    SortOrder.BEST_MATCH: QT_TRANSLATE_NOOP("OrderBox", "Best match"),
    SortOrder.SILENCE: QT_TRANSLATE_NOOP("OrderBox", "Quickest to speak"),
    SortOrder.POPULAR: QT_TRANSLATE_NOOP("OrderBox", "Most popular"),
    SortOrder.FASTEST_FIRST_TOKEN: QT_TRANSLATE_NOOP("OrderBox", "Fastest first word"),
    SortOrder.THROUGHPUT: QT_TRANSLATE_NOOP("OrderBox", "Fastest speech"),
    SortOrder.PRICE: QT_TRANSLATE_NOOP("OrderBox", "Cheapest hour"),
    SortOrder.CONTEXT: QT_TRANSLATE_NOOP("OrderBox", "Longest context"),
    SortOrder.NEWEST: QT_TRANSLATE_NOOP("OrderBox", "Newest"),
    SortOrder.INTELLIGENCE: QT_TRANSLATE_NOOP("OrderBox", "Most intelligent"),
}


class OrderBox(QComboBox):
    """The orders; those that neither the server nor the list knows cannot be chosen.

    Signals:
        orderChanged: carries the chosen :class:`~caal_desktop.catalogue.sorting.SortOrder`.
    """

    orderChanged = Signal(object)

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        WheelGuard(self)
        self.setAccessibleName(self.tr("Sort by"))
        set_tooltip(self, self.tr("How the list is sorted"))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        for order in SortOrder:
            self.addItem(translated(_NAMES[order]), order)
        self.currentIndexChanged.connect(lambda _index: self.orderChanged.emit(self.order))

    @property
    def order(self) -> SortOrder:
        """The chosen order."""
        return SortOrder(self.currentData())

    def set_order(self, order: SortOrder) -> None:
        """Choose an order."""
        self.setCurrentIndex(self.findData(order))

    def show_available(self, view: CatalogueView, *, can_ask: bool) -> None:
        """Enable the orders that the list or its server knows, and leave one that is disabled.

        Args:
            view: the list.
            can_ask: whether the server sorts.
        """
        items = self.model()
        assert isinstance(items, QStandardItemModel)  # noqa: S101 - a combo box's own model is one
        for row, order in enumerate(SortOrder):
            available = can_ask if order in SERVER_SORT else view.can_sort_by(order)
            item = items.item(row)
            item.setEnabled(available)
            set_tooltip(item, "" if available else self.tr("This list does not tell it"))
            if not available and order is self.order:
                with QSignalBlocker(self):
                    self.setCurrentIndex(0)
                self.orderChanged.emit(self.order)
