"""The one owner of the providers' keys and of the proxy's password: reads, proves, keeps, replaces and removes them.

What the settings remember of a key (its status, its place, the address that it was given for) is written here and
nowhere else. A secret leaves this service through :meth:`KeyService.secret_for` alone, which looks at the address.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    InsufficientCredit,
    ManagementKeyRejected,
    PermissionRefused,
    ProviderError,
)
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.transport.address import origin_of
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.services.keys.key_state import KeyActivity, KeyringResult, KeyState, Proof, Replacement, status_after
from caal_desktop.services.providers.connections import PROXY, connection_by, connection_for, network_of
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import KeyringError, KeyringUnavailable
from caal_desktop.storage.keyring.secrets import KeyringState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.keys.key_state import KeyProblem
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.keyring.secrets import SecretStore
    from caal_desktop.storage.settings.schema import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

MIGRATION_PAUSE_S = 20.0
"""Seconds between two looks whether the keyring takes a key that it refused before."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What the settings remember of a secret."""

    status: KeyStatus
    store: KeyStore
    origin: str
    withheld_from: str


def _with_known(settings: Settings, name: str, columns: Mapping[str, Any]) -> Settings:
    """Settings that remember something else of a secret; of the proxy's password only the addresses are remembered."""
    if name != PROXY:
        return settings.with_provider(name, **{f"key_{column}": value for column, value in columns.items()})
    addresses = {column: columns[column] for column in ("origin", "withheld_from") if column in columns}
    return settings.replace(**{f"proxy_password_{column}": value for column, value in addresses.items()})


