"""Lines of JSON, decoded from raw bytes: one object a line, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.streaming.sse import MAX_LINE_BYTES, LineTooLongError, SSEvent

if TYPE_CHECKING:
    from caal_desktop.llm.streaming.sse import SSEComment


class NDJSONDecoder:
    """Turns chunks of bytes, cut anywhere, into lines: each an event that has nothing but data.

    Bytes are decoded per complete line, so that a character may be split between two chunks; bytes that are not UTF-8
    become U+FFFD. Blank lines are left out.

    Args:
        max_bytes: the most bytes of a line.
    """

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._tail: list[bytes] = []  # pieces of the line that is not complete yet
        self._tail_size = 0

    def feed(self, chunk: bytes) -> list[SSEvent | SSEComment]:
        """Return the lines that a chunk completes.

        Raises:
            LineTooLongError: a line is too long.
        """
        *lines, rest = chunk.split(b"\n")
        found: list[SSEvent | SSEComment] = []
        for line in lines:
            self._tail.append(line)
            found += self.finish()
        if rest:
            self._tail.append(rest)
            self._tail_size += len(rest)
            if self._tail_size > self._max_bytes:
                raise LineTooLongError
        return found

    def finish(self) -> list[SSEvent | SSEComment]:
        """Return the last line, where it has no end of its own.

        Raises:
            LineTooLongError: as :meth:`feed`.
        """
        raw = b"".join(self._tail).strip()
        self._tail.clear()
        self._tail_size = 0
        if len(raw) > self._max_bytes:
            raise LineTooLongError
        return [SSEvent(raw.decode("utf-8", "replace").removeprefix("\ufeff"))] if raw else []
