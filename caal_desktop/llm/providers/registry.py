"""The registry of providers: by name, in the order in which to show them.

To add one, write its descriptor in a module beside this one, and list it here.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.errors import ConfigurationError
from caal_desktop.llm.providers.groq import GROQ
from caal_desktop.llm.providers.mistral import MISTRAL
from caal_desktop.llm.providers.ollama import OLLAMA
from caal_desktop.llm.providers.openai_compatible import OPENAI_COMPATIBLE
from caal_desktop.llm.providers.openrouter import OPENROUTER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.llm.providers.descriptor import Capability, ProviderDescriptor

_ALL: Final = (
    OPENROUTER,
    GROQ,
    MISTRAL,
    OLLAMA,
    OPENAI_COMPATIBLE,
)
PROVIDERS: Final[Mapping[str, ProviderDescriptor]] = MappingProxyType(
    {descriptor.name: descriptor for descriptor in _ALL}
)
PROVIDER_NAMES: Final = tuple(PROVIDERS)
# Some providers are another one to the agent, which does not know their names.
_AGENT_PROVIDERS: Final = {
    name: descriptor for name, descriptor in PROVIDERS.items() if descriptor.agent.provider == name
}
_AGENT_DEFAULT: Final = OLLAMA
DEFAULT_PROVIDER: Final = PROVIDER_NAMES[0]
"""The name of the provider until the user chooses one: the first."""


def descriptor_of(name: str) -> ProviderDescriptor:
    """Return a provider's descriptor; the name's case does not matter.

    Raises:
        ConfigurationError: (a ValueError) there is no such provider; the text lists the known ones.
    """
    return _find(name, PROVIDERS)


def agent_descriptor_of(name: str | None) -> ProviderDescriptor:
    """Return the descriptor of a provider that the voice agent knows; for None, of the one that it takes then.

    Raises:
        ConfigurationError: (a ValueError) the agent knows no such provider; the text lists those that it knows.
    """
    return _AGENT_DEFAULT if name is None else _find(name, _AGENT_PROVIDERS)


def providers_that_can(capability: Capability) -> tuple[str, ...]:
    """Return the names of the providers with a capability, in the order in which to show them."""
    return tuple(name for name, descriptor in PROVIDERS.items() if descriptor.can(capability))


def create_provider(provider_name: str, **kwargs: Any) -> LLMProvider:
    """Return a new provider.

    Args:
        provider_name: its name, one of :data:`PROVIDER_NAMES`; its case does not matter.
        **kwargs: the arguments of its class, such as ``model`` and ``api_key``.

    Raises:
        ConfigurationError: (a ValueError) the name is unknown, or the provider cannot be set up like this.
    """
    return client_of(descriptor_of(provider_name))(**kwargs)


def _find(name: str, known: Mapping[str, ProviderDescriptor]) -> ProviderDescriptor:
    descriptor = known.get(str(name).strip().lower())
    if descriptor is None:
        raise ConfigurationError(
            name, reason=ConfigurationError.why_unknown, params={"name": name, "known": tuple(sorted(known))}
        )
    return descriptor


def client_of(descriptor: ProviderDescriptor) -> Callable[..., LLMProvider]:
    """Return the class of a provider's client, which is imported now, or a function that makes the client."""
    if not descriptor.client:
        from caal_desktop.llm.providers.clients.hosted import HostedProvider

        return partial(HostedProvider, descriptor=descriptor)
    module, _, name = descriptor.client.partition(":")
    client: Callable[..., LLMProvider] = getattr(import_module(f"{__package__}.clients.{module}"), name)
    return client
