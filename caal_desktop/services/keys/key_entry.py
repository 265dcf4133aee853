"""A key that the user is entering: checked with a real request, then stored. Wizard and key cards share this."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.redaction import register_secret
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
    """The entry of one provider's key, or of the proxy's password.

    Its :attr:`state` is that of the key in use as long as no other key is being entered, then of that one (the
    candidate). The key in use stays until the candidate is stored. The entry has no parent and is kept alive by its
    tasks: a key that is being stored is stored even if the window is closed meanwhile.

    Args:
        keys: the owner of all keys.
        provider: the provider's name, or :data:`~caal_desktop.services.providers.connections.PROXY`.
        address: the base URL that the key is for, where that is not fixed; None for the one in force.

    Signals:
        changed: carries the new :class:`KeyState`.
        kept: the key that was entered is in use now.
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
        # The base URL that the candidate was entered for, whatever becomes of the settings meanwhile.
        self._candidate_address = ""
        # The same as an origin, with the proxy that could read it at that time.
        self._candidate_origin = ""
        self._proof: Proof | None = None
        # Whether the state is that of the key in use, and changes with it; otherwise it is the candidate's.
        self._shows_key_in_use = True
        # Whether the user has asked for a check at an address for which the key in use was not given.
        self._asks_for_consent = False
        self._task = f"entry.{id(self)}"
        self._state = self._key_in_use()
        keys.watch(provider).changed.connect(self._on_key_in_use)

    @property
    def provider(self) -> str:
        """The provider's name, or that of the proxy."""
        return self._provider

    @property
    def address(self) -> str:
        """The base URL that the key is for; "" where there is none yet, or a fixed one."""
        return self._keys.address_of(self._provider) if self._address is None else self._address

    @property
    def state(self) -> KeyState:
        """The state of the key that is being entered, or else of the one in use."""
        return self._state

    @property
    def candidate(self) -> str | None:
        """The key that was entered and is not stored yet."""
        return self._candidate

    def candidate_for(self, address: str) -> str | None:
        """Return the candidate for requests to a base URL; None where it was entered for another origin or proxy."""
        return self._candidate if self._keys.origin_at(self._provider, address) == self._candidate_origin else None

    # --- entering a key

    def set_address(self, address: str | None) -> None:
        """Enter the key for another address; what was known about it is discarded."""
        if address != self._address:
            self._address = address
            self.edit()

    def edit(self) -> None:
        """Begin to enter another key, of which nothing is known yet."""
        self._discard()
        self._shows_key_in_use = False
        self._set(self._new_key())

    def forget(self) -> None:
        """Stop entering a key, and show the one in use."""
        self._discard()
        self._show_key_in_use()

    def submit(self, key: str | None, *, keep: bool = False) -> None:
        """Check a key with a real request. Nothing happens while the keyring is busy.

        Args:
            key: what the user entered; None checks the key in use, or a server that needs none.
            keep: store it in the keyring at once if it is good.
        """
        if self._state.activity in (KeyActivity.STORING, KeyActivity.READING):
            return
        self._set_candidate(key)
        self._proof, self._asks_for_consent = None, False
        if key is None and self._keys.state_at(self._provider, self.address).wants_consent:
            self._asks_for_consent = True
            self._show_key_in_use()
            return
        self._shows_key_in_use = False
        base = self._key_in_use() if key is None else self._new_key()
        self._set(replace(base, activity=KeyActivity.CHECKING, error=None))
        self._start(self._replace(key) if keep and key is not None else self._prove(key))

    def keep(self, store: KeyStore, key: str | None = None) -> None:
        """Store the key that was entered.

        Args:
            store: the keyring, or memory only.
            key: a secret that cannot be checked (the proxy's password); None for the one that was submitted.
        """
        if key is not None:
            self._set_candidate(key)
        if self._candidate is None:
            return
        self._shows_key_in_use = False
        status = status_after(self._proof)
        self._set(replace(self._new_key(), status=status, activity=KeyActivity.STORING, info=self._state.info))
        self._start(self._keep(self._candidate, store))

    def keep_unchecked(self) -> None:
        """Store a key that could not be checked; without one, go on with the key in use."""
        if not self._state.is_unreachable:
            return
        if self._candidate is not None:
            self.keep(KeyStore.KEYRING)
            return
        if not self._keys.state_at(self._provider, self.address).is_cross_origin:
            self._keys.leave_unverified(self._provider)
        self._show_key_in_use()
        self.passed.emit()

    def cancel(self) -> None:
        """Stop waiting for the provider or the keyring; what is known so far stays."""
        activity, has_candidate = self._state.activity, self._candidate is not None
        self._keys.tasks.cancel(self._task)
        if activity is KeyActivity.STORING:
            self._set(replace(self._state, activity=KeyActivity.IDLE))
        elif activity is KeyActivity.CHECKING and has_candidate:
            self.edit()
        elif activity is KeyActivity.CHECKING:
            self._show_key_in_use()

    # --- the user's decisions on another address

    def allow(self) -> None:
        """Allow the key in use to be sent to this address, and check it there."""
        self._keys.allow(self._provider, self.address)
        self._asks_for_consent = False
        self._show_key_in_use()
        if self._provider != PROXY:
            self.submit(None)

    def withhold(self) -> None:
        """Keep the key in use from this address, and go on without one where the provider needs none."""
        self._keys.withhold(self._provider, self.address)
        self._asks_for_consent = False
        if self._needs_key:
            self._show_key_in_use()
        else:
            self.submit(None)

    # --- the key in use

    def load(self) -> None:
        """Load the key in use from the keyring; try it again where that has failed."""
        self._keys.open(self._provider)

    def refresh(self) -> None:
        """Check the key in use, and load it first where that has not been done."""
        if self._keys.state(self._provider).is_kept:
            self._start(self._refresh())

    def remove(self) -> None:
        """Remove the key in use; :attr:`removed` tells when it is gone."""
        self._show_key_in_use()
        self._start(self._remove())

    # --- inside

    def _set_candidate(self, key: str | None) -> None:
        if key is not None:
            # Before it is sent for the first time: what the server answers is logged and shown.
            register_secret(key)
        self._candidate, self._candidate_address = key, self.address
        self._candidate_origin = self._keys.origin_at(self._provider, self._candidate_address)

    async def _prove(self, key: str | None) -> None:
        is_candidate, address = key is not None, self._candidate_address
        checked = key if is_candidate else self._keys.secret_for(self._provider, address)
        self._apply_proof(await self._keys.prove(self._provider, checked, address), is_candidate=is_candidate)

    async def _replace(self, key: str) -> None:
        result = await self._keys.replace(self._provider, key, self._candidate_address)
        if result.kept is None:
            self._apply_proof(result.proof, is_candidate=True)
        else:
            self._proof = result.proof
            self._apply_keyring_result(result.kept)

    async def _keep(self, key: str, store: KeyStore) -> None:
        address, origin = self._candidate_address, self._candidate_origin
        self._apply_keyring_result(
            await self._keys.keep(self._provider, key, store, address, self._proof, origin=origin)
        )

    async def _refresh(self) -> None:
        if (await self._keys.read(self._provider)).is_loaded:
            await self._keys.refresh(self._provider)

    async def _remove(self) -> None:
        self.removed.emit(await self._keys.remove(self._provider))

    def _apply_proof(self, proof: Proof, *, is_candidate: bool) -> None:
        if proof.status is KeyStatus.NONE:
            # A newer check has cancelled this one.
            if is_candidate:
                self.edit()
            else:
                self._show_key_in_use()
            return
        self._proof = proof if is_candidate else None
        known = self._new_key() if is_candidate else self._key_in_use()
        status = known.status if proof.status is KeyStatus.UNVERIFIED else proof.status
        self._set(replace(known, status=status, info=proof.info or known.info, error=proof.error))

    def _apply_keyring_result(self, kept: KeyringResult) -> None:
        if kept.is_done:
            self._candidate = self._proof = None
            self._show_key_in_use()
            self.kept.emit()
            return
        info = self._proof.info if self._proof is not None else None
        self._set(replace(self._new_key(), status=status_after(self._proof), info=info, error=kept.error))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._keys.tasks.start(work, name=self._task)

    def _discard(self) -> None:
        self._keys.tasks.cancel(self._task)
        self._candidate = self._proof = None
        self._asks_for_consent = False

    def _show_key_in_use(self) -> None:
        self._shows_key_in_use = True
        self._set(self._key_in_use())

    def _on_key_in_use(self, state: KeyState) -> None:
        if self._shows_key_in_use:
            self._set(self._key_in_use())
        elif state.activity is KeyActivity.STORING and self._state.activity is KeyActivity.CHECKING:
            # The check of the candidate has succeeded, and it is being stored at once.
            self._set(replace(self._state, activity=KeyActivity.STORING))

    def _key_in_use(self) -> KeyState:
        """Return the state of the key in use at this address."""
        state = self._keys.state_at(self._provider, self.address)
        # While an address is being typed the question must not appear with each letter.
        wants_consent = state.wants_consent and (self._asks_for_consent or not self._has_address)
        # A check that was begun elsewhere does not block this entry, and its failure is not shown here.
        activity = KeyActivity.IDLE if state.activity is KeyActivity.CHECKING else state.activity
        lasting = isinstance(state.error, KeyringError) or state.status is KeyStatus.REJECTED
        return replace(state, wants_consent=wants_consent, activity=activity, error=state.error if lasting else None)

    def _new_key(self) -> KeyState:
        """Return the state of another key, of which nothing is known."""
        address = self.address if self._candidate is None else self._candidate_address
        target = self._keys.origin_at(self._provider, address)
        return KeyState(self._provider, origin=target, target=target)

    def _set(self, state: KeyState) -> None:
        if state != self._state:
            self._state = state
            self.changed.emit(state)
