"""The web application: routes, errors, faults and the log."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from caal_desktop.demo import control
from caal_desktop.demo.accounts import sign_in
from caal_desktop.demo.catalogue.hosting import describe_endpoints, endpoints
from caal_desktop.demo.chat.completions import complete, read_json
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.players import replacement, wrong_models
from caal_desktop.demo.faults.registry import Place
from caal_desktop.demo.state import FAULT, STATE, DemoState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

API = "/api/v1"
HOST = "127.0.0.1"
MAX_BODY = 64 * 1024 * 1024
"""Bytes; pictures come inside the request."""


def place_of(path: str) -> Place | None:
    """The kind of endpoint that a path belongs to, as far as faults are concerned."""
    tail = path.removeprefix(API)
    if tail == "/chat/completions":
        return Place.CHAT
    if tail == "/key":
        return Place.KEY
    if tail.startswith(("/models", "/endpoints")):
        return Place.MODELS
    if tail.startswith("/generation"):
        return Place.GENERATION
    if tail == "/auth/keys":
        return Place.SIGN_IN
    return Place.CREDITS if tail == "/credits" else None


@web.middleware
async def _middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Logs the request, lets faults happen, and turns every error into OpenRouter's JSON."""
    if request.path.startswith(control.PREFIX) and not request.path.endswith("/elsewhere"):
        return await _answer(request, handler)
    state = request.app[STATE]
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return _error(ApiError(413, "Request payload too large"))
    entry = state.recorder.record(request, body)
    fault = state.faults.take(place_of(request.path), request.path)
    if fault is not None:
        request[FAULT] = fault
        entry["fault"] = fault.name

    async def with_fault(request: web.Request) -> web.StreamResponse:
        other = await replacement(fault, request) if fault is not None else None
        return await handler(request) if other is None else other

    try:
        response = await _answer(request, with_fault)
    except (asyncio.CancelledError, ConnectionError):
        entry["closed_by_client"] = True
        state.closed_by_client += 1
        raise
    entry["status"] = response.status
    return response


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return _error(error)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _error(ApiError(error.status, error.reason, headers=headers))


def _error(error: ApiError) -> web.Response:
    return web.json_response(error.body(), status=error.status, headers=error.headers)


def _json(data: Any) -> web.Response:
    return web.Response(body=json.dumps(data, ensure_ascii=False).encode(), content_type="application/json")


async def _key(request: web.Request) -> web.Response:
    state = request.app[STATE]
    data = state.ring.describe(state.ring.authenticate(request.headers.get("Authorization")))
    fault = request.get(FAULT)
    return _json({"data": {"label": data["label"]} if fault and fault.name == "bare_key" else data})


async def _credits(request: web.Request) -> web.Response:
    state = request.app[STATE]
    key = state.ring.authenticate(request.headers.get("Authorization"))
    if key.is_management:
        return _json({"data": {"total_credits": 100.0, "total_usage": round(100.0 - key.credit, 9)}})
    fault = request.get(FAULT)
    if fault and fault.name == "zero_credits":
        return _json({"data": {"total_credits": 0, "total_usage": 0}})
    raise ApiError(403, "Only management keys can perform this operation")


async def _models(request: web.Request) -> web.Response:
    fault = request.get(FAULT)
    if fault and fault.name == "slow_models":
        await asyncio.sleep(fault.number)
    answer = request.app[STATE].catalogue.page(request.query, request.path)
    return _json((wrong_models(fault.name, answer) if fault else None) or answer)


async def _models_of_user(request: web.Request) -> web.Response:
    """What the account's own preferences leave; the demo's account does not want dated previews."""
    state = request.app[STATE]
    state.ring.authenticate(request.headers.get("Authorization"))
    answer = state.catalogue.page(request.query, request.path)
    answer["data"] = [row for row in answer["data"] if "preview" not in str(row.get("id"))]
    answer["total_count"] = sum("preview" not in str(row.get("id")) for row in state.catalogue.select(request.query))
    return _json(answer)


async def _models_count(request: web.Request) -> web.Response:
    return _json({"data": {"count": len(request.app[STATE].catalogue.select(request.query))}})


