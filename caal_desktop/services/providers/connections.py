"""From settings and keys to what a request needs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.llm.transport.headers import parse_header
from caal_desktop.llm.transport.network import NetworkOptions
from caal_desktop.services.providers.provider_pool import Connection

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.storage.settings.schema import Settings

PROXY = "proxy"
"""Under this name the proxy's password is kept beside the providers' keys."""


def connection_for(settings: Settings, keys: KeyService, provider: str | None = None) -> Connection | None:
    """How to reach a provider (the current one if None); None while its key or address is missing."""
    provider = provider or settings.provider
    key = keys.key(provider)
    address = settings.of(provider).base_url
    descriptor = descriptor_of(provider)
    if (descriptor.needs_key and not key) or (descriptor.has_address and not address):
        return None
    return connection_by(settings, keys, provider, key, address)


def key_for(settings: Settings, keys: KeyService, provider: str, address: str) -> str | None:
    """The key in use, where it may go to this address: a key of one's own server is not shown to another host."""
    known = settings.of(provider).base_url
    return keys.key(provider) if urlsplit(address).netloc == urlsplit(known).netloc else None


def connection_by(
    settings: Settings, keys: KeyService, provider: str, key: str | None = None, address: str = ""
) -> Connection:
    """How to reach a provider with any key and address, by the way that the network settings name."""
    network = NetworkOptions(
        proxy_mode=settings.proxy_mode,
        proxy_url=settings.proxy_url,
        proxy_user=settings.proxy_user,
        proxy_password=(keys.key(PROXY) or "") if settings.proxy_user else "",
        ca_bundle=settings.ca_bundle,
        trust_system=settings.trust_system_certificates,
    )
    return Connection(
        provider,
        key,
        address,
        network,
        settings.connect_timeout,
        settings.read_timeout,
        settings.max_retries,
        tuple(parse_header(line) for line in settings.of(provider).headers),
    )


def catalogue_connection(settings: Settings, keys: KeyService, provider: str | None = None) -> Connection | None:
    """How to reach a provider's list of models: OpenRouter shows its own to anybody, key or not."""
    provider = provider or settings.provider
    connection = connection_for(settings, keys, provider)
    if connection is None and descriptor_of(provider).can(Capability.PUBLIC_MODEL_LIST):
        return connection_by(settings, keys, provider)
    return connection
