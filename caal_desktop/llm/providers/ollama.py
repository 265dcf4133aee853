"""Ollama: models on the user's own machine, through its OpenAI-compatible interface."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.providers.descriptor import AgentKeys, ProviderDescriptor, SettingText
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

OLLAMA_BASE_URL: Final = "http://localhost:11434/v1"


def base_url_of_host(host: str) -> str:
    """Return the base URL for a host as Ollama names it: ``http://localhost:11434``, ``nas:11434``, ..."""
    url = host.strip().rstrip("/")
    if url and "://" not in url:
        url = f"http://{url}"
    return url if not url or url.endswith("/v1") else f"{url}/v1"


OLLAMA: Final = ProviderDescriptor(
    name="ollama",
    title=QT_TRANSLATE_NOOP("Provider", "Ollama"),
    summary=QT_TRANSLATE_NOOP("Provider", "Models on your own computer. Private, and no key needed."),
    icon="computer",
    base_url=OLLAMA_BASE_URL,
    has_address=True,
    needs_key=False,
    takes_key=False,
    default_model="qwen3:8b",
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Ollama model"),
            QT_TRANSLATE_NOOP("Settings", "The model's name as “ollama list” shows it."),
        ),
        "base_url": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Address of Ollama"),
            QT_TRANSLATE_NOOP("Settings", "The address of Ollama's OpenAI-compatible interface, ending in /v1."),
        ),
    },
    agent=AgentKeys("ollama", model="ollama_model", address="ollama_host", base_url_of=base_url_of_host),
    client="ollama:OllamaProvider",
)
