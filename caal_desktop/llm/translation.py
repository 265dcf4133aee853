"""Texts that users see, in modules without Qt: marked where they are written, translated where they are shown.

``pyside6-lupdate`` finds a text by the name of :func:`QT_TRANSLATE_NOOP` and by its literal arguments. A marked text
carries its context, so that it cannot be looked up in another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_UNKNOWN = "…"


class SourceText(str):
    """A text in English, marked for translation; may contain ``{placeholders}``.

    Attributes:
        context: the name of the group of texts that it belongs to, as translators see it.
    """

    __slots__ = ("context",)
    context: str

    def __new__(cls, context: str, text: str) -> SourceText:
        """Mark a text; call :func:`QT_TRANSLATE_NOOP` instead, which lupdate finds."""
        marked = super().__new__(cls, text)
        marked.context = context
        return marked


def QT_TRANSLATE_NOOP(context: str, text: str) -> SourceText:
    """Mark a text for translation.

    Args:
        context: a literal.
        text: a literal.
    """
    return SourceText(context, text)


NO_TEXT: Final = SourceText("", "")
"""The empty text, which is not translated."""


class Unit(StrEnum):
    """What a :class:`Count` is of; each value is the English word for one."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    CHARACTER = "character"
    KEY = "key"
    CONVERSATION = "conversation"
    ANSWER = "answer"
    TOKEN = "token"  # noqa: S105 - no secret, a word


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things to be put into a sentence, with the noun in the form that goes with the number.

    Attributes:
        number: how many.
        unit: of what.
    """

    number: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time to be put into a sentence.

    Attributes:
        seconds: rounded for the reader, never below one second.
    """

    seconds: float

    def in_whole_units(self) -> Count:
        """Return the seconds, minutes or hours that a reader wants to know."""
        whole = max(1, round(self.seconds))
        if whole < 120:
            return Count(whole, Unit.SECOND)
        minutes = round(whole / 60)
        return Count(minutes, Unit.MINUTE) if minutes < 120 else Count(round(minutes / 60), Unit.HOUR)


@dataclass(frozen=True, slots=True)
class Money:
    """A sum to be put into a sentence.

    Attributes:
        usd: US dollars.
    """

    usd: float


@dataclass(frozen=True, slots=True)
class FilledText:
    """A text with the values of its placeholders; may itself be the value of a placeholder.

    Attributes:
        text: the template.
        values: by the placeholders' names: texts, filled texts, numbers, dates, moments, :class:`Count`,
            :class:`Duration`, :class:`Money`, and tuples of these.
    """

    text: SourceText
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, translate: Translate | None = None, format_value: FormatValue | None = None) -> str:
        """Return the message in words; in English where nothing is given.

        Args:
            translate: turns a marked text into another language's.
            format_value: turns any other value into words.
        """
        return fill(self.text, self.values, translate or untranslated, format_value or plain_value)


Translate = Callable[[SourceText], str]
"""Returns a marked text in another language, with the same ``{placeholders}``."""

FormatValue = Callable[[object], str]
"""Returns the value of a placeholder in words: numbers, counts, dates and durations as a language has them."""


def untranslated(text: SourceText) -> str:
    """Return the text unchanged."""
    return text


def plain_value(value: object) -> str:
    """Return the value of a placeholder in English, for logs and developers."""
    if isinstance(value, Duration):
        value = value.in_whole_units()
    if isinstance(value, Count):
        return f"{value.number} {value.unit}" + ("" if value.number == 1 else "s")
    if isinstance(value, Money):
        return f"${value.usd:.3g}"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def fill(
    text: SourceText,
    values: Mapping[str, object],
    translate: Translate = untranslated,
    format_value: FormatValue = plain_value,
) -> str:
    """Return a text, translated, with values in place of its ``{placeholders}``.

    Never raises, since it is used to describe errors: a placeholder without a value becomes an ellipsis, and the
    English text replaces a translation with broken placeholders.

    Args:
        text: the template.
        values: the values by the placeholders' names, as :attr:`FilledText.values` has them.
        translate: turns a marked text into another language's.
        format_value: turns any other value into words.
    """
    translated = translate(text) if text else ""
    if "{" in (rest := _PLACEHOLDER.sub("", translated)) or "}" in rest:
        translated = text

    def shown(value: object) -> str:
        if isinstance(value, SourceText):
            return translate(value)
        if isinstance(value, FilledText):
            return fill(value.text, value.values, translate, format_value)
        return format_value(tuple(map(shown, value)) if isinstance(value, tuple) else value)

    return _PLACEHOLDER.sub(lambda match: shown(values[match[1]]) if match[1] in values else _UNKNOWN, translated)
