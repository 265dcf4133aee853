"""Streamed answers, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from contextlib import aclosing
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.llm import (
    AnsweredBy,
    FinishReason,
    KeepAlive,
    ReasoningDelta,
    StreamFinished,
    StreamStarted,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from caal_desktop.llm.errors import (
    CaptivePortalSuspected,
    EmptyAnswer,
    InvalidResponse,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    RequestTimedOut,
    ServerFailed,
    StreamInterrupted,
    StreamStalled,
)
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.streaming import reader
from tests.llm.helpers import (
    HELLO,
    QUICK,
    TOOL,
    collect,
    compatible,
    events_of,
    failure_of,
    openrouter,
    run,
    text_of,
    until_error,
)
from tests.support.scripted_server import (
    DROP,
    HANG,
    Endless,
    Pause,
    Reply,
    delta,
    frame,
    json_reply,
    scripted_server,
    sse_reply,
    text_stream,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from caal_desktop.llm import StreamEvent


async def until_end(events: AsyncGenerator[StreamEvent, None]) -> None:
    """Read a stream to its end, a good one or not."""
    with contextlib.suppress(ProviderError):
        await collect(events)


def test_a_good_stream_in_the_agreed_order() -> None:
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "completion_tokens_details": {"reasoning_tokens": 1},
        "prompt_tokens_details": {"cached_tokens": 2},
        "cost": 0.00025,
        "is_byok": True,
        "cost_details": {"upstream_inference_cost": 0.5},
    }
    reply = sse_reply(
        b": OPENROUTER PROCESSING\n\n",
        frame({**delta("Hel"), "provider": "Acme"}),
        frame(delta("lo")),
        frame(delta(finish="stop")),
        frame({"choices": [], "usage": usage}),
        frame("[DONE]"),
        X_Generation_Id="gen-42",
    )
    assert events_of(reply) == [
        StreamStarted("gen-42"),
        KeepAlive(),
        AnsweredBy("vendor/model", "Acme"),
        TextDelta("Hel"),
        TextDelta("lo"),
        UsageReport(3, 4, 1, 2, 0.00025, 0.5, is_byok=True),
        StreamFinished(FinishReason.STOP),
    ]


def test_reasoning_and_its_opaque_details() -> None:
    detail = {"type": "reasoning.encrypted", "data": "abc", "index": 0}
    events = events_of(
        sse_reply(
            frame(delta(reasoning="Let me", reasoning_details=[detail])),
            frame(delta(reasoning_content=" see")),
            frame(delta("42", finish="stop")),
            frame("[DONE]"),
        )
    )
    assert [event for event in events if isinstance(event, ReasoningDelta)] == [
        ReasoningDelta("Let me", (detail,)),
        ReasoningDelta(" see"),
    ]


def test_tool_call_fragments() -> None:
    first = {"index": 0, "id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
    rest = {"index": 0, "function": {"arguments": '{"city":'}}
    events = events_of(
        sse_reply(frame(delta(tool_calls=[first])), frame(delta(tool_calls=[rest])), frame(delta(finish="tool_calls"))),
        tools=[TOOL],
    )
    assert [event for event in events if isinstance(event, ToolCallDelta)] == [
        ToolCallDelta(0, "c1", "get_weather"),
        ToolCallDelta(0, arguments='{"city":'),
    ]
    assert events[-1] == StreamFinished(FinishReason.TOOL_CALLS)


def test_whole_tool_calls_without_an_index_are_counted() -> None:
    calls = [{"id": f"c{n}", "function": {"name": "f", "arguments": {"n": n}}} for n in range(2)]
    events = events_of(sse_reply(frame(delta(tool_calls=calls, finish="tool_calls"))))
    assert [event for event in events if isinstance(event, ToolCallDelta)] == [
        ToolCallDelta(0, "c0", "f", '{"n": 0}'),
        ToolCallDelta(1, "c1", "f", '{"n": 1}'),
    ]


@pytest.mark.parametrize(
    ("word", "reason", "native"),
    [
        ("length", FinishReason.LENGTH, None),
        ("content_filter", FinishReason.CONTENT_FILTER, None),
        ("function_call", FinishReason.TOOL_CALLS, None),
        ("abracadabra", FinishReason.UNKNOWN, "abracadabra"),
    ],
)
def test_finish_reasons(word: str, reason: FinishReason, native: str | None) -> None:
    assert events_of(text_stream("x", finish=word))[-1] == StreamFinished(reason, native)


def test_the_native_reason_is_passed_on() -> None:
    chunk = delta("x", finish="stop")
    chunk["choices"][0]["native_finish_reason"] = "end_turn"
    assert events_of(sse_reply(frame(chunk)))[-1] == StreamFinished(FinishReason.STOP, "end_turn")


def test_an_end_mark_without_a_reason_is_an_end() -> None:
    assert events_of(text_stream("x", finish=None))[-1] == StreamFinished(FinishReason.UNKNOWN)


def test_a_reason_without_an_end_mark_is_an_end() -> None:
    assert events_of(text_stream("x", done=False))[-1] == StreamFinished(FinishReason.STOP)


def test_a_break_after_the_reason_is_an_end() -> None:
    reply = sse_reply(frame(delta("x", finish="stop")), Pause(0.02), DROP)
    assert events_of(reply)[-1] == StreamFinished(FinishReason.STOP)


def test_usage_that_every_chunk_repeats_is_reported_once() -> None:
    chunks = [frame({**delta("x"), "usage": {"completion_tokens": n}}) for n in (1, 2)]
    events = events_of(sse_reply(*chunks, frame("[DONE]")))
    assert [event for event in events if isinstance(event, UsageReport)] == [UsageReport(completion_tokens=2)]


def test_line_separators_inside_the_text_survive() -> None:
    text = "a\u2028b\u2029c\x85d\ufeffe"
    assert text_of(events_of(text_stream(text))) == text


def test_a_character_split_between_two_chunks_survives() -> None:
    raw = frame(delta("Grüße 🎈", finish="stop"))
    cut = raw.index("🎈".encode()) + 2
    assert text_of(events_of(sse_reply(raw[:cut], Pause(0.01), raw[cut:]))) == "Grüße 🎈"


@pytest.mark.parametrize(
    "chunk",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None, "tool_calls": None, "reasoning_details": None}}]},
        {"choices": [{"delta": {"content": 5, "tool_calls": [None, 3], "reasoning": []}}]},
        {"choices": [{"delta": {"content": [{"type": "text"}, None]}}], "usage": 3, "model": 7},
        {"choices": "no", "usage": [], "x_groq": None, "error": None},
    ],
)
def test_strange_chunks_do_no_harm(chunk: dict[str, Any]) -> None:
    events = events_of(sse_reply(frame(delta("a")), frame(chunk), frame(delta("b", finish="stop"))))
    assert text_of(events) == "ab"
    assert events[-1] == StreamFinished(FinishReason.STOP)


def test_content_in_typed_parts() -> None:
    chunk = delta(finish="stop")
    chunk["choices"][0]["delta"]["content"] = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert text_of(events_of(sse_reply(frame(chunk)))) == "ab"


# --- streams that go wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tail",
    [(), (b'data: {"choices": [{"del',), (DROP,), (b"data: {", DROP)],
    ids=["end", "half a chunk", "drop", "half a chunk and drop"],
)
def test_a_cut_stream_is_interrupted(tail: tuple[Any, ...]) -> None:
    events, error = failure_of(sse_reply(frame(delta("Hel")), Pause(0.02), *tail))
    assert type(error) is StreamInterrupted
    assert text_of(events) == "Hel"


def test_a_silent_stream_is_stalled() -> None:
    events, error = failure_of(sse_reply(frame(delta("Hel")), HANG), timeouts=QUICK)
    assert type(error) is StreamStalled
    assert text_of(events) == "Hel"


def test_no_answer_at_all_is_a_timeout_that_is_not_repeated() -> None:
    async def test() -> None:
        async with (
            scripted_server(Reply(before=(HANG,))) as server,
            openrouter(server, timeouts=QUICK) as provider,
        ):
            _, error = await until_error(provider.stream_events(HELLO))
            assert type(error) is RequestTimedOut
            assert len(server.requests) == 1

    run(test())


def test_broken_json_comes_after_what_was_good() -> None:
    events, error = failure_of(sse_reply(frame(delta("Hel")) + b"data: {broken\n\n" + frame(delta("lo"))))
    assert type(error) is InvalidResponse
    assert text_of(events) == "Hel"


@pytest.mark.parametrize("code", [502, "502"])
def test_an_error_event_in_mid_stream(code: object) -> None:
    failed = {
        **delta("", finish="error"),
        "error": {"code": code, "message": "Provider disconnected", "metadata": {"provider_name": "Acme"}},
    }
    events, error = failure_of(sse_reply(frame(delta("Hel")), frame(failed), frame("[DONE]")))
    assert type(error) is ProviderUnavailable
    assert (error.status, error.detail) == (502, "Provider disconnected")
    assert "Acme" in error.describe().why
    assert text_of(events) == "Hel"


def test_an_error_event_named_so() -> None:
    _, error = failure_of(sse_reply(b'event: error\ndata: {"code": 429, "message": "Slow down"}\n\n'))
    assert (type(error), error.detail) == (RateLimited, "Slow down")


def test_the_finish_reason_error_alone() -> None:
    events, error = failure_of(text_stream("Hel", finish="error"))
    assert type(error) is ServerFailed
    assert text_of(events) == "Hel"


def test_an_error_inside_a_choice() -> None:
    chunk = delta("")
    chunk["choices"][0]["error"] = {"code": 429, "message": "Slow down"}
    assert type(failure_of(sse_reply(frame(chunk)))[1]) is RateLimited


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply((b"<!doctype html><html><body>Sign in</body></html>",), content_type="text/html"),
            CaptivePortalSuspected,
        ),
        (Reply((b"\n <html></html>",), content_type="text/event-stream"), CaptivePortalSuspected),
        (json_reply({"error": {"code": 429, "message": "x"}}), RateLimited),
        (json_reply({"error": "broken"}), ServerFailed),
        (json_reply({"object": "list"}), InvalidResponse),
        (json_reply([]), InvalidResponse),
        (Reply((b"{broken",)), InvalidResponse),
        (Reply(), InvalidResponse),
        (Reply(content_type=None), InvalidResponse),
        (Reply((b"plain words\n",), content_type="text/plain"), InvalidResponse),
        (sse_reply(), StreamInterrupted),
        (sse_reply(b": OPENROUTER PROCESSING\n\n"), StreamInterrupted),
        (Reply((b"not gzip",), headers={"Content-Encoding": "gzip"}), InvalidResponse),
    ],
)
def test_a_200_that_is_no_stream(reply: Reply, expected: type[ProviderError]) -> None:
    assert type(failure_of(reply)[1]) is expected


def test_a_server_that_ignores_stream_still_answers() -> None:
    body = {
        "model": "m",
        "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1},
    }
    assert events_of(json_reply(body)) == [
        StreamStarted(),
        AnsweredBy("m"),
        TextDelta("Hello"),
        UsageReport(prompt_tokens=1),
        StreamFinished(FinishReason.STOP),
    ]


# --- text only -----------------------------------------------------------------------------------------------------


def test_chat_stream_gives_text_alone_and_forbids_calls() -> None:
    async def test() -> None:
        reply = sse_reply(b": PING\n\n", frame(delta(reasoning="hm")), *text_stream("Hel", "lo").steps)
        async with scripted_server(reply) as server, openrouter(server) as provider:
            assert await collect(provider.chat_stream(HELLO, [TOOL])) == ["Hel", "lo"]
            assert server.last.body["tool_choice"] == "none"
            assert server.last.body["tools"] == [TOOL]
            assert await collect(provider.chat_stream(HELLO)) == ["Hel", "lo"]
            assert "tool_choice" not in server.last.body

    run(test())


@pytest.mark.parametrize(
    "reply",
    [
        text_stream(),
        text_stream(" ", "\n"),
        sse_reply(frame("[DONE]")),
        sse_reply(frame(delta(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f"}}], finish="tool_calls"))),
        sse_reply(frame(delta(reasoning="hm")), frame(delta(finish="length"))),
    ],
)
def test_chat_stream_never_ends_in_silence(reply: Reply) -> None:
    async def test() -> None:
        async with scripted_server(reply) as server, openrouter(server) as provider:
            with pytest.raises(EmptyAnswer, match="vendor/model"):
                await collect(provider.chat_stream(HELLO, [TOOL]))

    run(test())


# --- going away ----------------------------------------------------------------------------------------------------


def test_cancelling_closes_the_connection() -> None:
    async def test() -> None:
        async with scripted_server(sse_reply(frame(delta("Hel")), HANG)) as server, openrouter(server) as provider:
            got_text = asyncio.Event()

            async def consume() -> None:
                async with aclosing(provider.stream_events(HELLO)) as events:
                    async for event in events:
                        if isinstance(event, TextDelta):
                            got_text.set()

            task = asyncio.ensure_future(consume())
            await got_text.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(server.client_left.wait(), 5)

    run(test())


def test_cancelling_before_the_answer_begins_closes_the_connection() -> None:
    async def test() -> None:
        async with scripted_server(Reply(before=(HANG,))) as server, openrouter(server) as provider:
            task = asyncio.ensure_future(provider.chat(HELLO))
            while not server.requests:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(server.client_left.wait(), 5)

    run(test())


@pytest.mark.parametrize("text_only", [True, False])
def test_closing_the_generator_closes_the_connection(text_only: bool) -> None:
    async def test() -> None:
        async with scripted_server(sse_reply(frame(delta("Hel")), HANG)) as server, openrouter(server) as provider:
            stream: AsyncGenerator[Any, None]
            stream = provider.chat_stream(HELLO) if text_only else provider.stream_events(HELLO)
            await anext(stream)
            await stream.aclose()
            await asyncio.wait_for(server.client_left.wait(), 5)

    run(test())


def test_a_finished_stream_leaves_its_connection_for_the_next_request() -> None:
    async def test() -> None:
        async with scripted_server(text_stream("Hello")) as server, openrouter(server) as provider:
            for _ in range(3):
                await collect(provider.chat_stream(HELLO))
            assert len(server.connections) == 1

    run(test())


@pytest.mark.parametrize("last", [delta(finish="stop"), {"error": {"code": 502, "message": "broken"}}])
def test_what_follows_the_end_is_read_so_that_the_connection_can_be_used_again(
    last: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The closing bytes come a moment after the end mark: the server is asked for them before the answer ends."""
    monkeypatch.setattr(reader, "_DRAIN_SECONDS", 60.0)

    async def test() -> None:
        may_end = asyncio.Event()
        reply = sse_reply(frame(delta("Hel")), frame(last), frame("[DONE]"), may_end, b": bye\n\n")
        async with scripted_server(reply) as server, openrouter(server) as provider:
            answer = asyncio.ensure_future(until_end(provider.stream_events(HELLO)))
            while not server.requests:
                await asyncio.sleep(0)
            # Server and client share this loop: by now the client has long got the end mark.
            for _ in range(300):
                await asyncio.sleep(0)
            assert not answer.done()
            may_end.set()
            await answer
            server.script[:] = [text_stream("Hello")]
            await collect(provider.chat_stream(HELLO))
            assert len(server.connections) == 1

    run(test())


