"""The voice agent's turn over every provider: what it says, and what it asks for that."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    GroqProvider,
    LLMProvider,
    LLMResponse,
    OllamaProvider,
    OpenAICompatibleProvider,
    RetryPolicy,
    TokenUsage,
)
from tests.llm.helpers import AT_ONCE, KEY, MODEL, compatible, openrouter, run
from tests.llm.turn_loop import Turn
from tests.support.scripted_server import HANG, Reply, delta, frame, json_reply, scripted_server, sse_reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.support.scripted_server import ScriptedServer, SeenRequest

Call = tuple[str, dict[str, Any] | str]

WEATHER: Call = ("get_weather", {"city": "Köln"})
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"{name} of the test",
            "parameters": {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]},
        },
    }
    for name, argument in (("get_weather", "city"), ("get_time", "zone"), ("search", "query"))
]
FAILED = {
    "message": "Failed to call a function. Please adjust your prompt.",
    "type": "invalid_request_error",
    "code": "tool_use_failed",
    "failed_generation": '<function=get_weather{"city": "Köln"}</function>',
}
WRITTEN_CALL = '<function=get_weather>{"city": "Köln"}</function>'
BY_CODE_ALONE = {**FAILED, "message": "Tool choice is none, but model called a tool", "failed_generation": ""}
BY_ATTEMPT_ALONE = {**FAILED, "message": "Tool choice is none, but model called a tool", "code": None}
ONCE = RetryPolicy(max_retries=0)
NOT_JSON = r"WARNING caal_desktop\.llm\.base: The model sent tool arguments"


@dataclass(frozen=True)
class Said:
    """What the model says next: a whole answer, or the same as a stream, as the request asks."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    usage: tuple[int, int] = (11, 7)


@dataclass(frozen=True)
class Refused:
    """A request that fails."""

    status: int
    error: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Conversation:
    """One turn.

    Attributes:
        script: what the server says to each request.
        asked: the requests: "chat" or "stream", the first letters of the roles, and the choice of tools.
        spoken: what is spoken.
        before: what is spoken before, where the model's words before a call of a tool are spoken, too.
        has_tools: whether the agent has tools.
        log: what is logged, as a pattern.
    """

    script: tuple[Said | Refused, ...]
    asked: tuple[str, ...]
    spoken: str
    before: str = ""
    has_tools: bool = True
    log: str = ""


def refused(status: int, message: str, **headers: str) -> Refused:
    """Return an error with nothing but a message."""
    return Refused(status, {"message": message, "type": "invalid_request_error"}, headers)


