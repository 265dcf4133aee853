"""Groq: open models on fast hardware."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar, Final

from caal_desktop.llm.providers.openai_compatible import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    OpenAICompatibleProvider,
    Timeouts,
)
from caal_desktop.llm.transport.address import check_fixed_base_url, check_key_form

if TYPE_CHECKING:
    from caal_desktop.llm.transport.network import NetworkOptions
    from caal_desktop.llm.transport.retry import RetryPolicy

GROQ_BASE_URL: Final = "https://api.groq.com/openai/v1"
GROQ_KEY_VARIABLE: Final = "GROQ_API_KEY"


class GroqProvider(OpenAICompatibleProvider):
    """A model on Groq. ``check_key`` asks for the list of models, which Groq gives to valid keys only."""

    provider_name: ClassVar[str] = "groq"

    def __init__(
        self,
        model: str,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        base_url: str = GROQ_BASE_URL,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model id.
            api_key: the key; None or blank takes the environment variable ``GROQ_API_KEY``.
            temperature: sampling temperature.
            max_tokens: the longest answer, in tokens.
            base_url: for tests: an address on this machine.
            timeouts, max_retries, retry_policy, network: see :class:`OpenAICompatibleProvider`.

        Raises:
            ConfigurationError: (a ValueError) there is no key, or something else cannot be used.
        """
        given = api_key if api_key and api_key.strip() else os.environ.get(GROQ_KEY_VARIABLE)
        key = check_key_form(self.provider_name, self._display_name(base_url), given)
        super().__init__(
            model,
            base_url,
            key,
            temperature,
            max_tokens,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
        )

    def _display_name(self, base_url: object) -> str:
        return "Groq"

    def _check_base_url(self, base_url: object, *, has_key: bool) -> str:
        return check_fixed_base_url(self.provider_name, self.display_name, base_url, GROQ_BASE_URL)
