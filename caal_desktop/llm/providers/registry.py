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
DEFAULT_PROVIDER: Final = PROVIDER_NAMES[0]
"""The name of the provider until the user chooses one: the first."""


def descriptor_of(name: str) -> ProviderDescriptor:
    """Return a provider's descriptor.

    Raises:
        ConfigurationError: (a ValueError) there is no such provider; the text lists the known ones.
    """
    return _find(name, PROVIDERS)


def providers_that_can(capability: Capability) -> tuple[str, ...]:
    """Return the names of the providers with a capability, in the order in which to show them."""
    return tuple(name for name, descriptor in PROVIDERS.items() if descriptor.can(capability))


def create_provider(name: str, **kwargs: Any) -> LLMProvider:
    """Return a new provider.

    Args:
        name: its name, one of :data:`PROVIDER_NAMES`.
        **kwargs: the arguments of its class, such as ``model`` and ``api_key``.

    Raises:
        ConfigurationError: (a ValueError) the name is unknown, or the provider cannot be set up like this.
    """
    return client_of(descriptor_of(name))(**kwargs)


def create_provider_from_settings(settings: Mapping[str, Any]) -> LLMProvider:
    """Return a new provider as the voice agent's settings describe it.

    Args:
        settings: the agent's settings by name. Read are ``llm_provider``, ``temperature``, ``max_tokens`` and the
            settings of that provider, which its descriptor names.

    Raises:
        ConfigurationError: (a ValueError) ``llm_provider`` is missing or unknown, or a setting that the provider needs
            is missing or cannot be used.
    """
    descriptor = _find(settings.get("llm_provider") or "", _AGENT_PROVIDERS)
    agent = descriptor.agent
    kwargs: dict[str, Any] = {"model": _text(settings, agent.model)}
    for option in ("temperature", "max_tokens"):
        if settings.get(option) is not None:
            kwargs[option] = settings[option]
    if agent.key:
        kwargs["api_key"] = _text(settings, agent.key)
    if agent.address:
        kwargs["base_url"] = agent.base_url_of(_text(settings, agent.address)) or descriptor.base_url
    return client_of(descriptor)(**kwargs)


def _find(name: str, known: Mapping[str, ProviderDescriptor]) -> ProviderDescriptor:
    descriptor = known.get(name)
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


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return value if isinstance(value, str) else ""
