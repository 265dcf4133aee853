"""Looks up the hosts of a model when they are shown, unless they were listed a few minutes ago."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.services.catalogue.known_hosts import KnownHosts
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.task_scope import TaskScope

FRESH_FOR = timedelta(minutes=10)
"""Uptime and latency are of the last half hour."""


class HostsPhase(StrEnum):
    """How far the lookup has come."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of one model.

    Attributes:
        model_id: the model's id.
        phase: how far the lookup has come.
        endpoints: the hosts in the server's order; empty where it has none.
        fetched_at: when the server listed them (UTC).
        error: why they are not known.
    """

    model_id: str
    phase: HostsPhase
    endpoints: tuple[EndpointInfo, ...] = ()
    fetched_at: datetime | None = None
    error: ProviderError | None = None


class HostLookup(QObject):
    """Requests the hosts of a model from the provider, where it lists them.

    Args:
        pool: lends the client.
        scope: owns the task.
        known: what is known of hosts; it is told what comes.

    Signals:
        changed: carries the :class:`Hosts` that were requested.
    """

    changed = Signal(object)

    def __init__(self, pool: ProviderPool, scope: TaskScope, known: KnownHosts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool, self._scope, self._known = pool, scope, known
        self._connection: Connection | None = None

    @property
    def is_available(self) -> bool:
        """Whether the current provider lists hosts at all."""
        return self._connection is not None and descriptor_of(self._connection.provider).can(Capability.HOSTS)

    def set_connection(self, connection: Connection) -> None:
        """Request from this provider from now on."""
        self._connection = connection

    def request(self, model_id: str, *, again: bool = False) -> None:
        """Request the hosts of a model, which ``changed`` carries; an earlier request is cancelled.

        Args:
            model_id: the model's id.
            again: request them even though they are known.
        """
        connection = self._connection
        if connection is None or not self.is_available:
            return
        known = self._known.find(connection.provider, model_id)
        if known is not None and known.endpoints and not again and self._known.clock() - known.asked_at < FRESH_FOR:
            self._scope.cancel("hosts")
            self.changed.emit(Hosts(model_id, HostsPhase.READY, known.endpoints, known.asked_at))
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
        self.changed.emit(Hosts(model_id, HostsPhase.READY, endpoints, self._known.clock()))
        self._known.add(connection, {model_id: endpoints})
