"""Servers on loopback that note which secrets reach them: each is an origin of its own, a model server or a proxy.

They run in a thread, so that a test may wait for them from within Qt's loop. As a model server one answers whatever it
is asked with something that makes sense; as a proxy it answers in the place of every host.
"""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "listener/model"


class Listener:
    """What came to one port.

    Attributes:
        port: where it listens, on 127.0.0.1.
        requests: method and target of each request.
        heads: all headers of each request, in one text.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.port = 0

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """A base URL."""
        return f"{self.origin}/api/v1"

    def has_seen(self, secret: str) -> bool:
        """Return whether a secret came, in clear or as a proxy's credentials."""
        return any(secret in _readable(head) for head in self.heads)

    def forget(self) -> None:
        """Delete all requests so far."""
        self.requests.clear()
        self.heads.clear()

    def note(self, request: str, headers: Any) -> None:
        self.requests.append(request)
        self.heads.append("\n".join(f"{name}: {value}" for name, value in headers.items()))


def _readable(head: str) -> str:
    """Return the headers, with the credentials for a proxy decoded."""
    lines = []
    for line in head.splitlines():
        name, _, value = line.partition(": ")
        kind, _, rest = value.partition(" ")
        if name.lower() in ("proxy-authorization", "authorization") and kind.lower() == "basic":
            value = base64.b64decode(rest).decode()
        lines.append(f"{name}: {value}")
    return "\n".join(lines)


def _handler(listener: Listener) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            listener.note(f"GET {self.path}", self.headers)
            if self.path.endswith("/key"):
                self._answer({"data": {"label": "listener", "limit": None, "usage": 0}})
            else:
                self._answer({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

        def do_POST(self) -> None:
            listener.note(f"POST {self.path}", self.headers)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            first = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]}
            last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
            events = "".join(f"data: {json.dumps(event)}\n\n" for event in (first, last))
            self._send(f"{events}data: [DONE]\n\n".encode(), "text/event-stream")

        def do_CONNECT(self) -> None:
            listener.note(f"CONNECT {self.path}", self.headers)
            self.send_error(502)

        def _answer(self, content: object) -> None:
            self._send(json.dumps(content).encode(), "application/json")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    return Handler


@contextmanager
def listening() -> Iterator[Listener]:
    """Return a context in which a listener runs."""
    listener = Listener()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(listener))
    server.daemon_threads = True
    listener.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
