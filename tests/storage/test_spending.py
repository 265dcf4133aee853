"""What a day has cost, on disk."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.spending import DaySpending, load_spending, save_spending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TODAY, YESTERDAY = date(2026, 11, 22), date(2026, 11, 21)


def test_the_sum_of_a_day_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "data" / "spending.json"
    assert load_spending(file, TODAY) == DaySpending(TODAY)
    save_spending(file, DaySpending(TODAY).plus(0.25, TODAY).plus(0.5, TODAY))
    assert load_spending(file, TODAY) == DaySpending(TODAY, 0.75)
    assert load_spending(file, YESTERDAY) == DaySpending(YESTERDAY)


def test_a_new_day_begins_at_nothing() -> None:
    assert DaySpending(YESTERDAY, 5.0).plus(0.1, TODAY) == DaySpending(TODAY, 0.1)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b'{"day": 1, "usd": 2}', b'{"day": "2026-11-22", "usd": "x"}', b"[" * 5000]
    + [b'{"day": "2026-11-22", "usd": %s}' % number for number in (b"NaN", b"-1", b"Infinity", b"null", b"1e999")],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "spending.json"
    file.write_bytes(content)
    assert load_spending(file, TODAY) == DaySpending(TODAY)


def test_a_file_that_cannot_be_written_is_logged(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("What today has cost could not be saved")
    save_spending(tmp_path, DaySpending(TODAY, 1.0))
