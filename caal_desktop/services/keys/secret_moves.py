"""Finds the secrets that would be sent to another address once changed settings are in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.services.providers.connections import PROXY

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.storage.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class SecretMove:
    """A stored secret whose address changes.

    Attributes:
        secret: the provider's name, or :data:`~caal_desktop.services.providers.connections.PROXY`.
        origin: scheme, host and port that it was given for; "" where that is not known.
        target: scheme, host and port that would receive it.
    """

    secret: str
    origin: str
    target: str


def secret_moves(keys: KeyService, current: Settings, new: Settings) -> tuple[SecretMove, ...]:
    """Return the secrets that would be sent to an address for which they were not given.

    Args:
        keys: the secrets.
        current: the settings in force.
        new: what would take their place.

    Returns:
        The secrets whose address ``new`` changes; those that the user is asked about already, or has decided on, are
        left out.
    """
    moves = []
    for secret in (*PROVIDERS, PROXY):
        state, before = keys.state_with(new, secret), keys.state_with(current, secret)
        if state.is_cross_origin and state.target != before.target:
            moves.append(SecretMove(secret, state.origin, state.target))
    return tuple(moves)
