"""The turn that docs/voice-agent.md shows is spoken as it says."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from pathlib import Path
from typing import Any

from caal_desktop.llm import LLMResponse, SentenceSplitter, ToolCall, format_tool_result
from tests.llm.helpers import HELLO, TOOL, compatible, run
from tests.support.scripted_server import HANG, delta, frame, scripted_server, sse_reply, text_stream

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "voice-agent.md"


def spoken() -> Any:
    """Return the document's function."""
    code = re.search(r"^```python\n(async def spoken.*?)^```", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert code
    names: dict[str, Any] = {"SentenceSplitter": SentenceSplitter, "aclosing": aclosing, "LLMResponse": LLMResponse}
    exec(code[1], names)  # noqa: S102 - our own document
    return names["spoken"]


def plain(text: str) -> str:
    return text.replace("**", "")


async def no_tools(_calls: list[ToolCall]) -> list[dict[str, Any]]:
    raise AssertionError


def test_its_first_sentence_is_spoken_while_the_model_writes_and_who_interrupts_stops_it() -> None:
    async def test() -> None:
        endless = sse_reply(*map(frame, [delta("It is sunny."), delta(" Ta")]), HANG)
        async with scripted_server(endless) as server, compatible(server) as provider:
            turn = spoken()(provider, [*HELLO], [TOOL], "en", plain, no_tools)
            assert await asyncio.wait_for(anext(turn), 10) == "It is sunny. "
            assert not server.client_left.is_set()
            await turn.aclose()
            await asyncio.wait_for(server.client_left.wait(), 10)

    run(test())


def test_its_turn_speaks_sentence_by_sentence_and_runs_the_tools() -> None:
    heard: list[str] = []

    async def run_tools(calls: list[ToolCall]) -> list[dict[str, Any]]:
        heard.append(f"<{calls[0].name}>")
        return [format_tool_result("sunny", calls[0].id, calls[0].name)]

    call = {"index": 0, "id": "c1", "function": {"name": "get_weather", "arguments": "{}"}}
    asks = sse_reply(
        *map(frame, [delta("One mo"), delta("ment."), delta(tool_calls=[call]), delta(finish="tool_calls")]),
        frame("[DONE]"),
    )
    answers = text_stream("It is **3.5", " degrees**.", " Take", " a hat.")
    messages: list[dict[str, Any]] = [*HELLO]

    async def test() -> None:
        async with (
            scripted_server(asks, answers) as server,
            compatible(server) as provider,
        ):
            turn = spoken()(provider, messages, [TOOL], "en", plain, run_tools)
            async with aclosing(turn) as sentences:
                async for sentence in sentences:
                    heard.append(sentence)  # noqa: PERF401 - in one list with the tools' calls, in their order
            assert [request.body["messages"][-1]["role"] for request in server.requests] == ["user", "tool"]

    run(test())
    assert heard == ["One moment.", "<get_weather>", "It is 3.5 degrees. ", "Take a hat."]
