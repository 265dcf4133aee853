"""How long the program waits before it tries again to write what could not be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each further attempt after a failure; the last one is repeated for as long as the program runs."""


def delay_after(failures: int, delays: Sequence[float] = RETRY_DELAYS_S) -> float:
    """Return the seconds before the next attempt.

    Args:
        failures: how many attempts have failed one after another, at least one.
        delays: seconds before each further attempt; the last one is repeated.
    """
    return delays[min(failures, len(delays)) - 1]
