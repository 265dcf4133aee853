"""Why no host could answer, as OpenRouter has told it since August 2026: the user is shown each code as its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import RetryPolicy, errors
from caal_desktop.llm.errors import Availability
from tests.llm.helpers import HELLO, error_of, openrouter, run, until_error
from tests.support.openapi_contract import Contract
from tests.support.scripted_server import Reply, frame, json_reply, scripted_server, sse_reply

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError

ONCE = RetryPolicy(max_retries=0)
EXPECTED: dict[str, tuple[type[ProviderError], str]] = {
    # example: the error, and what is told as its cause
    "model_not_found": (errors.ModelNotFound, "renamed or withdrawn"),
    "wrong_endpoint": (errors.NotAChatModel, "other tasks"),
    "no_endpoints": (errors.NotHosted, "has no host"),
    "no_endpoints_by_preference": (errors.NoProviderAllowed, "list of allowed or ignored providers"),
    "model_deprecated": (errors.ModelEnded, "was retired"),
    "model_unavailable_upstream": (errors.ModelEnded, "have removed it"),
    "capacity_exhausted": (errors.CapacityExhausted, "no limit of your key"),
    "temporarily_unavailable": (errors.ProviderUnavailable, "down or overloaded"),
    "region_restricted": (errors.RegionRefused, "where you are"),
    "privacy_restricted": (errors.NoProviderAllowed, "may train models"),
    "constraint_filtered": (errors.RequirementUnmet, "highest price"),
    "free_variant_ended": (errors.FreeVariantEnded, "ended the free variant"),
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
            is_stream = reply.content_type == "text/event-stream"
            in_one_piece = [] if is_stream else [await error_of(lambda: provider.chat(HELLO))]
            return [shown, spoken, *in_one_piece]

    return run(test())


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("way", ["answer", "body of a 200", "stream"])
def test_each_code_is_understood(name: str, way: str) -> None:
    status, body = Contract.load().examples()[name]
    if way == "stream":
        event = event_of(status, body)
        Contract.load().check_response("POST", "/chat/completions", 200, event, content_type="text/event-stream")
        reply = sse_reply(frame(event))
    else:
        reply = json_reply(body, status if way == "answer" else 200)
    wait = body["error"]["availability"].get("retry_after")
    for error in failures_of(reply):
        cls, cause = EXPECTED[name]
        assert type(error) is cls
        assert cause in error.describe().why
        assert (error.status, error.retry_after) == (status, wait)
        assert body["error"]["message"] in error.detail
        assert error.availability is not None
        assert _as_it_came(error.availability.to_json()) == _as_it_came(body["error"]["availability"])


def _as_it_came(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value not in ([], "", None)}


def test_what_is_told_is_kept_and_read_again() -> None:
    for _, body in Contract.load().examples().values():
        told = Availability.read(body["error"]["availability"])
        assert told is not None
        assert Availability.read(told.to_json()) == told
    assert Availability.read({}) is None
    assert Availability.read({"code": 7, "fallback_models": "x", "constraint": [], "retry_after": -1}) is None
    odd = Availability.read({"fallback_models": ["a/b", None, 3, "", "a/b", "c/d"], "retry_after": "5"})
    assert odd == Availability(fallback_models=("a/b", "c/d"), retry_after=5.0)


def test_a_code_that_nobody_knows_is_judged_by_the_status() -> None:
    _, body = Contract.load().examples()["capacity_exhausted"]
    body = {"error": {**body["error"], "availability": {"code": "moon_phase", "retryable": 7, "retry_after": "soon"}}}
    for error in failures_of(json_reply(body, 429)):
        assert (type(error), error.retry_after) == (errors.CapacityExhausted, None), "by its limit_source"
        assert error.availability == Availability("moon_phase")
    body["error"]["availability"] = ["not", "an", "object"]
    assert {type(error) for error in failures_of(json_reply(body, 404))} == {errors.ModelNotFound}


def test_the_header_says_how_long_to_wait_where_both_do() -> None:
    _, body = Contract.load().examples()["capacity_exhausted"]
    assert {error.retry_after for error in failures_of(json_reply(body, 429, Retry_After="3"))} == {3.0}


def test_a_limit_is_known_by_its_source() -> None:
    for source, expected in (
        ("openrouter_free_tier_daily", errors.DailyLimitReached),
        ("openrouter_credits", errors.InsufficientCredit),
        ("upstream_provider", errors.CapacityExhausted),
        ("something_else", errors.RateLimited),
    ):
        error = {"code": 429, "message": "Rate limit exceeded", "metadata": {"limit_source": source}}
        Contract.load().check_response("POST", "/chat/completions", 429, {"error": error})
        assert {type(failure) for failure in failures_of(json_reply({"error": error}, 429))} == {expected}


def test_a_reason_that_nobody_knows_but_that_will_pass_is_no_missing_model() -> None:
    error = {"code": 404, "message": "Not now.", "availability": {"code": "moon_phase", "retryable": True}}
    assert {type(failure) for failure in failures_of(json_reply({"error": error}, 404))} == {errors.ProviderUnavailable}


@pytest.mark.parametrize(("retryable", "requests"), [(False, 1), (True, 2), (None, 2)])
def test_what_will_not_pass_is_not_asked_again(retryable: bool | None, requests: int) -> None:
    error = {"code": 503, "message": "No.", "availability": {"code": "moon_phase", "retryable": retryable}}

    async def test() -> int:
        policy = RetryPolicy(max_retries=1, first_delay=0.0)
        async with scripted_server(json_reply({"error": error}, 503)) as server:
            async with openrouter(server, retry_policy=policy) as provider:
                await error_of(lambda: provider.chat(HELLO))
            return len(server.requests)

    assert run(test()) == requests


@pytest.mark.parametrize(
    ("cause", "expected", "told"),
    [
        ("data_policy:zdr", errors.NoProviderAllowed, "store nothing"),
        ("data_region", errors.NoProviderAllowed, "region of the world"),
        ("geo", errors.RegionRefused, "where you are"),
        ("context_length", errors.RequestTooLarge, "exceed"),
        ("require_parameters", errors.BadRequest, "all the parameters"),
        ("quantization", errors.RequirementUnmet, "quantization"),
        ("whim", errors.RequirementUnmet, "A limit"),
    ],
)
def test_what_leaves_out_every_host_decides_what_helps(cause: str, expected: type[ProviderError], told: str) -> None:
    ways: list[dict[str, Any]] = [{"excluded_by": [cause]}, {"constraint": {"field": cause, "detail": "So it is."}}]
    for how in ways:
        error = {"code": 404, "message": "No.", "availability": {"code": "constraint_filtered", **how}}
        for failure in failures_of(json_reply({"error": error}, 404)):
            assert type(failure) is expected
            assert told in failure.describe().why
            assert failure.params.get("hint") == ("So it is." if "constraint" in how else None)


def test_a_limit_of_the_price_does_not_hide_a_data_policy() -> None:
    why = {"code": "privacy_restricted", "excluded_by": ["max_price", "data_policy:zdr"]}
    error = {"code": 404, "message": "No.", "availability": why}
    for failure in failures_of(json_reply({"error": error}, 404)):
        assert "store nothing" in failure.describe().why


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("provider_overloaded", errors.ProviderUnavailable),
        ("rate_limit_exceeded", errors.RateLimited),
        ("payment_required", errors.InsufficientCredit),
        ("context_length_exceeded", errors.RequestTooLarge),
        ("refusal", errors.ModerationRefused),
        ("unmapped", errors.ServerFailed),
    ],
)
@pytest.mark.parametrize("in_metadata", [False, True])
def test_within_a_stream_a_word_stands_for_the_status(
    word: str, expected: type[ProviderError], in_metadata: bool
) -> None:
    named = {"metadata": {"error_type": word}} if in_metadata else {"error_type": word}
    for failure in failures_of(sse_reply(frame({"choices": [], "error": {"message": "No.", **named}}))):
        assert type(failure) is expected
        assert failure.metadata == {"error_type": word}
        assert "{" not in str(failure)


def test_a_word_says_more_than_a_400() -> None:
    metadata = {"error_type": "context_length_exceeded"}
    reply = json_reply({"error": {"code": 400, "message": "No.", "metadata": metadata}}, 400)
    assert {type(failure) for failure in failures_of(reply)} == {errors.RequestTooLarge}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("Paid model training violation", errors.NoProviderAllowed), ("upstream", errors.ProviderUnavailable)],
)
def test_a_data_policy_may_come_as_a_bad_gateway(raw: str, expected: type[ProviderError]) -> None:
    error = {"code": 502, "message": "Provider returned error", "metadata": {"raw": raw}}
    assert {type(failure) for failure in failures_of(json_reply({"error": error}, 502))} == {expected}


def test_who_was_tried_before_and_what_the_server_advises_is_told() -> None:
    earlier = [{"provider": "Acme Cloud", "code": "overloaded", "status": 529}, {"provider": "Nimbus"}, "odd"]
    metadata = {"previous_errors": earlier, "remedy_hint": f"Try sk-or-v1-{'ab12' * 16} another day."}
    error = {"code": 503, "message": "Nobody.", "metadata": metadata}
    for failure in failures_of(json_reply({"error": error}, 503)):
        assert failure.describe().why.endswith(": Acme Cloud, Nimbus.")
        assert failure.detail == "Nobody. (Acme Cloud: 529 overloaded; Nimbus)"
        assert failure.params["hint"] == "Try [hidden] another day."


def test_a_402_may_tell_when_the_limit_starts_anew() -> None:
    error = {"code": 402, "message": "No credit left."}
    for failure in failures_of(json_reply({"error": error}, 402, Retry_After="90")):
        assert (type(failure), failure.retry_after) == (errors.InsufficientCredit, 90.0)
        assert "wait 90 seconds" in failure.describe().advice
    for failure in failures_of(json_reply({"error": error}, 402)):
        assert "wait" not in failure.describe().advice


def test_a_key_within_the_reasons_is_hidden() -> None:
    key = "sk-or-v1-" + "ab12" * 16
    error = {"code": 404, "message": "No.", "availability": {"code": key, "fallback_models": [key], "docs_url": key}}
    for failure in failures_of(json_reply({"error": error}, 404)):
        assert key not in repr(failure.availability)


def test_the_days_free_requests_come_back_at_midnight_utc() -> None:
    error = {"code": 429, "message": "Rate limit exceeded", "metadata": {"limit_source": "openrouter_free_tier_daily"}}
    at_eleven = json_reply({"error": error}, 429, Date="Thu, 26 Nov 2026 23:00:00 GMT")
    for failure in failures_of(at_eleven):
        assert (type(failure), failure.retry_after) == (errors.DailyLimitReached, 3600.0)
        assert "Come back in 60 minutes" in failure.describe().advice
    told = json_reply({"error": error}, 429, Date="Thu, 26 Nov 2026 23:00:00 GMT", Retry_After="7")
    assert {failure.retry_after for failure in failures_of(told)} == {7.0}
    for failure in failures_of(json_reply({"error": error}, 429)):
        assert failure.retry_after is not None
        assert 0 < failure.retry_after <= 86_400
