"""Reads one streamed answer: from the response's bytes to events."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, Protocol

from caal_desktop.llm import errors
from caal_desktop.llm.echoes import hide_echoes
from caal_desktop.llm.events import AnsweredBy, FinishReason, KeepAlive, StreamFinished
from caal_desktop.llm.fields import parse_json
from caal_desktop.llm.streaming import answers
from caal_desktop.llm.streaming.answers import StreamAssembler
from caal_desktop.llm.streaming.ndjson import NDJSONDecoder
from caal_desktop.llm.streaming.sse import LineTooLongError, SSEComment, SSEDecoder
from caal_desktop.llm.transport import error_mapping

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.errors.context import RequestContext
    from caal_desktop.llm.events import StreamEvent
    from caal_desktop.llm.streaming.sse import SSEvent
    from caal_desktop.llm.transport.sdk import Response

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
_DRAIN_SECONDS: Final = 0.1
"""How long to wait for the closing bytes after the end mark, or for that after the usage. With them the connection can
be used again."""
_AFTER_REASON_SECONDS: Final = 1.0
"""How long to wait for usage and end mark after a finish reason. OpenRouter's usage comes some tenths of a second after
it; some servers send no end mark, and keep the connection open."""
_AFTER_LAST_WORDS_SECONDS: Final = 3.0
"""The same where the reason came with a piece of the answer: some servers give one with every piece."""
_DONE: Final = "[DONE]"
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_MAX_BLANK_HEAD: Final = 64 * 1024
_MAX_BEGINNING: Final = 2048
_PINGS: Final = frozenset({"ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"})
"""Types of events that tell nothing else, whatever is in them: Anthropic sends ``{"type": "ping"}``, as proxies do."""


class LineTranslator(Protocol):
    """Turns the lines of one answer in a server's own form into chunks of the chat completions API."""

    def chunk(self, line: dict[str, Any]) -> dict[str, Any]:
        """Return the chunk for the next line; only the last one has a finish reason."""


class _Reader:
    """The state of one stream.

    Attributes:
        assembler: what has been read of the answer.
        is_done: the end mark has come.
        error: what is wrong with the stream; None while nothing is.
        beginning: how the body begins, as long as it is no event stream; cut.
    """

    def __init__(self, context: RequestContext, response: Response, translator: LineTranslator | None) -> None:
        self._context = context
        self._headers = response.headers
        self._translator = translator
        self._decoder = SSEDecoder() if translator is None else NDJSONDecoder()
        self.assembler = StreamAssembler(context.secrets)
        self.is_done = False
        self.error: ProviderError | None = None
        self.beginning: bytes | None = b""

    @property
    def patience(self) -> float | None:
        """How long to wait for more, in seconds; None for as long as for the next word."""
        if not self.assembler.has_ended:
            return None
        if not self.assembler.has_surely_ended:
            return _AFTER_LAST_WORDS_SECONDS
        return _AFTER_REASON_SECONDS if self.assembler.usage is None else _DRAIN_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether nothing more needs to be read."""
        return self.is_done or self.error is not None

    def feed(self, chunk: bytes) -> list[StreamEvent]:
        """Return the events of a chunk, up to an error, which is kept in :attr:`error`."""
        try:
            items = self._decoder.feed(chunk)
        except LineTooLongError:
            return self._refuse_length()
        if self.beginning is not None:
            self.beginning = None if items else (self.beginning + chunk)[:_MAX_BEGINNING]
        return self._events(items, at_end=False)

    def finish(self) -> list[StreamEvent]:
        """Return the events that the stream's end completes, up to an error, which is kept in :attr:`error`."""
        try:
            items = self._decoder.finish()
        except LineTooLongError:
            return self._refuse_length()
        if items:
            self.beginning = None
        return self._events(items, at_end=True)

    def _refuse_length(self) -> list[StreamEvent]:
        if self.assembler.has_ended:
            self.is_done = True
            return []
        self.error = self._context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_too_long)
        return []

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
            if item.event and _is_sign_of_life(item.event, data):
                events.append(KeepAlive())
                continue
            if not data:
                continue
            payload = parse_json(hide_echoes(data, self._context.secrets))
            if not isinstance(payload, dict):
                if self.assembler.has_ended:
                    continue  # whatever it is, it spoils no answer that was complete before
                if item.event == "error" and not data.startswith("{"):
                    self.error = error_mapping.error_from_payload(self._context, data, self._headers)
                    break
                # The last line of an interrupted stream may be half a chunk: not damage, but an interruption.
                if not at_end:
                    self.error = self._context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_not_json)
                break
            if self._translator is not None:
                payload = self._translator.chunk(payload)
            error: Any = error_mapping.error_in(payload)
            if error is None and item.event == "error":
                error = payload
            if error is not None:
                if self.assembler.has_ended and self.assembler.has_surely_ended:
                    continue
                self._add_partial(payload, events)
                self.error = error_mapping.error_from_payload(self._context, {"error": error}, self._headers)
                break
            events += self.assembler.feed(payload)
            if self._translator is not None and self.assembler.finish_reason is not None:
                self.is_done = True
                break
        return events

    def _add_partial(self, payload: dict[str, Any], events: list[StreamEvent]) -> None:
        """Add the text that the chunk of an error may have: it has been generated and paid for."""
        events += [event for event in self.assembler.feed(payload) if not isinstance(event, AnsweredBy)]

    def failure(self, cause: ProviderError | None) -> ProviderError | None:
        """Return why the answer is not complete; None where it is.

        Args:
            cause: why nothing more could be read; None where the stream came to its end, or was read far enough.
        """
        if self.error is not None:
            return self.error
        if self.is_done or self.assembler.finish_reason is not None:
            return None
        return cause or self._context.error(errors.StreamInterrupted)

    def end(self) -> list[StreamEvent]:
        """Return the last events of a complete answer."""
        events = self.assembler.finish()
        if self.assembler.usage is not None:
            events.append(self.assembler.usage)
        reason = self.assembler.finish_reason or FinishReason.UNKNOWN
        events.append(StreamFinished(reason, self.assembler.native_reason))
        return events


