"""A selection that runs across messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from caal_desktop.services.chat.conversation import Role
from caal_desktop.widgets.chat.transcript.text_export import document_text, plain_text

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCursor

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

Place = tuple[int, int]
"""A message's index and a position in its text."""

_RENDER_S = 0.25
"""Seconds that copying may take."""

TO_END = 1 << 30
"""The end of a message's text, however long it is."""


class Selection:
    """From one place to another.

    Args:
        items: the view's messages; the list itself, which changes.
    """

    def __init__(self, items: list[MessageItem]) -> None:
        self._items = items
        self._anchor: Place | None = None
        self._place: Place | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self._anchor is None or self._anchor == self._place

    @property
    def anchor(self) -> Place | None:
        """Where it began."""
        return self._anchor

    def clear(self) -> None:
        """Select nothing."""
        self._anchor = self._place = None

    def begin(self, place: Place) -> None:
        """Begin at a place."""
        self._anchor = self._place = place

    def extend(self, place: Place) -> None:
        """Go on to a place."""
        self._place = place
        if self._anchor is None:
            self._anchor = place

    def set(self, anchor: Place, place: Place) -> None:
        """Select from one place to another."""
        self._anchor, self._place = anchor, place

    def select_all(self) -> None:
        """Select every message."""
        if self._items:
            self._anchor, self._place = (0, 0), (len(self._items) - 1, TO_END)

    @property
    def bounds(self) -> tuple[Place, Place] | None:
        """Its first and last place; None where nothing is selected."""
        if self.is_empty or self._anchor is None or self._place is None:
            return None
        first, last = sorted((self._anchor, self._place))
        return first, last

    @property
    def indices(self) -> range:
        """The messages that it touches."""
        bounds = self.bounds
        return range(0) if bounds is None else range(bounds[0][0], min(bounds[1][0], len(self._items) - 1) + 1)

    def cursor(self, index: int) -> QTextCursor | None:
        """Its part in a message that is built; None where there is none."""
        bounds = self.bounds
        if bounds is None or index not in self.indices:
            return None
        first, last = bounds
        start = first[1] if index == first[0] else 0
        end = last[1] if index == last[0] else TO_END
        return self._items[index].cursor(start, end)

    def plain_text(self) -> str:
        """What is selected, as it is read; messages are parted by an empty line."""
        parts = []
        deadline = time.monotonic() + _RENDER_S
        for index in self.indices:
            cursor = self.cursor(index)
            # Only messages that are far from the screen have no cursor, and those are selected as a whole. Rendering
            # some is quick; rendering a thousand for the clipboard would be a wait, so they go as they were written.
            if cursor is None:
                message = self._items[index].message
                text = plain_text(message) if time.monotonic() < deadline else message.text
            else:
                text = document_text(cursor.document(), cursor.selectionStart(), cursor.selectionEnd())
            if text:
                parts.append(text.strip("\n"))
        return "\n\n".join(parts)

    def markdown(self) -> str:
        """The Markdown of every message that is touched, whole: half a block is no Markdown any more."""
        messages = [self._items[index].message for index in self.indices]
        if len(messages) == 1:
            return messages[0].text
        speakers = {Role.USER: "**You:**", Role.ASSISTANT: "**Assistant:**"}
        return "\n\n".join(f"{speakers[message.role]}\n\n{message.text}" for message in messages)
