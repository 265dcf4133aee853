"""Groq's client."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.providers.clients.hosted import HostedProvider
from caal_desktop.llm.providers.clients.http_provider import OWN_ADDRESS
from caal_desktop.llm.providers.clients.openai_compatible import DEFAULT_MAX_TOKENS
from caal_desktop.llm.providers.groq import GROQ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
    from caal_desktop.llm.transport.retry import RetryPolicy

DEFAULT_TEMPERATURE: Final = 0.15
_QUIET: Final = {"qwen": "none", "gpt-oss": "low"}
"""The least reasoning that a family of models can do, by a part of their ids."""


class GroqProvider(HostedProvider):
    """A model on Groq. :meth:`check_key` fetches the list of models, which Groq shows to valid keys only.

    A missing key is looked up in the environment variable ``GROQ_API_KEY``. Models that could think before they answer
    are told to do that as little as they can, since whoever waits for a voice hears nothing meanwhile; a call's own
    ``reasoning_effort`` takes the place of that, and None leaves it to the server.
    """

    descriptor: ProviderDescriptor = GROQ

    def __init__(
        self,
        model: str | None = GROQ.default_model,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        base_url: str = OWN_ADDRESS,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model id; None for the descriptor's default.
            api_key: the key; where it is blank, the environment's.
            temperature: see :class:`HostedProvider`, as for the following.
            max_tokens: the longest answer, in tokens.
            base_url: another address, on this machine.
            timeouts: how long to wait.
            max_retries: how often a failed request is sent again.
            retry_policy: when it is.
            network: proxy and certificates.

        Raises:
            ConfigurationError: (a ValueError) there is no key or it cannot be one, or ``base_url`` is neither Groq's
                nor on this machine.
        """
        if not (api_key and api_key.strip()):
            api_key = os.environ.get(self.descriptor.key_variable)
        super().__init__(
            model,
            api_key,
            temperature,
            max_tokens,
            base_url=base_url,
            timeouts=timeouts,
            max_retries=max_retries,
            retry_policy=retry_policy,
            network=network,
        )

    def _body(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None,
        options: dict[str, Any],
    ) -> dict[str, Any]:
        model = str(options.get("model") or self.model).lower()
        effort = next((least for part, least in _QUIET.items() if part in model), None)
        return super()._body(messages, tools, {"reasoning_effort": effort, **options})
