"""Providers by name, and from the voice agent's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.providers.groq import GroqProvider
from caal_desktop.llm.providers.ollama import OLLAMA_BASE_URL, OllamaProvider, base_url_of_host
from caal_desktop.llm.providers.openai_compatible import OpenAICompatibleProvider
from caal_desktop.llm.providers.openrouter import OpenRouterProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caal_desktop.llm.base import LLMProvider

_PROVIDERS: Final[dict[str, Callable[..., LLMProvider]]] = {
    "groq": GroqProvider,
    "ollama": OllamaProvider,
    "openai_compatible": OpenAICompatibleProvider,
    "openrouter": OpenRouterProvider,
}
PROVIDER_NAMES: Final = tuple(_PROVIDERS)


def create_provider(name: str, **kwargs: Any) -> LLMProvider:
    """Return a provider by its name; ``kwargs`` are its constructor's.

    Raises:
        ValueError: the name is unknown (the text lists the known ones), or the provider cannot be set up like this.
    """
    factory = _PROVIDERS.get(name)
    if factory is None:
        raise ValueError(f"unknown LLM provider {name!r}; known: {', '.join(PROVIDER_NAMES)}")
    return factory(**kwargs)


def create_provider_from_settings(settings: Mapping[str, Any]) -> LLMProvider:
    """Return the provider that the agent's settings describe.

    Reads ``llm_provider``, ``temperature``, ``max_tokens`` and the provider's own keys: ``openrouter_api_key`` and
    ``openrouter_model``; ``groq_api_key`` and ``groq_model``; ``openai_base_url``, ``openai_api_key`` and
    ``openai_model``; ``ollama_host`` and ``ollama_model``.

    Raises:
        ValueError: ``llm_provider`` is missing or unknown, or a setting that it needs is missing or unusable.
    """
    name = settings.get("llm_provider") or ""
    kwargs: dict[str, Any] = {}
    for option in ("temperature", "max_tokens"):
        if settings.get(option) is not None:
            kwargs[option] = settings[option]
    if name == "openrouter":
        kwargs |= {"model": _text(settings, "openrouter_model"), "api_key": _text(settings, "openrouter_api_key")}
    elif name == "groq":
        kwargs |= {"model": _text(settings, "groq_model"), "api_key": _text(settings, "groq_api_key")}
    elif name == "openai_compatible":
        kwargs |= {
            "model": _text(settings, "openai_model"),
            "base_url": _text(settings, "openai_base_url"),
            "api_key": _text(settings, "openai_api_key"),
        }
    elif name == "ollama":
        host = base_url_of_host(_text(settings, "ollama_host"))
        kwargs |= {"model": _text(settings, "ollama_model"), "base_url": host or OLLAMA_BASE_URL}
    return create_provider(name, **kwargs)


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return value if isinstance(value, str) else ""
