"""Settings as the JSON documents that hold them, the file's and the exported one's: each setting at its place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import depth_of
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, FilledText
from caal_desktop.storage.settings.provider_table import TABLE, key_of
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import NO_SUCH_SETTING, SURROGATES, InvalidSetting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.storage.settings.setting import SettingSpec

MAX_DEPTH = 50
"""How deeply a value that this version does not know may be nested: the reader and the writer have limits of their own,
which depend on the moment."""

_NO_OBJECT = FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a JSON object."))


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a document.

    Attributes:
        path: the names that lead to it.
        value: the value as JSON has it.
        spec: the setting that it belongs to; None where this version knows none.
        error: why the value cannot be read at all, in a sentence; None where it can.
    """

    path: tuple[str, ...]
    value: object
    spec: SettingSpec | None = None
    error: FilledText | None = None

    @property
    def key(self) -> str:
        """The setting's key, or the path where it is unknown."""
        return ".".join(self.path) if self.spec is None else self.spec.key

    def checked(self) -> Any:
        """Return the value in its setting's type.

        Raises:
            InvalidSetting: it does not fit.
        """
        if self.error is not None or self.spec is None:
            raise InvalidSetting(self.key, self.error or NO_SUCH_SETTING)
        return self.spec.check(self.value)


def entries(document: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield every value of a document, in its order; what this version does not know comes as whole as it can."""
    for key, value in document.items():
        if key != TABLE:
            spec = SPECS.get(key)
            yield Entry((key,), value, None if spec is None or spec.cell is not None else spec)
        elif isinstance(value, Mapping):
            for provider, row in value.items():
                yield from _cells(provider, row)
        else:
            yield Entry((key,), value, error=_NO_OBJECT)


def _cells(provider: str, row: object) -> Iterator[Entry]:
    if not isinstance(row, Mapping):
        yield Entry((TABLE, provider), row, error=_NO_OBJECT)
        return
    for column, value in row.items():
        spec = SPECS.get(key_of(provider, column))
        is_this_cell = spec is not None and spec.cell == (provider, column)
        yield Entry((TABLE, provider, column), value, spec if is_this_cell else None)


def changed_settings(settings: Settings) -> Iterator[tuple[SettingSpec, Any]]:
    """Yield every setting that differs from its default, with its value as JSON has it."""
    for key, spec in SPECS.items():
        value = settings.value(key)
        if value != spec.default:
            yield spec, spec.to_json(spec.check(value))


def put(document: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    """Put a value at its place in a document."""
    *folders, name = path
    for folder in folders:
        document = document.setdefault(folder, {})
    document[name] = value


def path_of(spec: SettingSpec) -> tuple[str, ...]:
    """Return the names that lead to a setting's value."""
    return (spec.key,) if spec.cell is None else (TABLE, *spec.cell)


def can_be_written(value: object) -> bool:
    """Return whether a JSON value that was read can be written again.

    JSON as Python reads it may hold halves of characters, and numbers that are none.
    """
    if depth_of(value) > MAX_DEPTH:
        return False
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return False
        names = item if isinstance(item, dict) else (item,) if isinstance(item, str) else ()
        if any(SURROGATES.search(name) for name in names):
            return False
        waiting.extend(_children(item))
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
