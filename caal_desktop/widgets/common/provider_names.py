"""What a provider is called, in the user's language."""

from __future__ import annotations

from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.widgets.common.translation import translated


def provider_title(provider: str) -> str:
    """Return a provider's name as it stands alone, translated."""
    return translated(descriptor_of(provider).title)


def provider_summary(provider: str) -> str:
    """Return one sentence on what a provider is, translated."""
    return translated(descriptor_of(provider).summary)


def provider_in_a_sentence(provider: str) -> str:
    """Return a provider's name as it stands within a sentence, translated."""
    spoken = descriptor_of(provider).spoken
    return translated(spoken) if spoken else provider_title(provider)
