"""What arrives at a server, byte by byte: a forwarder before one that runs already, and a server that betrays keys.

They run in threads: the test that starts them waits for a program that is another process.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "listener/model"


@dataclass
class Recorded:
    """What came to one port.

    Attributes:
        port: where it listens, on 127.0.0.1.
        streams: the bytes of each connection.
    """

    port: int = 0
    streams: list[bytearray] = field(default_factory=list)

    @property
    def all(self) -> bytes:
        """Everything that came."""
        return b"\n".join(bytes(stream) for stream in list(self.streams))

    def without(self, *lines: str) -> bytes:
        """Return everything that came but for these lines of the requests' heads, whatever the case of their names."""
        rest = self.all
        for line in lines:
            rest = re.sub(rb"(?im)^" + re.escape(line.encode()) + rb"\r$", b"(taken out)", rest)
        return rest


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def recording(target: int) -> Iterator[Recorded]:
    """Pass connections on to a port of this machine, and keep what is sent there.

    Args:
        target: the port.
    """
    recorded = Recorded()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            stream = bytearray()
            recorded.streams.append(stream)
            with socket.create_connection(("127.0.0.1", target)) as there:
                back = threading.Thread(target=_pump, args=(there, self.request), daemon=True)
                back.start()
                _pump(self.request, there, stream, (b":%d\r\n" % recorded.port, b":%d\r\n" % target))
                back.join()

    with _serving(_Server(("127.0.0.1", 0), Handler)) as recorded.port:
        yield recorded


def _pump(
    source: socket.socket, sink: socket.socket, stream: bytearray | None = None, port: tuple[bytes, bytes] = (b"", b"")
) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            if stream is not None:
                stream += data
                # The server there wants to be asked by its own name.
                data = data.replace(b"Host: 127.0.0.1%b" % port[0], b"Host: 127.0.0.1%b" % port[1])
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


class Betrayal(StrEnum):
    """How a server gives back a key."""

    ERROR = "in an error's body and headers"
    BROKEN_HEADER = "in a line that is no header"
    FACTS = "in what a good answer tells of itself"
    PIECES = "in a good answer's text, of which no chunk has the whole key"


@dataclass
class TellTale:
    """A model server, to be reached as a proxy, that may give back the key it was sent.

    Attributes:
        port: where it listens, on 127.0.0.1.
        betrayal: how it gives the key back; None answers sensibly.
        request_id: what it calls each request, in the answer's head, as long as it betrays nothing.
        told: the keys that it gave back.
    """

    port: int = 0
    betrayal: Betrayal | None = None
    request_id: str = "1"
    told: list[str] = field(default_factory=list)


@contextmanager
def tell_tale() -> Iterator[TellTale]:
    """Run such a server."""
    server = TellTale()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if not self._betray():
                self._send(json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]}).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not self._betray():
                self._stream(["Hi"], {"id": "gen-1", "model": MODEL}, **{"X-Request-Id": server.request_id})

        def _betray(self) -> bool:
            key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if server.betrayal is None or not key:
                return False
            server.told.append(key)
            headers = dict.fromkeys(("X-Request-Id", "X-Generation-Id", "Retry-After", "Server", "Location"), key)
            if server.betrayal is Betrayal.BROKEN_HEADER:
                self.wfile.write(f"HTTP/1.1 200 OK\r\nX-Key {key}\r\nContent-Length: 0\r\n\r\n".encode())
                self.close_connection = True
            elif server.betrayal is Betrayal.FACTS:
                facts = dict.fromkeys(("id", "model", "provider", "system_fingerprint", "service_tier"), key)
                self._stream(["Well"], facts, **headers)
            elif server.betrayal is Betrayal.PIECES:
                middle = len(key) // 2
                self._stream(["It was ", key[:middle], f"{key[middle:]}, I think"], {"id": "gen-2", "model": MODEL})
            else:
                # The key stands across the place where a long text is cut.
                message = f"{'Wrong key. ' * 25}You sent {key}, that is {key!r}."
                error = {"message": message, "code": 400, "type": key, "metadata": {"raw": message, "key": key, key: 1}}
                headers["WWW-Authenticate"] = f'Bearer realm="{key}"'
                self._send(json.dumps({"error": error}).encode(), status=400, **headers)
            return True

        def _stream(self, texts: list[str], facts: dict[str, str], **headers: str) -> None:
            deltas = [({"role": "assistant", "content": text}, None) for text in texts]
            choices = [{"index": 0, "delta": delta, "finish_reason": end} for delta, end in (*deltas, ({}, "stop"))]
            events = "".join(f"data: {json.dumps({**facts, 'choices': [choice]})}\n\n" for choice in choices)
            self._send(f"{events}data: [DONE]\n\n".encode(), "text/event-stream", **headers)

        def _send(self, body: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    with _serving(http) as server.port:
        yield server


@contextmanager
def _serving(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
