"""Imports in a worker thread that hold the window up as little as they can."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE_AT_A_TIME = threading.Lock()
_SLICE_S = 0.001


@contextlib.contextmanager
def background_import() -> Iterator[None]:
    """Import something large in the ``with`` block; a second thread waits until the first is through.

    An import holds the interpreter's lock in slices, so these are made shorter meanwhile. And what it leaves behind
    stays for good: the garbage collector, which would stop everything to look through hundreds of thousands of objects,
    is kept away from them, now and later.
    """
    with _ONE_AT_A_TIME:
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
