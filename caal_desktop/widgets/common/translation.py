"""Shows texts in the user's language.

In a Qt class a text is marked and translated by ``self.tr("…")``, elsewhere by ``translate("Context", "…")``: both are
forms that lupdate reads. Texts of the layers without Qt are marked there, and shown by :func:`translated`,
:func:`in_words` or :func:`words_of`. Plurals take ``self.tr("%n …", "", n)``, the only form of which lupdate knows that
it is a plural.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QCoreApplication

from caal_desktop.widgets.common.formats import format_value

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ErrorText
    from caal_desktop.llm.translation import FilledText, FormatValue, SourceText, Translate

translate = QCoreApplication.translate


class Described(Protocol):
    """What says of itself, in templates, what happened, why, and what to do: every error that users are shown."""

    def describe(self, translate: Translate, format_value: FormatValue) -> ErrorText:
        """Return the words in the language of ``translate``."""


def translated(text: SourceText) -> str:
    """Return a text of a layer without Qt in the user's language."""
    return translate(text.context, text) if text else ""


def in_words(message: FilledText) -> str:
    """Return a message of a layer without Qt in the user's language, filled with its values."""
    return message.in_words(translated, format_value)


def words_of(described: Described) -> ErrorText:
    """Return what an error, or a finding, says in the user's language."""
    return described.describe(translated, format_value)


def reason_and_advice(text: ErrorText) -> str:
    """Return the second and the third part of an error's words as one paragraph."""
    return " ".join(part for part in (text.why, text.advice) if part)
