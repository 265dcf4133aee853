"""The list of models: from the cache at once, from the provider in the background."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures
from caal_desktop.llm.errors import InvalidResponse, ProviderError
from caal_desktop.llm.fields import parse_json
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.catalogue.known_hosts import KnownHosts
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.llm.models.info import ModelInfo, ModelList
    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.catalogue.figure_survey import FigureSurvey
    from caal_desktop.services.catalogue.host_lookup import HostLookup
    from caal_desktop.services.catalogue.server_orders import ServerOrders
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.storage.caches.catalogue_cache import CatalogueCache

# Parser and cache are imported in the worker that needs them, so that the first window does not wait for them.

FRESH_FOR = timedelta(hours=12)
"""How long a cached list is shown without asking again: models come and go by the day, prices too."""

_MANY_MODELS = 3_000
"""From here on the garbage collector is kept away from them."""


class CatalogueState(StrEnum):
    """How current the list is that is shown."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"
    REFRESHING = "refreshing"
    STALE = "stale"
    """Shown from the cache; the last refresh failed."""
    FAILED = "failed"
    """Nothing to show; the last refresh failed."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of one provider, as far as they are known.

    Attributes:
        provider: the provider's name.
        models: in the server's order.
        skipped: rows of the server's answer that are not listed: unusable ones, and ids that came before.
        fetched_at: when the server listed them (UTC); None while nothing, or no such time, is known.
        state: how current the list is.
        error: why the last refresh failed.
        view: the models, prepared for search and sorting; None while there are none.
    """

    provider: str = ""
    models: tuple[ModelInfo, ...] = ()
    skipped: int = 0
    fetched_at: datetime | None = None
    state: CatalogueState = CatalogueState.EMPTY
    error: ProviderError | None = None
    view: CatalogueView | None = None

    def find(self, model_id: str) -> ModelInfo | None:
        """Return the model with this id; None where it is not listed."""
        if self.view is not None:
            return self.view.find(model_id)
        return next((model for model in self.models if model.id == model_id), None)


