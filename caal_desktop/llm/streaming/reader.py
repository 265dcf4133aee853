"""Reading one streamed answer: from the response's bytes to events."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm import errors
from caal_desktop.llm.events import AnsweredBy, FinishReason, KeepAlive, StreamFinished
from caal_desktop.llm.fields import parse_json
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.streaming.answers import StreamAssembler
from caal_desktop.llm.streaming.sse import LineTooLongError, SSEComment, SSEDecoder
from caal_desktop.llm.transport import error_mapping

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2

    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.errors.context import RequestContext
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.streaming.sse import SSEvent

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
#: How long to wait for the closing bytes after the end mark, in seconds. With them the connection can be used again.
_DRAIN_SECONDS: Final = 0.1
_DONE: Final = "[DONE]"
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_MAX_BLANK_HEAD: Final = 64 * 1024


class _Reader:
    """The state of one stream: what has been decoded, and whether the end mark has come."""

    def __init__(self, context: RequestContext, response: httpx2.Response) -> None:
        self._context = context
        self._headers = response.headers
        self._decoder = SSEDecoder()
        self.assembler = StreamAssembler()
        self.is_done = False
        self.failure: ProviderError | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more needs to be read."""
        return self.is_done or self.failure is not None

    def feed(self, chunk: bytes) -> list[StreamEvent]:
        """Return the events of a chunk; a fault is kept in ``failure``, after the events that came before it."""
        try:
            items = self._decoder.feed(chunk)
        except LineTooLongError:
            self.failure = self._context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_too_long)
            return []
        return self._events(items, at_end=False)

    def finish(self) -> list[StreamEvent]:
        """Return the events that only the stream's end completes."""
        return self._events(self._decoder.finish(), at_end=True)

    def _events(self, items: list[SSEvent | SSEComment], *, at_end: bool) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for item in items:
            if isinstance(item, SSEComment):
                events.append(KeepAlive())
                continue
            data = item.data.strip() if item.data[:1].isspace() or item.data[-1:].isspace() else item.data
            if data == _DONE:
                self.is_done = True
                break
            if not data:
                continue
            payload = parse_json(data)
            if not isinstance(payload, dict):
                # The last line of a stream that was cut is half a chunk: that is an interruption, not damage.
                if not at_end:
                    self.failure = self._context.error(
                        errors.InvalidResponse, reason=errors.InvalidResponse.why_not_json
                    )
                break
            error: Any = error_mapping.error_in(payload)
            if error is None and item.event == "error":
                error = payload
            if error is not None:
                self._add_partial(payload, events)
                self.failure = error_mapping.error_from_payload(self._context, {"error": error}, self._headers)
                break
            events += self.assembler.feed(payload)
        return events

    def _add_partial(self, payload: dict[str, Any], events: list[StreamEvent]) -> None:
        """Add the text that an error's own chunk may carry: it has been generated and paid for."""
        events += [event for event in self.assembler.feed(payload) if not isinstance(event, AnsweredBy)]

    def end(self) -> list[StreamEvent]:
        """Return the last events of a stream that ended well, or raise what went wrong."""
        if self.failure is not None:
            raise self.failure
        reason = self.assembler.finish_reason
        if reason is None and not self.is_done:
            raise self._context.error(errors.StreamInterrupted)
        events = self.assembler.finish()
        if self.assembler.usage is not None:
            events.append(self.assembler.usage)
        events.append(StreamFinished(reason or FinishReason.UNKNOWN, self.assembler.native_reason))
        return events


class _Source:
    """The body's chunks, with every exception of the layers below translated and kept in ``failure``."""

    def __init__(self, context: RequestContext, response: httpx2.Response) -> None:
        self._context = context
        self._chunks = response.aiter_bytes()
        self.failure: ProviderError | None = None

    async def next(self) -> bytes | None:
        """Return the next chunk; None at the end, and on a failure."""
        try:
            return await anext(self._chunks, None)
        except Exception as error:
            self.failure = error_mapping.error_from_exception(self._context, error, streaming=True)
            return None

    async def head(self) -> bytes:
        """Return the chunks up to the first byte that is not blank: it tells an event stream from other bodies."""
        head = b""
        while not head.strip(_BLANK) and len(head) < _MAX_BLANK_HEAD:
            chunk = await self.next()
            if chunk is None:
                break
            head += chunk
        return head

    async def rest(self, head: bytes) -> bytes | None:
        """Return the whole body; None where it is longer than a body may be."""
        pieces, size = [head], len(head)
        while (chunk := await self.next()) is not None:
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                return None
            pieces.append(chunk)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read the closing bytes, without waiting long: with them read, the connection can be used again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self.next() is not None:
                    pass

    async def aclose(self) -> None:
        # The layers below are generators of their own, which closing ours would abandon: they are finalised late then,
        # in another task, and complain. Cancelled while they wait for more they end here and now.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                while await self.next() is not None:
                    pass
        await self._chunks.aclose()


async def read_events(context: RequestContext, response: httpx2.Response) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of a 200's body.

    A body that is not an event stream but one JSON object (a server that ignores ``stream``) is taken as a whole
    answer; a web page, an error or anything else raises what fits. A complete answer whose connection breaks
    afterwards, before the end mark, is complete.

    Raises:
        ProviderError: whatever went wrong.
    """
    reader = _Reader(context, response)
    async with aclosing(_Source(context, response)) as source:
        head = await source.head()
        if head.lstrip(_BLANK)[:1] in (b"{", b"[", b"<"):
            for event in await _whole_answer(context, response, source, head):
                yield event
            return
        if not head and source.failure is None and "event-stream" not in response.headers.get("content-type", ""):
            raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_empty)
        chunk: bytes | None = head
        while chunk is not None:
            for event in reader.feed(chunk):
                yield event
            if reader.is_over:
                break
            chunk = await source.next()
        if chunk is None and source.failure is None:
            for event in reader.finish():
                yield event
        if reader.is_over:
            # After an error, too: a body that is left half read is finalised late, and then complains.
            await source.drain()
        elif source.failure is not None and reader.assembler.finish_reason is None:
            raise source.failure
    for event in reader.end():
        yield event


async def _whole_answer(
    context: RequestContext, response: httpx2.Response, source: _Source, head: bytes
) -> list[StreamEvent]:
    """Return the events of a body that is no event stream: an answer in one piece."""
    raw = await source.rest(head)
    if source.failure is not None:
        raise source.failure
    if raw is None:
        raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_too_long)
    payload = error_mapping.decode_object(context, raw, response.headers)
    if answers.parse_completion(payload) is None:
        raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_no_message)
    assembler = StreamAssembler()
    events = assembler.feed(payload) + assembler.finish()
    if assembler.usage is not None:
        events.append(assembler.usage)
    events.append(StreamFinished(assembler.finish_reason or FinishReason.UNKNOWN, assembler.native_reason))
    return events