CALLS = Said(calls=(WEATHER,))
EMPTY = Said(usage=(9, 0))
CONVERSATIONS = {
    "no tools": Conversation((Said("Hello there."),), ("stream su",), "Hello there.", has_tools=False),
    "text at once": Conversation((Said("It is sunny today."),), ("chat su auto",), "It is sunny today."),
    "one tool": Conversation((CALLS, Said("11 degrees.")), ("chat su auto", "chat suat auto"), "11 degrees."),
    "two tools at once": Conversation(
        (Said("One moment.", (WEATHER, ("get_time", {"zone": "Europe/Berlin"}))), Said("Done.")),
        ("chat su auto", "chat suatt auto"),
        "Done.",
        before="One moment.",
    ),
    "the same call twice": Conversation(
        (Said(calls=(WEATHER, WEATHER)), Said("Once is enough.")), ("chat su auto", "chat suat auto"), "Once is enough."
    ),
    "a chain of five rounds": Conversation(
        (*(Said(calls=(("get_time", {"zone": f"Z{number}"}),)) for number in range(5)), Said("Enough now.")),
        (*(f"chat su{'at' * rounds} auto" for rounds in range(5)), f"stream su{'at' * 5} none"),
        "Enough now.",
    ),
    "nothing said after a tool": Conversation(
        (CALLS, EMPTY, Said("After all.")), ("chat su auto", "chat suat auto", "stream suat none"), "After all."
    ),
    "nothing said at first": Conversation((EMPTY, Said("After all.")), ("chat su auto", "stream su"), "After all."),
    "the stream fails": Conversation(
        (CALLS, EMPTY, refused(400, "bad history"), Said("Without tools.")),
        ("chat su auto", "chat suat auto", "stream suat none", "stream suas"),
        "Without tools.",
    ),
    "a garbled call": Conversation(
        (Refused(400, FAILED), Said("Second try.")), ("chat su auto", "chat su auto"), "Second try."
    ),
    "two garbled calls": Conversation(
        (Refused(400, FAILED), Refused(400, FAILED), Said("Streamed.")),
        ("chat su auto", "chat su auto", "stream su"),
        "Streamed.",
    ),
    "a garbled call after a tool": Conversation(
        (CALLS, Refused(400, FAILED), Said("Streamed.")),
        ("chat su auto", "chat suat auto", "stream suat none"),
        "Streamed.",
    ),
    "a garbled call, by its code": Conversation(
        (Refused(400, BY_CODE_ALONE), Said("Second try.")), ("chat su auto", "chat su auto"), "Second try."
    ),
    "a garbled call, by what it was": Conversation(
        (Refused(400, BY_ATTEMPT_ALONE), Said("Second try.")), ("chat su auto", "chat su auto"), "Second try."
    ),
    "a call that is written": Conversation(
        (Said(WRITTEN_CALL), Said("It is 11 degrees.")), ("chat su auto", "chat suat auto"), "It is 11 degrees."
    ),
    "a garbled call that is written": Conversation(
        (Said("[TOOL_CALLS]get_wether{}"), Said("Second try.")), ("chat su auto", "chat su auto"), "Second try."
    ),
    "a call that is written in the last stream": Conversation(
        (CALLS, EMPTY, Said(WRITTEN_CALL), Said("Without tools.")),
        ("chat su auto", "chat suat auto", "stream suat none", "stream suas"),
        "Without tools.",
    ),
    "a thought that is written": Conversation(
        (Said("<think>Hm. It is</think>It is noon."),), ("chat su auto",), "It is noon."
    ),
    "no such tool": Conversation(
        (refused(400, "tool 'get_money' not found in request.tools"), Said("Streamed.")),
        ("chat su auto", "stream su"),
        "Streamed.",
    ),
    "500 once": Conversation(
        (refused(500, "internal"), Said("Back again.")), ("chat su auto", "chat su auto"), "Back again."
    ),
    "503 once": Conversation(
        (refused(503, "busy"), Said("Back again.")), ("chat su auto", "chat su auto"), "Back again."
    ),
    "429 once": Conversation(
        (refused(429, "slow down", retry_after="0"), Said("After a pause.")),
        ("chat su auto", "chat su auto"),
        "After a pause.",
    ),
    "broken arguments": Conversation(
        (Said(calls=(("get_time", '{"zone": "Eur'),)), Said("No zone then.")),
        ("chat su auto", "chat suat auto"),
        "No zone then.",
        log=NOT_JSON,
    ),
    "arguments in a list": Conversation(
        (Said(calls=(("get_time", '["Z"]'),)), Said("No zone then.")),
        ("chat su auto", "chat suat auto"),
        "No zone then.",
        log=NOT_JSON,
    ),
    "an unknown tool": Conversation(
        (Said(calls=(("get_money", {"much": True}),)), Said("I cannot do that.")),
        ("chat su auto", "chat suat auto"),
        "I cannot do that.",
    ),
    "a tool that asks the model": Conversation(
        (Said(calls=(("search", {"query": "x"}),)), Said("A summary."), Said("The answer.")),
        ("chat su auto", "chat u", "chat suat auto"),
        "The answer.",
    ),
    "a stream of calls alone": Conversation(
        (CALLS, EMPTY, CALLS, Said("Words at last.")),
        ("chat su auto", "chat suat auto", "stream suat none", "stream suas"),
        "Words at last.",
    ),
}


