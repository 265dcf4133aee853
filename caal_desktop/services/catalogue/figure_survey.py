"""Asks the hosts of the models that could be recommended how quick they are, in the background and once a day."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.fitness.candidates import candidates
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.llm.errors import InvalidResponse, ModelNotFound, ProviderError, ProviderUnavailable, ServerFailed
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.catalogue.known_hosts import FRESH_FOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.services.catalogue.known_hosts import KnownHosts
    from caal_desktop.services.catalogue.server_orders import ServerOrders
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.task_scope import TaskScope

logger = logging.getLogger(__name__)

DEADLINE_S = 15.0
"""How long the whole may take; what has come by then is kept."""
ORDERS_DEADLINE_S = 6.0
"""How much of it the server's orders may take, which only make the choice of the models better."""
AT_ONCE = 2
"""Requests under way: a chat's own must not wait behind these."""
REST = timedelta(minutes=10)
"""How long a server that refused, or was slow, is left alone; longer where it says so itself."""
_MOST_FAILURES = 3
"""A server that fails so often is in trouble, whatever the model."""
_FAILURES = (InvalidResponse, ProviderUnavailable, ServerFailed)
"""What may be the matter of one model; whatever else goes wrong would go wrong again with the next."""
_ORDERS = (SortOrder.FASTEST_FIRST_TOKEN, SortOrder.THROUGHPUT)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Round:
    """One survey.

    Attributes:
        left: the ids of the models whose hosts are still to be asked for, the next one last.
        found: the hosts that have come.
        failures: how many models' have not.
        error: what ended it; None while nothing has.
    """

    left: list[str] = field(default_factory=list)
    found: dict[str, tuple[EndpointInfo, ...]] = field(default_factory=dict)
    failures: int = 0
    error: ProviderError | None = None


class FigureSurvey(QObject):
    """Finds out how quick the hosts of the most promising models are.

    Args:
        pool: lends the client.
        scope: owns the task.
        known: what is known of hosts. It is told once, at the end, so that the list is judged once.
        orders: returns the server's orders, by which the models are chosen.

    Signals:
        changed: :attr:`is_asking` has changed.
    """

    changed = Signal()

    def __init__(
        self,
        pool: ProviderPool,
        scope: TaskScope,
        known: KnownHosts,
        orders: Callable[[], ServerOrders],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool, self._scope, self._known, self._orders = pool, scope, known, orders
        self._connection: Connection | None = None
        self._is_asking = False
        self._again_at = _NEVER
        self._surveyed: CatalogueView | None = None
        """For whose models and funds it rests until then; None for whatever they are."""

    @property
    def is_asking(self) -> bool:
        """Whether requests are under way."""
        return self._is_asking

    def set_connection(self, connection: Connection | None) -> None:
        """Ask this provider from now on, with this key; what is under way for another is cancelled."""
        if connection != self._connection:
            self._connection = connection
            self._rest(None, _NEVER)
            self._scope.cancel("survey")

    def request(self, view: CatalogueView) -> None:
        """Ask about the most promising models of a list, where their hosts were not asked within a day.

        Nothing happens without a key, which alone is told the figures, nor while an earlier request is under way, nor
        soon after the server refused.
        """
        connection = self._connection
        if connection is None or not connection.key or not descriptor_of(connection.provider).can(Capability.HOSTS):
            return
        if not self._is_resting(view) and not self._scope.is_closed and not self._scope.is_running("survey"):
            self._scope.start(self._run(connection, view), name="survey")

    def _is_resting(self, view: CatalogueView) -> bool:
        about = self._surveyed
        is_same = about is None or (about.models is view.models and about.funds is view.funds)
        return is_same and self._known.clock() < self._again_at

    def _rest(self, about: CatalogueView | None, until: datetime) -> None:
        self._surveyed, self._again_at = about, until

    async def _run(self, connection: Connection, view: CatalogueView) -> None:
        await self._known.load(connection.provider)
        orders = self._orders()
        await orders.load()
        chosen = await self._choose(view, orders)
        known = self._known.evidence(connection.provider)
        if known.keys() >= set(chosen):
            # Neither a request nor the client that would send it is needed.
            first = min((known[model_id].asked_at for model_id in chosen), default=self._known.clock())
            self._rest(view, first + FRESH_FOR)
            return
        self._set_asking(True)
        try:
            await self._ask(connection, view, orders)
        finally:
            self._set_asking(False)

    async def _ask(self, connection: Connection, view: CatalogueView, orders: ServerOrders) -> None:
        round_ = _Round()
        is_late = False
        try:
            async with asyncio.timeout(DEADLINE_S), self._pool.use(connection) as provider:
                await _wait_for(orders)
                chosen = await self._choose(view, orders)
                # The best first, for the deadline may cut off the rest.
                round_.left = list(reversed(self._unasked(connection, chosen)))
                await asyncio.gather(*(self._work(provider, round_) for _ in range(AT_ONCE)))
        except TimeoutError:
            is_late = True
        except ProviderError as error:
            round_.error = error
        self._known.add(connection, round_.found)
        now = self._known.clock()
        if is_late or round_.error is not None or round_.failures >= _MOST_FAILURES:
            told = None if round_.error is None else round_.error.retry_after
            self._rest(None, now + max(REST, timedelta(seconds=told or 0.0)))
        else:
            # What failed for one model alone is not asked again at each look at the list.
            self._rest(view, now + (REST if round_.failures else FRESH_FOR))
        ending = "late" if is_late else "" if round_.error is None else type(round_.error).__name__
        logger.info(
            "Asked for the hosts of models: %d told, %d failed, %d left %s",
            len(round_.found),
            round_.failures,
            len(round_.left),
            ending,
        )

    async def _work(self, provider: LLMProvider, round_: _Round) -> None:
        while round_.left and round_.error is None and round_.failures < _MOST_FAILURES:
            model_id = round_.left.pop()
            try:
                round_.found[model_id] = await provider.list_endpoints(model_id, repeats=False)
            except ModelNotFound:
                round_.found[model_id] = ()
            except _FAILURES:
                round_.failures += 1
            except ProviderError as error:
                round_.error = error

    async def _choose(self, view: CatalogueView, orders: ServerOrders) -> tuple[str, ...]:
        by_latency, by_throughput = (orders.order(order).ids for order in _ORDERS)
        return await asyncio.to_thread(
            candidates,
            view.models,
            view.today,
            by_latency=by_latency,
            by_throughput=by_throughput,
            funds=view.funds,
        )

    def _unasked(self, connection: Connection, model_ids: Iterable[str]) -> list[str]:
        known = self._known.evidence(connection.provider)
        return [model_id for model_id in model_ids if model_id not in known]

    def _set_asking(self, is_asking: bool) -> None:
        self._is_asking = is_asking
        self.changed.emit()


async def _wait_for(orders: ServerOrders) -> None:
    """Wait until the orders are known, as far as they can be for now."""
    try:
        async with asyncio.timeout(ORDERS_DEADLINE_S):
            await orders.renew(_ORDERS)
    except TimeoutError:
        logger.info("The server's orders are late; models are chosen without them")
