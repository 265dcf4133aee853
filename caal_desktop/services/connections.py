"""From settings and keys to what a request needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.services.chat_service import ChatRequest
from caal_desktop.services.provider_pool import Connection
from caal_desktop.setup_flow import PROVIDERS
from caal_desktop.storage.settings_schema import Provider

if TYPE_CHECKING:
    from caal_desktop.services.key_service import KeyService
    from caal_desktop.storage.settings_schema import Settings


def address_of(settings: Settings, provider: Provider) -> str:
    """The base URL that the person gave for a provider; "" for providers with a fixed one."""
    match provider:
        case Provider.OPENAI_COMPATIBLE:
            return settings.openai_compatible_base_url
        case Provider.OLLAMA:
            return settings.ollama_base_url
        case _:
            return ""


def connection_for(settings: Settings, keys: KeyService, provider: Provider | None = None) -> Connection | None:
    """How to reach a provider (the current one if None); None while its key or address is missing."""
    provider = provider or settings.provider
    key = keys.key(provider)
    address = address_of(settings, provider)
    traits = PROVIDERS[provider]
    if (traits.needs_key and not key) or (traits.has_address and not address):
        return None
    return Connection(provider, key, address)


def catalogue_connection(settings: Settings, keys: KeyService, provider: Provider | None = None) -> Connection | None:
    """How to reach a provider's list of models: OpenRouter shows its own to anybody, key or not."""
    provider = provider or settings.provider
    connection = connection_for(settings, keys, provider)
    if connection is None and provider is Provider.OPENROUTER:
        return Connection(provider)
    return connection


def chat_request(settings: Settings, connection: Connection) -> ChatRequest:
    """What the test chat sends with every message."""
    return ChatRequest(
        connection,
        settings.model_of(connection.provider),
        settings.system_prompt,
        settings.temperature,
        settings.max_tokens,
    )
