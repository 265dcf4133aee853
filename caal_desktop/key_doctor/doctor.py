"""Finding the key in a pasted text, or finding out what the text is instead.

Every step is linear in the length of the text: whatever lies in the clipboard may be pasted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.key_doctor.cleaning import around, clean
from caal_desktop.key_doctor.diagnosis import Cleanup, Diagnosis, Finding, Verdict
from caal_desktop.key_doctor.shapes import (
    GROQ,
    OPENROUTER,
    OPENROUTER_DIGITS,
    OPENROUTER_PREFIX,
    PROVIDER_NAMES,
    Candidate,
    Vendor,
    find_candidates,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 2_000_000
# Texts up to this length are looked through once more without their spaces: the beginning itself may be wrapped.
_MAX_WRAPPED = 1000
# What may stand between two halves of a wrapped key: spaces, line breaks, and signs of continuation or quotation.
_GAP = re.compile(r"[\s\\>|=+\"']{1,40}")
_HEX = re.compile(r"[0-9a-fA-F]*")
_HEX_ONLY = re.compile(r"[0-9a-fA-F]+")
_ALNUM = re.compile(r"[A-Za-z0-9_\-]")
_MASK = re.compile(r"\s?(?:…|\.{2,}|[•●·∙*█░⋯]{1,})")
_ONLY_MASK = re.compile(r"[•●·∙*█░⋯….\s]+")
_PLACEHOLDER = re.compile(
    r"(?i)x{4,}|your[_\- ]|[_\-]here\b|placeholder|example|changeme|<[^<>]{1,80}>|\$\{?\w{1,60}\}?$|%\w{1,60}%$"
)
_URL = re.compile(r"(?i)(?:https?://|www\.|(?:[a-z0-9-]{1,63}\.)?openrouter\.ai\b)")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[A-Za-z]{2,24}")
_ASSIGNMENT = re.compile(
    r"(?i)(?:export\s+|set\s+|\$env:)?[\"']?[\w.\-]{1,60}[\"']?\s{0,4}[=:]\s{0,4}(?!//)(?:bearer\s{1,4})?(\S.*)",
    re.DOTALL,
)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=:\-]{20,512}")
_PRINTABLE = re.compile(r"[!-~]{1,512}")
_CUT_BEGINNING = re.compile(r"(?:k-or-v1-|-or-v1-|or-v1-|r-v1-|-v1-|v1-|1-|-)([0-9a-f]{64})")
_QUOTE_CHARACTERS = "\"'`´“”„‘’‚«»‹›<>()[]{},; \t"


class _Found(NamedTuple):
    """One candidate, judged."""

    finding: Finding
    vendor: Vendor
    key: str
    start: int
    end: int
    cleanups: tuple[Cleanup, ...] = ()
    off_by: int = 0


# The better a candidate is, the earlier it stands here: a whole key beside a shortened one is the one that is meant.
_RANKING = (
    Finding.OK,
    Finding.ODD_SHAPE,
    Finding.TRUNCATED,
    Finding.TOO_LONG,
    Finding.MASKED,
    Finding.PLACEHOLDER,
)
_VERDICTS = {
    Finding.OK: Verdict.OK,
    Finding.OK_CLEANED: Verdict.OK_CLEANED,
    Finding.EMPTY: Verdict.EMPTY,
    Finding.MASKED: Verdict.MASKED,
    Finding.HIDDEN: Verdict.MASKED,
    Finding.TRUNCATED: Verdict.TRUNCATED,
    Finding.BEGINNING_MISSING: Verdict.TRUNCATED,
    Finding.TOO_LONG: Verdict.TOO_LONG,
    Finding.OTHER_VENDOR: Verdict.OTHER_VENDOR,
    Finding.OTHER_PROVIDER: Verdict.OTHER_VENDOR,
    Finding.SEVERAL_KEYS: Verdict.SEVERAL_KEYS,
    Finding.ODD_SHAPE: Verdict.UNUSUAL,
    Finding.UNKNOWN_SHAPE: Verdict.UNUSUAL,
}


def diagnose(text: str, expected: str = "openrouter") -> Diagnosis:
    """Says what a person has pasted.

    Args:
        text: what was pasted, or typed, as it is.
        expected: the provider whose key is wanted (``openrouter``, ``groq``, ``openai_compatible``, ``ollama``).
    """
    if len(text) > MAX_TEXT:
        return _answer(Finding.TOO_MUCH, expected)
    cleaned = clean(text)
    if not cleaned.text:
        return _answer(Finding.EMPTY, expected)
    found = _judge(cleaned.text)
    cleanups = cleaned.cleanups
    if not any(one.finding is Finding.OK for one in found) and len(cleaned.text) <= _MAX_WRAPPED:
        joined = "".join(cleaned.text.split())
        again = _judge(joined) if joined != cleaned.text else []
        # Only a whole key proves that the spaces did not belong there.
        if any(one.finding is Finding.OK and one.vendor is OPENROUTER for one in again):
            return _choose(again, joined, (*cleanups, Cleanup.LINE_BREAKS), expected)
    if found:
        return _choose(found, cleaned.text, cleanups, expected)
    return _without_candidate(cleaned.text, cleanups, expected)


def _judge(text: str) -> list[_Found]:
    return [_judge_one(candidate, text) for candidate in find_candidates(text)]


def _judge_one(candidate: Candidate, text: str) -> _Found:
    vendor, key, start, end = candidate.vendor, candidate.text, candidate.start, candidate.end
    body = key[len(vendor.prefix) :]
    if _MASK.match(text, end):
        return _Found(Finding.MASKED, vendor, key, start, end)
    if _PLACEHOLDER.search(body):
        return _Found(Finding.PLACEHOLDER, vendor, key, start, end)
    if vendor is not OPENROUTER:
        missing = vendor.body - len(body)
        return _Found(Finding.OK if missing <= 0 else Finding.TRUNCATED, vendor, key, start, end, off_by=missing)
    return _judge_openrouter(candidate, text)


def _judge_openrouter(candidate: Candidate, text: str) -> _Found:
    key, start, end = candidate.text, candidate.start, candidate.end
    if key[: len(OPENROUTER_PREFIX)].lower() != OPENROUTER_PREFIX:
        missing = OPENROUTER.body - (len(key) - len(OPENROUTER.prefix))
        finding = Finding.ODD_SHAPE if missing <= 0 else Finding.TRUNCATED
        return _Found(finding, OPENROUTER, key, start, end, off_by=missing)
    digits = key[len(OPENROUTER_PREFIX) :]
    cleanups: tuple[Cleanup, ...] = ()
    if len(digits) < OPENROUTER_DIGITS:
        joined, joined_end = _join(text, digits, end)
        if joined:
            digits, end, cleanups = joined, joined_end, (Cleanup.LINE_BREAKS,)
    key = OPENROUTER_PREFIX + digits
    surplus = len(digits) - OPENROUTER_DIGITS
    if surplus:
        finding = Finding.TOO_LONG if surplus > 0 else Finding.TRUNCATED
        return _Found(finding, OPENROUTER, key, start, end, cleanups, abs(surplus))
    if not _HEX_ONLY.fullmatch(digits):
        return _Found(Finding.ODD_SHAPE, OPENROUTER, key, start, end, cleanups)
    if text[start : start + len(OPENROUTER_PREFIX)] + digits.lower() != OPENROUTER_PREFIX + digits:
        cleanups = (*cleanups, Cleanup.CAPITALS)
    return _Found(Finding.OK, OPENROUTER, key.lower(), start, end, cleanups)


def _join(text: str, digits: str, end: int) -> tuple[str, int]:
    """The digits of a wrapped key and where they end; no digits unless they make up a whole key exactly."""
    if digits and not _HEX_ONLY.fullmatch(digits):
        return "", end
    while len(digits) < OPENROUTER_DIGITS:
        gap = _GAP.match(text, end)
        if gap is None:
            return "", end
        run = _HEX.match(text, gap.end(), gap.end() + OPENROUTER_DIGITS + 1)
        if run is None or not run.group():
            return "", end
        digits, end = digits + run.group(), run.end()
    whole = len(digits) == OPENROUTER_DIGITS and not _ALNUM.match(text, end)
    return (digits, end) if whole else ("", end)


def _choose(found: list[_Found], text: str, cleanups: tuple[Cleanup, ...], expected: str) -> Diagnosis:
    wanted = [one for one in found if _fits(one.vendor, expected)]
    best = min(wanted or found, key=lambda one: _RANKING.index(one.finding))
    rivals = [one for one in wanted or found if one.finding is best.finding]
    different = {one.key for one in rivals}
    if best.finding is Finding.PLACEHOLDER:
        return _answer(Finding.PLACEHOLDER, expected)
    if best.finding is Finding.MASKED:
        return _answer(Finding.MASKED, expected, best.vendor)
    if not wanted:
        finding = Finding.OTHER_PROVIDER if best.vendor.provider else Finding.OTHER_VENDOR
        whole = best.finding is Finding.OK and len(different) == 1
        return _answer(finding, expected, best.vendor, best.key if whole else None)
    if len(different) > 1 and best.finding in (Finding.OK, Finding.ODD_SHAPE):
        return _answer(Finding.SEVERAL_KEYS, expected, best.vendor, count=len(different))
    finding = best.finding
    mended = {*cleanups, *best.cleanups, *_around(rivals, text)}
    if finding is Finding.OK and mended:
        finding = Finding.OK_CLEANED
    ordered = tuple(cleanup for cleanup in Cleanup if cleanup in mended)
    return _answer(finding, expected, best.vendor, best.key, ordered, best.off_by)


def _around(rivals: list[_Found], text: str) -> Iterable[Cleanup]:
    if len(rivals) > 1:
        between = text[rivals[0].end : rivals[-1].start].strip()
        yield Cleanup.REPEATED
        if between and len(rivals) == 2:
            yield Cleanup.SURROUNDING_TEXT
    yield from around(text[: rivals[0].end] + text[rivals[-1].end :], rivals[0].start, rivals[0].end)


def _fits(vendor: Vendor, expected: str) -> bool:
    if expected in ("openai_compatible", "ollama"):
        # Whose server it is is not known; but the keys of those that have a provider of their own belong there.
        return vendor.provider is None
    return vendor.provider == expected


def _without_candidate(text: str, cleanups: tuple[Cleanup, ...], expected: str) -> Diagnosis:
    if _ONLY_MASK.fullmatch(text):
        return _answer(Finding.HIDDEN, expected)
    bare = text.strip(_QUOTE_CHARACTERS) if len(text) <= _MAX_WRAPPED else text
    cut = _CUT_BEGINNING.fullmatch(bare)
    if cut and expected == "openrouter":
        key = OPENROUTER_PREFIX + cut.group(1)
        return _answer(Finding.OK_CLEANED, expected, OPENROUTER, key, (*cleanups, Cleanup.BEGINNING))
    if _URL.match(bare):
        return _answer(Finding.URL, expected)
    if _EMAIL.fullmatch(bare):
        return _answer(Finding.EMAIL, expected)
    if len(text) <= _MAX_WRAPPED and len(text.split()) <= 4 and _PLACEHOLDER.search(text):
        return _answer(Finding.PLACEHOLDER, expected)
    value = _value_of(text)
    if value is None:
        return _answer(Finding.NOT_A_KEY, expected)
    if expected == "openrouter" and re.fullmatch(r"[0-9a-fA-F]{64}", value):
        return _answer(Finding.BEGINNING_MISSING, expected, OPENROUTER)
    if value != text:
        cleanups = (*cleanups, *around(text, text.index(value), text.index(value) + len(value)))
    free = expected in ("openai_compatible", "ollama")
    if free or (_TOKEN.fullmatch(value) and re.search(r"\d", value) and re.search(r"[A-Za-z]", value)):
        return _answer(Finding.UNKNOWN_SHAPE, expected, None, value, cleanups)
    looks_typed = len(value) <= 64 and len({_kind(char) for char in value}) >= 2
    return _answer(Finding.PASSWORD if looks_typed else Finding.NOT_A_KEY, expected)


def _value_of(text: str) -> str | None:
    """The one word that could be a key of unknown shape; None where there are more words than that."""
    if len(text) > _MAX_WRAPPED:
        return None
    assignment = _ASSIGNMENT.fullmatch(text)
    value = assignment.group(1) if assignment else re.sub(r"(?i)\Abearer\s+", "", text)
    value = value.strip(_QUOTE_CHARACTERS)
    return value if _PRINTABLE.fullmatch(value) else None


def _kind(char: str) -> str:
    if char.isdigit():
        return "digit"
    if char.isalpha():
        return "upper" if char.isupper() else "lower"
    return "sign"


def _answer(
    finding: Finding,
    expected: str,
    vendor: Vendor | None = None,
    key: str | None = None,
    cleanups: tuple[Cleanup, ...] = (),
    count: int = 0,
) -> Diagnosis:
    params = {
        "expected": PROVIDER_NAMES.get(expected, expected),
        "count": str(count),
        "prefix": GROQ.prefix if expected == "groq" else OPENROUTER_PREFIX,
    }
    return Diagnosis(
        verdict=_VERDICTS.get(finding, Verdict.NOT_A_KEY),
        key=key,
        provider=vendor.provider if vendor else None,
        vendor=vendor.name if vendor else "",
        cleanups=tuple(dict.fromkeys(cleanups)),
        finding=finding,
        params=params,
    )
