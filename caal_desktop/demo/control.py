"""The ``/_demo`` endpoints: faults, the log of requests, and the server's state, for tests and the curious."""

from __future__ import annotations

from aiohttp import web

from caal_desktop.demo.accounts.keys import KEYS
from caal_desktop.demo.chat.completions import read_json
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.registry import FAULTS, UnknownFaultError, activate
from caal_desktop.demo.state import STATE

PREFIX = "/_demo"


async def _faults(request: web.Request) -> web.Response:
    known = [{"name": f.name, "kind": f.kind, "about": f.about, "arg": f.arg} for f in FAULTS.values()]
    return web.json_response({"active": request.app[STATE].faults.listing(), "known": known})


async def _add_fault(request: web.Request) -> web.Response:
    body = await read_json(request)
    if not isinstance(body, dict):
        raise ApiError(400, "The body is not a JSON object.")
    arg, times, path = body.get("arg"), body.get("times"), body.get("path")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise ApiError(400, "times is a whole number of at least 1, or null.")
    if path is not None and not isinstance(path, str):
        raise ApiError(400, "path is text, or null.")
    try:
        active = activate(str(body.get("name", "")), None if arg is None else str(arg), times=times, path=path)
    except UnknownFaultError as error:
        raise ApiError(400, str(error)) from error
    request.app[STATE].faults.add(active)
    return web.json_response(active.describe(), status=201)


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[STATE].faults.clear()
    return web.json_response({"active": []})


async def _requests(request: web.Request) -> web.Response:
    state = request.app[STATE]
    return web.json_response(
        {
            "requests": state.recorder.listing(),
            "open_streams": state.open_streams,
            "closed_by_client": state.closed_by_client,
        }
    )


async def _clear_requests(request: web.Request) -> web.Response:
    state = request.app[STATE]
    state.recorder.clear()
    state.closed_by_client = 0
    return web.json_response({"requests": []})


async def _reset(request: web.Request) -> web.Response:
    request.app[STATE].reset()
    return web.json_response({"reset": True})


async def _keys(request: web.Request) -> web.Response:
    return web.json_response({name: {"key": key.secret, "about": key.about} for name, key in KEYS.items()})


async def _elsewhere(request: web.Request) -> web.Response:
    """Where the fault ``redirect`` leads; the log shows whether the key came along."""
    return web.json_response({"data": "You have been redirected."})


def add_routes(app: web.Application) -> None:
    """Add the endpoints to the application."""
    router = app.router
    router.add_get(f"{PREFIX}/faults", _faults)
    router.add_post(f"{PREFIX}/faults", _add_fault)
    router.add_delete(f"{PREFIX}/faults", _clear_faults)
    router.add_get(f"{PREFIX}/requests", _requests)
    router.add_delete(f"{PREFIX}/requests", _clear_requests)
    router.add_post(f"{PREFIX}/reset", _reset)
    router.add_get(f"{PREFIX}/keys", _keys)
    router.add_route("*", f"{PREFIX}/elsewhere", _elsewhere)
