"""What the last answers of a model to this computer say of its silence."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.catalogue.fitness.evidence import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TURNS = 5
"""So many answers count, the newest ones: speed changes by the hour, and the median of these forgives two."""

HOLDS_FOR = timedelta(days=30)
"""After that, a server has other hosts, and a computer other programs."""

_TOMORROW = timedelta(days=1)
# Where a request is given up at the latest.
_MOST_S = 3_600.0


class MeasuredTurn(NamedTuple):
    """One answer.

    Attributes:
        seconds: the silence of a whole voice turn at its pace.
        day: when, by this computer's clock.
    """

    seconds: float
    day: date


def measured(turns: Iterable[MeasuredTurn], today: date) -> Measured | None:
    """Return what the last turns say; None where none of them counts.

    Args:
        turns: those that were asked alike, the oldest first. What no turn can have taken, and what is of a day to come,
            because a clock was wrong, is left out.
        today: by this computer's clock.
    """
    counted = [turn for turn in turns if _is_credible(turn) and -_TOMORROW <= today - turn.day <= HOLDS_FOR]
    last = counted[-MOST_TURNS:]
    if not last:
        return None
    # What disturbs a turn makes it longer, so that of two the shorter is nearer to the truth.
    by_length = sorted(turn.seconds for turn in last)
    return Measured(by_length[(len(last) - 1) // 2], len(last), max(turn.day for turn in last))


def _is_credible(turn: MeasuredTurn) -> bool:
    return math.isfinite(turn.seconds) and 0 < turn.seconds <= _MOST_S
