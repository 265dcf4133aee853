"""Complete answers, tool calls, and the messages that carry them back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from caal_desktop.llm import (
    FinishReason,
    LLMResponse,
    TokenUsage,
    ToolCall,
    UsageReport,
    format_tool_call_message,
    format_tool_result,
    parse_tool_arguments,
)
from tests.llm.helpers import HELLO, TOOL, collect, openrouter, run
from tests.support.scripted_server import json_reply, scripted_server, text_stream


def answer_of(message: dict[str, Any], finish: object = "stop", **fields: Any) -> LLMResponse:
    async def test() -> LLMResponse:
        payload = {"choices": [{"message": message, "finish_reason": finish}], **fields}
        async with scripted_server(json_reply(payload)) as server, openrouter(server) as provider:
            return await provider.chat(HELLO, [TOOL])

    return run(test())


def test_a_text() -> None:
    response = answer_of({"content": "Hi"}, usage={"cost": 0.1}, model="m", provider="Acme")
    assert response == LLMResponse("Hi", [], None, FinishReason.STOP, UsageReport(cost=0.1), "m", "Acme")


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 11, "completion_tokens": 7, "cost": 0.1}, TokenUsage(11, 7)),
        ({"prompt_tokens": 11}, TokenUsage(11, 0)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, TokenUsage(0, 0)),
        ({"completion_tokens": 7}, None),
        ({"prompt_tokens": "many", "completion_tokens": 7}, None),
        ({}, None),
        (None, None),
    ],
)
def test_what_an_answer_took(usage: object, expected: TokenUsage | None) -> None:
    assert answer_of({"content": "Hi"}, usage=usage).usage == expected


def test_an_answer_can_be_made_and_changed_as_the_agent_does_it() -> None:
    response = LLMResponse("x", [], TokenUsage(1, 2))
    assert (response.usage, response.report, response.finish_reason) == (TokenUsage(1, 2), None, FinishReason.UNKNOWN)
    response.content, response.usage = "y", None
    call = ToolCall("", "f", {})
    call.id, call.arguments = "call_1", {"a": 1}
    usage = TokenUsage(1, 2)
    usage.prompt_tokens += 1
    assert (response.content, call, usage) == ("y", ToolCall("call_1", "f", {"a": 1}), TokenUsage(2, 2))


def test_tool_calls() -> None:
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Köln"}'}},
        {"function": {"name": "get_time", "arguments": ""}},
        {"id": "c3", "function": {"name": "get_sun", "arguments": {"a": 1}}},
        {"id": "c4", "function": {"arguments": "{}"}},
        {"id": "c5", "function": None},
        None,
    ]
    response = answer_of({"content": None, "tool_calls": calls}, "tool_calls")
    assert response.content is None
    assert response.finish_reason is FinishReason.TOOL_CALLS
    assert response.tool_calls == [
        ToolCall("c1", "get_weather", {"city": "Köln"}),
        ToolCall("call_1", "get_time", {}),
        ToolCall("c3", "get_sun", {"a": 1}),
    ]


@pytest.mark.parametrize("message", [{}, {"content": None, "tool_calls": None}, {"content": None, "tool_calls": "x"}])
def test_an_empty_answer_is_given_as_it_is(message: dict[str, Any]) -> None:
    assert answer_of(message, None) == LLMResponse(None)


def test_content_in_parts_and_a_refusal() -> None:
    assert answer_of({"content": [{"type": "text", "text": "a"}, 3, {"text": "b"}]}).content == "ab"
    assert answer_of({"content": None, "refusal": "I will not"}).content == "I will not"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [('{"a": [1]}', {"a": [1]}), ({"a": 1}, {"a": 1}), ("", {}), ("  ", {}), (None, {}), ("{}", {})],
)
def test_good_arguments(arguments: object, expected: dict[str, Any]) -> None:
    assert parse_tool_arguments(arguments) == expected


@pytest.mark.parametrize("arguments", ['{"secret": "x"', "[1]", '"text"', "null", "5", 5, "[" * 100_000])
def test_bad_arguments_give_none_and_a_warning_that_does_not_quote_them(
    arguments: object, expected_logs: Any, caplog: pytest.LogCaptureFixture
) -> None:
    expected_logs(r"WARNING caal_desktop\.llm\.base: The model sent tool arguments")
    assert parse_tool_arguments(arguments) == {}
    assert "secret" not in caplog.text


def test_tool_results() -> None:
    expected = {"role": "tool", "tool_call_id": "c1", "name": "f", "content": "sunny"}
    assert format_tool_result("sunny", "c1", "f") == expected
    assert format_tool_result({"ä": 1}, "c1", "f")["content"] == '{"ä": 1}'
    assert format_tool_result(None, "c1", "f")["content"] == "null"
    assert format_tool_result("sunny", None, "f")["tool_call_id"] is None


def test_the_message_that_carries_calls() -> None:
    message = format_tool_call_message(None, [ToolCall("c1", "f", {"ä": 1})], reasoning_details=[{"data": "x"}])
    assert message == {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"ä": 1}'}}],
        "reasoning_details": [{"data": "x"}],
    }
    assert "reasoning_details" not in format_tool_call_message("x", [])


def test_a_whole_turn_with_a_tool() -> None:
    async def test() -> None:
        call = {"id": "c1", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
        details = [{"type": "reasoning.encrypted", "data": "abc"}]
        asked = {"content": None, "tool_calls": [call], "reasoning_details": details}
        script = [json_reply({"choices": [{"message": asked}]}), text_stream("It is ", "sunny.")]
        async with scripted_server(*script) as server, openrouter(server) as provider:
            response = await provider.chat(HELLO, [TOOL])
            (tool_call,) = response.tool_calls
            history = [
                *HELLO,
                format_tool_call_message(
                    response.content, response.tool_calls, reasoning_details=response.reasoning_details
                ),
                provider.format_tool_result("sunny", tool_call.id, tool_call.name),
            ]
            assert await collect(provider.chat_stream(history, [TOOL])) == ["It is ", "sunny."]
            sent = server.last.body["messages"]
            assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Paris"}
            assert sent[1]["reasoning_details"] == details
            assert sent[2]["tool_call_id"] == sent[1]["tool_calls"][0]["id"] == "c1"

    run(test())
