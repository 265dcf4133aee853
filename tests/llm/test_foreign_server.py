"""Against a server that this project did not write: the published ``llmock``, in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    OpenAICompatibleProvider,
    RetryPolicy,
    StreamFinished,
    StreamStarted,
    TextDelta,
    Timeouts,
    ToolCallDelta,
    UsageReport,
    errors,
    format_tool_call_message,
    format_tool_result,
    parse_tool_arguments,
)
from tests.llm.helpers import HELLO, TOOL, collect, error_of, run, until_error

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "gpt-4o"
WEATHER = [{"role": "user", "content": "Get the weather of the city Paris"}]


def call(url: str, payload: object = None, method: str = "GET") -> Any:
    data = None if payload is None else json.dumps(payload).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


@pytest.fixture(scope="module")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the root URL of a running llmock."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log_path = tmp_path_factory.mktemp("llmock") / "log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "llmock.cli", "serve", "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1"},
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while True:
            try:
                call(f"{url}/v1/models")
                break
            except (urllib.error.URLError, ConnectionError):
                if process.poll() is not None:
                    pytest.fail(f"llmock ended: {log_path.read_text('utf-8', 'replace')}")
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def url(llmock: str) -> str:
    """Return the same, with nothing scripted."""
    call(f"{llmock}/_llmock/reset", {}, "POST")
    return llmock


def provider_at(url: str, **options: Any) -> OpenAICompatibleProvider:
    options.setdefault("max_retries", 0)
    return OpenAICompatibleProvider(MODEL, f"{url}/v1", "test-key", **options)


def script(url: str, *behaviours: dict[str, Any]) -> None:
    call(f"{url}/_llmock/scenario", {"behaviors": behaviours}, "POST")


def test_models_and_key(url: str) -> None:
    async def test() -> None:
        async with provider_at(url) as provider:
            listing = await provider.list_models()
            assert listing.models
            assert listing.skipped == 0
            await provider.check_key()

    run(test())


def test_a_streamed_answer(url: str) -> None:
    async def test() -> None:
        async with provider_at(url) as provider:
            events = await collect(provider.stream_events(HELLO))
            assert isinstance(events[0], StreamStarted)
            assert isinstance(events[-1], StreamFinished)
            usage = [event for event in events if isinstance(event, UsageReport)]
            assert len(usage) == 1
            assert usage[0].completion_tokens
            streamed = "".join(event.text for event in events if isinstance(event, TextDelta))
            assert streamed == "".join(await collect(provider.chat_stream(HELLO)))
            assert streamed == (await provider.chat(HELLO)).content

    run(test())


def test_a_whole_turn_with_a_tool(url: str) -> None:
    async def test() -> None:
        async with provider_at(url) as provider:
            response = await provider.chat(WEATHER, [TOOL])
            (tool_call,) = response.tool_calls
            assert tool_call.name == "get_weather"
            assert isinstance(tool_call.arguments["city"], str)
            history = [
                *WEATHER,
                format_tool_call_message(response.content, response.tool_calls),
                format_tool_result("sunny", tool_call.id, tool_call.name),
            ]
            assert "".join(await collect(provider.chat_stream(history, [TOOL]))).strip()
            # The same question, forbidden to call: text, as a voice assistant needs it.
            assert "".join(await collect(provider.chat_stream(WEATHER, [TOOL]))).strip()

    run(test())


def test_a_streamed_tool_call(url: str) -> None:
    async def test() -> None:
        async with provider_at(url) as provider:
            events = await collect(provider.stream_events(WEATHER, [TOOL]))
            fragments = [event for event in events if isinstance(event, ToolCallDelta)]
            assert [fragment.name for fragment in fragments if fragment.name] == ["get_weather"]
            assert {fragment.index for fragment in fragments} == {0}
            assert "city" in parse_tool_arguments("".join(fragment.arguments for fragment in fragments))

    run(test())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("disconnect", errors.StreamInterrupted),
        ("truncate", errors.StreamInterrupted),
        ("malformed", errors.InvalidResponse),
        ("stall", errors.StreamStalled),
    ],
)
def test_broken_streams(url: str, kind: str, expected: type[errors.ProviderError]) -> None:
    fault = {"type": "stream_fault", "kind": kind, "after_chunks": 3, "stall_seconds": 5}
    script(url, fault)

    async def test() -> None:
        async with provider_at(url, timeouts=Timeouts(read=0.3)) as provider:
            events, error = await until_error(provider.stream_events(HELLO))
            assert type(error) is expected
            assert any(isinstance(event, TextDelta) for event in events)

    run(test())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.BadRequest),
        (401, errors.AuthenticationFailed),
        (403, errors.PermissionRefused),
        (413, errors.RequestTooLarge),
        (429, errors.RateLimited),
        (500, errors.ServerFailed),
        (503, errors.ProviderUnavailable),
    ],
)
def test_refusals(url: str, status: int, expected: type[errors.ProviderError]) -> None:
    script(url, {"type": "fail", "status": status})

    async def test() -> None:
        async with provider_at(url) as provider:
            error = await error_of(lambda: provider.chat(HELLO))
            assert (type(error), error.status) == (expected, status)

    run(test())


def test_it_comes_back_after_a_passing_trouble(url: str) -> None:
    script(url, *[{"type": "fail", "status": 503, "retry_after": 0}] * 2)

    async def test() -> None:
        async with provider_at(url, max_retries=None, retry_policy=RetryPolicy(first_delay=0)) as provider:
            assert (await provider.chat(HELLO)).content

    run(test())


def test_a_client_that_goes_away(url: str) -> None:
    """The next request is answered as before."""
    script(url, {"type": "stream_fault", "kind": "stall", "after_chunks": 3, "stall_seconds": 5})

    async def test() -> None:
        async with provider_at(url) as provider:
            async with aclosing(provider.chat_stream(HELLO)) as pieces:
                assert await anext(pieces)
            assert await collect(provider.chat_stream(HELLO))

    run(test())
