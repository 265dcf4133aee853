"""One streamed request that gives text as it arrives, or the calls of tools."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    FinishReason,
    LLMProvider,
    LLMResponse,
    OpenAICompatibleProvider,
    TokenUsage,
    ToolCall,
    Waiting,
)
from caal_desktop.llm.errors import ProviderError, StreamInterrupted
from tests.llm.helpers import HELLO, MODEL, TOOL, collect, compatible, openrouter, run
from tests.support.scripted_server import (
    HANG,
    delta,
    error_reply,
    frame,
    json_reply,
    scripted_server,
    sse_reply,
    text_stream,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from caal_desktop.llm import StreamEvent
    from tests.support.scripted_server import Reply

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "cost": 0.1}


def call(index: int, call_id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    """Return a fragment of a tool call."""
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


def stream(*chunks: dict[str, Any], finish: str = "stop") -> Reply:
    """Return a good stream with its usage."""
    end = [delta(finish=finish), {"choices": [], "usage": USAGE}]
    return sse_reply(*(frame(chunk) for chunk in [*chunks, *end]), frame("[DONE]"))


def turn(reply: Reply) -> tuple[list[str], LLMResponse]:
    """Return the pieces and the answer of one turn."""

    async def test() -> list[str | LLMResponse]:
        async with scripted_server(reply) as server, compatible(server) as provider:
            pieces = await collect(provider.stream_turn(HELLO, [TOOL]))
            assert len(server.requests) == 1
            return pieces

    *texts, response = run(test())
    assert isinstance(response, LLMResponse)
    assert all(isinstance(text, str) and text for text in texts)
    return [str(text) for text in texts], response


def test_a_text() -> None:
    texts, response = turn(stream(delta("It is "), delta(""), delta("sunny.")))
    assert texts == ["It is ", "sunny."]
    assert (response.content, response.tool_calls) == ("It is sunny.", [])
    assert (response.usage, response.finish_reason) == (TokenUsage(11, 7), FinishReason.STOP)
    assert response.report is not None
    assert (response.report.cost, response.model) == (0.1, MODEL)


def test_calls_of_tools_in_fragments() -> None:
    chunks = (
        delta(tool_calls=[call(0, "c1", "get_weather", "")]),
        delta(tool_calls=[call(0, None, None, '{"city": "Kö')]),
        delta(tool_calls=[call(0, None, None, 'ln"}'), call(1, "c2", "get_time", "{}")]),
    )
    texts, response = turn(stream(*chunks, finish="tool_calls"))
    assert (texts, response.content, response.finish_reason) == ([], None, FinishReason.TOOL_CALLS)
    assert response.tool_calls == [ToolCall("c1", "get_weather", {"city": "Köln"}), ToolCall("c2", "get_time", {})]


def test_words_before_a_call() -> None:
    texts, response = turn(stream(delta("One moment."), delta(tool_calls=[call(0, "c1", "get_time", "{}")])))
    assert texts == [response.content] == ["One moment."]
    assert response.tool_calls == [ToolCall("c1", "get_time", {})]


def test_each_call_has_an_id_of_its_own() -> None:
    """By its id alone is a call's result known."""
    chunks = (call(0, None, "a", "{}"), call(1, "c1", "b", "{}"), call(2, "c1", "c", "{}"), call(3, "c4", None, "{}"))
    _, response = turn(stream(*(delta(tool_calls=[chunk]) for chunk in chunks)))
    assert [(one.id, one.name) for one in response.tool_calls] == [("call_0", "a"), ("c1", "b"), ("c1_2", "c")]
    whole = {"content": None, "tool_calls": [dict(chunk) for chunk in chunks]}
    _, told = turn(json_reply({"choices": [{"message": whole, "finish_reason": "tool_calls"}]}))
    assert told.tool_calls == response.tool_calls


def test_arguments_that_are_broken(expected_logs: Any) -> None:
    expected_logs(r"WARNING caal_desktop\.llm\.base: The model sent tool arguments")
    _, response = turn(stream(delta(tool_calls=[call(0, "c1", "f", '{"a": ')])))
    assert response.tool_calls == [ToolCall("c1", "f", {})]


def test_neither_text_nor_calls_is_the_callers_affair() -> None:
    texts, response = turn(stream(delta("")))
    assert (texts, response.content, response.tool_calls) == ([], None, [])


def test_a_server_that_does_not_stream() -> None:
    payload = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "usage": USAGE}
    texts, response = turn(json_reply(payload))
    assert (texts, response.content, response.usage) == (["Hi"], "Hi", TokenUsage(11, 7))


