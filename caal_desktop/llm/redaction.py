"""Recognizes secrets, and removes them from what is shown, logged and saved.

Also makes text from outside fit to be shown: without control characters, of bounded length. Every pattern is a fixed
beginning and character classes, so that matching takes linear time.
"""

from __future__ import annotations

import html
import json
import re
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK: Final = "[hidden]"
MAX_DETAIL_LENGTH: Final = 600
_MAX_METADATA_STRING: Final = 2000
_MAX_METADATA_ITEMS: Final = 50
_MAX_METADATA_DEPTH: Final = 4

# Shorter secrets than this are hidden nowhere. No service gives out such keys; users make them up for servers of their
# own ("test", "key", "1"), and hiding these would make every text unreadable, and tell the secret by what is missing.
_SHORTEST: Final = 6
SHORTEST_UNMISTAKABLE: Final = 12
"""Characters of a secret that is no word, such as "ollama", which occurs in names, addresses and answers as well."""

# Of a secret without a known shape, as many characters tell that it begins here; and how long it must be for that.
BEGINNING: Final = 12
_SHORTEST_WITH_BEGINNING: Final = 16

# The vendors whose keys users have, or paste by mistake: all that the key doctor knows by name, and some more.
_PREFIX: Final = (
    r"(?<![A-Za-z0-9])"
    r"(?:sk-or-v1-|sk-or-|sk-proj-|sk-svcacct-|sk-ant-|[cg]?sk[-_]|[rp]k[-_]|xai[-_]|pplx[-_]|hf[-_]|nvapi[-_]|AIza"
    r"|r8_|fw_|gh[pousr]_|github_pat_|glpat-|AKIA)"
)
# A key, a header with one, and a name and password inside a URL.
_SHAPES: Final = re.compile(
    rf"{_PREFIX}[A-Za-z0-9_\-]{{8,}}"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s{1,4})[A-Za-z0-9._~+/=\-]{8,}"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)",
    re.IGNORECASE,
)
# What stands in the place of a secret, whatever its shape.
_PLACES: Final = re.compile(
    r"(?P<before>\bbearer\s{1,4}"
    r"|(?:api[_-]?key|authorization|access[_-]?token)[\"']?\s{0,4}[:=]\s{0,4}[\"']?(?!(?:bearer|basic)\b))"
    r"[^\s\"',;<>{}()]+",
    re.IGNORECASE,
)
_PLAUSIBLE_KEY: Final = re.compile(rf"{_PREFIX}([A-Za-z0-9_\-]{{20,}})")
# Signs that JSON need not escape and some libraries do: PHP's, Go's, Gson, .NET's.
_JSON_ESCAPES: Final = (("/", "\\/"), ("<>&", "\\u{:04x}"), ("<>&'=", "\\u{:04x}"), ("<>&'\"+`", "\\u{:04X}"))
# C0 and C1 controls, line and paragraph separators, and the bidirectional controls that can reorder what is read.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")

_live_secrets: set[str] = set()
_live_secrets_guard = threading.Lock()


def register_secret(secret: str) -> None:
    """Hide a text wherever texts are cleaned from now on, whatever its shape.

    Args:
        secret: the text; nothing happens for one of fewer than six characters.
    """
    if len(secret) >= _SHORTEST:
        with _live_secrets_guard:
            _live_secrets.add(secret)


def _live() -> list[str]:
    with _live_secrets_guard:
        # The longest first: a secret may contain another one.
        return sorted(_live_secrets, key=len, reverse=True)


@lru_cache(maxsize=64)
def spellings(secret: str) -> tuple[str, ...]:
    """Return a secret as it stands in what servers and libraries write: as it is, and with the usual escapes."""
    # Whether Python escapes an apostrophe depends on what else stands in the text.
    python = repr(f'"{secret}')[2:-1], repr(b'"' + secret.encode("utf-8", "surrogatepass"))[3:-1]
    forms = (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        *(_json(secret, signs, form) for signs, form in _JSON_ESCAPES),
        *(form for escaped in python for form in (escaped, escaped.replace("\\'", "'"))),
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        html.escape(secret),
    )
    return tuple(dict.fromkeys(forms))


