"""Fails a test when Qt complained while it was being set up or torn down: a pytest plugin (tests/conftest.py loads it).

pytest-qt does the same for the running time of the test itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

if TYPE_CHECKING:
    from collections.abc import Iterator


class QtMessageGuard:
    """Notes what Qt complains about outside of the tests' own running time, which pytest-qt watches."""

    def __init__(self, ignored: list[str]) -> None:
        self.ignored = ignored
        self.lines: list[str] = []

    def handle(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        """Qt's message handler."""
        harmless = kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
        if not harmless and not any(re.search(regex, message) for regex in self.ignored):
            self.lines.append(f"Qt complained between tests: {context.category}: {message}")


_QT_MESSAGES = pytest.StashKey[QtMessageGuard]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Starts to listen to Qt.

    Not in a fixture: pytest-qt's handler is installed before the first fixture, and has to be the later one.
    """
    guard = QtMessageGuard(config.getini("qt_log_ignore"))
    config.stash[_QT_MESSAGES] = guard
    qInstallMessageHandler(guard.handle)


def pytest_unconfigure() -> None:
    """Qt must not call back into an interpreter that is going away."""
    qInstallMessageHandler(None)


@pytest.fixture(autouse=True)
def _qt_messages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up before the test's own fixtures, so that theirs are torn down when this one looks."""
    guard = request.config.stash[_QT_MESSAGES]
    yield
    ignored_here = [regex for mark in request.node.iter_markers("qt_log_ignore") for regex in mark.args]
    complaints = [line for line in guard.lines if not any(re.search(regex, line) for regex in ignored_here)]
    guard.lines.clear()
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)
