"""Ollama's client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.providers.clients.openai_compatible import OpenAICompatibleProvider
from caal_desktop.llm.providers.ollama import OLLAMA

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor


class OllamaProvider(OpenAICompatibleProvider):
    """A model on a server of Ollama, which needs no key."""

    descriptor: ProviderDescriptor = OLLAMA

    def _display_name(self, base_url: object) -> str:
        return self.descriptor.title