@pytest.mark.parametrize("rest", [HANG, Endless(b": still here\n\n" * 1000)], ids=["silence", "chatter"])
def test_an_answer_does_not_wait_long_for_what_follows_its_end(rest: Any) -> None:
    async def test() -> None:
        reply = sse_reply(frame(delta("Hello")), frame(delta(finish="stop")), frame("[DONE]"), rest)
        async with scripted_server(reply) as server, openrouter(server) as provider:
            async with asyncio.timeout(20):
                events = await collect(provider.stream_events(HELLO))
                await server.client_left.wait()
            assert text_of(events) == "Hello"
            assert isinstance(events[-1], StreamFinished)
            server.script[:] = [text_stream("Hello")]
            await collect(provider.chat_stream(HELLO))
            assert len(server.connections) == 2

    run(test())


def test_a_compatible_server_without_a_key() -> None:
    async def test() -> None:
        async with scripted_server(text_stream("Hello")) as server, compatible(server) as provider:
            assert await collect(provider.chat_stream(HELLO)) == ["Hello"]

    run(test())


# --- any cut of any stream -----------------------------------------------------------------------------------------


class _Response:
    """A body cut into chunks, as the HTTP library hands it over."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self.headers = {"content-type": "text/event-stream"}

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        for chunk in self._chunks:
            yield chunk


@settings(deadline=None)
@given(pieces=st.lists(st.text(min_size=1, max_size=8), max_size=6), cuts=st.lists(st.integers(0, 2000), max_size=30))
def test_events_do_not_depend_on_how_the_stream_is_cut(pieces: list[str], cuts: list[int]) -> None:
    def encoded(piece: str) -> bytes:
        ascii_only = json.dumps(delta(piece))  # lone surrogates have no UTF-8, so they stand escaped
        return b": ping\r\n\r\n" + f"data: {ascii_only}\r\n\r\n".encode()

    raw = b"".join(map(encoded, pieces)) + frame(delta("Ünd 🎈", finish="stop")) + frame("[DONE]")
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    chunks = [raw[start:stop] for start, stop in pairwise(places)]
    response: Any = _Response(chunks)
    events = run(collect(reader.read_events(RequestContext("p", "P", "host"), response)))
    assert [event.text for event in events if isinstance(event, TextDelta)] == [*pieces, "Ünd 🎈"]
    assert sum(isinstance(event, KeepAlive) for event in events) == len(pieces)
    assert events[-1] == StreamFinished(FinishReason.STOP)


# --- characters in two halves


def piece(channel: str, text: str) -> bytes:
    """Return a chunk with JSON's escapes, as some servers send it."""
    is_tool = channel == "arguments"
    fields = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]} if is_tool else {channel: text}
    return frame(json.dumps({"choices": [{"index": 0, "delta": fields}]}))


