"""What the wizard's key step shows, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.settings.schema import KeyStatus

if TYPE_CHECKING:
    from caal_desktop.llm.providers.key_info import KeyInfo

KeyProblem = ProviderError | KeyringError | ValueError


class KeyPhase(StrEnum):
    """What the key step shows."""

    LOADING = "loading"
    """The key of an earlier run is being read from the keyring."""
    WAITING = "waiting"
    """For the person to give a key."""
    CHECKING = "checking"
    VERIFIED = "verified"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """The provider could not be asked; the key may be kept unverified."""
    KEPT_UNVERIFIED = "kept_unverified"
    STORING = "storing"
    STORE_FAILED = "store_failed"
    """It works, but the keyring did not take it; "this session only" is left."""
    LOAD_FAILED = "load_failed"
    """The key of an earlier run could not be read."""


@dataclass(frozen=True, slots=True)
class KeyView:
    """The key step as it stands.

    Attributes:
        phase: what it shows.
        info: what the provider told about the key.
        error: why it was refused, could not be checked, stored or read.
    """

    phase: KeyPhase = KeyPhase.WAITING
    info: KeyInfo | None = None
    error: KeyProblem | None = None


def phase_of(status: KeyStatus) -> KeyPhase:
    """What the step shows for a key that nothing is being done with."""
    match status:
        case KeyStatus.VERIFIED:
            return KeyPhase.VERIFIED
        case KeyStatus.UNVERIFIED:
            return KeyPhase.KEPT_UNVERIFIED
        case KeyStatus.REJECTED:
            return KeyPhase.REFUSED
        case KeyStatus.NONE:
            return KeyPhase.WAITING
