"""A thread of its own for what must not wait for others.

The event loop has few workers. One that hangs, on a dead network drive or in a keyring, comes back late or never, and
what waits behind all of them is not done before the program ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def in_own_thread(name: str, call: Callable[[], None]) -> asyncio.Future[None]:
    """Run a call that blocks in a thread of its own, which does not keep the program from ending.

    Args:
        name: the thread's name.
        call: what to run.

    Returns:
        Its end, or what it has raised.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def run() -> None:
        failure: BaseException | None = None
        try:
            call()
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, failure)

    def tell(failure: BaseException | None) -> None:
        if done.done():
            return
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)

    threading.Thread(target=run, name=name, daemon=True).start()
    return done
