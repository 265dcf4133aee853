"""Which hosts models have, and when their server listed them: whoever asks tells it here, and it is kept for a day.

The server tells how quick the hosts are to keys alone. So what was told without a key is shown and is no evidence, and
with another key or address all is forgotten. On the disk the address alone stands beside it: a key leaves no trace
there, not even a digest. So a start of the program uses what an earlier one was told, although the key may have been
changed in between; the figures are of everybody's requests, the same for each key, and a day old at the most.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.services.providers.provider_pool import Connection
    from caal_desktop.services.task_scope import TaskScope
    from caal_desktop.storage.caches.figure_cache import CachedHosts

# The cache is imported when it is first needed, so that the first window does not wait for it.

FRESH_FOR = timedelta(days=1)
"""How long hosts count as evidence: how quick they are changes by the hour, which of them are quick hardly."""


@dataclass(slots=True)
class _Told:
    """What one provider has told.

    Attributes:
        connection: how it was reached last.
        evidence: the hosts by the models' ids, as a key was told them.
        shown: those that were told without a key.
        reading: one at a time reads the cache.
        is_read: nothing more is in the cache.
    """

    connection: Connection
    evidence: dict[str, CachedHosts] = field(default_factory=dict)
    shown: dict[str, CachedHosts] = field(default_factory=dict)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_read: bool = False


class KnownHosts(QObject):
    """Keeps the hosts of models.

    Args:
        folder: where the caches are.
        scope: owns the tasks that write.

    Attributes:
        clock: returns the time (timezone-aware UTC).

    Signals:
        changed: the evidence is another.
    """

    changed = Signal()

    def __init__(self, folder: Path, scope: TaskScope, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._scope = folder, scope
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._told: dict[str, _Told] = {}
        self._unsaved: set[str] = set()

    def set_connection(self, connection: Connection) -> None:
        """Reach a provider by this connection from now on."""
        told = self._told.get(connection.provider)
        if told is None or told.connection.address != connection.address:
            # Another address has a cache of its own, which takes the place of the former one's when it is written.
            self._told[connection.provider] = _Told(connection)
        elif told.connection.key not in (None, connection.key):
            self._told[connection.provider] = _Told(connection, is_read=True)
            self._save_soon(connection.provider)
        else:
            if told.connection.key != connection.key:
                told.shown.clear()
            told.connection = connection
            return
        self.changed.emit()

    async def load(self, provider: str) -> None:
        """Read what an earlier run was told; at once where that has been done, or the provider tells no hosts."""
        told = self._told.get(provider)
        if told is None or not descriptor_of(provider).can(Capability.HOSTS):
            return
        async with told.reading:
            if told.is_read:
                return
            cached = await asyncio.to_thread(self._read, told.connection)
            told.is_read = True
            told.evidence = cached | told.evidence
        if cached and self._told.get(provider) is told:
            self.changed.emit()

    def add(self, connection: Connection, found: Mapping[str, tuple[EndpointInfo, ...]]) -> None:
        """Keep the hosts that have just been listed.

        Args:
            connection: how they were asked for; nothing is kept where the provider is reached otherwise by now.
            found: the hosts by the models' ids.
        """
        from caal_desktop.storage.caches.figure_cache import CachedHosts

        told = self._told.get(connection.provider)
        current = None if told is None else (told.connection.key, told.connection.address)
        if not found or told is None or current != (connection.key, connection.address):
            return
        now = self.clock()
        hosts = {model_id: CachedHosts(endpoints, now) for model_id, endpoints in found.items()}
        if connection.key is None:
            told.shown |= hosts
            return
        told.evidence = told.evidence | hosts
        self._save_soon(connection.provider)
        self.changed.emit()

    def find(self, provider: str, model_id: str) -> CachedHosts | None:
        """Return the hosts of a model as they were listed last, whoever was told; None where they are not known."""
        told = self._told.get(provider)
        known = () if told is None else (told.evidence.get(model_id), told.shown.get(model_id))
        return max(filter(None, known), key=lambda hosts: hosts.asked_at, default=None)

    def evidence(self, provider: str) -> Mapping[str, CachedHosts]:
        """Return the hosts that a judgement may rest on, by the models' ids."""
        told, now = self._told.get(provider), self.clock()
        listed = {} if told is None else told.evidence
        return {model_id: hosts for model_id, hosts in listed.items() if now - hosts.asked_at < FRESH_FOR}

    def _read(self, connection: Connection) -> dict[str, CachedHosts]:
        from caal_desktop.storage.caches.figure_cache import FigureCache

        return FigureCache(self._folder, connection.provider, source=connection.address).load()

    def _save_soon(self, provider: str) -> None:
        self._unsaved.add(provider)
        if not self._scope.is_closed and not self._scope.is_running("save hosts"):
            self._scope.start(self._save(), name="save hosts")

    async def _save(self) -> None:
        from caal_desktop.storage.caches.figure_cache import FigureCache

        while self._unsaved:
            provider = self._unsaved.pop()
            cache = FigureCache(self._folder, provider, source=self._told[provider].connection.address)
            evidence = self.evidence(provider)
            if evidence:
                await asyncio.to_thread(cache.save, evidence)
            else:
                await asyncio.to_thread(cache.remove)
