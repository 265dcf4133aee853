"""How long a voice is silent before an answer: its first sentence while the rest is written, or the whole of it.

Both sides ask the same demo server, at the pace of an ordinary model, for the same answer with the same tools.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self

from caal_desktop.demo.launcher import DemoProcess
from caal_desktop.llm import OpenRouterProvider, SentenceSplitter, warm_up
from tests.bench.harness import Metric, benchmark
from tests.llm.helpers import TOOL

if TYPE_CHECKING:
    from types import TracebackType

_MODEL = "openai/gpt-5.4-nano"
_MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": "Tell me about voice assistants in three sentences."}]
_OPTIONS = {"reasoning": {"enabled": False}, "max_tokens": 200}


@benchmark("voice", [Metric("silence", "ms", aim=0.7)])
class Voice:
    """The silence before the first sentence, against that before a whole answer."""

    def __enter__(self) -> Self:
        warm_up()
        self.demo = DemoProcess()
        self.demo.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.demo.stop()

    def _provider(self) -> OpenRouterProvider:
        return OpenRouterProvider(_MODEL, self.demo.key or "", base_url=self.demo.base_url)

    def ours(self) -> dict[str, float]:
        async def silence() -> float:
            splitter = SentenceSplitter("en")
            async with self._provider() as provider:
                began = time.perf_counter()
                async with aclosing(provider.stream_turn(_MESSAGES, [TOOL], **_OPTIONS)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str) and splitter.feed(piece):
                            return time.perf_counter() - began
            raise AssertionError("The answer has one sentence: there is nothing to compare.")

        return {"silence": asyncio.run(silence()) * 1000}

    def baseline(self) -> dict[str, float]:
        async def silence() -> float:
            async with self._provider() as provider:
                began = time.perf_counter()
                assert (await provider.chat(_MESSAGES, [TOOL], **_OPTIONS)).content
                return time.perf_counter() - began

        return {"silence": asyncio.run(silence()) * 1000}
