"""Long tests: a pytest plugin (tests/conftest.py loads it).

What takes longer than the ordinary suite may is marked ``long`` and belongs to a run with ``--long`` alone; any other
run leaves it out as if it were not there. A long test says what it has measured with ``record_property``; the figures
stand at the end of the run, so that they can be quoted.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from tests.support import fuzzing

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

ENDS = 200
"""Ends of the program in an ordinary long run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--long``, and ``--ends`` for it."""
    parser.addoption("--long", action="store_true", help="run the tests marked long as well")
    parser.addoption("--ends", type=int, default=ENDS, help="how often a long run ends the program at random moments")


def pytest_configure(config: pytest.Config) -> None:
    """Has the fuzz tests try many examples in a run with ``--long``."""
    if config.getoption("long"):
        fuzzing.try_many()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the long tests out of a run that does not ask for them."""
    if config.getoption("long"):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tells the figures that tests have recorded; none but long ones do."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call" and report.user_properties
    ]
    lines = figures(reports)
    if lines:
        terminalreporter.section("long: figures")
        for line in lines:
            terminalreporter.line(line)


def figures(reports: Iterable[pytest.TestReport]) -> list[str]:
    """What the tests have measured, in lines; the cases of a parametrized test are put together.

    Args:
        reports: of the tests' calls. The values of their properties are numbers.
    """
    tests: dict[str, dict[str, list[float]]] = {}
    for report in reports:
        table = tests.setdefault(report.nodeid.partition("[")[0], {})
        for name, value in report.user_properties:
            table.setdefault(name, []).append(float(value))  # type: ignore[arg-type] # object, for pytest
    lines = []
    for test, table in sorted(tests.items()):
        lines.append(test)
        lines += [f"  {name}: {_summed_up(values)}" for name, values in table.items()]
    return lines


def _summed_up(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4g}"
    median, least, most = statistics.median(values), min(values), max(values)
    return f"median {median:.4g}, {least:.4g} to {most:.4g}, {len(values)} times, {sum(values):.4g} in all"
