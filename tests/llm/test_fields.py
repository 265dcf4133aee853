"""The readers of single fields of untrusted JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm.fields import as_float, as_int, as_moment, depth_of, parse_json


@pytest.mark.parametrize("brackets", ["[]", "{}"])
@pytest.mark.parametrize("of_bytes", [False, True])
def test_a_value_is_nested_a_hundred_times_at_most(brackets: str, of_bytes: bool) -> None:
    """The parser goes on to about a thousand, from where nothing can copy or write the value."""

    def nested(depth: int) -> str:
        opening, closing = ('{"a":', "}") if brackets == "{}" else ("[", "]")
        return opening * (depth - 1) + "1" + closing * (depth - 1)

    def parsed(text: str) -> object:
        return parse_json(text.encode() if of_bytes else text)

    assert depth_of(parsed(nested(100))) == 100
    assert depth_of(parsed(f"[{nested(99)}, {nested(99)}]")) == 100, "many brackets, not nested too deeply"
    for depth in (101, 400, 992, 100_000):
        assert parsed(nested(depth)) is None
    assert parsed(json.dumps([[[]]] * 500)) == [[[]]] * 500, "many brackets are not deep ones"


@pytest.mark.parametrize("text", ["1" + "0" * 5000, "-" + "9" * 4301, "[1" + "0" * 100_000 + "]"])
def test_a_number_of_thousands_of_digits_is_invalid(text: str) -> None:
    assert parse_json(text) is None


@pytest.mark.parametrize(
    "value",
    [10**400, -(10**400), float("inf"), float("nan"), "1e999", "-Infinity", "nan", "9" * 41, "", True, None],
)
def test_a_number_is_a_finite_one(value: object) -> None:
    assert as_float(value) is None
    assert as_float("9" * 40) == 1e40
    assert as_float(" 0.5 ") == 0.5


@pytest.mark.parametrize("value", [10**400, -(10**400), 2**63, 1e300, "1e300", "9" * 39, float("inf"), float("nan")])
def test_a_whole_number_is_one_that_can_be_kept(value: object) -> None:
    assert as_int(value) is None
    assert as_int(2**63 - 1) == 2**63 - 1
    assert as_int("1e3") == 1000


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "2026-13-01"])
def test_a_moment_is_one_in_every_time_zone(text: str) -> None:
    assert as_moment(text) is None
    assert as_moment("2026-01-01") == datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text(max_size=40))
def test_every_moment_can_be_converted(text: str) -> None:
    for moment in (as_moment(text), as_moment(f"0002-01-01T00:00:00{text}"), as_moment(f"{text}-01-01")):
        if moment is not None:
            moment.astimezone(UTC)
            moment.astimezone()
