"""``/models`` and the other endpoints about models."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from caal_desktop.demo.catalogue.hosting import describe_endpoints, endpoints
from caal_desktop.demo.catalogue.rows import slug_of
from caal_desktop.demo.endpoints import API
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.injection import wrong_models
from caal_desktop.demo.http.messages import Response, json_response
from caal_desktop.demo.state import ORDINARY_SPEED

if TYPE_CHECKING:
    from caal_desktop.demo.catalogue.rows import Row
    from caal_desktop.demo.state import DemoRequest


async def _models(call: DemoRequest) -> Response:
    if call.fault and call.has_fault("slow_models"):
        await asyncio.sleep(call.fault.number)
    answer = call.state.catalogue.page(call.request.query, call.request.path)
    return json_response((wrong_models(call.fault.name, answer) if call.fault else None) or answer)


async def _models_of_user(call: DemoRequest) -> Response:
    """Return the models that the account's preferences allow; the demo's account allows no previews."""
    call.authenticate()
    catalogue, query = call.state.catalogue, call.request.query
    answer = catalogue.page(query, call.request.path)
    answer["data"] = [row for row in answer["data"] if "preview" not in slug_of(row)]
    answer["total_count"] = sum("preview" not in slug_of(row) for row in catalogue.select(query))
    return json_response(answer)


async def _models_count(call: DemoRequest) -> Response:
    return json_response({"data": {"count": len(call.state.catalogue.select(call.request.query))}})


async def _model(call: DemoRequest) -> Response:
    """Return one row. Variants that only choose among hosts have none."""
    return json_response({"data": _row(call)})


async def _endpoints(call: DemoRequest) -> Response:
    row, pace = _row(call), None
    if call.request.header("Authorization"):
        call.authenticate()
        pace = call.state.speed / ORDINARY_SPEED or 1.0
    return json_response(describe_endpoints(row, pace))


def _row(call: DemoRequest) -> Row:
    name = f"{call.values['author']}/{call.values['slug']}"
    row = call.state.catalogue.find(name)
    if row is None:
        raise ApiError(404, f"Model {name} not found")
    return row


async def _endpoints_zdr(call: DemoRequest) -> Response:
    """Return the endpoints that keep no data: in the demo, every model's first one, unless it is free."""
    rows = call.state.catalogue.select({})
    kept = [row for row in rows if row.get("id") and not slug_of(row).endswith((":free", ":batch"))]
    return json_response({"data": [endpoints(row)[0] for row in kept]})


ROUTES = (
    ("GET", f"{API}/models", _models),
    ("GET", f"{API}/models/user", _models_of_user),
    ("GET", f"{API}/models/count", _models_count),
    ("GET", f"{API}/model/{{author}}/{{slug}}", _model),
    ("GET", f"{API}/models/{{author}}/{{slug}}/endpoints", _endpoints),
    ("GET", f"{API}/endpoints/zdr", _endpoints_zdr),
)
