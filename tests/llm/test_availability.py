"""Why no host could answer, as OpenRouter has told it since August 2026: the user is shown each code as its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import RetryPolicy, errors
from tests.llm.helpers import HELLO, error_of, openrouter, run, until_error
from tests.support.openapi_contract import Contract
from tests.support.scripted_server import Reply, frame, json_reply, scripted_server, sse_reply

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError

ONCE = RetryPolicy(max_retries=0)
EXPECTED: dict[str, type[ProviderError]] = {
    "model_not_found": errors.ModelNotFound,
    "wrong_endpoint": errors.CapabilityNotOffered,
    "no_endpoints": errors.ModelNotFound,
    "no_endpoints_by_preference": errors.NoProviderAllowed,
    "model_deprecated": errors.ModelNotFound,
    "model_unavailable_upstream": errors.ModelNotFound,
    "capacity_exhausted": errors.RateLimited,
    "temporarily_unavailable": errors.ProviderUnavailable,
    "region_restricted": errors.PermissionRefused,
    "privacy_restricted": errors.NoProviderAllowed,
    "constraint_filtered": errors.CapabilityNotOffered,
    "free_variant_ended": errors.ModelNotFound,
}


def test_no_example_is_forgotten() -> None:
    assert EXPECTED.keys() == Contract.load().examples().keys()


def event_of(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return an error answer's body as a chunk of a stream that began with a 200."""
    error = body["error"]
    return {
        "id": "gen-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": "acme/telepath",
        "choices": [],
        "error": {
            "message": error["message"],
            "error_type": error["metadata"]["error_type"],
            "http_status": status,
            "availability": error["availability"],
        },
    }


def failures_of(reply: Reply) -> list[ProviderError]:
    """Return how the window's and the voice agent's streams, and an answer in one piece, fail on the same reply.

    A stream that begins is no reply to who wants one piece.
    """

    async def test() -> list[ProviderError]:
        async with scripted_server(reply) as server, openrouter(server, retry_policy=ONCE) as provider:
            _, shown = await until_error(provider.stream_events(HELLO))
            _, spoken = await until_error(provider.chat_stream(HELLO))  # type: ignore[arg-type] # pieces of text
            in_one_piece = [] if reply.status == 200 else [await error_of(lambda: provider.chat(HELLO))]
            return [shown, spoken, *in_one_piece]

    return run(test())


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("in_stream", [False, True])
def test_each_code_is_understood(name: str, in_stream: bool) -> None:
    status, body = Contract.load().examples()[name]
    if in_stream:
        event = event_of(status, body)
        Contract.load().check_response("POST", "/chat/completions", 200, event, content_type="text/event-stream")
        reply = sse_reply(frame(event))
    else:
        reply = json_reply(body, status)
    wait = body["error"]["availability"].get("retry_after")
    for error in failures_of(reply):
        assert type(error) is EXPECTED[name]
        assert (error.status, error.retry_after) == (status, wait)
        assert body["error"]["message"] in error.detail


def test_a_code_that_nobody_knows_is_judged_by_the_status() -> None:
    _, body = Contract.load().examples()["capacity_exhausted"]
    body = {"error": {**body["error"], "availability": {"code": "moon_phase", "retryable": 7, "retry_after": "soon"}}}
    for error in failures_of(json_reply(body, 429)):
        assert (type(error), error.retry_after) == (errors.RateLimited, None)
    body["error"]["availability"] = ["not", "an", "object"]
    assert {type(error) for error in failures_of(json_reply(body, 404))} == {errors.ModelNotFound}


def test_the_header_says_how_long_to_wait_where_both_do() -> None:
    _, body = Contract.load().examples()["capacity_exhausted"]
    assert {error.retry_after for error in failures_of(json_reply(body, 429, Retry_After="3"))} == {3.0}


def test_the_days_free_requests_are_known_by_their_source() -> None:
    for source, expected in (
        ("openrouter_free_tier_daily", errors.DailyLimitReached),
        ("upstream_provider", errors.RateLimited),
    ):
        error = {"code": 429, "message": "Rate limit exceeded", "metadata": {"limit_source": source}}
        Contract.load().check_response("POST", "/chat/completions", 429, {"error": error})
        assert {type(failure) for failure in failures_of(json_reply({"error": error}, 429))} == {expected}