def test_reasoning_is_not_spoken_and_goes_back_unchanged() -> None:
    details = [{"type": "reasoning.encrypted", "data": "abc", "index": 0}, {"type": "reasoning.text", "text": "x"}]
    chunks = (
        delta(reasoning="Thinking", reasoning_details=details[:1]),
        delta(reasoning_details=details[1:]),
        delta(tool_calls=[call(0, "c1", "get_time", "{}")]),
    )
    texts, response = turn(stream(*chunks))
    assert (texts, response.content) == ([], None)
    assert list(response.reasoning_details) == details


def test_an_entry_of_a_thought_goes_back_whole_though_it_came_in_pieces() -> None:
    """Its signature is that of the whole text."""
    text = {"type": "reasoning.text", "format": "anthropic-claude-v1"}
    secret = {"type": "reasoning.encrypted", "data": "abc", "index": 1}
    bare = {"type": "reasoning.text", "text": "x"}
    pieces = [
        {**text, "text": "Let", "index": 0, "signature": None},
        {**text, "text": " me", "index": 0},
        {"type": "reasoning.text", "signature": "S", "index": 0},
        secret,
        secret,
        {**text, "text": "Hm.", "index": 2},
        {**text, "text": "Oh.", "index": 3},
        {"type": "reasoning.summary", "summary": "A", "index": 3},
        {"type": "reasoning.summary", "summary": "B", "index": 3},
        bare,
        bare,
        {"type": ["odd"], "index": {}},
    ]
    chunks = [delta(reasoning_details=[piece]) for piece in pieces]
    _, response = turn(stream(*chunks, delta(tool_calls=[call(0, "c1", "get_time", "{}")])))
    assert list(response.reasoning_details) == [
        {**text, "text": "Let me", "signature": "S", "index": 0},
        secret,
        secret,
        {**text, "text": "Hm.", "index": 2},
        {**text, "text": "Oh.", "index": 3},
        {"type": "reasoning.summary", "summary": "AB", "index": 3},
        bare,
        bare,
        {"type": ["odd"], "index": {}},
    ]


@pytest.mark.parametrize("streams", [False, True])
def test_what_was_thought_before_the_newest_calls_goes_back_with_them(streams: bool) -> None:
    """As the agent makes the message, which knows the text and the calls alone."""
    details = [{"type": "reasoning.encrypted", "data": "abc", "index": 0}]
    time = call(0, "c1", "get_time", "{}")
    message = {"message": {"content": None, "tool_calls": [time], "reasoning_details": details}}
    thinks = (
        stream(delta(reasoning_details=details), delta(tool_calls=[time]))
        if streams
        else json_reply({"choices": [message]})
    )
    plain = (
        stream(delta(tool_calls=[time])) if streams else json_reply({"choices": [{"message": {"tool_calls": [time]}}]})
    )

    script = [thinks, text_stream("Hi"), json_reply({"choices": [{"message": {"content": "Hi"}}]}), plain]

    async def asked(provider: LLMProvider) -> list[ToolCall]:
        if not streams:
            return (await provider.chat(HELLO, [TOOL])).tool_calls
        answer = (await collect(provider.stream_turn(HELLO, [TOOL])))[-1]
        assert isinstance(answer, LLMResponse)
        return answer.tool_calls

    async def test() -> None:
        async with scripted_server(*script) as server, openrouter(server) as provider:
            calls = await asked(provider)
            history = [*HELLO, provider.format_tool_call_message(None, calls)]
            history.append(provider.format_tool_result("noon", calls[0].id, calls[0].name))
            assert await collect(provider.chat_stream(history, [TOOL])) == ["Hi"]
            assert server.last.body["messages"][1]["reasoning_details"] == details
            # An answer to something else in between takes nothing away.
            assert await provider.chat(HELLO)
            assert provider.format_tool_call_message(None, calls)["reasoning_details"] == details
            # Other calls, and later ones before which nothing was thought, have none of it.
            assert "reasoning_details" not in provider.format_tool_call_message(None, [ToolCall("c2", "get_time")])
            later = await asked(provider)
            assert "reasoning_details" not in provider.format_tool_call_message(None, later)

    run(test())


def test_what_is_asked() -> None:
    async def test() -> None:
        async with scripted_server(text_stream("Hi")) as server, openrouter(server) as provider:
            await collect(provider.stream_turn(HELLO, [TOOL], temperature=0.15))
            body = server.last.body
            assert (body["stream"], body["tool_choice"], body["tools"]) == (True, "auto", [TOOL])
            assert (body["temperature"], body["messages"]) == (0.15, HELLO)
            await collect(provider.stream_turn(HELLO))
            assert not {"tools", "tool_choice"} & server.last.body.keys()
            await collect(provider.stream_turn(HELLO, [TOOL], tool_choice="required"))
            assert server.last.body["tool_choice"] == "required"

    run(test())


