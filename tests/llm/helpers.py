"""What the tests of the provider layer share."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from caal_desktop.llm import OpenAICompatibleProvider, OpenRouterProvider, RetryPolicy, TextDelta, Timeouts
from caal_desktop.llm.errors import ProviderError
from tests.support.scripted_server import scripted_server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from caal_desktop.llm import StreamEvent
    from tests.support.scripted_server import Reply, ScriptedServer

KEY = "sk-or-v1-" + "0a1b2c3d" * 8
MODEL = "vendor/model"
HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
#: As many retries as usual, without the waits.
AT_ONCE = RetryPolicy(first_delay=0.0)
QUICK = Timeouts(connect=5.0, read=0.15, write=5.0)

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run one asynchronous test on a loop of its own; tasks left over fail it."""

    async def guarded() -> T:
        result = await coroutine
        # The HTTP library leaves its innermost generators to the loop, which closes them in its next rounds.
        for _ in range(10):
            await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert {task.get_name() for task in left if not task.done()} == set()
        return result

    return asyncio.run(guarded())


def openrouter(server: ScriptedServer, **options: Any) -> OpenRouterProvider:
    """Return a provider that speaks to the scripted server."""
    options.setdefault("retry_policy", AT_ONCE)
    return OpenRouterProvider(MODEL, KEY, base_url=server.base_url, **options)


def compatible(server: ScriptedServer, **options: Any) -> OpenAICompatibleProvider:
    """Return a provider without a key that speaks to the scripted server."""
    options.setdefault("retry_policy", AT_ONCE)
    return OpenAICompatibleProvider(MODEL, server.base_url, **options)


async def collect(events: AsyncGenerator[T, None]) -> list[T]:
    """Return everything that a stream yields."""
    async with aclosing(events):
        return [event async for event in events]


async def until_error(events: AsyncGenerator[StreamEvent, None]) -> tuple[list[StreamEvent], ProviderError]:
    """Return what a stream yields before it fails, and how it fails."""
    seen: list[StreamEvent] = []
    try:
        async with aclosing(events):
            async for event in events:
                seen.append(event)  # noqa: PERF401 - a comprehension would lose what came before the error
    except ProviderError as error:
        return seen, error
    pytest.fail(f"the stream did not fail; it gave {seen}")


async def error_of(call: Callable[[], Coroutine[Any, Any, object]]) -> ProviderError:
    """Return the error that a call raises."""
    with pytest.raises(ProviderError) as caught:
        await call()
    return caught.value


def events_of(reply: Reply, **options: Any) -> list[StreamEvent]:
    """Return the events of a streamed answer.

    Args:
        reply: what the server sends.
        **options: as ``stream_events`` takes them.
    """

    async def test() -> list[StreamEvent]:
        async with scripted_server(reply) as server, openrouter(server) as provider:
            return await collect(provider.stream_events(HELLO, **options))

    return run(test())


def failure_of(
    reply: Reply, make: Callable[..., OpenAICompatibleProvider] = openrouter, **options: Any
) -> tuple[list[StreamEvent], ProviderError]:
    """Return what a stream yields before it fails, and how it fails.

    Args:
        reply: what the server sends.
        make: makes the provider.
        **options: as the provider takes them.
    """

    async def test() -> tuple[list[StreamEvent], ProviderError]:
        async with scripted_server(reply) as server, make(server, **options) as provider:
            return await until_error(provider.stream_events(HELLO))

    return run(test())


def text_of(events: list[StreamEvent]) -> str:
    """Return the text of a stream."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))
