"""Makes the provider that the voice agent's settings describe, with the agent's own defaults where they are silent.

The agent runs in an environment that was set up for it as a whole. So keys that its settings lack are taken from there;
nothing else in this package does that, but for the client that says so.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.errors import AddressRefused
from caal_desktop.llm.fields import as_float, as_int
from caal_desktop.llm.providers.registry import agent_descriptor_of, client_of
from caal_desktop.llm.transport.address import check_base_url, location_of, origin_of
from caal_desktop.llm.transport.network import OWN_SERVER_READ_SECONDS, Timeouts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.base import LLMProvider
    from caal_desktop.llm.providers.descriptor import AgentKeys, ProviderDescriptor

logger = logging.getLogger(__name__)


def create_provider_from_settings(settings: Mapping[str, Any]) -> LLMProvider:
    """Return a new provider as the voice agent's settings describe it.

    A setting that is missing, or None, has the agent's own default. A key that is missing or blank is looked up in the
    environment; one that is meant for any server is taken only for the server that the environment names with it, so
    that it reaches no other.

    Args:
        settings: the agent's settings by name. Read are ``llm_provider``, ``temperature``, ``max_tokens`` and the
            settings of that provider, which its descriptor names.

    Raises:
        ConfigurationError: (a ValueError) ``llm_provider`` is unknown, or a setting that the provider needs is missing
            or cannot be used.
    """
    descriptor = agent_descriptor_of(settings.get("llm_provider"))
    agent = descriptor.agent
    kwargs: dict[str, Any] = {
        "model": _model(settings, descriptor),
        "temperature": _temperature(settings, agent.default_temperature),
        **agent.always,
    }
    max_tokens = as_int(settings.get("max_tokens"))
    if max_tokens is not None and max_tokens > 0:
        kwargs["max_tokens"] = max_tokens
    for name, read in agent.passed.items():
        value = read(settings.get(name))
        if value is not None:
            kwargs[name] = value
    base_url = ""
    if agent.address:
        base_url = _base_url(settings, descriptor)
        kwargs["base_url"] = base_url
        kwargs["timeouts"] = Timeouts(read=OWN_SERVER_READ_SECONDS)
    if agent.key:
        kwargs["api_key"] = _key(settings, agent, base_url)
    return client_of(descriptor)(**kwargs)


def _text(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name)
    return value.strip() if isinstance(value, str) else ""


def _model(settings: Mapping[str, Any], descriptor: ProviderDescriptor) -> str:
    if settings.get(descriptor.agent.model) is None:
        return descriptor.agent.default_model or descriptor.default_model
    return _text(settings, descriptor.agent.model)


def _temperature(settings: Mapping[str, Any], default: float) -> float:
    value = settings.get("temperature")
    if value is None:
        return default
    number = as_float(value)
    if number is None:
        # The agent's settings take any text. A turn that fails is worse than one at the usual temperature.
        logger.warning("The setting “temperature” is not a number; %s is used in its place.", default)
        return default
    return number


def _base_url(settings: Mapping[str, Any], descriptor: ProviderDescriptor) -> str:
    agent = descriptor.agent
    address = _text(settings, agent.address)
    if not address and agent.address_variable:
        address = os.environ.get(agent.address_variable, "").strip()
    return agent.base_url_of(address) or agent.default_address or descriptor.base_url


def _key(settings: Mapping[str, Any], agent: AgentKeys, base_url: str) -> str:
    key = _text(settings, agent.key)
    if key or not agent.key_variable:
        return key
    ambient = os.environ.get(agent.key_variable, "").strip()
    if not ambient or not agent.address or _is_meant_for(agent, base_url):
        return ambient
    logger.warning(
        "The key in %s is not sent to %s, for which it was not set. If it is meant for that server, put it into the "
        "setting “%s”.",
        agent.key_variable,
        location_of(base_url),
        agent.key,
    )
    return ""


def _is_meant_for(agent: AgentKeys, base_url: str) -> bool:
    """Return whether the environment's key goes to an address: the one set beside it, or the agent's default."""
    named = os.environ.get(agent.key_address_variable, "").strip() or agent.default_address
    if origin_of(named) != origin_of(base_url):
        return False
    try:
        check_base_url(agent.provider, agent.provider, base_url, has_key=True)
    except AddressRefused:
        return False
    return True
