"""Answers as servers should not send them, and what is made of them: the bytes of each."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    AnsweredBy,
    FinishReason,
    KeepAlive,
    StreamFinished,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    UsageReport,
    parse_tool_arguments,
)
from caal_desktop.llm.errors import InvalidResponse, RateLimited, ServerFailed, StreamInterrupted
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.streaming import reader, sse
from tests.llm.helpers import (
    HELLO,
    TOOL,
    collect,
    compatible,
    error_of,
    events_of,
    failure_of,
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

DONE = frame("[DONE]")
STOP = frame(delta(finish="stop"))
USAGE = frame({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.5}})
COUNTED = UsageReport(prompt_tokens=1, completion_tokens=2, cost=0.5)


# --- half a character ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('{"x": "\\ud83d"}', {"x": "\ufffd"}),
        ('{"x": "\\ud83d\\ude80"}', {"x": "\U0001f680"}),
        ('{"\\ude80": [{"a": ["\\ud83d!", 1, null]}]}', {"\ufffd": [{"a": ["\ufffd!", 1, None]}]}),
        ({"x": "\ud83d"}, {"x": "\ufffd"}),
    ],
)
def test_half_a_character_in_arguments_is_replaced(arguments: object, expected: dict[str, Any]) -> None:
    assert parse_tool_arguments(arguments) == expected


def test_half_a_character_in_arguments_spoils_no_later_turn() -> None:
    """The half is escaped twice: the arguments are JSON within JSON."""
    call = {"id": "a\ud83d", "type": "function", "function": {"name": "f\ud83d", "arguments": '{"x":"\\ud83d"}'}}
    first = json_reply({"choices": [{"message": {"content": None, "tool_calls": [call]}}]})

    async def test() -> None:
        async with (
            scripted_server(first, json_reply({"choices": [{"message": {"content": "fine"}}]})) as server,
            compatible(server) as provider,
        ):
            answer = await provider.chat(HELLO, [TOOL])
            assert answer.tool_calls == [ToolCall("a\ufffd", "f\ufffd", {"x": "\ufffd"})]
            turn = [
                *HELLO,
                provider.format_tool_call_message(answer.content, answer.tool_calls),
                # A tool may give anything, and so may what remembers the conversation.
                provider.format_tool_result("result \ud83d", "a", "f"),
            ]
            assert (await provider.chat(turn)).content == "fine"
            sent = server.last.body["messages"]
            assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"x": "\ufffd"}
            assert sent[2]["content"] == "result \ufffd"

    run(test())


@pytest.mark.parametrize("place", ["messages", "tools", "option"])
def test_half_a_character_anywhere_in_a_request_is_replaced(place: str) -> None:
    half = "a \ud83d b"

    async def test() -> None:
        async with scripted_server(text_stream("Hi")) as server, compatible(server) as provider:
            messages = [{"role": "user", "content": [{"type": "text", "text": half if place == "messages" else ""}]}]
            tools = [{**TOOL, "function": {**TOOL["function"], "description": half if place == "tools" else ""}}]  # type: ignore[dict-item]
            options = {"user": half} if place == "option" else {}
            assert await collect(provider.chat_stream(messages, tools, **options)) == ["Hi"]
            assert "a \ufffd b" in json.dumps(server.last.body, ensure_ascii=False)

    run(test())


# --- which call a fragment belongs to ------------------------------------------------------------------------------


def part(index: int | None, call_id: str | None, name: str | None, arguments: object) -> dict[str, Any]:
    """Return a fragment of a tool call; what is None is left out."""
    fields = {"name": name, "arguments": arguments}
    fragment: dict[str, Any] = {"function": {key: value for key, value in fields.items() if value is not None}}
    return fragment | {key: value for key, value in (("index", index), ("id", call_id)) if value is not None}


WHOLE = [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')]
SAME_NAME = [("a", "f", '{"x":1}'), ("b", "f", '{"x":2}')]
FRAGMENTS: dict[str, tuple[list[tuple[int | None, str | None, str | None, str | None]], list[Any]]] = {
    "as it should be": (
        [
            (0, "a", "f", ""),
            (0, None, None, '{"x"'),
            (1, "b", "g", ""),
            (0, None, None, ":1}"),
            (1, None, None, '{"y":2}'),
        ],
        WHOLE,
    ),
    "whole, all at 0": ([(0, "a", "f", '{"x":1}'), (0, "b", "g", '{"y":2}')], WHOLE),
    "in fragments, all at 0": (
        [
            (0, "a", "f", ""),
            (0, None, None, '{"x"'),
            (0, "", None, ":1}"),
            (0, "b", "g", ""),
            (0, None, None, '{"y":2}'),
        ],
        WHOLE,
    ),
    "the same function twice, all at 0": (
        [(0, "a", "f", '{"x"'), (0, None, None, ":1}"), (0, "b", "f", ""), (0, None, None, '{"x":2}')],
        SAME_NAME,
    ),
    "ids repeated, all at 0": (
        [(0, "a", "f", ""), (0, "a", None, '{"x":1}'), (0, "b", "g", ""), (0, "b", None, '{"y":2}')],
        WHOLE,
    ),
    "ids repeated in turn, all at 0": (
        [
            (0, "a", "f", ""),
            (0, "b", "g", ""),
            (0, "a", None, '{"x"'),
            (0, "b", None, '{"y":2}'),
            (0, "a", None, ":1}"),
        ],
        WHOLE,
    ),
    "ids repeated, without an index": (
        [(None, "a", "f", '{"x"'), (None, "a", None, ":1}"), (None, "b", "g", '{"y"'), (None, "b", "g", ":2}")],
        WHOLE,
    ),
    "ids and names repeated": ([(0, "a", "f", '{"x"'), (0, "a", "f", ":1}")], [("a", "f", '{"x":1}')]),
    "names repeated, without ids": ([(0, None, "f", '{"x"'), (0, None, "f", ":1}")], [(None, "f", '{"x":1}')]),
    "a brace in a text ends nothing": (
        [(0, None, "f", '{"x":"}'), (0, None, "f", '\\"}'), (0, None, "f", '"}')],
        [(None, "f", '{"x":"}\\"}"}')],
    ),
    "another id in every fragment": (
        [(0, "a", "f", '{"x"'), (0, "a2", "f", ":"), (0, "a3", None, "1}")],
        [("a", "f", '{"x":1}')],
    ),
    "other names without ids, all at 0": (
        [(0, None, "f", '{"x":1}'), (0, None, "g", '{"y":2}')],
        [(None, "f", '{"x":1}'), (None, "g", '{"y":2}')],
    ),
    "the same name without ids, all at 0": (
        [(0, None, "f", '{"x":1}'), (0, None, "f", '{"x":2}')],
        [(None, "f", '{"x":1}'), (None, "f", '{"x":2}')],
    ),
    "calls without arguments": (
        [(0, "a", "f", ""), (0, "b", "f", ""), (None, None, "g", None), (None, None, "g", None)],
        [("a", "f", ""), ("b", "f", ""), (None, "g", ""), (None, "g", "")],
    ),
    "the id after the name": ([(0, None, "f", ""), (0, "a", None, "{}")], [("a", "f", "{}")]),
    "the same id for two calls": (
        [(0, "a", "f", '{"x":1}'), (0, "a", "g", '{"y":2}')],
        [("a", "f", '{"x":1}'), ("a", "g", '{"y":2}')],
    ),
    "an index that is no position": ([(7, "a", "f", '{"x":1}'), (10**9, "b", "g", '{"y":2}')], WHOLE),
}


def joined(events: list[StreamEvent]) -> list[tuple[str | None, str | None, str]]:
    """Return the calls as a reader of the events puts them together: id, name and arguments."""
    calls: dict[int, tuple[str | None, str | None, str]] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            call_id, name, arguments = calls.get(event.index, (None, None, ""))
            calls[event.index] = event.call_id or call_id, event.name or name, arguments + event.arguments
    assert sorted(calls) == list(range(len(calls))), "each index is a position"
    return [calls[index] for index in range(len(calls))]


@pytest.mark.parametrize("in_one_chunk", [False, True])
@pytest.mark.parametrize("case", FRAGMENTS)
def test_each_call_gets_its_own_fragments(case: str, in_one_chunk: bool) -> None:
    fragments, expected = FRAGMENTS[case]
    parts = [part(*fragment) for fragment in fragments]
    chunks = [parts] if in_one_chunk else [[fragment] for fragment in parts]
    frames = [frame(delta(tool_calls=chunk)) for chunk in chunks]
    assert joined(events_of(sse_reply(*frames, frame(delta(finish="tool_calls")), DONE))) == expected


def test_arguments_that_are_objects_are_whole_calls() -> None:
    fragments = [part(0, "a", "f", {"x": 1}), part(0, "b", "g", {"y": 2})]
    events = events_of(sse_reply(*(frame(delta(tool_calls=[fragment])) for fragment in fragments), STOP, DONE))
    assert [json.loads(arguments) for _, _, arguments in joined(events)] == [{"x": 1}, {"y": 2}]


def test_an_emoji_in_two_halves_belongs_to_one_call_of_several_at_the_same_index() -> None:
    def raw(call_id: str, arguments: str) -> bytes:
        fields = {"index": 0, "id": call_id, "function": {"name": call_id, "arguments": arguments}}
        return frame(json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [fields]}}]}))

    steps = [raw("a", '{"x":"\ud83d'), raw("b", "{}"), raw("a", '\ude80"}')]
    assert joined(events_of(sse_reply(*steps, STOP, DONE))) == [("a", "a", '{"x":"\U0001f680"}'), ("b", "b", "{}")]


@pytest.mark.timeout(20)
def test_names_that_are_repeated_with_every_letter_take_no_longer() -> None:
    """Each of them asks whether the call is over."""
    pieces = ['{"x":"', *("}" for _ in range(20_000)), '"}']
    chunk = [part(0, None, "f", piece) for piece in pieces]
    assert joined(events_of(sse_reply(frame(delta(tool_calls=chunk)), STOP, DONE))) == [(None, "f", "".join(pieces))]


# --- other choices -------------------------------------------------------------------------------------------------


def other(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"index": 1, "delta": {"content": text}, "message": {"content": text}, "finish_reason": finish}


def own(text: str, **fields: Any) -> dict[str, Any]:
    return {"delta": {"content": text}, "message": {"content": text}, "finish_reason": None, **fields}


@pytest.mark.parametrize("fields", [{"index": 0}, {}, {"index": None}, {"index": "0"}])
def test_other_choices_are_left_out(fields: dict[str, Any]) -> None:
    chunks: list[list[dict[str, Any]]] = [
        [other("zwei")],
        [own("One", **fields)],
        [other(" drei", "length")],
        [other(" vier"), own(" two", **fields)],
        [{**other(""), "error": {"code": 502, "message": "x"}}],
        [own("", **fields) | {"finish_reason": "stop"}],
    ]
    events = events_of(sse_reply(*(frame({"choices": chunk}) for chunk in chunks), DONE))
    assert text_of(events) == "One two"
    assert events[-1] == StreamFinished(FinishReason.STOP)


def test_an_error_in_the_choice_that_was_asked_for_counts() -> None:
    failed = {**own("", index=0), "error": {"code": 429, "message": "x"}}
    events, error = failure_of(sse_reply(frame(delta("One")), frame({"choices": [other(""), failed]})))
    assert (text_of(events), type(error)) == ("One", RateLimited)


def test_of_a_whole_answer_the_first_choice_is_taken_wherever_it_stands() -> None:
    reply = json_reply({"choices": [other("zwei", "length"), own("One", index=0)]})

    async def test() -> None:
        async with scripted_server(reply) as server, compatible(server) as provider:
            assert (await provider.chat(HELLO)).content == "One"
            assert await collect(provider.chat_stream(HELLO)) == ["One"]

    run(test())


# --- the end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tail",
    [
        (STOP, HANG),
        (STOP, USAGE, HANG),
        (STOP, Endless(b": still here\n\n" * 1000)),
        (frame(delta("!", finish="stop")), HANG),
        (STOP, b"data: {half a chu", HANG),
    ],
    ids=["silence", "silence after the usage", "chatter", "reason with the last words", "half a chunk"],
)
def test_a_finish_reason_ends_an_answer_on_an_open_connection(
    tail: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an end mark, and though the server keeps the connection open: not after the read timeout of a minute."""
    monkeypatch.setattr(reader, "_AFTER_REASON_SECONDS", 0.05, raising=False)
    monkeypatch.setattr(reader, "_AFTER_LAST_WORDS_SECONDS", 0.1, raising=False)

    async def test() -> None:
        async with scripted_server(sse_reply(frame(delta("Hi")), *tail)) as server, compatible(server) as provider:
            async with asyncio.timeout(20):
                events = await collect(provider.stream_events(HELLO))
                await server.client_left.wait()
            assert text_of(events).rstrip("!") == "Hi"
            assert (COUNTED in events) is (USAGE in tail)
            assert events[-1] == StreamFinished(FinishReason.STOP)
            server.script[:] = [text_stream("again")]
            assert await collect(provider.chat_stream(HELLO)) == ["again"]

    run(test())


