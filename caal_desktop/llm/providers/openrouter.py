"""OpenRouter: models of many vendors with one key."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.providers.descriptor import (
    AgentKeys,
    Capability,
    KeyShape,
    ProviderDescriptor,
    SettingText,
)
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

OPENROUTER_BASE_URL: Final = "https://openrouter.ai/api/v1"


OPENROUTER: Final = ProviderDescriptor(
    name="openrouter",
    title=QT_TRANSLATE_NOOP("Provider", "OpenRouter"),
    summary=QT_TRANSLATE_NOOP(
        "Provider", "Hundreds of models from every maker behind one key. The simplest way to start."
    ),
    icon="cloud",
    base_url=OPENROUTER_BASE_URL,
    keys_page="https://openrouter.ai/settings/keys",
    model_page="https://openrouter.ai/{model}",
    credits_page="https://openrouter.ai/settings/credits",
    privacy_page="https://openrouter.ai/settings/privacy",
    key_hint="sk-or-v1-…",
    key_shape=KeyShape("sk-or-", 20, prefix="sk-or-v1-", hex_digits=64),
    key_variable="OPENROUTER_API_KEY",
    address_variable="CAAL_DESKTOP_OPENROUTER_URL",
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "OpenRouter model"),
            QT_TRANSLATE_NOOP("Settings", "The model's id at OpenRouter, such as vendor/model."),
        )
    },
    agent=AgentKeys(
        "openrouter",
        model="openrouter_model",
        key="openrouter_api_key",
        default_model="openai/gpt-4",
        default_temperature=0.7,
        key_variable="OPENROUTER_API_KEY",
        always={"voice": True},
    ),
    capabilities=frozenset(Capability),
    client="openrouter:OpenRouterProvider",
)
