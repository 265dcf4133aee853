"""Server-sent events, decoded from raw bytes.

The format is the WHATWG's "event stream", with three differences: the last event is returned even without its closing
blank line, as some servers leave it out; so are comments, since OpenRouter's ``: OPENROUTER PROCESSING`` tells that the
server is at work; and so are events of a type without data, since ``event: ping`` tells the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_LINE_BYTES: Final = 8 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


class LineTooLongError(ValueError):
    """A line, or one event's data, is longer than the decoder accepts."""


@dataclass(frozen=True, slots=True)
class SSEvent:
    """One event.

    Attributes:
        data: its data lines, joined with line feeds; "" where it has none.
        event: its type; "" means "message".
    """

    data: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class SSEComment:
    """A comment: the text of a line that began with a colon."""

    text: str


class SSEDecoder:
    """Turns chunks of bytes, cut anywhere, into events and comments.

    Lines end at LF, CR LF or CR alone and at nothing else: ``str.splitlines`` would also cut at U+2028 and others,
    which are not escaped in JSON strings. Bytes are decoded per complete line, so that a character may be split between
    two chunks; bytes that are not UTF-8 become U+FFFD.

    Args:
        max_bytes: the most bytes of a line, and of an event's data.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._tail: list[bytes] = []  # pieces of the line that is not complete yet
        self._tail_size = 0
        self._skip_line_feed = False  # the last chunk ended with CR: an LF at the next one's start belongs to it
        self._at_start = True
        self._data: list[str] = []
        self._data_size = 0
        self._event = ""

    def feed(self, chunk: bytes) -> list[SSEvent | SSEComment]:
        """Return the events and comments that a chunk completes.

        Raises:
            LineTooLongError: a line, or an event's data, is too long.
        """
        if self._skip_line_feed and chunk:
            self._skip_line_feed = False
            if chunk.startswith(b"\n"):
                chunk = chunk[1:]
        if not chunk:
            return []
        # bytes.splitlines, unlike str.splitlines, knows LF, CR and CR LF alone.
        lines = chunk.splitlines()
        last = chunk[-1:]
        if last == b"\r":
            self._skip_line_feed = True
        rest = b"" if last in (b"\n", b"\r") else lines.pop()
        found: list[SSEvent | SSEComment] = []
        if lines:
            if self._tail:
                self._tail.append(lines[0])
                lines[0] = b"".join(self._tail)
                self._tail.clear()
                self._tail_size = 0
            for line in lines:
                self._line(line, found)
        if rest:
            self._tail.append(rest)
            self._tail_size += len(rest)
            if self._tail_size > self._max_bytes:
                raise LineTooLongError
        return found

    def finish(self) -> list[SSEvent | SSEComment]:
        """Return the events and comments that the end of the stream completes.

        Raises:
            LineTooLongError: as :meth:`feed`.
        """
        found: list[SSEvent | SSEComment] = []
        if self._tail:
            line = b"".join(self._tail)
            self._tail.clear()
            self._line(line, found)
        self._line(b"", found)
        return found

    def _line(self, raw: bytes, found: list[SSEvent | SSEComment]) -> None:
        if self._at_start:
            self._at_start = False
            raw = raw.removeprefix(_BOM)
        if not raw:
            if self._data or self._event:
                found.append(SSEvent("\n".join(self._data), self._event))
                self._data.clear()
                self._data_size = 0
            self._event = ""
            return
        if len(raw) > self._max_bytes:
            raise LineTooLongError
        line = raw.decode("utf-8", "replace")
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_size += len(raw)
            if self._data_size > self._max_bytes:
                raise LineTooLongError
        elif not name:
            found.append(SSEComment(value))
        elif name == "event":
            self._event = value