def _is_sign_of_life(event: str, data: str) -> bool:
    """Return whether an event of a type of its own, such as ``event: ping``, says only that the server is there."""
    return event in _PINGS or (event not in ("message", "error") and not data.startswith("{"))


class _Source:
    """The chunks of a response's body.

    Attributes:
        error: the exception of the layers below, as an error of the tree; None while there is none.
    """

    def __init__(self, context: RequestContext, response: Response) -> None:
        self._context = context
        self._chunks = response.aiter_bytes()
        self._patience = self._waited = 0.0
        self.error: ProviderError | None = None

    async def next(self) -> bytes | None:
        """Return the next chunk; None at the end, and after an error."""
        try:
            return await anext(self._chunks, None)
        except Exception as cause:
            self.error = error_mapping.error_from_exception(self._context, cause, streaming=True)
            return None

    async def next_within(self, patience: float) -> bytes | None:
        """Return the next chunk; None where none comes in time, after which nothing can be read any more.

        Args:
            patience: seconds for all calls in a row that name the same number. What the caller does between them does
                not count: it may take its time with an answer that has long come.
        """
        if patience != self._patience:
            self._patience, self._waited = patience, 0.0
        loop = asyncio.get_running_loop()
        begin = loop.time()
        chunk = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience - self._waited):
                chunk = await self.next()
        self._waited += loop.time() - begin
        return chunk

    async def head(self) -> bytes:
        """Return the chunks up to the first byte that is not blank, which tells an event stream from other bodies."""
        head = b""
        while not head.strip(_BLANK) and len(head) < _MAX_BLANK_HEAD:
            chunk = await self.next()
            if chunk is None:
                break
            head += chunk
        return head

    async def rest(self, head: bytes) -> bytes | None:
        """Return the whole body; None where it is too long."""
        pieces, size = [head], len(head)
        while (chunk := await self.next()) is not None:
            size += len(chunk)
            if size > MAX_BODY_BYTES:
                return None
            pieces.append(chunk)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read the closing bytes, without waiting long, so that the connection can be used again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self.next() is not None:
                    pass

    async def aclose(self) -> None:
        # The layers below are generators as well, which closing this one would leave to be finalised later, in another
        # task, where they fail. Cancelled while they wait, they end at once.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                while await self.next() is not None:
                    pass
        await self._chunks.aclose()


async def read_events(
    context: RequestContext, response: Response, translator: LineTranslator | None = None
) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of a good response.

    A body that is one JSON object instead of an event stream, from a server that ignores ``stream``, is a whole answer.
    An answer is complete once its finish reason has come: where the connection breaks before the end mark, where that
    does not come soon, and whatever comes in its place.

    Args:
        context: the request.
        response: its response, whose body has not been read.
        translator: for an answer that is no event stream but has a line for each chunk, in a form of the server's own.

    Raises:
        ProviderError: whatever went wrong.
    """
    reader = _Reader(context, response, translator)
    async with aclosing(_Source(context, response)) as source:
        head = await source.head()
        first = head.lstrip(_BLANK)[:1]
        if first in (b"{", b"[", b"<") if translator is None else first not in (b"", b"{"):
            for event in await _whole_answer(context, response, source, head):
                yield event
            return
        content_type = response.headers.get("content-type", "")
        if not head and source.error is None and "event-stream" not in content_type:
            raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_empty)
        chunk: bytes | None = head
        while chunk is not None:
            for event in reader.feed(chunk):
                yield event
            if reader.is_over:
                break
            patience = reader.patience
            chunk = await (source.next() if patience is None else source.next_within(patience))
        if chunk is None and source.error is None:
            for event in reader.finish():
                yield event
        if reader.beginning and not reader.is_over and source.error is None and "event-stream" not in content_type:
            raise error_mapping.unreadable(context, reader.beginning, response.headers)
        if reader.is_over:
            # After an error, too: a body that is not read to its end is finalised later, and fails then.
            await source.drain()
    failure = reader.failure(source.error)
    for event in reader.end() if failure is None else reader.assembler.finish(is_complete=False):
        yield event
    if failure is not None:
        raise failure


async def _whole_answer(context: RequestContext, response: Response, source: _Source, head: bytes) -> list[StreamEvent]:
    """Return the events of a body that is no event stream but a whole answer."""
    raw = await source.rest(head)
    if source.error is not None:
        raise source.error
    if raw is None:
        raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_too_long)
    payload = error_mapping.decode_object(context, raw, response.headers)
    if answers.parse_completion(payload) is None:
        raise context.error(errors.InvalidResponse, reason=errors.InvalidResponse.why_no_message)
    assembler = StreamAssembler(context.secrets)
    events = assembler.feed(payload) + assembler.finish()
    if assembler.usage is not None:
        events.append(assembler.usage)
    events.append(StreamFinished(assembler.finish_reason or FinishReason.UNKNOWN, assembler.native_reason))
    return events
