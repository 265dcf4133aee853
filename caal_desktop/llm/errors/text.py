"""What is said about a failure: three templates, translated first and filled then. Nothing else fills templates.

Both error trees stand on it: the provider layer's (:mod:`caal_desktop.llm.errors`) and that of what the program keeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

Translate = Callable[[str], str]
"""From an English template to another language's, with the same ``{placeholders}``."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_UNKNOWN = "…"


def untranslated(text: str) -> str:
    """The translation that leaves a text as it is."""
    return text


@dataclass(frozen=True, slots=True)
class ErrorText:
    """What happened, why, and what to do: templates, or the words made of them, each a sentence or two."""

    what: str
    why: str
    advice: str

    def filled(self, params: Mapping[str, object], translate: Translate = untranslated) -> ErrorText:
        """Return the text translated, with ``params`` in place of its ``{placeholders}``.

        A placeholder that ``params`` lacks leaves an ellipsis: nothing may fail while a failure is being told.
        """
        return ErrorText(*(_filled(template, params, translate) for template in (self.what, self.why, self.advice)))


def _filled(template: str, params: Mapping[str, object], translate: Translate) -> str:
    translated = translate(template) if template else ""
    if "{" in (rest := _PLACEHOLDER.sub("", translated)) or "}" in rest:
        translated = template  # a translation with broken placeholders
    return _PLACEHOLDER.sub(lambda match: str(params.get(match[1], _UNKNOWN)), translated)


class DescribedError(Exception):
    """An error that says what happened, why, and what to do.

    Attributes:
        what, why, advice: the class's templates, in English.
        params: what the templates are filled with. Never contains a secret.
    """

    what: ClassVar[str]
    why: ClassVar[str]
    advice: ClassVar[str]

    def __init__(self, params: Mapping[str, object]) -> None:
        self.params = dict(params)
        super().__init__()

    def templates(self) -> ErrorText:
        """Return the templates that fit this instance."""
        return ErrorText(self.what, self.why, self.advice)

    def describe(self, translate: Translate = untranslated) -> ErrorText:
        """Return the error in words.

        Args:
            translate: turns an English template into another language's.
        """
        return self.templates().filled(self.params, translate)

    def __str__(self) -> str:
        text = self.describe()
        return f"{text.what} {text.why}"
