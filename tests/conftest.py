"""Loads what all the tests share."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# The same examples in every run, and no clock: a slow machine is no fault of the code.
settings.register_profile("deterministic", deadline=None, derandomize=True, database=None)
settings.load_profile("deterministic")

# Where the voice agent has the provider layer there is no Qt, and its tests need none (scripts/test, "openai2").
HAS_QT = find_spec("PySide6") is not None

pytest_plugins = [
    "pytester",
    "tests.guards",
    "tests.support.demo",
    "tests.support.long_runs",
]
if HAS_QT:
    pytest_plugins += [
        "tests.support.qt_messages",
        "tests.support.gui_files",
        "tests.support.language",
        "tests.support.qt_loop",
        "tests.support.parts",
        "tests.support.pseudo_language",
        "tests.support.settings_dialogs",
        "tests.support.shown_texts",
        "tests.support.sign_in",
        "tests.support.widget_audit",
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know what pyproject.toml says to pytest-qt where that is not installed: an unknown setting is an error."""
    if not HAS_QT:
        for name in ("qt_api", "qt_default_raising", "qt_log_level_fail", "qt_log_ignore"):
            parser.addini(name, "of pytest-qt")
