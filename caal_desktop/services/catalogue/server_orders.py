"""Sort orders that only the server knows, such as popularity and speed; requested when they are chosen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.llm.errors import InvalidResponse, ProviderError
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.caches.order_cache import CachedOrder, OrderCache

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.task_scope import TaskScope

FRESH_FOR = timedelta(days=1)
"""How long an order is used without requesting it again: speeds change by the hour, their order hardly."""


class OrderPhase(StrEnum):
    """How far an order is known."""

    UNKNOWN = "unknown"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """An order as it is known now.

    Attributes:
        ids: the models' ids in the last known order; in every phase.
        phase: how far it is known.
        fetched_at: when the server sent it (UTC).
        error: why it could not be fetched.
    """

    ids: tuple[str, ...] = ()
    phase: OrderPhase = OrderPhase.UNKNOWN
    fetched_at: datetime | None = None
    error: ProviderError | None = None


class ServerOrders(QObject):
    """Keeps the orders of the providers that sort on their servers.

    Signals:
        changed: carries the :class:`SortOrder` whose :class:`ServerOrder` has changed.
    """

    changed = Signal(object)

    def __init__(self, folder: Path, pool: ProviderPool, scope: TaskScope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._pool, self._scope = folder, pool, scope
        self._connection: Connection | None = None
        self._orders: dict[str, dict[SortOrder, ServerOrder]] = {}
        self._loaded: set[str] = set()
        self._uses_cache = False
        self._saving = asyncio.Lock()

    @property
    def is_available(self) -> bool:
        """Whether the current provider's server sorts at all."""
        return self._connection is not None and descriptor_of(self._connection.provider).can(Capability.SERVER_ORDER)

    def set_connection(self, connection: Connection) -> None:
        """Request from this provider from now on."""
        self._connection = connection
        if self._uses_cache:
            self.load_soon()

    def order(self, order: SortOrder) -> ServerOrder:
        """Return what is known of an order."""
        if self._connection is None or not self.is_available:
            return ServerOrder()
        return self._known(self._connection.provider).get(order, ServerOrder())

    def request(self, order: SortOrder, *, again: bool = False) -> None:
        """Request an order; nothing happens for a fresh one, or while it is being requested.

        Args:
            order: one of those that the server knows; others are ignored.
            again: request it even though the last answer is fresh.
        """
        if order not in SERVER_SORT or not self.is_available or self._connection is None:
            return
        known = self.order(order)
        if known.phase is OrderPhase.LOADING or (known.phase is OrderPhase.READY and not again and _is_fresh(known)):
            return
        self._scope.start(self._fetch(self._connection, order), name=_task_name(self._connection.provider, order))

    def load_soon(self) -> None:
        """Read the cached orders in the background: the current provider's, and those of later ones."""
        self._uses_cache = True
        if self._connection is None or not self.is_available:
            return
        provider = self._connection.provider
        if provider not in self._loaded:
            self._loaded.add(provider)
            self._scope.start(self._load(provider), name=f"orders {provider}")

    async def load(self) -> None:
        """Read the current provider's cached orders, unless that has been done."""
        self.load_soon()
        if self._connection is not None:
            await self._scope.wait(f"orders {self._connection.provider}")

    async def renew(self, orders: Iterable[SortOrder]) -> None:
        """Request those of the orders that are not fresh, and wait until they are known or could not be fetched."""
        if self._connection is None or not self.is_available:
            return
        names = [_task_name(self._connection.provider, order) for order in orders]
        for order in orders:
            self.request(order)
        for name in names:
            await self._scope.wait(name)

    def _known(self, provider: str) -> dict[SortOrder, ServerOrder]:
        return self._orders.setdefault(provider, {})

    async def _load(self, provider: str) -> None:
        names = set(SortOrder)
        cached_orders = await asyncio.to_thread(OrderCache(self._folder, provider).load)
        for name, cached in cached_orders.items():
            if name in names and SortOrder(name) not in self._known(provider):
                self._set(provider, SortOrder(name), ServerOrder(cached.ids, OrderPhase.READY, cached.fetched_at))

    async def _fetch(self, connection: Connection, order: SortOrder) -> None:
        name = connection.provider
        before = self._known(name).get(order, ServerOrder())
        self._set(name, order, ServerOrder(before.ids, OrderPhase.LOADING, before.fetched_at))
        try:
            async with self._pool.use(connection) as provider:
                payload = await provider.fetch_model_list(sort=SERVER_SORT[order])
                ids = await asyncio.to_thread(_ids, provider, payload)
            if not ids:
                raise InvalidResponse(
                    name, reason=InvalidResponse.why_no_rows, params={"provider": descriptor_of(name).title}
                )
        except asyncio.CancelledError:
            self._set(name, order, before)
            raise
        except ProviderError as error:
            self._set(name, order, ServerOrder(before.ids, OrderPhase.FAILED, before.fetched_at, error))
            return
        self._set(name, order, ServerOrder(ids, OrderPhase.READY, datetime.now(UTC)))
        async with self._saving:  # two that come at once must not overtake each other on their way to the file
            known = {
                str(sort): CachedOrder(one.ids, one.fetched_at) for sort, one in self._known(name).items() if one.ids
            }
            await asyncio.to_thread(OrderCache(self._folder, name).save, known)

    def _set(self, provider: str, order: SortOrder, known: ServerOrder) -> None:
        self._known(provider)[order] = known
        self.changed.emit(order)


def _task_name(provider: str, order: SortOrder) -> str:
    return f"order {provider} {order}"


def _ids(provider: LLMProvider, payload: object) -> tuple[str, ...]:
    return tuple(model.id for model in provider.read_model_list(payload).models)


def _is_fresh(known: ServerOrder) -> bool:
    return known.fetched_at is not None and datetime.now(UTC) - known.fetched_at < FRESH_FOR
