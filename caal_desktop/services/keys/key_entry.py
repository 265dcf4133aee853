"""A key that a user is giving: proven with a real call, then kept. The wizard and the key cards share this."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.services.keys.key_state import KeyActivity, KeyState, Proof, status_after
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyringResult


class KeyEntry(QObject):
    """The place where a user gives one provider's key (or the proxy's password).

    What it shows is a :class:`KeyState`: of the key in use as long as no other one is being given, then of that one.
    The key in use stays until the new one is kept. It has no parent and is kept by its tasks: a key on its way into the
    keyring arrives there though the window is gone.

    Args:
        keys: the owner of all keys.
        provider: the provider's name, or :data:`~caal_desktop.services.providers.connections.PROXY`.
        address: the base URL that the key is for, where that is not fixed; None for the one in force.

    Signals:
        changed: carries the new :class:`KeyState`.
        kept: the key that was given is in use now.
        passed: the user goes on with the key in use, or without one, though it could not be checked.
        removed: carries the :class:`KeyringResult` of a removal.
    """

    changed = Signal(object)
    kept = Signal()
    passed = Signal()
    removed = Signal(object)

    def __init__(self, keys: KeyService, provider: str, address: str | None = None) -> None:
        super().__init__()
        self._keys, self._provider, self._address = keys, provider, address
        descriptor = PROVIDERS.get(provider)
        self._has_address = provider == PROXY or (descriptor is not None and descriptor.has_address)
        self._needs_key = descriptor is None or descriptor.needs_key
        self._candidate: str | None = None
        # The base URL that it was given for, whatever becomes of the settings meanwhile.
        self._given_for = ""
        # The same as an origin, with the proxy of then that could read it.
        self._given_origin = ""
        self._proof: Proof | None = None
        # Whether the state is that of the key in use, and changes with it.
        self._follows = True
        # Whether the user wants the key in use to be sent to an address for which it was not given.
        self._asks = False
        self._task = f"entry.{id(self)}"
        self._state = self._known()
        keys.watch(provider).changed.connect(self._on_known)

    @property
    def provider(self) -> str:
        """Whose key it is."""
        return self._provider

    @property
    def address(self) -> str:
        """The base URL that the key is for; "" where there is none yet, or a fixed one."""
        return self._keys.address_of(self._provider) if self._address is None else self._address

    @property
    def state(self) -> KeyState:
        """The key that is being given, or else the one in use."""
        return self._state

    @property
    def candidate(self) -> str | None:
        """The key that was given and is not kept yet."""
        return self._candidate

    def candidate_for(self, address: str) -> str | None:
        """The same for requests to a base URL; None where it was not given for that, and the way there of now."""
        return self._candidate if self._keys.origin_at(self._provider, address) == self._given_origin else None

    # --- giving a key

    def set_address(self, address: str | None) -> None:
        """The key is for another address: what was known about it before counts no more."""
        if address != self._address:
            self._address = address
            self.edit()

    def edit(self) -> None:
        """Another key is being typed: nothing is known about it yet."""
        self._stop()
        self._follows = False
        self._set(self._blank())

    def forget(self) -> None:
        """Nobody is giving a key here any more; the one in use is shown."""
        self._stop()
        self._follow()

    def submit(self, key: str | None, *, keep: bool = False) -> None:
        """Prove a key with a real call. It waits while the keyring is busy with one.

        Args:
            key: what the user gave; None checks the key in use, or a server that needs none.
            keep: put it into the keyring at once if it is good.
        """
        if self._state.activity in (KeyActivity.STORING, KeyActivity.READING):
            return
        self._take(key)
        self._proof, self._asks = None, False
        if key is None and self._keys.state_at(self._provider, self.address).wants_consent:
            self._asks = True
            self._follow()
            return
        self._follows = False
        base = self._known() if key is None else self._blank()
        self._set(replace(base, activity=KeyActivity.CHECKING, error=None))
        self._start(self._replace(key) if keep and key is not None else self._prove(key))

    def keep(self, store: KeyStore, key: str | None = None) -> None:
        """Keep the key that was given.

        Args:
            store: the keyring, or memory only.
            key: a secret that nobody can prove (the proxy's password); None for the one that was submitted.
        """
        if key is not None:
            self._take(key)
        if self._candidate is None:
            return
        self._follows = False
        status = status_after(self._proof)
        self._set(replace(self._blank(), status=status, activity=KeyActivity.STORING, info=self._state.info))
        self._start(self._keep(self._candidate, store))

    def keep_unchecked(self) -> None:
        """Keep a key that could not be checked; without one, go on with the key in use."""
        if not self._state.is_unreachable:
            return
        if self._candidate is not None:
            self.keep(KeyStore.KEYRING)
            return
        if not self._keys.state_at(self._provider, self.address).is_elsewhere:
            self._keys.leave_unverified(self._provider)
        self._follow()
        self.passed.emit()

    def cancel(self) -> None:
        """Stop waiting for the provider or the keyring; what is known so far stays."""
        activity, was_given = self._state.activity, self._candidate is not None
        self._keys.tasks.cancel(self._task)
        if activity is KeyActivity.STORING:
            self._set(replace(self._state, activity=KeyActivity.IDLE))
        elif activity is KeyActivity.CHECKING and was_given:
            self.edit()
        elif activity is KeyActivity.CHECKING:
            self._follow()

    # --- the user's word on another address

    def allow(self) -> None:
        """The key in use may be sent to this address: do so."""
        self._keys.allow(self._provider, self.address)
        self._asks = False
        self._follow()
        if self._provider != PROXY:
            self.submit(None)

    def withhold(self) -> None:
        """The key in use must not be sent to this address: go on without one, where the provider needs none."""
        self._keys.withhold(self._provider, self.address)
        self._asks = False
        if self._needs_key:
            self._follow()
        else:
            self.submit(None)

    # --- the key in use

    def load(self) -> None:
        """Ask the keyring for the key in use, once more where it did not give it."""
        self._keys.open(self._provider)

    def refresh(self) -> None:
        """Ask the provider for the facts of the key in use; read the key first where that has not been done."""
        if self._keys.state(self._provider).is_kept:
            self._start(self._refresh())

    def remove(self) -> None:
        """Remove the key in use; :attr:`removed` tells when it is gone."""
        self._follow()
        self._start(self._remove())

    # --- inside

    def _take(self, key: str | None) -> None:
        self._candidate, self._given_for = key, self.address
        self._given_origin = self._keys.origin_at(self._provider, self._given_for)

    async def _prove(self, key: str | None) -> None:
        given, address = key is not None, self._given_for
        asked = key if given else self._keys.secret_for(self._provider, address)
        self._take_proof(await self._keys.prove(self._provider, asked, address), given=given)

    async def _replace(self, key: str) -> None:
        result = await self._keys.replace(self._provider, key, self._given_for)
        if result.kept is None:
            self._take_proof(result.proof, given=True)
        else:
            self._proof = result.proof
            self._take_kept(result.kept)

    async def _keep(self, key: str, store: KeyStore) -> None:
        address, origin = self._given_for, self._given_origin
        self._take_kept(await self._keys.keep(self._provider, key, store, address, self._proof, origin=origin))

    async def _refresh(self) -> None:
        if (await self._keys.read(self._provider)).is_loaded:
            await self._keys.refresh(self._provider)

    async def _remove(self) -> None:
        self.removed.emit(await self._keys.remove(self._provider))

    def _take_proof(self, proof: Proof, *, given: bool) -> None:
        if proof.status is KeyStatus.NONE:
            # Another check has taken the place of this one, which ends without a word.
            if given:
                self.edit()
            else:
                self._follow()
            return
        self._proof = proof if given else None
        known = self._blank() if given else self._known()
        status = known.status if proof.status is KeyStatus.UNVERIFIED else proof.status
        self._set(replace(known, status=status, info=proof.info or known.info, error=proof.error))

    def _take_kept(self, kept: KeyringResult) -> None:
        if kept.is_done:
            self._candidate = self._proof = None
            self._follow()
            self.kept.emit()
            return
        info = self._proof.info if self._proof is not None else None
        self._set(replace(self._blank(), status=status_after(self._proof), info=info, error=kept.error))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._keys.tasks.start(work, name=self._task)

    def _stop(self) -> None:
        self._keys.tasks.cancel(self._task)
        self._candidate = self._proof = None
        self._asks = False

    def _follow(self) -> None:
        self._follows = True
        self._set(self._known())

    def _on_known(self, state: KeyState) -> None:
        if self._follows:
            self._set(self._known())
        elif state.activity is KeyActivity.STORING and self._state.activity is KeyActivity.CHECKING:
            # The key has proven good, and goes into the keyring at once.
            self._set(replace(self._state, activity=KeyActivity.STORING))

    def _known(self) -> KeyState:
        """The key in use, at this address."""
        state = self._keys.state_at(self._provider, self.address)
        # While an address is being typed nobody is asked about each letter.
        wants_consent = state.wants_consent and (self._asks or not self._has_address)
        # That somebody asks for its facts holds nobody up here, nor does it matter that this failed.
        activity = KeyActivity.IDLE if state.activity is KeyActivity.CHECKING else state.activity
        lasting = isinstance(state.error, KeyringError) or state.status is KeyStatus.REJECTED
        return replace(state, wants_consent=wants_consent, activity=activity, error=state.error if lasting else None)

    def _blank(self) -> KeyState:
        """Another key, of which nothing is known."""
        address = self.address if self._candidate is None else self._given_for
        target = self._keys.origin_at(self._provider, address)
        return KeyState(self._provider, origin=target, target=target)

    def _set(self, state: KeyState) -> None:
        if state != self._state:
            self._state = state
            self.changed.emit(state)
