"""The clipboard of a desktop session, as other programs see it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.desktop_session import DesktopSession

_HOLD = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
app = QGuiApplication([])
app.clipboard().setText(sys.stdin.readline().rstrip("\\n"), QClipboard.Mode[sys.argv[1]])
# Once the loop runs, others can fetch it.
QTimer.singleShot(0, lambda: print("held", flush=True))
app.exec()
"""

_READ = """
import json
from PySide6.QtGui import QClipboard, QGuiApplication
app = QGuiApplication([])
found = {}
for mode in (QClipboard.Mode.Clipboard, QClipboard.Mode.Selection):
    data = app.clipboard().mimeData(mode)
    found[mode.name] = {name: bytes(data.data(name)).decode("latin-1") for name in data.formats()}
print(json.dumps(found))
"""


@contextmanager
def holding(session: DesktopSession, text: str, *, selection: bool = False) -> Iterator[None]:
    """Hold one line of text on the clipboard, or as the primary selection, until the block ends."""
    mode = "Selection" if selection else "Clipboard"
    process = session.popen(
        [sys.executable, "-c", _HOLD, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()
    assert process.stdout.readline().strip() == "held"
    try:
        yield
    finally:
        process.kill()
        process.wait()


def contents(session: DesktopSession) -> dict[str, dict[str, str]]:
    """Return what is on the clipboard and in the primary selection, by their names in Qt, in each of their formats."""
    done = session.run_python(_READ)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found
