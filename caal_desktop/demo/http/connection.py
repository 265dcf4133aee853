"""One connection: its requests in their order, each answered before the next is read.

The grammar of HTTP is h11's, which does no input or output of its own; the sockets are asyncio's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import h11

from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.http.messages import Request, Response, error_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from caal_desktop.demo.http.messages import Answer

    Handler = Callable[[Request], Awaitable[Answer]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may send.

    Attributes:
        head: bytes of a request's line and headers.
        body: bytes of a request's body.
        read_ahead: bytes of further requests that are read while one is answered.
        idle: seconds between requests.
        arrival: seconds from a request's first byte to its last.
        linger: seconds for which a client may go on sending what was refused, so that it can read the refusal.
    """

    head: int = 32 * 1024
    body: int = 64 * 1024 * 1024  # pictures come inside the request
    read_ahead: int = 64 * 1024
    idle: float = 3600.0
    arrival: float = 60.0
    linger: float = 2.0


class HttpConnection(asyncio.Protocol):
    """Serves one client; a task of its own reads, calls the handler and writes.

    The handler is cancelled as soon as the client disconnects: that is how it learns of a stop.

    Args:
        handler: answers a request.
        limits: what one client may send.
        open_connections: those of the same listener; this one adds itself, and removes itself at its end.
    """

    def __init__(self, handler: Handler, limits: Limits, open_connections: set[HttpConnection]) -> None:
        self._handler = handler
        self._limits = limits
        self._open_connections = open_connections
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._transport: asyncio.Transport
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._is_head_request = False
        self._is_busy = False
        self._is_last = False
        self._ignores_input = False
        self.task: asyncio.Task[None]

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Close the connection, even in the middle of an answer. What was written before still arrives."""
        self._transport.close()

    def abort(self) -> None:
        """Close the connection, and discard what is still to be sent."""
        self._transport.abort()

    def end(self) -> None:
        """Take no further request; close as soon as nothing is under way."""
        self._is_last = True
        if not self._is_busy:
            self._transport.close()

    # --- what asyncio calls --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve a client."""
        self._transport = cast("asyncio.Transport", transport)
        self._open_connections.add(self)
        self.task = asyncio.get_running_loop().create_task(self._serve(), name="demo connection")

    def data_received(self, data: bytes) -> None:
        """Take a part of a request, or of the next one while this one is answered."""
        if self._ignores_input:
            return
        self._http.receive_data(data)
        self._arrived.set()
        if self._is_busy and len(self._http.trailing_data[0]) > self._limits.read_ahead:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the handler: the client has disconnected, or this side has closed the connection."""
        self._open_connections.discard(self)
        self.task.cancel()

    def pause_writing(self) -> None:
        """Stop sending: the client is slow to read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Send again: the client has caught up."""
        self._writable.set()

    # --- requests ------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        try:
            while await self._answer_next():
                self._http.start_next_cycle()
        except ConnectionError:
            logger.debug("A connection ended while a request was answered")
        except h11.LocalProtocolError:
            logger.exception("An answer was aborted, for it would not be valid HTTP")
        finally:
            self._transport.close()

    async def _answer_next(self) -> bool:
        """Answer one request, and return whether another one may follow."""
        self._is_head_request = False
        try:
            request = await self._receive()
        except ApiError as error:
            await self._refuse(error)
            return False
        if request is None:
            return False
        self._is_busy = True
        await self._finish(await self._answer(request))
        self._is_busy = False
        return not self._is_last and self._http.our_state is self._http.their_state is h11.DONE

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._handler(request)
        except ApiError as error:
            return error_response(error)
        except ConnectionError:
            raise
        except Exception:
            logger.exception("%s %s could not be answered", request.method, request.path)
            return error_response(ApiError(500, "Internal Server Error"))

    async def _receive(self) -> Request | None:
        """Return the next request; None where none came in time.

        Raises:
            ApiError: it is not well-formed, too large or too slow.
        """
        has_begun = False
        try:
            async with asyncio.timeout(self._limits.idle) as deadline:
                while not self._http.trailing_data[0]:
                    await self._wait_for_data()
                has_begun = True
                deadline.reschedule(asyncio.get_running_loop().time() + self._limits.arrival)
                head = cast("h11.Request", await self._event())  # h11 begins with nothing else
                self._is_head_request = head.method == b"HEAD"
                body = await self._body(head)
        except TimeoutError as error:
            if has_begun:
                raise ApiError(408, "Request Timeout") from error
            return None
        except h11.RemoteProtocolError as error:
            status = HTTPStatus(error.error_status_hint)
            raise ApiError(status.value, status.phrase) from error
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items())
        return Request.build(self, head.method.decode(), head.target.decode("latin-1"), headers, body)

    async def _body(self, head: h11.Request) -> bytes:
        # h11 counts only what it could not parse yet.
        if len(head.target) + sum(len(name) + len(value) for name, value in head.headers) > self._limits.head:
            raise ApiError(431, "Request Header Fields Too Large")
        announced = next((int(value) for name, value in head.headers if name == b"content-length"), 0)
        body = bytearray()
        while max(announced, len(body)) <= self._limits.body:
            event = await self._event()
            if isinstance(event, h11.EndOfMessage):
                return bytes(body)
            body += cast("h11.Data", event).data
        raise ApiError(413, "Request payload too large")

    async def _event(self) -> h11.Event:
        while not isinstance(event := self._http.next_event(), h11.Event):
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            await self._wait_for_data()
        return event

    async def _wait_for_data(self) -> None:
        self._transport.resume_reading()
        await self._arrived.wait()
        self._arrived.clear()

    async def _refuse(self, error: ApiError) -> None:
        """Tell what was wrong with a request, and wait a little until the client has stopped sending it."""
        self._ignores_input = True
        answer = error_response(error)
        answer.headers = {**answer.headers, "Connection": "close"}
        await self._finish(answer)
        self._transport.write_eof()
        await asyncio.sleep(self._limits.linger)

    # --- answers -------------------------------------------------------------------------------------------------

    async def send_head(self, status: int, headers: dict[str, str]) -> None:
        """Begin an answer whose length is not known."""
        await self._send(_head(status, headers))

    async def send_piece(self, data: bytes) -> None:
        """Send a piece of the answer that was begun."""
        if not self._is_head_request:
            await self._send(h11.Data(data))

    async def _finish(self, answer: Answer) -> None:
        """Send an answer, or the end of one that was sent piece by piece."""
        if not isinstance(answer, Response):
            await self._send(h11.EndOfMessage())
            return
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        if answer.content_type is not None:
            headers = {"Content-Type": answer.content_type, **headers}
        body = [] if self._is_head_request else [h11.Data(answer.body)]
        await self._send(_head(answer.status, headers), *body, h11.EndOfMessage())

    async def _send(self, *events: h11.Event) -> None:
        if self._transport.is_closing():
            raise ConnectionResetError("The connection has ended.")
        self._transport.write(b"".join(self._http.send(event) or b"" for event in events))
        await self._writable.wait()


def _head(status: int, headers: dict[str, str]) -> h11.Response:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:  # 524 and 529 are in no standard
        reason = ""
    all_headers = {"Date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), **headers}
    return h11.Response(
        status_code=status,
        headers=[(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in all_headers.items()],
        reason=reason.encode("ascii"),
    )
