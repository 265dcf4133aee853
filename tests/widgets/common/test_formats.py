"""Money, numbers, dates and durations in words: exact enough to compare, and as the user's region writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, QTime

from caal_desktop.llm.translation import Count, Duration, Money, Unit
from caal_desktop.widgets.common.formats import (
    data_size,
    day,
    format_value,
    listed,
    moment,
    money,
    number,
    price_per_million,
    seconds,
    short_count,
    tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def american(set_locale: Callable[[str], None]) -> None:
    """The formats of the United States, whatever the test before has left."""
    set_locale("en_US")


@pytest.mark.parametrize(
    ("usd", "cost", "price"),
    [
        (None, "—", "—"),
        (0, "$0", "$0"),
        (0.00000001, "< $0.0001", "< $0.0001"),
        (0.00012, "$0.00012", "$0.00012"),
        (0.0045, "$0.0045", "$0.0045"),
        (0.0375, "$0.037", "$0.0375"),
        (0.099999, "$0.10", "$0.10"),
        (0.2, "$0.20", "$0.20"),
        (1.25, "$1.25", "$1.25"),
        (15.0, "$15.00", "$15"),
        (99.999, "$100", "$100"),
        (600.0, "$600", "$600"),
    ],
)
def test_sums_are_short_and_never_lie(usd: float | None, cost: str, price: str) -> None:
    assert money(usd) == cost
    assert price_per_million(usd) == price


def test_no_sum_but_nothing_looks_like_nothing() -> None:
    for exponent in range(-120, 40):
        usd = 10 ** (exponent / 10)
        for text in (money(usd), price_per_million(usd)):
            assert float(text.removeprefix("< ").removeprefix("$").replace(",", "")) > 0


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999, "999"),
        (1_000, "1K"),
        (8_192, "8.2K"),
        (128_000, "128K"),
        (999_499, "999K"),
        (999_500, "1M"),
        (1_000_000, "1M"),
        (1_048_576, "1M"),
        (999_499_999, "999M"),
        (8_190_735_360, "8.2B"),
    ],
)
def test_large_counts_are_short(count: int, text: str) -> None:
    assert short_count(count) == text


@pytest.mark.parametrize(("count", "text"), [(384, "384 bytes"), (5_225_388_164, "5.2 GB"), (731_000_000, "731.0 MB")])
def test_sizes_are_those_of_disks(count: int, text: str) -> None:
    assert data_size(count) == text


def test_another_region_has_its_own_figures(set_locale: Callable[[str], None]) -> None:
    set_locale("de_DE")
    assert [plain(money(usd)) for usd in (0.0375, 1.25, 12_345.0)] == ["0,037 $", "1,25 $", "12.345 $"]
    assert plain(money(0.00001)) == "< 0,0001 $"
    assert plain(price_per_million(0.0375)) == "0,0375 $"
    assert (number(12_345), number(1.5, 1), seconds(0.5), short_count(8_192)) == ("12.345", "1,5", "0,50 s", "8,2K")
    assert tokens(131_072).startswith("131.072 ")
    assert day(date(2026, 8, 22)) == "22. August 2026"
    assert listed(("Text", "Bilder")) == "Text und Bilder"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("da_DK", "den 6. november 2026"),
        ("hu_HU", "2026. november 6."),
        ("eu_ES", "2026(e)ko azaroaren 6(a)"),
        ("es_ES", "6 de noviembre de 2026"),
        ("ja_JP", "2026年11月6日"),
    ],
)
def test_a_day_keeps_all_but_the_day_of_the_week(set_locale: Callable[[str], None], locale: str, text: str) -> None:
    set_locale(locale)
    assert plain(day(date(2026, 11, 6))) == text


def test_values_that_fill_a_text_are_formatted_by_their_type() -> None:
    assert format_value(12_345) == "12,345"
    assert format_value(0.5) == "0.5"
    assert format_value(date(2026, 8, 22)) == "August 22, 2026"
    assert format_value(("a", "b", "c")) == "a, b, and c"
    assert format_value(Money(0.0231)) == "$0.023"
    assert format_value(Duration(90)) == "90 seconds"
    assert format_value(Count(8_192, Unit.TOKEN)) == "8,192 tokens"
    assert format_value(Count(1, Unit.CONVERSATION)) == "1 conversation"
    assert format_value(Count(1_200, Unit.CONVERSATION)) == "1,200 conversations"


def test_a_moment_is_told_in_the_users_own_time() -> None:
    """Of today, the time alone."""
    now = datetime.now(UTC)
    local = now.astimezone()
    time = QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)
    assert format_value(now) == time
    day_before = now - timedelta(days=1)
    assert plain(moment(day_before)) == plain(f"{day(day_before.astimezone())}, {time}")


def plain(text: str) -> str:
    """Return the text with ordinary spaces."""
    return " ".join(text.split())
