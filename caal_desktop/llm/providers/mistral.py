"""Mistral: the models of Mistral AI, from their vendor."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.providers.descriptor import ProviderDescriptor, SettingText
from caal_desktop.llm.providers.openai_compatible import OPENAI_COMPATIBLE
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

MISTRAL: Final = ProviderDescriptor(
    name="mistral",
    title=QT_TRANSLATE_NOOP("Provider", "Mistral"),
    summary=QT_TRANSLATE_NOOP("Provider", "The models of Mistral AI, straight from their maker. Needs a Mistral key."),
    icon="brain",
    base_url="https://api.mistral.ai/v1",
    keys_page="https://console.mistral.ai/api-keys",
    key_variable="MISTRAL_API_KEY",
    # It refuses every field that it does not know.
    takes_stream_options=False,
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Mistral model"), QT_TRANSLATE_NOOP("Settings", "The model's id at Mistral.")
        )
    },
    # The agent knows no Mistral of its own; it reaches it as any compatible server.
    agent=OPENAI_COMPATIBLE.agent,
)
