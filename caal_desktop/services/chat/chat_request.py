"""The parameters of a request, from the settings and the options of its conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.models.routing import quick_route
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.chat.chat_options import ChatOptions, reasoning_field, takes
from caal_desktop.storage.settings.choices import ProviderSort, Reasoning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.llm.models.routing import QuickRoute
    from caal_desktop.services.providers.provider_pool import Connection
    from caal_desktop.storage.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """The parameters of a request.

    Attributes:
        connection: the provider.
        model: the model id, as the user chose it.
        system_prompt: "" for none.
        temperature: 0 to 2; None leaves it to the model.
        max_tokens: maximum length of the answer in tokens.
        reasoning: OpenRouter's ``reasoning`` object; None sends none.
        extra: further fields of the request, such as OpenRouter's ``provider`` and ``models``.
        routed_id: the id to send in the model's place, which says how to choose among its hosts; None for the model's.
        thinks_as_voice: it is known to ask for as little thinking as a voice turn does.
    """

    connection: Connection
    model: str
    system_prompt: str = ""
    temperature: float | None = 0.7
    max_tokens: int = 4096
    reasoning: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    routed_id: str | None = None
    thinks_as_voice: bool = True


def chat_request(
    settings: Settings,
    connection: Connection,
    model: ModelInfo | None = None,
    options: ChatOptions | None = None,
    *,
    model_id: str | None = None,
) -> ChatRequest:
    """Return the parameters with which the test chat sends a message.

    Args:
        settings: the settings.
        connection: the provider.
        model: what is known about the model; parameters that it lacks are not sent.
        options: the options of this conversation.
        model_id: another model than the provider's chosen one.
    """
    options = options or ChatOptions()
    descriptor = descriptor_of(connection.provider)
    sends_reasoning = descriptor.can(Capability.REASONING) and not options.model_defaults
    temperature: float | None = settings.temperature if options.temperature is None else options.temperature
    if options.model_defaults or not takes(model, "temperature"):
        temperature = None
    model_id = model_id or settings.of(connection.provider).model
    can_route = descriptor.can(Capability.ROUTING)
    quick = quick_route(model_id) if can_route and settings.asks_quick_hosts else None
    reasoning = _reasoning(settings, model, options.reasoning) if sends_reasoning else None
    # One of which nothing is known may think, unasked.
    is_for_voice = model is not None and reasoning == reasoning_field(model, None)
    return ChatRequest(
        connection,
        model_id,
        settings.system_prompt if options.system_prompt is None else options.system_prompt,
        temperature,
        settings.max_tokens if options.max_tokens is None else options.max_tokens,
        reasoning,
        _routing(settings, quick) if can_route else {},
        None if quick is None else quick.model_id,
        thinks_as_voice=is_for_voice or not descriptor.can(Capability.REASONING),
    )


def _routing(settings: Settings, quick: QuickRoute | None) -> dict[str, Any]:
    """Return the fields with the user's routing preferences; none where the user has none.

    The fallback models are asked for as they are written: what quick hosts cost is told of the chosen model alone.
    """
    preferences: dict[str, Any] = {}
    if settings.deny_data_collection:
        preferences["data_collection"] = "deny"
    if settings.zero_data_retention:
        preferences["zdr"] = True
    if settings.provider_sort is not ProviderSort.DEFAULT:
        preferences["sort"] = settings.provider_sort.value
    elif quick is not None and quick.sort is not None:
        preferences["sort"] = quick.sort
    if settings.allowed_providers:
        preferences["only"] = list(settings.allowed_providers)
    if settings.ignored_providers:
        preferences["ignore"] = list(settings.ignored_providers)
    fields: dict[str, Any] = {"provider": preferences} if preferences else {}
    if settings.fallback_models:
        fields["models"] = list(settings.fallback_models)
    return fields


def _reasoning(settings: Settings, model: ModelInfo | None, effort: str | None) -> Mapping[str, Any] | None:
    if effort is None and settings.reasoning is not Reasoning.DEFAULT:
        effort = settings.reasoning.value
    return reasoning_field(model, effort)
