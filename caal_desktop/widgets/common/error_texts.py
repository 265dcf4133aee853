"""What an error says, in the user's language."""

from __future__ import annotations

from caal_desktop.llm.errors import ErrorText
from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.widgets.common.translation import translate, words_of


def explain(error: BaseException) -> ErrorText:
    """Return what happened, why, and what to do.

    An error that does not describe itself is one that the program did not expect: its own text is all there is.
    """
    if isinstance(error, DescribedError):
        return words_of(error)
    return ErrorText(translate("Errors", "That cannot be used."), str(error), "")


def reason_and_advice(text: ErrorText) -> str:
    """Return the second and the third part of an error's words as one paragraph."""
    return " ".join(part for part in (text.why, text.advice) if part)
