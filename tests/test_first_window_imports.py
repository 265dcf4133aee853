"""What the first window and the pages behind it leave unimported: each of these costs time or memory at every start."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from caal_desktop.qt_import import import_qt
import_qt()
import caal_desktop.program
from caal_desktop.widgets.wizard import page_builder, window
page_builder.import_ahead()
for name in page_builder._WITH_QT:
    __import__(name)
late = ("openai", "httpx2", "pydantic", "markdown_it", "pygments", "keyring", "sqlite3", "email", "http.client")
print(*(name for name in late if name in sys.modules))
"""


def test_the_first_window_imports_nothing_that_it_does_not_need() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
