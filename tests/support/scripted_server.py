"""An HTTP server on loopback that answers exactly what a test scripts: bytes, pauses and broken connections.

A script is a sequence of replies, one for each request; the last one answers every further request too. The server
keeps what it was asked, so that a test can look at the wire.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from caal_desktop.demo.http.listener import HOST, listening
from caal_desktop.demo.http.messages import Request, Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from caal_desktop.demo.http.connection import HttpConnection

SSE = "text/event-stream"


class _Sentinel:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


HANG = _Sentinel("HANG")
"""A step that sends nothing more until the client goes away."""
DROP = _Sentinel("DROP")
"""A step that breaks the connection off, in the middle of whatever it was."""


@dataclass(frozen=True)
class Pause:
    """A step that waits."""

    seconds: float


@dataclass(frozen=True)
class Endless:
    """A step that sends the same piece again and again, until the client goes away."""

    piece: bytes


Step = bytes | Pause | Endless | asyncio.Event | _Sentinel
"""What a reply does next. An event is waited for: the test sets it."""


@dataclass
class Reply:
    """One answer.

    Attributes:
        steps: what is sent, in order; each piece of bytes is one chunk on the wire.
        status, headers, content_type: the head of the answer. A ``content_type`` of None leaves the header out.
        before: pauses and faults before the head is sent.
    """

    steps: tuple[Step, ...] = ()
    status: int = 200
    content_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    before: tuple[Step, ...] = ()


@dataclass(frozen=True)
class SeenRequest:
    """What the client sent; the names of its headers are in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


def json_reply(payload: object, status: int = 200, **headers: str) -> Reply:
    """Return an answer whose body is ``payload`` as JSON; underscores in header names become hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply((json.dumps(payload).encode(),), status, headers=names)


def error_reply(
    code: int | str, message: str, status: int | None = None, metadata: Mapping[str, Any] | None = None, **headers: str
) -> Reply:
    """Return an error as OpenRouter sends it; the HTTP status is the code unless given."""
    error: dict[str, Any] = {"code": code, "message": message}
    if metadata is not None:
        error["metadata"] = metadata
    return json_reply({"error": error}, int(code) if status is None else status, **headers)


def sse_reply(*steps: Step, **headers: str) -> Reply:
    """Return a stream of events."""
    return Reply(steps, content_type=SSE, headers={n.replace("_", "-"): v for n, v in headers.items()})


def frame(payload: object) -> bytes:
    """Return one event of a stream: an object as JSON, or a text as it is."""
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def delta(content: str | None = None, *, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return one chunk of a streamed completion."""
    change = {name: value for name, value in fields.items() if value is not None}
    if content is not None:
        change["content"] = content
    return {
        "id": "gen-1",
        "object": "chat.completion.chunk",
        "model": "vendor/model",
        "choices": [{"index": 0, "delta": change, "finish_reason": finish}],
    }


def text_stream(*pieces: str, finish: str | None = "stop", done: bool = True) -> Reply:
    """Return a good stream of text."""
    steps: list[Step] = [frame(delta(piece)) for piece in pieces]
    if finish is not None:
        steps.append(frame(delta(finish=finish)))
    if done:
        steps.append(frame("[DONE]"))
    return sse_reply(*steps)


class ScriptedServer:
    """The running server.

    Attributes:
        gets: a script of their own for GET requests; None where they share the other.
        requests: what was asked, in order.
        connections: on which it was asked.
        url: the server's root.
        client_left: set when a client closed its connection before the answer was complete.
    """

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.gets: list[Reply] | None = None
        self.requests: list[SeenRequest] = []
        self.connections: set[HttpConnection] = set()
        self.url = ""
        self.client_left = asyncio.Event()

    @property
    def base_url(self) -> str:
        """The address to give to a provider."""
        return f"{self.url}/api/v1"

    @property
    def last(self) -> SeenRequest:
        """The last request."""
        return self.requests[-1]

    @property
    def open_connections(self) -> int:
        """How many of the connections on which something was asked have not ended, as this side sees it."""
        return sum(not connection.task.done() for connection in self.connections)

    async def handle(self, request: Request) -> Stream:
        """Answer one request with the script's next reply."""
        body = request.json() if request.body else None
        headers = {name.lower(): value for name, value in request.headers}
        self.requests.append(SeenRequest(request.method, request.path, request.query, headers, body))
        self.connections.add(cast("HttpConnection", request.connection))
        script = self.script if self.gets is None or request.method != "GET" else self.gets
        reply = script.pop(0) if len(script) > 1 else script[0]
        kind = {} if reply.content_type is None else {"Content-Type": reply.content_type}
        stream = Stream(request, {**reply.headers, **kind}, reply.status)
        try:
            for step in reply.before:
                await self._step(request, stream, step)
            await stream.start()
            for step in reply.steps:
                await self._step(request, stream, step)
        except (asyncio.CancelledError, ConnectionError):
            self.client_left.set()
            raise
        return stream

    async def _step(self, request: Request, stream: Stream, step: Step) -> None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        elif isinstance(step, Endless):
            while True:
                await stream.write(step.piece)
                # A client that reads as fast as this must get its turn.
                await asyncio.sleep(0)
        elif isinstance(step, asyncio.Event):
            await step.wait()
        elif step is HANG:
            # The handler is cancelled when the client goes away.
            await asyncio.Event().wait()
        elif step is DROP:
            request.connection.close()
            raise ConnectionResetError
        else:
            assert isinstance(step, bytes)
            await stream.write(step)


@asynccontextmanager
async def scripted_server(*script: Reply) -> AsyncIterator[ScriptedServer]:
    """Run a server on a free port of 127.0.0.1 while the block runs."""
    server = ScriptedServer(*script)
    async with listening(server.handle) as port:
        server.url = f"http://{HOST}:{port}"
        yield server
