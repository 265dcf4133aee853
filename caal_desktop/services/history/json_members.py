"""Reads a large JSON object a piece at a time: its members one by one, and those of one array item by item.

``json.loads`` of 290 MB takes a gigabyte, and holds up every other thread for seconds.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 1 << 20
"""Bytes that are read at once."""
MAX_VALUE = 100_000_000
"""Characters of one value: a message with all the images that may go with it has about half as many."""

_SPACE = re.compile(r"[ \t\n\r]*")
_OF_NUMBER = re.compile(r"[-+.0-9eE]*")


class JsonMembers:
    """The members of the object in a file.

    Args:
        file: the file, in UTF-8, at its beginning.
        array: the member whose items are given one by one, where it is an array.
    """

    def __init__(self, file: IO[bytes], array: str) -> None:
        self._file, self._array = file, array
        self._decode = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = json.JSONDecoder()
        self._text, self._at, self._is_at_end = "", 0, False

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield name and value of each member, and the array's name with each of its items.

        Raises:
            ValueError: it is no object, or not valid.
            RecursionError: it is nested too deeply.
            OSError: the file cannot be read.
        """
        self._take("{")
        if self._peek() != "}":
            while True:
                name = self._value()
                if not isinstance(name, str):
                    raise ValueError("a member has no name")  # noqa: TRY004 - it is not valid JSON
                self._take(":")
                if name == self._array and self._peek() == "[":
                    for item in self._items():
                        yield name, item
                else:
                    yield name, self._value()
                if self._take(",}") == "}":
                    break
        else:
            self._take("}")
        if self._peek():
            raise ValueError("something follows the object")

    def _items(self) -> Iterator[Any]:
        self._take("[")
        if self._peek() == "]":
            self._take("]")
            return
        while True:
            yield self._value()
            if self._take(",]") == "]":
                return

    def _take(self, accepted: str) -> str:
        found = self._peek()
        if not found or found not in accepted:
            raise ValueError(f"one of {accepted} is missing")
        self._at += 1
        return found

    def _peek(self) -> str:
        """Return the next character that is not space; "" at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = match.end() if match is not None else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if self._is_at_end:
                    raise
            else:
                # A number may go on in what was not read yet.
                rest = _OF_NUMBER.match(self._text, end)
                if self._is_at_end or (rest is not None and rest.end() < len(self._text)):
                    self._at = end
                    return value
            wanted = 2 * (len(self._text) - self._at)
            if wanted > 2 * MAX_VALUE:
                raise ValueError("a value is too long")
            # Twice as much each time: a long value would otherwise be looked through again and again.
            while len(self._text) - self._at < wanted and self._fill():
                pass
            self._fill()

    def _fill(self) -> bool:
        """Read on, and return whether there was more."""
        if self._is_at_end:
            return False
        content = self._file.read(CHUNK)
        self._is_at_end = not content
        self._text = self._text[self._at :] + self._decode.decode(content, final=self._is_at_end)
        self._at = 0
        return True
