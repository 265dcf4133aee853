"""The searchable list of models, with a designed state for every condition of the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from caal_desktop.catalogue.recommend import recommend
from caal_desktop.catalogue.search import SearchIndex
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.item_models.model_list import ModelListModel, ModelRole, ModelRow
from caal_desktop.services.catalogue_service import Catalogue, CatalogueState
from caal_desktop.widgets import theme
from caal_desktop.widgets.controls import IconButton, TextLabel
from caal_desktop.widgets.icons import icon
from caal_desktop.widgets.message_panel import MessagePanel, Tone
from caal_desktop.widgets.picker.delegate import ModelDelegate
from caal_desktop.widgets.picker.rows import model_row
from caal_desktop.widgets.texts import explain, reason_and_advice

if TYPE_CHECKING:
    from caal_desktop.llm.models import ModelInfo

_LIST_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ModelPane(QWidget):
    """Search and choose.

    Signals:
        modelChosen: the current row has changed by the person's hand; carries the model's id.
        modelActivated: Enter or a double click on a row; carries the model's id.
        refreshRequested: ask the provider again.
    """

    modelChosen = Signal(str)
    modelActivated = Signal(str)
    refreshRequested = Signal()

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._catalogue = Catalogue()
        self._usable: list[ModelInfo] = []
        self._search_index: SearchIndex | None = None
        self._recommended = ""
        self._chosen = ""
        self._silent = False
        self.search = QLineEdit(self)
        self.search.setObjectName(f"{name}.search")
        self.search.setAccessibleName(self.tr("Search models"))
        self.search.setPlaceholderText(self.tr("Search by name or maker"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(34)
        self._search_icon = self.search.addAction(
            icon("search", theme.colours(self.palette()).muted), QLineEdit.ActionPosition.LeadingPosition
        )
        self._refresh = IconButton("refresh", self.tr("Ask for the list again"), name=f"{name}.refresh", parent=self)
        self._refresh.clicked.connect(self.refreshRequested)
        self._model = ModelListModel(self._describe, self)
        self.list = QListView(self)
        self.list.setObjectName(f"{name}.list")
        self.list.setAccessibleName(self.tr("Models"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(ModelDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.activated.connect(self._on_activated)
        self.message = MessagePanel(name=f"{name}.message", parent=self)
        self.message.actionChosen.connect(self._on_action)
        self._count = TextLabel(name=f"{name}.count", scale=0.92, muted=True, parent=self)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self.search, 1)
        row.addWidget(self._refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._count)
        self.search.textChanged.connect(self._on_query)
        self.search.installEventFilter(self)

    def show_catalogue(self, catalogue: Catalogue) -> None:
        """Draw the list, or why there is none."""
        if catalogue.models is not self._catalogue.models:
            self._usable = [model for model in catalogue.models if can_chat(model)]
            best = recommend(self._usable, datetime.now(UTC).date())
            self._recommended = best.id if best is not None else ""
            self._search_index = None
            self._model.forget_descriptions()
            self._catalogue = catalogue
            self._fill()
        self._catalogue = catalogue
        self._show_state()

    def choose(self, model_id: str) -> None:
        """Mark a model as the chosen one, without telling anybody."""
        self._chosen = model_id
        self._mark_chosen()

    @property
    def chosen(self) -> str:
        """The marked model's id."""
        return self._chosen

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while the person types in the search field."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in _LIST_KEYS:
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.currentIndex().isValid():
                self._on_activated(self.list.currentIndex())
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._search_icon.setIcon(icon("search", theme.colours(self.palette()).muted))

    def _describe(self, model: ModelInfo) -> ModelRow:
        return model_row(model, recommended=model.id == self._recommended)

    def _on_query(self) -> None:
        self._fill()
        self._show_state()
        if self.search.text().strip() and self._model.rowCount():
            # The best match is one Enter away.
            self.list.setCurrentIndex(self._model.index(0, 0))
            self.list.scrollToTop()

    def _fill(self) -> None:
        query = self.search.text().strip()
        if query:
            if self._search_index is None:
                self._search_index = SearchIndex(self._usable)
            shown = [hit.model for hit in self._search_index.search(query)]
        else:
            # The recommended one first; the rest in the server's order.
            shown = sorted(self._usable, key=lambda model: model.id != self._recommended)
        self._silent = True
        try:
            self._model.set_models(shown)
        finally:
            self._silent = False
        self._mark_chosen()

    def _mark_chosen(self) -> None:
        index = self._model.index_of(self._chosen)
        self._silent = True
        try:
            self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        finally:
            self._silent = False
        if index.isValid():
            self.list.scrollTo(index)

    def _show_state(self) -> None:
        catalogue, query = self._catalogue, self.search.text().strip()
        shown = self._model.rowCount()
        self._refresh.setEnabled(catalogue.state not in (CatalogueState.LOADING, CatalogueState.REFRESHING))
        self.list.setVisible(bool(shown))
        self.search.setEnabled(bool(catalogue.models))
        self._count.setText(self._count_text(shown))
        if catalogue.state is CatalogueState.LOADING:
            self.message.show_message(Tone.BUSY, self.tr("Fetching the list of models…"))
        elif catalogue.state is CatalogueState.FAILED and catalogue.error is not None:
            text = explain(catalogue.error)
            self.message.show_message(Tone.BAD, text.what, reason_and_advice(text), (("retry", self.tr("Try again")),))
        elif not shown and query:
            self.message.show_message(
                Tone.INFO,
                self.tr("No model matches “{query}”").format(query=query),
                "",
                (("clear", self.tr("Clear the search")),),
            )
        elif catalogue.state is CatalogueState.STALE and catalogue.fetched_at is not None:
            self.message.show_message(
                Tone.CAUTION,
                self.tr("This list is from {age}").format(age=self._age(catalogue.fetched_at)),
                explain(catalogue.error).what if catalogue.error is not None else "",
                (("retry", self.tr("Try again")),),
            )
        elif catalogue.models and not self._usable:
            self.message.show_message(Tone.INFO, self.tr("None of these models can chat in text"))
        else:
            self.message.hide()

    def _count_text(self, shown: int) -> str:
        hidden = len(self._catalogue.models) - len(self._usable) + self._catalogue.skipped
        if not self._catalogue.models:
            return ""
        text = self.tr("{shown} of {all} models").format(shown=shown, all=len(self._usable))
        if hidden:
            text += " · " + self.tr("{hidden} that cannot chat are left out").format(hidden=hidden)
        return text

    def _age(self, fetched_at: datetime) -> str:
        hours = (datetime.now(UTC) - fetched_at).total_seconds() / 3600
        if hours < 1:
            return self.tr("a moment ago")
        if hours < 48:
            return self.tr("{hours} hours ago").format(hours=round(hours))
        return self.tr("{days} days ago").format(days=round(hours / 24))

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid() and not self._silent:
            self._chosen = current.data(ModelRole.ID)
            self.modelChosen.emit(self._chosen)

    def _on_activated(self, index: QModelIndex) -> None:
        if index.isValid():
            self.modelActivated.emit(index.data(ModelRole.ID))

    def _on_action(self, action: str) -> None:
        if action == "clear":
            self.search.clear()
            self.search.setFocus()
        else:
            self.refreshRequested.emit()
