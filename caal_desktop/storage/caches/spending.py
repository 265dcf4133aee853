"""What the answers of one day have cost. The file holds a date and a sum, nothing of a conversation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_dict, as_float, parse_json
from caal_desktop.storage.atomic_file import write_atomically
from caal_desktop.storage.regular_file import read_at_most

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_MAX_FILE_SIZE = 10_000
_MOST_USD = 1e6
"""More than answers cost in a day."""


@dataclass(frozen=True, slots=True)
class DaySpending:
    """The sum of one day.

    Attributes:
        day: by this computer's clock.
        usd: US dollars.
    """

    day: date
    usd: float = 0.0

    def plus(self, usd: float, today: date) -> DaySpending:
        """Return the sum with one more answer; a new day begins at zero."""
        return DaySpending(today, usd + (self.usd if self.day == today else 0.0))


def load_spending(path: Path, today: date) -> DaySpending:
    """Return today's sum: zero where the file is missing, damaged or of another day."""
    try:
        document = as_dict(parse_json(read_at_most(path, _MAX_FILE_SIZE)))
    except OSError:
        return DaySpending(today)
    usd = as_float(document.get("usd"))
    is_todays = document.get("day") == today.isoformat()
    return DaySpending(today, usd) if is_todays and usd is not None and 0 <= usd <= _MOST_USD else DaySpending(today)


def save_spending(path: Path, spending: DaySpending) -> None:
    """Write the sum.

    Raises:
        StorageError: it cannot be written.
    """
    content = json.dumps({"day": spending.day.isoformat(), "usd": round(spending.usd, 9)})
    write_atomically(path, content.encode())
