"""Repairs what copying has done to a text, and tells what was repaired."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from caal_desktop.key_doctor.diagnosis import Cleanup

# Zero-width characters, direction marks, soft hyphen, byte order mark, variation selectors.
_INVISIBLE = {
    *(0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    # Control characters: a text in UTF-16 that was read as bytes has a NUL behind every letter.
    *(code for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85)),
}
_ODD_SPACES = {0x0085, 0x00A0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
# Hyphens and dashes that a word processor or a web page puts in a hyphen's place.
_ODD_DASHES = {*range(0x2010, 0x2016), 0x2043, 0x2212, 0xFE58, 0xFE63, 0xFF0D}

_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_ODD_SPACES, " "),
    **dict.fromkeys(_ODD_DASHES, "-"),
}


def _class_of(codes: set[int]) -> re.Pattern[str]:
    return re.compile("[" + "".join(re.escape(chr(code)) for code in sorted(codes)) + "]")


_HAS_INVISIBLE, _HAS_DASH = _class_of(_INVISIBLE), _class_of(_ODD_DASHES)

_QUOTES = "\"'`´“”„‘’‚«»‹›"
_BEARER = re.compile(r"(?i)(?:^|[^a-z])bearer\Z")
_NAME = re.compile(
    r"(?i)(?:^|\s|[{,;(\"'])(?:export\s+|set\s+|setx\s+|\$env:|-h\s*[\"']?)?[\w.\-\[\]]{1,60}[\"']?\s*(?:[=:]|:=|=>)\Z"
)
_PUNCTUATION = ",;.:!)]}>"


@dataclass(frozen=True, slots=True, repr=False)
class Cleaned:
    """A text without what copying has added to it.

    Attributes:
        text: the repaired text, without spaces at its ends.
        cleanups: what was repaired.
    """

    text: str
    cleanups: tuple[Cleanup, ...]


def clean(pasted: str) -> Cleaned:
    """Remove invisible characters and outer spaces; replace odd spaces, odd dashes and HTML entities."""
    cleanups = []
    text = pasted
    if "&" in text and ";" in text:
        text = html.unescape(text)
    if text != pasted:
        cleanups.append(Cleanup.HTML)
    if _HAS_INVISIBLE.search(text):
        cleanups.append(Cleanup.INVISIBLE)
    has_dash = _HAS_DASH.search(text) is not None
    text = text.translate(_TABLE)
    if has_dash:
        cleanups.append(Cleanup.DASHES)
    stripped = text.strip()
    if stripped != text:
        cleanups.append(Cleanup.SPACES)
    return Cleaned(stripped, tuple(cleanups))


def around(text: str, start: int, end: int) -> tuple[Cleanup, ...]:
    """Return what surrounds the key at ``text[start:end]`` and has to be removed."""
    # Anything farther away counts as surrounding text.
    near = 200
    before, after = text[max(0, start - near) : start], text[end : end + near]
    more = start > near or len(text) - end > near
    cleanups: set[Cleanup] = set()
    before, after = _without_quotes(before, after, cleanups)
    if _BEARER.search(before):
        cleanups.add(Cleanup.BEARER)
        before, after = _without_quotes(before.rstrip()[: -len("bearer")], after, cleanups)
    name = _NAME.search(before)
    if name:
        cleanups.add(Cleanup.VARIABLE_NAME)
        before = before[: name.start()].strip(_QUOTES + " \t")
    if after and not after.strip(_PUNCTUATION + _QUOTES + " \t"):
        cleanups.add(Cleanup.PUNCTUATION)
        after = ""
    if more or before.strip(_QUOTES + " \t") or after.strip():
        cleanups.add(Cleanup.SURROUNDING_TEXT)
    return tuple(cleanup for cleanup in Cleanup if cleanup in cleanups)


def _without_quotes(before: str, after: str, cleanups: set[Cleanup]) -> tuple[str, str]:
    before, after = before.rstrip(), after.lstrip()
    if (before and before[-1] in _QUOTES) or (after and after[0] in _QUOTES):
        cleanups.add(Cleanup.QUOTES)
    return before.rstrip(_QUOTES).rstrip(), after.lstrip(_QUOTES).lstrip()
