"""Ollama: models on the user's own machine, through its own interface."""

from __future__ import annotations

from typing import Final

from caal_desktop.llm.fields import as_bool, as_int, as_text
from caal_desktop.llm.providers.descriptor import AgentKeys, Capability, ProviderDescriptor, SettingText
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP

OLLAMA_BASE_URL: Final = "http://localhost:11434"
_PORT: Final = "11434"
_THIS_MACHINE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - read, not bound


def base_url_of_host(host: str) -> str:
    """Return the base URL for a host as Ollama names it: ``http://localhost:11434``, ``nas:11434``, ``nas``, ...

    As with Ollama's own clients, an address without a scheme has Ollama's port where it names none, and one of all of a
    machine's own addresses, at which a server listens, means this machine. ``/v1`` at its end, for the interface that
    other servers have, is taken off.
    """
    url = host.strip().rstrip("/").removesuffix("/v1").rstrip("/")
    if not url:
        return ""
    scheme, separator, place = url.rpartition("://")
    address, slash, path = place.partition("/")
    name, colon, port = address.rpartition(":")
    if not colon or "]" in port:
        name, port = address, ""
    if not separator:
        scheme, port = "http", port or _PORT
    name = _THIS_MACHINE.get(name, name)
    return f"{scheme}://{name}{':' if port else ''}{port}{slash}{path}"


def _thinking(value: object) -> bool | str | None:
    """Return whether to think, or how much ("low", "medium", "high"); None for anything else."""
    return as_text(value) if as_bool(value) is None else as_bool(value)


def _context_length(value: object) -> int | None:
    length = as_int(value)
    return length if length is not None and length > 0 else None


OLLAMA: Final = ProviderDescriptor(
    name="ollama",
    title=QT_TRANSLATE_NOOP("Provider", "Ollama"),
    summary=QT_TRANSLATE_NOOP("Provider", "Models on your own computer. Private, and no key needed."),
    icon="computer",
    base_url=OLLAMA_BASE_URL,
    has_address=True,
    needs_key=False,
    takes_key=False,
    default_model="qwen3:8b",
    has_own_interface=True,
    context_length=8192,
    settings={
        "model": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Ollama model"),
            QT_TRANSLATE_NOOP("Settings", "The model's name as “ollama list” shows it."),
        ),
        "base_url": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Address of Ollama"),
            QT_TRANSLATE_NOOP("Settings", "The address of Ollama, with or without /v1 at its end."),
        ),
        "num_ctx": SettingText(
            QT_TRANSLATE_NOOP("Settings", "Context length"),
            QT_TRANSLATE_NOOP(
                "Settings",
                "How much the model holds in mind at once; more takes more memory. Give the voice agent the same "
                "number, or Ollama loads the model anew whenever the other asks.",
            ),
            QT_TRANSLATE_NOOP("Settings", "num_ctx context memory"),
        ),
    },
    agent=AgentKeys(
        "ollama",
        model="ollama_model",
        address="ollama_host",
        base_url_of=base_url_of_host,
        address_variable="OLLAMA_HOST",
        passed={"think": _thinking, "num_ctx": _context_length},
    ),
    capabilities=frozenset({Capability.REASONING}),
    client="ollama:OllamaProvider",
)
