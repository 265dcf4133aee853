"""Loads what all the tests share."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no clock: a slow machine is no fault of the code.
settings.register_profile("deterministic", deadline=None, derandomize=True, database=None)
settings.load_profile("deterministic")

pytest_plugins = [
    "pytester",
    "tests.guards",
    "tests.support.gui_files",
    "tests.support.language",
    "tests.support.long_runs",
    "tests.support.demo",
    "tests.support.qt_loop",
    "tests.support.parts",
    "tests.support.pseudo_language",
    "tests.support.settings_dialogs",
    "tests.support.shown_texts",
    "tests.support.sign_in",
    "tests.support.widget_audit",
]
