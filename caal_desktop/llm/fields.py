"""Readers of single fields of untrusted JSON. Each returns the right type, or None; none raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

_MAX_NUMBER_LENGTH = 40
"""Characters of a number that comes as text."""


def parse_json(text: object) -> Any:
    """Return the value of a JSON text (``str`` or ``bytes``).

    Returns:
        None for invalid JSON, and also for bad UTF-8 and for nesting too deep to parse.
    """
    try:
        return json.loads(text)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError):
        return None


def as_dict(value: object) -> dict[str, Any]:
    """Return ``value`` where it is an object, else an empty dict."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return ``value`` where it is an array, else an empty list."""
    return value if isinstance(value, list) else []


def as_dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array, without its other items; an empty list for anything but an array."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def first_dict(value: object) -> dict[str, Any]:
    """Return the first item of an array where it is an object, else an empty dict."""
    return as_dict(next(iter(as_list(value)), None))


def as_string(value: object) -> str | None:
    """Return ``value`` where it is a string, also an empty one, else None."""
    return value if isinstance(value, str) else None


def as_text(value: object) -> str | None:
    """Return ``value`` where it is a string that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def as_float(value: object) -> float | None:
    """Return a finite number, from a number or its text; None for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > _MAX_NUMBER_LENGTH:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: object) -> int | None:
    """Return a whole number, from a number or its text; None for anything else, booleans included."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = as_float(value)
    return int(number) if number is not None and number == int(number) else None


def as_bool(value: object) -> bool | None:
    """Return ``value`` where it is a boolean, else None."""
    return value if isinstance(value, bool) else None


def as_moment(value: object) -> datetime | None:
    """Return a moment from its ISO 8601 text (timezone-aware; UTC where it names no zone), else None."""
    text = as_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def whole_characters(text: str) -> str:
    """Return ``text`` as UTF-8 can hold it: surrogate pairs joined, and a replacement character for half a pair.

    JSON can spell half a pair, which can be neither written nor sent.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class CharacterJoiner:
    """Joins the surrogate pairs of a text that comes in pieces, between which a server may cut a pair in two."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """Return the complete characters; half a pair at the end is kept for the next piece."""
        if not self._half and piece.isascii():
            return piece
        text = self._half + piece
        self._half = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return whole_characters(text.removesuffix(self._half) if self._half else text)

    def finish(self) -> str:
        """Return a replacement character for a half that nothing followed; "" where there is none."""
        half, self._half = self._half, ""
        return whole_characters(half)
