"""Makes connections from settings and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.llm.transport.headers import parse_header
from caal_desktop.llm.transport.network import NetworkOptions
from caal_desktop.services.providers.provider_pool import Connection

if TYPE_CHECKING:
    from caal_desktop.storage.settings.schema import Settings

PROXY: Final = "proxy"
"""The name of the proxy's password among the secrets, beside the names of the providers."""


class Secrets(Protocol):
    """What connections need of the service that holds the secrets."""

    def wants_consent(self, settings: Settings, name: str) -> bool:
        """Return whether the user has to allow first that a secret is sent to the address that settings name."""

    def secret_for(self, name: str, address: str = "", settings: Settings | None = None) -> str | None:
        """Return the secret in use, for the origin that it was given for; None for every other one."""


def connection_for(settings: Settings, keys: Secrets, provider: str | None = None) -> Connection | None:
    """Return the connection to a provider.

    Args:
        settings: name its address and the network options.
        keys: the secrets.
        provider: its name; None for the provider in use.

    Returns:
        The connection; None while its key or address is missing, and while the user has not decided whether the key, or
        the proxy's password, may be sent to an address for which it was not given.
    """
    name = provider or settings.provider
    descriptor, address = descriptor_of(name), settings.of(name).base_url
    if descriptor.has_address and not address:
        return None
    if any(keys.wants_consent(settings, secret) for secret in (name, PROXY)):
        return None
    key = keys.secret_for(name, address, settings)
    if descriptor.needs_key and not key:
        return None
    return connection_by(settings, keys, name, key, address)


def connection_by(
    settings: Settings, keys: Secrets, provider: str, key: str | None = None, address: str = ""
) -> Connection:
    """Return the connection to a provider with any key and address, by the network options of the settings."""
    network = network_of(settings)
    if settings.proxy_user:
        password = keys.secret_for(PROXY, settings.proxy_url, settings)
        network = replace(network, proxy_password=password or "")
    return Connection(
        provider,
        key,
        address,
        network,
        settings.connect_timeout,
        settings.read_timeout,
        settings.max_retries,
        tuple(parse_header(line) for line in settings.of(provider).headers),
        settings.of(provider).num_ctx,
    )


def network_of(settings: Settings) -> NetworkOptions:
    """Return the network options of the settings, without the proxy's password."""
    return NetworkOptions(
        proxy_mode=settings.proxy_mode,
        proxy_url=settings.proxy_url,
        proxy_user=settings.proxy_user,
        ca_bundle=settings.ca_bundle,
        trust_system=settings.trust_system_certificates,
    )


def catalogue_connection(settings: Settings, keys: Secrets, provider: str | None = None) -> Connection | None:
    """Return the connection to a provider's list of models, for which some providers need no key."""
    provider = provider or settings.provider
    connection = connection_for(settings, keys, provider)
    if connection is None and descriptor_of(provider).can(Capability.PUBLIC_MODEL_LIST):
        return connection_by(settings, keys, provider)
    return connection
