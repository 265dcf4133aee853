"""Renders messages while they stream, and long ones when they are opened, within the time budget of each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from caal_desktop.widgets.chat.transcript.message_paint import message_palette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea

    from caal_desktop.widgets.chat.transcript.message_column import MessageColumn
    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

_FRAME_MS = 16


class StreamRenderer(QObject):
    """Fills the documents of messages, and continues from frame to frame while some text is left over.

    Args:
        area: has the colours and the font of the documents.
        items: the messages; the list itself, which changes.
        column: knows which of the messages are near the screen.

    Signals:
        grown: the index of a message of which more is rendered, or which has ended.
    """

    grown = Signal(int)

    def __init__(self, area: QAbstractScrollArea, items: list[MessageItem], column: MessageColumn) -> None:
        super().__init__(area)
        self._area, self._items, self._column = area, items, column
        self._streaming: MessageItem | None = None
        self._unfinished: dict[MessageItem, None] = {}  # the first one first
        self._frames = QTimer(self, interval=_FRAME_MS)
        self._frames.timeout.connect(self._render_more)

    @property
    def is_rendering(self) -> bool:
        """Whether some text has arrived and is not in its document yet."""
        return bool(self._unfinished)

    # --- documents

    def build(self, item: MessageItem) -> None:
        """Make a message's documents."""
        streaming = item is self._streaming
        self._note_progress(
            item, more=item.build(message_palette(self._area.palette()), self._area.font(), streaming=streaming)
        )

    def drop(self, item: MessageItem) -> None:
        """Drop a message's documents, unless it streams."""
        if item is not self._streaming:
            self._unfinished.pop(item, None)
            item.drop()

    def drop_all(self) -> None:
        """Drop all documents: they are to be made anew, in other colours or in another font."""
        self._unfinished.clear()
        for item in self._items:
            item.drop()

    def forget(self, item: MessageItem) -> None:
        """Forget a message that is no longer shown."""
        self._unfinished.pop(item, None)
        if self._streaming is item:
            self._streaming = None

    def resume(self) -> None:
        """Continue with what was not finished when it was scrolled away."""
        if self._unfinished and not self._frames.isActive():
            self._frames.start()

    # --- a message that streams

    def begin(self, item: MessageItem) -> None:
        """Expect text to be added to a message."""
        self._unfinished.pop(item, None)
        item.drop()
        self._streaming = item

    def add_text(self, index: int, text: str) -> None:
        """Show more of a message that streams; the message has the text already."""
        item = self._items[index]
        if item.is_built:
            self._note_progress(item, more=item.add_text(text))
            self.grown.emit(index)

    def add_reasoning(self, index: int, text: str) -> None:
        """Show more of the reasoning of a message that streams."""
        item = self._items[index]
        if item.is_built:
            self._note_progress(
                item, more=item.add_reasoning(text, message_palette(self._area.palette()), self._area.font())
            )
            self.grown.emit(index)

    def show_tools(self, index: int) -> None:
        """Draw a message's tool calls."""
        item = self._items[index]
        if item.is_built:
            item.show_tools(message_palette(self._area.palette()), self._area.font())
            self.grown.emit(index)

    def end(self, index: int) -> None:
        """Render the end of a message: no more text will come."""
        item = self._items[index]
        if self._streaming is item:
            self._streaming = None
        if item.is_built:
            item.show_tools(message_palette(self._area.palette()), self._area.font(), force=True)
            self._note_progress(item, more=item.finish())
        self.grown.emit(index)

    # --- frames

    def _note_progress(self, item: MessageItem, *, more: bool) -> None:
        if more:
            self._unfinished[item] = None
            self.resume()
        else:
            self._unfinished.pop(item, None)

    def _render_more(self) -> None:
        """Render a frame's worth of one message: of one near the screen, or of the one that streams."""
        near = self._column.near()
        for item in list(self._unfinished):
            index = next((i for i in near if self._items[i] is item), -1)
            if index < 0 and item is not self._streaming:
                continue
            self._note_progress(item, more=item.is_built and item.pump())
            if index >= 0:
                self.grown.emit(index)
            break
        else:
            self._frames.stop()
        if not self._unfinished:
            self._frames.stop()
