"""The faults that replace a whole answer."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from caal_desktop.demo.accounts.sign_in import LOOPBACK
from caal_desktop.demo.errors import SUGGESTED, ApiError, availability
from caal_desktop.demo.faults.registry import FaultKind
from caal_desktop.demo.http.messages import JSON, Response, html_response, json_response

if TYPE_CHECKING:
    from caal_desktop.demo.faults.registry import ActiveFault
    from caal_desktop.demo.http.messages import Request

PORTAL = (
    "<!DOCTYPE html><html><head><title>Welcome to Guest Wi-Fi</title></head><body><h1>Welcome to Guest Wi-Fi</h1>"
    '<form action="/login"><input name="room"><button>Connect</button></form></body></html>'
)
_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>"
)
_PROXY = "<html><head><title>407</title></head><body><h1>Proxy Authentication Required</h1></body></html>"
_PROVIDER = {"provider_name": "DeepInfra"}


def error_of(fault: ActiveFault) -> ApiError:
    """Return the error that a fault of :attr:`~caal_desktop.demo.faults.registry.FaultKind.ERROR` answers with."""
    seconds = fault.count
    midnight = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    # Milliseconds, as OpenRouter sends them.
    reset = str(int((datetime.now(UTC).timestamp() + seconds) * 1000))
    per_day = {
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(midnight.timestamp() * 1000)),
    }
    per_minute = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    raw = json.dumps({"error": {"message": "upstream connect error", "type": "server_error"}})
    errors = {
        "bad_parameter": ApiError(400, "Provider returned error", {**_PROVIDER, "raw": "temperature is not supported"}),
        "wrong_key": ApiError(401, "User not found."),
        "disabled_key": ApiError(401, "This API key is disabled."),
        "no_credit": ApiError(
            402,
            "This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only "
            "afford 211. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
        ),
        "moderation": ApiError(
            403,
            'demo/model requires moderation. Your input was flagged for "violence".',
            {
                "reasons": ["violence", "self-harm"],
                "flagged_input": "how do I kill a … process",
                "provider_name": "OpenAI",
                "model_slug": "demo/model",
            },
        ),
        "guardrail": ApiError(
            403,
            "Request blocked: prompt injection patterns detected",
            {"patterns": ["ignore all previous instructions"]},
        ),
        "model_404": ApiError(
            404,
            "No endpoints found for demo/gone.",
            {"error_type": "not_found"},
            availability=availability("no_endpoints", "demo/gone", fallback_models=[SUGGESTED]),
        ),
        "retired_404": ApiError(
            404,
            "demo/model has been retired.",
            {"error_type": "not_found"},
            availability=availability("model_deprecated", "demo/model", fallback_models=["demo/gone", SUGGESTED]),
        ),
        "free_ended_404": ApiError(
            404,
            "demo/model:free is no longer available for free.",
            {"error_type": "not_found"},
            availability=availability("free_variant_ended", "demo/model:free", fallback_models=[SUGGESTED]),
        ),
        "removed_404": ApiError(
            404,
            "No endpoints found for demo/model.",
            {"error_type": "not_found"},
            availability=availability(
                "model_unavailable_upstream", "demo/model", affected_providers=["DeepInfra", "Together"]
            ),
        ),
        "price_limit_404": ApiError(
            404,
            "No endpoints found for demo/model within your limits.",
            {"error_type": "not_found"},
            availability=availability(
                "constraint_filtered",
                "demo/model",
                excluded_by=["max_price"],
                constraint={"field": "max_price", "detail": "Every host asks for more than $0.10 per million tokens."},
            ),
        ),
        "region_403": ApiError(
            403,
            "demo/model is not available in your region.",
            {"error_type": "permission_denied"},
            availability=availability(
                "region_restricted", "demo/model", excluded_by=["geo"], fallback_models=[SUGGESTED]
            ),
        ),
        "wrong_endpoint_400": ApiError(
            400,
            "demo/model does not support chat completions.",
            {"error_type": "invalid_request"},
            availability=availability(
                "wrong_endpoint",
                "demo/model",
                constraint={"field": "model", "detail": "Use it with the embeddings endpoint."},
            ),
        ),
        "data_policy_404": ApiError(
            404,
            "No endpoints found matching your data policy (Free model training). "
            "Configure: https://openrouter.ai/settings/privacy",
            {"error_type": "not_found"},
            availability=availability("privacy_restricted", "demo/model", excluded_by=["data_policy:training"]),
        ),
        "request_timeout_408": ApiError(408, "Operation timed out. Please try again later."),
        "too_large_413": ApiError(413, "Request payload too large"),
        "unprocessable_422": ApiError(422, "Invalid argument"),
        "rate_limit": ApiError(
            429,
            "Rate limit exceeded: free-models-per-min. ",
            {"headers": per_minute},
            headers={"Retry-After": str(seconds), **per_minute},
        ),
        "daily_cap": ApiError(
            429,
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
            {
                "headers": per_day,
                "error_type": "rate_limit_exceeded",
                "limit_source": "openrouter_free_tier_daily",
                "remedy_hint": "Add credits, or wait until midnight UTC.",
            },
            headers=per_day,
        ),
        "no_capacity_429": ApiError(
            429,
            "Rate limit exceeded",
            {
                "error_type": "rate_limit_exceeded",
                "limit_source": "upstream_provider",
                "remedy_hint": "Retry later, or use a model with more hosts.",
            },
            headers={"Retry-After": str(seconds)},
            availability=availability(
                "capacity_exhausted",
                "demo/model",
                retryable=True,
                retry_after=seconds,
                affected_providers=["DeepInfra"],
                fallback_models=[SUGGESTED],
            ),
        ),
        "upstream_rate_limit": ApiError(
            429,
            "Provider returned error",
            {
                **_PROVIDER,
                "raw": "demo/model is temporarily rate-limited upstream.",
                "error_type": "rate_limit_exceeded",
                "limit_source": "upstream_provider",
            },
            availability=availability(
                "capacity_exhausted", "demo/model", retryable=True, affected_providers=["DeepInfra"]
            ),
        ),
        "server_error_500": ApiError(500, "Internal Server Error"),
        "bad_gateway_502": ApiError(502, "Provider returned error", {**_PROVIDER, "raw": raw}),
        "no_provider_503": ApiError(
            503,
            "No available model provider meets your routing requirements",
            {
                "error_type": "provider_overloaded",
                "previous_errors": [{"provider": "DeepInfra", "code": "overloaded", "status": 529}],
            },
            availability=availability("temporarily_unavailable", "demo/model", retryable=True),
        ),
        "timeout_524": ApiError(524, "Request timed out. Please try again later."),
        "overloaded_529": ApiError(529, "Provider returned error", {"provider_name": "Anthropic", "raw": "Overloaded"}),
        "string_code": ApiError(429, "Rate limit exceeded", code="rate_limit_exceeded"),
    }
    return errors[fault.name]


async def replacement(fault: ActiveFault, request: Request) -> Response | None:
    """Return the answer that a fault gives in place of the right one; None where the right one is to be computed.

    Raises:
        ApiError: the answer is an error.
    """
    if fault.name == "html_502":
        return html_response(_GATEWAY, 502)
    if fault.name == "proxy_407":
        return html_response(_PROXY, 407, {"Proxy-Authenticate": 'Basic realm="proxy"'})
    if fault.fault.kind is FaultKind.ERROR:
        raise error_of(fault)
    if fault.fault.kind is not FaultKind.REPLY:
        return None
    if fault.name in ("stall_before", "key_timeout"):
        await asyncio.Event().wait()
    if fault.name == "cut_before":
        request.connection.close()
    if fault.name == "redirect":
        return Response(status=307, headers={"Location": _target(fault, request)})
    return _other_body(fault)


def _other_body(fault: ActiveFault) -> Response:
    if fault.name == "html_200":
        return html_response(PORTAL)
    if fault.name == "error_in_200":
        error = ApiError(502, "Provider returned error", {**_PROVIDER, "raw": "the model crashed"})
        return json_response(error.body() | {"user_id": None})
    if fault.name == "broken_json":
        return Response(b'{"id":"gen-1","choices":[{"index":0,"mess', JSON)
    return Response(b"", JSON)


def _target(fault: ActiveFault, request: Request) -> str:
    """Return another host, on loopback: the log shows whether a client sends its key along."""
    if fault.arg and urlsplit(fault.arg).hostname in LOOPBACK:
        return fault.arg
    return f"http://localhost:{request.connection.port}/_demo/elsewhere"


def wrong_models(name: str, answer: dict[str, Any]) -> dict[str, Any] | None:
    """Return the answer of ``GET /models`` as a fault changes it; None where it has no such effect."""
    rows: list[Any] = answer["data"]
    if name == "empty_models":
        return {"data": [], "total_count": 0, "links": {"next": None}}
    if name == "models_wrong_shape":
        return {"data": {"models": len(rows)}, "total_count": "many"}
    if name == "bare_models":
        known = [row for row in rows if isinstance(row.get("id"), str)]
        return {
            "object": "list",
            "data": [
                {"id": row["id"], "object": "model", "created": row.get("created") or 0, "owned_by": "demo"}
                for row in known
            ],
        }
    if name != "broken_models":
        return None
    wrong: list[Any] = [
        None,
        7,
        "openai/gpt",
        [],
        {},
        {"id": None},
        {"id": 12},
        {"id": ""},
        {"id": "broken/types", "name": 5, "created": "yesterday", "context_length": "many", "description": ["x"]},
        {
            "id": "broken/nested",
            "architecture": [],
            "pricing": "free",
            "top_provider": 3,
            "supported_parameters": "tools",
        },
        {"id": "broken/prices", "pricing": {"prompt": "n/a", "completion": None, "overrides": {"a": 1}, "image": "-"}},
        {
            "id": "broken/numbers",
            "context_length": -5,
            "created": 10**18,
            "pricing": {"prompt": "NaN", "completion": "inf"},
        },
        {"id": "broken/dates", "expiration_date": "soon", "knowledge_cutoff": "2024-13-45"},
        {"id": "broken/lists", "architecture": {"input_modalities": [None, 3], "output_modalities": None}},
        {"id": "broken/reasoning", "reasoning": True, "benchmarks": [], "alias_target": "x"},
    ]
    return {"data": [*wrong, *rows[:20]], "total_count": None, "links": None}
