"""The voice agent's turn, as far as it concerns a provider, written from the description of how the agent uses one.

With tools it asks for whole answers, runs the tools that they call, and asks again, up to five times. It streams where
there are no tools, where an answer has neither text nor calls, and where a call of a tool was garbled, which it knows
by the words of the error alone. A stream that fails behind tools is asked for once more, without them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from caal_desktop.llm import LLMProvider, LLMResponse, Message, TokenUsage

MAX_ROUNDS: Final = 5
NO_SUCH_TOOL: Final = "not found"
GARBLED: Final = ("tool_use_failed", "Failed to call a function", "[/THINK]", "[TOOL_CALLS]", "<function=")


class Turn:
    """One turn of a conversation.

    Args:
        provider: who answers; the loop asks nothing of it but what the agent's contract has.
        tools: the functions that can be run, by name.
        declared: the same as the API describes them; empty for an agent without tools.
        streams: it speaks while the model writes, by ``stream_turn`` in the place of ``chat``.

    Attributes:
        usage: what the provider tells of its newest call once the turn is over.
        failures: the errors that the turn survived, as it reads them.
    """

    def __init__(
        self,
        provider: LLMProvider,
        tools: dict[str, Callable[..., Awaitable[str]]],
        declared: list[dict[str, Any]],
        *,
        streams: bool = False,
    ) -> None:
        self._provider = provider
        self._tools = tools
        self._declared = declared
        self._streams = streams
        self.usage: TokenUsage | None = None
        self.failures: list[str] = []

    async def speak(self, messages: list[Message]) -> AsyncIterator[str]:
        """Yield what is spoken; an error that the turn does not survive is spoken, too."""
        try:
            async for piece in self._answer(messages):
                yield piece
            self.usage = getattr(self._provider, "_last_usage", None)
        except Exception as error:
            yield f"I encountered an error: {error}"

    async def _answer(self, messages: list[Message]) -> AsyncIterator[str]:
        tools = self._provider.prepare_tools(self._declared) if self._declared else []
        rounds = 0
        while tools and rounds < MAX_ROUNDS:
            response = None
            async for piece in self._ask(messages, tools, is_first=rounds == 0):
                if isinstance(piece, str):
                    yield piece
                else:
                    response = piece
            if response is None:
                break
            if not response.tool_calls:
                if response.content:
                    return
                break
            rounds += 1
            messages = await self._after_tools(messages, response)
        if rounds == 0:
            async for piece in self._provider.chat_stream(messages=messages):
                yield piece
            return
        try:
            async for piece in self._provider.chat_stream(messages=messages, tools=tools):
                yield piece
        except Exception as error:
            self.failures.append(str(error))
            async for piece in self._provider.chat_stream(messages=without_tools(messages)):
                yield piece

    async def _ask(
        self, messages: list[Message], tools: list[dict[str, Any]], *, is_first: bool
    ) -> AsyncIterator[str | LLMResponse]:
        """Yield what is spoken of an answer, and the answer; no answer where calls of tools cannot be read."""
        for may_repeat in (is_first, False):
            has_spoken = False
            try:
                async for piece in self._one_answer(messages, tools):
                    has_spoken = True
                    yield piece
            except Exception as error:
                words = str(error)
                self.failures.append(words)
                if NO_SUCH_TOOL in words and not has_spoken:
                    return
                if has_spoken or not any(marker in words for marker in GARBLED):
                    raise
                if not may_repeat:
                    return
            else:
                return

    async def _one_answer(
        self, messages: list[Message], tools: list[dict[str, Any]]
    ) -> AsyncIterator[str | LLMResponse]:
        if self._streams:
            async for piece in self._provider.stream_turn(messages, tools):
                yield piece
            return
        response = await self._provider.chat(messages=messages, tools=tools)
        if response.content and not response.tool_calls:
            yield response.content
        yield response

    async def _after_tools(self, messages: list[Message], response: LLMResponse) -> list[Message]:
        calls = response.tool_calls
        history = [*messages, self._provider.format_tool_call_message(content=response.content, tool_calls=calls)]
        done = set()
        for call in calls:
            what = (call.name, json.dumps(call.arguments, sort_keys=True))
            if what in done:
                continue
            done.add(what)
            try:
                result = await self._tools[call.name](**call.arguments)
            except Exception as error:
                result = f"Error executing tool {call.name}: {error}"
            history.append(self._provider.format_tool_result(content=result, tool_call_id=call.id, tool_name=call.name))
        return history


def without_tools(messages: list[Message]) -> list[Message]:
    """Return a history in which calls and results of tools are plain texts."""
    plain = []
    for message in messages:
        if message["role"] == "tool":
            plain.append({"role": "system", "content": f"Tool result: {message['content']}"})
        elif calls := message.get("tool_calls"):
            lines = [message["content"]] if message["content"] else []
            lines += [f"[Called {call['function']['name']} with {call['function']['arguments']}]" for call in calls]
            plain.append({"role": message["role"], "content": "\n".join(lines)})
        else:
            plain.append(message)
    return plain
