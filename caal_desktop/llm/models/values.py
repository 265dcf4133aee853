"""The values that only lists of models have: each function takes anything and gives a clean value or None."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache

from caal_desktop.llm.fields import as_float

TOKENS_PER_MILLION = 1_000_000
# A dollar a token. The dearest model ever listed costs a thousandth of it, so anything above is a broken answer.
MAX_PRICE_PER_TOKEN = 1
MAX_PIECE_PRICE = 10_000
SMALLEST_AMOUNT = 1e-9
MAX_TOKENS = 1_000_000_000
# The API lists models without a planned end as ending on 2098-12-31.
FIRST_PLACEHOLDER_YEAR = 2090
OLDEST_CREATED = datetime(2015, 1, 1, tzinfo=UTC).timestamp()
_MAX_NUMBER_LENGTH = 40
# Joiners are invisible, yet Persian words and composed emoji need them.
_KEPT_FORMAT_CHARACTERS = frozenset("\u200c\u200d")


class Varies:
    """The type of :data:`VARIES`."""


VARIES = Varies()
"""What :func:`per_million` gives for ``-1``: the price depends on a router's choice."""


def text(value: object, max_length: int, *, keep_newlines: bool = False) -> str:
    """Text that is safe to show on one line (or on several): no control, bidi or unpaired surrogate characters.

    Args:
        value: anything; what is not a string gives "".
        max_length: characters that are kept; a longer text ends in an ellipsis.
        keep_newlines: keep line breaks and tabs.
    """
    if not isinstance(value, str):
        return ""
    # Cut before the slow path, so that a hostile megabyte costs nothing; the double leaves room for what is dropped.
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
    # Spaces, line separators and control characters part words; format characters and unpaired surrogates do not.
    return " " if unicodedata.category(character) in {"Cc", "Zs", "Zl", "Zp"} and character != "\r" else ""


def identifier(value: object, max_length: int = 512) -> str | None:
    """An id that can go back on the wire; None where it is empty, too long or holds unprintable characters."""
    if not isinstance(value, str):
        return None
    value = value.strip()
    if not value or len(value) > max_length or not value.isprintable():
        return None
    return value


def count(value: object) -> int | None:
    """A positive number of tokens; None for zero, nonsense and the absurd."""
    number = as_float(value)
    if number is None or not 1 <= number <= MAX_TOKENS:
        return None
    return int(number)


def score(value: object) -> float | None:
    """A benchmark's index; None for the negative and for more than any index knows."""
    number = as_float(value)
    return number if number is not None and 0 <= number <= 10_000 else None


def per_million(value: object) -> float | Varies | None:
    """USD per token (a decimal string on the wire) as USD per million tokens.

    Returns:
        the price; :data:`VARIES` for ``-1``; None where it is missing, not a finite number, negative or absurd.
    """
    if isinstance(value, str):
        return _price(value, MAX_PRICE_PER_TOKEN, TOKENS_PER_MILLION)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _price(_number_text(value), MAX_PRICE_PER_TOKEN, TOKENS_PER_MILLION)
    return None


def per_piece(value: object) -> float | None:
    """USD a piece (a request, an image, a search)."""
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
    """A date from ``YYYY-MM-DD`` (also with a time behind it) or ``YYYY-MM``."""
    if not isinstance(value, str) or len(value) > _MAX_NUMBER_LENGTH:
        return None
    stripped = value.strip()
    try:
        return date.fromisoformat(stripped[:10] if len(stripped) >= 10 else f"{stripped}-01")
    except ValueError:
        return None


def expiration(value: object) -> date | None:
    """The day a model ends; None where there is none, or where a placeholder says so."""
    end = day(value)
    return end if end is not None and end.year < FIRST_PLACEHOLDER_YEAR else None


def moment(value: object) -> datetime | None:
    """A point in time from Unix seconds; None for the zeros and ones that some servers make up."""
    seconds = as_float(value)
    if seconds is None or seconds < OLDEST_CREATED:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def clock(value: object) -> int | None:
    """Minutes after midnight from an HHMM clock number (``1030`` is 10:30)."""
    number = as_float(value)
    if number is None or not 0 <= number <= 2400 or number != int(number):
        return None
    hours, minutes = divmod(int(number), 100)
    return hours * 60 + minutes if minutes < 60 else None


def words(value: object, max_count: int = 64, max_length: int = 64) -> tuple[str, ...] | None:
    """A list of short names, lower-case, each once, in order; None where it is not a list or holds no name at all.

    An empty list is an answer (the server says: none), a list of nonsense is not.
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
    """A link as path and query, so that following it can never leave the server (and take a key along)."""
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
