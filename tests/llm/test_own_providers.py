"""A provider that the voice agent's authors write themselves, and what the agent asks of every provider."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    LLMProvider,
    LLMResponse,
    OpenAICompatibleProvider,
    StreamEvent,
    TextDelta,
    TokenUsage,
    ToolCall,
    UsageReport,
    create_provider,
)
from caal_desktop.llm.errors import NotOffered, ProviderError
from caal_desktop.llm.providers.registry import PROVIDERS
from tests.llm.helpers import HELLO, KEY, MODEL, TOOL, collect, compatible, error_of, run
from tests.support.scripted_server import (
    ScriptedServer,
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

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "cost": 0.1}
ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}


class WithAttributes(LLMProvider):
    """As short as the agent's contract allows, with attributes of the class."""

    provider_name = "own"
    model = "own-1"

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        return LLMResponse(content="Hi", tool_calls=[])

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        yield "Hi"


class WithProperties(LLMProvider):
    """The same with properties, as the agent's own providers have them."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._last_usage = TokenUsage(1, 2)

    @property
    def provider_name(self) -> str:
        return "own"

    @property
    def model(self) -> str:
        return self._model

    @property
    def supports_think(self) -> bool:
        return True

    async def chat(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> LLMResponse:
        return LLMResponse("Hi", [ToolCall("", "f", {})])

    async def chat_stream(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> AsyncIterator[str]:
        yield "Hi"


OWN = [WithAttributes, lambda: WithProperties("own-1")]


@pytest.mark.parametrize("make", OWN)
def test_an_own_provider_needs_four_members(make: Any) -> None:
    async def test() -> None:
        async with make() as provider:
            assert (provider.provider_name, provider.model) == ("own", "own-1")
            assert (await provider.chat(messages=HELLO, tools=[TOOL])).content == "Hi"
            assert [text async for text in provider.chat_stream(messages=HELLO, tools=[TOOL])] == ["Hi"]
            assert provider.format_tool_result(content="x", tool_call_id="c1", tool_name="f")["content"] == "x"
            assert provider.format_tool_call_message(content=None, tool_calls=[])["role"] == "assistant"
            assert provider.parse_tool_arguments('{"a": 1}') == {"a": 1}

    run(test())


def test_an_own_provider_may_say_more_of_itself() -> None:
    plain, rich = WithAttributes(), WithProperties("m")
    assert (plain.supports_think, plain._last_usage) == (False, None)
    assert (rich.supports_think, rich._last_usage) == (True, TokenUsage(1, 2))


@pytest.mark.parametrize("missing", ["provider_name", "model", "chat", "chat_stream"])
def test_one_that_lacks_any_of_the_four_cannot_be_made(missing: str) -> None:
    members = {name: vars(WithAttributes)[name] for name in ("provider_name", "model", "chat", "chat_stream")}
    whole: Any = type("Whole", (LLMProvider,), dict(members))
    assert whole().model == "own-1"
    del members[missing]
    part: Any = type("Part", (LLMProvider,), members)
    with pytest.raises(TypeError, match=missing):
        part()


def test_what_an_own_provider_does_not_define_is_refused_by_name() -> None:
    async def events() -> None:
        provider = WithAttributes()
        async with aclosing(provider.stream_events(HELLO)) as stream:
            async for _ in stream:
                pytest.fail("an event of nothing")

    async def test() -> None:
        provider = WithAttributes()
        for call in (events, provider.check_key, provider.list_models):
            error = await error_of(call)
            assert type(error) is NotOffered
            assert "own" in error.describe().what

    run(test())


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_the_agent_asks_of_every_provider(name: str) -> None:
    provider = create_provider(name, model=MODEL, api_key=KEY, base_url="http://localhost:1/v1")
    tools = [dict(TOOL)]
    # The very list: the agent keeps it for all of its turns.
    assert provider.prepare_tools(tools) is tools
    assert isinstance(provider.supports_think, bool)
    assert provider._last_usage is None
    assert (provider.provider_name, provider.model) == (name, MODEL)


def stream_with_usage(usage: object = USAGE) -> Any:
    """Return a stream whose usage comes in a chunk of its own."""
    chunks = (delta("Hi"), delta(finish="stop"), {"choices": [], "usage": usage})
    return sse_reply(*(frame(chunk) for chunk in chunks), frame("[DONE]"))


async def after_chat(server: ScriptedServer, provider: OpenAICompatibleProvider, usage: object) -> None:
    server.script[:] = [json_reply({**ANSWER, "usage": usage})]
    await provider.chat(HELLO, [TOOL])


async def after_chat_stream(server: ScriptedServer, provider: OpenAICompatibleProvider, usage: object) -> None:
    server.script[:] = [stream_with_usage(usage)]
    assert [text async for text in provider.chat_stream(HELLO, [TOOL])] == ["Hi"]


async def after_events(server: ScriptedServer, provider: OpenAICompatibleProvider, usage: object) -> None:
    server.script[:] = [stream_with_usage(usage)]
    await collect(provider.stream_events(HELLO))


CALLS = [after_chat, after_chat_stream, after_events]


@pytest.mark.parametrize("ask", CALLS)
def test_the_newest_calls_usage_is_kept(ask: Any) -> None:
    async def test() -> None:
        async with scripted_server(text_stream()) as server, compatible(server) as provider:
            await ask(server, provider, USAGE)
            assert provider._last_usage == TokenUsage(11, 7)
            await ask(server, provider, {"prompt_tokens": 3})
            assert provider._last_usage == TokenUsage(3, 0)
            await ask(server, provider, None)
            assert provider._last_usage is None

    run(test())


def test_a_call_that_fails_leaves_no_usage_of_the_one_before() -> None:
    async def test() -> None:
        async with scripted_server(text_stream()) as server, compatible(server) as provider:
            for stream in (False, True):
                await after_chat(server, provider, USAGE)
                assert provider._last_usage == TokenUsage(11, 7)
                server.script[:] = [error_reply(401, "No")]
                with pytest.raises(ProviderError):
                    await (collect(provider.chat_stream(HELLO)) if stream else provider.chat(HELLO))
                assert provider._last_usage is None

    run(test())


def test_who_stops_at_the_usage_has_it() -> None:
    async def first_usage(events: AsyncGenerator[StreamEvent, None]) -> list[type[StreamEvent]]:
        seen = []
        async with aclosing(events):
            async for event in events:
                seen.append(type(event))
                if isinstance(event, UsageReport):
                    break
        return seen

    async def test() -> None:
        async with scripted_server(stream_with_usage()) as server, compatible(server) as provider:
            seen = await first_usage(provider.stream_events(HELLO))
            assert seen[-1] is UsageReport
            assert TextDelta in seen
            assert provider._last_usage == TokenUsage(11, 7)

    run(test())
