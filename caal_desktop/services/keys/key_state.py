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

KeyProblem = ProviderError | KeyringError


class KeyActivity(StrEnum):
    """What is being done with a key at the moment."""

    IDLE = "idle"
    READING = "reading"
    """The keyring is being asked for it."""
    CHECKING = "checking"
    """Its provider is being asked what it thinks of it."""
    STORING = "storing"
    REMOVING = "removing"


@dataclass(frozen=True, slots=True)
class KeyState:
    """One secret as it stands: the key of a provider, or the proxy's password.

    Attributes:
        provider: the provider's name, or :data:`PROXY`.
        status: what is known about it, at the address that requests go to.
        store: where it is kept. What was kept for an earlier session, or is gone from the keyring, is kept nowhere.
        origin: scheme, host and port that it was given for, and the proxy that could read it there
            (:meth:`~caal_desktop.llm.transport.network.NetworkOptions.receiver_of`); "" where that is not known, or
            there is none.
        target: the same for the requests of now; "" while no usable address is given.
        is_loaded: whether it is in memory.
        is_awaited: whether it should lie in the keyring, which has not been asked yet or has not answered.
        wants_consent: it was given for another address than the one that requests go to, and the user has not said yet
            whether it may be sent there.
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
    error: KeyProblem | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is one, in memory or in the keyring."""
        return self.store is not KeyStore.NONE

    @property
    def is_elsewhere(self) -> bool:
        """Whether it was given for another address than the one that requests go to; it is not sent then."""
        return self.is_kept and bool(self.target) and self.origin != self.target

    @property
    def is_busy(self) -> bool:
        """Whether the user waits for the provider or the keyring."""
        return self.activity is not KeyActivity.IDLE or self.is_awaited

    @property
    def is_proven(self) -> bool:
        """Whether its provider has said that it is good, and the last check did not fail."""
        return self.status is KeyStatus.VERIFIED and self.error is None and not self.is_busy

    @property
    def is_unreadable(self) -> bool:
        """Whether the keyring did not give it."""
        return self.is_kept and not self.is_loaded and isinstance(self.error, KeyringError)

    @property
    def is_unstored(self) -> bool:
        """Whether it was given, and the keyring did not take it."""
        return not self.is_kept and isinstance(self.error, KeyringError)

    @property
    def is_unreachable(self) -> bool:
        """Whether its provider could not be asked what it thinks of it."""
        asked = self.error is not None and not isinstance(self.error, KeyringError)
        return asked and self.status is not KeyStatus.REJECTED


@dataclass(frozen=True, slots=True)
class Proof:
    """What a provider thinks of a key.

    Attributes:
        status: ``verified``; ``rejected``; ``unverified`` where the provider could not be asked; ``none`` where another
            check took the place of this one, or there is nothing to ask with.
        info: what the provider told about the key.
        error: why it was rejected or could not be checked.
    """

    status: KeyStatus
    info: KeyInfo | None = None
    error: KeyProblem | None = None


def status_after(proof: Proof | None) -> KeyStatus:
    """What is known about a key that is kept after such a proof, or without any."""
    proven = proof is not None and proof.status is KeyStatus.VERIFIED
    return KeyStatus.VERIFIED if proven else KeyStatus.UNVERIFIED


@dataclass(frozen=True, slots=True)
class KeyringResult:
    """What became of a key that was to be kept or removed.

    Attributes:
        is_done: whether it is kept now, or gone.
        error: what stood in the way; None where it is done, or something else was wanted meanwhile.
    """

    is_done: bool
    error: KeyringError | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """What became of a key that was to take another one's place.

    Attributes:
        proof: what its provider thinks of it.
        kept: whether it is in use now; None where it did not prove good, so that nobody tried.
    """

    proof: Proof
    kept: KeyringResult | None = None
