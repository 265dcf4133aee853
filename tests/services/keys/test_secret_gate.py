"""A secret leaves its owner for the address that it was given for, and for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.transport.address import origin_of
from caal_desktop.services.keys.secret_moves import SecretMove, secret_moves
from caal_desktop.services.providers.connections import PROXY, catalogue_connection, connection_for
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.parts import Parts

KEY = "a-key-of-ones-own-server"
OWN = "https://models.example:8443/v1"
OTHERS = (
    "https://other.example:8443/v1",
    "https://models.example/v1",
    "http://models.example:8443/v1",
    "https://models.example.evil:8443/v1",
    "https://models.example:8443@evil.example/v1",
    "",
)


@pytest.fixture
def own_server(parts: Parts) -> Parts:
    parts.settings.update(provider="openai_compatible", openai_compatible_base_url=OWN)
    parts.use_key(KEY, provider="openai_compatible")
    return parts


@pytest.mark.parametrize("address", [OWN, "https://models.example:8443/openai/v1", "HTTPS://Models.Example:8443"])
def test_the_same_server_gets_it_by_any_path(own_server: Parts, address: str) -> None:
    assert own_server.keys.secret_for("openai_compatible", address) == KEY


@pytest.mark.parametrize("address", OTHERS)
def test_another_server_does_not(own_server: Parts, address: str) -> None:
    assert own_server.keys.secret_for("openai_compatible", address) is None


@pytest.mark.parametrize("address", [other for other in OTHERS if origin_of(other)])
def test_nothing_connects_before_the_user_has_said_whether_it_may_be_sent(own_server: Parts, address: str) -> None:
    keys, new = own_server.keys, own_server.settings.current.replace(openai_compatible_base_url=address)
    # Settings that are being edited are judged like those in force.
    assert connection_for(new, keys) is None
    assert catalogue_connection(new, keys) is None
    own_server.settings.set(new)
    state = own_server.state("openai_compatible")
    assert state.wants_consent
    assert (state.origin, state.target) == (origin_of(OWN), origin_of(address))
    assert state.status is KeyStatus.NONE, "what was proven elsewhere says nothing here"
    assert connection_for(own_server.settings.current, keys) is None
    own_server.settings.update(openai_compatible_base_url=OWN)
    connection = connection_for(own_server.settings.current, keys)
    assert connection is not None
    assert connection.key == KEY
    assert own_server.state("openai_compatible").status is KeyStatus.VERIFIED


def test_allowed_it_belongs_to_the_new_address_and_is_unverified_there(own_server: Parts) -> None:
    own_server.settings.update(openai_compatible_base_url="https://other.example/v1")
    own_server.keys.allow("openai_compatible")
    connection = connection_for(own_server.settings.current, own_server.keys)
    assert connection is not None
    assert connection.key == KEY
    row = own_server.settings.current.of()
    assert (row.key_origin, row.key_status) == ("https://other.example:443", KeyStatus.UNVERIFIED)
    assert own_server.keys.secret_for("openai_compatible", OWN) is None


def test_withheld_the_request_is_sent_without_it_and_the_user_is_not_asked_again(
    make_parts: Callable[..., Parts], own_server: Parts
) -> None:
    own_server.settings.update(openai_compatible_base_url="https://other.example/v1")
    own_server.keys.withhold("openai_compatible")
    connection = connection_for(own_server.settings.current, own_server.keys)
    assert connection is not None
    assert connection.key is None
    assert not own_server.state("openai_compatible").wants_consent
    assert own_server.settings.current.of().key_origin == origin_of(OWN), "it stays kept where it was"
    own_server.settings.update(openai_compatible_base_url="https://third.example/v1")
    assert own_server.state("openai_compatible").wants_consent, "that was said of another address"


def test_a_provider_that_needs_its_key_is_not_asked_without_it(make_parts: Callable[..., Parts]) -> None:
    parts = make_parts("http://127.0.0.1:9/api/v1", stands_in=True)
    parts.keep_key("gsk_" + "a1B2" * 13, KeyStore.SESSION, "groq")
    parts.use_key("sk-or-v1-" + "5a" * 32)
    assert connection_for(parts.settings.current, parts.keys) is not None
    parts.keys._update_record("openrouter", origin="https://openrouter.ai:443")
    assert parts.state("openrouter").wants_consent
    parts.keys.withhold("openrouter")
    assert connection_for(parts.settings.current, parts.keys) is None
    # Its list is public: it is asked for without the key.
    listed = catalogue_connection(parts.settings.current, parts.keys)
    assert listed is not None
    assert listed.key is None
    assert connection_for(parts.settings.current, parts.keys, "groq") is not None, "another provider is not concerned"


def test_the_proxys_password_is_the_proxys(parts: Parts) -> None:
    parts.use_key("sk-or-v1-" + "5a" * 32)
    parts.settings.update(proxy_mode="manual", proxy_url="http://proxy.example:3128", proxy_user="ann")
    parts.keep_key("pa:ss", KeyStore.SESSION, PROXY)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    assert connection.network.proxy_password == "pa:ss"
    parts.settings.update(proxy_url="http://proxy.example:3129")
    assert parts.state(PROXY).wants_consent
    assert connection_for(parts.settings.current, parts.keys) is None
    listed = catalogue_connection(parts.settings.current, parts.keys)
    assert listed is not None
    assert listed.network.proxy_password == ""
    parts.keys.withhold(PROXY)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    assert connection.network.proxy_password == ""
    # Where no proxy of one's own is used there is nothing to ask.
    parts.settings.update(proxy_url="http://proxy.example:3130", proxy_mode="system")
    assert not parts.state(PROXY).wants_consent
    assert connection_for(parts.settings.current, parts.keys) is not None


def test_every_secret_that_would_go_elsewhere_is_named(own_server: Parts) -> None:
    parts = own_server
    parts.settings.update(proxy_mode="manual", proxy_url="http://proxy.example:3128", proxy_user="ann")
    parts.keep_key("pa:ss", KeyStore.SESSION, PROXY)
    now = parts.settings.current
    assert secret_moves(parts.keys, now, now.replace(theme="dark", openai_compatible_base_url=f"{OWN}/other")) == ()
    changed = now.replace(
        provider="openrouter",
        openai_compatible_base_url="https://other.example/v1",
        ollama_base_url="http://192.168.0.7:11434/v1",
        proxy_url="http://other.example:3128",
    )
    assert secret_moves(parts.keys, now, changed) == (
        SecretMove("openai_compatible", "https://models.example:8443", "https://other.example:443"),
        SecretMove(PROXY, "http://proxy.example:3128", "http://other.example:3128"),
    )
    # What is asked already is not asked once more with every other change.
    parts.settings.set(changed)
    assert secret_moves(parts.keys, changed, changed.replace(theme="dark")) == ()


def test_a_new_key_is_never_in_use_for_the_old_ones_address(own_server: Parts) -> None:
    seen: list[str | None] = []
    own_server.keys.stateChanged.connect(
        lambda *_state: seen.append(own_server.keys.secret_for("openai_compatible", OWN))
    )
    own_server.settings.update(openai_compatible_base_url="https://other.example/v1")
    own_server.use_key("another-key", provider="openai_compatible")
    assert own_server.keys.secret_for("openai_compatible", "https://other.example/v1") == "another-key"
    assert "another-key" not in seen
