"""The guards of all tests must be able to fail: each is broken here once, in a pytest of its own."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.storage.caches.spending import load_spending
from tests.guards import clean_environment, is_here
from tests.support.catalogues import FULL_CATALOGUE
from tests.support.gui_files import watched

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent

OFFENDERS = """
import asyncio
import logging
import os
import socket

import pytest
from PySide6.QtCore import qWarning


def test_good(expected_logs):
    expected_logs("ERROR here: the disk is [a-z]+")
    logging.getLogger("here").error("the disk is full")
    assert os.environ["CAAL_DESKTOP_HOME"]
    assert "OPENROUTER_API_KEY" not in os.environ
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with pytest.raises(socket.gaierror):
        socket.create_connection(("nobody.invalid", 443))


def test_swallowed_connection():
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    except OSError:
        pass


def test_swallowed_connection_of_asyncio():
    async def connect():
        with pytest.raises(OSError):
            await asyncio.open_connection("192.0.2.1", 9)

    asyncio.run(connect())


def test_swallowed_look_up():
    try:
        socket.getaddrinfo("example.com", 443)
    except OSError:
        pass


def test_unannounced_warning():
    logging.getLogger("here").warning("something")


def test_announced_and_silent(expected_logs):
    expected_logs("never logged")


def test_qt_warning():
    qWarning("unhappy")


@pytest.fixture
def unhappy_end():
    yield
    qWarning("unhappy at the end")


def test_qt_warning_in_teardown(unhappy_end):
    pass
"""


def test_each_guard_fails_the_test_that_offends(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENROUTER_API_KEY", "a key of the session")
    pytester.makeini("[pytest]\nqt_api = pyside6\nqt_log_level_fail = WARNING\n")
    pytester.makepyfile(OFFENDERS)
    result = pytester.runpytest_subprocess(
        "-p", "tests.guards", "-p", "tests.support.qt_messages", "-p", "no:xdist", "-p", "no:cacheprovider"
    )
    # All but one of them pass their own call; the guard's verdict comes when they are torn down.
    result.assert_outcomes(passed=7, failed=1, errors=6)
    result.stdout.fnmatch_lines_random(
        [
            "*a test connected to 192.0.2.1:9",
            "*a test looked up 'example.com'",
            "*not announced with expected_logs(): WARNING here: something",
            "*announced with expected_logs(), and not logged: never logged",
            "*Qt complained between tests: default: unhappy at the end",
            "FAILED *::test_qt_warning*",
            "ERROR *::test_swallowed_connection*",
            "ERROR *::test_swallowed_connection_of_asyncio*",
        ]
    )


SKIPPERS = """
import pytest


def test_good():
    pass


@pytest.mark.xfail(reason="known", strict=True)
def test_expected_failure():
    pytest.fail("as known")


def test_missing_tool():
    pytest.skip("not installed: chromium")


@pytest.mark.skipif(True, reason="not today")
def test_marked():
    pass


@pytest.mark.skip("nothing is forbidden to the superuser")
def test_allowed():
    pass


@pytest.mark.parametrize("case", [])
def test_without_cases(case):
    pass


@pytest.fixture
def tool():
    pytest.skip("no tool")


def test_with_a_fixture(tool):
    pass
"""
SKIPPED_MODULE = 'import pytest\n\npytest.skip("a whole module", allow_module_level=True)\n'


@pytest.fixture
def skippers(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Run tests that skip, with further arguments."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\nqt_api = pyside6\n")
    pytester.makepyfile(test_skippers=SKIPPERS)
    return lambda *arguments: pytester.runpytest_subprocess(
        "-p", "tests.guards", "-p", "no:cacheprovider", "-rA", *arguments
    )


@pytest.mark.parametrize("processes", ["0", "2"])
def test_no_check_vanishes_where_every_tool_is_installed(
    skippers: Callable[..., pytest.RunResult], processes: str
) -> None:
    result = skippers("--fail-on-skip", "-n", processes)
    result.assert_outcomes(passed=1, xfailed=1, skipped=1, failed=1, errors=3)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines_random(
        [
            "FAILED *::test_missing_tool*",
            "ERROR *::test_marked*",
            "ERROR *::test_without_cases*",
            "ERROR *::test_with_a_fixture*",
            "*known reasons alone: not installed: chromium",
        ]
    )


def test_no_module_vanishes_where_every_tool_is_installed(
    skippers: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(test_whole=SKIPPED_MODULE)
    assert skippers("test_whole.py").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result = skippers("--fail-on-skip", "test_whole.py")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*known reasons alone: a whole module*"])


def test_a_tool_may_be_missing_where_nobody_has_installed_it(skippers: Callable[..., pytest.RunResult]) -> None:
    result = skippers()
    result.assert_outcomes(passed=1, xfailed=1, skipped=5)
    assert result.ret == pytest.ExitCode.OK


def test_the_check_of_everything_lets_nothing_be_skipped() -> None:
    script = (ROOT / "scripts" / "test").read_text(encoding="utf-8")
    assert script.count("-m pytest ") == script.count("-m pytest $processes $no_skips ") == 2


def test_a_file_that_the_program_touches_on_the_gui_thread_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "it"
    program: dict[str, Any] = {}
    exec(compile("def look(file): return file.exists()", "/x/caal_desktop/widgets/pane.py", "exec"), program)  # noqa: S102
    with watched() as watcher:
        file.write_text("the test's own doing")
        load_spending(file, date(2026, 11, 22))
        thread = threading.Thread(target=program["look"], args=(file,))
        thread.start()
        thread.join()
        assert watcher.touched == []
        program["look"](file)
    assert watcher.touched == [f"os.stat {file} in caal_desktop/widgets/pane.py:1 look"]
    program["look"](file)
    assert len(watcher.touched) == 1, "the watch has ended"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost", "demo.localhost", "", None, "0.0.0.0"])  # noqa: S104
def test_this_machine_is_here(host: str | None) -> None:
    assert is_here(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "openrouter.ai", "localhost.example"])
def test_other_machines_are_not_here(host: str) -> None:
    assert not is_here(host)


def test_a_persons_environment_is_taken_away() -> None:
    environment = dict.fromkeys(
        [
            "PATH",
            "HOME",
            "https_proxy",
            "ALL_PROXY",
            "OPENAI_ORG_ID",
            "DISPLAY",
            "QT_SCALE_FACTOR",
            "CAAL_DESKTOP_HOME",
            FULL_CATALOGUE,
        ],
        "x",
    )
    clean_environment(environment)
    assert environment == {"PATH": "x", "HOME": "x", FULL_CATALOGUE: "x", "QT_QPA_PLATFORM": "offscreen"}
