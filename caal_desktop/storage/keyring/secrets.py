"""The providers' keys: in the system's keyring, or in memory for this session; never in a file of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from caal_desktop.llm.redaction import register_secret
from caal_desktop.llm.translation import Duration
from caal_desktop.storage.errors import KeyringError, KeyringLocked, KeyringTimedOut, KeyringUnavailable
from caal_desktop.storage.keyring.backend import SERVICE, TRUSTED_BACKENDS, UNKNOWN_STORE, Store
from caal_desktop.storage.keyring.thread import KeyringCall, KeyringThread
from caal_desktop.storage.settings.choices import KeyStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caal_desktop.storage.keyring.backend import Checkpoint

T = TypeVar("T")


class KeyringState(StrEnum):
    """What the system's keyring can do for us now."""

    READY = "ready"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"
    HUNG = "hung"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KeyringStatus:
    """The result of a probe.

    Attributes:
        state: what the keyring can do now.
        name: the store's name as users know it ("GNOME Keyring / Secret Service"); empty where none was found.
        error: what to show to the user; None where the state is ``ready``.
    """

    state: KeyringState
    name: str = ""
    error: KeyringError | None = None


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long to wait for the keyring, in seconds.

    Attributes:
        probe: for finding out what there is, without a dialog.
        call: for reading or writing in an open store.
        unlock: for reading or writing where the user may be typing a password into a dialog.
    """

    probe: float = 5.0
    call: float = 10.0
    unlock: float = 60.0


class SecretStore:
    """The store of one key per provider. One object per process; its calls never overlap.

    Every call may be cancelled; a dialog that is open then stays, but what is typed into it no longer writes a key.

    Args:
        service: the name under which the keyring keeps our keys.
        deadlines: how long to wait.
        trusted_backends: the stores to accept, by keyring's module name, with their names as users know them.
        on_key: called with each key that is read or written, so that logs can mask it.
    """

    def __init__(
        self,
        *,
        service: str = SERVICE,
        deadlines: Deadlines | None = None,
        trusted_backends: Mapping[str, str] = TRUSTED_BACKENDS,
        on_key: Callable[[str], None] = register_secret,
    ) -> None:
        self._service = service
        self._deadlines = deadlines or Deadlines()
        self._trusted = trusted_backends
        self._on_key = on_key
        self._session: dict[str, str] = {}
        self._thread = KeyringThread(max_wait=self._deadlines.unlock)
        self._name: str = UNKNOWN_STORE

    def __repr__(self) -> str:
        return f"<SecretStore {self._service!r}, {len(self._session)} for this session>"

    @property
    def name(self) -> str:
        """The keyring's name as users know it, as far as a call has found it out."""
        return self._name

    def holds_for_session(self, provider: str) -> bool:
        """Return whether the provider's key is kept in memory only."""
        return provider in self._session

    async def probe(self) -> KeyringStatus:
        """Find out what the keyring can do, without a dialog. Never raises."""
        try:
            name, locked = await self._run(self._look, self._deadlines.probe)
        except KeyringError as error:
            return KeyringStatus(_state_of(error), error=error)
        self._name = name
        if locked:
            return KeyringStatus(KeyringState.LOCKED, name, KeyringLocked(store=name))
        return KeyringStatus(KeyringState.READY, name)

    async def get(self, provider: str, *, interactive: bool = True) -> str | None:
        """Return the provider's key, or None where there is none. A key for this session takes precedence.

        Args:
            provider: the provider's name.
            interactive: whether the store may show its unlock dialog; if not, a locked store raises at once.

        Raises:
            KeyringError: the keyring could not be asked.
        """
        if provider in self._session:
            return self._session[provider]
        key = await self._call(lambda store: store.read(provider), interactive=interactive)
        if key is not None:
            self._on_key(key)
        return key

    async def has_in_keyring(self, provider: str) -> bool:
        """Return whether the keyring itself has a key of the provider, whatever is kept for this session.

        Raises:
            KeyringError: the keyring could not be asked.
        """
        return await self._call(lambda store: store.read(provider) is not None, interactive=True)

    async def put(self, provider: str, key: str, where: KeyStore = KeyStore.KEYRING) -> None:
        """Keep the provider's key, in place of any earlier one.

        Args:
            provider: the provider's name.
            key: the key.
            where: in the keyring, or in memory until the program ends.

        Raises:
            ValueError: the key is blank, or is to be kept nowhere.
            KeyringError: the keyring did not keep it. An earlier key is then still there, or the store is broken.
        """
        if not key.strip():
            raise ValueError("A blank key cannot be kept.")
        if where is KeyStore.NONE:
            raise ValueError("A key cannot be kept nowhere.")
        self._on_key(key)
        if where is KeyStore.SESSION:
            self._session[provider] = key
            return
        await self._call(lambda store: store.write(provider, key), interactive=True)
        self._session.pop(provider, None)

    async def remove(self, provider: str) -> None:
        """Remove the provider's key from memory and keyring, and make sure that it is gone.

        Raises:
            KeyringError: it could not be removed from the keyring, or this could not be made sure of. (No keyring at
                all is no error for a key that was kept for this session.)
        """
        was_for_session = self._session.pop(provider, None) is not None
        try:
            await self._call(lambda store: store.delete(provider), interactive=True)
        except KeyringUnavailable:
            if not was_for_session:
                raise

    async def _call(self, work: Callable[[Store], T], *, interactive: bool) -> T:
        # Two steps: a store that hangs is noticed within seconds, while one that shows a dialog gets the user's time.
        self._name, may_ask, locked = await self._run(self._look_closely, self._deadlines.probe)
        if locked and not interactive:
            raise KeyringLocked(store=self._name)
        deadline = self._deadlines.unlock if may_ask and interactive else self._deadlines.call
        return await self._run(lambda call: work(self._open(call)), deadline)

    async def _run(self, work: Callable[[KeyringCall[T]], T], deadline: float) -> T:
        try:
            return await self._thread.run(work, deadline=deadline)
        except TimeoutError as error:
            raise KeyringTimedOut(store=self._name, duration=Duration(deadline)) from error

    def _open(self, call: Checkpoint) -> Store:
        return Store(self._trusted, self._service, call)

    def _look(self, call: KeyringCall[tuple[str, bool]]) -> tuple[str, bool]:
        store = self._open(call)
        return store.name, store.is_locked()

    def _look_closely(self, call: KeyringCall[tuple[str, bool, bool]]) -> tuple[str, bool, bool]:
        store = self._open(call)
        return store.name, store.may_ask(), store.is_locked()


def _state_of(error: KeyringError) -> KeyringState:
    match error:
        case KeyringUnavailable():
            return KeyringState.UNAVAILABLE
        case KeyringLocked():
            return KeyringState.LOCKED
        case KeyringTimedOut():
            return KeyringState.HUNG
        case _:
            return KeyringState.FAILED