def said(events: list[StreamEvent], channel: str) -> str:
    kinds = {"content": (TextDelta, "text"), "reasoning": (ReasoningDelta, "text")}
    kind, name = kinds.get(channel, (ToolCallDelta, "arguments"))
    return "".join(getattr(event, name) for event in events if isinstance(event, kind))


@pytest.mark.parametrize("channel", ["content", "reasoning", "arguments"])
@pytest.mark.parametrize(
    ("pieces", "whole"),
    [
        (["a \ud83d", "\ude00 b"], "a \U0001f600 b"),
        (["\ud83d\ude00"], "\U0001f600"),
        (["a \ud83d", "b"], "a \ufffdb"),
        (["a \ude00 b"], "a \ufffd b"),
        (["a \ud83d"], "a \ufffd"),
    ],
)
def test_a_character_in_two_halves_comes_whole(channel: str, pieces: list[str], whole: str) -> None:
    """Half a surrogate pair breaks the next request, and the database."""
    steps = [piece(channel, text) for text in pieces]
    events = events_of(sse_reply(*steps, frame(delta(finish="stop")), frame("[DONE]")))
    assert said(events, channel) == whole


def test_half_a_character_in_an_answer_of_one_piece_is_replaced() -> None:
    body = b'{"choices":[{"message":{"content":"a \\ud83d b"},"finish_reason":"stop"}]}'

    async def test() -> str | None:
        async with scripted_server(Reply((body,))) as server, openrouter(server) as provider:
            assert said(await collect(provider.stream_events(HELLO)), "content") == "a \ufffd b"
            return (await provider.chat(HELLO)).content

    assert run(test()) == "a \ufffd b"


def test_a_key_in_what_an_answer_tells_of_itself_is_hidden() -> None:
    """The facts of an answer are kept with it, and shown."""
    key = "own-server's-key-" + "Zq7" * 8
    facts = dict.fromkeys(("id", "model", "provider"), key)
    reply = sse_reply(
        frame({**delta(f"You sent {key}."), **facts}), frame({**delta(finish="stop"), **facts}), X_Generation_Id=key
    )

    async def test() -> list[StreamEvent]:
        async with scripted_server(reply) as server, compatible(server, api_key=key) as provider:
            events = await collect(provider.stream_events(HELLO))
            assert server.last.headers["authorization"] == f"Bearer {key}"
            return events

    events = run(test())
    assert StreamStarted("[hidden]") in events
    assert AnsweredBy("[hidden]", "[hidden]") in events
    assert TextDelta("You sent [hidden].") in events
    assert "Zq7" not in repr(events)


def test_a_key_that_is_a_word_takes_nothing_out_of_an_answer() -> None:
    async def test() -> list[StreamEvent]:
        async with scripted_server(text_stream("the model")) as server, compatible(server, api_key="model") as provider:
            return await collect(provider.stream_events(HELLO))

    assert TextDelta("the model") in run(test())
