"""Readers of single fields of untrusted JSON. Each returns the right type, or None; none raises."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

_MAX_NUMBER_LENGTH = 40
"""Characters of a number that comes as text."""
_MAX_WHOLE = 2**63 - 1
"""What a column of a database, and a counter of Qt's, can hold."""
MAX_DEPTH = 100
"""How deeply a value may be nested: what copies or writes it later has less room for that than the parser."""


def parse_json(text: object) -> Any:
    """Return the value of a JSON text (``str`` or ``bytes``).

    Returns:
        None for invalid JSON, and also for bad UTF-8 and for a value that is nested more than a hundred times.
    """
    try:
        value = json.loads(text)  # type: ignore[arg-type]
    except (ValueError, TypeError, RecursionError):
        return None
    return value if _is_flat(text) or depth_of(value) <= MAX_DEPTH else None


def depth_of(value: object) -> int:
    """Return how deeply a JSON value is nested; 1 for one that holds no other."""
    deepest = 0
    layer = [value]
    while layer:
        deepest += 1
        inner: list[object] = []
        for item in layer:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list | tuple):
                inner += item
        layer = inner
    return deepest


def _is_flat(text: object) -> bool:
    """Return whether a text has too few brackets to be nested deeply: nearly all have."""
    if isinstance(text, str):
        return text.count("[") + text.count("{") < MAX_DEPTH
    return isinstance(text, bytes | bytearray) and text.count(b"[") + text.count(b"{") < MAX_DEPTH


def as_dict(value: object) -> dict[str, Any]:
    """Return ``value`` where it is an object, else an empty dict."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return ``value`` where it is an array, else an empty list."""
    return value if isinstance(value, list) else []


def as_dicts(value: object) -> list[dict[str, Any]]:
    """Return the objects of an array, without its other items; an empty list for anything but an array."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def own_choice(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the choice of an answer, or of a chunk, that was asked for; an empty dict where there is none.

    Its ``index`` is 0, which servers may leave out. Some send others as well.
    """
    choices = payload.get("choices")
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict):
                index = choice.get("index")
                if index in (0, None) or (as_int(index) or 0) <= 0:
                    return choice
    return {}


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
    """Return a whole number of 64 bits, from a number or its text; None for anything else, booleans included."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) <= _MAX_WHOLE else None
    number = as_float(value)
    return int(number) if number is not None and abs(number) <= _MAX_WHOLE and number == int(number) else None


def as_bool(value: object) -> bool | None:
    """Return ``value`` where it is a boolean, else None."""
    return value if isinstance(value, bool) else None


def as_moment(value: object) -> datetime | None:
    """Return a moment from its ISO 8601 text (timezone-aware; UTC where it names no zone), else None.

    The first and the last year that a date can have are left out: in another time zone they are none.
    """
    text = as_text(value)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not date.min.year < moment.year < date.max.year:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def whole_characters(text: str) -> str:
    """Return ``text`` as UTF-8 can hold it: surrogate pairs joined, and a replacement character for half a pair.

    JSON can spell half a pair, which can be neither written nor sent.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def whole_texts(value: Any) -> Any:
    """Return a JSON value whose texts, the names in objects included, are as UTF-8 can hold them."""
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, dict):
        return {whole_texts(name): whole_texts(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [whole_texts(item) for item in value]
    return value


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
