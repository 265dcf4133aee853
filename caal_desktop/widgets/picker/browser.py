"""The picker's brain: what is asked of the catalogue, what there is to show, and which message goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.listing import ListRequest, Relaxation, list_models, relaxations
from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.catalogue.server_orders import ServerOrder
from caal_desktop.storage.settings.setting import InvalidSetting
from caal_desktop.widgets.picker import pane_message

if TYPE_CHECKING:
    from caal_desktop.catalogue.filters import Filters
    from caal_desktop.catalogue.listing import Listing
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.picker.pane_message import PaneHandlers, PaneMessage


class CatalogueBrowser(QObject):
    """Looks through a catalogue as the person asks for it.

    Signals:
        catalogueChanged: another list, or none.
        listed: there are other rows to show; :attr:`listing` has them.
        stated: the message or the state of the list may be another.
        starsChanged: the favourites are others.
    """

    catalogueChanged = Signal()
    listed = Signal()
    stated = Signal()
    starsChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service: CatalogueService | None = None
        self._settings: SettingsService | None = None
        self._replacements: dict[str, ModelInfo | None] = {}
        self._relaxations: list[Relaxation] = []
        self.catalogue = Catalogue()
        self.view = CatalogueView((), datetime.now(UTC).date())
        self.request = ListRequest()
        self.listing: Listing = list_models(self.view, self.request)

    # --- where it looks

    def attach(self, catalogue: CatalogueService, settings: SettingsService) -> None:
        """Use the services: the server's orders, replacements, favourites and recents."""
        self._service, self._settings = catalogue, settings
        self._take_remembered()
        catalogue.changed.connect(self.set_catalogue)
        catalogue.replacementFound.connect(self._on_replacement)
        catalogue.orders.changed.connect(self._on_order_known)
        settings.changed.connect(self._on_settings)
        catalogue.orders.load_soon()
        self.set_catalogue(catalogue.current)

    @property
    def can_ask_for_orders(self) -> bool:
        """Whether the server sorts."""
        return self._service is not None and self._service.orders.is_available

    @property
    def can_ask_for_hosts(self) -> bool:
        """Whether the server tells who hosts a model."""
        return self._service is not None and self._service.hosts.is_available

    @property
    def can_star(self) -> bool:
        """Whether favourites can be kept."""
        return self._settings is not None

    def set_catalogue(self, catalogue: Catalogue) -> None:
        """Look through another catalogue, or take note that this one's state has changed."""
        old, self.catalogue = self.catalogue, catalogue
        if catalogue.models is not old.models or catalogue.provider != old.provider:
            self.view = catalogue.view or CatalogueView(catalogue.models, datetime.now(UTC).date())
            self._replacements.clear()
            self._take_remembered()
            self.catalogueChanged.emit()
            self._list()
            self._ask_for_replacement()
        else:
            self.stated.emit()

    # --- what it looks for

    def set_query(self, query: str) -> None:
        """Search."""
        self._ask(query=query)

    def set_filters(self, filters: Filters) -> None:
        """Narrow the list."""
        self._ask(filters=filters)

    def set_order(self, order: SortOrder) -> None:
        """Sort; an order that only the server knows is asked for."""
        if order in SERVER_SORT and self._service is not None:
            self._service.orders.request(order)
        self._ask(order=order, server_ids=self._server_order(order).ids)

    def set_chosen(self, model_id: str) -> None:
        """Take note of the model in use: it stays visible even when the catalogue does not hold it."""
        old = self.request.chosen
        self.request = replace(self.request, chosen=model_id)
        if model_id != old and (self._is_missing(model_id) or self._is_missing(old)):
            self._list()
            self._ask_for_replacement()

    def is_favourite(self, model_id: str) -> bool:
        """Whether a model has a star."""
        return model_id in self.request.favourites

    def set_star(self, model_id: str, on: bool) -> None:
        """Give a model its star, or take it away."""
        if self._settings is not None and model_id:
            try:
                self._settings.set(self._settings.current.with_favourite(model_id, on))
            except InvalidSetting:
                # Two hundred are enough for anybody; the star that does not light up says so.
                self.starsChanged.emit()

    # --- what to say

    def message(self, handlers: PaneHandlers) -> PaneMessage | None:
        """What to say above the list, if anything.

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
        return about_order or pane_message.stale(catalogue, handlers)

    def fetch_again(self) -> None:
        """Ask the server for its list again."""
        if self._service is not None:
            self._service.refresh()

    def fetch_order_again(self) -> None:
        """Ask the server for its order again."""
        if self._service is not None:
            self._service.orders.request(self.request.order, again=True)

    @property
    def is_fetching(self) -> bool:
        """Whether the list is on its way."""
        return self.catalogue.state in (CatalogueState.LOADING, CatalogueState.REFRESHING)

    # --- inside

    def _ask(self, **changes: object) -> None:
        request = replace(self.request, **changes)  # type: ignore[arg-type]
        if request != self.request:
            self.request = request
            self._list()

    def _list(self) -> None:
        self.listing = list_models(self.view, self.request)
        self._relaxations = [] if self.listing.found else relaxations(self.view, self.request)
        self.listed.emit()
        self.stated.emit()

    def _server_order(self, order: SortOrder) -> ServerOrder:
        if self._service is None or order not in SERVER_SORT:
            return ServerOrder()
        return self._service.orders.order(order)

    def _take_remembered(self) -> None:
        # Recents are taken over now and then only: a row must not move away while the person moves through the list.
        if self._settings is not None:
            current = self._settings.current
            self.request = replace(self.request, recents=current.recent_models, favourites=current.favourite_models)

    def _is_missing(self, model_id: str) -> bool:
        return bool(model_id) and self.view.row_of(model_id) is None

    def _ask_for_replacement(self) -> None:
        chosen = self.request.chosen
        if (
            self._is_missing(chosen)
            and len(self.view)
            and self._service is not None
            and chosen not in self._replacements
        ):
            self._service.request_replacement(chosen)

    def _on_replacement(self, model_id: str, found: ModelInfo | None) -> None:
        self._replacements[model_id] = found
        self.stated.emit()

    def _on_order_known(self, order: SortOrder) -> None:
        if order is self.request.order:
            self._ask(server_ids=self._server_order(order).ids)
            self.stated.emit()

    def _on_settings(self, settings: Settings) -> None:
        if settings.favourite_models != self.request.favourites:
            self.request = replace(self.request, favourites=settings.favourite_models)
            self.starsChanged.emit()
            if not self.request.query.strip():
                self._list()
