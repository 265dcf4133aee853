"""What may hang with a file system, with a limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def _none() -> None:
    return None


def within(seconds: float, call: Callable[[], T], progress: Callable[[], object] = _none) -> T:
    """Call what may hang with a file system, in a thread that is left to itself when it does.

    Args:
        seconds: the time that it has.
        call: what to call.
        progress: how far it has come: where that has changed meanwhile, it has as many seconds again.

    Raises:
        TimeoutError: it has not returned in time.
    """
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(call())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="file system", daemon=True)
    thread.start()
    before: object = thread
    while thread.is_alive() and (now := progress()) != before:
        before = now
        thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError("the file system does not answer")
    return results[0]
