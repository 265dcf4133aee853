"""The steps that bring an older settings file to today's schema.

Step ``n`` (counted from 1) turns a document of schema ``n`` into one of schema ``n + 1``. A step gets a dict of its
own, may find any key missing or of the wrong type, and must not raise for it. Steps are never changed once released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from caal_desktop.llm.transport.address import origin_of
from caal_desktop.llm.transport.network import NetworkOptions, ProxyMode

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
    """Migrate from 1 to 2: one row for each provider. A secret is bound to the address that is configured now."""
    table: dict[str, Any] = {}
    network = _network(document)
    for provider in _PROVIDERS_1:
        fields = {column: f"{provider}_{column}" for column in _COLUMNS_1}
        row = {column: document.pop(key) for column, key in fields.items() if key in document}
        if row.get("key_store") == "keyring":
            address = row.get("base_url") or _ADDRESSES_1.get(provider)
            row["key_origin"] = network.receiver_of(address) if isinstance(address, str) else ""
        if row:
            table[provider] = row
    if table:
        document["providers"] = table
    if document.get("proxy_user"):
        proxy_url = document.get("proxy_url")
        document["proxy_password_origin"] = origin_of(proxy_url) if isinstance(proxy_url, str) else ""
    return document


def _network(document: Document) -> NetworkOptions:
    mode, url = document.get("proxy_mode", ""), document.get("proxy_url", "")
    is_known = isinstance(mode, str) and mode in tuple(ProxyMode)
    return NetworkOptions(ProxyMode(mode) if is_known else ProxyMode.SYSTEM, url if isinstance(url, str) else "")


STEPS: tuple[Step, ...] = (_providers_become_a_table,)

SCHEMA_VERSION = FIRST_VERSION + len(STEPS)


def migrate(document: Mapping[str, Any], version: int, steps: Sequence[Step] = STEPS) -> Document:
    """Apply every step from ``version`` on. A document of today's schema, or a newer one, is returned as it is."""
    current = dict(document)
    for step in steps[version - FIRST_VERSION :]:
        current = step(dict(current))
    return current
