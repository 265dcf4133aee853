"""The one owner of the providers' keys and of the proxy's password: reads, proves, keeps, replaces and removes them.

What the settings record of a key (its status, its store, the origin that it was given for) is written here and
nowhere else. A secret leaves this service through :meth:`KeyService.secret_for` alone, which looks at the address.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    DailyLimitReached,
    InsufficientCredit,
    ManagementKeyRejected,
    PermissionRefused,
    ProviderError,
)
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.transport.address import origin_of
from caal_desktop.llm.transport.network import ProxyMode
from caal_desktop.services.keys.credit_watch import CreditWatch
from caal_desktop.services.keys.key_state import KeyActivity, KeyringResult, KeyState, Proof, Replacement, status_after
from caal_desktop.services.providers.connections import PROXY, connection_by, connection_for, network_of
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import KeyringError, KeyringLocked, KeyringNotLoaded, KeyringUnavailable
from caal_desktop.storage.keyring.secrets import KeyringState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.keys.key_state import SecretError
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.keyring.secrets import SecretStore
    from caal_desktop.storage.settings.schema import Settings

logger = logging.getLogger(__name__)

T = TypeVar("T")

MIGRATION_PAUSE_S = 20.0
"""Seconds between two looks whether the keyring takes a key that it refused before."""


@dataclass(frozen=True, slots=True)
class _SecretRecord:
    """What the settings record of a secret."""

    status: KeyStatus
    store: KeyStore
    origin: str
    withheld_from: str


def _with_record(settings: Settings, name: str, columns: Mapping[str, Any]) -> Settings:
    """Return settings with other columns of a secret's record; of the proxy's password they hold only the origins."""
    if name != PROXY:
        return settings.with_provider(name, **{f"key_{column}": value for column, value in columns.items()})
    addresses = {column: columns[column] for column in ("origin", "withheld_from") if column in columns}
    return settings.replace(**{f"proxy_password_{column}": value for column, value in addresses.items()})


class WatchedKey(QObject):
    """One secret's state, for the widgets that show this secret alone.

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

    def update(self, state: KeyState) -> bool:
        """Replace the state and emit ``changed``.

        Returns:
            Whether it differs from the state before.
        """
        if state == self._state:
            return False
        self._state = state
        self.changed.emit(state)
        return True


