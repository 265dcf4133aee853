"""The conversation view while answers stream into it: each frame takes what has come, within its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.widgets.chat.transcript.conversation_view import ConversationView
from caal_desktop.widgets.chat.transcript.message_item import MessageItem

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.chat.conversation import Message


class StreamingView(ConversationView):
    """A conversation whose messages come, grow and go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pump.timeout.connect(self._on_pump)

    @property
    def is_rendering(self) -> bool:
        """Whether text that has come is not on the screen yet."""
        return bool(self._unfinished)

    # --- content

    def show_messages(self, messages: list[Message], start: int = 0) -> None:
        """Show other messages from an index on; those before it stay as they are."""
        for item in self.items[start:]:
            self.strip(item)
            self._unfinished.discard(item)
            if self._streaming is item:
                self._streaming = None
        self.selection.clear()
        del self.items[start:]
        column, character, line = self.column, self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        for message in messages[start:]:
            item = MessageItem(message)
            item.guess(column, character, line)
            self.items.append(item)
        if not start:
            self._follow = True
        self.relayout()

    def add_message(self, message: Message) -> None:
        """Show a new message at the end."""
        item = MessageItem(message)
        item.guess(self.column, self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing())
        self.items.append(item)
        if message.status.is_open:
            self._streaming = item
        self.relayout()

    def begin_stream(self, index: int) -> None:
        """Text will be added to a message."""
        self._streaming = self.items[index]
        if self._streaming.is_built:
            self._streaming.drop()
        self.relayout()

    def add_text(self, index: int, text: str) -> None:
        """Show more of a message that streams. Its text must hold it already."""
        item = self.items[index]
        if item.is_built:
            self._note(item, more=item.add_text(text))
            self._grown(index)

    def add_reasoning(self, index: int, text: str) -> None:
        """Show more of the reasoning of a message that streams."""
        item = self.items[index]
        if item.is_built:
            self._note(item, more=item.add_reasoning(text, self.paper, self.font()))
            self._grown(index)

    def show_tools(self, index: int) -> None:
        """Draw a message's tool calls."""
        item = self.items[index]
        if item.is_built:
            item.show_tools(self.paper, self.font())
            self._grown(index)

    def end_stream(self, index: int) -> None:
        """Nothing more comes."""
        item = self.items[index]
        if self._streaming is item:
            self._streaming = None
        if item.is_built:
            item.show_tools(self.paper, self.font(), force=True)
            self._note(item, more=item.finish())
        self._grown(index)

    def set_fold_open(self, item: MessageItem, is_open: bool) -> None:
        """Show or hide a message's reasoning."""
        item.is_fold_open = is_open
        item.arrange(self.column)
        # What the person has just opened stays in place, whether or not the end was being followed.
        self._set_follow(follow=False)
        self.relayout()

    # --- frames

    def _grown(self, index: int) -> None:
        """A message that streams has grown: the cheap way, for it happens with every frame."""
        item = self.items[index]
        near = index in self._near()
        if near and item.is_built:
            self.furnish(index, item)
            item.arrange(self.column)
        elif item.body is not None:
            return
        self._placing = True
        try:
            self._measure()
            self._place_widgets()
        finally:
            self._placing = False
        if near:
            self.viewport().update()
            self.visibleChanged.emit()

    def _on_pump(self) -> None:
        near = self._near()
        for item in list(self._unfinished):
            index = next((i for i in near if self.items[i] is item), -1)
            if index < 0 and item is not self._streaming:
                continue
            self._note(item, more=item.is_built and item.pump())
            if index >= 0:
                self._grown(index)
            break
        else:
            self._pump.stop()
        if not self._unfinished:
            self._pump.stop()
