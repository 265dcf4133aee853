"""The picker's parts and their layout, in wide and in narrow windows."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import label_with_keys
from caal_desktop.widgets.common.controls import IconButton, PaddedButton, TextLabel
from caal_desktop.widgets.common.formats import number
from caal_desktop.widgets.common.icons import icon
from caal_desktop.widgets.common.message_panel import MessagePanel
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.picker.details.compare_tray import CompareTray
from caal_desktop.widgets.picker.details.model_details import DetailsPane
from caal_desktop.widgets.picker.list.filter_bar import FilterBar
from caal_desktop.widgets.picker.list.model_list_view import ModelListView
from caal_desktop.widgets.picker.list.news_line import NewsLine
from caal_desktop.widgets.picker.list.order_box import OrderBox
from caal_desktop.widgets.picker.quick_switch import QuickSwitch

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel

    from caal_desktop.widgets.common.command_set import CommandSet

_WIDE_FROM = 118
"""Average characters: the list needs about seventy, and details under forty break too many lines."""
_CRAMPED_BELOW = 64
"""Average characters: below that the search field needs the width of a button's text."""
_PRICED_BELOW = 80
"""Average characters: below that the price of quick hosts would be cut beside their switch."""
_TALL_FROM = 28
"""Lines: below that the chips leave no height for the list."""


