"""What a day has cost, as it is kept."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.storage.caches.spending import DaySpending, load_spending, save_spending

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 26)


def test_it_comes_back_on_the_same_day_only(tmp_path: Path) -> None:
    path = tmp_path / "spending.json"
    assert load_spending(path, TODAY) == DaySpending(TODAY)
    save_spending(path, DaySpending(TODAY, 1.25))
    assert load_spending(path, TODAY) == DaySpending(TODAY, 1.25)
    assert load_spending(path, date(2099, 1, 1)) == DaySpending(date(2099, 1, 1))


@pytest.mark.parametrize(
    "usd",
    [
        "1e18",
        "1e308",
        "1" + "0" * 400,
        "1" + "0" * 5000,
        "-1",
        "NaN",
        "Infinity",
        "true",
        '"much"',
        "[" * 900 + "]" * 900,
    ],
)
def test_an_odd_sum_is_none(tmp_path: Path, usd: str) -> None:
    (tmp_path / "spending.json").write_text(f'{{"day": "2026-11-26", "usd": {usd}}}')
    assert load_spending(tmp_path / "spending.json", TODAY) == DaySpending(TODAY)


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, what: str) -> None:
    if what == "folder":
        (tmp_path / "spending.json").mkdir()
    else:
        os.mkfifo(tmp_path / "spending.json")
    assert load_spending(tmp_path / "spending.json", TODAY) == DaySpending(TODAY)


@given(st.binary(max_size=200))
def test_any_content_is_a_sum(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any spending.json"
    path.write_bytes(content)
    assert load_spending(path, TODAY).usd >= 0
