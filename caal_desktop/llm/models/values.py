"""Readers of the values that only lists of models have. Each takes anything and returns a clean value, or None."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlsplit

from caal_desktop.llm.fields import as_float

TOKENS_PER_MILLION = 1_000_000
# A dollar a token. The dearest model ever listed costs a thousandth of it, so anything above is a broken answer.
MAX_PRICE_PER_TOKEN = 1
MAX_PIECE_PRICE = 10_000
SMALLEST_AMOUNT = 1e-9
MAX_TOKENS = 1_000_000_000
_MAX_AMOUNT = 10**15
_SHORT_AMOUNT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)([KMBT])")
_SCALES = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
# The API lists models without a planned end as ending on 2098-12-31.
FIRST_PLACEHOLDER_YEAR = 2090
OLDEST_CREATED = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
_MAX_NUMBER_LENGTH = 40
# Joiners are invisible, yet Persian words and composed emoji need them.
_KEPT_FORMAT_CHARACTERS = frozenset("\u200c\u200d")


class Varies:
    """The type of :data:`VARIES`."""


VARIES = Varies()
"""What :func:`per_million` returns for ``-1``: the price depends on a router's choice."""


def text(value: object, max_length: int, *, keep_newlines: bool = False) -> str:
    """Return a text that is safe to show: without control characters, direction marks and unpaired surrogates.

    Args:
        value: anything; "" is returned for what is no string.
        max_length: the most characters; a longer text ends in an ellipsis.
        keep_newlines: keep line breaks and tabs.
    """
    if not isinstance(value, str):
        return ""
    # Cut before the slow path, so that a hostile megabyte costs nothing; to the double, since characters are dropped.
    raw = value[: max_length * 2 + 2]
    if not raw.isprintable():
        raw = "".join(_clean_character(character, keep_newlines) for character in raw)
    raw = raw.strip()
    if not keep_newlines and "  " in raw:
        raw = " ".join(raw.split())
    if len(raw) > max_length:
        return raw[: max_length - 1].rstrip() + "…"
    return raw


def _clean_character(character: str, keep_newlines: bool) -> str:
    if character.isprintable() or character in _KEPT_FORMAT_CHARACTERS:
        return character
    if keep_newlines and character in "\n\t":
        return character
    # Spaces, line separators and control characters separate words; format characters and unpaired surrogates do not.
    return " " if unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"} and character != "\r" else ""


def identifier(value: object, max_length: int = 512) -> str | None:
    """Return an id that can be sent back; None where it is empty, too long or has unprintable characters."""
    if not isinstance(value, str):
        return None
    value = value.strip()
    if not value or len(value) > max_length or not value.isprintable():
        return None
    return value


def count(value: object) -> int | None:
    """Return a positive number of tokens; None for zero, for absurdly large numbers and for anything else."""
    number = as_float(value)
    if number is None or not 1 <= number <= MAX_TOKENS:
        return None
    return int(number)


def amount(value: object) -> int | None:
    """Return a positive number of anything; None for zero, for absurdly large numbers and for anything else."""
    number = as_float(value)
    return int(number) if number is not None and 1 <= number <= _MAX_AMOUNT else None


def short_amount(value: object) -> int | None:
    """Return the number that a text like ``8.2B`` or ``751.63M`` means; None for anything else."""
    found = _SHORT_AMOUNT.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    return None if found is None else amount(round(float(found[1]) * _SCALES[found[2]]))


def host_of(value: object) -> str:
    """Return the host that an address names; "" where it names none."""
    try:
        return (urlsplit(text(value, 300)).hostname or "") if isinstance(value, str) else ""
    except ValueError:
        return ""


def score(value: object) -> float | None:
    """Return a benchmark's index; None for negative and absurdly large numbers and for anything else."""
    number = as_float(value)
    return number if number is not None and 0 <= number <= 10_000 else None


