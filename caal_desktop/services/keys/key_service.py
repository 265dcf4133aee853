"""The providers' keys: read from the keyring at the start, proven with a real call, kept, removed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import ConnectionFailed, ProviderError
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.keyring.secrets import KeyringState, Where

if TYPE_CHECKING:
    from caal_desktop.llm.providers.key_info import KeyInfo
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.storage.keyring.secrets import SecretStore

logger = logging.getLogger(__name__)

MIGRATION_PAUSE_S = 20.0
"""Seconds between two looks whether the keyring takes a key that it refused before."""


class KeyService(QObject):
    """Keys in memory, checked and stored on request.

    Signals:
        checkStarted: carries the provider's name.
        checkSucceeded: provider's name and :class:`KeyInfo`.
        checkFailed: provider's name and the :class:`ProviderError` or ValueError.
        stored: provider's name and where (:class:`Where`).
        storeFailed: provider's name and the :class:`KeyringError`.
        loaded: provider's name and the :class:`KeyringError` that stood in the way, or None.
        removed: provider's name and the :class:`KeyringError` that stood in the way, or None.
        keyChanged: provider's name; the key that is in use is another one now.
        refreshStarted: provider's name; the facts of the key in use are being asked for.
        refreshed: provider's name, the :class:`KeyInfo` or None, and the error that stood in the way or None.
        migrated: provider's name; its key was kept for the session only and lies in the keyring now.
    """

    checkStarted = Signal(str)
    checkSucceeded = Signal(str, object)
    checkFailed = Signal(str, object)
    stored = Signal(str, object)
    storeFailed = Signal(str, object)
    loaded = Signal(str, object)
    removed = Signal(str, object)
    keyChanged = Signal(str)
    refreshStarted = Signal(str)
    refreshed = Signal(str, object, object)
    migrated = Signal(str)

    def __init__(self, store: SecretStore, pool: ProviderPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._pool = pool
        self._keys: dict[str, str] = {}
        self._infos: dict[str, KeyInfo] = {}
        self._checked: Connection | None = None
        # Whose keys should lie in the keyring, but do not because it refused them.
        self._homeless: set[str] = set()
        # Whose keys the keyring has been given in this run.
        self._given: set[str] = set()
        self._scope = TaskScope("keys")

    def key(self, provider: str) -> str | None:
        """The key in use for a provider, or None."""
        return self._keys.get(provider)

    def info(self, provider: str) -> KeyInfo | None:
        """What the last successful check told about the key in use."""
        return self._infos.get(provider)

    @property
    def store_name(self) -> str:
        """The keyring's name for people ("GNOME Keyring / Secret Service")."""
        return self._store.name

    def is_for_session(self, provider: str) -> bool:
        """Whether the provider's key is kept in memory only."""
        return self._store.holds_for_session(provider)

    def refresh(self, connection: Connection) -> None:
        """Ask for the facts of the key in use once more; :attr:`refreshed` brings them."""
        self._scope.start(self._refresh(connection), name=f"refresh.{connection.provider}")

    def is_refreshing(self, provider: str) -> bool:
        """Whether the facts of a provider's key are on their way."""
        return self._scope.is_running(f"refresh.{provider}")

    def load(self, provider: str) -> None:
        """Read the provider's key from the keyring; :attr:`loaded` tells when it is done."""
        self._scope.start(self._load(provider), name=f"load.{provider}")

    def check(self, connection: Connection) -> None:
        """Ask the provider what it thinks of a key; a check that still runs is replaced."""
        self._scope.start(self._check(connection), name="check")

    def cancel_check(self) -> None:
        """Stop asking."""
        self._scope.cancel("check")

    @property
    def is_checking(self) -> bool:
        """Whether a check is on its way."""
        return self._scope.is_running("check")

    @property
    def checked_is_in_use(self) -> bool:
        """Whether the latest check concerned the key in use, and not one that a person is about to give."""
        return self._checked is not None and self._checked.key == self._keys.get(self._checked.provider)

    def store(self, provider: str, key: str, where: Where, info: KeyInfo | None = None) -> None:
        """Keep a key, in the keyring or for this session only, and use it from then on.

        Args:
            provider: whose key it is.
            key: the key.
            where: the keyring, or memory only.
            info: what a check has told about it.
        """
        # One task for each provider: another one's key must not be given up for this one.
        self._given.add(provider)
        self._scope.start(self._put(provider, key, where, info), name=f"store.{provider}")

    async def wait_for_store(self) -> None:
        """Wait until the keyring has taken what it was given, or has not (it has its own deadline)."""
        for provider in sorted(self._given):
            await self._scope.wait(f"store.{provider}")

    def cancel_store(self, provider: str) -> None:
        """Stop waiting for the keyring to take a provider's key."""
        self._scope.cancel(f"store.{provider}")

    def remove(self, provider: str) -> None:
        """Remove the key from memory and from the keyring."""
        self._scope.start(self._remove(provider), name=f"remove.{provider}")

    async def close(self) -> None:
        """Stop everything."""
        await self._scope.close()

    async def _load(self, provider: str) -> None:
        problem: KeyringError | None = None
        try:
            key = await self._store.get(provider)
        except KeyringError as error:
            problem = error
        else:
            if key and provider not in self._keys:
                await self._use(provider, key)
        self.loaded.emit(provider, problem)

    async def _check(self, connection: Connection) -> None:
        self._checked = connection
        self.checkStarted.emit(connection.provider)
        try:
            async with self._pool.use(connection) as provider:
                info = await provider.check_key()
        except (ProviderError, ValueError) as error:
            if not isinstance(error, ConnectionFailed):
                logger.info("The key was not accepted: %s", type(error).__name__)
            self.checkFailed.emit(connection.provider, error)
            return
        if connection.key == self._keys.get(connection.provider):
            self._infos[connection.provider] = info
        self.checkSucceeded.emit(connection.provider, info)

    async def _put(self, provider: str, key: str, where: Where, info: KeyInfo | None) -> None:
        try:
            await self._store.put(provider, key, where)
        except KeyringError as error:
            self._homeless.add(provider)
            self.storeFailed.emit(provider, error)
            return
        if where is Where.KEYRING:
            self._homeless.discard(provider)
        elif provider in self._homeless:
            self._scope.start(self._find_home(), name="migrate")
        await self._use(provider, key, info)
        self.stored.emit(provider, where)

    async def _use(self, provider: str, key: str, info: KeyInfo | None = None) -> None:
        replaced = self._keys.get(provider) != key
        self._keys[provider] = key
        if info is not None:
            self._infos[provider] = info
        elif replaced:
            self._infos.pop(provider, None)
        if replaced:
            await self._pool.drop(provider)
            self.keyChanged.emit(provider)

    async def _find_home(self) -> None:
        """Put keys that the keyring refused into it as soon as it takes them; nobody is asked for a password."""
        while True:
            await asyncio.sleep(MIGRATION_PAUSE_S)
            waiting = [name for name in sorted(self._homeless) if self._store.holds_for_session(name)]
            if not waiting:
                return
            status = await self._store.probe()
            if status.state is not KeyringState.READY:
                continue
            for provider in waiting:
                await self._migrate(provider)

    async def _migrate(self, provider: str) -> None:
        key = self._keys.get(provider)
        if key is None:
            self._homeless.discard(provider)
            return
        try:
            await self._store.put(provider, key, Where.KEYRING)
        except KeyringError as error:
            logger.info("A key still cannot be stored: %s", error)
        else:
            self._homeless.discard(provider)
            self.migrated.emit(provider)

    async def _refresh(self, connection: Connection) -> None:
        name = connection.provider
        self.refreshStarted.emit(name)
        try:
            async with self._pool.use(connection) as provider:
                info = await provider.check_key()
        except (ProviderError, ValueError) as error:
            self.refreshed.emit(name, None, error)
            return
        if connection.key == self._keys.get(name):
            self._infos[name] = info
            self.refreshed.emit(name, info, None)

    async def _remove(self, provider: str) -> None:
        self._homeless.discard(provider)
        self._keys.pop(provider, None)
        self._infos.pop(provider, None)
        problem: KeyringError | None = None
        try:
            await self._store.remove(provider)
        except KeyringError as error:
            problem = error
        await self._pool.drop(provider)
        self.keyChanged.emit(provider)
        self.removed.emit(provider, problem)
