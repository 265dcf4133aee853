"""Groq's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from caal_desktop.llm.providers.clients.hosted import HostedProvider
from caal_desktop.llm.providers.groq import GROQ

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor


class GroqProvider(HostedProvider):
    """A model on Groq. ``check_key`` asks for the list of models, which Groq gives to valid keys only."""

    descriptor: ProviderDescriptor = GROQ
    reads_environment: ClassVar[bool] = True
