"""How one setting is described, and how a value is checked against its description."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_origin, get_type_hints

from caal_desktop.llm.errors import AddressRefused
from caal_desktop.llm.translation import NO_TEXT, QT_TRANSLATE_NOOP, Count, FilledText, SourceText, Unit
from caal_desktop.llm.transport.address import AddressError, read_address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_METADATA_KEY = "setting"

# Longer than any text that is typed; keeps a broken file from filling the memory and the dialog.
DEFAULT_MAX_LENGTH = 500
MAX_ITEM_LENGTH = 200
# Characters of an item that are repeated where it is refused.
_SHOWN_OF_ITEM = 40

# A long text is checked with each letter that is typed into it.
_CONTROLS = re.compile("[\x00-\x1f]")
_CONTROLS_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f]")
SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters: they can be read from JSON, but not be written as UTF-8."""


class Group(StrEnum):
    """The page of the settings dialog that shows a setting; ``internal`` ones are not shown."""

    PROVIDER = "provider"
    MODEL = "model"
    PRIVACY = "privacy"
    NETWORK = "network"
    APPEARANCE = "appearance"
    CHAT = "chat"
    ADVANCED = "advanced"
    INTERNAL = "internal"


class Editor(StrEnum):
    """What a setting is edited with, where its kind does not say so already."""

    AUTO = "auto"
    MODEL = "model"
    """A line with a button that opens the model picker."""
    FILE = "file"
    """A line with a button that opens the file dialog."""
    LINES = "lines"
    """A list of texts, one a line."""


class NumberUnit(StrEnum):
    """What a number is given in; the values are those of the documentation."""

    NONE = ""
    USD = "USD"
    TOKENS = "tokens"
    SECONDS = "seconds"
    DAYS = "days"
    TIMES = "times"
    FACTOR = "×"


class InvalidSetting(ValueError):  # noqa: N818
    """A value does not fit its setting.

    Attributes:
        key: the setting.
        reason: why, in a sentence about the value ("It must be at most 2.").
    """

    def __init__(self, key: str, reason: FilledText) -> None:
        self.key = key
        self.reason = reason
        super().__init__(f"{key}: {reason.in_words()}")