class WatchedKey(QObject):
    """One secret's state, for those who draw it and no other.

    Signals:
        changed: carries the new :class:`KeyState`.
    """

    changed = Signal(object)

    def __init__(self, state: KeyState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state

    @property
    def state(self) -> KeyState:
        """The secret as it stands."""
        return self._state

    def take(self, state: KeyState) -> bool:
        """Take over a state, and tell it; returns whether it is another one."""
        if state == self._state:
            return False
        self._state = state
        self.changed.emit(state)
        return True


class KeyService(QObject):
    """Keys in memory, proven and kept on request.

    The operations are awaited, give a result, and raise nothing that can be expected. To cancel the caller's task
    cancels the operation.

    Args:
        store: the keyring, and the memory for one session.
        pool: reaches the providers.
        settings: where a key's status, place and origin are remembered, and which addresses are in force.
        stand_ins: addresses that take the place of providers' fixed ones, by provider; they count as other addresses.

    Signals:
        stateChanged: the secret's name and its new :class:`KeyState`.
        migrated: provider's name; its key was kept for the session only and lies in the keyring now.
    """

    stateChanged = Signal(str, object)
    migrated = Signal(str)

    def __init__(
        self,
        store: SecretStore,
        pool: ProviderPool,
        settings: SettingsService,
        parent: QObject | None = None,
        *,
        stand_ins: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._pool, self._settings = store, pool, settings
        self._stand_ins = dict(stand_ins or {})
        self._secrets: dict[str, str] = {}
        # The address that a secret in memory was given for, while the settings must not say so: the keyring has, or may
        # have, one that was given for another address, and the next start believes the settings.
        self._loaded_for: dict[str, str] = {}
        self._infos: dict[str, KeyInfo] = {}
        self._errors: dict[str, KeyProblem] = {}
        self._doings: dict[str, list[KeyActivity]] = {}
        # Whose keys the keyring is being asked for.
        self._reading: set[str] = set()
        # Whose keys the keyring does not have, though the settings say so.
        self._absent: set[str] = set()
        # Whose keys should lie in the keyring, but do not because it refused them.
        self._pending_migration: set[str] = set()
        # What changes a kept secret is done one after the other, for the keyring answers late.
        self._turns = {name: asyncio.Lock() for name in (*PROVIDERS, PROXY)}
        # Whose keys the keyring has been given in this run.
        self._stored_this_run: set[str] = set()
        self._follows: str | None = None
        self._closed = False
        self.tasks = TaskScope("keys")
        """For work on keys that outlives the widget which began it."""
        self._watched = {
            name: WatchedKey(self.state_with(settings.current, name), self) for name in (*PROVIDERS, PROXY)
        }
        settings.changed.connect(self._on_settings)

    # --- what is known

    def state(self, name: str) -> KeyState:
        """A provider's key, or the proxy's password, as it stands."""
        return self._watched[name].state

    def watch(self, name: str) -> WatchedKey:
        """The same, with a signal that tells about this one alone."""
        return self._watched[name]

    def state_with(self, settings: Settings, name: str, address: str | None = None) -> KeyState:
        """A secret as it would stand with other settings in force, or at another address.

        Args:
            settings: where it would go.
            name: the provider's name, or :data:`PROXY`.
            address: base URL in place of the one in the settings.
        """
        known = self._remembered(name)
        loaded = name in self._secrets
        if name in self._absent or (known.store is KeyStore.SESSION and not loaded):
            known = _Remembered(KeyStatus.NONE, KeyStore.NONE, "", known.withheld_from)
        target = self._target(settings, name, address)
        doings = self._doings.get(name)
        activity = doings[-1] if doings else KeyActivity.IDLE
        # Where a removal has failed the keyring may still have it, and nobody waits for it.
        in_keyring = known.store is KeyStore.KEYRING and known.status is not KeyStatus.NONE
        awaited = in_keyring and not loaded and name not in self._errors
        state = KeyState(
            name,
            known.status,
            known.store,
            origin=known.origin,
            target=target,
            is_loaded=loaded,
            is_awaited=awaited or activity is KeyActivity.READING,
            activity=activity,
            info=self._infos.get(name),
            error=self._errors.get(name),
        )
        if not state.is_elsewhere:
            return state
        # What was proven of another address says nothing about this one.
        return replace(state, status=KeyStatus.NONE, info=None, wants_consent=loaded and known.withheld_from != target)

    def state_at(self, name: str, address: str) -> KeyState:
        """A secret as it would stand with another base URL; the provider's own address where that is fixed."""
        return self.state_with(self._settings.current, name, address)

    def address_of(self, name: str) -> str:
        """The base URL in force that a secret would go to; "" for a provider with a fixed one."""
        settings = self._settings.current
        return settings.proxy_url if name == PROXY else settings.of(name).base_url

    def origin_at(self, name: str, address: str, settings: Settings | None = None) -> str:
        """Scheme, host and port that a secret would go to, and the proxy that could read it.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; not looked at for a provider with a fixed address.
            settings: name the way there; None for those in force.
        """
        if name == PROXY:
            return origin_of(address)
        descriptor = PROVIDERS.get(name)
        if descriptor is not None and not descriptor.has_address:
            address = self._stand_ins.get(name, descriptor.base_url)
        return network_of(settings or self._settings.current).receiver_of(address)

    def wants_consent(self, settings: Settings, name: str) -> bool:
        """Whether the user has to say first that a secret may go to the address that settings name."""
        return self.state_with(settings, name).wants_consent

    def secret_for(self, name: str, address: str = "", settings: Settings | None = None) -> str | None:
        """The secret in use, for the address that it was given for; None for every other one.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL that it would be sent to; not looked at for a provider with a fixed address.
            settings: name the way there; None for those in force.
        """
        origin = self.origin_at(name, address, settings)
        return self._secrets.get(name) if origin and origin == self._remembered(name).origin else None

    @property
    def store_name(self) -> str:
        """The keyring's name for people ("GNOME Keyring / Secret Service")."""
        return self._store.name

    # --- operations

    async def read(self, name: str) -> KeyState:
        """Read a secret from the keyring, unless it is in memory already; gives its state afterwards."""
        task_name = f"read.{name}"
        if name in self._reading:
            # The keyring may be asking the user for a password: it is not asked twice.
            await self.tasks.wait(task_name)
        elif name not in self._secrets:
            self._reading.add(name)
            try:
                await self._run(task_name, lambda: self._read(name))
            finally:
                self._reading.discard(name)
        return self.state(name)

    async def prove(self, name: str, key: str | None, address: str = "") -> Proof:
        """Ask a provider what it thinks of a key. There is one such question at a time: an earlier one gives way.

        Args:
            name: the provider.
            key: the key; None for a server that needs none.
            address: base URL to ask at, for a provider without a fixed one.
        """
        connection = connection_by(self._settings.current, self, name, key, address)
        proof = await self._run("prove", lambda: self._ask(connection))
        return proof or Proof(KeyStatus.NONE)

    async def keep(
        self,
        name: str,
        key: str,
        store: KeyStore,
        address: str = "",
        proof: Proof | None = None,
        *,
        origin: str | None = None,
    ) -> KeyringResult:
        """Keep a secret, and use it from then on for the address that it was given for.

        Args:
            name: the provider's name, or :data:`PROXY`.
            key: the secret.
            store: the keyring, or memory only.
            address: the base URL that it was given for, where that is not fixed.
            proof: what its provider thinks of it, where that is known.
            origin: :meth:`origin_at` of when it was given; None for now.
        """
        # One task for each provider: another one's key must not be given up for this one.
        self._stored_this_run.add(name)
        bound = self.origin_at(name, address) if origin is None else origin
        result = await self._run(f"keep.{name}", lambda: self._put(name, key, store, bound, proof))
        return result or KeyringResult(is_done=False)

    async def replace(self, name: str, key: str, address: str = "") -> Replacement:
        """Prove a key, and put it into the keyring in place of the one in use if it is good.

        Args:
            name: the provider.
            key: the new key; the one in use stays until this one is kept.
            address: the base URL that it is given for, where that is not fixed.
        """
        origin = self.origin_at(name, address)
        proof = await self.prove(name, key, address)
        if proof.status is not KeyStatus.VERIFIED:
            return Replacement(proof)
        return Replacement(proof, await self.keep(name, key, KeyStore.KEYRING, address, proof, origin=origin))

    async def remove(self, name: str) -> KeyringResult:
        """Remove a secret from memory and from the keyring, and make sure that it is gone."""
        result = await self._run(f"remove.{name}", lambda: self._remove(name))
        return result or KeyringResult(is_done=False)

    async def refresh(self, name: str) -> Proof:
        """Ask for the facts of the key in use once more."""
        connection = connection_for(self._settings.current, self, name)
        if connection is None or connection.key is None:
            return Proof(KeyStatus.NONE)
        proof = await self._run(f"refresh.{name}", lambda: self._ask(connection))
        return proof or Proof(KeyStatus.NONE)

    # --- begun here, and told by the state

    def begin(self) -> None:
        """Have the key of the provider in use ready, from now on whichever that is; and the proxy's password."""
        settings = self._settings.current
        self._follows = settings.provider
        self.open(PROXY)
        self.open(settings.provider)

    def open(self, name: str) -> None:
        """Have a secret in memory that lies in the keyring; a key that could not be checked before is checked."""
        state = self.state(name)
        if state.store is KeyStore.KEYRING and not state.is_loaded and name not in self._reading:
            self.tasks.start(self._open(name), name=f"open.{name}")

    def check_again(self, name: str) -> None:
        """Ask for the facts of a key in use; its state tells what came of it."""
        self.tasks.start(self._check_again(name), name=f"check.{name}")

    def look_after_failure(self, error: BaseException | None) -> None:
        """An answer has failed: where the key may be the reason, ask what has become of it."""
        if isinstance(error, AuthenticationFailed | InsufficientCredit):
            self.check_again(self._settings.current.provider)

    # --- the user's word

    def allow(self, name: str, address: str | None = None) -> None:
        """The user wants the secret to go to an address for which it was not given. It belongs there from now on.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; None for the one in force.
        """
        target = self._target(self._settings.current, name, address)
        status = self._remembered(name).status
        # Nobody knows yet what they think of it there.
        known = KeyStatus.NONE if status is KeyStatus.NONE else KeyStatus.UNVERIFIED
        self._infos.pop(name, None)
        self._errors.pop(name, None)
        self._remember(name, status=known, origin=target, withheld_from="")

    def allow_and_check(self, name: str) -> None:
        """The same for the address in force, where a provider is asked at once what it thinks of its key."""
        self.allow(name)
        if name != PROXY:
            self.check_again(name)

    def withhold(self, name: str, address: str | None = None) -> None:
        """The user does not want the secret to go to an address; it stays kept for the one that it was given for.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; None for the one in force.
        """
        target = self._target(self._settings.current, name, address)
        self._remember(name, withheld_from=target)

    def leave_unverified(self, name: str) -> None:
        """The user goes on with the key in use, though it cannot be checked now."""
        self._remember(name, status=KeyStatus.UNVERIFIED)

    def forget_absent(self, name: str) -> None:
        """Remember of a key that the keyring does not have that there is none."""
        if name in self._absent:
            self._remember(name, status=KeyStatus.NONE, store=KeyStore.NONE, origin="")

    # --- the end

    async def wait_for_store(self) -> None:
        """Wait until the keyring has taken what it was given, or has not (it has its own deadline)."""
        for name in sorted(self._stored_this_run):
            await self.tasks.wait(f"keep.{name}")

    async def close(self) -> None:
        """Stop everything; nobody is told any more."""
        self._closed = True
        await self.tasks.close()

    # --- inside: operations

    async def _run(self, task_name: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """The result of some work in a task of its own; None where other work of that name has taken its place."""
        results: list[T] = []

        async def run() -> None:
            results.append(await work())

        task = self.tasks.start(run(), name=task_name)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        return results[0] if results else None

    async def _open(self, name: str) -> None:
        state = await self.read(name)
        if state.is_loaded and state.status is KeyStatus.UNVERIFIED and name != PROXY:
            await self.refresh(name)

    async def _check_again(self, name: str) -> None:
        await self.refresh(name)

    async def _read(self, name: str) -> None:
        self._errors.pop(name, None)
        with self._doing(name, KeyActivity.READING):
            try:
                key = await self._store.get(name)
            except KeyringError as error:
                self._errors[name] = error
                return
            finally:
                # Whoever hears that it has ended may ask again at once.
                self._reading.discard(name)
            if key is None:
                self._absent.add(name)
            elif name not in self._secrets:
                if self._is_unplaced(name):
                    self._loaded_for[name] = ""
                await self._use(name, key)

    async def _ask(self, connection: Connection) -> Proof:
        name = connection.provider
        with self._doing(name, KeyActivity.CHECKING):
            proof = await self._answer_about(connection)
            if self._is_in_use(connection):
                self._note(name, proof)
        return proof

    async def _answer_about(self, connection: Connection) -> Proof:
        try:
            async with self._pool.use(connection) as provider:
                info = await provider.check_key()
        except ProviderError as error:
            if not isinstance(error, ConnectionFailed):
                logger.info("The key was not accepted: %s", type(error).__name__)
            refused = isinstance(error, AuthenticationFailed | PermissionRefused | ConfigurationError)
            return Proof(KeyStatus.REJECTED if refused else KeyStatus.UNVERIFIED, error=error)
        if info.is_management_key:
            title = PROVIDERS[connection.provider].title
            rejected = ManagementKeyRejected(connection.provider, params={"provider": title})
            return Proof(KeyStatus.REJECTED, info, rejected)
        return Proof(KeyStatus.VERIFIED, info)

    def _is_in_use(self, connection: Connection) -> bool:
        """Whether a check concerned the key in use at its own address, and not one that a user is about to give."""
        name = connection.provider
        if connection.key is None:
            # A server that needs no key is in use without one, unless there is one after all.
            return not PROVIDERS[name].needs_key and not self.state(name).is_kept
        return connection.key == self.secret_for(name, connection.address)

    def _note(self, name: str, proof: Proof) -> None:
        """Remember what was said about the key in use."""
        if proof.error is None:
            self._errors.pop(name, None)
        else:
            self._errors[name] = proof.error
        if proof.status is KeyStatus.VERIFIED:
            if proof.info is not None:
                self._infos[name] = proof.info
            if name in self._secrets:
                self._remember(name, status=KeyStatus.VERIFIED)
            else:
                # A server that answers without a key: what an earlier session remembered of one counts no more.
                self._remember(name, status=KeyStatus.VERIFIED, store=KeyStore.NONE, origin="")
        elif isinstance(proof.error, AuthenticationFailed | ManagementKeyRejected):
            self._remember(name, status=KeyStatus.REJECTED)

    async def _put(self, name: str, key: str, store: KeyStore, origin: str, proof: Proof | None) -> KeyringResult:
        with self._doing(name, KeyActivity.STORING):
            async with self._turns[name], self._announced(name, store):
                try:
                    await self._hand_over(name, key, store, origin)
                except KeyringError as error:
                    self._pending_migration.add(name)
                    return KeyringResult(is_done=False, error=error)
                await self._take_over(name, key, store, origin, proof)
        return KeyringResult(is_done=True)

    @contextlib.asynccontextmanager
    async def _announced(self, name: str, store: KeyStore) -> AsyncIterator[None]:
        """Have the settings' file say, until more is known, that the keyring may have a secret of some address.

        Killed between the keyring and the file, the program would else leave a key that the settings do not know of,
        or bind to the address of the one before it.
        """
        if store is KeyStore.KEYRING:
            unbound = {"status": KeyStatus.UNVERIFIED, "store": store, "origin": "", "withheld_from": ""}
            async with self._settings.written_as(lambda settings: _with_known(settings, name, unbound)):
                yield
        else:
            yield

    async def _hand_over(self, name: str, key: str, store: KeyStore, origin: str) -> None:
        """Give a secret to its store.

        From the moment that the keyring is given one until it has said that it took it, nobody knows for which address
        the one was given that it holds. It may say so never, or after the program's end.

        Raises:
            KeyringError: it did not take it, as far as it says.
        """
        known = self._origin_in_settings(name)
        is_unknown = store is KeyStore.KEYRING and known not in ("", origin)
        before = self._loaded_for.get(name)
        if is_unknown:
            if name in self._secrets:
                self._loaded_for.setdefault(name, known)
            self._write(name, origin="")
        try:
            await self._store.put(name, key, store)
        except KeyringUnavailable:
            if is_unknown:
                # Nobody was there who could have taken it.
                if before is None:
                    self._loaded_for.pop(name, None)
                self._write(name, origin=known)
            raise

    async def _take_over(self, name: str, key: str, store: KeyStore, origin: str, proof: Proof | None) -> None:
        """Use a secret that is in its store."""
        if store is KeyStore.KEYRING:
            self._pending_migration.discard(name)
        elif name in self._pending_migration:
            self.tasks.start(self._find_home(), name="migrate")
        self._absent.discard(name)
        self._errors.pop(name, None)
        # One after the other without a pause: no other address may see the new key.
        self._drop(name)
        if name == PROXY and store is KeyStore.SESSION:
            # No setting tells the next start that this one is gone: what it finds in the keyring is an older one.
            self._loaded_for[name] = origin
        self._remember(name, status=status_after(proof), store=store, origin=origin, withheld_from="")
        await self._use(name, key, proof.info if proof is not None else None)

    def _drop(self, name: str) -> None:
        """Have a secret in memory no more."""
        self._secrets.pop(name, None)
        self._loaded_for.pop(name, None)

    async def _use(self, name: str, key: str, info: KeyInfo | None = None) -> None:
        self._secrets[name] = key
        self._infos.pop(name, None)
        if info is not None:
            self._infos[name] = info
        self._publish(name)
        await self._pool.drop(name)

    async def _remove(self, name: str) -> KeyringResult:
        with self._doing(name, KeyActivity.REMOVING):
            # What the keyring is still being asked for must not come back.
            self.tasks.cancel(f"read.{name}")
            async with self._turns[name]:
                return await self._remove_now(name)

    async def _remove_now(self, name: str) -> KeyringResult:
        self._pending_migration.discard(name)
        self._drop(name)
        self._infos.pop(name, None)
        self._errors.pop(name, None)
        problem: KeyringError | None = None
        try:
            await self._store.remove(name)
        except KeyringError as error:
            problem = error
        if problem is None:
            self._absent.add(name)
            self._remember(name, status=KeyStatus.NONE, store=KeyStore.NONE, origin="", withheld_from="")
        else:
            # What may still lie in the keyring must be looked for there at the next start.
            self._remember(name, status=KeyStatus.NONE)
        await self._pool.drop(name)
        return KeyringResult(problem is None, problem)

    async def _find_home(self) -> None:
        """Put keys that the keyring refused into it as soon as it takes them; nobody is asked for a password."""
        while True:
            await asyncio.sleep(MIGRATION_PAUSE_S)
            waiting = [name for name in sorted(self._pending_migration) if self._store.holds_for_session(name)]
            if not waiting:
                return
            status = await self._store.probe()
            if status.state is not KeyringState.READY:
                continue
            for name in waiting:
                await self._migrate(name)

    async def _migrate(self, name: str) -> None:
        async with self._turns[name]:
            key = self._secrets.get(name)
            if key is None or not self._store.holds_for_session(name):
                self._pending_migration.discard(name)
                return
            async with self._announced(name, KeyStore.KEYRING):
                try:
                    await self._hand_over(name, key, KeyStore.KEYRING, self._remembered(name).origin)
                except KeyringError as error:
                    logger.info("A key still cannot be stored: %s", error)
                    return
                self._pending_migration.discard(name)
                # The user may have let it go elsewhere meanwhile.
                origin = self._remembered(name).origin
                self._loaded_for.pop(name, None)
                self._remember(name, store=KeyStore.KEYRING, origin=origin)
            self.migrated.emit(name)

    # --- inside: what is remembered, and told

    def _remembered(self, name: str) -> _Remembered:
        settings = self._settings.current
        if name != PROXY:
            row = settings.of(name)
            origin = self._loaded_for.get(name, row.key_origin)
            return _Remembered(row.key_status, row.key_store, origin, row.key_withheld_from)
        loaded, store = name in self._secrets, KeyStore.NONE
        if self._store.holds_for_session(name):
            store = KeyStore.SESSION
        elif loaded or (settings.proxy_user and name not in self._absent):
            store = KeyStore.KEYRING
        status = KeyStatus.NONE if store is KeyStore.NONE else KeyStatus.UNVERIFIED
        origin = self._loaded_for.get(name, settings.proxy_password_origin)
        return _Remembered(status, store, origin, settings.proxy_password_withheld_from)

    def _is_unplaced(self, name: str) -> bool:
        """Whether what the keyring holds is not the secret that the settings tell of."""
        if name == PROXY or self._store.holds_for_session(name):
            return False
        return self._settings.current.of(name).key_store is not KeyStore.KEYRING

    def _origin_in_settings(self, name: str) -> str:
        """What the next start will believe."""
        settings = self._settings.current
        return settings.proxy_password_origin if name == PROXY else settings.of(name).key_origin

    def _remember(self, name: str, **changes: Any) -> None:
        """Note what is known about a secret."""
        if "origin" in changes and name in self._loaded_for:
            self._loaded_for[name] = changes.pop("origin")
        self._write(name, **changes)

    def _write(self, name: str, **changes: Any) -> None:
        """The one place that writes into the settings what is known about a secret."""
        self._settings.set(_with_known(self._settings.current, name, changes))
        self._publish(name)

    def _target(self, settings: Settings, name: str, address: str | None = None) -> str:
        """Scheme, host and port to which settings would send a secret, or those of another address."""
        if address is not None:
            return self.origin_at(name, address, settings)
        if name != PROXY:
            return self.origin_at(name, settings.of(name).base_url, settings)
        is_used = settings.proxy_mode is ProxyMode.MANUAL and settings.proxy_user
        return origin_of(settings.proxy_url) if is_used else ""

    @contextlib.contextmanager
    def _doing(self, name: str, activity: KeyActivity) -> Iterator[None]:
        doings = self._doings.setdefault(name, [])
        doings.append(activity)
        self._publish(name)
        try:
            yield
        finally:
            doings.remove(activity)
            self._publish(name)

    def _publish(self, name: str) -> None:
        if self._closed:
            return
        state = self.state_with(self._settings.current, name)
        if self._watched[name].take(state):
            self.stateChanged.emit(name, state)

    def _on_settings(self, settings: Settings) -> None:
        for name in self._watched:
            self._publish(name)
        if self._follows is not None and settings.provider != self._follows:
            # Another provider's key may lie in the keyring and not be read yet.
            self.begin()
        elif self._follows is not None and settings.proxy_user and PROXY not in self._errors:
            # Whether there is a password for the user's name is not known before it is looked for.
            self.open(PROXY)
