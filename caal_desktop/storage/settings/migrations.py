"""The steps that bring an older settings file to today's schema.

Step ``n`` (counted from 1) turns a document of schema ``n`` into one of schema ``n + 1``. A step gets a dict of its
own, may find any key missing or of the wrong type, and must not raise for it. Steps are never changed once released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caal_desktop.llm.transport.address import origin_of

Document = dict[str, Any]
Step = Callable[[Document], Document]

FIRST_VERSION = 1

# Schema 1 kept the settings of each of these in fields of their own, "groq_model" and its like.
_PROVIDERS_1 = ("openrouter", "groq", "openai_compatible", "ollama")
_COLUMNS_1 = ("model", "base_url", "headers", "key_status", "key_store")
# Where a provider's key went that has no address among the settings.
_ADDRESSES_1 = {
    "openrouter": "https://openrouter.ai/api/v1",
    "groq": "https://api.groq.com/openai/v1",
    "ollama": "http://localhost:11434/v1",
}


def _providers_become_a_table(document: Document) -> Document:
    """From 1 to 2: one row for each provider. A secret is bound to the address that is configured now."""
    table: dict[str, Any] = {}
    for provider in _PROVIDERS_1:
        fields = {column: f"{provider}_{column}" for column in _COLUMNS_1}
        row = {column: document.pop(key) for column, key in fields.items() if key in document}
        if row.get("key_store") == "keyring":
            row["key_origin"] = _origin(row.get("base_url") or _ADDRESSES_1.get(provider))
        if row:
            table[provider] = row
    if table:
        document["providers"] = table
    if document.get("proxy_user"):
        document["proxy_password_origin"] = _origin(document.get("proxy_url"))
    return document


def _origin(address: object) -> str:
    return origin_of(address) if isinstance(address, str) else ""


STEPS: tuple[Step, ...] = (_providers_become_a_table,)

SCHEMA_VERSION = FIRST_VERSION + len(STEPS)


def migrate(document: Mapping[str, Any], version: int, steps: Sequence[Step] = STEPS) -> Document:
    """Applies every step from ``version`` on. A document of today's schema, or a newer one, comes back as it is."""
    current = dict(document)
    for step in steps[version - FIRST_VERSION :]:
        current = step(dict(current))
    return current
