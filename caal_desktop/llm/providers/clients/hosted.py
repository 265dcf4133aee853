"""The common client of services with a fixed address and a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.providers.clients.http_provider import OWN_ADDRESS
from caal_desktop.llm.providers.clients.openai_compatible import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    OpenAICompatibleProvider,
)
from caal_desktop.llm.transport.address import check_fixed_base_url, check_key_form

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.transport.network import NetworkOptions, Timeouts
    from caal_desktop.llm.transport.retry import RetryPolicy


class HostedProvider(OpenAICompatibleProvider):
    """A model on a service whose address is fixed. The key is sent to that address alone.

    The descriptors say what differs between the services.
    """

    def __init__(
        self,
        model: str | None = None,
        api_key: str | None = None,
        temperature: float | None = DEFAULT_TEMPERATURE,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        *,
        base_url: str = OWN_ADDRESS,
        anonymous: bool = False,
        descriptor: ProviderDescriptor | None = None,
        timeouts: Timeouts | None = None,
        max_retries: int | None = None,
        retry_policy: RetryPolicy | None = None,
        network: NetworkOptions | None = None,
    ) -> None:
        """Create the provider.

        Args:
            model: the model id; None for the descriptor's default.
            api_key: the key.
            temperature: the sampling temperature; None leaves it to the server.
            max_tokens: the longest answer, in tokens.
            base_url: another address, on this machine, for the demo and for tests.
            anonymous: send no key, for what the service shows without one.
            descriptor: of another service than the class's own.
            timeouts: see :class:`OpenAICompatibleProvider`, as for the following.
            max_retries: how often a failed request is sent again.
            retry_policy: when it is.
            network: proxy and certificates.

        Raises:
            ConfigurationError: (a ValueError) the key is blank or cannot be a key, no model is given, or ``base_url``
                is neither the service's nor on this machine.
        """
        if descriptor is not None:
            self.descriptor = descriptor
        key: str | None = None
        if not anonymous:
            key = check_key_form(self.descriptor.name, self.descriptor.title, api_key)
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
        return self.descriptor.title

    def _check_base_url(self, base_url: object, *, has_key: bool) -> str:
        return check_fixed_base_url(self.provider_name, self.display_name, base_url, self.descriptor.base_url)
