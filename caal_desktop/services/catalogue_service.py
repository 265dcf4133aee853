"""The list of models: from the cache at once, from the provider in the background."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import InvalidResponse, ProviderError
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from pathlib import Path

    from caal_desktop.llm.models import ModelInfo, ModelList
    from caal_desktop.services.provider_pool import Connection, ProviderPool
    from caal_desktop.storage.catalogue_cache import CatalogueCache

# The reading of lists and their cache are imported in the worker that needs them: the first window waits for neither.

FRESH_FOR = timedelta(hours=12)
"""How long a cached list is shown without asking again: models come and go by the day, prices too."""


class CatalogueState(StrEnum):
    """What the list that is shown is worth."""

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
    """The models of one provider as they are known now.

    Attributes:
        provider: the provider's name.
        models: in the server's order.
        skipped: rows of the server's answer that could not be used.
        fetched_at: when the server told them (UTC); None while nothing is known.
        state: what the list is worth.
        error: why the last refresh failed.
    """

    provider: str = ""
    models: tuple[ModelInfo, ...] = ()
    skipped: int = 0
    fetched_at: datetime | None = None
    state: CatalogueState = CatalogueState.EMPTY
    error: ProviderError | ValueError | None = None

    def find(self, model_id: str) -> ModelInfo | None:
        """The model with this id."""
        return next((model for model in self.models if model.id == model_id), None)


class CatalogueService(QObject):
    """Keeps the list of models of the current provider.

    Signals:
        changed: carries the :class:`Catalogue`, after every change of list or state.
    """

    changed = Signal(object)

    def __init__(self, cache_folder: Path, pool: ProviderPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cache_folder = cache_folder
        self._pool = pool
        self._connection: Connection | None = None
        self._catalogue = Catalogue()
        self._scope = TaskScope("catalogue")

    @property
    def current(self) -> Catalogue:
        """The list as it is known now."""
        return self._catalogue

    def open(self, connection: Connection) -> None:
        """Show the models of a provider: the cached list first, and a fresh one if that is old."""
        previous, self._connection = self._connection, connection
        if previous is None or (previous.provider, previous.address) != (connection.provider, connection.address):
            self._set(Catalogue(connection.provider, state=CatalogueState.LOADING))
        elif self._is_enough(same_key=previous == connection):
            return
        self._scope.start(self._open(connection), name="load")

    def leave(self, provider: str) -> None:
        """Show no models: this provider's cannot be asked for yet. What is on its way is stopped."""
        self._connection = None
        self._scope.cancel("load")
        self._set(Catalogue(provider))

    def refresh(self) -> None:
        """Ask the provider again, whatever the list's age."""
        if self._connection is not None:
            self._scope.start(self._fetch(self._connection), name="load")

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()

    async def _open(self, connection: Connection) -> None:
        if not self._catalogue.models:
            cached = await asyncio.to_thread(self._read_cache, connection)
            if cached is not None:
                self._set(cached)
        if not self._is_fresh():
            await self._fetch(connection)

    def _is_enough(self, *, same_key: bool) -> bool:
        """Whether what is there, or on its way, need not be asked for again."""
        if self._catalogue.state is CatalogueState.READY:
            return self._is_fresh()
        return same_key and self._catalogue.state in (CatalogueState.LOADING, CatalogueState.REFRESHING)

    def _is_fresh(self) -> bool:
        fetched_at = self._catalogue.fetched_at
        return fetched_at is not None and datetime.now(UTC) - fetched_at <= FRESH_FOR

    def _read_cache(self, connection: Connection) -> Catalogue | None:
        from caal_desktop.llm.models import parse_model_list

        cached = self._cache(connection).load()
        if cached is None:
            return None
        try:
            parsed = parse_model_list(json.loads(cached.payload))
        except ValueError:
            return None
        return _catalogue(connection, parsed, cached.fetched_at) if parsed.models else None

    async def _fetch(self, connection: Connection) -> None:
        known = bool(self._catalogue.models)
        self._set_state(CatalogueState.REFRESHING if known else CatalogueState.LOADING)
        try:
            async with self._pool.use(connection) as provider:
                payload = await provider.fetch_model_list()
                # Ten thousand rows take a quarter of a second.
                parsed = await asyncio.to_thread(provider.read_model_list, payload)
            if not parsed.models:
                raise InvalidResponse(provider=connection.provider, detail="the list of models is empty")
        except asyncio.CancelledError:
            # Unless another list has taken this one's place already: that one's state is not ours to tell.
            if self._connection is connection:
                self._set_state(CatalogueState.STALE if known else CatalogueState.EMPTY)
            raise
        except (ProviderError, ValueError) as error:
            self._set_state(CatalogueState.STALE if known else CatalogueState.FAILED, error)
            return
        now = datetime.now(UTC)
        self._set(_catalogue(connection, parsed, now))
        await asyncio.to_thread(self._save, connection, payload, len(parsed.models), now)

    def _save(self, connection: Connection, payload: object, count: int, now: datetime) -> None:
        content = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        self._cache(connection).save(content, model_count=count, fetched_at=now)

    def _cache(self, connection: Connection) -> CatalogueCache:
        from caal_desktop.storage.catalogue_cache import CatalogueCache

        return CatalogueCache(self._cache_folder, connection.provider, source=connection.address)

    def _set_state(self, state: CatalogueState, error: ProviderError | ValueError | None = None) -> None:
        old = self._catalogue
        self._set(Catalogue(old.provider, old.models, old.skipped, old.fetched_at, state, error))

    def _set(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.changed.emit(catalogue)


def _catalogue(connection: Connection, parsed: ModelList, fetched_at: datetime) -> Catalogue:
    return Catalogue(connection.provider, parsed.models, parsed.skipped, fetched_at, CatalogueState.READY)
