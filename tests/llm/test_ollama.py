"""Ollama's own interface: what is sent to it, and how its lines are read."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm import (
    FinishReason,
    LLMResponse,
    OllamaProvider,
    ReasoningPolicy,
    Timeouts,
    TokenUsage,
    ToolCall,
    create_provider,
)
from caal_desktop.llm.errors import (
    CapabilityNotOffered,
    CaptivePortalSuspected,
    EmptyAnswer,
    EndpointNotFound,
    InvalidResponse,
    ModelNotFound,
    ProviderError,
    ServerFailed,
    StreamInterrupted,
)
from caal_desktop.llm.events import (
    AnsweredBy,
    ReasoningDelta,
    StreamFinished,
    StreamStarted,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from caal_desktop.llm.streaming.ndjson import NDJSONDecoder
from caal_desktop.llm.streaming.sse import LineTooLongError, SSEvent
from tests.llm.helpers import AT_ONCE, HELLO, TOOL, collect, error_of, run, until_error
from tests.support.scripted_server import HANG, Reply, json_reply, scripted_server

if TYPE_CHECKING:
    from tests.support.scripted_server import ScriptedServer

MODEL = "qwen3:8b"
# As a server of August 2026 writes them.
THINKING = (
    b'{"model":"qwen3:8b","created_at":"2026-11-26T10:00:00.123456789Z","message":{"role":"assistant","content":"",'
    b'"thinking":"The user"},"done":false}\n'
)
TEXT = (
    b'{"model":"qwen3:8b","created_at":"2026-11-26T10:00:00.153Z","message":{"role":"assistant","content":"It is"},'
    b'"done":false}\n'
)
CALL = (
    '{"model":"qwen3:8b","created_at":"2026-11-26T10:00:00.2Z","message":{"role":"assistant","content":"","tool_calls":'
    '[{"id":"call_a1b2c3d4","function":{"index":0,"name":"get_weather","arguments":{"city":"Köln"}}}]},"done":false}\n'
).encode()
END = (
    b'{"model":"qwen3:8b","created_at":"2026-11-26T10:00:00.3Z","message":{"role":"assistant","content":""},"done":true,'
    b'"done_reason":"stop","total_duration":182242375,"load_duration":41295167,"prompt_eval_count":169,'
    b'"prompt_eval_duration":24573166,"eval_count":15,"eval_duration":115959084}\n'
)
KOELN = {"city": "Köln"}


def line(message: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """Return one line of an answer."""
    return json.dumps({"model": MODEL, "message": message or {}, "done": False, **fields}).encode() + b"\n"


def lines(*steps: Any) -> Reply:
    """Return a streamed answer."""
    return Reply(steps, content_type="application/x-ndjson")


def ollama(server: ScriptedServer, **options: Any) -> OllamaProvider:
    """Return a provider that speaks to the scripted server."""
    return OllamaProvider(MODEL, base_url=server.url, retry_policy=AT_ONCE, **options)


def events_of(*steps: Any) -> list[Any]:
    """Return the events of a streamed answer, but for the first, which says that it begins."""

    async def test() -> list[Any]:
        async with scripted_server(lines(*steps)) as server, ollama(server) as provider:
            first, *others = await collect(provider.stream_events(HELLO))
            assert first == StreamStarted(None)
            return others

    return run(test())


def failure_of(*steps: Any) -> tuple[list[Any], ProviderError]:
    """Return the events before an error, and the error."""

    async def test() -> tuple[list[Any], ProviderError]:
        async with scripted_server(lines(*steps)) as server, ollama(server) as provider:
            return await until_error(provider.stream_events(HELLO))

    return run(test())


GOOD = [
    AnsweredBy(MODEL, None),
    ReasoningDelta("The user", ()),
    TextDelta("It is"),
    ToolCallDelta(0, "call_a1b2c3d4", "get_weather", '{"city": "Köln"}'),
    UsageReport(169, 15),
    StreamFinished(FinishReason.TOOL_CALLS, None),
]


# --- what is sent --------------------------------------------------------------------------------------------------


def body_of(provider_options: dict[str, Any], messages: list[Any], tools: Any = None, **kwargs: Any) -> dict[str, Any]:
    """Return the body of a request that is not streamed."""

    async def test() -> dict[str, Any]:
        async with (
            scripted_server(json_reply(json.loads(END))) as server,
            ollama(server, **provider_options) as provider,
        ):
            await provider.chat(messages, tools, **kwargs)
            assert (server.last.method, server.last.path) == ("POST", "/api/chat")
            assert "authorization" not in server.last.headers
            body: dict[str, Any] = server.last.body
            return body

    return run(test())


def test_everything_that_the_agent_sets_reaches_the_server() -> None:
    assert body_of({}, HELLO, [TOOL]) == {
        "model": MODEL,
        "messages": HELLO,
        "stream": False,
        "think": False,
        "tools": [TOOL],
        "options": {"temperature": 0.15, "top_p": 0.8, "top_k": 20, "num_ctx": 8192},
    }
    given_values = {"think": True, "temperature": 0.5, "top_p": 0.9, "top_k": 5, "num_ctx": 4096, "max_tokens": 30}
    body = body_of(given_values, HELLO)
    assert body["think"] is True
    assert body["options"] == {"temperature": 0.5, "top_p": 0.9, "top_k": 5, "num_ctx": 4096, "num_predict": 30}
    nothing = dict.fromkeys(("think", "temperature", "top_p", "top_k", "num_ctx"))
    assert body_of(nothing, HELLO) == {"model": MODEL, "messages": HELLO, "stream": False, "options": {}}


def test_a_stream_sends_the_same() -> None:
    async def test() -> None:
        async with scripted_server(lines(TEXT, END)) as server, ollama(server) as provider:
            assert await collect(provider.chat_stream(HELLO, [TOOL])) == ["It is"]
            assert server.last.body == {
                "model": MODEL,
                "messages": HELLO,
                "stream": True,
                "think": False,
                "tools": [TOOL],
                "options": {"temperature": 0.15, "top_p": 0.8, "top_k": 20, "num_ctx": 8192},
            }

    run(test())


@pytest.mark.parametrize(
    ("kwargs", "think"),
    [
        ({"think": "high"}, "high"),
        ({"reasoning": {"enabled": False}}, False),
        ({"reasoning": {"effort": "none"}}, False),
        ({"reasoning": {"effort": "low"}}, "low"),
        ({"reasoning": {"effort": "minimal"}}, "low"),
        ({"reasoning": {"max_tokens": 100}}, True),
        ({"reasoning": None}, False),
        ({"reasoning_effort": "medium"}, "medium"),
    ],
)
def test_how_much_a_call_lets_the_model_think(kwargs: dict[str, Any], think: object) -> None:
    assert body_of({}, HELLO, **kwargs)["think"] == think


@pytest.mark.parametrize(
    ("model", "think", "asked"),
    [
        ("gpt-oss:20b", False, "low"),
        ("hf.co/unsloth/GPT-OSS-20b-GGUF:Q4", False, "low"),
        ("gpt-oss:20b", True, True),
        ("gpt-oss:20b", "high", "high"),
        ("qwen3:8b", False, False),
    ],
)
def test_a_model_that_cannot_but_think_is_asked_for_little(model: str, think: bool | str, asked: object) -> None:
    assert body_of({"think": think}, HELLO, model=model)["think"] == asked
    assert body_of({"think": "medium"}, HELLO, model=model, think=think)["think"] == asked


def test_a_message_keeps_images_that_are_ollamas_own_already() -> None:
    message = {"role": "user", "content": "What is this?", "images": ["aGk="]}
    assert body_of({}, [message])["messages"] == [message]


def test_the_options_of_a_call() -> None:
    body = body_of({}, HELLO, model="m", temperature=None, seed=5, keep_alive="10m", tool_choice="auto")
    assert (body["model"], body["keep_alive"]) == ("m", "10m")
    assert body["options"] == {"top_p": 0.8, "top_k": 20, "num_ctx": 8192, "seed": 5}
    assert "tool_choice" not in body
    with pytest.raises(TypeError, match="timeout"):
        body_of({}, HELLO, timeout=5)


def test_a_history_is_sent_as_ollama_takes_it() -> None:
    provider = OllamaProvider(MODEL)
    call = ToolCall("call_1", "get_weather", KOELN)
    called = provider.format_tool_call_message(None, [call])
    assert called["tool_calls"][0]["function"]["arguments"] == KOELN
    of_another = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"city": "Köln"}'}}],
    }
    picture = [
        {"type": "text", "text": "What "},
        {"type": "text", "text": "is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
    ]
    sent = body_of(
        {},
        [
            {"role": "user", "content": picture},
            called,
            provider.format_tool_result({"t": 11}, "call_1", "get_weather"),
            of_another,
            {"role": "tool", "content": "half \ud83d", "tool_call_id": "c"},
        ],
    )["messages"]
    assert sent == [
        {"role": "user", "content": "What is it?", "images": ["QUJD"]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_1", "function": {"name": "get_weather", "arguments": KOELN}}],
        },
        {"role": "tool", "content": '{"t": 11}', "tool_name": "get_weather", "tool_call_id": "call_1"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": KOELN}}],
        },
        {"role": "tool", "content": "half \ufffd", "tool_name": "f", "tool_call_id": "c"},
    ]


def test_an_image_that_ollama_would_have_to_fetch_is_refused_before_anything_is_sent() -> None:
    far = [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    with pytest.raises(CapabilityNotOffered):
        body_of({}, [{"role": "user", "content": far}])


@pytest.mark.parametrize(
    ("response_format", "expected"),
    [
        ({"type": "json_object"}, "json"),
        ({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}, {"type": "object"}),
        ({"type": "json_schema"}, None),
        ({"type": "text"}, None),
        (None, None),
    ],
)
def test_the_form_of_an_answer_is_asked_for_as_ollama_takes_it(response_format: object, expected: object) -> None:
    body = body_of({}, HELLO, response_format=response_format)
    assert body.get("format") == expected
    assert "response_format" not in body["options"]


@pytest.mark.parametrize("streams", [False, True])
def test_what_was_thought_before_a_call_goes_with_it_to_the_next_round(streams: bool) -> None:
    whole = {
        "role": "assistant",
        "content": "",
        "thinking": "The user wants the weather.",
        "tool_calls": [{"id": "call_a1b2c3d4", "function": {"name": "get_weather", "arguments": KOELN}}],
    }
    calls = lines(THINKING, THINKING, CALL, END) if streams else json_reply({**json.loads(END), "message": whole})

    async def asked(provider: OllamaProvider) -> LLMResponse:
        if not streams:
            return await provider.chat(HELLO, [TOOL])
        answer = (await collect(provider.stream_turn(HELLO, [TOOL])))[-1]
        assert isinstance(answer, LLMResponse)
        return answer

    async def test() -> None:
        async with scripted_server(calls) as server, ollama(server) as provider:
            answer = await asked(provider)
            thought = "The userThe user" if streams else whole["thinking"]
            assert answer.reasoning == thought
            message = provider.format_tool_call_message(None, answer.tool_calls)
            assert message["thinking"] == thought
            server.script = [json_reply(json.loads(END))]
            await provider.chat([*HELLO, message])
            assert server.last.body["messages"][-1]["thinking"] == thought
            # Other calls, and later ones before which nothing was thought, have none of it.
            assert "thinking" not in provider.format_tool_call_message(None, [ToolCall("call_other", "get_time")])
            server.script = [
                lines(CALL, END)
                if streams
                else json_reply({**json.loads(END), "message": {"tool_calls": whole["tool_calls"]}})
            ]
            later = await asked(provider)
            assert "thinking" not in provider.format_tool_call_message(None, later.tool_calls)

    run(test())


def test_a_tiny_model_gets_tools_without_descriptions() -> None:
    tools: list[dict[str, Any]] = [dict(TOOL)]
    assert OllamaProvider(MODEL).prepare_tools(tools) is tools
    prepared = OllamaProvider("functiongemma:270m").prepare_tools(tools)
    assert [tool["function"]["description"] for tool in prepared] == [""]
    assert prepared[0]["function"]["parameters"] == tools[0]["function"]["parameters"]


# --- where it is sent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("http://nas:11434", "http://nas:11434"),
        ("http://nas:11434/v1", "http://nas:11434"),
        ("http://nas:11434/v1/", "http://nas:11434"),
        ("nas", "http://nas:11434"),
        ("https://nas.example/ollama/v1", "https://nas.example/ollama"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("", "http://localhost:11434"),
    ],
)
def test_an_address_with_or_without_v1(told: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    assert OllamaProvider(base_url=told).base_url == address
    monkeypatch.setenv("OLLAMA_HOST", told)
    assert OllamaProvider().base_url == address


def test_another_server_at_the_address_is_called_one() -> None:
    async def test() -> None:
        nobody = Reply((b"404 page not found",), 404, "text/plain")
        async with scripted_server(nobody) as server, ollama(server) as provider:
            for ask in (provider.list_models, provider.check_key, lambda: provider.chat(HELLO)):
                error = await error_of(ask)
                assert isinstance(error, EndpointNotFound)
                assert "it is not Ollama" in str(error)
                assert "/v1" not in str(error)

    run(test())


def test_a_model_may_take_its_time_to_load_unless_the_caller_says_otherwise() -> None:
    assert OllamaProvider()._timeouts.read == 300.0
    assert OllamaProvider(timeouts=Timeouts(read=5.0))._timeouts.read == 5.0


def test_an_address_that_is_given_is_not_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "elsewhere")
    provider = create_provider("ollama", model="m", base_url="http://localhost:11434/v1")
    assert isinstance(provider, OllamaProvider)
    assert provider.base_url == "http://localhost:11434"


def test_the_agents_own_order_of_arguments() -> None:
    provider = OllamaProvider("m", True, 0.1, 0.2, 3, 4096, "http://nas:1")
    made = provider.think, provider.temperature, provider.top_p, provider.top_k, provider.num_ctx, provider.base_url
    assert made == (True, 0.1, 0.2, 3, 4096, "http://nas:1")
    assert provider.supports_think


# --- what comes back -----------------------------------------------------------------------------------------------


def test_a_whole_answer() -> None:
    async def test() -> None:
        payload = json.loads(END) | {"message": json.loads(CALL)["message"]}
        async with scripted_server(json_reply(payload)) as server, ollama(server) as provider:
            answer = await provider.chat(HELLO, [TOOL])
            assert answer.tool_calls == [ToolCall("call_a1b2c3d4", "get_weather", KOELN)]
            assert (answer.content, answer.finish_reason, answer.model) == (None, FinishReason.TOOL_CALLS, MODEL)
            assert answer.usage == provider._last_usage == TokenUsage(169, 15)

    run(test())


@given(st.lists(st.integers(0, len(THINKING + TEXT + CALL + END)), max_size=6))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    body = THINKING + TEXT + CALL + END
    places = [0, *sorted(cuts), len(body)]
    pieces = [body[begin:end] for begin, end in pairwise(places)]
    decoder = NDJSONDecoder()
    found = [item for piece in pieces for item in decoder.feed(piece)] + decoder.finish()
    assert found == [SSEvent(raw.decode().strip()) for raw in (THINKING, TEXT, CALL, END)]


def test_a_line_has_an_end() -> None:
    decoder = NDJSONDecoder(max_bytes=10)
    assert decoder.feed(b"0123456789\n\n") == [SSEvent("0123456789")]
    with pytest.raises(LineTooLongError):
        decoder.feed(b"0123456789a")
    with pytest.raises(LineTooLongError):
        NDJSONDecoder(max_bytes=10).feed(b"0123456789a\n")


def test_a_streamed_answer() -> None:
    assert events_of(THINKING, TEXT, CALL, END) == GOOD
    assert events_of(THINKING + TEXT, CALL[:150], CALL[150:] + END.rstrip()) == GOOD


def test_the_answer_is_over_with_its_last_line() -> None:
    # The socket stays open.
    assert events_of(THINKING, TEXT, CALL, END, HANG) == GOOD
    assert events_of(THINKING, TEXT, CALL, END + TEXT) == GOOD


def test_calls_that_all_say_the_same_index_are_separate() -> None:
    def call(**function: Any) -> dict[str, Any]:
        return {"function": {"index": 0, **function}}

    weather = call(name="get_weather", arguments=KOELN)
    together = line({"tool_calls": [weather, weather, call(name="get_time")]})
    one_by_one = (line({"tool_calls": [weather]}), line({"tool_calls": [weather]}))
    expected = [
        ToolCallDelta(0, None, "get_weather", '{"city": "Köln"}'),
        ToolCallDelta(1, None, "get_weather", '{"city": "Köln"}'),
        ToolCallDelta(2, None, "get_time", "{}"),
    ]
    for body in ((together,), (*one_by_one, line({"tool_calls": [call(name="get_time")]}))):
        assert [event for event in events_of(*body, END) if isinstance(event, ToolCallDelta)] == expected


@pytest.mark.parametrize(
    ("end", "reason", "usage"),
    [
        ({"done_reason": "length", "eval_count": 3}, FinishReason.LENGTH, UsageReport(0, 3)),
        ({"prompt_eval_count": 3}, FinishReason.STOP, UsageReport(3, 0)),
        ({"done_reason": "load"}, FinishReason.UNKNOWN, None),
        ({"done_reason": ""}, FinishReason.UNKNOWN, None),
    ],
)
def test_ends(end: dict[str, Any], reason: FinishReason, usage: UsageReport | None) -> None:
    events = events_of(TEXT, line(done=True, **end))
    assert isinstance(events[-1], StreamFinished)
    assert events[-1].reason is reason
    assert next((event for event in events if isinstance(event, UsageReport)), None) == usage


def test_a_turn_is_spoken_while_it_is_written() -> None:
    async def test() -> None:
        async with scripted_server(lines(TEXT, CALL, END)) as server, ollama(server) as provider:
            text, answer = await collect(provider.stream_turn(HELLO, [TOOL]))
            assert text == "It is"
            assert not isinstance(answer, str)
            assert answer.tool_calls == [ToolCall("call_a1b2c3d4", "get_weather", KOELN)]
            assert provider._last_usage == TokenUsage(169, 15)

    run(test())


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_a_stream_that_breaks_off() -> None:
    for cut in (TEXT, TEXT + END[:40]):
        events, error = failure_of(cut)
        assert isinstance(error, StreamInterrupted)
        assert events[-1] == TextDelta("It is")


@pytest.mark.parametrize(
    "last",
    [
        b'{"error":"an error was encountered while running the model"}\n',
        b'{"error parsing tool call":"an error was encountered while running the model"}\n',
    ],
)
def test_an_error_in_the_middle(last: bytes) -> None:
    events, error = failure_of(TEXT, last)
    assert type(error) is ServerFailed
    assert "while running the model" in str(error)
    assert events[-1] == TextDelta("It is")


def test_bodies_that_are_no_lines() -> None:
    for body, expected in (
        (b"Ollama is running", InvalidResponse),
        (b"", InvalidResponse),
        (TEXT + b"nonsense\n", InvalidResponse),
        (b"<!doctype html><title>Sign in</title>", CaptivePortalSuspected),
    ):
        assert type(failure_of(body)[1]) is expected, body


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "registry.ollama.ai/library/q:latest does not support tools", CapabilityNotOffered),
        (400, '"q" does not support thinking', CapabilityNotOffered),
        (404, 'model "q" not found, try pulling it first', ModelNotFound),
        (500, "error parsing tool call: raw='{', err=unexpected end of JSON input", ServerFailed),
    ],
)
def test_refusals(status: int, words: str, expected: type[ProviderError]) -> None:
    async def test() -> None:
        async with scripted_server(json_reply({"error": words}, status)) as server, ollama(server) as provider:
            with pytest.raises(expected, match=r"tools|thinking|pulling|parsing") as caught:
                await provider.chat(HELLO)
            assert type(caught.value) is expected
            # A garbled call is worth another try, the others are not.
            assert len(server.requests) == (2 if status == 500 else 1)

    run(test())


@pytest.mark.parametrize(
    "calls",
    [CALL, line({"content": "<function=get_weather>{}</function>"}), line({"content": "[TOOL_CALLS]get_wether{}"})],
)
def test_where_only_calls_come_instead_of_words_they_are_asked_for_once_more(calls: bytes) -> None:
    history = [
        *HELLO,
        OllamaProvider(MODEL).format_tool_call_message("One moment.", [ToolCall("c", "get_weather", KOELN)]),
        {"role": "tool", "content": "11", "tool_call_id": "c"},
    ]

    async def test() -> None:
        async with scripted_server(lines(calls, END), lines(TEXT, END)) as server, ollama(server) as provider:
            assert await collect(provider.chat_stream(history, [TOOL])) == ["It is"]
            first, second = (request.body for request in server.requests)
            assert "tools" in first
            assert "tools" not in second
            assert second["messages"][1:] == [
                {"role": "assistant", "content": "One moment.\n[Called get_weather with {'city': 'Köln'}]"},
                {"role": "system", "content": "Tool result: 11"},
            ]

    run(test())


@pytest.mark.parametrize(("tools", "last"), [([TOOL], END), (None, CALL + END)])
def test_an_answer_without_words_is_asked_for_once(tools: Any, last: bytes) -> None:
    async def test() -> None:
        async with scripted_server(lines(last)) as server, ollama(server) as provider:
            with pytest.raises(EmptyAnswer):
                await collect(provider.chat_stream(HELLO, tools))
            assert len(server.requests) == 1

    run(test())


def test_stopping_frees_the_server() -> None:
    async def test() -> None:
        async with scripted_server(lines(TEXT, HANG)) as server, ollama(server) as provider:
            stream = provider.chat_stream(HELLO)
            assert await anext(stream) == "It is"
            await stream.aclose()
            await asyncio.wait_for(server.client_left.wait(), 10)

    run(test())


def test_the_list_comes_from_the_servers_own_address() -> None:
    async def test() -> None:
        tags = {"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 5225388164}]}
        async with scripted_server(json_reply(tags)) as server, ollama(server) as provider:
            assert [model.id for model in (await provider.list_models()).models] == ["qwen3:8b"]
            assert {(request.method, request.path) for request in server.requests[1:]} == {("POST", "/api/show")}
            server.requests.clear()
            await provider.check_key()
            assert [(request.method, request.path) for request in server.requests] == [("GET", "/api/tags")]

    run(test())


DETAILS = {"family": "qwen3", "parameter_size": "8.2B", "quantization_level": "Q4_K_M"}
SHOWN = {
    "details": DETAILS,
    "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
    "capabilities": ["completion", "tools", "thinking"],
    "template": "long",
    "license": "longer",
}


def row(name: str, **fields: Any) -> dict[str, Any]:
    """Return a row of the list."""
    return {"name": name, "model": name, "size": 5225388164, "details": DETAILS, **fields}


def test_what_the_server_shows_of_a_model_is_added_to_its_row() -> None:
    async def test() -> None:
        tags = {"models": [row("qwen3:8b"), row("known:1b", capabilities=["completion"])]}
        async with scripted_server(json_reply(tags), json_reply(SHOWN)) as server, ollama(server) as provider:
            payload = await provider.fetch_model_list()
            thinker, known = provider.read_model_list(payload).models
            # Asked about one of the two alone.
            assert [request.body for request in server.requests] == [None, {"model": "qwen3:8b"}]
        assert "longer" not in json.dumps(payload)
        assert (thinker.id, thinker.description, thinker.context_length) == ("qwen3:8b", "", 40960)
        assert (thinker.parameter_count, thinker.quantization, thinker.file_size) == (8.2e9, "Q4_K_M", 5225388164)
        sampling = {"temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "response_format"}
        assert thinker.supported_parameters == sampling | {"tools", "reasoning"}
        assert known.supported_parameters == sampling
        assert thinker.reasoning == ReasoningPolicy(default_enabled=True)
        assert (known.reasoning, known.context_length, known.input_modalities) == (None, None, ("text",))

    run(test())


def test_a_version_of_a_model_is_asked_for_once() -> None:
    async def test() -> None:
        tags = {"models": [row("a:1b", digest="one"), row("b:1b", digest="two"), row("c:1b")]}
        async with scripted_server(json_reply(SHOWN)) as server, ollama(server) as provider:
            server.gets = [json_reply(tags)]
            first = await provider.list_models()
            assert await provider.list_models() == first
            assert first.models[0].context_length == 40960
            tags["models"][0]["digest"] = "another"
            server.gets = [json_reply(tags)]
            await provider.list_models()
            shown = [request.body["model"] for request in server.requests if request.method == "POST"]
            assert sorted(shown[:3]) == ["a:1b", "b:1b", "c:1b"]
            assert shown[3] == "c:1b", "of which no version is told"
            assert sorted(shown[4:]) == ["a:1b", "c:1b"]

    run(test())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"capabilities": ["embedding"]}, (("text",), ("embeddings",), None)),
        ({"capabilities": ["completion", "vision"]}, (("text", "image"), ("text",), None)),
        (
            {"capabilities": ["completion", "thinking"], "details": {"family": "gptoss"}},
            (("text",), ("text",), ReasoningPolicy(True, True, ("low", "medium", "high"))),
        ),
        ({"capabilities": [5], "details": 5}, (("text",), ("text",), None)),
    ],
)
def test_what_a_model_can(fields: dict[str, Any], expected: Any) -> None:
    async def test() -> None:
        tags = {"models": [row("hf.co/maker/model:Q4_K_M", **fields)]}
        async with scripted_server(json_reply(tags)) as server, ollama(server) as provider:
            (model,) = (await provider.list_models()).models
            assert (model.input_modalities, model.output_modalities, model.reasoning) == expected
            assert len(server.requests) == 1

    run(test())


@pytest.mark.parametrize(
    ("refusal", "asked"),
    [(json_reply({"error": "model 'm0' not found"}, 404), 9), (json_reply({"error": "no"}, 500), 4)],
)
def test_a_model_of_which_nothing_is_shown_stays_in_the_list(refusal: Reply, asked: int) -> None:
    async def test() -> None:
        tags = {"models": [row(f"m{number}") for number in range(9)]}
        async with scripted_server(json_reply(tags), refusal) as server, ollama(server) as provider:
            models = (await provider.list_models()).models
            assert [model.supported_parameters for model in models] == [None] * 9
            assert len(server.requests) == 1 + asked

    run(test())


@pytest.mark.parametrize("payload", [{"models": "many"}, {"error": ""}, 5])
def test_what_is_no_list(payload: object) -> None:
    async def test() -> None:
        async with scripted_server(json_reply(payload)) as server, ollama(server) as provider:
            with pytest.raises(InvalidResponse):
                await provider.list_models()

    run(test())
