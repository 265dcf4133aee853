"""What is known about a provider: everything that the rest of the program asks, in one place.

A descriptor is data. It is read while the first window is built, so that nothing here may import a client, or anything
else that takes time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.translation import NO_TEXT, SourceText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Capability(StrEnum):
    """What only some providers can."""

    KEY_FACTS = "key_facts"
    """It tells a key's limit and use."""
    HOSTS = "hosts"
    """It tells who hosts a model, and how well."""
    SIGN_IN = "sign_in"
    """It gives a key to a user who signs in in the browser."""
    COST_LOOKUP = "cost_lookup"
    """It tells afterwards what an answer cost."""
    SERVER_ORDER = "server_order"
    """It sorts its list of models."""
    PUBLIC_MODEL_LIST = "public_model_list"
    """It shows its list of models to anybody, key or not."""
    ROUTING = "routing"
    """It chooses among the hosts of a model, and takes wishes for that."""
    REASONING = "reasoning"
    """It takes a wish for how long a model reasons."""


@dataclass(frozen=True, slots=True)
class KeyShape:
    """What a provider's keys look like.

    Attributes:
        marker: what every key begins with, whatever its version.
        least: the least number of characters behind the marker.
        prefix: today's whole beginning; "" where that is the marker.
        hex_digits: how many hexadecimal digits follow the prefix, exactly; 0 where that is not known.
    """

    marker: str
    least: int
    prefix: str = ""
    hex_digits: int = 0

    @property
    def beginning(self) -> str:
        """What today's keys begin with."""
        return self.prefix or self.marker


@dataclass(frozen=True, slots=True)
class SettingText:
    """The words of a setting that a provider has.

    Attributes:
        label: its label, in English.
        description: one or two sentences of explanation, in English.
        keywords: further words, in English, by which a search finds it.
    """

    label: SourceText
    description: SourceText
    keywords: SourceText = NO_TEXT


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class AgentKeys:
    """What the voice agent calls a provider and its settings.

    Attributes:
        provider: the value of its ``llm_provider``.
        model: its setting of the model.
        key: its setting of the key; "" where it has none.
        address: its setting of the address; "" where it has none.
        base_url_of: turns the agent's notion of an address into a base URL.
    """

    provider: str
    model: str
    key: str = ""
    address: str = ""
    base_url_of: Callable[[str], str] = _as_it_is


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProviderDescriptor:
    """One provider.

    Attributes:
        name: its name in the registry, the settings, the keyring and the caches; never shown.
        title: its name for people, in English where it is no proper name.
        summary: one sentence on what it is, in English.
        icon: its icon's name.
        choice: what a list to choose from calls it, in English; "" where that is the title.
        spoken: what a sentence calls it, in English; "" where that is the title.
        base_url: its address; of a server of the user's own the usual one, or "" where there is none.
        has_address: its address is the user's own.
        needs_key: it answers nobody without a key.
        takes_key: a key is of any use to it.
        keys_page: where a user makes a key; "" where none is needed.
        model_page: the address of a model's own page, with ``{model}`` in the place of its id; "" where there is none.
        credits_page: where a user buys credit; "" where there is none.
        key_hint: what an empty key field shows.
        key_shape: what its keys look like; None where that is not known.
        key_variable: the environment variable in which its key may lie; "" where there is none.
        address_variable: the environment variable that puts another address, on this machine, in its address's place
            for tests; "" where there is none.
        default_model: the model of a client that is told none; "" where there is none.
        takes_stream_options: it may be asked to tell what a streamed answer took. Some refuse the question with a 422,
            and tell it unasked.
        settings: the settings that it has of its own, by column of the settings' table of providers.
        agent: what the voice agent calls all this.
        capabilities: what it can that others cannot.
        client: ``module:class`` of its client, below :mod:`caal_desktop.llm.providers.clients`; "" for the common one
            of services that have a fixed address and ask for a key. A name, and not the class: the client imports its
            descriptor, and nothing here may import a client.
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
    key_hint: str = ""
    key_shape: KeyShape | None = None
    key_variable: str = ""
    address_variable: str = ""
    default_model: str = ""
    takes_stream_options: bool = True
    settings: Mapping[str, SettingText] = field(default_factory=dict)
    agent: AgentKeys
    capabilities: frozenset[Capability] = frozenset()
    client: str = ""

    def can(self, capability: Capability) -> bool:
        """Whether it has a capability."""
        return capability in self.capabilities