async def _endpoints(request: web.Request) -> web.Response:
    catalogue = request.app[STATE].catalogue
    name = f"{request.match_info['author']}/{request.match_info['slug']}"
    row = catalogue.find(name)
    if row is None:
        raise ApiError(404, f"Model {name} not found")
    return _json(describe_endpoints(row))


async def _endpoints_zdr(request: web.Request) -> web.Response:
    """The endpoints that keep no data: in the demo, every model's first one, unless it is free."""
    catalogue = request.app[STATE].catalogue
    rows = [row for row in catalogue.select({}) if row.get("id") and not str(row["id"]).endswith((":free", ":batch"))]
    return _json({"data": [endpoints(row)[0] for row in rows]})


async def _generation(request: web.Request) -> web.Response:
    state = request.app[STATE]
    state.ring.authenticate(request.headers.get("Authorization"))
    generation_id = request.query.get("id", "")
    fault = request.get(FAULT)
    if fault and fault.name == "no_generation":
        raise ApiError(404, f"Generation {generation_id} not found")
    return _json({"data": state.generations.look_up(generation_id).describe()})


async def _exchange(request: web.Request) -> web.Response:
    fault = request.get(FAULT)
    body = await read_json(request)
    if fault and fault.name == "expired_code":
        raise ApiError(403, "Invalid code or code_verifier")
    return _json(request.app[STATE].sign_in.exchange(body))


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status, headers=sign_in.PAGE_HEADERS)


async def _consent(request: web.Request) -> web.Response:
    try:
        return _page(sign_in.consent_page(sign_in.Request.parse(request.query)))
    except sign_in.ConsentError as error:
        return _page(sign_in.problem_page(error), 400)


async def _decide(request: web.Request) -> web.Response:
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    try:
        asked = sign_in.Request.parse(form)
    except sign_in.ConsentError as error:
        return _page(sign_in.problem_page(error), 400)
    state = request.app[STATE]
    target = state.sign_in.allow(asked) if form.get("decision") == "allow" else state.sign_in.deny(asked)
    return web.Response(status=303, headers={"Location": target, "Referrer-Policy": "no-referrer"})


async def _home(request: web.Request) -> web.Response:
    return _page(
        sign_in.page(
            "CAAL Desktop's demo server",
            "<p>It plays OpenRouter for CAAL Desktop, on this computer only. Its API is at <code>/api/v1</code>; "
            "<code>/_demo/faults</code> lists the failures that it can play.</p>",
        )
    )


def create_app(state: DemoState) -> web.Application:
    """The application that serves ``state``."""
    app = web.Application(middlewares=[_middleware], client_max_size=MAX_BODY)
    app[STATE] = state
    router = app.router
    router.add_get("/", _home)
    router.add_get("/auth", _consent)
    router.add_post("/auth", _decide)
    router.add_get(f"{API}/key", _key)
    router.add_get(f"{API}/credits", _credits)
    router.add_get(f"{API}/models", _models)
    router.add_get(f"{API}/models/user", _models_of_user)
    router.add_get(f"{API}/models/count", _models_count)
    router.add_get(f"{API}/models/{{author}}/{{slug}}/endpoints", _endpoints)
    router.add_get(f"{API}/endpoints/zdr", _endpoints_zdr)
    router.add_get(f"{API}/generation", _generation)
    router.add_post(f"{API}/auth/keys", _exchange)
    router.add_post(f"{API}/chat/completions", complete)
    control.add_routes(app)
    return app


async def serve(state: DemoState, port: int, listening: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serve on loopback until ``stop`` is set.

    Args:
        state: what to serve.
        port: 0 takes a free one.
        listening: called with the base URL once it listens.
        stop: ends the server; requests under way are cut off.

    Raises:
        OSError: the port is taken.
    """
    # With cancellation, a handler ends within milliseconds of its client's leaving: that is how a stop is seen.
    runner = web.AppRunner(create_app(state), handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        address = runner.addresses[0]
        listening(f"http://{HOST}:{address[1]}{API}")
        await stop.wait()
    finally:
        await runner.cleanup()
