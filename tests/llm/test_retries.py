"""When a request is tried again, and when not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm import OpenRouterProvider, RetryPolicy, StreamStarted, TextDelta, Waiting, errors
from tests.llm.helpers import AT_ONCE, HELLO, KEY, MODEL, collect, error_of, openrouter, run, until_error
from tests.support.scripted_server import (
    DROP,
    Reply,
    delta,
    error_reply,
    frame,
    json_reply,
    scripted_server,
    sse_reply,
    text_stream,
)

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError

DROPPED = Reply(before=(DROP,))


@pytest.mark.parametrize("status", [408, 429, 502, 503, 529])
def test_a_passing_trouble_is_tried_again(status: int) -> None:
    async def test() -> None:
        script = [error_reply(status, "x"), DROPPED, text_stream("Hi")]
        async with scripted_server(*script) as server, openrouter(server) as provider:
            assert await collect(provider.chat_stream(HELLO)) == ["Hi"]
            assert len(server.requests) == 3

    run(test())


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 501, 504, 524])
def test_a_lasting_trouble_is_not(status: int) -> None:
    async def test() -> None:
        async with scripted_server(error_reply(status, "x")) as server, openrouter(server) as provider:
            await error_of(lambda: provider.chat(HELLO))
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize("others", [[], [429], [503]])
def test_a_500_is_tried_again_once(others: list[int]) -> None:
    """Whatever else goes wrong before and after it."""

    async def test() -> None:
        statuses = [*others, 500, *others]
        script = [*(error_reply(status, "x") for status in statuses), text_stream("Hi")]
        async with (
            scripted_server(*script) as server,
            openrouter(server, max_retries=5) as provider,
        ):
            assert await collect(provider.chat_stream(HELLO)) == ["Hi"]
            assert len(server.requests) == len(script)
            server.requests.clear()
            server.script[:] = [*(error_reply(status, "x") for status in (500, *others)), error_reply(500, "x")]
            assert type(await error_of(lambda: provider.chat(HELLO))) is errors.ServerFailed
            assert len(server.requests) == 2 + len(others)

    run(test())


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": {"code": 500, "message": "x"}}),
        sse_reply(frame({"error": {"code": 500, "message": "x"}})),
        sse_reply(frame(delta("Hel")), frame({"error": {"code": 500, "message": "x"}})),
    ],
)
def test_a_500_in_an_answer_that_has_begun_is_not_tried_again(reply: Reply) -> None:
    async def test() -> None:
        async with scripted_server(reply) as server, openrouter(server) as provider:
            _, error = await until_error(provider.stream_events(HELLO))
            assert type(error) is errors.ServerFailed
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_code_of_a_sign_in_is_never_sent_twice(status: int) -> None:
    """It works once: the answer to another try would only say that it is wrong."""

    async def test() -> None:
        async with scripted_server(error_reply(status, "x")) as server, openrouter(server) as provider:
            assert (
                await error_of(lambda: provider.exchange_code("a-code-of-a-sign-in", "a-verifier"))
            ).status == status
            assert len(server.requests) == 1
            await error_of(provider.list_models)
            assert len(server.requests) > 2, "what may be sent again is"

    run(test())


def test_each_wait_is_told_before_it_begins() -> None:
    async def test() -> None:
        script = [error_reply(429, "x", Retry_After="0.01"), DROPPED, text_stream("Hi")]
        async with scripted_server(*script) as server, openrouter(server) as provider:
            events = await collect(provider.stream_events(HELLO))
            assert events[:2] == [Waiting(0.01, 429, 1, is_asked=True), Waiting(0.0, None, 2)]
            assert isinstance(events[2], StreamStarted)
            assert sum(isinstance(event, Waiting) for event in events) == 2
            server.script[:] = [*script[:-1], json_reply({"choices": [{"message": {"content": "Hi"}}]})]
            assert (await provider.chat(HELLO)).content == "Hi", "what tells no events waits as well"

    run(test())


def test_a_pause_of_our_own_is_none_that_the_server_asked_for() -> None:
    async def test() -> None:
        async with scripted_server(error_reply(429, "x"), text_stream("Hi")) as server, openrouter(server) as provider:
            assert (await collect(provider.stream_events(HELLO)))[0] == Waiting(0.0, 429, 1, is_asked=False)

    run(test())


def test_nothing_is_told_of_a_wait_that_is_not_made() -> None:
    async def test() -> None:
        reply = error_reply(429, "x", Retry_After="3600")
        async with scripted_server(reply) as server, openrouter(server) as provider:
            events, error = await until_error(provider.stream_events(HELLO))
            assert (events, type(error)) == ([], errors.RateLimited)

    run(test())


@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_wait_can_be_left(way: str) -> None:
    async def test() -> None:
        script = [error_reply(429, "x", Retry_After="1000"), text_stream("no")]
        policy = RetryPolicy(max_retry_after=2000.0)
        async with scripted_server(*script) as server, openrouter(server, retry_policy=policy) as provider:
            stream = provider.stream_events(HELLO)
            assert await anext(stream) == Waiting(1000.0, 429, 1, is_asked=True)
            if way == "cancel":
                task = asyncio.ensure_future(anext(stream))
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await stream.aclose()
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize(("retries", "requests"), [(None, 3), (0, 1), (1, 2)])
def test_the_number_of_attempts_is_bounded(retries: int | None, requests: int) -> None:
    async def test() -> None:
        async with (
            scripted_server(error_reply(503, "x")) as server,
            openrouter(server, max_retries=retries) as provider,
        ):
            assert type(await error_of(provider.list_models)) is errors.ProviderUnavailable
            assert len(server.requests) == requests

    run(test())


def test_nothing_is_tried_again_once_an_answer_has_begun() -> None:
    async def test() -> None:
        cut = sse_reply(frame(delta("Hel")))
        in_stream = sse_reply(frame({"error": {"code": 503, "message": "x"}}))
        async with scripted_server(cut, in_stream, text_stream("no")) as server, openrouter(server) as provider:
            events, error = await until_error(provider.stream_events(HELLO))
            assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hel"]
            assert type(error) is errors.StreamInterrupted
            _, error = await until_error(provider.stream_events(HELLO))
            assert type(error) is errors.ProviderUnavailable
            assert len(server.requests) == 2

    run(test())


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    async def test() -> None:
        async with scripted_server(error_reply(429, "x", Retry_After="3600")) as server, openrouter(server) as provider:
            error = await error_of(lambda: provider.chat(HELLO))
            assert (error.retry_after, len(server.requests)) == (3600, 1)

    run(test())


def test_a_short_wait_is_kept() -> None:
    async def test() -> None:
        script = [error_reply(429, "x", Retry_After="0.01"), text_stream("Hi")]
        async with (
            scripted_server(*script) as server,
            # A wait of its own choosing would outlast the test.
            OpenRouterProvider(
                MODEL, KEY, base_url=server.base_url, retry_policy=RetryPolicy(first_delay=1000, max_delay=1000)
            ) as provider,
        ):
            assert await collect(provider.chat_stream(HELLO)) == ["Hi"]

    run(test())


def test_a_free_daily_limit_is_not_tried_again() -> None:
    async def test() -> None:
        async with scripted_server(error_reply(429, "free-models-per-day")) as server, openrouter(server) as provider:
            assert type(await error_of(lambda: provider.chat(HELLO))) is errors.DailyLimitReached
            assert len(server.requests) == 1

    run(test())


def test_an_error_inside_a_200_is_not_tried_again() -> None:
    async def test() -> None:
        reply = json_reply({"error": {"code": 503, "message": "x"}})
        async with scripted_server(reply) as server, openrouter(server) as provider:
            await error_of(lambda: provider.chat(HELLO))
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize(
    ("error", "attempt", "low", "high"),
    [
        (errors.ProviderUnavailable(status=503), 0, 0.375, 0.5),
        (errors.ProviderUnavailable(status=503), 1, 0.75, 1.0),
        (errors.RateLimited(status=429, retry_after=8.0), 0, 8.0, 8.0),
        (errors.ConnectionRefused(), 1, 0.75, 1.0),
        (errors.ServerFailed(status=500), 0, 0.375, 0.5),
    ],
)
def test_how_long_is_waited(error: ProviderError, attempt: int, low: float, high: float) -> None:
    delay = RetryPolicy().delay(error, attempt)
    assert delay is not None
    assert low <= delay <= high


@pytest.mark.parametrize(
    "error",
    [
        errors.RateLimited(status=429, retry_after=8.1),
        errors.RequestTimedOut(status=None),
        errors.ConnectionTimedOut(),
        errors.CertificateRejected(),
        errors.StreamInterrupted(),
        errors.AuthenticationFailed(status=401),
        errors.ServerFailed(status=501),
        errors.ServerFailed(),
        errors.ModelNotFound(status=500),
    ],
)
def test_what_is_not_waited_for(error: ProviderError) -> None:
    assert RetryPolicy().delay(error, 0) is None
    assert AT_ONCE.delay(errors.ConnectionRefused(), 2) is None


def test_waits_do_not_grow_without_end() -> None:
    delay = RetryPolicy(max_retries=50).delay(errors.ProviderUnavailable(status=503), 40)
    assert delay is not None
    assert delay <= 4
