"""The endpoints of an account: key, credits, a generation's cost, and the sign-in that gives a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.demo.accounts import pages
from caal_desktop.demo.accounts.sign_in import ConsentError, ConsentRequest
from caal_desktop.demo.endpoints import API
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.http.messages import Response, html_response, json_response

if TYPE_CHECKING:
    from caal_desktop.demo.state import DemoRequest


async def _key(call: DemoRequest) -> Response:
    data = call.state.keys.describe(call.authenticate())
    if call.has_fault("credit_bought"):
        data["is_free_tier"] = False
    return json_response({"data": {"label": data["label"]} if call.has_fault("bare_key") else data})


async def _credits(call: DemoRequest) -> Response:
    key = call.authenticate()
    if key.is_management:
        return json_response({"data": {"total_credits": 100.0, "total_usage": round(100.0 - key.credit, 9)}})
    if call.has_fault("zero_credits"):
        return json_response({"data": {"total_credits": 0, "total_usage": 0}})
    raise ApiError(403, "Only management keys can perform this operation")


async def _generation(call: DemoRequest) -> Response:
    call.authenticate()
    generation_id = call.request.query.get("id", "")
    if call.has_fault("no_generation"):
        raise ApiError(404, f"Generation {generation_id} not found")
    return json_response({"data": call.state.generations.look_up(generation_id).describe()})


async def _exchange(call: DemoRequest) -> Response:
    body = call.request.json()
    if call.has_fault("expired_code"):
        raise ApiError(403, "Invalid code or code_verifier")
    return json_response(call.state.sign_in.exchange(body))


async def _home(_call: DemoRequest) -> Response:
    return _page(pages.home_page())


async def _consent(call: DemoRequest) -> Response:
    try:
        return _page(pages.consent_page(ConsentRequest.parse(call.request.query)))
    except ConsentError as error:
        return _page(pages.error_page(error), 400)


async def _decide(call: DemoRequest) -> Response:
    form, sign_in = call.request.form(), call.state.sign_in
    try:
        asked = ConsentRequest.parse(form)
    except ConsentError as error:
        return _page(pages.error_page(error), 400)
    if not asked.callback_url:
        allowed = form.get("decision") == "allow"
        return _page(pages.code_page(sign_in.issue(asked)) if allowed else pages.denied_page())
    target = sign_in.allow(asked) if form.get("decision") == "allow" else sign_in.deny(asked)
    return Response(status=303, headers={"Location": target, "Referrer-Policy": "no-referrer"})


def _page(text: str, status: int = 200) -> Response:
    return html_response(text, status, pages.HEADERS)


ROUTES = (
    ("GET", "/", _home),
    ("GET", "/auth", _consent),
    ("POST", "/auth", _decide),
    ("GET", f"{API}/key", _key),
    ("GET", f"{API}/credits", _credits),
    ("GET", f"{API}/generation", _generation),
    ("POST", f"{API}/auth/keys", _exchange),
)
