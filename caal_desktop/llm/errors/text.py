"""What is said about a failure: three templates, translated first and filled then.

Both error trees stand on it: the provider layer's (:mod:`caal_desktop.llm.errors`) and that of what the program keeps.
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
        """Return the words in the language of ``translate``, with ``params`` in place of the placeholders."""
        return ErrorText(*(fill(text, params, translate, format_value) for text in (self.what, self.why, self.advice)))


class DescribedError(Exception):
    """An error that says what happened, why, and what to do.

    Attributes:
        what, why, advice: the class's templates.
        params: what the templates are filled with. Never contains a secret.
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
        """Return the error in words.

        Args:
            translate: turns an English template into another language's.
            format_value: turns what fills a placeholder into words.
        """
        return self.template().filled(self.params, translate, format_value)

    def __str__(self) -> str:
        text = self.describe()
        return f"{text.what} {text.why}"
