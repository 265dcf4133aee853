"""Who hosts a model: asked for when somebody wants to know, kept for as long as the figures mean anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.task_scope import TaskScope

FRESH_FOR = timedelta(minutes=10)
"""Uptime and latency are of the last half hour."""


class HostsPhase(StrEnum):
    """What there is to show."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of one model.

    Attributes:
        model_id: whose.
        phase: what there is to show.
        endpoints: the hosts in the server's order; empty where nobody hosts it.
        fetched_at: when they were told.
        error: why they are not known.
    """

    model_id: str
    phase: HostsPhase
    endpoints: tuple[EndpointInfo, ...] = ()
    fetched_at: datetime | None = None
    error: ProviderError | None = None


class HostLookup(QObject):
    """Asks the provider who hosts a model, where it tells.

    Signals:
        changed: carries the :class:`Hosts` that were asked for.
    """

    changed = Signal(object)

    def __init__(self, pool: ProviderPool, scope: TaskScope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool, self._scope = pool, scope
        self._connection: Connection | None = None
        self._known: dict[str, Hosts] = {}

    @property
    def is_available(self) -> bool:
        """Whether the current server tells hosts at all."""
        return self._connection is not None and descriptor_of(self._connection.provider).can(Capability.HOSTS)

    def set_connection(self, connection: Connection) -> None:
        """Ask this server from now on; without a key no latency is told, so another key is asked anew."""
        if connection != self._connection:
            self._connection = connection
            self._known.clear()

    def request(self, model_id: str, *, again: bool = False) -> None:
        """Tell the hosts of a model through ``changed``; a request before this one is given up."""
        connection = self._connection
        if connection is None or not self.is_available:
            return
        known = self._known.get(model_id)
        if known is not None and not again and _is_fresh(known):
            self._scope.cancel("hosts")
            self.changed.emit(known)
            return
        self._scope.start(self._fetch(connection, model_id), name="hosts")

    async def _fetch(self, connection: Connection, model_id: str) -> None:
        self.changed.emit(Hosts(model_id, HostsPhase.LOADING))
        try:
            async with self._pool.use(connection) as provider:
                endpoints = await provider.list_endpoints(model_id)
        except asyncio.CancelledError:
            raise
        except ProviderError as error:
            self.changed.emit(Hosts(model_id, HostsPhase.FAILED, error=error))
            return
        hosts = Hosts(model_id, HostsPhase.READY, endpoints, datetime.now(UTC))
        self._known[model_id] = hosts
        self.changed.emit(hosts)


def _is_fresh(hosts: Hosts) -> bool:
    return hosts.fetched_at is not None and datetime.now(UTC) - hosts.fetched_at < FRESH_FOR