def test_the_first_words_come_before_the_last_are_written() -> None:
    async def test() -> None:
        goes_on = asyncio.Event()
        reply = sse_reply(frame(delta("First. ")), goes_on, frame(delta("Second.", finish="stop")), frame("[DONE]"))
        async with scripted_server(reply) as server, compatible(server) as provider:
            seen = []
            async with aclosing(provider.stream_turn(HELLO, [TOOL])) as pieces:
                async for piece in pieces:
                    seen.append(piece)
                    goes_on.set()
            assert seen[:2] == ["First. ", "Second."]
            assert provider._last_usage is None

    run(test())


def test_an_error_comes_after_what_was_said() -> None:
    async def test() -> None:
        async with (
            scripted_server(text_stream("Half", finish=None, done=False)) as server,
            compatible(server) as provider,
        ):
            pieces = provider.stream_turn(HELLO, [TOOL])
            assert await anext(pieces) == "Half"
            with pytest.raises(StreamInterrupted):
                await anext(pieces)
            server.script[:] = [error_reply(401, "No")]
            with pytest.raises(ProviderError):
                await collect(provider.stream_turn(HELLO, [TOOL]))

    run(test())


@pytest.mark.parametrize("is_closed", [True, False])
def test_who_stops_listening_stops_the_server(is_closed: bool) -> None:
    async def test() -> None:
        async with scripted_server(sse_reply(frame(delta("First. ")), HANG)) as server, compatible(server) as provider:
            pieces = provider.stream_turn(HELLO, [TOOL])
            assert await anext(pieces) == "First. "
            if is_closed:
                await pieces.aclose()
            else:
                listening = asyncio.ensure_future(anext(pieces))
                await asyncio.sleep(0)
                listening.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await listening
            await asyncio.wait_for(server.client_left.wait(), 10)

    run(test())


def test_each_pause_is_told_before_the_first_word() -> None:
    async def test() -> None:
        script = [error_reply(429, "x", Retry_After="0"), error_reply(503, "x"), text_stream("Hi")]
        async with scripted_server(*script) as server, compatible(server) as provider:
            heard: list[object] = []
            async for piece in provider.stream_turn(HELLO, [TOOL], on_waiting=heard.append):
                heard.append(piece)  # noqa: PERF401 - in one list with the pauses, in their order
            assert heard[:3] == [Waiting(0.0, 429, 1, is_asked=True), Waiting(0.0, 503, 2), "Hi"]
            assert not any("on_waiting" in request.body for request in server.requests)

    run(test())


class Kept(OpenAICompatibleProvider):
    """Keeps its stream alive, so that only who closes it ends it."""

    stream: AsyncGenerator[StreamEvent, None]

    def stream_events(self, *args: Any, **kwargs: Any) -> AsyncGenerator[StreamEvent, None]:
        self.stream = super().stream_events(*args, **kwargs)
        return self.stream


@pytest.mark.parametrize("name", ["stream_turn", "chat_stream"])
def test_who_closes_the_pieces_has_closed_the_stream(name: str) -> None:
    async def test() -> None:
        async with (
            scripted_server(sse_reply(frame(delta("First. ")), HANG)) as server,
            Kept(MODEL, server.base_url) as provider,
        ):
            pieces = getattr(provider, name)(HELLO, [TOOL])
            assert await anext(pieces) == "First. "
            await pieces.aclose()
            with pytest.raises(StopAsyncIteration):
                await anext(provider.stream)

    run(test())


class Own(LLMProvider):
    """A provider of four members."""

    provider_name = "own"
    model = "own-1"

    def __init__(self, response: LLMResponse) -> None:
        self._response = response
        self.asked: list[object] = []

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        self.asked.append((messages, tools, kwargs))
        return self._response

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        yield "Hi"


@pytest.mark.parametrize("content", ["Hi", "", None])
def test_an_own_provider_gives_its_whole_text_at_once(content: str | None) -> None:
    response = LLMResponse(content, [ToolCall("c1", "f", {})], TokenUsage(1, 2))
    own = Own(response)
    pieces = run(collect(own.stream_turn(HELLO, [TOOL], on_waiting=pytest.fail, temperature=0.15)))
    assert pieces == ([content] if content else []) + [response]
    assert own.asked == [(HELLO, [TOOL], {"temperature": 0.15})]


def test_the_answer_goes_into_the_history_as_that_of_a_chat_does() -> None:
    _, response = turn(stream(delta("One moment."), delta(tool_calls=[call(0, "c1", "f", '{"ä": 1}')])))
    provider = Own(response)
    message = provider.format_tool_call_message(response.content, response.tool_calls)
    assert message["content"] == "One moment."
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"ä": 1}
