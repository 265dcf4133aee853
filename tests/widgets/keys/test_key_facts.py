"""What a key's facts say: whole sentences, with money and days as the user's language writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.models.key_info import FreeRequests, KeyInfo
from caal_desktop.widgets.keys.key_facts import key_facts

if TYPE_CHECKING:
    from collections.abc import Callable

LATER = datetime(2999, 3, 4, 12, tzinfo=UTC)


pytestmark = pytest.mark.usefixtures("set_locale")


@pytest.mark.parametrize(
    ("reset", "sentence"),
    [
        ("daily", "$2.50 of $10.00 left; the limit starts anew every day."),
        ("weekly", "$2.50 of $10.00 left; the limit starts anew every week."),
        ("monthly", "$2.50 of $10.00 left; the limit starts anew every month."),
        (None, "$2.50 of $10.00 left."),
        ("yearly", "$2.50 of $10.00 left."),
    ],
)
def test_what_is_left_is_one_sentence_with_the_time_at_which_the_limit_starts_anew(
    reset: str | None, sentence: str
) -> None:
    assert key_facts(KeyInfo(limit=10.0, limit_remaining=2.5, limit_reset=reset)) == [sentence]


def test_a_key_that_is_overdrawn_has_nothing_left() -> None:
    assert key_facts(KeyInfo(limit=10.0, limit_remaining=-0.5)) == ["$0 of $10.00 left."]


def test_the_end_of_a_key_is_told_before_and_after_it() -> None:
    ended = datetime.now(UTC) - timedelta(minutes=1)
    assert key_facts(KeyInfo(expires_at=LATER))[1:] == ["It ends on March 4, 2999."]
    assert key_facts(KeyInfo(expires_at=ended))[1].startswith("It ended on ")


def test_money_and_days_are_written_as_the_language_wants_them(set_locale: Callable[[str], None]) -> None:
    set_locale("de_DE")
    facts = key_facts(KeyInfo(limit=1234.0, limit_remaining=2.5, expires_at=LATER))
    assert "2,50\N{NO-BREAK SPACE}$ of 1.234\N{NO-BREAK SPACE}$ left." in facts
    assert "It ends on 4. März 2999." in facts


@pytest.mark.parametrize(
    ("requests", "sentence"),
    [
        (FreeRequests(50, 12, 38), "Requests to free models: 38 of 50 left until midnight UTC."),
        (FreeRequests(1000, 12), "Requests to free models: 988 of 1,000 left until midnight UTC."),
        (FreeRequests(50, 60, -10), "Requests to free models: 0 of 50 left until midnight UTC."),
        (FreeRequests(50), "Requests to free models: 50 a day."),
    ],
)
def test_the_days_free_requests_are_told_where_they_are_known(requests: FreeRequests, sentence: str) -> None:
    free = KeyInfo(is_free_tier=True, free_requests=requests)
    assert key_facts(free)[1:] == [
        "Free tier: free models only.",
        sentence,
    ]
    assert key_facts(KeyInfo(free_requests=requests))[1:] == [sentence]
    assert "about 50" in key_facts(KeyInfo(is_free_tier=True))[1]