class PaneLayout:
    """Builds the parts of a pane and lays them out.

    Args:
        pane: their parent; its object name is the first part of theirs.
        model: the list's rows.
        commands: of the pane.
    """

    def __init__(self, pane: QWidget, model: QAbstractItemModel, commands: CommandSet[[]]) -> None:
        self._pane = pane
        name = pane.objectName()
        self.is_wide = False
        self._is_divided = False
        self._details_wanted = False
        self._chips_wanted: bool | None = None
        self.search = QLineEdit(pane)
        self.search.setObjectName(f"{name}.search")
        self.search.setAccessibleName(translate("ModelPane", "Search models"))
        self.search.setPlaceholderText(translate("ModelPane", "Search by name or maker"))
        self.search.setClearButtonEnabled(True)
        design.keep_height(self.search, 34)
        self._search_icon = self.search.addAction(
            icon("search", design.colours(pane.palette()).muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self.chips_button = IconButton(
            "filter", translate("ModelPane", "Filters"), name=f"{name}.chips", show_text=True, parent=pane
        )
        self.chips_button.setCheckable(True)
        self.chips_button.clicked.connect(self._on_chips_toggled)
        self.refresh = IconButton(
            "refresh", translate("ModelPane", "Ask for the list again"), name=f"{name}.refresh", parent=pane
        )
        self.filters = FilterBar(name=f"{name}.filters", parent=pane)
        self.filters.changed.connect(lambda _filters: self._show_active())
        self.orders = OrderBox(name=f"{name}.order", parent=pane)
        self.message = MessagePanel(name=f"{name}.message", parent=pane)
        self.list = ModelListView(name=f"{name}.list", parent=pane)
        self.list.setAccessibleName(translate("ModelPane", "Models"))
        self.list.setModel(model)
        self.news = NewsLine(name=f"{name}.news", parent=pane)
        self.count = TextLabel(name=f"{name}.count", scale=0.92, muted=True, parent=pane)
        self.more = PaddedButton(translate("ModelPane", "Details"), name=f"{name}.more", parent=pane)
        set_tooltip(self.more, label_with_keys(CommandId.MODEL_DETAILS))
        self.quick = QuickSwitch(name=f"{name}.quick", parent=pane)
        self.tray = CompareTray(name=f"{name}.tray", parent=pane)
        self.details = DetailsPane(commands, name=f"{name}.details", parent=pane)
        self._build()
        self._order_tabs()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(design.GRID)
        top.addWidget(self.search, 1)
        top.addWidget(self.chips_button)
        top.addWidget(self.refresh)
        options = QHBoxLayout()
        options.setSpacing(design.GRID)
        options.addWidget(self.orders, 1)
        options.addWidget(self.filters.price, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(design.GRID)
        bottom.addWidget(self.count, 1)
        bottom.addWidget(self.more)
        self._column = QWidget(self._pane)
        # Takes the list's space while there is none, so that what is above stays above.
        self._placeholder = QWidget(self._column)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(design.GRID)
        column.addLayout(top)
        column.addWidget(self.filters)
        column.addLayout(options)
        column.addWidget(self.message)
        column.addWidget(self.list, 1)
        column.addWidget(self._placeholder, 1)
        # Below the list, whose rows stay where they are when it comes.
        column.addWidget(self.news)
        column.addWidget(self.quick)
        column.addWidget(self.tray)
        column.addLayout(bottom)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self._pane)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(design.GRID * 2)
        self._splitter.addWidget(self._column)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 2)
        layout = QVBoxLayout(self._pane)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.details.setVisible(False)

    def _order_tabs(self) -> None:
        """Set the order of the Tab key: as parts are read; the arrow keys lead from the search to the list at once."""
        chips = self.filters.bar.chips
        order = [self.search, self.chips_button, self.refresh, *chips, self.orders, self.filters.price]
        order += [self.list, self.news.use, self.news.dismiss, self.quick.box]
        order += [self.tray.open, self.tray.none, self.more]
        for first, second in pairwise(order):
            QWidget.setTabOrder(first, second)
        # Its buttons come and go, and stand above the list.
        self.message.follow_in_tab_order(self.filters.price)

    # --- sizes

    def lay_out(self) -> None:
        """Put details beside the list where there is room, and chips above it where they leave some."""
        metrics = self._pane.fontMetrics()
        is_wide = self._pane.width() >= metrics.averageCharWidth() * _WIDE_FROM
        if is_wide != self.is_wide:
            self.is_wide = is_wide
            self._details_wanted = False
        is_cramped = self._pane.width() < metrics.averageCharWidth() * _CRAMPED_BELOW
        style = Qt.ToolButtonStyle
        self.chips_button.setToolButtonStyle(style.ToolButtonIconOnly if is_cramped else style.ToolButtonTextBesideIcon)
        self._show_details()
        if is_wide and not self._is_divided:
            self._is_divided = True
            width = self._pane.width()
            self._splitter.setSizes([width * 62 // 100, width * 38 // 100])
        is_tall = self._room() >= metrics.height() * _TALL_FROM
        is_narrow = self._pane.width() < metrics.averageCharWidth() * _PRICED_BELOW
        self.quick.set_room(narrow=is_narrow, tall=is_tall)
        wanted = is_tall if self._chips_wanted is None else self._chips_wanted
        wanted = wanted and self.filters.has_chips
        self.filters.setVisible(wanted)
        self.chips_button.setChecked(wanted)
        self.chips_button.setVisible(self.filters.has_chips)

    def _room(self) -> int:
        """Return the height that is seen of the pane, without that of a message.

        Where a page is scrolled because the pane needs more, what is out of sight is no room for anything else.
        """
        around = self._pane.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        room = self._pane.height() - (0 if self.message.isHidden() else self.message.height())
        if around is not None and (page := around.widget()) is not None:
            room -= max(0, page.height() - around.viewport().height())
        return room

    def recolour(self) -> None:
        """Follow the platform's colours."""
        self._search_icon.setIcon(icon("search", design.colours(self._pane.palette()).muted))

    def _show_details(self) -> None:
        self.details.setVisible(self.is_wide or self._details_wanted)
        self._column.setVisible(self.is_wide or not self._details_wanted)
        self.details.back.setVisible(not self.is_wide)
        self.more.setVisible(not self.is_wide)

    def toggle_details(self) -> None:
        """Exchange details and list in a narrow window; move the focus between them in a wide one."""
        if self.is_wide:
            focused = QApplication.focusWidget()
            there = focused is not None and self.details.isAncestorOf(focused)
            (self.list if there else self.details.sheet).setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._details_wanted:
            self.close_details()
        elif self.more.isEnabled():
            self._details_wanted = True
            self._show_details()
            self.details.sheet.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_details(self) -> None:
        """Show the list again, where the details have taken its place."""
        if self._details_wanted:
            self._details_wanted = False
            self._show_details()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- states

    def show_list(self, shown: bool) -> None:
        """Show the list, or leave its space empty."""
        self.list.setVisible(shown)
        self._placeholder.setVisible(not shown)

    def set_enabled(self, enabled: bool) -> None:
        """Enable what searches, sorts and narrows the list; there is nothing to do for it without one.

        Args:
            enabled: whether there is a list.
        """
        for part in (self.search, self.orders, self.filters, self.filters.price, self.chips_button, self.quick):
            part.setEnabled(enabled)

    def _on_chips_toggled(self, wanted: bool) -> None:
        self._chips_wanted = wanted
        self.filters.setVisible(wanted)

    def _show_active(self) -> None:
        filters = self.filters.filters
        active = len(filters.active) + filters.show_unusable
        text = translate("ModelPane", "Filters")
        if active:
            text = translate("ModelPane", "Filters ({count})").format(count=number(active))
        self.chips_button.set_label(text)
