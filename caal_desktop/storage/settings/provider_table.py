"""The settings that every provider has for itself: one row for each provider, one column for each kind of setting."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText, SourceText
from caal_desktop.llm.transport.headers import check_header, parse_header, shown_header
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.setting import Editor, Group, NumberUnit, SettingSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.providers.descriptor import ProviderDescriptor

TABLE = "providers"
"""The table's name in the file and among the fields of the settings."""
_SINCE = "0.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """One provider's row.

    Attributes:
        model: the chosen model's id; "" while none is chosen.
        base_url: the address that the user gave; "" for a provider with a fixed one.
        num_ctx: the length of the context to ask for, in tokens; 0 for a provider that cannot be asked for one.
        headers: further headers of each request, one ``Name: value`` an item.
        key_status: what is known about the key.
        key_store: where the key was put.
        key_origin: for which ``scheme://host:port`` the key was given, followed by `` via `` and the proxy's where
            that can read it; "" where there is none, or it is not known.
        key_withheld_from: the same, to which the user did not want that key to be sent.
    """

    model: str = ""
    base_url: str = ""
    num_ctx: int = 0
    headers: tuple[str, ...] = ()
    key_status: KeyStatus = KeyStatus.NONE
    key_store: KeyStore = KeyStore.NONE
    key_origin: str = ""
    key_withheld_from: str = ""


def key_of(provider: str, column: str) -> str:
    """Return the key by which one cell's setting is known: ``openrouter_model``, ``ollama_base_url``, ..."""
    return f"{provider}_{column}"


def _header_error(line: str) -> FilledText | None:
    try:
        name, value = parse_header(line)
    except ValueError:
        return FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must have the form “Name: value”."))
    error = check_header(name, value)
    return FilledText(error) if error else None


# What the columns that the dialog shows have in common, in the order in which to show them.
_SHOWN: Mapping[str, Mapping[str, Any]] = {
    "model": {"kind": str, "default": "", "group": Group.MODEL, "editor": Editor.MODEL, "max_length": 200},
    "base_url": {"kind": str, "group": Group.PROVIDER, "url": True},
    "num_ctx": {
        "kind": int,
        "group": Group.MODEL,
        "minimum": 512,
        "maximum": 1_000_000,
        "step": 1024,
        "unit": NumberUnit.TOKENS,
    },
    "headers": {
        "kind": tuple,
        "default": (),
        "group": Group.PROVIDER,
        "max_length": 20,
        "editor": Editor.LINES,
        "item_check": _header_error,
        "item_shown": shown_header,
    },
}
# What the program remembers by itself, with a label and an explanation for those who read the file: no window shows
# them, so they are not marked for translation.
_REMEMBERED: Mapping[str, tuple[type[Any], Any, str, str]] = {
    "key_status": (KeyStatus, KeyStatus.NONE, "Key status", "What is known about the key."),
    "key_store": (KeyStore, KeyStore.NONE, "Key store", "Where the key was put."),
    "key_origin": (str, "", "Key origin", "For which scheme, host and port the key was given."),
    "key_withheld_from": (str, "", "Key withheld from", "To which other address the user did not want it to be sent."),
}


def _default(descriptor: ProviderDescriptor, column: str) -> dict[str, Any]:
    """Return the default of a column whose default is a provider's own."""
    own = {"base_url": descriptor.base_url, "num_ctx": descriptor.context_length}
    return {"default": own[column]} if column in own else {}


def _shown(descriptor: ProviderDescriptor, column: str) -> SettingSpec:
    text = descriptor.settings[column]
    return SettingSpec(
        key=key_of(descriptor.name, column),
        label=text.label,
        description=text.description,
        keywords=text.keywords,
        since=_SINCE,
        cell=(descriptor.name, column),
        depends_on=("provider", (descriptor.name,)),
        **{**_default(descriptor, column), **_SHOWN[column]},
    )


def _remembered(descriptor: ProviderDescriptor, column: str) -> SettingSpec:
    kind, default, label, description = _REMEMBERED[column]
    return SettingSpec(
        key=key_of(descriptor.name, column),
        kind=kind,
        default=default,
        label=SourceText("", f"{label}: {descriptor.title}"),
        description=SourceText("", description),
        group=Group.INTERNAL,
        since=_SINCE,
        cell=(descriptor.name, column),
    )


CELLS: tuple[SettingSpec, ...] = (
    *(_shown(one, column) for column in _SHOWN for one in PROVIDERS.values() if column in one.settings),
    *(_remembered(one, column) for column in _REMEMBERED for one in PROVIDERS.values()),
)
"""The description of every cell."""


def _default_rows() -> dict[str, ProviderSettings]:
    values: dict[str, dict[str, Any]] = {name: {} for name in PROVIDERS}
    for spec in CELLS:
        assert spec.cell is not None  # noqa: S101 - that is what makes it a cell
        values[spec.cell[0]][spec.cell[1]] = spec.default
    return {name: ProviderSettings(**row) for name, row in values.items()}


DEFAULT_TABLE: Mapping[str, ProviderSettings] = MappingProxyType(_default_rows())
"""Every provider's row as it is at a first start."""