def _json(secret: str, signs: str, form: str) -> str:
    return "".join(form.format(ord(sign)) if sign in signs else json.dumps(sign)[1:-1] for sign in secret)


@lru_cache(maxsize=64)
def _beginning(secret: str) -> re.Pattern[str] | None:
    """Return what finds a word that begins as a secret does; None where its shape tells, or it is short."""
    if len(secret) < _SHORTEST_WITH_BEGINNING or _SHAPES.match(secret):
        return None
    return re.compile(re.escape(secret[:BEGINNING]) + r"[^\s\"',;<>{}()\[\]]*")


def _hide_known(text: str, secrets: tuple[str | None, ...]) -> str:
    """Return ``text`` without the given and the registered secrets, nor the beginning of one that was cut off."""
    for secret in (*secrets, *_live()):
        if secret is None or len(secret) < _SHORTEST:
            continue
        for spelling in spellings(secret):
            text = text.replace(spelling, MASK)
        if (beginning := _beginning(secret)) is not None:
            text = beginning.sub(MASK, text)
    return text


def _mask(match: re.Match[str]) -> str:
    return (match["scheme"] or "") + MASK


def hide_secrets(text: str, *secrets: str | None) -> str:
    """Return ``text`` without secrets.

    Args:
        text: any text.
        *secrets: hidden besides the registered ones (:func:`register_secret`) and whatever has the shape of one, unless
            they have fewer than six characters.
    """
    return _SHAPES.sub(_mask, _hide_known(text, secrets))


def redact(text: str) -> str:
    """Return a line of the log without secrets.

    Stricter than :func:`hide_secrets`: a log may lose a word too many, a text on the screen may not.
    """
    return _PLACES.sub(rf"\g<before>{MASK}", hide_secrets(text))


def holds_secret(value: object) -> bool:
    """Return whether any text in a JSON value, names included, contains a registered secret or very likely a key.

    Less strict than :func:`hide_secrets`: a user's text must not be refused for a word with a hyphen, nor for a word
    that serves as a key.
    """
    live = [secret for secret in _live() if len(secret) >= SHORTEST_UNMISTAKABLE]
    return any(_is_plausible(text) or any(secret in text for secret in live) for text in _texts_in(value))


def _is_plausible(text: str) -> bool:
    return any(any(char.isdigit() for char in match[1]) for match in _PLAUSIBLE_KEY.finditer(text))


def _texts_in(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def clean_text(text: str, *secrets: str | None, limit: int = MAX_DETAIL_LENGTH) -> str:
    """Return ``text`` on one line, without secrets and control characters, cut to ``limit`` characters.

    Secrets are hidden before the cut, which could leave half a key that is no longer recognized.
    """
    text = _hide_known(text, secrets)
    # A server can send megabytes, which the expressions need not read.
    text = text[: max(limit, _MAX_METADATA_STRING) * 8]
    text = _CONTROLS.sub(" ", text)
    text = " ".join(hide_secrets(text, *secrets).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_metadata(value: Any, *secrets: str | None, depth: int = 0) -> Any:
    """Return a bounded copy of a JSON value with every string cleaned."""
    if isinstance(value, str):
        return clean_text(value, *secrets, limit=_MAX_METADATA_STRING)
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth >= _MAX_METADATA_DEPTH:
        return clean_text(str(value)[: _MAX_METADATA_STRING * 2], *secrets, limit=_MAX_METADATA_STRING)
    if isinstance(value, dict):
        pairs = list(value.items())[:_MAX_METADATA_ITEMS]
        return {
            clean_text(str(key), *secrets, limit=100): clean_metadata(item, *secrets, depth=depth + 1)
            for key, item in pairs
        }
    if isinstance(value, list | tuple):
        return [clean_metadata(item, *secrets, depth=depth + 1) for item in value[:_MAX_METADATA_ITEMS]]
    return clean_text(str(value), *secrets, limit=_MAX_METADATA_STRING)
