"""OpenRouter: many models of many vendors behind one key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from caal_desktop.llm import _answers
from caal_desktop.llm._address import check_fixed_base_url, check_key_form
from caal_desktop.llm.errors import EndpointNotFound, ModelNotFound
from caal_desktop.llm.key_info import KeyInfo, parse_key_info
from caal_desktop.llm.openai_compatible import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    OpenAICompatibleProvider,
    Timeouts,
)

if TYPE_CHECKING:
    from caal_desktop.llm._retry import RetryPolicy
    from caal_desktop.llm.events import UsageReport

OPENROUTER_BASE_URL: Final = "https://openrouter.ai/api/v1"
#: Who asks, for OpenRouter's rankings and the account's activity page. ``X-OpenRouter-Title`` is the newer name.
ATTRIBUTION_HEADERS: Final = {
    "HTTP-Referer": "https://github.com/CoreWorxLab/CAAL",
    "X-Title": "CAAL Desktop",
    "X-OpenRouter-Title": "CAAL Desktop",
}


class OpenRouterProvider(OpenAICompatibleProvider):
    """A model on OpenRouter.

    The key is given, never looked up in the environment, and goes to OpenRouter's own address alone.
    """

    provider_name: ClassVar[str] = "openrouter"

    def __init__(
        self,
        model: str,
        api_key: str,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        base_url: str = OPENROUTER_BASE_URL,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model id, ``vendor/model``.
            api_key: the key.
            temperature: sampling temperature.
            max_tokens: the longest answer; always sent, since OpenRouter otherwise asks for credit for the model's
                longest answer.
            base_url: for the demo and for tests: an address on this machine.
            timeouts, max_retries, retry_policy: see :class:`OpenAICompatibleProvider`.

        Raises:
            ConfigurationError: (a ValueError) the key is blank or cannot be a key, no model is given, or ``base_url``
                is neither OpenRouter's nor on this machine.
        """
        key = check_key_form(self.provider_name, self._display_name(base_url), api_key)
        super().__init__(
            model,
            base_url,
            key,
            temperature,
            max_tokens,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
        )

    @classmethod
    def without_key(cls, *, base_url: str = OPENROUTER_BASE_URL) -> OpenRouterProvider:
        """Create a provider for what OpenRouter shows to anybody: the list of models. Everything else is refused.

        Raises:
            ConfigurationError: ``base_url`` is neither OpenRouter's nor on this machine.
        """
        provider = cls("openrouter/auto", "none", base_url=base_url)
        provider._api_key = None
        return provider

    def _display_name(self, base_url: object) -> str:
        return "OpenRouter"

    def _check_base_url(self, base_url: object, *, has_key: bool) -> str:
        return check_fixed_base_url(self.provider_name, self.display_name, base_url, OPENROUTER_BASE_URL)

    def _headers(self) -> dict[str, str]:
        return dict(ATTRIBUTION_HEADERS)

    async def check_key(self) -> KeyInfo:
        """Return what the key may do, from ``GET /key`` (``GET /models`` answers any key, and none).

        Raises:
            AuthenticationFailed: the key is wrong, disabled or expired.
            ProviderError: whatever else went wrong.
        """
        return parse_key_info(await self._get_json(self._context(None), "/key"))

    async def generation(self, generation_id: str) -> UsageReport | None:
        """Return what an answer took, such as one that was stopped before its usage came.

        Args:
            generation_id: from :class:`~caal_desktop.llm.events.StreamStarted`.

        Returns:
            The figures; None while OpenRouter does not know them yet, which lasts a moment after the answer.

        Raises:
            ProviderError: whatever went wrong.
        """
        try:
            payload = await self._get_json(self._context(None), "/generation", {"id": generation_id})
        except (EndpointNotFound, ModelNotFound):
            return None
        return _answers.parse_generation(payload)


def check_openrouter_url(url: str) -> str:
    """Return an address that may stand for OpenRouter's: its own, or one on this machine (the demo, tests).

    Raises:
        AddressRefused: it is neither.
    """
    return check_fixed_base_url(OpenRouterProvider.provider_name, "OpenRouter", url, OPENROUTER_BASE_URL)
