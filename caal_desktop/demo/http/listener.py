"""The listening socket, and the end of its connections."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from caal_desktop.demo.http.connection import HttpConnection, Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from caal_desktop.demo.http.connection import Handler

HOST = "127.0.0.1"
GRACE_S = 0.1
"""How long answers under way may take when the listener ends; then they are aborted."""


@contextlib.asynccontextmanager
async def listening(handler: Handler, port: int = 0, limits: Limits | None = None) -> AsyncIterator[int]:
    """Serve on loopback while the block runs, and yield the port.

    Args:
        handler: answers a request; it runs in its connection's task.
        port: 0 takes a free one.
        limits: what one client may ask for; None takes the default ones.

    Raises:
        OSError: the port is taken.
    """
    connections: set[HttpConnection] = set()
    chosen = limits or Limits()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpConnection(handler, chosen, connections), HOST, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await _end(connections)


async def _end(connections: set[HttpConnection]) -> None:
    tasks = {connection.task for connection in connections}
    if not tasks:
        return
    for connection in tuple(connections):
        connection.end()
    _, late = await asyncio.wait(tasks, timeout=GRACE_S)
    for connection in tuple(connections):
        connection.abort()
    # The tasks are cancelled in the loop's next iteration.
    await asyncio.gather(asyncio.sleep(0), *late, return_exceptions=True)
