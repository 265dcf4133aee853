"""The key doctor's result: its types and its messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from caal_desktop.llm.errors.text import ErrorTemplate, ErrorText
from caal_desktop.llm.translation import (
    NO_TEXT,
    QT_TRANSLATE_NOOP,
    FormatValue,
    SourceText,
    Translate,
    plain_value,
    untranslated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class KeyVerdict(StrEnum):
    """What the pasted text is."""

    OK = "ok"
    OK_CLEANED = "ok_cleaned"
    EMPTY = "empty"
    MASKED = "masked"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    OTHER_VENDOR = "other_vendor"
    SEVERAL_KEYS = "several_keys"
    NOT_A_KEY = "not_a_key"
    UNUSUAL = "unusual"


class Cleanup(StrEnum):
    """What was taken away from, or repaired in, the pasted text to get at the key."""

    SPACES = "spaces"
    LINE_BREAKS = "line_breaks"
    INVISIBLE = "invisible"
    QUOTES = "quotes"
    BEARER = "bearer"
    VARIABLE_NAME = "variable_name"
    PUNCTUATION = "punctuation"
    SURROUNDING_TEXT = "surrounding_text"
    HTML = "html"
    DASHES = "dashes"
    CAPITALS = "capitals"
    REPEATED = "repeated"
    BEGINNING = "beginning"


CLEANUP_TEXTS: Mapping[Cleanup, SourceText] = MappingProxyType(
    {
        Cleanup.SPACES: QT_TRANSLATE_NOOP("KeyDoctor", "spaces around it"),
        Cleanup.LINE_BREAKS: QT_TRANSLATE_NOOP("KeyDoctor", "line breaks or spaces inside it"),
        Cleanup.INVISIBLE: QT_TRANSLATE_NOOP("KeyDoctor", "invisible characters"),
        Cleanup.QUOTES: QT_TRANSLATE_NOOP("KeyDoctor", "quotation marks"),
        Cleanup.BEARER: QT_TRANSLATE_NOOP("KeyDoctor", "the word “Bearer”"),
        Cleanup.VARIABLE_NAME: QT_TRANSLATE_NOOP("KeyDoctor", "the name in front of it"),
        Cleanup.PUNCTUATION: QT_TRANSLATE_NOOP("KeyDoctor", "punctuation behind it"),
        Cleanup.SURROUNDING_TEXT: QT_TRANSLATE_NOOP("KeyDoctor", "the text around it"),
        Cleanup.HTML: QT_TRANSLATE_NOOP("KeyDoctor", "signs of a web page's source"),
        Cleanup.DASHES: QT_TRANSLATE_NOOP("KeyDoctor", "typographic dashes"),
        Cleanup.CAPITALS: QT_TRANSLATE_NOOP("KeyDoctor", "capital letters"),
        Cleanup.REPEATED: QT_TRANSLATE_NOOP("KeyDoctor", "its repetition"),
        Cleanup.BEGINNING: QT_TRANSLATE_NOOP("KeyDoctor", "a cut-off beginning"),
    }
)
"""What was repaired, for the list in the message of :attr:`Finding.OK_CLEANED`."""


class Finding(StrEnum):
    """Which message to show; finer than the verdict."""

    OK = "ok"
    OK_CLEANED = "ok_cleaned"
    EMPTY = "empty"
    MASKED = "masked"
    HIDDEN = "hidden"
    TRUNCATED = "truncated"
    BEGINNING_MISSING = "beginning_missing"
    TOO_LONG = "too_long"
    OTHER_VENDOR = "other_vendor"
    OTHER_PROVIDER = "other_provider"
    SEVERAL_KEYS = "several_keys"
    PLACEHOLDER = "placeholder"
    URL = "url"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - a word, not a password
    NOT_A_KEY = "not_a_key"
    TOO_MUCH = "too_much"
    ODD_SHAPE = "odd_shape"
    UNKNOWN_SHAPE = "unknown_shape"


_COPY_AGAIN = QT_TRANSLATE_NOOP(
    "KeyDoctor", "On the keys page, create a new key and copy it right away: a key is shown in full only once."
)

TEXTS: Mapping[Finding, ErrorTemplate] = MappingProxyType(
    {
        Finding.OK: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This looks like a key of {vendor}."), NO_TEXT, NO_TEXT
        ),
        Finding.OK_CLEANED: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "A key of {vendor} was found in what you pasted."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Tidied up: {cleanups}."),
            NO_TEXT,
        ),
        Finding.EMPTY: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "There is no key yet."),
            NO_TEXT,
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste your key of {expected} here."),
        ),
        Finding.MASKED: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is the shortened form of a key, not the key itself."),
            QT_TRANSLATE_NOOP("KeyDoctor", "The keys page of {vendor} shows only a key's first and last characters."),
            _COPY_AGAIN,
        ),
        Finding.HIDDEN: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "These are the dots that hide a key, not the key itself."),
            QT_TRANSLATE_NOOP("KeyDoctor", "They were copied from a field that does not show its content."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Show the key there first, or copy it where it was created."),
        ),
        Finding.TRUNCATED: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "The key is incomplete."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It has {characters} fewer than the keys of {vendor}."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Copy it once more with the copy button beside it, or create a new key."),
        ),
        Finding.BEGINNING_MISSING: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "The beginning of the key seems to be missing."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Keys of {vendor} begin with “{prefix}”."),
            QT_TRANSLATE_NOOP(
                "KeyDoctor", "Copy it once more with the copy button beside it; a double click takes only a part of it."
            ),
        ),
        Finding.TOO_LONG: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "The key is too long."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It has {characters} more than the keys of {vendor}."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Copy the key once more and paste it alone."),
        ),
        Finding.OTHER_VENDOR: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is a key of {vendor}, not of {expected}."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Each service accepts only its own keys."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste a key of {expected}."),
        ),
        Finding.OTHER_PROVIDER: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is a key of {vendor}, not of {expected}."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Each service accepts only its own keys."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Use {vendor} with this key, or paste a key of {expected}."),
        ),
        Finding.SEVERAL_KEYS: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "There are {keys} in what you pasted."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It is not clear which of them to use."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste one of them alone."),
        ),
        Finding.PLACEHOLDER: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is a placeholder from an example, not a key."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It stands where your own key belongs."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste your own key of {expected}."),
        ),
        Finding.URL: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is a web address, not a key."),
            NO_TEXT,
            QT_TRANSLATE_NOOP("KeyDoctor", "Open it in the browser, create or copy the key there, and paste the key."),
        ),
        Finding.EMAIL: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is an e-mail address, not a key."),
            QT_TRANSLATE_NOOP("KeyDoctor", "{expected} needs an API key instead of the name of an account."),
            QT_TRANSLATE_NOOP("KeyDoctor", "Sign in on its website, create a key there, and paste the key."),
        ),
        Finding.PASSWORD: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This looks like a password, not like a key."),
            QT_TRANSLATE_NOOP("KeyDoctor", "The password of an account never belongs here."),
            QT_TRANSLATE_NOOP(
                "KeyDoctor", "Sign in on the website of {expected}, create a key there, and paste the key."
            ),
        ),
        Finding.NOT_A_KEY: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "There is no key in what you pasted."),
            NO_TEXT,
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste your key of {expected} alone."),
        ),
        Finding.TOO_MUCH: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This is too much text to look through."),
            NO_TEXT,
            QT_TRANSLATE_NOOP("KeyDoctor", "Paste your key of {expected} alone."),
        ),
        Finding.ODD_SHAPE: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This could be a key of {vendor}, but it looks unusual."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It does not have the shape that keys of {vendor} have today."),
            QT_TRANSLATE_NOOP("KeyDoctor", "It can be tried; if it is not accepted, copy the key once more."),
        ),
        Finding.UNKNOWN_SHAPE: ErrorTemplate(
            QT_TRANSLATE_NOOP("KeyDoctor", "This could be a key, but not one whose shape is known."),
            NO_TEXT,
            QT_TRANSLATE_NOOP(
                "KeyDoctor", "It can be tried; if it is not accepted, check that it is a key of {expected}."
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result for one pasted text.

    Attributes:
        verdict: what the pasted text is.
        key: the key, cleaned; also a key that should not be used as it is (truncated, too long, of another vendor), for
            a user who knows better. None where there is none, or where it is not clear which.
        provider: the registry's name of the provider that the key belongs to; None where it belongs to none or is
            unknown.
        vendor: the name to show for that service; "" where it is unknown.
        cleanups: what was repaired, in the order in which to list it.
        finding: which message fits.
        params: the values of the message's placeholders. Never contains what was pasted.
    """

    verdict: KeyVerdict
    key: str | None = field(default=None, repr=False)
    provider: str | None = None
    vendor: str = ""
    cleanups: tuple[Cleanup, ...] = ()
    finding: Finding = Finding.NOT_A_KEY
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether the key may be used without a question (``unusual``: with the message shown)."""
        return self.key is not None and self.verdict in (KeyVerdict.OK, KeyVerdict.OK_CLEANED, KeyVerdict.UNUSUAL)

    def describe(self, translate: Translate = untranslated, format_value: FormatValue = plain_value) -> ErrorText:
        """Return the message in words.

        Args:
            translate: turns an English template into another language's.
            format_value: turns the value of a placeholder into words.
        """
        params = {
            **self.params,
            "vendor": self.vendor or "…",
            "cleanups": tuple(CLEANUP_TEXTS[cleanup] for cleanup in self.cleanups),
        }
        return TEXTS[self.finding].filled(params, translate, format_value)
