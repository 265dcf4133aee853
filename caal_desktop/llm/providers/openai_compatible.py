"""Any server with OpenAI's chat completions API, such as llama.cpp, LM Studio, vLLM or LiteLLM."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.providers.descriptor import AgentKeys, ProviderDescriptor, SettingText
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

OPENAI_COMPATIBLE: Final = ProviderDescriptor(
    name="openai_compatible",
    title=QT_TRANSLATE_NOOP("Provider", "Another server"),
    summary=QT_TRANSLATE_NOOP(
        "Provider", "Any OpenAI-compatible server: llama.cpp, LM Studio, vLLM, LiteLLM and their like."
    ),
    icon="server",
    choice=QT_TRANSLATE_NOOP("Settings", "Another OpenAI-compatible server"),
    spoken=QT_TRANSLATE_NOOP("KeyDoctor", "your own server"),
    has_address=True,
    needs_key=False,
    # llama.cpp and its like have one model, whatever they are asked for.
    model_optional=True,
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Model of your server"),
            QT_TRANSLATE_NOOP("Settings", "The model's id as your own server names it."),
        ),
        "base_url": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Address of your server"),
            QT_TRANSLATE_NOOP(
                "Settings", "The address below which your OpenAI-compatible server answers, usually ending in /v1."
            ),
        ),
        "headers": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Further headers"),
            QT_TRANSLATE_NOOP(
                "Settings",
                "Sent with each request to your server, one “Name: value” a line. Kept in plain text: no keys here.",
            ),
            keywords=QT_TRANSLATE_NOOP("Settings", "http header"),
        ),
    },
    agent=AgentKeys(
        "openai_compatible",
        model="openai_model",
        key="openai_api_key",
        address="openai_base_url",
        default_model="gpt-3.5-turbo",
        default_address="http://localhost:8000/v1",
        default_temperature=0.7,
        key_variable="OPENAI_API_KEY",
        key_address_variable="OPENAI_BASE_URL",
    ),
    client="openai_compatible:OpenAICompatibleProvider",
)
