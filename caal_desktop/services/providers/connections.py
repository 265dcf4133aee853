"""From settings and keys to what a request needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.llm.transport.headers import parse_header
from caal_desktop.llm.transport.network import NetworkOptions
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.settings.schema import ProviderSort, Reasoning

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.chat.chat_options import ChatOptions
    from caal_desktop.services.chat.chat_request import ChatRequest
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


def routing_of(settings: Settings) -> dict[str, Any]:
    """The fields by which a provider that routes is told whom to ask; empty where the person left that to it."""
    wishes: dict[str, Any] = {}
    if settings.deny_data_collection:
        wishes["data_collection"] = "deny"
    if settings.zero_data_retention:
        wishes["zdr"] = True
    if settings.provider_sort is not ProviderSort.DEFAULT:
        wishes["sort"] = settings.provider_sort.value
    if settings.allowed_providers:
        wishes["only"] = list(settings.allowed_providers)
    if settings.ignored_providers:
        wishes["ignore"] = list(settings.ignored_providers)
    fields: dict[str, Any] = {"provider": wishes} if wishes else {}
    if settings.fallback_models:
        fields["models"] = list(settings.fallback_models)
    return fields


def reasoning_of(
    settings: Settings, model: ModelInfo | None = None, effort: str | None = None
) -> dict[str, Any] | None:
    """OpenRouter's ``reasoning`` object; None leaves it to the model.

    Args:
        settings: the settings.
        model: what is known about the model: one that need not reason is told not to, unless an effort was chosen.
        effort: the effort for this conversation; None for that of the settings.
    """
    from caal_desktop.services.chat.chat_options import reasoning_field

    if effort is None and settings.reasoning is not Reasoning.DEFAULT:
        effort = settings.reasoning.value
    wanted = reasoning_field(model, effort)
    return None if wanted is None else dict(wanted)


def catalogue_connection(settings: Settings, keys: KeyService, provider: str | None = None) -> Connection | None:
    """How to reach a provider's list of models: OpenRouter shows its own to anybody, key or not."""
    provider = provider or settings.provider
    connection = connection_for(settings, keys, provider)
    if connection is None and descriptor_of(provider).can(Capability.PUBLIC_MODEL_LIST):
        return connection_by(settings, keys, provider)
    return connection


def chat_request(
    settings: Settings,
    connection: Connection,
    model: ModelInfo | None = None,
    options: ChatOptions | None = None,
    *,
    model_id: str | None = None,
) -> ChatRequest:
    """What the test chat sends with every message.

    Args:
        settings: the settings.
        connection: the provider.
        model: what is known about the model; parameters that it lacks are not sent.
        options: what was chosen for this conversation.
        model_id: another model than the provider's chosen one.
    """
    # Imported here: the wizard's first page needs connections, but no chat.
    from caal_desktop.services.chat.chat_options import ChatOptions, takes
    from caal_desktop.services.chat.chat_request import ChatRequest

    options = options or ChatOptions()
    descriptor = descriptor_of(connection.provider)
    reasons = descriptor.can(Capability.REASONING) and not options.model_defaults
    temperature: float | None = settings.temperature if options.temperature is None else options.temperature
    if options.model_defaults or not takes(model, "temperature"):
        temperature = None
    return ChatRequest(
        connection,
        model_id or settings.of(connection.provider).model,
        settings.system_prompt if options.system_prompt is None else options.system_prompt,
        temperature,
        settings.max_tokens if options.max_tokens is None else options.max_tokens,
        reasoning_of(settings, model, options.reasoning) if reasons else None,
        routing_of(settings) if descriptor.can(Capability.ROUTING) else {},
    )