def per_million(value: object) -> float | Varies | None:
    """Return a price per token as the price per million tokens.

    Args:
        value: US dollars per token: a decimal string in the API.

    Returns:
        US dollars per million tokens; :data:`VARIES` for ``-1``; None where the value is missing, no finite number,
        negative or absurdly large.
    """
    if isinstance(value, str):
        return _price(value, MAX_PRICE_PER_TOKEN, TOKENS_PER_MILLION)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _price(_number_text(value), MAX_PRICE_PER_TOKEN, TOKENS_PER_MILLION)
    return None


def per_piece(value: object) -> float | None:
    """Return the price of one request, image or search in US dollars; None where it is not known."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = _number_text(value)
    price = _price(value, MAX_PIECE_PRICE, 1) if isinstance(value, str) else None
    return None if isinstance(price, Varies) else price


def _number_text(value: float) -> str:
    # repr of a huge JSON integer raises beyond 4300 digits; such a price is absurd anyway.
    return repr(value) if abs(value) <= MAX_TOKENS else ""


# The 415 models of a real list share some 300 price strings, so most rows cost a look-up.
@lru_cache(maxsize=4096)
def _price(wire: str, maximum: int, factor: int) -> float | Varies | None:
    if len(wire) > _MAX_NUMBER_LENGTH:
        return None
    try:
        # Decimal keeps "0.0000002" x 1,000,000 at 0.2, which floats would make 0.19999999999999998.
        price = Decimal(wire)
        if price == -1:
            return VARIES
        if not price.is_finite() or not 0 <= price <= maximum:
            return None
        amount = abs(float(price * factor))
    except ArithmeticError:
        return None
    # What is too small for a number would come out as free.
    return None if price and amount < SMALLEST_AMOUNT else amount


def day(value: object) -> date | None:
    """Return a date from ``YYYY-MM-DD``, with or without a time behind it, or from ``YYYY-MM``; else None."""
    if not isinstance(value, str) or len(value) > _MAX_NUMBER_LENGTH:
        return None
    stripped = value.strip()
    try:
        return date.fromisoformat(stripped[:10] if len(stripped) >= 10 else f"{stripped}-01")
    except ValueError:
        return None


def expiration(value: object) -> date | None:
    """Return the day on which a model ends; None where there is none, or a placeholder for that."""
    end = day(value)
    return end if end is not None and end.year < FIRST_PLACEHOLDER_YEAR else None


def moment(value: object) -> datetime | None:
    """Return a moment from Unix seconds; None before 2015, as some servers send zeros and ones."""
    seconds = as_float(value)
    if seconds is None or seconds < OLDEST_CREATED:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def clock(value: object) -> int | None:
    """Return minutes after midnight from a time of day as a number (``1030`` is 10:30); else None."""
    number = as_float(value)
    if number is None or not 0 <= number <= 2400 or number != int(number):
        return None
    hours, minutes = divmod(int(number), 100)
    return hours * 60 + minutes if minutes < 60 else None


def words(value: object, max_count: int = 64, max_length: int = 64) -> tuple[str, ...] | None:
    """Return a list's short names, in lower case, each once, in order.

    Returns:
        The names. An empty list is an answer: the server has none. None where the value is no list, or a list without
        any name.
    """
    if not isinstance(value, list):
        return None
    found = dict.fromkeys(
        entry.strip().lower()
        for entry in value[:max_count]
        if isinstance(entry, str) and len(entry) <= max_length and entry.isprintable() and entry.strip()
    )
    if value and not found:
        return None
    return tuple(found)


def same_host_path(value: object) -> str | None:
    """Return path and query of a link, with which no request can go to another server; None where it is no link."""
    if not isinstance(value, str) or len(value) > 2048 or not value.isascii() or not value.isprintable():
        return None
    link = value.strip()
    for scheme in ("https://", "http://"):
        if link.lower().startswith(scheme):
            _, slash, rest = link[len(scheme) :].partition("/")
            link = slash + rest
    if " " in link or "\\" in link or link.startswith("//"):
        return None
    return link if link.startswith(("/", "?")) else None
