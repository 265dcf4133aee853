"""Sends a planned answer as server-sent events, at a model's speed, with the faults of a stream."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.chat.replies import Reply, reasoning_detail, usage
from caal_desktop.demo.errors import SUGGESTED, ApiError, availability
from caal_desktop.demo.http.messages import Stream, encode_json
from caal_desktop.demo.pseudorandom import between, token_hex
from caal_desktop.demo.state import ORDINARY_SPEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.demo.catalogue.hosting import ModelSpeed
    from caal_desktop.demo.chat.request_checks import AcceptedRequest
    from caal_desktop.demo.generations import Generation
    from caal_desktop.demo.state import DemoRequest

COMMENT = b": OPENROUTER PROCESSING\n\n"
COMMENT_EVERY_S = 1.0
_FLOOD_BATCH = 50


class _Ended(Exception):  # noqa: N818 - it is no error, it leaves the loop
    """The stream is over, whatever was still planned."""


class TokenPacer:
    """Paces tokens; by a schedule and not by a sum of sleeps, so that the speed holds on a busy machine.

    Args:
        model_speed: the model's.
        speed: tokens per second of an ordinary model; 0 never waits.
    """

    def __init__(self, model_speed: ModelSpeed, speed: float) -> None:
        self._model_speed = model_speed
        self._factor = speed / ORDINARY_SPEED
        self._due: float | None = None
        self._waits = 0

    @property
    def ttft(self) -> float:
        """Seconds to the first token."""
        return self._model_speed.ttft / self._factor if self._factor else 0.0

    async def wait_for_next(self) -> None:
        """Wait for the next token's turn."""
        if not self._factor:
            # Lets the loop notice that the client has disconnected.
            await asyncio.sleep(0)
            return
        now = asyncio.get_running_loop().time()
        self._waits += 1
        gap = between(0.5, 1.5, "jitter", self._waits % 97) / (self._model_speed.tokens_per_second * self._factor)
        self._due = (now if self._due is None else self._due) + gap
        await asyncio.sleep(max(0.0, self._due - now))


