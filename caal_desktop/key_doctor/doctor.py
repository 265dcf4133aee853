"""The search for the key in a pasted text, and the judgement of what the text is where it holds none.

Every step is linear in the length of the text: whatever lies in the clipboard may be pasted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from caal_desktop.key_doctor.cleaning import around, clean
from caal_desktop.key_doctor.diagnosis import Cleanup, Diagnosis, Finding, KeyVerdict
from caal_desktop.key_doctor.shapes import Candidate, Vendor, find_candidates, vendor_of_provider
from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER, PROVIDERS
from caal_desktop.llm.translation import Count, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caal_desktop.llm.providers.descriptor import KeyShape

MAX_TEXT = 2_000_000
# Texts up to this length are searched once more without their spaces: the beginning itself may be wrapped.
_MAX_WRAPPED = 1000
# What may stand between two halves of a wrapped key: spaces, line breaks, and signs of continuation or quotation.
_GAP = re.compile(r"[\s\\>|=+\"']{1,40}")
_HEX = re.compile(r"[0-9a-fA-F]*")
_LOWER_HEX = re.compile(r"[0-9a-f]+")
_HEX_ONLY = re.compile(r"[0-9a-fA-F]+")
_ALNUM = re.compile(r"[A-Za-z0-9_\-]")
_MASK = re.compile(r"\s?(?:…|\.{2,}|[•●·∙*█░⋯]{1,})")
_ONLY_MASK = re.compile(r"[•●·∙*█░⋯….\s]+")
_PLACEHOLDER = re.compile(
    r"(?i)x{4,}|your[_\- ]|[_\-]here\b|placeholder|example|changeme|<[^<>]{1,80}>|\$\{?\w{1,60}\}?$|%\w{1,60}%$"
)
_DOMAINS = {".".join((urlsplit(one.keys_page).hostname or "").split(".")[-2:]) for one in PROVIDERS.values()} - {""}
_URL = re.compile(
    rf"(?i)(?:https?://|www\.|(?:[a-z0-9-]{{1,63}}\.)?(?:{'|'.join(map(re.escape, sorted(_DOMAINS)))})\b)"
)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[A-Za-z]{2,24}")
_ASSIGNMENT = re.compile(
    r"(?i)(?:export\s+|set\s+|\$env:)?[\"']?[\w.\-]{1,60}[\"']?\s{0,4}[=:]\s{0,4}(?!//)(?:bearer\s{1,4})?(\S.*)",
    re.DOTALL,
)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=:\-]{20,512}")
_PRINTABLE = re.compile(r"[!-~]{1,512}")
_QUOTE_CHARACTERS = "\"'`´“”„‘’‚«»‹›<>()[]{},; \t"


class _Judgement(NamedTuple):
    """What one candidate was found to be; ``difference`` counts the characters that it lacks or has too many."""

    finding: Finding
    vendor: Vendor
    key: str
    start: int
    end: int
    cleanups: tuple[Cleanup, ...] = ()
    difference: int = 0


# The best first: of a whole key and a shortened one, the whole one is meant.
_RANKING = (
    Finding.OK,
    Finding.ODD_SHAPE,
    Finding.TRUNCATED,
    Finding.TOO_LONG,
    Finding.MASKED,
    Finding.PLACEHOLDER,
)
_VERDICTS = {
    Finding.OK: KeyVerdict.OK,
    Finding.OK_CLEANED: KeyVerdict.OK_CLEANED,
    Finding.EMPTY: KeyVerdict.EMPTY,
    Finding.MASKED: KeyVerdict.MASKED,
    Finding.HIDDEN: KeyVerdict.MASKED,
    Finding.TRUNCATED: KeyVerdict.TRUNCATED,
    Finding.BEGINNING_MISSING: KeyVerdict.TRUNCATED,
    Finding.TOO_LONG: KeyVerdict.TOO_LONG,
    Finding.OTHER_VENDOR: KeyVerdict.OTHER_VENDOR,
    Finding.OTHER_PROVIDER: KeyVerdict.OTHER_VENDOR,
    Finding.SEVERAL_KEYS: KeyVerdict.SEVERAL_KEYS,
    Finding.ODD_SHAPE: KeyVerdict.UNUSUAL,
    Finding.UNKNOWN_SHAPE: KeyVerdict.UNUSUAL,
}


def diagnose(text: str, expected: str = DEFAULT_PROVIDER) -> Diagnosis:
    """Return what a user has pasted.

    Args:
        text: what was pasted or typed, unchanged.
        expected: the name of the provider whose key is wanted.
    """
    if len(text) > MAX_TEXT:
        return _diagnosis(Finding.TOO_MUCH, expected)
    cleaned = clean(text)
    if not cleaned.text:
        return _diagnosis(Finding.EMPTY, expected)
    found = _judge(cleaned.text)
    cleanups = cleaned.cleanups
    if not any(one.finding is Finding.OK for one in found) and len(cleaned.text) <= _MAX_WRAPPED:
        joined = "".join(cleaned.text.split())
        again = _judge(joined) if joined != cleaned.text else []
        # Only a whole key proves that the spaces did not belong there.
        if any(one.finding is Finding.OK and one.vendor.exact_shape is not None for one in again):
            return _choose(again, joined, (*cleanups, Cleanup.LINE_BREAKS), expected)
    if found:
        return _choose(found, cleaned.text, cleanups, expected)
    return _without_candidate(cleaned.text, cleanups, expected)


def _judge(text: str) -> list[_Judgement]:
    return [_judge_one(candidate, text) for candidate in find_candidates(text)]


def _judge_one(candidate: Candidate, text: str) -> _Judgement:
    vendor, key, start, end = candidate.vendor, candidate.text, candidate.start, candidate.end
    body = key[len(vendor.prefix) :]
    if _MASK.match(text, end):
        return _Judgement(Finding.MASKED, vendor, key, start, end)
    if _PLACEHOLDER.search(body):
        return _Judgement(Finding.PLACEHOLDER, vendor, key, start, end)
    if vendor.exact_shape is None:
        missing = vendor.body - len(body)
        finding = Finding.OK if missing <= 0 else Finding.TRUNCATED
        return _Judgement(finding, vendor, key, start, end, difference=missing)
    return _judge_exact(candidate, vendor.exact_shape, text)


def _judge_exact(candidate: Candidate, shape: KeyShape, text: str) -> _Judgement:
    vendor, key, start, end = candidate.vendor, candidate.text, candidate.start, candidate.end
    beginning = shape.beginning
    if key[: len(beginning)].lower() != beginning:
        missing = vendor.body - (len(key) - len(vendor.prefix))
        finding = Finding.ODD_SHAPE if missing <= 0 else Finding.TRUNCATED
        return _Judgement(finding, vendor, key, start, end, difference=missing)
    digits = key[len(beginning) :]
    cleanups: tuple[Cleanup, ...] = ()
    if len(digits) < shape.hex_digits:
        joined, joined_end = _join(text, digits, end, shape.hex_digits)
        if joined:
            digits, end, cleanups = joined, joined_end, (Cleanup.LINE_BREAKS,)
    key = beginning + digits
    surplus = len(digits) - shape.hex_digits
    if surplus:
        finding = Finding.TOO_LONG if surplus > 0 else Finding.TRUNCATED
        return _Judgement(finding, vendor, key, start, end, cleanups, abs(surplus))
    if not _HEX_ONLY.fullmatch(digits):
        return _Judgement(Finding.ODD_SHAPE, vendor, key, start, end, cleanups)
    if text[start : start + len(beginning)] + digits.lower() != beginning + digits:
        cleanups = (*cleanups, Cleanup.CAPITALS)
    return _Judgement(Finding.OK, vendor, key.lower(), start, end, cleanups)


def _join(text: str, digits: str, end: int, wanted: int) -> tuple[str, int]:
    """Return the digits of a wrapped key and where they end; no digits unless they make up exactly one key."""
    if digits and not _HEX_ONLY.fullmatch(digits):
        return "", end
    while len(digits) < wanted:
        gap = _GAP.match(text, end)
        if gap is None:
            return "", end
        run = _HEX.match(text, gap.end(), gap.end() + wanted + 1)
        if run is None or not run.group():
            return "", end
        digits, end = digits + run.group(), run.end()
    whole = len(digits) == wanted and not _ALNUM.match(text, end)
    return (digits, end) if whole else ("", end)


def _choose(found: list[_Judgement], text: str, cleanups: tuple[Cleanup, ...], expected: str) -> Diagnosis:
    wanted = [one for one in found if _fits(one.vendor, expected)]
    best = min(wanted or found, key=lambda one: _RANKING.index(one.finding))
    rivals = [one for one in wanted or found if one.finding is best.finding]
    different = {one.key for one in rivals}
    if best.finding is Finding.PLACEHOLDER:
        return _diagnosis(Finding.PLACEHOLDER, expected)
    if best.finding is Finding.MASKED:
        return _diagnosis(Finding.MASKED, expected, best.vendor)
    if not wanted:
        finding = Finding.OTHER_PROVIDER if best.vendor.provider else Finding.OTHER_VENDOR
        whole = best.finding is Finding.OK and len(different) == 1
        return _diagnosis(finding, expected, best.vendor, best.key if whole else None)
    if len(different) > 1 and best.finding in (Finding.OK, Finding.ODD_SHAPE):
        return _diagnosis(Finding.SEVERAL_KEYS, expected, best.vendor, keys=Count(len(different), Unit.KEY))
    finding = best.finding
    repaired = {*cleanups, *best.cleanups, *_around(rivals, text)}
    if finding is Finding.OK and repaired:
        finding = Finding.OK_CLEANED
    ordered = tuple(cleanup for cleanup in Cleanup if cleanup in repaired)
    characters = Count(best.difference, Unit.CHARACTER)
    return _diagnosis(finding, expected, best.vendor, best.key, ordered, characters=characters)


def _around(rivals: list[_Judgement], text: str) -> Iterable[Cleanup]:
    if len(rivals) > 1:
        between = text[rivals[0].end : rivals[-1].start].strip()
        yield Cleanup.REPEATED
        if between and len(rivals) == 2:
            yield Cleanup.SURROUNDING_TEXT
    yield from around(text[: rivals[0].end] + text[rivals[-1].end :], rivals[0].start, rivals[0].end)


def _fits(vendor: Vendor, expected: str) -> bool:
    if _is_own_server(expected):
        # The vendor behind such a server is not known; but a key of a provider in the registry belongs to that one.
        return vendor.provider is None
    return vendor.provider == expected


def _without_candidate(text: str, cleanups: tuple[Cleanup, ...], expected: str) -> Diagnosis:
    if _ONLY_MASK.fullmatch(text):
        return _diagnosis(Finding.HIDDEN, expected)
    bare = text.strip(_QUOTE_CHARACTERS) if len(text) <= _MAX_WRAPPED else text
    wanted = vendor_of_provider(expected)
    shape = wanted.exact_shape if wanted is not None else None
    if shape is not None and _lacks_a_part_of_the_beginning(bare, shape):
        key = shape.beginning + bare[-shape.hex_digits :]
        return _diagnosis(Finding.OK_CLEANED, expected, wanted, key, (*cleanups, Cleanup.BEGINNING))
    if _URL.match(bare):
        return _diagnosis(Finding.URL, expected)
    if _EMAIL.fullmatch(bare):
        return _diagnosis(Finding.EMAIL, expected)
    if len(text) <= _MAX_WRAPPED and len(text.split()) <= 4 and _PLACEHOLDER.search(text):
        return _diagnosis(Finding.PLACEHOLDER, expected)
    value = _value_of(text)
    if value is None:
        return _diagnosis(Finding.NOT_A_KEY, expected)
    if shape is not None and len(value) == shape.hex_digits and _HEX_ONLY.fullmatch(value):
        return _diagnosis(Finding.BEGINNING_MISSING, expected, wanted)
    if value != text:
        cleanups = (*cleanups, *around(text, text.index(value), text.index(value) + len(value)))
    if _is_own_server(expected) or (
        _TOKEN.fullmatch(value) and re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    ):
        return _diagnosis(Finding.UNKNOWN_SHAPE, expected, None, value, cleanups)
    looks_typed = len(value) <= 64 and len({_kind(char) for char in value}) >= 2
    return _diagnosis(Finding.PASSWORD if looks_typed else Finding.NOT_A_KEY, expected)


def _lacks_a_part_of_the_beginning(text: str, shape: KeyShape) -> bool:
    beginning, digits = text[: -shape.hex_digits], text[-shape.hex_digits :]
    return (
        0 < len(beginning) < len(shape.beginning)
        and shape.beginning.endswith(beginning)
        and len(digits) == shape.hex_digits
        and _LOWER_HEX.fullmatch(digits) is not None
    )


def _is_own_server(provider: str) -> bool:
    return provider in PROVIDERS and PROVIDERS[provider].has_address


def _value_of(text: str) -> str | None:
    """Return the only word of a text, which may be a key of unknown shape; None where there are several."""
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


def _diagnosis(
    finding: Finding,
    expected: str,
    vendor: Vendor | None = None,
    key: str | None = None,
    cleanups: tuple[Cleanup, ...] = (),
    **counts: Count,
) -> Diagnosis:
    descriptor = PROVIDERS.get(expected)
    params = {
        **counts,
        "expected": expected if descriptor is None else descriptor.spoken or descriptor.title,
        "prefix": vendor.shape.beginning if vendor is not None and vendor.shape is not None else "",
    }
    return Diagnosis(
        verdict=_VERDICTS.get(finding, KeyVerdict.NOT_A_KEY),
        key=key,
        provider=vendor.provider if vendor else None,
        vendor=vendor.name if vendor else "",
        cleanups=tuple(dict.fromkeys(cleanups)),
        finding=finding,
        params=params,
    )
