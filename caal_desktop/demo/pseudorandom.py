"""Numbers that look random and are the same on every run and machine."""

from __future__ import annotations

import hashlib
from typing import TypeVar

T = TypeVar("T")


def fraction(*parts: object) -> float:
    """Return a number in [0, 1) that depends on ``parts`` alone."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def between(low: float, high: float, *parts: object) -> float:
    """Return a number in [low, high) that depends on ``parts`` alone."""
    return low + (high - low) * fraction(*parts)


def pick(options: tuple[T, ...] | list[T], *parts: object) -> T:
    """Return one of ``options`` (which must not be empty), chosen by ``parts`` alone."""
    return options[int(fraction(*parts) * len(options))]


def token_hex(length: int, *parts: object) -> str:
    """Return ``length`` (at most 64) hex digits that depend on ``parts`` alone. They are no secret."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()[:length]
