"""Groq: open models on fast hardware."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.providers.descriptor import (
    AgentKeys,
    KeyShape,
    ProviderDescriptor,
    SettingText,
)
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

GROQ_BASE_URL: Final = "https://api.groq.com/openai/v1"


GROQ: Final = ProviderDescriptor(
    name="groq",
    title=QT_TRANSLATE_NOOP("Provider", "Groq"),
    summary=QT_TRANSLATE_NOOP("Provider", "A few open models, answered very fast. Needs a Groq key."),
    icon="bolt",
    base_url=GROQ_BASE_URL,
    keys_page="https://console.groq.com/keys",
    credits_page="https://console.groq.com/settings/billing",
    key_hint="gsk_…",
    key_shape=KeyShape("gsk_", 40),
    key_variable="GROQ_API_KEY",
    default_model="llama-3.3-70b-versatile",
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Groq model"), QT_TRANSLATE_NOOP("Settings", "The model's id at Groq.")
        )
    },
    agent=AgentKeys("groq", model="groq_model", key="groq_api_key", key_variable="GROQ_API_KEY"),
    client="groq:GroqProvider",
)
