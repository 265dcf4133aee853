"""Ollama: models on a machine of one's own, through its OpenAI-compatible address."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from caal_desktop.llm.providers.openai_compatible import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    OpenAICompatibleProvider,
    Timeouts,
)

if TYPE_CHECKING:
    from caal_desktop.llm.transport.network import NetworkOptions
    from caal_desktop.llm.transport.retry import RetryPolicy

OLLAMA_BASE_URL: Final = "http://localhost:11434/v1"


class OllamaProvider(OpenAICompatibleProvider):
    """A model that Ollama runs."""

    provider_name: ClassVar[str] = "ollama"

    def __init__(
        self,
        model: str,
        base_url: str = OLLAMA_BASE_URL,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
    ) -> None:
        """Create the provider; see :class:`OpenAICompatibleProvider`. Ollama itself asks for no key."""
        super().__init__(
            model,
            base_url,
            api_key,
            temperature,
            max_tokens,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
        )

    def _display_name(self, base_url: object) -> str:
        return "Ollama"


def base_url_of_host(host: str) -> str:
    """Return the base URL for Ollama's own notion of a host: ``http://localhost:11434``, ``nas:11434``, ..."""
    url = host.strip().rstrip("/")
    if url and "://" not in url:
        url = f"http://{url}"
    return url if not url or url.endswith("/v1") else f"{url}/v1"