class CatalogueService(QObject):
    """Keeps the list of models of the current provider.

    Attributes:
        known_hosts: which hosts models have, as far as it was asked.

    Signals:
        changed: carries the :class:`Catalogue`, after every change of list or state.
        replacementFound: carries the id of a model that is not listed, and the most similar :class:`ModelInfo` that is
            listed, or None.
        connected: the models are requested with another connection now.
        keyChanged: something else is known of the key.
    """

    changed = Signal(object)
    replacementFound = Signal(str, object)
    connected = Signal()
    keyChanged = Signal()

    def __init__(self, cache_folder: Path, pool: ProviderPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache_folder = cache_folder
        self._pool = pool
        self._connection: Connection | None = None
        self._catalogue = Catalogue()
        self._figures, self._funds = NO_FIGURES, Funds.UNKNOWN
        self._key: KeyInfo | None = None
        self._scope = TaskScope("catalogue")
        self.known_hosts = KnownHosts(cache_folder, self._scope, self)

    @cached_property
    def orders(self) -> ServerOrders:
        """The sort orders that only the server knows."""
        from caal_desktop.services.catalogue.server_orders import ServerOrders

        orders = ServerOrders(self._cache_folder, self._pool, self._scope, self)
        if self._connection is not None:
            orders.set_connection(self._connection)
        return orders

    @cached_property
    def hosts(self) -> HostLookup:
        """The hosts of models."""
        from caal_desktop.services.catalogue.host_lookup import HostLookup

        hosts = HostLookup(self._pool, self._scope, self.known_hosts, self)
        if self._connection is not None:
            hosts.set_connection(self._connection)
        return hosts

    @cached_property
    def survey(self) -> FigureSurvey:
        """Asks the hosts of the models that could be recommended; :meth:`ask_hosts` has it begin."""
        from caal_desktop.services.catalogue.figure_survey import FigureSurvey

        survey = FigureSurvey(self._pool, self._scope, self.known_hosts, lambda: self.orders, self)
        survey.set_connection(self._connection)
        return survey

    @property
    def current(self) -> Catalogue:
        """The list as it is known now."""
        return self._catalogue

    @property
    def connection(self) -> Connection | None:
        """How the models are requested; None while they are not."""
        return self._connection

    @property
    def key(self) -> KeyInfo | None:
        """What is known of the key that the models are judged for."""
        return self._key

    def open(self, connection: Connection) -> None:
        """Show the models of a provider: the cached list first, then a new one if that is old."""
        previous, self._connection = self._connection, connection
        self.known_hosts.set_connection(connection)
        # Those that were not needed yet do not exist, and take the connection when they are made.
        for name in ("orders", "hosts", "survey"):
            if (part := self.__dict__.get(name)) is not None:
                part.set_connection(connection)
        if previous != connection:
            self.connected.emit()
        if previous is None or (previous.provider, previous.address) != (connection.provider, connection.address):
            self._set(Catalogue(connection.provider, state=CatalogueState.LOADING))
        elif self._is_current(same_key=previous == connection):
            return
        self._scope.start(self._open(connection), name="load")

    def open_for(self, provider: str, connection: Connection | None) -> None:
        """Show a provider's models, or none while it cannot be reached: another's must not be offered instead."""
        if connection is not None:
            self.open(connection)
        else:
            self.leave(provider)

    def leave(self, provider: str) -> None:
        """Show no models, because this provider's cannot be requested yet. A request that is under way is cancelled."""
        self._connection = None
        self._scope.cancel("load")
        if "survey" in self.__dict__:
            self.survey.set_connection(None)
        self._set(Catalogue(provider))

    def refresh(self) -> None:
        """Request the list again, whatever its age."""
        if self._connection is not None:
            self._scope.start(self._fetch(self._connection), name="load")

    def ask_hosts(self) -> None:
        """Have the hosts asked how quick they are, because the models are being looked at; once a day is enough."""
        if self._catalogue.state is CatalogueState.READY and self._catalogue.view is not None:
            self.survey.request(self._catalogue.view)

    def judge(self, figures: Figures, funds: Funds, key: KeyInfo | None = None) -> None:
        """Judge the models by what is known now, those that are listed and those that will be.

        Args:
            figures: what is known of the models' hosts.
            funds: what the user's key can pay for.
            key: what else is known of that key.
        """
        if key != self._key:
            self._key = key
            self.keyChanged.emit()
        if (figures, funds) != (self._figures, self._funds):
            self._figures, self._funds = figures, funds
            self._judge_soon()

    def request_replacement(self, model_id: str) -> None:
        """Find a replacement for a model that is not listed; ``replacementFound`` carries it."""
        if self._catalogue.view is not None:
            self._scope.start(self._find_replacement(self._catalogue.view, model_id), name=f"replacement {model_id}")

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()

    async def _find_replacement(self, view: CatalogueView, model_id: str) -> None:
        from caal_desktop.catalogue.fitness.recommend import suggest_replacement

        found = await asyncio.to_thread(
            suggest_replacement, model_id, view.models, view.today, view.figures, view.funds
        )
        if view is self._catalogue.view:
            self.replacementFound.emit(model_id, found)

    def _judge_soon(self) -> None:
        view = self._catalogue.view
        if view is None or self._is_judged(view) or self._scope.is_closed:
            return
        if not self._scope.is_running("judge"):
            self._scope.start(self._judge(), name="judge")

    async def _judge(self) -> None:
        # Another list may come meanwhile, and more may become known.
        while (view := self._catalogue.view) is not None and not self._is_judged(view):
            judged = await asyncio.to_thread(view.with_figures, self._figures, self._funds)
            if view is self._catalogue.view:
                self._set(replace(self._catalogue, view=judged))

    def _judged(self, catalogue: Catalogue) -> Catalogue:
        view = catalogue.view
        if view is None or self._is_judged(view):
            return catalogue
        return replace(catalogue, view=view.with_figures(self._figures, self._funds))

    def _is_judged(self, view: CatalogueView) -> bool:
        return view.figures is self._figures and view.funds is self._funds

    async def _open(self, connection: Connection) -> None:
        # Before the list, which is shown judged then.
        await self.known_hosts.load(connection.provider)
        if not self._catalogue.models:
            cached = await asyncio.to_thread(self._read_cache, connection)
            if cached is not None:
                self._set(cached)
                if cached.view is not None:  # the user does not search in the first tenth of a second
                    await asyncio.to_thread(cached.view.build_search_index)
        # In any other state the last refresh failed, or was stopped for this one.
        if self._catalogue.state is not CatalogueState.READY or not self._is_fresh():
            await self._fetch(connection)

    def _is_current(self, *, same_key: bool) -> bool:
        """Return whether the list, or the request that is under way, is recent enough not to request it again."""
        if self._catalogue.state is CatalogueState.READY:
            return self._is_fresh()
        return same_key and self._catalogue.state in (CatalogueState.LOADING, CatalogueState.REFRESHING)

    def _is_fresh(self) -> bool:
        fetched_at = self._catalogue.fetched_at
        return fetched_at is not None and datetime.now(UTC) - fetched_at <= FRESH_FOR

    def _read_cache(self, connection: Connection) -> Catalogue | None:
        from caal_desktop.llm.models.listing import parse_model_list

        cached = self._cache(connection).load()
        if cached is None:
            return None
        with _without_garbage_collection():
            parsed = parse_model_list(parse_json(cached.payload))
            return self._judged(_catalogue(connection, parsed, cached.fetched_at)) if parsed.models else None

    async def _fetch(self, connection: Connection) -> None:
        known = bool(self._catalogue.models)
        self._set_state(CatalogueState.REFRESHING if known else CatalogueState.LOADING)
        try:
            async with self._pool.use(connection) as provider:
                payload = await provider.fetch_model_list()
                # Ten thousand rows take more than a second.
                fresh = await asyncio.to_thread(lambda: self._judged(_read(connection, provider, payload)))
        except asyncio.CancelledError:
            # Unless another list has taken its place already, which has a state of its own.
            if self._connection is connection:
                self._set_state(CatalogueState.STALE if known else CatalogueState.EMPTY)
            raise
        except ProviderError as error:
            self._set_state(CatalogueState.STALE if known else CatalogueState.FAILED, error)
            return
        self._set(fresh)
        assert fresh.fetched_at is not None  # noqa: S101 - it has just come
        await asyncio.to_thread(self._save, connection, payload, len(fresh.models), fresh.fetched_at)

    def _save(self, connection: Connection, payload: object, count: int, now: datetime) -> None:
        # A server may send half of a surrogate pair; it goes through the cache as it came.
        content = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        self._cache(connection).save(content, model_count=count, fetched_at=now)

    def _cache(self, connection: Connection) -> CatalogueCache:
        from caal_desktop.storage.caches.catalogue_cache import CatalogueCache

        return CatalogueCache(self._cache_folder, connection.provider, source=connection.address)

    def _set_state(self, state: CatalogueState, error: ProviderError | None = None) -> None:
        old = self._catalogue
        if (old.state, old.error) != (state, error):
            self._set(replace(old, state=state, error=error))

    def _set(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.changed.emit(catalogue)
        self._judge_soon()


def _read(connection: Connection, provider: LLMProvider, payload: object) -> Catalogue:
    with _without_garbage_collection():
        parsed = provider.read_model_list(payload)
        if not parsed.models:
            title = descriptor_of(connection.provider).title
            raise InvalidResponse(connection.provider, reason=InvalidResponse.why_no_rows, params={"provider": title})
        catalogue = _catalogue(connection, parsed, datetime.now(UTC))
        if catalogue.view is not None:
            catalogue.view.build_search_index()
        return catalogue


def _catalogue(connection: Connection, parsed: ModelList, fetched_at: datetime | None) -> Catalogue:
    from caal_desktop.catalogue.view import CatalogueView

    view = CatalogueView(parsed.models, datetime.now(UTC).date())
    if len(view) >= _MANY_MODELS:
        # These are some 150,000 objects that stay for hours, and each full collection would walk them for 50 ms. They
        # hold no cycles, so that they are freed by reference counting.
        gc.freeze()
    left_out = parsed.skipped + parsed.repeated
    return Catalogue(connection.provider, view.models, left_out, fetched_at, CatalogueState.READY, view=view)


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Pause the garbage collector, which would walk the growing list again and again while the window stands still."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
