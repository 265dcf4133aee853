"""What a handler is given, and what it returns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from caal_desktop.demo.errors import ApiError

MAX_FIELDS = 200
"""Fields of a query or a form."""
JSON = "application/json"


class Channel(Protocol):
    """What a request and its answer need of their connection."""

    @property
    def port(self) -> int:
        """The server's port."""

    def close(self) -> None:
        """Close the connection. What was written before still arrives."""

    def abort(self) -> None:
        """Close the connection, and discard what is still to be sent."""

    async def send_head(self, status: int, headers: dict[str, str]) -> None:
        """Begin an answer that comes in pieces."""

    async def send_piece(self, data: bytes) -> None:
        """Send a piece of it; waits while the client is slow to read."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, body included.

    Attributes:
        connection: on which it came.
        method: in capitals.
        raw_path: as it came, percent-encoded.
        query: decoded; the first of several values of a name.
        headers: names and values as they came.
        body: the bytes.
    """

    connection: Channel
    method: str
    raw_path: str
    query: dict[str, str]
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def build(
        cls, connection: Channel, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> Request:
        """Build a request from its parts.

        Raises:
            ApiError: 400, the target is malformed.
        """
        path, _, query = target.partition("?")
        if "://" in path and not path.startswith("/"):
            # The absolute form, with which a client asks a proxy.
            try:
                path = urlsplit(path).path or "/"
            except ValueError as error:
                raise ApiError(400, "Bad Request") from error
        return cls(connection, method, path, _fields(query), headers, body)

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(self.raw_path)

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in whatever case; None where there is none."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body's JSON.

        Raises:
            ApiError: 400, it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ApiError(400, "Invalid request: the body is not valid JSON.") from error

    def form(self) -> dict[str, str]:
        """Return the fields of a form as a browser sends it (``application/x-www-form-urlencoded``).

        Raises:
            ApiError: 400, there are too many.
        """
        return _fields(self.body.decode(errors="replace"))


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS):
            fields.setdefault(name, value)
    except ValueError as error:
        raise ApiError(400, "Bad Request") from error
    return fields


@dataclass(slots=True)
class Response:
    """An answer in one piece.

    Attributes:
        body: the bytes; a request with HEAD gets their length alone.
        content_type: None where there is no body.
        status: the HTTP status.
        headers: further ones.
    """

    body: bytes = b""
    content_type: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def encode_json(data: object) -> bytes:
    """Return JSON as UTF-8; escaped where it contains half of a surrogate pair, which UTF-8 cannot encode."""
    try:
        return json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(data).encode()


def json_response(data: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that is JSON."""
    return Response(encode_json(data), JSON, status, headers or {})


def html_response(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer that is a page."""
    return Response(text.encode(), "text/html; charset=utf-8", status, headers or {})


def error_response(error: ApiError) -> Response:
    """Return an error as an answer."""
    return json_response(error.body(), error.status, error.headers)


class Stream:
    """An answer that is sent piece by piece: what was written has been sent when :meth:`write` returns.

    A handler starts it, writes, and returns it; the end is written for it. A client that disconnects cancels the
    handler; a write that notices earlier raises ConnectionError.

    Args:
        request: what is answered.
        headers: all but those of the body's framing.
        status: the HTTP status.
    """

    def __init__(self, request: Request, headers: dict[str, str], status: int = 200) -> None:
        self._connection = request.connection
        self.headers = headers
        self.status = status

    async def start(self) -> None:
        """Send the head."""
        await self._connection.send_head(self.status, self.headers)

    async def write(self, data: bytes) -> None:
        """Send one piece; waits while the client is slow to read."""
        await self._connection.send_piece(data)


Answer = Response | Stream