class KeyService(QObject):
    """Keys in memory, proven and kept on request.

    The operations are awaited, and return what came of them: they raise no expected error. Cancelling the caller's task
    cancels the operation.

    Args:
        store: the keyring, and the memory for one session.
        pool: reaches the providers.
        settings: hold the record of each key (status, store and origin) and the addresses in force.
        stand_ins: addresses that take the place of providers' fixed ones, by provider; they count as other addresses.

    Signals:
        stateChanged: the secret's name and its new :class:`KeyState`.
        migrated: provider's name; its key was kept for the session only and is in the keyring now.
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
        # The origin that a secret in memory was given for, where the settings must not hold it: the keyring has, or may
        # have, a secret that was given for another origin, and the next start relies on the settings.
        self._unsaved_origins: dict[str, str] = {}
        self._infos: dict[str, KeyInfo] = {}
        # The last key of a provider that was proven without being in use, with what was told about it.
        self._tried: dict[str, tuple[str, KeyInfo]] = {}
        # The day (UTC) on which it was last asked what the key in use can pay for: limits start anew at midnight there.
        self._asked_on: dict[str, date] = {}
        self._errors: dict[str, SecretError] = {}
        self._activities: dict[str, list[KeyActivity]] = {}
        # The names of the secrets that are being read from the keyring.
        self._reading: set[str] = set()
        # The names of the secrets that the keyring does not have, though the settings say so.
        self._absent: set[str] = set()
        # The names of the secrets that the keyring refused, and that are offered to it again.
        self._pending_migration: set[str] = set()
        # Changes of a stored secret run one after the other, because the keyring answers late.
        self._locks = {name: asyncio.Lock() for name in (*PROVIDERS, PROXY)}
        # What the file says of secrets that the keyring may have while the settings in force do not say so: it is being
        # asked to store them, or has not told what became of that.
        self._possible: dict[str, dict[str, Any]] = {}
        settings.override_in_file(self._with_possible)
        # The names of the secrets that were stored in this run.
        self._stored_this_run: set[str] = set()
        # The provider in use whose key is kept loaded, once :meth:`begin` was called.
        self._followed_provider: str | None = None
        self._closed = False
        self.tasks = TaskScope("keys")
        """For work on keys that outlives the widget which began it."""
        self.credit = CreditWatch(self.check_again, self.state)
        """For when the user comes back from buying credit."""
        self._watched = {
            name: WatchedKey(self.state_with(settings.current, name), self) for name in (*PROVIDERS, PROXY)
        }
        settings.changed.connect(self._on_settings)

    # --- what is known

    def state(self, name: str) -> KeyState:
        """Return the state of a provider's key, or of the proxy's password."""
        return self._watched[name].state

    def watch(self, name: str) -> WatchedKey:
        """Return the state with a signal of its own, which is emitted for this secret alone."""
        return self._watched[name]

    def state_with(self, settings: Settings, name: str, address: str | None = None) -> KeyState:
        """Return the state that a secret would have with other settings in force, or at another address.

        Args:
            settings: name the address that it would be sent to.
            name: the provider's name, or :data:`PROXY`.
            address: base URL in place of the one in the settings.
        """
        known = self._record(name)
        loaded = name in self._secrets
        if name in self._absent or (known.store is KeyStore.SESSION and not loaded):
            known = _SecretRecord(KeyStatus.NONE, KeyStore.NONE, "", known.withheld_from)
        target = self._target_origin(settings, name, address)
        activities = self._activities.get(name)
        activity = activities[-1] if activities else KeyActivity.IDLE
        # Where a removal has failed the keyring may still have it, but it is not going to be read.
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
        if not state.is_cross_origin:
            return state
        # What a check at another address found says nothing about this one.
        return replace(state, status=KeyStatus.NONE, info=None, wants_consent=loaded and known.withheld_from != target)

    def state_at(self, name: str, address: str) -> KeyState:
        """Return the state that a secret would have with another base URL; a fixed address stays the provider's own."""
        return self.state_with(self._settings.current, name, address)

    def address_of(self, name: str) -> str:
        """Return the base URL in force that a secret would be sent to; "" for a provider with a fixed one."""
        settings = self._settings.current
        return settings.proxy_url if name == PROXY else settings.of(name).base_url

    def origin_at(self, name: str, address: str, settings: Settings | None = None) -> str:
        """Return scheme, host and port that a secret would be sent to, and the proxy that could read it.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; ignored for a provider with a fixed address.
            settings: name the proxy; None for those in force.
        """
        if name == PROXY:
            return origin_of(address)
        descriptor = PROVIDERS.get(name)
        if descriptor is not None and not descriptor.has_address:
            address = self._stand_ins.get(name, descriptor.base_url)
        return network_of(settings or self._settings.current).receiver_of(address)

    def wants_consent(self, settings: Settings, name: str) -> bool:
        """Return whether the user has to allow first that a secret is sent to the address that settings name."""
        return self.state_with(settings, name).wants_consent

    def secret_for(self, name: str, address: str = "", settings: Settings | None = None) -> str | None:
        """Return the secret in use, for the origin that it was given for; None for every other one.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL that it would be sent to; ignored for a provider with a fixed address.
            settings: name the proxy; None for those in force.
        """
        origin = self.origin_at(name, address, settings)
        return self._secrets.get(name) if origin and origin == self._record(name).origin else None

    def info_for(self, connection: Connection) -> KeyInfo | None:
        """Return what is known of a connection's key: the one in use, or one that was proven and is not kept yet."""
        name, key = connection.provider, connection.key
        if key is None or key == self._secrets.get(name):
            return self.state(name).info
        tried, info = self._tried.get(name, (None, None))
        return info if tried == key else None

    @property
    def store_name(self) -> str:
        """The keyring's name as it is shown ("GNOME Keyring / Secret Service")."""
        return self._store.name

    # --- operations

    async def read(self, name: str) -> KeyState:
        """Read a secret from the keyring, unless it is in memory already.

        Returns:
            Its state afterwards.
        """
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
        """Check a key with a request to its provider. One such check runs at a time: a new one cancels an earlier one.

        Args:
            name: the provider.
            key: the key; None for a server that needs none.
            address: base URL of the request, for a provider without a fixed one.
        """
        connection = connection_by(self._settings.current, self, name, key, address)
        proof = await self._run("prove", lambda: self._check(connection))
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
        """Store a secret, and use it from then on for the address that it was given for.

        Args:
            name: the provider's name, or :data:`PROXY`.
            key: the secret.
            store: the keyring, or memory only.
            address: the base URL that it was given for, where that is not fixed.
            proof: the result of the check, where there was one.
            origin: :meth:`origin_at` at the time when it was given; None for now.
        """
        # One task for each provider: storing this key must not cancel the storing of another one's.
        self._stored_this_run.add(name)
        bound = self.origin_at(name, address) if origin is None else origin
        result = await self._run(f"keep.{name}", lambda: self._store_secret(name, key, store, bound, proof))
        return result or KeyringResult(is_done=False)

    async def replace(self, name: str, key: str, address: str = "") -> Replacement:
        """Check a key, and store it in the keyring in place of the one in use if it is good.

        Args:
            name: the provider.
            key: the new key; the one in use stays until this one is stored.
            address: the base URL that it is given for, where that is not fixed.
        """
        origin = self.origin_at(name, address)
        proof = await self.prove(name, key, address)
        if proof.status is not KeyStatus.VERIFIED:
            return Replacement(proof)
        return Replacement(proof, await self.keep(name, key, KeyStore.KEYRING, address, proof, origin=origin))

    async def remove(self, name: str) -> KeyringResult:
        """Remove a secret from memory and from the keyring, and verify that it is gone."""
        result = await self._run(f"remove.{name}", lambda: self._remove(name))
        return result or KeyringResult(is_done=False)

    async def refresh(self, name: str) -> Proof:
        """Check the key in use again, and update what its provider tells about it."""
        connection = connection_for(self._settings.current, self, name)
        if connection is None or connection.key is None:
            return Proof(KeyStatus.NONE)
        proof = await self._run(f"refresh.{name}", lambda: self._check(connection))
        return proof or Proof(KeyStatus.NONE)

    # --- operations in the background, whose result is the state

    def begin(self) -> None:
        """Load the proxy's password and the key of the provider in use, now and after each change of provider."""
        settings = self._settings.current
        self._followed_provider = settings.provider
        self.open(PROXY)
        self.open(settings.provider)

    def open(self, name: str) -> None:
        """Load a secret that is in the keyring; check a key that could not be checked before."""
        state = self.state(name)
        if state.store is KeyStore.KEYRING and not state.is_loaded and name not in self._reading:
            self.tasks.start(self._open(name), name=f"open.{name}")

    def check_again(self, name: str) -> None:
        """Check the key in use again; its state tells the result."""
        self.tasks.start(self._check_again(name), name=f"check.{name}")

    def learn(self, name: str) -> None:
        """Ask once a day what the key in use can pay for, unless it is known to have credit."""
        if self._asked_on.get(name) != datetime.now(UTC).date():
            self.learn_again(name)

    def learn_again(self, name: str) -> None:
        """Ask what the key in use can pay for, unless it is known to have credit, or its provider does not tell."""
        state = self.state(name)
        tells = PROVIDERS[name].can(Capability.KEY_FACTS)
        has_credit = state.info is not None and state.info.funds is Funds.BOUGHT
        if tells and not has_credit and state.is_loaded and not state.is_busy and not state.is_cross_origin:
            self.check_again(name)

    def check_after_failure(self, error: BaseException | None) -> None:
        """Check the key in use again after an answer has failed, where the key may be the reason."""
        if isinstance(error, AuthenticationFailed | InsufficientCredit | DailyLimitReached):
            self.check_again(self._settings.current.provider)

    # --- the user's decisions

    def allow(self, name: str, address: str | None = None) -> None:
        """Allow a secret to be sent to an address for which it was not given; it belongs there from now on.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; None for the one in force.
        """
        target = self._target_origin(self._settings.current, name, address)
        status = self._record(name).status
        # At the new address it has not been checked yet.
        known = KeyStatus.NONE if status is KeyStatus.NONE else KeyStatus.UNVERIFIED
        self._infos.pop(name, None)
        self._errors.pop(name, None)
        self._update_record(name, status=known, origin=target, withheld_from="")

    def allow_and_check(self, name: str) -> None:
        """Allow a secret to be sent to the address in force, and check a provider's key there at once."""
        self.allow(name)
        if name != PROXY:
            self.check_again(name)

    def withhold(self, name: str, address: str | None = None) -> None:
        """Keep a secret from being sent to an address; it stays stored for the one that it was given for.

        Args:
            name: the provider's name, or :data:`PROXY`.
            address: base URL; None for the one in force.
        """
        target = self._target_origin(self._settings.current, name, address)
        self._update_record(name, withheld_from=target)

    def leave_unverified(self, name: str) -> None:
        """Go on with the key in use, though it cannot be checked now."""
        self._update_record(name, status=KeyStatus.UNVERIFIED)

    def forget_absent(self, name: str) -> None:
        """Delete the record of a key that the keyring turned out not to have."""
        if name in self._absent:
            self._update_record(name, status=KeyStatus.NONE, store=KeyStore.NONE, origin="")

    # --- the end

    async def wait_for_store(self) -> None:
        """Wait until the keyring has stored its secrets, or has failed to (it has its own deadline)."""
        for name in sorted(self._stored_this_run):
            await self.tasks.wait(f"keep.{name}")

    async def close(self) -> None:
        """Stop everything; no signal is emitted any more."""
        self._closed = True
        await self.tasks.close()

    # --- inside: operations

    async def _run(self, task_name: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """Return the result of work in a task of its own; None where newer work of that name has cancelled it."""
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
        self._asked_on[name] = datetime.now(UTC).date()
        await self.refresh(name)

    async def _read(self, name: str) -> None:
        self._errors.pop(name, None)
        with self._during(name, KeyActivity.READING):
            try:
                key = await self._store.get(name)
            except KeyringError as error:
                self._errors[name] = error
                return
            finally:
                # A listener that hears of the end may request it again at once.
                self._reading.discard(name)
            if key is None:
                self._absent.add(name)
                if name != PROXY and self._record(name).status is KeyStatus.UNVERIFIED:
                    # Written down before a kill, and never stored. What was proven once may be in another desktop's
                    # keyring, and is looked for again at each start.
                    self.forget_absent(name)
            elif name not in self._secrets:
                if self._is_unrecorded(name):
                    self._unsaved_origins[name] = ""
                await self._load(name, key)

    async def _check(self, connection: Connection) -> Proof:
        name = connection.provider
        with self._during(name, KeyActivity.CHECKING):
            proof = await self._request_proof(connection)
            if self._is_in_use(connection):
                self._record_proof(name, proof)
            elif connection.key is not None and proof.info is not None:
                self._tried[name] = (connection.key, proof.info)
        return proof

    async def _request_proof(self, connection: Connection) -> Proof:
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
        """Return whether a check concerned the key in use at its own address, and not one that is being entered."""
        name = connection.provider
        if connection.key is None:
            # A server that needs no key is in use without one, unless there is one after all.
            return not PROVIDERS[name].needs_key and not self.state(name).is_kept
        return connection.key == self.secret_for(name, connection.address)

    def _record_proof(self, name: str, proof: Proof) -> None:
        """Record what a check of the key in use found."""
        if proof.error is None:
            self._errors.pop(name, None)
        else:
            self._errors[name] = proof.error
        if proof.status is KeyStatus.VERIFIED:
            if proof.info is not None:
                self._infos[name] = proof.info
            if name in self._secrets:
                self._update_record(name, status=KeyStatus.VERIFIED)
            else:
                # A server that answers without a key: what an earlier session recorded of one is obsolete.
                self._update_record(name, status=KeyStatus.VERIFIED, store=KeyStore.NONE, origin="")
        elif isinstance(proof.error, AuthenticationFailed | ManagementKeyRejected):
            self._update_record(name, status=KeyStatus.REJECTED)

    async def _store_secret(
        self, name: str, key: str, store: KeyStore, origin: str, proof: Proof | None
    ) -> KeyringResult:
        with self._during(name, KeyActivity.STORING):
            try:
                async with self._locks[name], self._written_ahead(name, store, origin):
                    await self._put_into_store(name, key, store, origin)
                    await self._activate(name, key, store, origin, proof)
            except KeyringError as error:
                self._pending_migration.add(name)
                return KeyringResult(is_done=False, error=error)
        return KeyringResult(is_done=True)

    @contextlib.asynccontextmanager
    async def _written_ahead(self, name: str, store: KeyStore, origin: str) -> AsyncIterator[None]:
        """Write ahead into the settings' file that the keyring may have a secret, until :meth:`_settle` is called.

        Killed between the write into the keyring and the one into the file, the program would otherwise leave a key
        that the settings do not know of, or take it for one that was given for the origin of the key before. A keyring
        that has not told whether it stored the secret may have it, too: then the file goes on saying so.

        Raises:
            KeyringError: the keyring cannot be asked what it has; it is not asked to store anything then.
        """
        if store is not KeyStore.KEYRING:
            yield
            return
        sure = origin if await self._is_origin_sure(name, origin) else ""
        self._possible[name] = {"status": KeyStatus.UNVERIFIED, "store": store, "origin": sure, "withheld_from": ""}
        await self._settings.write_file()
        try:
            yield
        finally:
            await self._settings.write_file()

    async def _is_origin_sure(self, name: str, origin: str) -> bool:
        """Return whether the keyring has no secret for another origin than this one.

        While it is asked to replace one it may hold the old secret or the new one: where both were given for the same
        origin, or there is no old one, the next start can use what it finds without a question.
        """
        known = self._origin_in_settings(name)
        if known and not self._is_unrecorded(name):
            return known == origin
        return not await self._store.has_in_keyring(name)

    def _settle(self, name: str) -> None:
        """Let the file say of a secret what the settings in force say: what the keyring has is known."""
        self._possible.pop(name, None)

    def _with_possible(self, settings: Settings) -> Settings:
        """Return the settings for the file: with what the next start has to reckon with."""
        for name, columns in self._possible.items():
            settings = _with_record(settings, name, columns)
        return settings

    async def _put_into_store(self, name: str, key: str, store: KeyStore, origin: str) -> None:
        """Put a secret into its store.

        Until the keyring confirms the write it may hold the old secret or the new one, so that no origin is certain. It
        may confirm it never, or after the program's end.

        Raises:
            KeyringError: it did not store the secret, as far as it says.
        """
        known = self._origin_in_settings(name)
        is_unknown = store is KeyStore.KEYRING and known not in ("", origin)
        before = self._unsaved_origins.get(name)
        if is_unknown:
            if name in self._secrets:
                self._unsaved_origins.setdefault(name, known)
            self._write_record(name, origin="")
        try:
            await self._store.put(name, key, store)
        except (KeyringUnavailable, KeyringNotLoaded, KeyringLocked) as error:
            # There is no keyring that could have stored it, or it was not let in.
            self._settle(name)
            if is_unknown and not isinstance(error, KeyringLocked):
                if before is None:
                    self._unsaved_origins.pop(name, None)
                self._write_record(name, origin=known)
            raise

    async def _activate(self, name: str, key: str, store: KeyStore, origin: str, proof: Proof | None) -> None:
        """Use a secret that has just been stored: record it, and load it into memory."""
        if store is KeyStore.KEYRING:
            self._pending_migration.discard(name)
            self._settle(name)
        elif name in self._pending_migration:
            self.tasks.start(self._retry_migration(), name="migrate")
        self._absent.discard(name)
        self._errors.pop(name, None)
        # No ``await`` between these: the new key must not be used with the old origin.
        self._unload(name)
        if name == PROXY and store is KeyStore.SESSION:
            # The settings do not record its store: the next start would take an older one in the keyring for this.
            self._unsaved_origins[name] = origin
        self._update_record(name, status=status_after(proof), store=store, origin=origin, withheld_from="")
        await self._load(name, key, proof.info if proof is not None else None)

    def _unload(self, name: str) -> None:
        """Delete a secret from memory."""
        self._secrets.pop(name, None)
        self._unsaved_origins.pop(name, None)

    async def _load(self, name: str, key: str, info: KeyInfo | None = None) -> None:
        self._secrets[name] = key
        self._tried.pop(name, None)
        self._asked_on.pop(name, None)
        self._infos.pop(name, None)
        if info is not None:
            self._infos[name] = info
            self._asked_on[name] = datetime.now(UTC).date()
        self._publish(name)
        await self._pool.drop(name)

    async def _remove(self, name: str) -> KeyringResult:
        with self._during(name, KeyActivity.REMOVING):
            # A read that is under way must not load it again.
            self.tasks.cancel(f"read.{name}")
            async with self._locks[name]:
                return await self._remove_now(name)

    async def _remove_now(self, name: str) -> KeyringResult:
        self._pending_migration.discard(name)
        self._unload(name)
        self._infos.pop(name, None)
        self._errors.pop(name, None)
        if not self._is_unrecorded(name):
            # Killed in the middle, the next start finds out whether the keyring still has it.
            self._possible[name] = {"status": KeyStatus.UNVERIFIED}
            await self._settings.write_file()
        try:
            await self._store.remove(name)
        except KeyringError as error:
            self._settle(name)
            # It may still be in the keyring, where the next start has to look for it.
            self._update_record(name, status=KeyStatus.NONE)
            result = KeyringResult(is_done=False, error=error)
        else:
            self._absent.add(name)
            self._settle(name)
            self._update_record(name, status=KeyStatus.NONE, store=KeyStore.NONE, origin="", withheld_from="")
            await self._settings.write_file()
            result = KeyringResult(is_done=True)
        await self._pool.drop(name)
        return result

    async def _retry_migration(self) -> None:
        """Store the secrets that the keyring refused as soon as it accepts them, without asking for its password."""
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
        async with self._locks[name]:
            key = self._secrets.get(name)
            if key is None or not self._store.holds_for_session(name):
                self._pending_migration.discard(name)
                return
            given_for = self._record(name).origin
            try:
                async with self._written_ahead(name, KeyStore.KEYRING, given_for):
                    await self._put_into_store(name, key, KeyStore.KEYRING, given_for)
                    self._pending_migration.discard(name)
                    self._settle(name)
                    # The user may have allowed another origin meanwhile.
                    origin = self._record(name).origin
                    self._unsaved_origins.pop(name, None)
                    self._update_record(name, store=KeyStore.KEYRING, origin=origin)
            except KeyringError as error:
                logger.info("A key still cannot be stored: %s", error)
                return
            self.migrated.emit(name)

    # --- inside: records and states

    def _record(self, name: str) -> _SecretRecord:
        settings = self._settings.current
        if name != PROXY:
            row = settings.of(name)
            origin = self._unsaved_origins.get(name, row.key_origin)
            return _SecretRecord(row.key_status, row.key_store, origin, row.key_withheld_from)
        loaded, store = name in self._secrets, KeyStore.NONE
        if self._store.holds_for_session(name):
            store = KeyStore.SESSION
        elif loaded or (settings.proxy_user and name not in self._absent):
            store = KeyStore.KEYRING
        status = KeyStatus.NONE if store is KeyStore.NONE else KeyStatus.UNVERIFIED
        origin = self._unsaved_origins.get(name, settings.proxy_password_origin)
        return _SecretRecord(status, store, origin, settings.proxy_password_withheld_from)

    def _is_unrecorded(self, name: str) -> bool:
        """Return whether the secret in the keyring is another one than the settings record."""
        if name == PROXY or self._store.holds_for_session(name):
            return False
        return self._settings.current.of(name).key_store is not KeyStore.KEYRING

    def _origin_in_settings(self, name: str) -> str:
        """Return the origin that the settings' file holds, on which the next start relies."""
        settings = self._settings.current
        return settings.proxy_password_origin if name == PROXY else settings.of(name).key_origin

    def _update_record(self, name: str, **changes: Any) -> None:
        """Change columns of a secret's record; an origin that the settings must not hold stays in memory."""
        if "origin" in changes and name in self._unsaved_origins:
            self._unsaved_origins[name] = changes.pop("origin")
        self._write_record(name, **changes)

    def _write_record(self, name: str, **changes: Any) -> None:
        """Write columns of a secret's record into the settings: the one place that does."""
        self._settings.set(_with_record(self._settings.current, name, changes))
        self._publish(name)

    def _target_origin(self, settings: Settings, name: str, address: str | None = None) -> str:
        """Return the origin that a secret would be sent to with these settings, or at another address; "" for none."""
        if address is not None:
            return self.origin_at(name, address, settings)
        if name != PROXY:
            return self.origin_at(name, settings.of(name).base_url, settings)
        is_used = settings.proxy_mode is ProxyMode.MANUAL and settings.proxy_user
        return origin_of(settings.proxy_url) if is_used else ""

    @contextlib.contextmanager
    def _during(self, name: str, activity: KeyActivity) -> Iterator[None]:
        activities = self._activities.setdefault(name, [])
        activities.append(activity)
        self._publish(name)
        try:
            yield
        finally:
            activities.remove(activity)
            self._publish(name)

    def _publish(self, name: str) -> None:
        if self._closed:
            return
        state = self.state_with(self._settings.current, name)
        if self._watched[name].update(state):
            self.stateChanged.emit(name, state)

    def _on_settings(self, settings: Settings) -> None:
        for name in self._watched:
            self._publish(name)
        if self._followed_provider is not None and settings.provider != self._followed_provider:
            # The new provider's key may be in the keyring and not loaded yet.
            self.begin()
        elif self._followed_provider is not None and settings.proxy_user and PROXY not in self._errors:
            # Only the keyring tells whether there is a password for the proxy's user name.
            self.open(PROXY)
