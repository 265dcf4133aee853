"""The picker's request to the catalogue, the listing that answers it, and the message that goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.catalogue.listing import ListRequest, Relaxation, list_models, relaxations
from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.catalogue.server_orders import ServerOrder
from caal_desktop.storage.settings.setting import InvalidSetting
from caal_desktop.widgets.keys.credit_message import credit_message, purse_of
from caal_desktop.widgets.picker import pane_message

if TYPE_CHECKING:
    from caal_desktop.catalogue.filters import Filters
    from caal_desktop.catalogue.listing import Listing
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.common.message_panel import PanelMessage
    from caal_desktop.widgets.keys.credit_message import Purse
    from caal_desktop.widgets.picker.pane_message import PaneHandlers


class CatalogueBrowser(QObject):
    """Browses a catalogue as the user asks for it.

    Args:
        service: the list, the server's orders, replacements for what is no longer listed.
        settings: favourites and recents.

    Signals:
        catalogueChanged: another list, or none.
        judged: another judgement on the same models, which :meth:`list_judged` lists. Carries the id of the model that
            stands first so far, or "".
        listed: there are other rows to show; :attr:`listing` has them.
        stated: the message or the state of the list may be another.
        starsChanged: the favourites are others.
        routingChanged: hosts are to be asked in another order.
    """

    catalogueChanged = Signal()
    judged = Signal(str)
    listed = Signal()
    stated = Signal()
    starsChanged = Signal()
    routingChanged = Signal()

    def __init__(self, service: CatalogueService, settings: SettingsService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service, self._settings = service, settings
        self._replacements: dict[str, ModelInfo | None] = {}
        # Whether the key could not pay when it was last looked at, and whether it can by now.
        self._could_not_pay = self._credit_came = False
        self._relaxations: list[Relaxation] = []
        self._order_of_hosts = _order_of_hosts(settings.current)
        self.catalogue = service.current
        self.view = _view_of(service.current)
        self.request = ListRequest()
        self._load_remembered()
        self.listing: Listing = list_models(self.view, self.request)
        self._refused_free = self.purse.refuses_free
        service.changed.connect(self._on_catalogue)
        service.replacementFound.connect(self._on_replacement)
        service.connected.connect(self._on_other_key)
        service.keyChanged.connect(self._on_key)
        service.orders.changed.connect(self._on_order_known)
        settings.changed.connect(self._on_settings)
        service.orders.load_soon()
        self._watch_credit()

    # --- the catalogue

    @property
    def can_ask_for_orders(self) -> bool:
        """Whether the server sorts."""
        return self._service.orders.is_available

    @property
    def can_ask_for_hosts(self) -> bool:
        """Whether the server tells who hosts a model."""
        return self._service.hosts.is_available

    @property
    def can_route(self) -> bool:
        """Whether the provider can be told in which order to ask a model's hosts."""
        return bool(self.catalogue.provider) and descriptor_of(self.catalogue.provider).can(Capability.ROUTING)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings.current

    def set_quick_hosts(self, on: bool) -> None:
        """Have quick hosts asked first, or not."""
        self._settings.update(quick_hosts=on)

    # --- the request

    def set_query(self, query: str) -> None:
        """Search for what was typed."""
        self._ask(query=query)

    def set_filters(self, filters: Filters) -> None:
        """Narrow the list."""
        self._ask(filters=filters)

    def set_order(self, order: SortOrder) -> None:
        """Sort the list; ask the server for an order that only it knows."""
        if order in SERVER_SORT:
            self._service.orders.request(order)
        self._ask(order=order, server_ids=self._server_order(order).ids)

    def set_chosen(self, model_id: str) -> None:
        """Remember the model in use: it is listed even when the catalogue does not hold it."""
        old = self.request.chosen
        self.request = replace(self.request, chosen=model_id)
        if model_id != old:
            self.stated.emit()
        if model_id != old and (self._is_missing(model_id) or self._is_missing(old)):
            self._list()
            self._ask_for_replacement()

    def is_favourite(self, model_id: str) -> bool:
        """Return whether a model has a star."""
        return model_id in self.request.favourites

    def set_star(self, model_id: str, on: bool) -> None:
        """Give a model its star, or take it away."""
        if model_id:
            try:
                self._settings.set(self._settings.current.with_favourite(model_id, on))
            except InvalidSetting:
                # There are as many favourites as can be kept; the star that stays empty says so.
                self.starsChanged.emit()

    def list_judged(self, first: str) -> None:
        """List the models as they are judged now, without a signal.

        Args:
            first: the model that stands first all the same, because the user is reading; "" for the recommended one.
        """
        self.request = replace(self.request, first=first)
        self.listing = list_models(self.view, self.request)
        self._relaxations = [] if self.listing.found else relaxations(self.view, self.request)

    # --- the message

    def message(self, handlers: PaneHandlers) -> PanelMessage | None:
        """Return the message above the list, if there is one.

        Args:
            handlers: what the message's buttons do.
        """
        catalogue = self.catalogue
        if not catalogue.models:
            return pane_message.no_list(catalogue, handlers)
        if not self.listing.found:
            return pane_message.no_match(self.listing, self.request, self._relaxations, handlers)
        chosen = self.request.chosen
        if self._is_missing(chosen) and not self.request.query.strip() and self.view.routed(chosen) is None:
            return pane_message.missing(catalogue, chosen, self._replacements.get(chosen), handlers)
        about_order = pane_message.about_order(self._server_order(self.request.order), handlers)
        return about_order or self._about_credit(handlers) or pane_message.stale(catalogue, handlers)

    @property
    def purse(self) -> Purse:
        """What is known of what requests can be paid with."""
        return purse_of(self._service, self._settings.current)

    def fetch_again(self) -> None:
        """Ask the server for its list again."""
        self._service.refresh()

    def fetch_order_again(self) -> None:
        """Ask the server for its order again."""
        self._service.orders.request(self.request.order, again=True)

    @property
    def is_fetching(self) -> bool:
        """Whether the list is on its way."""
        return self.catalogue.state in (CatalogueState.LOADING, CatalogueState.REFRESHING)

    @property
    def credit_came(self) -> bool:
        """Whether the user is told that the key can pay now, and what is recommended with that."""
        return self._credit_came

    # --- inside

    def _about_credit(self, handlers: PaneHandlers) -> PanelMessage | None:
        purse, best = self.purse, self.view.recommended
        if purse.funds is not self.view.funds:
            return None  # it is being judged what that leaves
        free = best if best is not None and is_free(best) else None
        about = credit_message(purse, handlers.commands, has_free_model=free is not None)
        if about is not None:
            usable = free if purse.can_ask_free_models else None
            return pane_message.no_credit(about, self.request, usable, handlers)
        if self._credit_came:
            return pane_message.credit_came(self.request, best, handlers, self._dismiss_credit)
        return None

    def _watch_credit(self) -> None:
        funds = self.purse.funds
        if funds in (Funds.NONE_BOUGHT, Funds.SPENT):
            self._could_not_pay, self._credit_came = True, False
        elif funds is Funds.BOUGHT and self._could_not_pay:
            self._could_not_pay, self._credit_came = False, True

    def _dismiss_credit(self) -> None:
        self._credit_came = False
        self.stated.emit()

    def _on_key(self) -> None:
        self._watch_credit()
        self.stated.emit()

    def _on_other_key(self) -> None:
        self._could_not_pay = self._credit_came = False
        self._on_key()

    def _ask(self, **changes: object) -> None:
        request = replace(self.request, **changes)  # type: ignore[arg-type]
        if request != self.request:
            # What is asked for anew begins with the model that is recommended now.
            self.request = replace(request, first="")
            self._list()

    def _list(self) -> None:
        self.listing = list_models(self.view, self.request)
        self._relaxations = [] if self.listing.found else relaxations(self.view, self.request)
        self.listed.emit()
        self.stated.emit()

    def _server_order(self, order: SortOrder) -> ServerOrder:
        return self._service.orders.order(order) if order in SERVER_SORT else ServerOrder()

    def _load_remembered(self) -> None:
        # Recent models are loaded with a list only: a row must not move away while the user moves through the list.
        current = self._settings.current
        self.request = replace(
            self.request, recents=current.recent_models, favourites=current.favourite_models, first=""
        )

    def _is_missing(self, model_id: str) -> bool:
        return bool(model_id) and self.view.row_of(model_id) is None

    def _ask_for_replacement(self) -> None:
        chosen = self.request.chosen
        if self._is_missing(chosen) and len(self.view) and chosen not in self._replacements:
            self._service.request_replacement(chosen)

    def _on_catalogue(self, catalogue: Catalogue) -> None:
        old, self.catalogue = self.catalogue, catalogue
        is_same = catalogue.models is old.models and catalogue.provider == old.provider
        if not is_same or catalogue.view is None:
            self.view = _view_of(catalogue)
            self._replacements.clear()
            self._load_remembered()
            self.catalogueChanged.emit()
            self._list()
            self._ask_for_replacement()
            return
        if catalogue.view is not old.view:
            best = self.view.recommended
            self.view = catalogue.view
            self.judged.emit(self.request.first or ("" if best is None else best.id))
            if self.request.chosen in self._replacements:
                # The one that is known stays until the next is: a message must not change twice.
                self._service.request_replacement(self.request.chosen)
        self.stated.emit()

    def _on_replacement(self, model_id: str, found: ModelInfo | None) -> None:
        self._replacements[model_id] = found
        self.stated.emit()

    def _on_order_known(self, order: SortOrder) -> None:
        if order is self.request.order:
            self._ask(server_ids=self._server_order(order).ids)
            self.stated.emit()

    def _on_settings(self, settings: Settings) -> None:
        if self.purse.refuses_free != self._refused_free:
            self._refused_free = not self._refused_free
            self.stated.emit()
        if self._order_of_hosts != (order := _order_of_hosts(settings)):
            self._order_of_hosts = order
            self.routingChanged.emit()
        if settings.favourite_models != self.request.favourites:
            self.request = replace(self.request, favourites=settings.favourite_models)
            self.starsChanged.emit()
            if not self.request.query.strip():
                self._list()


def _order_of_hosts(settings: Settings) -> tuple[object, ...]:
    return settings.quick_hosts, settings.provider_sort


def _view_of(catalogue: Catalogue) -> CatalogueView:
    return catalogue.view or CatalogueView(catalogue.models, datetime.now(UTC).date())
