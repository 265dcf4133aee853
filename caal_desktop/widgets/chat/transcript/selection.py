"""A selection that runs across messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from caal_desktop.services.chat.conversation import Role
from caal_desktop.widgets.chat.transcript.text_export import document_text, plain_text
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from PySide6.QtGui import QTextCursor

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

TextPosition = tuple[int, int]
"""A message's index and a position in its text."""

_RENDER_S = 0.25
"""Seconds that copying may take."""

TO_END = 1 << 30
"""The end of a message's text, however long it is."""


class Selection:
    """A range of text from one position to another, which may be in another message.

    Args:
        items: the view's messages; the list itself, which changes.
    """

    def __init__(self, items: list[MessageItem]) -> None:
        self._items = items
        self._anchor: TextPosition | None = None
        self._position: TextPosition | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self._anchor is None or self._anchor == self._position

    @property
    def anchor(self) -> TextPosition | None:
        """The position where it began; None where there is no selection."""
        return self._anchor

    def clear(self) -> None:
        """Select nothing."""
        self._anchor = self._position = None

    def begin(self, position: TextPosition) -> None:
        """Begin at a position."""
        self._anchor = self._position = position

    def extend(self, position: TextPosition) -> None:
        """Move the other end to a position."""
        self._position = position
        if self._anchor is None:
            self._anchor = position

    def set(self, anchor: TextPosition, position: TextPosition) -> None:
        """Select from one position to another."""
        self._anchor, self._position = anchor, position

    def select_all(self) -> None:
        """Select every message."""
        if self._items:
            self._anchor, self._position = (0, 0), (len(self._items) - 1, TO_END)

    @property
    def bounds(self) -> tuple[TextPosition, TextPosition] | None:
        """The first and last position; None where nothing is selected."""
        if self.is_empty or self._anchor is None or self._position is None:
            return None
        first, last = sorted((self._anchor, self._position))
        return first, last

    @property
    def indices(self) -> range:
        """The indices of the messages that it touches."""
        bounds = self.bounds
        return range(0) if bounds is None else range(bounds[0][0], min(bounds[1][0], len(self._items) - 1) + 1)

    def cursor(self, index: int) -> QTextCursor | None:
        """Return a cursor with the selected part of a message; None where there is none, or it is not built."""
        bounds = self.bounds
        if bounds is None or index not in self.indices:
            return None
        first, last = bounds
        start = first[1] if index == first[0] else 0
        end = last[1] if index == last[0] else TO_END
        return self._items[index].cursor(start, end)

    def plain_text(self) -> str:
        """Return the selected text without Markdown, an empty line between two messages."""
        parts = []
        deadline = time.monotonic() + _RENDER_S
        for index in self.indices:
            cursor = self.cursor(index)
            # Only messages that are far from the screen have no cursor, and those are selected as a whole. Rendering
            # some is quick; rendering a thousand for the clipboard would take too long: they are copied as Markdown.
            if cursor is None:
                message = self._items[index].message
                text = plain_text(message) if time.monotonic() < deadline else message.text
            else:
                text = document_text(cursor.document(), cursor.selectionStart(), cursor.selectionEnd())
            if text:
                parts.append(text.strip("\n"))
        return "\n\n".join(parts)

    def markdown(self) -> str:
        """Return the Markdown of every message that is touched, as a whole: half a block would be no valid Markdown."""
        messages = [self._items[index].message for index in self.indices]
        if len(messages) == 1:
            return messages[0].text
        headings = {
            Role.USER: translate("ConversationText", "**You:**"),
            Role.ASSISTANT: translate("ConversationText", "**Assistant:**"),
        }
        return "\n\n".join(f"{headings[message.role]}\n\n{message.text}" for message in messages)
