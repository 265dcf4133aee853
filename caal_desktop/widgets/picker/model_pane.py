"""The picker: search, filters, list and details, with a state of its own for every condition of the catalogue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtWidgets import QWidget

from caal_desktop.catalogue.filters import Filters
from caal_desktop.catalogue.listing import TypedModel
from caal_desktop.commands import CommandId, Need
from caal_desktop.item_models.model_list import ModelListModel, ModelRole
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.widgets.common.command_set import CommandSet, key_sequences, pressed
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.formats import age, number
from caal_desktop.widgets.markdown.link_dialog import ask_to_open
from caal_desktop.widgets.picker.browser import CatalogueBrowser
from caal_desktop.widgets.picker.details.compare import CompareDialog
from caal_desktop.widgets.picker.list.model_list_view import MOVING_KEYS
from caal_desktop.widgets.picker.list.rows import entry_row
from caal_desktop.widgets.picker.pane_layout import PaneLayout
from caal_desktop.widgets.picker.pane_message import PaneHandlers

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from caal_desktop.catalogue.listing import Entry
    from caal_desktop.item_models.model_list import Row
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService


_WITH_KEYS = (CommandId.SEARCH_MODELS, CommandId.STAR_MODEL, CommandId.COMPARE_MODEL, CommandId.MODEL_DETAILS)
"""The commands whose keys work anywhere in the pane."""

_COUNTS_MS = 40
"""Numbers follow the list when the typing rests: each of them lays the pane out anew, and changing digits distract."""


class ModelPane(QWidget):
    """Search and choose. Follows the catalogue by itself.

    Args:
        catalogue: the list, and what else its server can be asked for.
        settings: favourites and recents.
        commands: of the window around.
        name: its object name, and the first part of its parts'.

    Signals:
        modelChosen: another model is the current one because the user chose it; carries its id.
        modelActivated: Enter or a double click on a row; carries the model's id.
        touched: the user has begun to read or to search a provider's list; from here on nothing moves by itself.
    """

    modelChosen = Signal(str)
    modelActivated = Signal(str)
    touched = Signal()

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        commands: CommandSet[[]] | None = None,
        *,
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._chosen = ""
        self._chosen_before_search = ""
        """What was chosen before the search began; typing passes over models that the user did not mean to choose."""
        self._is_updating = False
        self._is_touched = False
        self._provider = ""
        """Whose list it is that may have been touched."""
        self._known_best = ""
        """The model that was recommended when the list came, or the last one that the user heard of or has chosen."""
        self._catalogue = catalogue
        self.commands: CommandSet[[]] = CommandSet(commands)
        self._order_commands: CommandSet[[]] = CommandSet(self.commands)
        self.browser = CatalogueBrowser(catalogue, settings, self)
        self._model = ModelListModel(self._describe, self)
        self.parts = parts = PaneLayout(self, self._model, self.commands)
        self.search, self.list, self.message = parts.search, parts.list, parts.message
        self.filters, self.orders, self.details, self.tray = parts.filters, parts.orders, parts.details, parts.tray
        self._handlers = PaneHandlers(
            self._set_filters, self._clear_query, self._replace, self.commands, self._order_commands
        )
        self.details.hostsRequested.connect(lambda model_id, again: catalogue.hosts.request(model_id, again=again))
        catalogue.hosts.changed.connect(self.details.hosts.show_hosts)
        self._counts_timer = QTimer(self)
        self._counts_timer.setSingleShot(True)
        self._counts_timer.setInterval(_COUNTS_MS)
        self._counts_timer.timeout.connect(self._show_counts)
        self._connect()
        self._bind()
        self._on_catalogue()
        self._show_listing()
        self._show_state()

    def _connect(self) -> None:
        browser, parts = self.browser, self.parts
        browser.catalogueChanged.connect(self._on_catalogue)
        browser.judged.connect(self._on_judged)
        browser.listed.connect(self._show_listing)
        browser.stated.connect(self._show_state)
        browser.starsChanged.connect(self._on_stars)
        self.search.textChanged.connect(self._on_query)
        self.search.installEventFilter(self)
        self.message.installEventFilter(self)
        parts.refresh.clicked.connect(lambda: self.commands.run(CommandId.RETRY))
        self.filters.changed.connect(browser.set_filters)
        self.orders.orderChanged.connect(browser.set_order)
        for signal in (self.filters.changed, self.orders.orderChanged, self.list.touched):
            signal.connect(self._on_touched)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.activated.connect(self._on_activated)
        self.list.typed.connect(self._search_for)
        self.list.leftUpwards.connect(self._focus_search)
        parts.news.wanted.connect(self._replace)
        parts.news.dismissed.connect(self._on_news_dismissed)
        self._catalogue.survey.changed.connect(self._counts_timer.start)
        parts.more.clicked.connect(self._toggle_details)
        self.tray.compareRequested.connect(self._compare)
        self.tray.changed.connect(self._show_details)
        parts.quick.toggled.connect(browser.set_quick_hosts)
        browser.routingChanged.connect(self._show_quick)
        self.details.closed.connect(parts.close_details)
        self.details.starToggled.connect(browser.set_star)
        self.details.compareToggled.connect(lambda _id, _on: self._toggle_compared())
        self.details.linkActivated.connect(lambda link: ask_to_open(link, self))

    def _bind(self) -> None:
        handlers = {
            CommandId.SEARCH_MODELS: self._focus_search,
            CommandId.STAR_MODEL: self._toggle_star,
            CommandId.COMPARE_MODEL: self._toggle_compared,
            CommandId.MODEL_DETAILS: self._toggle_details,
        }
        for command, run in handlers.items():
            self.commands.bind(command, run)
        self.commands.bind(CommandId.RETRY, self._refresh)
        self._order_commands.bind(CommandId.RETRY, self._refresh_order)
        for command in _WITH_KEYS:
            for sequence in key_sequences(command):
                shortcut = QShortcut(sequence, self)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(partial(self.commands.run, command))

    # --- public

    @property
    def chosen(self) -> str:
        """The marked model's id."""
        return self._chosen

    def choose(self, model_id: str) -> None:
        """Select a model as the chosen one, without a signal."""
        self._chosen = self._chosen_before_search = model_id
        self.browser.set_chosen(model_id)
        self._follow_recommended()
        self._show_news()
        if self.list.currentIndex().data(ModelRole.ID) != model_id:
            self._select(self._model.index_of(model_id))

    # --- Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while the user types in the search field."""
        if watched is self.message and event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide):
            # After the layout that this is a part of.
            QTimer.singleShot(0, self, self.parts.lay_out)
        elif watched is self.search and event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # On some platforms Ctrl+D and Ctrl+E edit a line, and the field would take them.
            if any(pressed(event, command) for command in _WITH_KEYS):
                event.ignore()
                return True
        elif watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if key in MOVING_KEYS and event.modifiers() in (
                Qt.KeyboardModifier.NoModifier,
                Qt.KeyboardModifier.KeypadModifier,
            ):
                self.list.move_by(key)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.list.currentIndex().isValid():
                self._on_activated(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back step by step with Esc, before it closes the window."""
        details = self.details
        if not pressed(event, CommandId.PICKER_BACK):
            super().keyPressEvent(event)
        elif details.isVisible() and details.shows_hosts:
            details.show_sheet()
        elif details.isVisible() and not self.parts.is_wide:
            self.parts.close_details()
        elif self.search.text():
            self.search.clear()
            self.search.setFocus()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Have the hosts of the models asked how quick they are, now that the models are looked at."""
        super().showEvent(event)
        self._catalogue.ask_hosts()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for another size."""
        super().resizeEvent(event)
        self.parts.lay_out()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the platform's colours and font."""
        super().changeEvent(event)
        if hasattr(self, "parts"):
            if event.type() == QEvent.Type.PaletteChange:
                self.parts.recolour()
            elif event.type() == QEvent.Type.FontChange:
                self.parts.lay_out()

    # --- what is shown

    def _describe(self, entry: Entry) -> Row:
        return entry_row(entry, self.browser.view, frozenset(self.browser.request.favourites))

    def _on_touched(self) -> None:
        if not self._is_touched and len(self.browser.view):
            self._is_touched = True
            self.touched.emit()

    def _on_judged(self, first: str) -> None:
        """Show what is said of the models now; the rows stay where they are, as far as they do not go."""
        browser = self.browser
        browser.list_judged(first if self._is_touched or first == self._chosen else "")
        self.filters.show_available(browser.view.filters.counts(Filters()))
        self._model.forget_descriptions()
        self._update_rows()
        self._follow_recommended()
        self._show_details()
        self._show_news()

    def _follow_recommended(self) -> None:
        """Mark the first row, while the user has not begun to read and that row's model is the chosen one."""
        best = self.browser.view.recommended
        if self._is_touched or best is None or best.id != self._chosen:
            return
        if self.browser.request.first:
            self.browser.list_judged("")
            self._update_rows()
        index = self._model.index_of(self._chosen)
        if index != self.list.currentIndex():
            self._select(index)

    def _update_rows(self) -> None:
        """Have rows come and go, while the others stay where they are and the marked one stays marked."""
        marked = self.list.currentIndex().data(ModelRole.ID)
        self._is_updating = True
        try:
            with self.list.held_still():
                self._model.update_entries(self.browser.listing.entries)
                if self.list.currentIndex().data(ModelRole.ID) != marked:
                    # Its row is gone: Qt has marked the one beside it.
                    self._mark(self._model.index_of(marked or ""))
        finally:
            self._is_updating = False

    def _on_news_dismissed(self) -> None:
        best = self.browser.view.recommended
        self._known_best = "" if best is None else best.id
        self._show_news()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_news(self) -> None:
        view = self.browser.view
        best = view.recommended
        if best is not None and (best.id == self._chosen or self.browser.credit_came):
            # Seen with its badge, or offered with the news that the key can pay: no news when the user looks at others.
            self._known_best = best.id
        if best is None or best.id == self._known_best:
            self.parts.news.tell(None)
        else:
            self.parts.news.tell(best, explanation_line(view.explain(best)))

    def _on_catalogue(self) -> None:
        best = self.browser.view.recommended
        self._known_best = "" if best is None else best.id
        if self.browser.catalogue.provider != self._provider:
            self._provider, self._is_touched = self.browser.catalogue.provider, False
        self._show_news()
        self._model.forget_descriptions()
        provider = PROVIDERS.get(self.browser.catalogue.provider)
        self.details.set_features(
            hosts=self.browser.can_ask_for_hosts, model_page="" if provider is None else provider.model_page
        )
        self.parts.quick.setVisible(self.browser.can_route)
        view = self.browser.view
        self.orders.show_available(view, can_ask=self.browser.can_ask_for_orders)
        self.filters.show_available(view.filters.counts(Filters()) if len(view) else None)
        self.parts.lay_out()

    def _on_stars(self) -> None:
        self._model.forget_descriptions()
        self._show_details()

    def _show_listing(self) -> None:
        browser = self.browser
        query = browser.request.query.strip()
        self.list.delegate.set_spans(browser.view.search.span_finder(query) if query else None)
        if self._model.holds(browser.listing.entries) and self.list.currentIndex().isValid():
            # Judged anew, at most: whoever reads has scrolled to where it stands.
            self._show_details()
            return
        self._is_updating = True
        try:
            self._model.set_entries(browser.listing.entries)
        finally:
            self._is_updating = False
        if query:
            self._select_best_match()
        else:
            self._select(self._model.index_of(self._chosen))

    def _select_best_match(self) -> None:
        """Select the best match, so that Enter takes it."""
        index = self._model.first_index()
        self._select(index)
        self.list.scrollToTop()
        is_listed = index.isValid() and not isinstance(self._model.entry(index), TypedModel)
        self._set_chosen(index.data(ModelRole.ID) if is_listed else self._chosen_before_search)

    def _select(self, index: QModelIndex) -> None:
        self._is_updating = True
        try:
            self._mark(index)
        finally:
            self._is_updating = False
        if index.isValid():
            self.list.scrollTo(index)
            if index.row() == 1:
                self.list.scrollToTop()  # with its heading
        self._show_details()

    def _mark(self, index: QModelIndex) -> None:
        self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _show_state(self) -> None:
        browser, parts = self.browser, self.parts
        parts.show_list(bool(browser.listing.entries) and len(browser.view) > 0)
        parts.refresh.setEnabled(not browser.is_fetching)
        parts.set_enabled(len(browser.view) > 0)
        self._counts_timer.start()
        if self.isVisible():
            self._catalogue.ask_hosts()
        message = browser.message(self._handlers)
        if message is None:
            self.message.hide()
        else:
            self.message.show_message(message.kind, message.title, message.body, message.actions)

    def _show_counts(self) -> None:
        browser = self.browser
        self.filters.show_counts(browser.listing.counts if len(browser.view) else None)
        self.parts.count.setText(self._count_text())

    def _count_text(self) -> str:
        browser = self.browser
        catalogue = browser.catalogue
        if not catalogue.models:
            return ""
        counts = browser.listing.counts
        total = len(browser.view) - (0 if browser.request.filters.show_unusable else browser.view.unusable)
        if counts.shown == total:
            facts = [self.tr("%Ln models", "", total)]
        else:
            facts = [self.tr("{shown} of %Ln models", "", total).format(shown=number(counts.shown))]
        if catalogue.skipped:
            facts.append(self.tr("%Ln rows could not be read", "", catalogue.skipped))
        best = browser.view.recommended
        asked_at = None if best is None else browser.view.figures.asked_at.get(best.id)
        is_asking = self._catalogue.survey.is_asking
        listed = "" if browser.is_fetching or catalogue.fetched_at is None else age(catalogue.fetched_at)
        told = "" if is_asking or asked_at is None else age(asked_at)
        if listed and listed == told:
            # Said twice, it would take a second line from the list.
            facts.append(self.tr("list and hosts' figures from {age}").format(age=listed))
            return " · ".join(facts)
        if browser.is_fetching:
            facts.append(self.tr("asking for a new list…"))
        elif listed:
            facts.append(self.tr("list from {age}").format(age=listed))
        if is_asking:
            facts.append(self.tr("asking the hosts how quick they are…"))
        elif told:
            facts.append(self.tr("hosts' figures from {age}").format(age=told))
        return " · ".join(facts)

    def _show_details(self) -> None:
        entry = self._model.entry(self.list.currentIndex())
        model = entry if isinstance(entry, ModelInfo) else self.browser.view.find(self._chosen)
        model_id = model.id if model is not None else ""
        self.details.set_model(
            model,
            self.browser.view,
            starred=self.browser.is_favourite(model_id),
            compared=self.tray.holds(model_id),
        )
        self._show_quick()
        self.parts.more.setEnabled(model is not None)
        self.commands.set_available(Need.MARKED_MODEL, model is not None)

    def _show_quick(self) -> None:
        index, browser = self.list.currentIndex(), self.browser
        model_id = index.data(ModelRole.ID) if index.isValid() else self._chosen
        model = browser.view.find(model_id)
        self.parts.quick.show_state(browser.settings, model_id, model, browser.view.figures)

    # --- what the user does

    def _on_query(self, text: str) -> None:
        self._on_touched()
        self.browser.set_query(text)
        if not text.strip() and self._chosen != self._chosen_before_search:
            # What typing passed over was never chosen.
            self._set_chosen(self._chosen_before_search)
            self._select(self._model.index_of(self._chosen_before_search))

    def _set_chosen(self, model_id: str) -> None:
        # Not the browser's: the row of a model in use that is not listed must stay while others are marked.
        if model_id != self._chosen:
            self._chosen = model_id
            self._show_news()
            self.modelChosen.emit(model_id)

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid() and not self._is_updating:
            self._chosen_before_search = current.data(ModelRole.ID)
            self._set_chosen(self._chosen_before_search)
            self._show_details()

    def _on_activated(self, index: QModelIndex) -> None:
        model_id = index.data(ModelRole.ID)
        if model_id:
            self._chosen_before_search = model_id
            self._set_chosen(model_id)
            self.modelActivated.emit(model_id)

    # What a message's buttons do. The button that had the focus may be gone afterwards: the search has it then.

    def _set_filters(self, filters: Filters) -> None:
        self.filters.set_filters(filters)
        self._focus_search()

    def _clear_query(self) -> None:
        self.search.clear()
        self._focus_search()

    def _replace(self, model_id: str) -> None:
        self._set_chosen(model_id)
        self.choose(model_id)
        self._focus_search()

    def _refresh(self) -> None:
        self.browser.fetch_again()
        if not self.parts.refresh.hasFocus():
            self._focus_search()

    def _refresh_order(self) -> None:
        self.browser.fetch_order_again()
        self._focus_search()

    def _focus_search(self) -> None:
        if not self.parts.is_wide:
            self.parts.close_details()
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _search_for(self, text: str) -> None:
        """Search for what was typed on the list."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)
        if text == "\b":
            self.search.backspace()
        else:
            self.search.insert(text)

    def _toggle_details(self) -> None:
        self.parts.toggle_details()

    def _toggle_star(self) -> None:
        model = self.details.model
        if model is not None:
            self.browser.set_star(model.id, not self.browser.is_favourite(model.id))

    def _toggle_compared(self) -> None:
        if self.details.model is not None:
            self.tray.toggle(self.details.model)

    def _compare(self) -> None:
        dialog = CompareDialog(self.tray.models, self.browser.view, self)
        dialog.modelPicked.connect(self._use_compared)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _use_compared(self, model_id: str) -> None:
        self._chosen_before_search = model_id
        self._set_chosen(model_id)
        self.modelActivated.emit(model_id)
