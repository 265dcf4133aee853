"""The long tests stay out of an ordinary run, and a long one tells their figures."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

TESTS = """
import pytest


def test_ordinary():
    pass


@pytest.mark.long
@pytest.mark.parametrize("seconds", [1.0, 2.5, 3.0])
def test_of_many_cases(record_property, seconds):
    record_property("ended_after_s", seconds)


@pytest.mark.long
def test_of_one(record_property):
    record_property("memory_ratio", 1.01234)
    record_property("chats", 400)
    pytest.fail("it grows")
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\nmarkers = long: is long\n")
    pytester.makepyfile(TESTS)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "tests.support.long_runs", "-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("arguments", [(), ("-m", "not e2e"), ("-k", "of_one or ordinary")])
def test_an_ordinary_run_leaves_them_out_and_skips_nothing(
    project: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    result = run(project, *arguments)
    assert (result.ret, result.parseoutcomes()["passed"]) == (0, 1)
    assert "skipped" not in result.parseoutcomes()
    result.stdout.no_fnmatch_line("*figures*")


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_long_run_has_them_and_tells_their_figures(project: pytest.Pytester, processes: str) -> None:
    result = run(project, "--long", "-n", processes)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*long: figures*",
            "*::test_of_many_cases",
            "  ended_after_s: median 2.5, 1 to 3, 3 times, 6.5 in all",
            "*::test_of_one",
            "  memory_ratio: 1.012",
            "  chats: 400",
        ]
    )
    result.stdout.no_fnmatch_line("*::test_ordinary")
