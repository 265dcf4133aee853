"""The program imports Qt without PySide's hook on imports."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import builtins, linecache
own = builtins.__import__
{start}
from PySide6 import QtCore, QtGui, QtNetwork, QtWidgets
import json.tool, mailbox
print(builtins.__import__ is own, any(name.endswith("mailbox.py") for name in linecache.cache))
"""


def run(start: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(start=start)], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_python_keeps_its_own_import_and_nothing_reads_the_modules_sources() -> None:
    assert run("from caal_desktop.qt_import import import_qt; import_qt()") == "True False"


def test_pyside_still_needs_this() -> None:
    """Fail once PySide has no such hook any more: `qt_import` can be removed then."""
    assert run("") == "False True"