NO_SUCH_SETTING: Final = FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "There is no such setting."))
"""Why a value cannot be used whose key this version does not know."""


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """What describes a setting: storage, dialog, import and documentation read it.

    Attributes:
        key: its name in the file and in code.
        kind: ``bool``, ``int``, ``float``, ``str``, a ``StrEnum``, or ``tuple`` for a list of texts.
        cell: the provider and the column where the table of providers holds its value; None where it is a field of
            the settings themselves, named as its key.
        default: its value until the user changes it.
        label: its label, in English.
        description: one or two sentences of explanation, in English.
        group: the page that shows it.
        since: the version of the program that brought it.
        minimum, maximum: bounds of a number, both allowed.
        step: what a spin box adds.
        options: the allowed values of a ``str``, in the order in which to show them; none where any text is allowed.
        max_length: of a text, in characters; of a list, in items.
        multiline: whether the text may have line breaks.
        url: whether the text must be an ``http(s)`` address (or empty).
        editor: what edits it.
        unit: what a number is given in.
        minimum_label: what a number's minimum means, in English, where it means more than the number ("no limit").
        choice_labels: what the choices are called, in English, by value.
        depends_on: another setting and the values of it for which this one has an effect; None where it always has one.
        item_check: says why one item of a list cannot be used, in a sentence; None where it can.
        item_shown: what of a refused item may be quoted: no secret.
        keywords: further words, in English, by which a search finds it.
    """

    key: str
    kind: type[Any]
    default: Any
    label: SourceText
    description: SourceText
    group: Group
    since: str
    cell: tuple[str, str] | None = None
    options: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    max_length: int = DEFAULT_MAX_LENGTH
    multiline: bool = False
    url: bool = False
    editor: Editor = Editor.AUTO
    unit: NumberUnit = NumberUnit.NONE
    minimum_label: SourceText = NO_TEXT
    choice_labels: Mapping[str, SourceText] = field(default_factory=dict)
    depends_on: tuple[str, tuple[str, ...]] | None = None
    item_check: Callable[[str], FilledText | None] | None = None
    item_shown: Callable[[str], str] = str
    keywords: SourceText = NO_TEXT

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values, in the order in which to show them; empty where any value of the kind is allowed."""
        return tuple(self.kind) if issubclass(self.kind, StrEnum) else self.options

    def check(self, value: object) -> Any:
        """Return a value in the setting's type.

        Raises:
            InvalidSetting: it has the wrong type or is out of bounds.
        """
        try:
            return self._checked(value)
        except InvalidSetting as error:
            raise InvalidSetting(self.key, error.reason) from None

    def to_json(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        if isinstance(value, StrEnum):
            return value.value
        return list(value) if isinstance(value, tuple) else value

    def _checked(self, value: object) -> Any:
        if self.choices:
            return self._checked_choice(value)
        if self.kind is bool:
            if not isinstance(value, bool):
                raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be true or false."))
            return value
        if self.kind in (int, float):
            return self._checked_number(value)
        if self.kind is tuple:
            return self._checked_list(value)
        return self._checked_text(value)

    def _checked_choice(self, value: object) -> str:
        for choice in self.choices:
            if value == choice:
                return choice
        raise self._invalid(
            QT_TRANSLATE_NOOP("InvalidSetting", "It must be one of these: {choices}."), choices=tuple(self.choices)
        )

    def _checked_number(self, value: object) -> int | float:
        # bool is an int in Python, but `true` is no temperature.
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a number."))
        if self.kind is int and value != int(value):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a whole number."))
        if self.minimum is not None and value < self.minimum:
            raise self._invalid(
                QT_TRANSLATE_NOOP("InvalidSetting", "It must be at least {minimum}."), minimum=_shortest(self.minimum)
            )
        if self.maximum is not None and value > self.maximum:
            raise self._invalid(
                QT_TRANSLATE_NOOP("InvalidSetting", "It must be at most {maximum}."), maximum=_shortest(self.maximum)
            )
        number: int | float = self.kind(value)
        return number

    def _checked_text(self, value: object) -> str:
        if not isinstance(value, str):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a text."))
        if len(value) > self.max_length:
            raise self._invalid(
                QT_TRANSLATE_NOOP("InvalidSetting", "It must have at most {length}."),
                length=Count(self.max_length, Unit.CHARACTER),
            )
        if (_CONTROLS_IN_LINES if self.multiline else _CONTROLS).search(value):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must not contain control characters."))
        if SURROGATES.search(value):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be valid Unicode."))
        if self.url and (error := _url_error(value)) is not None:
            raise InvalidSetting(self.key, error)
        return value

    def _checked_list(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a list."))
        items = dict.fromkeys(value) if all(isinstance(item, str) for item in value) else None
        if items is None or any(not 0 < len(item) <= MAX_ITEM_LENGTH or not item.isprintable() for item in items):
            raise self._invalid(QT_TRANSLATE_NOOP("InvalidSetting", "It must be a list of short texts."))
        if len(items) > self.max_length:
            raise self._invalid(
                QT_TRANSLATE_NOOP("InvalidSetting", "It has too many items. The most that are allowed: {maximum}."),
                maximum=self.max_length,
            )
        for item in items:
            if self.item_check is not None and (error := self.item_check(item)) is not None:
                raise self._invalid(
                    QT_TRANSLATE_NOOP("InvalidSetting", "“{item}” cannot be used. {reason}"),
                    item=self.item_shown(item)[:_SHOWN_OF_ITEM],
                    reason=error,
                )
        return tuple(items)

    def _invalid(self, reason: SourceText, /, **values: object) -> InvalidSetting:
        return InvalidSetting(self.key, FilledText(reason, values))


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        # A whole number beyond all that a float can hold.
        return False


def _shortest(bound: float) -> int | float:
    """Return a bound without needless decimals: 2 for 2.0."""
    return int(bound) if bound == int(bound) else bound


def _url_error(value: str) -> FilledText | None:
    if not value:
        return None
    try:
        read_address(value)
    except AddressError as error:
        if error.reason.text == AddressRefused.why_credentials:
            return FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must not contain a user name or password."))
        if error.reason.text == AddressRefused.why_odd_spelling:
            return error.reason
        return FilledText(QT_TRANSLATE_NOOP("InvalidSetting", "It must be an http or https address."))
    return None


def setting(
    default: T, *, label: SourceText, description: SourceText, group: Group, since: str = "0.1.0", **more: Any
) -> T:
    """Return a dataclass field that carries its description (see :class:`SettingSpec`, whose attributes these are).

    Declared to return the default's type, as :func:`dataclasses.field` is, so that a field's annotation is checked.
    """

    def specs(key: str, kind: type[Any]) -> tuple[SettingSpec, ...]:
        return (
            SettingSpec(
                key=key,
                kind=kind,
                default=default,
                label=label,
                description=description,
                group=group,
                since=since,
                **more,
            ),
        )

    return field(default=default, metadata={_METADATA_KEY: specs})


def table_of_settings(default: T, specs: tuple[SettingSpec, ...]) -> T:
    """Return a dataclass field that holds many settings, each in a cell of its own; typed as :func:`setting` is."""
    return field(default_factory=lambda: default, metadata={_METADATA_KEY: lambda _key, _kind: specs})


def specs_of(schema: type[Any]) -> dict[str, SettingSpec]:
    """Return the descriptions of a settings dataclass, by key, in the order of their declaration."""
    hints = get_type_hints(schema)
    return {
        spec.key: spec
        for item in fields(schema)
        for spec in item.metadata[_METADATA_KEY](item.name, get_origin(hints[item.name]) or hints[item.name])
    }
