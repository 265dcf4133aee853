"""The descriptor of a provider: what the rest of the program knows about it.

Descriptors are data. They are imported while the first window is built, so that nothing here may import a client, or
anything else that takes time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.translation import NO_TEXT, SourceText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Capability(StrEnum):
    """What only some providers can do."""

    KEY_FACTS = "key_facts"
    """It tells a key's limit and usage."""
    HOSTS = "hosts"
    """It tells the hosts of a model, with their prices and performance."""
    SIGN_IN = "sign_in"
    """It gives a key to a user who signs in with the browser."""
    COST_LOOKUP = "cost_lookup"
    """It tells the cost of an earlier answer."""
    SERVER_ORDER = "server_order"
    """It sorts its list of models."""
    PUBLIC_MODEL_LIST = "public_model_list"
    """It shows its list of models without a key."""
    ROUTING = "routing"
    """It chooses among the hosts of a model, by preferences in the request."""
    REASONING = "reasoning"
    """It takes the reasoning effort of a request."""


@dataclass(frozen=True, slots=True)
class KeyShape:
    """The form of a provider's keys.

    Attributes:
        marker: what keys of every version begin with.
        least: the least number of characters behind the marker.
        prefix: what keys of today's version begin with; "" where that is the marker.
        hex_digits: the exact number of hexadecimal digits behind the prefix; 0 where that is not known.
    """

    marker: str
    least: int
    prefix: str = ""
    hex_digits: int = 0

    @property
    def beginning(self) -> str:
        """What keys of today's version begin with."""
        return self.prefix or self.marker


@dataclass(frozen=True, slots=True)
class SettingText:
    """The texts of a setting that a provider has.

    Attributes:
        label: its name in the settings.
        description: one or two sentences of explanation.
        keywords: further words by which a search finds it.
    """

    label: SourceText
    description: SourceText
    keywords: SourceText = NO_TEXT


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """The names of a provider and its settings in the voice agent, and the agent's defaults.

    Attributes:
        provider: the value of ``llm_provider``.
        model: the setting of the model.
        key: the setting of the key; "" where there is none.
        address: the setting of the address; "" where there is none.
        base_url_of: turns that setting's value into a base URL.
        default_model: the model where the agent's settings are silent; "" where that is the provider's own default.
        default_address: the base URL where they are silent; "" where that is the provider's own.
        default_temperature: the sampling temperature where they are silent.
        address_variable: the environment variable that has the address where they are silent; "" where there is none.
        key_variable: the environment variable that has the key where they are silent; "" where there is none. The
            agent's alone: where the program offers one to the user, that is :attr:`ProviderDescriptor.key_variable`.
        key_address_variable: the environment variable that names the server of that key; "" where the key can have but
            one.
        passed: further settings that the client takes by the same name, each with what reads it; None where it cannot.
        always: what the client is told in the agent, whatever the settings say.
    """

    provider: str
    model: str
    key: str = ""
    address: str = ""
    base_url_of: Callable[[str], str] = _unchanged
    default_model: str = ""
    default_address: str = ""
    default_temperature: float = 0.15
    address_variable: str = ""
    key_variable: str = ""
    key_address_variable: str = ""
    passed: Mapping[str, Callable[[object], object]] = field(default_factory=dict)
    always: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProviderDescriptor:
    """What is known about one provider.

    Attributes:
        name: its name in the registry, the settings, the keyring and the caches; never shown.
        title: its name as it is shown.
        summary: one sentence on what it is.
        icon: the name of its icon.
        choice: its name in a list of choices; "" where that is the title.
        spoken: its name within a sentence; "" where that is the title.
        base_url: its base URL. Where the user has to give one: the usual one, or "".
        has_address: the user gives its address.
        needs_key: it refuses requests without a key.
        takes_key: it accepts a key.
        keys_page: the address of the page where keys are created; "" where none is needed.
        model_page: the address of a model's page, with ``{model}`` in place of its id; "" where there is none.
        credits_page: the address of the page where credit is bought; "" where there is none.
        privacy_page: the address of the page for the account's privacy settings; "" where there is none.
        key_hint: what an empty key field shows.
        key_shape: the form of its keys; None where that is not known.
        key_variable: the environment variable that may hold its key; "" where there is none.
        address_variable: the environment variable that replaces its address for tests, by one on this machine; ""
            where there is none.
        default_model: the id of the model where none is given; "" where there is none.
        model_optional: a request may name no model (""): the server has one, or chooses one.
        takes_stream_options: ``stream_options`` may ask for the usage of a streamed answer. Some providers refuse that
            field with a 422, and tell the usage unasked.
        has_own_interface: it is asked by an interface of its own, not by that of chat completions.
        context_length: the length of the context that it is asked for where none is given, in tokens; 0 where requests
            cannot ask for one.
        settings: the settings that it has, by column of the settings' table of providers.
        agent: its names in the voice agent.
        capabilities: what it can do that others cannot.
        client: ``module:class`` of its client, below :mod:`caal_desktop.llm.providers.clients`; "" for the common
            client of services with a fixed address and a key. It is a name, since the client imports its descriptor.
    """

    name: str
    title: SourceText
    summary: SourceText
    icon: str
    choice: SourceText = NO_TEXT
    spoken: SourceText = NO_TEXT
    base_url: str = ""
    has_address: bool = False
    needs_key: bool = True
    takes_key: bool = True
    keys_page: str = ""
    model_page: str = ""
    credits_page: str = ""
    privacy_page: str = ""
    key_hint: str = ""
    key_shape: KeyShape | None = None
    key_variable: str = ""
    address_variable: str = ""
    default_model: str = ""
    model_optional: bool = False
    takes_stream_options: bool = True
    has_own_interface: bool = False
    context_length: int = 0
    settings: Mapping[str, SettingText] = field(default_factory=dict)
    agent: AgentKeys
    capabilities: frozenset[Capability] = frozenset()
    client: str = ""

    def can(self, capability: Capability) -> bool:
        """Return whether it has a capability."""
        return capability in self.capabilities
