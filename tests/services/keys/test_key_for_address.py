"""A key of one's own server goes to that server alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from caal_desktop.services.providers.connections import key_for
from caal_desktop.storage.settings.schema import Settings

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService

KEY = "a key of one's own server"


class OneKey:
    """As much of the key service as is asked for here."""

    def key(self, provider: str) -> str | None:
        del provider
        return KEY


KEYS = cast("KeyService", OneKey())
SETTINGS = Settings().replace(openai_compatible_base_url="https://models.example:8443/v1")


@pytest.mark.parametrize("address", ["https://models.example:8443/v1", "https://models.example:8443/openai/v1"])
def test_the_same_server_gets_it_by_any_path(address: str) -> None:
    assert key_for(SETTINGS, KEYS, "openai_compatible", address) == KEY


@pytest.mark.parametrize(
    "address", ["https://other.example:8443/v1", "https://models.example/v1", "https://models.example.evil:8443/v1", ""]
)
def test_another_server_does_not(address: str) -> None:
    assert key_for(SETTINGS, KEYS, "openai_compatible", address) is None


def test_a_provider_with_a_fixed_address_is_always_the_same() -> None:
    assert key_for(SETTINGS, KEYS, "openrouter", "") == KEY