def reply_of(said: Said | Refused, *, streams: bool, native: bool = False) -> Reply:
    """Return what the server sends for that, in the way in which it is asked for."""
    if isinstance(said, Refused):
        return json_reply({"error": said.error}, said.status, **said.headers)
    if native:
        return native_reply_of(said, streams=streams)
    calls = [
        {
            "index": number,
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": name, "arguments": text if isinstance(text, str) else json.dumps(text)},
        }
        for number, (name, text) in enumerate(said.calls)
    ]
    finish = "tool_calls" if calls else "stop"
    usage = dict(zip(("prompt_tokens", "completion_tokens"), said.usage, strict=True))
    if not streams:
        message = {"role": "assistant", "content": said.text, **({"tool_calls": calls} if calls else {})}
        return json_reply({"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage})
    chunks = [
        delta(""),
        *(delta(piece) for piece in re.findall(r"\s*\S+", said.text)),
        *(delta(tool_calls=[one]) for one in calls),
    ]
    end = [delta(finish=finish), {"choices": [], "usage": usage}]
    return sse_reply(*(frame(chunk) for chunk in [*chunks, *end]), frame("[DONE]"))


def native_reply_of(said: Said, *, streams: bool) -> Reply:
    """Return the same as Ollama says it."""
    calls = [{"function": {"index": 0, "name": name, "arguments": arguments}} for name, arguments in said.calls]
    counts = dict(zip(("prompt_eval_count", "eval_count"), said.usage, strict=True))
    end: dict[str, Any] = {"done": True, "done_reason": "stop", **{name: n for name, n in counts.items() if n}}
    if not streams:
        message = {"role": "assistant", "content": said.text, **({"tool_calls": calls} if calls else {})}
        return json_reply({"model": MODEL, "message": message, **end})
    messages: list[dict[str, Any]] = [{"content": piece} for piece in re.findall(r"\s*\S+", said.text)]
    messages += [{"content": "", "tool_calls": [one]} for one in calls]
    return Reply(
        (*(native_line({"message": one, "done": False}) for one in messages), native_line({"message": {}, **end})),
        content_type="application/x-ndjson",
    )


def native_line(line: dict[str, Any]) -> bytes:
    """Return one line of a stream of Ollama's."""
    return json.dumps({"model": MODEL, **line}).encode() + b"\n"


def is_native(request: SeenRequest) -> bool:
    """Return whether a request was made in Ollama's own way."""
    return request.path == "/api/chat"


def request_line(request: SeenRequest) -> str:
    """Return a request in the words of a conversation."""
    body = request.body
    kind = "stream" if body.get("stream") else "chat"
    roles = "".join(message["role"][0] for message in body["messages"])
    choice = body.get("tool_choice")
    if is_native(request):  # which knows no choice: a stream with tools is one that should not call them
        assert choice is None
        choice = {"chat": "auto", "stream": "none"}[kind] if "tools" in body else None
    return " ".join(part for part in (kind, roles, choice) if part)


# --- the providers -------------------------------------------------------------------------------------------------


class Own(LLMProvider):
    """A provider of the agent's authors: four members, and what they do with a server is their own affair."""

    provider_name = "own"
    model = "own-1"

    def __init__(self, server: ScriptedServer) -> None:
        self._inner = compatible(server)

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        response = await self._inner.chat(messages, tools, **kwargs)
        self._last_usage = response.usage
        return response

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        async for text in self._inner.chat_stream(messages, tools, **kwargs):
            yield text
        self._last_usage = self._inner._last_usage

    async def aclose(self) -> None:
        await self._inner.aclose()


PROVIDERS: dict[str, Callable[[ScriptedServer], LLMProvider]] = {
    "openrouter": openrouter,
    "openai_compatible": compatible,
    "groq": lambda server: GroqProvider(MODEL, KEY, base_url=server.base_url, retry_policy=AT_ONCE),
    "ollama": lambda server: OllamaProvider(MODEL, base_url=server.url, retry_policy=AT_ONCE),
    "own": Own,
}
NATIVE = PROVIDERS["ollama"]


# --- the turn ------------------------------------------------------------------------------------------------------


def tools_of(provider: LLMProvider) -> dict[str, Callable[..., Awaitable[str]]]:
    """Return the tools; one of them asks the model itself, as the agent's web search does."""

    async def get_weather(city: str) -> str:
        return json.dumps({"city": city, "temperature": 11})

    async def get_time(zone: str) -> str:
        return f"Noon in {zone}"

    async def search(query: str) -> str:
        response = await provider.chat(messages=[{"role": "user", "content": f"Summarize {query}"}])
        return response.content or "nothing"

    return {"get_weather": get_weather, "get_time": get_time, "search": search}


@dataclass
class Outcome:
    """What became of a turn."""

    spoken: str
    usage: TokenUsage | None
    failures: list[str]
    requests: list[SeenRequest]


def while_written(talk: Conversation) -> Conversation:
    """Return the same turn for a provider that can speak while the model writes."""
    asked = tuple(line.replace("chat", "stream") if line.endswith("auto") else line for line in talk.asked)
    return replace(talk, asked=asked, spoken=talk.before + talk.spoken)


def turn(make: Callable[[ScriptedServer], LLMProvider], talk: Conversation, *, streams: bool = False) -> Outcome:
    """Let a provider speak one turn."""

    async def test() -> Outcome:
        replies = [
            reply_of(said, streams=asked.startswith("stream"), native=make is NATIVE)
            for said, asked in zip(talk.script, talk.asked, strict=True)
        ]
        over = json_reply({"error": {"message": "The script is over."}}, 418)
        async with scripted_server(*replies, over) as server, make(server) as provider:
            loop = Turn(
                provider, tools_of(provider), [dict(tool) for tool in TOOLS] if talk.has_tools else [], streams=streams
            )
            messages = [
                {"role": "system", "content": "You are CAAL. Be brief."},
                {"role": "user", "content": "What is it like in Köln?"},
            ]
            spoken = "".join([piece async for piece in loop.speak(messages)])
            return Outcome(spoken, loop.usage, loop.failures, server.requests)

    return run(test())


def check(outcome: Outcome, talk: Conversation) -> None:
    """Compare a turn with what it should be."""
    assert (outcome.spoken, [request_line(request) for request in outcome.requests]) == (
        talk.spoken,
        list(talk.asked),
    )
    assert outcome.usage == TokenUsage(11, 7)
    for request in outcome.requests:
        sent = request.body.get("tools")
        assert sent == (TOOLS if request_line(request).endswith(("auto", "none")) else None)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("what", CONVERSATIONS)
def test_a_turn(what: str, name: str, expected_logs: Any) -> None:
    talk = CONVERSATIONS[what]
    if talk.log:
        expected_logs(talk.log)
    check(turn(PROVIDERS[name], talk), talk)


@pytest.mark.parametrize("name", ["openai_compatible", "own"])
@pytest.mark.parametrize("what", CONVERSATIONS)
def test_a_turn_that_is_spoken_while_it_is_written(what: str, name: str, expected_logs: Any) -> None:
    talk = CONVERSATIONS[what]
    if talk.log:
        expected_logs(talk.log)
    # A provider of four members has no stream that may call tools: its answers come whole.
    told = replace(talk, spoken=talk.before + talk.spoken) if name == "own" else while_written(talk)
    check(turn(PROVIDERS[name], told, streams=True), told)


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_a_turn_puts_into_the_history(name: str) -> None:
    outcome = turn(PROVIDERS[name], CONVERSATIONS["two tools at once"])
    _, _, called, weather, time = outcome.requests[-1].body["messages"]
    assert called["content"] == "One moment."
    first, second = called["tool_calls"]
    assert (first["id"], second["id"]) == (weather["tool_call_id"], time["tool_call_id"]) == ("call_0", "call_1")
    if is_native(outcome.requests[-1]):
        assert first["function"]["arguments"] == {"city": "Köln"}
        assert (weather["tool_name"], time["tool_name"]) == ("get_weather", "get_time")
    else:
        assert json.loads(first["function"]["arguments"]) == {"city": "Köln"}
        assert (weather["name"], time["name"]) == ("get_weather", "get_time")
    assert (json.loads(weather["content"])["temperature"], time["content"]) == (11, "Noon in Europe/Berlin")


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(("status", "requests"), [(401, 1), (402, 1), (403, 1)])
def test_an_error_that_the_turn_does_not_survive_is_spoken_at_once(name: str, status: int, requests: int) -> None:
    talk = Conversation((refused(status, "The server's words"),), ("chat su auto",), "")
    outcome = turn(PROVIDERS[name], talk)
    assert outcome.spoken.startswith("I encountered an error: ")
    assert "The server's words" in outcome.spoken
    assert len(outcome.requests) == requests


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("is_waiting", [True, False])
def test_a_turn_that_is_cancelled_while_it_is_spoken_frees_the_server(name: str, is_waiting: bool) -> None:
    async def test() -> None:
        spoken = []
        first = asyncio.Event()
        hello = native_line({"message": {"content": "Hello"}, "done": False})
        reply = Reply((hello, HANG)) if name == "ollama" else sse_reply(frame(delta("Hello")), HANG)
        async with (
            scripted_server(reply) as server,
            PROVIDERS[name](server) as provider,
        ):

            async def speak() -> None:
                # As the agent does it: nobody closes the generators.
                async for piece in Turn(provider, {}, []).speak([{"role": "user", "content": "Hello"}]):
                    spoken.append(piece)
                    first.set()
                    if not is_waiting:
                        await asyncio.Event().wait()

            speaking = asyncio.create_task(speak())
            await first.wait()
            speaking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await speaking
            await asyncio.wait_for(server.client_left.wait(), 10)
            assert (spoken, len(server.requests)) == (["Hello"], 1)

    run(test())


def test_a_name_that_cannot_be_looked_up_is_no_garbled_call() -> None:
    class Recorder(Own):
        """Counts what it is asked."""

        asked = 0

        def __init__(self, server: ScriptedServer) -> None:
            self._inner = OpenAICompatibleProvider(MODEL, "http://nowhere.invalid/v1", retry_policy=ONCE)

        async def chat(self, *args: Any, **kwargs: Any) -> LLMResponse:
            Recorder.asked += 1
            return await super().chat(*args, **kwargs)

        async def chat_stream(self, *args: Any, **kwargs: Any) -> AsyncIterator[str]:
            Recorder.asked += 1
            async for text in super().chat_stream(*args, **kwargs):
                yield text

    outcome = turn(Recorder, Conversation((), (), ""))
    assert Recorder.asked == 1, outcome
    assert "looked up" in outcome.spoken
