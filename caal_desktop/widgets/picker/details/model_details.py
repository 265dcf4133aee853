"""One model in detail: its facts, its hosts on demand, and what can be done with it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import label_with_keys
from caal_desktop.widgets.common.controls import ElidedLabel, IconButton, TextLabel
from caal_desktop.widgets.picker.details.fact_sheet import FactSheet
from caal_desktop.widgets.picker.details.host_pane import HostPane

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.widgets.common.command_set import CommandSet

_SETTLE_MS = 90
"""Typing and holding an arrow key pass over models faster than a user can read about them."""


class DetailsPane(QWidget):
    """The details of the current model.

    Args:
        commands: of the picker's pane.

    Signals:
        starToggled: the model's id, and whether it is to have a star.
        compareToggled: the model's id, and whether it is to be compared.
        hostsRequested: the model's id, and whether to ask anew.
        linkActivated: a link of the details.
        closed: the user goes back to the list, where the details have taken its place.
    """

    starToggled = Signal(str, bool)
    compareToggled = Signal(str, bool)
    hostsRequested = Signal(str, bool)
    linkActivated = Signal(object)
    closed = Signal()

    def __init__(self, commands: CommandSet[[]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._model: ModelInfo | None = None
        self._drawn: ModelInfo | None = None
        self._view: CatalogueView | None = None
        self._model_page = ""
        self.back = IconButton("chevron-left", self.tr("Back to the list"), name=f"{name}.back", parent=self)
        self.back.clicked.connect(self.closed)
        self._title = TextLabel(name=f"{name}.title", scale=1.15, bold=True, parent=self)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._id = ElidedLabel(name=f"{name}.id", parent=self)
        self._id.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self._copy = IconButton("copy", self.tr("Copy the id"), name=f"{name}.copy", parent=self)
        self._copy.clicked.connect(self._copy_id)
        self.star = IconButton("star", label_with_keys(CommandId.STAR_MODEL), name=f"{name}.star", parent=self)
        self.star.setCheckable(True)
        self.star.clicked.connect(self._on_star)
        self.compare = IconButton(
            "scales", label_with_keys(CommandId.COMPARE_MODEL), name=f"{name}.compare", parent=self
        )
        self.compare.setCheckable(True)
        self.compare.clicked.connect(self._on_compare)
        self.hosts_button = QPushButton(self.tr("Who hosts it?"), self)
        self.hosts_button.setObjectName(f"{name}.hosts_button")
        self.hosts_button.setAutoDefault(False)
        self.hosts_button.clicked.connect(self._show_hosts)
        self.sheet = FactSheet(name=f"{name}.sheet", parent=self)
        self.sheet.linkActivated.connect(self.linkActivated)
        self.hosts = HostPane(commands, name=f"{name}.hosts", parent=self)
        self.hosts.requested.connect(self.hostsRequested)
        self.hosts.closed.connect(self.show_sheet)
        self._empty = TextLabel(
            self.tr("Move to a model to read about it."), name=f"{name}.empty", muted=True, parent=self
        )
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._settle_timer = QTimer(self)
        self._settle_timer.setSingleShot(True)
        self._settle_timer.setInterval(_SETTLE_MS)
        self._settle_timer.timeout.connect(self._draw)
        self._build()
        self._show_parts()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(design.GRID // 2)
        head.addWidget(self.back, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        head.addWidget(self.compare, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.star, 0, Qt.AlignmentFlag.AlignTop)
        names = QHBoxLayout()
        names.setSpacing(design.GRID // 2)
        names.addWidget(self._id, 1)
        names.addWidget(self._copy)
        facts = QWidget(self)
        column = QVBoxLayout(facts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(design.GRID // 2)
        column.addLayout(head)
        column.addLayout(names)
        column.addWidget(self.sheet, 1)
        column.addWidget(self.hosts_button)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(facts)
        self._pages.addWidget(self.hosts)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        for first, second in pairwise((self.back, self.compare, self.star, self._copy, self.sheet, self.hosts_button)):
            QWidget.setTabOrder(first, second)
        self.back.hide()

    @property
    def model(self) -> ModelInfo | None:
        """The model that is shown, or about to be."""
        return self._model

    def set_features(self, *, hosts: bool, model_page: str) -> None:
        """Set what can be offered besides the facts.

        Args:
            hosts: whether it can be asked who hosts a model.
            model_page: the address of a model's own page with ``{model}`` in the place of its id; "" for none.
        """
        self._model_page = model_page
        self.hosts_button.setVisible(hosts)
        self._drawn = None

    def set_model(self, model: ModelInfo | None, view: CatalogueView, *, starred: bool, compared: bool) -> None:
        """Show a model of a list, once the user has stayed at it for a moment; None for nothing."""
        self.star.setChecked(starred)
        self.star.set_icon_name("star-filled" if starred else "star")
        self.compare.setChecked(compared)
        if model is self._model and view is self._view:
            return
        if view is not self._view:
            self._drawn = None
        self._model, self._view = model, view
        if model is None or self._drawn is None:
            self._draw()
        else:
            self._settle_timer.start()

    def show_sheet(self) -> None:
        """Show the facts in place of the hosts."""
        self._pages.setCurrentIndex(0 if self._model is None else 1)
        self.hosts_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def shows_hosts(self) -> bool:
        """Whether the hosts are in the details' place."""
        return self._pages.currentWidget() is self.hosts

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was not drawn while the pane was hidden."""
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        self._settle_timer.stop()
        if not self.isVisible() and self._model is not None:
            return
        if self._model is self._drawn and self._model is not None:
            return
        self._show_parts()

    def _show_parts(self) -> None:
        model = self._drawn = self._model
        if model is None or self._view is None:
            self._pages.setCurrentIndex(0)
            return
        self._title.setText(model.name)
        self._id.set_full_text(model.id)
        page = self._model_page.format(model=model.id)
        self.sheet.show_model(model, self._view, page)
        if not self.shows_hosts or self.hosts.model_id != model.id:
            self._pages.setCurrentIndex(1)

    def _show_hosts(self) -> None:
        if self._model is not None:
            self._pages.setCurrentWidget(self.hosts)
            self.hosts.ask(self._model)
            self.hosts.focus_first()

    def _copy_id(self) -> None:
        if self._model is not None:
            QGuiApplication.clipboard().setText(self._model.id)

    def _on_star(self, on: bool) -> None:
        if self._model is not None:
            self.starToggled.emit(self._model.id, on)

    def _on_compare(self, on: bool) -> None:
        if self._model is not None:
            self.compareToggled.emit(self._model.id, on)
