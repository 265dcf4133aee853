"""The ``/_demo`` endpoints: faults, the log of requests, and the server's state, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.demo.accounts.keys import KEYS
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.registry import FAULTS, UnknownFaultError, activate
from caal_desktop.demo.http.messages import Response, json_response

if TYPE_CHECKING:
    from caal_desktop.demo.state import DemoRequest

PREFIX = "/_demo"
REDIRECT_TARGET = f"{PREFIX}/elsewhere"
"""Where the fault ``redirect`` leads; the log shows whether the key came along."""


async def _faults(call: DemoRequest) -> Response:
    known = [{"name": f.name, "kind": f.kind, "about": f.about, "arg": f.arg} for f in FAULTS.values()]
    return json_response({"active": call.state.faults.listing(), "known": known})


async def _add_fault(call: DemoRequest) -> Response:
    body = call.request.json()
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
    call.state.faults.add(active)
    return json_response(active.describe(), 201)


async def _clear_faults(call: DemoRequest) -> Response:
    call.state.faults.clear()
    return json_response({"active": []})


async def _requests(call: DemoRequest) -> Response:
    state = call.state
    return json_response(
        {
            "requests": state.request_log.listing(),
            "open_streams": state.open_streams,
            "closed_by_client": state.closed_by_client,
        }
    )


async def _clear_requests(call: DemoRequest) -> Response:
    call.state.request_log.clear()
    call.state.closed_by_client = 0
    return json_response({"requests": []})


async def _reset(call: DemoRequest) -> Response:
    call.state.reset()
    return json_response({"reset": True})


async def _keys(_call: DemoRequest) -> Response:
    return json_response({name: {"key": key.secret, "about": key.about} for name, key in KEYS.items()})


async def _elsewhere(_call: DemoRequest) -> Response:
    return json_response({"data": "You have been redirected."})


ROUTES = (
    ("GET", f"{PREFIX}/faults", _faults),
    ("POST", f"{PREFIX}/faults", _add_fault),
    ("DELETE", f"{PREFIX}/faults", _clear_faults),
    ("GET", f"{PREFIX}/requests", _requests),
    ("DELETE", f"{PREFIX}/requests", _clear_requests),
    ("POST", f"{PREFIX}/reset", _reset),
    ("GET", f"{PREFIX}/keys", _keys),
    ("*", REDIRECT_TARGET, _elsewhere),
)
