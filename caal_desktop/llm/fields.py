"""Reading fields of untrusted JSON: the right type or None, never an exception."""

from __future__ import annotations

import math
from typing import Any


def as_dict(value: object) -> dict[str, Any]:
    """Return ``value`` where it is an object, else an empty dict."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """Return ``value`` where it is an array, else an empty list."""
    return value if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """Return ``value`` where it is a string that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def as_float(value: object) -> float | None:
    """Return a finite number, from a number or its text; None for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
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
