"""Measures something of ours against a bare baseline, both in the same run, and says how they compare.

A benchmark is a class that measures one sample of each side and returns its figures by metric::

    @benchmark("paint", [Metric("first paint", "ms", aim=1.5)])
    class Paint:
        def __enter__(self) -> Self: ...      # what both sides need: a session, a server
        def __exit__(self, *error): ...
        def ours(self) -> dict[str, float]: ...
        def baseline(self) -> dict[str, float]: ...

The sides take turns, and the one that begins changes with each round, so that a machine that gets slower or faster
while it is measured does so for both. The first round warms the caches up and is thrown away.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from os import cpu_count
from statistics import median
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure, smaller being better.

    Attributes:
        name: what was measured.
        unit: its unit.
        aim: the most that is wanted: of the ratio, or of our own figure if ``absolute``.
        absolute: whether the aim is in the metric's unit (a person notices 50 ms whatever a bare window needs).
    """

    name: str
    unit: str
    aim: float
    absolute: bool = False


class Benchmark(Protocol):
    """What a benchmark class offers."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def ours(self) -> dict[str, float]:
        """One sample of the program: a figure for each metric's name."""

    def baseline(self) -> dict[str, float]:
        """One sample of the bare thing, with the same names."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A benchmark as it was declared."""

    name: str
    metrics: tuple[Metric, ...]
    make: Callable[[], Benchmark]

    @property
    def about(self) -> str:
        """The first line of the class's docstring."""
        return (self.make.__doc__ or "").partition("\n")[0]


_B = TypeVar("_B", bound=Benchmark)

DEFINITIONS: dict[str, Definition] = {}


def benchmark(name: str, metrics: Sequence[Metric]) -> Callable[[type[_B]], type[_B]]:
    """Declares a class to be a benchmark."""

    def declare(cls: type[_B]) -> type[_B]:
        DEFINITIONS[name] = Definition(name, tuple(metrics), cls)
        return cls

    return declare


@dataclass(slots=True)
class Result:
    """A metric's samples, one of each side for each round."""

    benchmark: str
    metric: Metric
    ours: list[float] = field(default_factory=list)
    baseline: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Ours over the baseline, round by round; a baseline of nothing gives infinity."""
        return [o / b if b else float("inf") for o, b in zip(self.ours, self.baseline, strict=True)]

    @property
    def is_met(self) -> bool:
        """Whether the median keeps to the aim."""
        return median(self.ours if self.metric.absolute else self.ratios) <= self.metric.aim

    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        ratios, unit = self.ratios, self.metric.unit
        return (
            f"{self.benchmark}: {self.metric.name}",
            f"{median(self.ours):.1f} {unit}",
            f"{median(self.baseline):.1f} {unit}",
            f"{median(ratios):.2f} [{min(ratios):.2f}-{max(ratios):.2f}]",
            f"{self.metric.aim:g} {unit}" if self.metric.absolute else f"{self.metric.aim:g}x",
            "ok" if self.is_met else "over",
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, for a file; a ratio without end is null there, for JSON has no infinity."""
        ratios = {"ratio_median": median(self.ratios), "ratio_min": min(self.ratios), "ratio_max": max(self.ratios)}
        return {
            "benchmark": self.benchmark,
            "metric": self.metric.name,
            "unit": self.metric.unit,
            "aim": self.metric.aim,
            "aim_is": "absolute" if self.metric.absolute else "ratio",
            "ours": self.ours,
            "baseline": self.baseline,
            "ours_median": median(self.ours),
            "baseline_median": median(self.baseline),
            **{name: ratio if isfinite(ratio) else None for name, ratio in ratios.items()},
            "ok": self.is_met,
        }


def measure(definition: Definition, rounds: int, tell: Callable[[str], None]) -> list[Result]:
    """Runs one benchmark.

    Args:
        definition: which.
        rounds: how many rounds count; one more is run first.
        tell: is called with a word on each round.
    """
    results = {metric.name: Result(definition.name, metric) for metric in definition.metrics}
    with definition.make() as sides:
        for number in range(rounds + 1):
            tell(f"{definition.name}: round {number} of {rounds}" if number else f"{definition.name}: warming up")
            if number % 2:
                ours, baseline = sides.ours(), sides.baseline()
            else:
                baseline, ours = sides.baseline(), sides.ours()
            if number:
                for name, result in results.items():
                    result.ours.append(ours[name])
                    result.baseline.append(baseline[name])
    return list(results.values())


def table(results: Sequence[Result]) -> str:
    """The results for people to read."""
    head = ("metric", "ours", "baseline", "ratio [min-max]", "aim", "")
    rows = [head, *(result.row() for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths).rstrip())
    return "\n".join(lines)


def report(results: Sequence[Result]) -> dict[str, Any]:
    """The results and where they come from, for a file."""
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cpus": cpu_count()},
        "results": [result.to_json() for result in results],
    }
