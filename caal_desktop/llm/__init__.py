"""The provider layer: one interface to language models, for this program and for the voice agent.

::

    async with OpenRouterProvider("vendor/model", key) as provider:
        async with contextlib.aclosing(provider.chat_stream(messages)) as pieces:
            async for piece in pieces:
                ...

Every provider is an :class:`LLMProvider`; :func:`create_provider` makes one by its name, and
:func:`create_provider_from_settings` makes the one that the agent's settings describe. Whatever goes wrong is a
:class:`ProviderError`, which says what happened, why, and what to do.

The layer depends on no user interface and no keyring. Importing it is cheap: the SDK below the clients,
which takes half a second, is imported at the first request, or before by :func:`warm_up`.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caal_desktop.llm.base import (
        LLMProvider,
        LLMResponse,
        Message,
        TokenUsage,
        ToolCall,
        format_tool_call_message,
        format_tool_result,
        parse_tool_arguments,
    )
    from caal_desktop.llm.errors import ConfigurationError, ErrorText, ProviderError, Remedy
    from caal_desktop.llm.events import (
        AnsweredBy,
        FinishReason,
        KeepAlive,
        ReasoningDelta,
        StreamEvent,
        StreamFinished,
        StreamStarted,
        TextDelta,
        ToolCallDelta,
        UsageReport,
        Waiting,
    )
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelInfo, ModelList, PriceTier, Pricing, ReasoningPolicy
    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.llm.providers.agent_settings import create_provider_from_settings
    from caal_desktop.llm.providers.clients.groq import GroqProvider
    from caal_desktop.llm.providers.clients.ollama import OllamaProvider
    from caal_desktop.llm.providers.clients.openai_compatible import OpenAICompatibleProvider
    from caal_desktop.llm.providers.clients.openrouter import OpenRouterProvider
    from caal_desktop.llm.providers.groq import GROQ_BASE_URL
    from caal_desktop.llm.providers.ollama import OLLAMA_BASE_URL
    from caal_desktop.llm.providers.openrouter import OPENROUTER_BASE_URL
    from caal_desktop.llm.providers.registry import PROVIDER_NAMES, create_provider
    from caal_desktop.llm.speech.sentences import SentenceSplitter
    from caal_desktop.llm.transport.network import NetworkOptions, ProxyMode, Timeouts
    from caal_desktop.llm.transport.retry import RetryPolicy

__all__ = [
    "GROQ_BASE_URL",
    "OLLAMA_BASE_URL",
    "OPENROUTER_BASE_URL",
    "PROVIDER_NAMES",
    "AnsweredBy",
    "ConfigurationError",
    "EndpointInfo",
    "ErrorText",
    "FinishReason",
    "GroqProvider",
    "KeepAlive",
    "KeyInfo",
    "LLMProvider",
    "LLMResponse",
    "Message",
    "ModelInfo",
    "ModelList",
    "NetworkOptions",
    "OllamaProvider",
    "OpenAICompatibleProvider",
    "OpenRouterProvider",
    "PriceTier",
    "Pricing",
    "ProviderError",
    "ProxyMode",
    "ReasoningDelta",
    "ReasoningPolicy",
    "Remedy",
    "RetryPolicy",
    "SentenceSplitter",
    "StreamEvent",
    "StreamFinished",
    "StreamStarted",
    "TextDelta",
    "Timeouts",
    "TokenUsage",
    "ToolCall",
    "ToolCallDelta",
    "UsageReport",
    "Waiting",
    "create_provider",
    "create_provider_from_settings",
    "format_tool_call_message",
    "format_tool_result",
    "parse_tool_arguments",
    "warm_up",
]

# Each name is imported when it is first asked for: a window that needs the errors waits for no list of models, and a
# module that needs a data type loads no client.
_LAZY = {
    "LLMProvider": "base",
    "LLMResponse": "base",
    "Message": "base",
    "TokenUsage": "base",
    "ToolCall": "base",
    "format_tool_call_message": "base",
    "format_tool_result": "base",
    "parse_tool_arguments": "base",
    "EndpointInfo": "models.endpoints",
    "ConfigurationError": "errors",
    "ErrorText": "errors",
    "ProviderError": "errors",
    "Remedy": "errors",
    "AnsweredBy": "events",
    "FinishReason": "events",
    "KeepAlive": "events",
    "ReasoningDelta": "events",
    "StreamEvent": "events",
    "StreamFinished": "events",
    "StreamStarted": "events",
    "TextDelta": "events",
    "ToolCallDelta": "events",
    "UsageReport": "events",
    "Waiting": "events",
    "KeyInfo": "models.key_info",
    "ModelInfo": "models.info",
    "ModelList": "models.listing",
    "PriceTier": "models.info",
    "Pricing": "models.info",
    "ReasoningPolicy": "models.info",
    "NetworkOptions": "transport.network",
    "ProxyMode": "transport.network",
    "GROQ_BASE_URL": "providers.groq",
    "GroqProvider": "providers.clients.groq",
    "OLLAMA_BASE_URL": "providers.ollama",
    "OllamaProvider": "providers.clients.ollama",
    "OPENROUTER_BASE_URL": "providers.openrouter",
    "OpenRouterProvider": "providers.clients.openrouter",
    "OpenAICompatibleProvider": "providers.clients.openai_compatible",
    "SentenceSplitter": "speech.sentences",
    "Timeouts": "transport.network",
    "RetryPolicy": "transport.retry",
    "PROVIDER_NAMES": "providers.registry",
    "create_provider": "providers.registry",
    "create_provider_from_settings": "providers.agent_settings",
}


def __getattr__(name: str) -> Any:
    module = _LAZY.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def warm_up() -> None:
    """Import the SDK and read the system's certificates, so that the first request need not wait for that.

    Takes about a second of processor time: call it in a worker thread. Needs no event loop and opens no connection.
    Further calls are cheap. Never raises: the first provider reports what is wrong with the SDK, with certificates or
    with proxies.
    """
    with suppress(Exception):
        import_module(f"{__name__}.transport.client").warm_up()
