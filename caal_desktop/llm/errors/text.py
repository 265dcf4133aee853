"""The words of an error: three templates, which are translated first and filled after that.

The base of both error trees: of the provider layer (:mod:`caal_desktop.llm.errors`) and of the program's storage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from caal_desktop.llm.translation import FormatValue, SourceText, Translate, fill, plain_value, untranslated

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What happened, why, and what to do, in words: each a sentence or two, or empty."""

    what: str
    why: str
    advice: str


@dataclass(frozen=True, slots=True)
class ErrorTemplate:
    """What happened, why, and what to do, as templates; ``NO_TEXT`` where there is nothing to say."""

    what: SourceText
    why: SourceText
    advice: SourceText

    def filled(
        self,
        params: Mapping[str, object],
        translate: Translate = untranslated,
        format_value: FormatValue = plain_value,
    ) -> ErrorText:
        """Return the words in another language.

        Args:
            params: the values of the placeholders.
            translate: turns an English template into the language's.
            format_value: turns the value of a placeholder into words.
        """
        return ErrorText(*(fill(text, params, translate, format_value) for text in (self.what, self.why, self.advice)))


class DescribedError(Exception):
    """An error that says what happened, why, and what to do.

    Args:
        params: the values of the templates' placeholders, without secrets.

    Attributes:
        what, why, advice: the class's templates.
        params: the values of their placeholders.
    """

    what: ClassVar[SourceText]
    why: ClassVar[SourceText]
    advice: ClassVar[SourceText]

    def __init__(self, params: Mapping[str, object]) -> None:
        self.params = dict(params)
        super().__init__()

    def template(self) -> ErrorTemplate:
        """Return the templates that fit this instance."""
        return ErrorTemplate(self.what, self.why, self.advice)

    def describe(self, translate: Translate = untranslated, format_value: FormatValue = plain_value) -> ErrorText:
        """Return the error in words; in English where nothing is given.

        Args:
            translate: turns an English template into another language's.
            format_value: turns the value of a placeholder into words.
        """
        return self.template().filled(self.params, translate, format_value)

    def __str__(self) -> str:
        text = self.describe()
        return f"{text.what} {text.why}"
