"""The kept durations of answers."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.storage.caches.measured_cache import MAX_SIZE, MOST_KEPT, KeptTurn, MeasuredCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY = date(2026, 11, 26)
TURN = KeptTurn("http://localhost:11434", "qwen3:8b", "0a1b", 1.25, DAY)
ROW = {"source": "", "model": "a/b", "way": "", "seconds": 1.5, "day": "2026-11-26"}


def test_turns_come_back_in_their_order(tmp_path: Path) -> None:
    cache = MeasuredCache(tmp_path / "models", "ollama")
    assert cache.load() == ()
    turns = (TURN, KeptTurn("", "é/ü", "", 0.001, date(2026, 1, 1)), TURN)
    cache.save(turns)
    assert cache.load() == turns
    cache.save(())
    assert cache.load() == ()
    assert not cache.path.exists()
    with pytest.raises(ValueError, match="not a provider's name"):
        MeasuredCache(tmp_path, "../x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 1, "turns": {}}',
        b'{"format": 1, "turns": [1]}',
        b'{"format": 1, "turns": [[]], "seconds": 1' + b"0" * 400 + b"}",
        b"[" * 100_000,
        b" " * (MAX_SIZE + 1),
        *(
            json.dumps({"format": 1, "turns": [ROW | wrong]}).encode()
            for wrong in (
                {"source": None},
                {"model": ""},
                {"way": 5},
                {"seconds": math.nan},
                {"seconds": math.inf},
                {"seconds": True},
                {"seconds": "soon"},
                {"day": "yesterday"},
                {"day": 20261126},
                {"day": None},
            )
        ),
    ],
)
def test_a_damaged_file_is_ignored(tmp_path: Path, content: bytes, expected_logs: Callable[..., None]) -> None:
    expected_logs("are damaged")
    cache = MeasuredCache(tmp_path, "openrouter")
    cache.path.write_bytes(content)
    assert cache.load() == ()


def test_what_is_whole_of_a_damaged_file_counts(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("are damaged")
    cache = MeasuredCache(tmp_path, "openrouter")
    cache.path.write_text(json.dumps({"format": 1, "turns": [ROW, ROW | {"day": "?"}, "?"]}))
    assert cache.load() == (KeptTurn("", "a/b", "", 1.5, DAY),)


def test_another_format_is_left_alone(tmp_path: Path) -> None:
    cache = MeasuredCache(tmp_path, "openrouter")
    cache.path.write_text(json.dumps({"format": 2, "turns": [ROW]}))
    assert cache.load() == ()


def test_the_file_stays_small(tmp_path: Path) -> None:
    cache = MeasuredCache(tmp_path, "openrouter")
    many = tuple(KeptTurn("", f"a/{number}", "", 1.0, DAY) for number in range(MOST_KEPT + 5))
    cache.save(many)
    assert cache.load() == many[5:]
    long = tuple(KeptTurn("x" * 300, "\N{PILE OF POO}" * 300, "x" * 300, 1.0, DAY) for _ in range(MOST_KEPT))
    cache.save((*long, TURN))
    assert cache.path.stat().st_size <= MAX_SIZE
    assert cache.load()[-1] == TURN
    cache.save((KeptTurn("", "x" * 301, "", 1.0, DAY), TURN))
    assert cache.load() == (TURN,), "an id that no server needs"


def test_what_cannot_be_written_is_logged(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be written", "cannot be read")
    (tmp_path / "file").write_text("")
    cache = MeasuredCache(tmp_path / "file", "openrouter")
    cache.save((TURN,))
    assert cache.load() == ()


@settings(max_examples=30)
@given(
    st.builds(
        KeptTurn,
        st.text(max_size=20),
        st.text(min_size=1, max_size=20),
        st.text(max_size=20),
        st.floats(0.001, 3_600).map(lambda seconds: round(seconds, 3)),
        st.dates(),
    )
)
def test_any_turn_survives(tmp_path_factory: pytest.TempPathFactory, turn: KeptTurn) -> None:
    cache = MeasuredCache(tmp_path_factory.mktemp("measured"), "openrouter")
    cache.save((turn,))
    assert cache.load() == (turn,)