class EventStream:
    """Sends one answer."""

    def __init__(self, call: DemoRequest, accepted: AcceptedRequest, generation: Generation, pacer: TokenPacer) -> None:
        self._call = call
        self._accepted = accepted
        self._generation = generation
        self._metronome = pacer
        self._sent = 0
        self._anonymous = call.has_fault("anonymous_chunks")
        self._stream = Stream(
            call.request,
            {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
            | ({} if self._anonymous else {"X-Generation-Id": generation.id}),
        )

    async def send(self, reply: Reply) -> Stream:
        """Send the whole answer; returns early where the fault says so."""
        await self._stream.start()
        with contextlib.suppress(_Ended):
            await self._send(reply)
        return self._stream

    async def _send(self, reply: Reply) -> None:
        await self._wait_for_first_token()
        await self._delta({"role": "assistant", "content": ""})
        await self._count(0)
        for number, token in enumerate(reply.reasoning):
            last = number == len(reply.reasoning) - 1
            await self._pause(reply)
            self._generation.reasoning_tokens += 1
            self._generation.completion_tokens += 1
            if self._accepted.shows_reasoning:
                signature = token_hex(48, "signature", self._generation.id) if last else None
                detail = reasoning_detail(self._accepted, token, signature)
                await self._delta(
                    {"role": "assistant", "content": "", "reasoning": token, "reasoning_details": [detail]}
                )
            await self._count(1)
        await self._text(reply)
        await self._calls(reply)
        finish: dict[str, Any] = {"finish_reason": reply.finish, "native_finish_reason": reply.finish}
        await self._delta({"role": "assistant", "content": ""}, finish)
        if not self._call.has_fault("no_usage"):
            counts = usage(self._accepted, reply.completion_tokens, len(reply.reasoning))
            await self._event(self._chunk([]) | {"usage": counts})
        await self._stream.write(b"data: [DONE]\n\n")

    async def _wait_for_first_token(self) -> None:
        await self._stream.write(COMMENT)
        while self._call.has_fault("only_comments"):
            await asyncio.sleep(COMMENT_EVERY_S / 4)
            await self._stream.write(COMMENT)
        late = self._call.fault.number if self._call.fault and self._call.has_fault("slow_first_token") else 0.0
        left = self._metronome.ttft + late
        while left > COMMENT_EVERY_S:
            await asyncio.sleep(COMMENT_EVERY_S)
            await self._stream.write(COMMENT)
            left -= COMMENT_EVERY_S
        await asyncio.sleep(left)
        self._generation.latency = (self._metronome.ttft + late) * 1000

    async def _text(self, reply: Reply) -> None:
        if reply.unpaced:
            for start in range(0, len(reply.tokens), _FLOOD_BATCH):
                batch = reply.tokens[start : start + _FLOOD_BATCH]
                self._generation.completion_tokens += len(batch)
                events = (self._bytes(self._chunk([self._choice({"content": token})])) for token in batch)
                await self._stream.write(b"".join(events))
                await asyncio.sleep(0)
            return
        for token in reply.tokens:
            await self._pause(reply)
            self._generation.completion_tokens += 1
            await self._delta({"role": "assistant", "content": token})
            await self._count(1)

    async def _calls(self, reply: Reply) -> None:
        for index, call in enumerate(reply.calls):
            function = {"name": call.name, "arguments": ""}
            opening = {"index": index, "id": call.call_id, "type": "function", "function": function}
            await self._pause(reply)
            self._generation.completion_tokens += 8
            await self._delta({"role": "assistant", "content": None, "tool_calls": [opening]})
            await self._count(1)
        for index, piece in _interleaved([call.arguments for call in reply.calls]):
            await self._pause(reply)
            self._generation.completion_tokens += 1
            fragment = {"index": index, "type": "function", "function": {"arguments": piece}}
            await self._delta({"role": "assistant", "content": None, "tool_calls": [fragment]})
            await self._count(1)

    async def _pause(self, reply: Reply) -> None:
        if self._call.fault is not None and self._call.has_fault("slow_trickle"):
            await asyncio.sleep(1 / max(self._call.fault.number, 0.01))
        elif not reply.unpaced:
            await self._metronome.wait_for_next()

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        if self._anonymous:
            return {"choices": choices}
        return {
            "id": self._generation.id,
            "provider": self._accepted.provider,
            "model": self._accepted.row.get("id"),
            "object": "chat.completion.chunk",
            "created": int(self._generation.created.timestamp()),
            "choices": choices,
        }

    @staticmethod
    def _choice(delta: dict[str, Any], finish: dict[str, Any] | None = None) -> dict[str, Any]:
        ending = finish or {"finish_reason": None, "native_finish_reason": None}
        return {"index": 0, "delta": delta, "logprobs": None, **ending}

    @staticmethod
    def _bytes(chunk: dict[str, Any]) -> bytes:
        return b"data: " + encode_json(chunk) + b"\n\n"

    async def _delta(self, delta: dict[str, Any], finish: dict[str, Any] | None = None) -> None:
        await self._event(self._chunk([self._choice(delta, finish)]))

    async def _event(self, chunk: dict[str, Any]) -> None:
        data = self._bytes(chunk)
        if self._call.has_fault("slow_trickle"):
            middle = len(data) // 2
            await self._stream.write(data[:middle])
            await asyncio.sleep(0.01)
            data = data[middle:]
        await self._stream.write(data)

    async def _count(self, tokens: int) -> None:
        """Count tokens and, when the fault's number is reached, inject it."""
        self._sent += tokens
        fault = self._call.fault
        if fault is None or fault.fault.arg is None or self._sent != fault.count:
            return
        if fault.name == "cut_after":
            # A FIN in the middle of the body and not a reset, so that all that was sent surely arrives.
            self._call.request.connection.close()
            raise _Ended
        if fault.name == "stall_after":
            await asyncio.Event().wait()
        elif fault.name == "end_without_done":
            raise _Ended
        elif fault.name == "error_event":
            await self._error_event(self._outage().body())
            raise _Ended
        elif fault.name == "availability_event":
            await self._error_event({"error": self._no_capacity()})
            raise _Ended
        elif fault.name == "broken_chunk":
            await self._stream.write(self._bytes(self._chunk([self._choice({"content": "lost"})]))[:-20] + b"\n\n")
        elif fault.name == "broken_utf8":
            good = self._bytes(self._chunk([self._choice({"content": "@@"})]))
            await self._stream.write(good.replace(b"@@", b"\xff\xfe"))

    def _outage(self) -> ApiError:
        return ApiError(
            502,
            "Provider returned error",
            {"error_type": "provider_unavailable", "provider_name": self._accepted.provider},
        )

    def _no_capacity(self) -> dict[str, Any]:
        why = availability(
            "capacity_exhausted",
            self._accepted.asked,
            retryable=True,
            retry_after=20,
            affected_providers=[self._accepted.provider],
            fallback_models=[SUGGESTED],
        )
        return {
            "message": "Rate limit exceeded",
            "error_type": "rate_limit_exceeded",
            "http_status": 429,
            "availability": why,
        }

    async def _error_event(self, body: dict[str, Any]) -> None:
        finish = {"finish_reason": "error", "native_finish_reason": None}
        chunk = self._chunk([self._choice({"content": ""}, finish)]) | body
        self._generation.finish_reason = "error"
        await self._event(chunk)
        await self._stream.write(b"data: [DONE]\n\n")


def _interleaved(texts: list[str]) -> Iterator[tuple[int, str]]:
    """Pieces of several texts in turn, as parallel tool calls arrive."""
    for start in range(0, max((len(text) for text in texts), default=0), 6):
        for index, text in enumerate(texts):
            if piece := text[start : start + 6]:
                yield index, piece
