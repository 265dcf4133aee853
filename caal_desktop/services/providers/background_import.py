"""Imports in a worker thread that block the GUI thread as little as possible."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK = threading.Lock()
_SLICE_S = 0.001
"""Seconds for which a thread may hold the interpreter's lock during an import."""


@contextlib.contextmanager
def background_import() -> Iterator[None]:
    """Import a large package in the ``with`` block; a second thread waits until the first has finished.

    An import holds the interpreter's lock in slices, so these are made shorter meanwhile. Its objects stay for good, so
    the garbage collector, which would stop all threads to walk hundreds of thousands of them, is paused during the
    import and ignores them afterwards.
    """
    with _LOCK:
        interval, collects = sys.getswitchinterval(), gc.isenabled()
        sys.setswitchinterval(_SLICE_S)
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            if collects:
                gc.enable()
            sys.setswitchinterval(interval)
