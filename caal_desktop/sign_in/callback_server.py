"""Waits on loopback for the browser to come back with a code.

A web server of one page, on asyncio's own streams: an HTTP framework would cost 0.2 s and 15 MB, and would accept more
than is needed. It listens on 127.0.0.1 only, for one answer and a limited time, and accepts nothing but what a browser
sends when it opens the callback's address as a page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

from caal_desktop.sign_in.attempt import is_code
from caal_desktop.sign_in.pages import ENGLISH, PageName, PageTexts, page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.sign_in.attempt import Attempt

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
FALLBACK_PORT = 3000
"""The port that older documents of OpenRouter name."""
READ_DEADLINE_S = 5.0
MAX_HEAD = 16 * 1024
MAX_CONNECTIONS = 32
ENDING_S = 1.0


class PortBusyError(OSError):
    """Every port that was to be tried is in use."""


@dataclass(frozen=True, slots=True)
class Callback:
    """The browser's answer.

    Attributes:
        code: to be exchanged for a key; None where the user, or the provider, refused.
    """

    code: str | None


class CallbackServer:
    """Listens for the callback of one attempt. Use with ``async with``.

    Args:
        attempt: the attempt to sign in.
        ports: tried in turn; 0 takes any free one.
        texts: what the pages say, in the user's language.

    Attributes:
        port: where it listens; 0 before.
    """

    def __init__(
        self,
        attempt: Attempt,
        *,
        ports: tuple[int, ...] = (0, FALLBACK_PORT),
        texts: PageTexts = ENGLISH,
    ) -> None:
        self._attempt = attempt
        self._ports = ports
        self._texts = texts
        self._server: asyncio.Server | None = None
        # Connections whose request has not come yet (browsers open some ahead), and those that are being answered.
        self._silent: set[asyncio.Task[None]] = set()
        self._answered: set[asyncio.Task[None]] = set()
        self._answer: asyncio.Future[Callback] = asyncio.get_running_loop().create_future()
        self.port = 0

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            PortBusyError: every port is in use.
        """
        for port in self._ports:
            with contextlib.suppress(OSError):
                self._server = await asyncio.start_server(self._serve, HOST, port, limit=MAX_HEAD)
                self.port = self._server.sockets[0].getsockname()[1]
                return self
        raise PortBusyError("every port is in use")

    async def __aexit__(self, *_error: object) -> None:
        """Stop listening; answers that have begun are completed."""
        if self._server is not None:
            self._server.close()
        self._answer.cancel()
        for task in self._silent:
            task.cancel()
        if ending := self._silent | self._answered:
            await asyncio.wait(ending, timeout=ENDING_S)

    @property
    def answer(self) -> asyncio.Future[Callback]:
        """The browser's answer, which may not have come yet."""
        return self._answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio calls this in a task
        self._silent.add(task)
        try:
            if len(self._silent) + len(self._answered) <= MAX_CONNECTIONS:
                async with asyncio.timeout(READ_DEADLINE_S):
                    head = await reader.readuntil(b"\r\n\r\n")
                    self._silent.discard(task)
                    self._answered.add(task)
                    status, name = self._judge(head)
                    await self._reply(writer, status, name)
        except asyncio.CancelledError:
            # The end of the sign-in, and not of this task's caller: there is none.
            logger.debug("A connection to the sign-in's callback was closed with it")
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            logger.debug("A connection to the sign-in's callback ended early")
        finally:
            await _close(writer)
            self._silent.discard(task)
            self._answered.discard(task)

    def _judge(self, head: bytes) -> tuple[str, PageName]:
        """Return the answer to a request, and keep the code if it is the awaited one."""
        request_line, *header_lines = head.decode("latin-1").split("\r\n")
        method, _, rest = request_line.partition(" ")
        target, _, protocol = rest.partition(" ")
        if method != "GET" or not protocol.startswith("HTTP/1.") or not target.startswith("/"):
            return "405 Method Not Allowed", PageName.FOREIGN
        headers: dict[str, str] = {}
        for line in header_lines:
            name, colon, value = line.partition(":")
            if colon and headers.setdefault(name.strip().lower(), value.strip()) != value.strip():
                return "400 Bad Request", PageName.FOREIGN
        try:
            parts = urlsplit(target)
            query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=20)
        except ValueError:
            return "400 Bad Request", PageName.FOREIGN
        if not self._comes_from_a_browser_window(headers):
            return "403 Forbidden", PageName.FOREIGN
        if not self._attempt.has_path(parts.path):
            return "404 Not Found", PageName.FOREIGN
        return self._accept(query)

    def _comes_from_a_browser_window(self, headers: Mapping[str, str]) -> bool:
        # Another host name means that a foreign page has led its own name here (DNS rebinding).
        if headers.get("host") != f"{HOST}:{self.port}":
            return False
        # Opening a page sends no Origin; scripts and forms of other pages send theirs.
        if headers.get("origin", "null") != "null":
            return False
        # Browsers say how a request came about: as a page, and not as a picture or a script of another one.
        return (
            headers.get("sec-fetch-mode", "navigate") == "navigate"
            and headers.get("sec-fetch-dest", "document") == "document"
        )

    def _accept(self, query: Mapping[str, list[str]]) -> tuple[str, PageName]:
        if self._answer.done():
            return "410 Gone", PageName.USED
        codes = query.get("code", [])
        if len(codes) == 1 and "error" not in query and is_code(codes[0]):
            self._answer.set_result(Callback(codes[0]))
            return "200 OK", PageName.DONE
        if query.get("error") and not codes:
            self._answer.set_result(Callback(None))
            return "200 OK", PageName.DENIED
        return "400 Bad Request", PageName.FOREIGN

    async def _reply(self, writer: asyncio.StreamWriter, status: str, name: PageName) -> None:
        body = page(name, self._texts).encode()
        head = (
            f"HTTP/1.1 {status}\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\n"
            "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'\r\n"
            "Cross-Origin-Resource-Policy: same-origin\r\n"
            "Referrer-Policy: no-referrer\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(ENDING_S):
            await writer.wait_closed()
