"""Provider clients, shared by all services: built when first needed, kept while used, closed when replaced.

`import openai` takes over half a second and 30 MB, and its first client 50 to 100 ms more, so neither happens on the
GUI thread, nor before there are signs that a request will come (:meth:`ProviderPool.warm_up`).
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import create_provider, descriptor_of
from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
from caal_desktop.services.providers.background_import import background_import

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from caal_desktop.llm.base import LLMProvider

    StandIn = Callable[[str], Awaitable[str | None]]
    """Returns the address in place of a provider's own, by the provider's name; None where there is none."""

_NO_MODEL = "named-by-each-request"
"""In place of a client's model: one client serves many models here, and each request names its own."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What is needed to reach one provider.

    Attributes:
        provider: the provider's name in the registry.
        key: the API key, or None; never part of the representation.
        address: base URL, for providers without a fixed one.
        network: proxy and certificates.
        connect_timeout, read_timeout: seconds.
        max_retries: attempts after the first one.
        headers: names and values of further headers, for the user's own server.
        num_ctx: the length of the context to ask for, in tokens; 0 for a provider that cannot be asked for one.
    """

    provider: str
    key: str | None = field(default=None, repr=False)
    address: str = ""
    network: NetworkOptions = field(default_factory=NetworkOptions)
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    max_retries: int = 2
    headers: tuple[tuple[str, str], ...] = ()
    num_ctx: int = 0


@dataclass(slots=True)
class _Entry:
    client: LLMProvider
    users: int = 0


class ProviderPool:
    """Builds and keeps provider clients.

    Args:
        stand_in: returns the address in place of a provider's own (the demo, tests); awaited before each client is
            built, because the demo's server takes a moment to start.
    """

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._entries: dict[Connection, _Entry] = {}
        self._import: asyncio.Future[None] | None = None
        self._build_lock = asyncio.Lock()
        self._building: set[asyncio.Future[LLMProvider]] = set()
        self._closed = False

    async def warm_up(self) -> None:
        """Import the provider layer's client off the GUI thread, unless that has been done already."""
        if self._import is None:
            self._import = asyncio.get_running_loop().run_in_executor(None, _import_client)
            # Retrieved here, for at the program's end there is no task that awaits it.
            self._import.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Shielded: a cancelled wait must not cancel the import for other tasks.
        await asyncio.shield(self._import)

    @contextlib.asynccontextmanager
    async def use(self, connection: Connection) -> AsyncIterator[LLMProvider]:
        """Return a context with the client for a connection, which stays open in it even if the connection is replaced.

        Raises:
            ValueError: key or address cannot be used at all.
            ProviderError: the client could not be built (network configuration).
            RuntimeError: the pool is closed.
        """
        entry = await self._entry(connection)
        entry.users += 1
        try:
            yield entry.client
        finally:
            entry.users -= 1
            if not entry.users and self._entries.get(connection) is not entry:
                await entry.client.aclose()

    async def drop(self, provider: str) -> None:
        """Close the clients of a provider whose key or address has changed; running requests finish first."""
        for connection in [known for known in self._entries if known.provider == provider]:
            entry = self._entries.pop(connection)
            if not entry.users:
                await entry.client.aclose()

    async def close(self) -> None:
        """Close every client, used or not, and refuse to build more."""
        self._closed = True
        if self._building:
            await asyncio.wait(self._building)
            # Tasks that waited for one of these take it over first.
            await asyncio.sleep(0)
        entries, self._entries = list(self._entries.values()), {}
        await asyncio.gather(*(entry.client.aclose() for entry in entries), return_exceptions=True)

    async def _entry(self, connection: Connection) -> _Entry:
        async with self._build_lock:
            entry = self._entries.get(connection)
            if entry is None:
                await self.warm_up()
                base_url = await self._stand_in(connection.provider)
                if self._closed:
                    raise RuntimeError("the provider pool is closed")
                client = await self._build(connection, base_url)
                await self._drop_replaced(connection)
                entry = self._entries[connection] = _Entry(client)
            return entry

    async def _drop_replaced(self, new: Connection) -> None:
        # The same provider and key with other options: the settings have changed. Running requests finish first.
        same = [old for old in self._entries if (old.provider, old.key) == (new.provider, new.key)]
        for entry in [self._entries.pop(old) for old in same]:
            if not entry.users:
                await entry.client.aclose()

    async def _build(self, connection: Connection, base_url: str | None) -> LLMProvider:
        loop = asyncio.get_running_loop()
        building = loop.run_in_executor(None, _build_client, connection, base_url)
        self._building.add(building)
        building.add_done_callback(self._building.discard)
        try:
            return await asyncio.shield(building)
        except asyncio.CancelledError:
            # The thread goes on. Its client is kept for the next request, and closed with all the others.
            building.add_done_callback(lambda done: self._add_built(connection, done))
            raise

    def _add_built(self, connection: Connection, built: asyncio.Future[LLMProvider]) -> None:
        if not built.cancelled() and built.exception() is None:
            self._entries.setdefault(connection, _Entry(built.result()))


def _import_client() -> None:
    with background_import():
        from caal_desktop.llm import warm_up

        warm_up()


def _build_client(connection: Connection, base_url: str | None) -> LLMProvider:
    arguments: dict[str, Any] = {
        "timeouts": Timeouts(connect=connection.connect_timeout, read=connection.read_timeout),
        "max_retries": connection.max_retries,
        "network": connection.network,
    }
    if address := base_url or connection.address:
        arguments["base_url"] = address
    if connection.key is None and descriptor_of(connection.provider).can(Capability.PUBLIC_MODEL_LIST):
        arguments["anonymous"] = True
    if connection.headers:
        arguments["headers"] = dict(connection.headers)
    if connection.num_ctx:
        arguments["num_ctx"] = connection.num_ctx
    return create_provider(connection.provider, model=_NO_MODEL, api_key=connection.key, **arguments)
