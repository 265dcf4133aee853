"""The demo server: what happens to every request, and its start and end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from caal_desktop.demo.chat.completions import complete
from caal_desktop.demo.endpoints import API, account, control, models
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.injection import replacement
from caal_desktop.demo.faults.registry import endpoint_group_of
from caal_desktop.demo.http.listener import HOST, listening
from caal_desktop.demo.http.messages import error_response
from caal_desktop.demo.http.routes import Routes
from caal_desktop.demo.senders import check_sender
from caal_desktop.demo.state import DemoRequest, DemoState

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.demo.http.messages import Answer, Request

_ROUTES = Routes((*account.ROUTES, *models.ROUTES, ("POST", f"{API}/chat/completions", complete), *control.ROUTES))


class DemoServer:
    """Answers requests from a state: logs them, injects faults, and calls their handlers."""

    def __init__(self, state: DemoState) -> None:
        self._state = state

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            ApiError: a web page elsewhere has made it.
        """
        check_sender(request)
        call = DemoRequest(request, self._state)
        if request.path.startswith(control.PREFIX) and request.path != control.REDIRECT_TARGET:
            return await _handled(call)
        entry = self._state.request_log.record(request)
        call.fault = self._state.faults.take(endpoint_group_of(request.path.removeprefix(API)), request.path)
        if call.fault is not None:
            entry["fault"] = call.fault.name
        try:
            answer = await _answered(call)
        except (asyncio.CancelledError, ConnectionError):
            entry["closed_by_client"] = True
            self._state.closed_by_client += 1
            raise
        entry["status"] = answer.status
        return answer


async def _answered(call: DemoRequest) -> Answer:
    try:
        other = None if call.fault is None else await replacement(call.fault, call.request)
        return await _handled(call) if other is None else other
    except ApiError as error:
        return error_response(error)


async def _handled(call: DemoRequest) -> Answer:
    handler, call.values = _ROUTES.find(call.request.method, call.request.raw_path)
    return await handler(call)


async def serve(state: DemoState, port: int, started: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serve on loopback until ``stop`` is set.

    Args:
        state: what to serve.
        port: 0 takes a free one.
        started: called with the base URL once it listens.
        stop: ends the server; requests under way are cut off.

    Raises:
        OSError: the port is taken.
    """
    async with listening(DemoServer(state).answer, port) as chosen:
        started(f"http://{HOST}:{chosen}{API}")
        await stop.wait()
