"""What is known about a provider's key, as plain data; and what the operations on it result in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore

if TYPE_CHECKING:
    from caal_desktop.llm.models.key_info import KeyInfo

SecretError = ProviderError | KeyringError
"""Why a secret could not be read, stored or checked."""


class KeyActivity(StrEnum):
    """What is being done with a key at the moment."""

    IDLE = "idle"
    READING = "reading"
    """From the keyring."""
    CHECKING = "checking"
    """With a request to its provider."""
    STORING = "storing"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class KeyState:
    """The state of one secret: the key of a provider, or the proxy's password.

    Attributes:
        provider: the provider's name, or :data:`PROXY`.
        status: what is known about it, at the address that requests go to.
        store: where it is stored; nowhere, where that was an earlier session alone, or it is gone from the keyring.
        origin: scheme, host and port that it was given for, and the proxy that could read it there
            (:meth:`~caal_desktop.llm.transport.network.NetworkOptions.receiver_of`); "" where that is not known, or
            there is none.
        target: the same for the requests of now; "" while no usable address is given.
        is_loaded: whether it is in memory.
        is_awaited: whether it should be in the keyring, and has not been read yet.
        wants_consent: it was given for another origin than the one that requests go to, and the user has not decided
            yet whether it may be sent there.
        activity: what is being done with it.
        info: what its provider told about it.
        error: why it could not be read, or why the last check failed.
    """

    provider: str
    status: KeyStatus = KeyStatus.NONE
    store: KeyStore = KeyStore.NONE
    origin: str = ""
    target: str = ""
    is_loaded: bool = False
    is_awaited: bool = False
    wants_consent: bool = False
    activity: KeyActivity = KeyActivity.IDLE
    info: KeyInfo | None = None
    error: SecretError | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is one, in memory or in the keyring."""
        return self.store is not KeyStore.NONE

    @property
    def is_cross_origin(self) -> bool:
        """Whether it was given for another origin than the one that requests go to; it is not sent then."""
        return self.is_kept and bool(self.target) and self.origin != self.target

    @property
    def is_busy(self) -> bool:
        """Whether the user waits for the provider or the keyring."""
        return self.activity is not KeyActivity.IDLE or self.is_awaited

    @property
    def is_being_changed(self) -> bool:
        """Whether it is being checked, stored or removed, so that what was given for it has to stay as it is.

        What is only read is no reason to keep the user from giving another one.
        """
        return self.activity in (KeyActivity.CHECKING, KeyActivity.STORING, KeyActivity.REMOVING)

    @property
    def is_proven(self) -> bool:
        """Whether its provider has accepted it, and the last check did not fail."""
        return self.status is KeyStatus.VERIFIED and self.error is None and not self.is_busy

    @property
    def is_unreadable(self) -> bool:
        """Whether it could not be read from the keyring."""
        return self.is_kept and not self.is_loaded and isinstance(self.error, KeyringError)

    @property
    def has_storing_failed(self) -> bool:
        """Whether it was entered, and could not be stored in the keyring."""
        return not self.is_kept and isinstance(self.error, KeyringError)

    @property
    def is_unreachable(self) -> bool:
        """Whether it could not be checked, because its provider was not reached."""
        has_check_failed = self.error is not None and not isinstance(self.error, KeyringError)
        return has_check_failed and self.status is not KeyStatus.REJECTED


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of checking a key with its provider.

    Attributes:
        status: ``verified``; ``rejected``; ``unverified`` where the provider was not reached; ``none`` where a newer
            check has cancelled this one, or there is no key to check.
        info: what the provider told about the key.
        error: why it was rejected or could not be checked.
    """

    status: KeyStatus
    info: KeyInfo | None = None
    error: SecretError | None = None


def status_after(proof: Proof | None) -> KeyStatus:
    """Return the status of a key that is stored after such a check, or without any."""
    proven = proof is not None and proof.status is KeyStatus.VERIFIED
    return KeyStatus.VERIFIED if proven else KeyStatus.UNVERIFIED


@dataclass(frozen=True, slots=True)
class KeyringResult:
    """The result of storing or removing a key.

    Attributes:
        is_done: whether it is stored now, or gone.
        error: why not; None where it is done, or where a newer operation has cancelled this one.
    """

    is_done: bool
    error: KeyringError | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """The result of replacing a key.

    Attributes:
        proof: the result of the check.
        kept: whether the new key is in use now; None where the check failed, so that it was not stored.
    """

    proof: Proof
    kept: KeyringResult | None = None
