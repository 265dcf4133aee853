"""Loads what all the tests share."""

from __future__ import annotations

pytest_plugins = [
    "pytester",
    "tests.guards",
    "tests.support.demo",
    "tests.support.qt_loop",
    "tests.support.parts",
    "tests.support.widget_audit",
]
