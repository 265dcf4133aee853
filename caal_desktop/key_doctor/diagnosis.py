"""What the key doctor answers, in types and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from caal_desktop.llm.errors.text import ErrorText, Translate, untranslated

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


CLEANUP_TEXTS: Mapping[Cleanup, str] = MappingProxyType(
    {
        Cleanup.SPACES: "spaces around it",
        Cleanup.LINE_BREAKS: "line breaks or spaces inside it",
        Cleanup.INVISIBLE: "invisible characters",
        Cleanup.QUOTES: "quotation marks",
        Cleanup.BEARER: "the word “Bearer”",
        Cleanup.VARIABLE_NAME: "the name in front of it",
        Cleanup.PUNCTUATION: "punctuation behind it",
        Cleanup.SURROUNDING_TEXT: "the text around it",
        Cleanup.HTML: "signs of a web page's source",
        Cleanup.DASHES: "typographic dashes",
        Cleanup.CAPITALS: "capital letters",
        Cleanup.REPEATED: "its repetition",
        Cleanup.BEGINNING: "a cut-off beginning",
    }
)
"""What was mended, as the end of a sentence that begins "Tidied up: "."""


class Finding(StrEnum):
    """The message to show; finer than the verdict."""

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


_COPY_AGAIN = "On the keys page, create a new key and copy it right away: a key is shown in full only once."

TEXTS: Mapping[Finding, ErrorText] = MappingProxyType(
    {
        Finding.OK: ErrorText("This looks like a key of {vendor}.", "", ""),
        Finding.OK_CLEANED: ErrorText("A key of {vendor} was found in what you pasted.", "Tidied up: {cleanups}.", ""),
        Finding.EMPTY: ErrorText("There is no key yet.", "", "Paste your key of {expected} here."),
        Finding.MASKED: ErrorText(
            "This is the shortened form of a key, not the key itself.",
            "The keys page of {vendor} shows only a key's first and last characters.",
            _COPY_AGAIN,
        ),
        Finding.HIDDEN: ErrorText(
            "These are the dots that hide a key, not the key itself.",
            "They were copied from a field that does not show its content.",
            "Show the key there first, or copy it where it was created.",
        ),
        Finding.TRUNCATED: ErrorText(
            "The key is incomplete.",
            "It has {count} characters fewer than the keys of {vendor}.",
            "Copy it once more with the copy button beside it, or create a new key.",
        ),
        Finding.BEGINNING_MISSING: ErrorText(
            "The beginning of the key seems to be missing.",
            "Keys of {vendor} begin with “{prefix}”.",
            "Copy it once more with the copy button beside it; a double click takes only a part of it.",
        ),
        Finding.TOO_LONG: ErrorText(
            "The key is too long.",
            "It has {count} characters more than the keys of {vendor}.",
            "Copy the key once more and paste it alone.",
        ),
        Finding.OTHER_VENDOR: ErrorText(
            "This is a key of {vendor}, not of {expected}.",
            "Each service accepts only its own keys.",
            "Paste a key of {expected}.",
        ),
        Finding.OTHER_PROVIDER: ErrorText(
            "This is a key of {vendor}, not of {expected}.",
            "Each service accepts only its own keys.",
            "Use {vendor} with this key, or paste a key of {expected}.",
        ),
        Finding.SEVERAL_KEYS: ErrorText(
            "There are {count} different keys in what you pasted.",
            "It is not clear which of them to use.",
            "Paste one of them alone.",
        ),
        Finding.PLACEHOLDER: ErrorText(
            "This is a placeholder from an example, not a key.",
            "It stands where your own key belongs.",
            "Paste your own key of {expected}.",
        ),
        Finding.URL: ErrorText(
            "This is a web address, not a key.",
            "",
            "Open it in the browser, create or copy the key there, and paste the key.",
        ),
        Finding.EMAIL: ErrorText(
            "This is an e-mail address, not a key.",
            "{expected} needs an API key instead of the name of an account.",
            "Sign in on its website, create a key there, and paste the key.",
        ),
        Finding.PASSWORD: ErrorText(
            "This looks like a password, not like a key.",
            "The password of an account never belongs here.",
            "Sign in on the website of {expected}, create a key there, and paste the key.",
        ),
        Finding.NOT_A_KEY: ErrorText("There is no key in what you pasted.", "", "Paste your key of {expected} alone."),
        Finding.TOO_MUCH: ErrorText(
            "This is too much text to look through.", "", "Paste your key of {expected} alone."
        ),
        Finding.ODD_SHAPE: ErrorText(
            "This could be a key of {vendor}, but it looks unusual.",
            "It does not have the shape that keys of {vendor} have today.",
            "It can be tried; if it is not accepted, copy the key once more.",
        ),
        Finding.UNKNOWN_SHAPE: ErrorText(
            "This could be a key, but not one whose shape is known.",
            "",
            "It can be tried; if it is not accepted, check that it is a key of {expected}.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes:
        verdict: what the pasted text is.
        key: the key, cleaned; also a key that should not be used as it is (truncated, too long, of another vendor), for
            a person who knows better. None where there is none, or where it is not clear which.
        provider: this program's name for the service that the key belongs to; None where it has none or is unknown.
        vendor: that service's name for people; empty where it is unknown.
        cleanups: what was mended, in the order in which to say it.
        finding: which message fits.
        params: what fills the message. Never contains what was pasted.
    """

    verdict: KeyVerdict
    key: str | None = field(default=None, repr=False)
    provider: str | None = None
    vendor: str = ""
    cleanups: tuple[Cleanup, ...] = ()
    finding: Finding = Finding.NOT_A_KEY
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        """Whether the key should simply be used (``unusual``: after showing the note)."""
        return self.key is not None and self.verdict in (KeyVerdict.OK, KeyVerdict.OK_CLEANED, KeyVerdict.UNUSUAL)

    def describe(self, translate: Translate = untranslated) -> ErrorText:
        """The message in the language of ``translate``."""
        params = {
            **self.params,
            "vendor": self.vendor or "…",
            "cleanups": ", ".join(translate(CLEANUP_TEXTS[cleanup]) for cleanup in self.cleanups),
        }
        if "expected" in params:
            params["expected"] = translate(params["expected"])
        return TEXTS[self.finding].filled(params, translate)