def test_usage_that_comes_late_is_waited_for() -> None:
    """OpenRouter's comes some tenths of a second after the reason, and tells the cost."""
    assert reader._AFTER_REASON_SECONDS >= 0.9

    async def test() -> None:
        may_count = asyncio.Event()
        reply = sse_reply(frame(delta("Hi")), STOP, may_count, USAGE, DONE)
        async with scripted_server(reply) as server, compatible(server) as provider:
            answer = asyncio.ensure_future(collect(provider.stream_events(HELLO)))
            while not server.requests:
                await asyncio.sleep(0)
            # Server and client share this loop: by now the client has long got the reason.
            for _ in range(300):
                await asyncio.sleep(0)
            assert not answer.done()
            may_count.set()
            assert COUNTED in await answer
            await collect(provider.stream_events(HELLO))
            assert len(server.connections) == 1

    run(test())


@pytest.mark.parametrize(
    "steps",
    [
        (frame(delta("a", finish="stop")) + frame(delta("b", finish="stop")), Pause(0.02), frame(delta("c"))),
        (STOP + frame(delta("ab")), Pause(0.02), frame(delta("c", finish="stop"))),
        (frame(delta("ab", finish="null")), Pause(0.02), frame(delta("c", finish="stop"))),
    ],
    ids=["with every piece", "before the first piece", "the word null"],
)
def test_a_reason_that_comes_too_early_cuts_nothing_off(
    steps: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_AFTER_REASON_SECONDS", "_AFTER_LAST_WORDS_SECONDS", "_DRAIN_SECONDS"):
        monkeypatch.setattr(reader, name, 0.0, raising=False)
    events = events_of(sse_reply(*steps, DONE))
    assert text_of(events) == "abc"
    assert events[-1] == StreamFinished(FinishReason.STOP)


def test_after_a_reason_with_words_more_words_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some servers give a reason with every piece: the second one may take its time."""
    monkeypatch.setattr(reader, "_AFTER_REASON_SECONDS", 0.0)
    reply = sse_reply(frame(delta("a", finish="stop")), Pause(0.02), frame(delta("b", finish="stop")), DONE)
    assert text_of(events_of(reply)) == "ab"


class _Response:
    """A body in chunks, each of which takes a turn of the loop."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = chunks
        self.headers = {"content-type": "text/event-stream"}

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        for chunk in self._chunks:
            await asyncio.sleep(0)
            yield chunk


def read(*chunks: bytes) -> list[StreamEvent]:
    response: Any = _Response(*chunks)
    return run(collect(reader.read_events(RequestContext("p", "P", "host"), response)))


def test_a_reader_that_takes_its_time_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An assistant may speak the answer before it asks for what follows."""

    async def test() -> list[StreamEvent]:
        loop = asyncio.get_running_loop()
        real, spoken = loop.time, 0.0
        monkeypatch.setattr(loop, "time", lambda: real() + spoken)
        response: Any = _Response(frame(delta("Hi")) + STOP, b": ping\n\n", b": ping\n\n", USAGE, DONE)
        found = []
        async with aclosing(reader.read_events(RequestContext("p", "P", "host"), response)) as events:
            async for event in events:
                found.append(event)
                spoken += 60.0
        return found

    assert COUNTED in run(test())


JUNK = [
    frame("{broken"),
    frame("null"),
    b"<html>data: nope</html>\n\n",
    b'event: error\ndata: {"code": 502, "message": "too late"}\n\n',
    frame({"error": {"code": 502, "message": "too late"}}),
]


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("tail", [(USAGE, DONE), (USAGE,), (USAGE, DROP)], ids=["mark", "no mark", "broken off"])
def test_junk_after_the_reason_spoils_nothing(junk: bytes, tail: tuple[Any, ...]) -> None:
    events = events_of(sse_reply(frame(delta("Hi")), STOP + junk, *tail))
    assert text_of(events) == "Hi"
    assert COUNTED in events
    assert events[-1] == StreamFinished(FinishReason.STOP)


@pytest.mark.parametrize("junk", [JUNK[0], JUNK[1], JUNK[3], JUNK[4]])
def test_the_same_before_the_reason_does(junk: bytes) -> None:
    events, error = failure_of(sse_reply(frame(delta("Hi")), junk, STOP, DONE))
    assert text_of(events) == "Hi"
    assert not isinstance(error, StreamInterrupted)


def test_an_error_after_words_with_a_reason_counts() -> None:
    """Where each piece has a reason, the error stands in the middle."""
    failed = frame({"error": {"code": 429, "message": "x"}})
    events, error = failure_of(sse_reply(frame(delta("Hi", finish="stop")), failed, DONE))
    assert (text_of(events), type(error)) == ("Hi", RateLimited)


def test_an_endless_line_after_the_reason_spoils_nothing() -> None:
    endless = b"x" * (sse.MAX_LINE_BYTES + 1)
    assert read(frame(delta("Hi")) + STOP, endless)[-1] == StreamFinished(FinishReason.STOP)
    with pytest.raises(InvalidResponse, match="longer than"):
        read(frame(delta("Hi")), endless)


# --- signs of life -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign",
    [
        b"event: ping\n\n",
        b"event: ping\ndata:\n\n",
        b"event: ping\ndata: ping\n\n",
        b"event: ping\ndata: 2026-11-26 10:00:00.000\n\n",
        b"event: heartbeat\ndata: null\n\n",
        b"event: ping\ndata: [1]\n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
    ],
)
def test_an_event_that_tells_nothing_is_a_sign_of_life(sign: bytes) -> None:
    assert events_of(sse_reply(sign, frame(delta("Hi")), sign, STOP, DONE))[1:] == [
        KeepAlive(),
        AnsweredBy("vendor/model"),
        TextDelta("Hi"),
        KeepAlive(),
        StreamFinished(FinishReason.STOP),
    ]


def test_events_of_another_type_may_hold_the_answer() -> None:
    steps = [b"event: chunk\n" + step for step in (frame(delta("Hi")), frame({"type": "ping"}), STOP, DONE)]
    assert text_of(events_of(sse_reply(*steps))) == "Hi"


@pytest.mark.parametrize("kind", [b"chunk", b"message", b"error"])
def test_a_damaged_object_is_damage_whatever_the_type_of_its_event(kind: bytes) -> None:
    _, error = failure_of(sse_reply(frame(delta("Hi")), b"event: " + kind + b"\n" + frame("{broken"), STOP, DONE))
    assert type(error) is InvalidResponse


def test_an_error_in_plain_words_is_told_in_them() -> None:
    key = "own-server's-key-" + "Zq7" * 8
    words = f"event: error\ndata: The model crashed for {key}\n\n".encode()
    events, error = failure_of(sse_reply(frame(delta("Hi")), words), compatible, api_key=key)
    assert (text_of(events), type(error)) == ("Hi", ServerFailed)
    assert error.detail == "The model crashed for [hidden]"


# --- no stream at all ----------------------------------------------------------------------------------------------

WORDS = b"upstream connect error or disconnect/reset before headers"


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", "application/json", None])
@pytest.mark.parametrize("steps", [(WORDS,), (WORDS + b"\n\n",), (b"up", Pause(0.01), WORDS[2:])])
def test_plain_words_are_named_as_what_they_are(kind: str | None, steps: tuple[Any, ...]) -> None:
    reply = Reply(steps, content_type=kind)

    async def test() -> None:
        async with scripted_server(reply) as server, compatible(server) as provider:
            _, in_stream = await until_error(provider.stream_events(HELLO))
            whole = await error_of(lambda: provider.chat(HELLO))
            for error in (in_stream, whole):
                assert type(error) is InvalidResponse
                assert error.reason == InvalidResponse.why_plain_text
                assert error.detail == WORDS.decode()
                assert "plain text" in str(error)
            assert len(server.requests) == 2

    run(test())


def test_of_plain_words_no_more_is_shown_than_their_beginning_and_no_key() -> None:
    key = "own-server's-key-" + "Zq7" * 8
    reply = Reply((f"You sent {key}. ".encode() + b"word " * 10_000,), content_type="text/plain")
    _, error = failure_of(reply, compatible, api_key=key)
    assert error.detail.startswith("You sent [hidden]. word")
    assert len(error.detail) <= 301


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_a_stream_under_another_name_is_read(kind: str) -> None:
    assert text_of(events_of(Reply(text_stream("Hi").steps, content_type=kind))) == "Hi"


@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_a_stream_under_another_name_that_broke_off_is_interrupted(kind: str) -> None:
    events, error = failure_of(Reply((frame(delta("Hi")), Pause(0.01), DROP), content_type=kind))
    assert (text_of(events), type(error)) == ("Hi", StreamInterrupted)


def test_plain_words_that_broke_off_are_interrupted() -> None:
    """What would have followed may have been anything."""
    assert type(failure_of(Reply((WORDS, Pause(0.01), DROP), content_type="text/plain"))[1]) is StreamInterrupted


def test_a_whole_answer_under_another_name_is_read() -> None:
    body = json.dumps({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}).encode()
    assert text_of(events_of(Reply((body,), content_type="text/plain"))) == "Hi"
