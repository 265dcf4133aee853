"""The benchmarks' arithmetic. What they measure is nobody's pass or fail."""

from __future__ import annotations

import json
from typing import Self

import pytest

from tests.bench.harness import Definition, Metric, measure, report, table


class Scripted:
    """A benchmark whose figures are known: the first round is far off, as a cold one is."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.calls.append("closed")

    def ours(self) -> dict[str, float]:
        self.calls.append("ours")
        rounds = self.calls.count("ours")
        return {"time": 1000.0 if rounds == 1 else 10.0 * rounds, "pause": 40.0}

    def baseline(self) -> dict[str, float]:
        self.calls.append("baseline")
        return {"time": 20.0, "pause": 0.0}


METRICS = (Metric("time", "ms", aim=1.9), Metric("pause", "ms", aim=50, absolute=True))


def test_sides_take_turns_and_the_first_round_does_not_count() -> None:
    made = Scripted()
    time, pause = measure(Definition("scripted", METRICS, lambda: made), 3, lambda _line: None)
    assert made.calls == ["baseline", "ours", "ours", "baseline", "baseline", "ours", "ours", "baseline", "closed"]
    assert time.ours == [20.0, 30.0, 40.0]
    assert time.ratios == [1.0, 1.5, 2.0]
    assert time.is_met
    assert pause.is_met
    assert time.row() == ("scripted: time", "30.0 ms", "20.0 ms", "1.50 [1.00-2.00]", "1.9x", "ok")


def test_an_aim_that_is_missed_is_said_and_nothing_else() -> None:
    metrics = (Metric("time", "ms", aim=1.4), Metric("pause", "ms", aim=39, absolute=True))
    results = measure(Definition("scripted", metrics, Scripted), 3, lambda _line: None)
    assert [result.is_met for result in results] == [False, False]
    assert [line.split()[-1] for line in table(results).splitlines()[2:]] == ["over", "over"]
    written = json.loads(json.dumps(report(results), allow_nan=False))["results"]
    assert [entry["ok"] for entry in written] == [False, False]
    assert [entry["ratio_median"] for entry in written] == [1.5, None]


def test_a_side_that_fails_closes_the_session() -> None:
    class Broken(Scripted):
        def baseline(self) -> dict[str, float]:
            raise RuntimeError("no window")

    made = Broken()
    with pytest.raises(RuntimeError, match="no window"):
        measure(Definition("broken", METRICS, lambda: made), 1, lambda _line: None)
    assert made.calls == ["closed"]
