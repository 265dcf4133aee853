"""Groq's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from caal_desktop.llm.providers.clients.hosted import HostedProvider
from caal_desktop.llm.providers.groq import GROQ

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor


class GroqProvider(HostedProvider):
    """A model on Groq. :meth:`check_key` fetches the list of models, which Groq shows to valid keys only.

    A missing key is looked up in the environment variable ``GROQ_API_KEY``.
    """

    descriptor: ProviderDescriptor = GROQ
    reads_environment: ClassVar[bool] = True
