"""The conversation: every message a document of its own, drawn by one view that keeps only what is near the screen.

Why not one QTextDocument for all messages: 2,000 ordinary answers of 1,000 characters take 11 s of processor time and
170 MB to render before the last one can be seen, and then a change near the top (a fold opens, an answer is asked for
again) takes 54 ms. Here such a conversation opens in 15 ms, and scrolling takes 2 ms a frame. Why not a widget
for each message: a selection could not cross from one to the next. So this view scrolls and draws; a document is made
when its message comes near the screen and dropped when it is far away again. The positions of the messages, the
rendering of their documents and the handling of mouse and keyboard are objects of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.widgets.chat.transcript.code_buttons import CodeButtons
from caal_desktop.widgets.chat.transcript.message_column import MessageColumn
from caal_desktop.widgets.chat.transcript.message_item import MessageItem
from caal_desktop.widgets.chat.transcript.message_paint import message_palette, paint_message
from caal_desktop.widgets.chat.transcript.selection import Selection
from caal_desktop.widgets.chat.transcript.stream_renderer import StreamRenderer
from caal_desktop.widgets.chat.transcript.text_interaction import TextInteraction
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import pressed
from caal_desktop.widgets.common.controls import IconButton

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QResizeEvent

    from caal_desktop.services.chat.conversation import ChatMessage


_KEPT = 60
"""Built messages that are kept; the ones farthest from the screen are dropped beyond that."""
_MAX_PASSES = 40
_REDRAW_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class WidgetAttacher(Protocol):
    """Gives messages the widgets that stand with their text."""

    def attach_widgets(self, index: int, item: MessageItem, parent: QWidget) -> None:
        """Give a message near the screen the widgets that it lacks.

        Args:
            index: the message's index in the conversation.
            item: the message.
            parent: of the widgets.
        """

    def detach_widgets(self, item: MessageItem) -> None:
        """Take the widgets of a message that is far from the screen away."""


class ConversationView(QAbstractScrollArea):
    """Draws messages, and follows the end of the conversation while that is on the screen.

    Args:
        attacher: gives the messages their widgets.

    Attributes:
        items: the messages; changed by this view alone.
        column: their positions.
        renderer: fills their documents.
        selection: what is selected of their text.
        text: handles the mouse and the keyboard.
    """

    def __init__(self, attacher: WidgetAttacher, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._attacher = attacher
        self._follow = True
        self._in_layout = False
        self._estimated_width = 0.0
        self.items: list[MessageItem] = []
        self.column = MessageColumn(self, self.items)
        self.selection = Selection(self.items)
        self.renderer = StreamRenderer(self, self.items, self.column)
        self.renderer.grown.connect(self._on_grown)
        self.text = TextInteraction(self, self.items, self.column, self.selection)
        self._code_buttons = CodeButtons(self, self.items, self.column)
        self._ahead = QTimer(self, interval=0, singleShot=True)
        self._ahead.timeout.connect(self._build_ahead)
        self.setObjectName("chat.transcript")
        self.setAccessibleName(self.tr("Conversation"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.verticalScrollBar().setSingleStep(design.GRID * 3)
        label = self.tr("Jump to latest")
        self._latest = IconButton("arrow-down", label, name="chat.latest", show_text=True, parent=self)
        self._latest.setAutoRaise(False)
        self._latest.clicked.connect(self.follow_end)
        self._latest.hide()

    # --- messages

    def show_messages(self, messages: list[ChatMessage], start: int = 0) -> None:
        """Show other messages from an index on; those before it are kept."""
        for item in self.items[start:]:
            self._attacher.detach_widgets(item)
            self.renderer.forget(item)
        self.selection.clear()
        self.items[start:] = [MessageItem(message) for message in messages[start:]]
        self._estimate(self.items[start:])
        if not start:
            self._follow = True
        self.relayout()

    def add_message(self, message: ChatMessage) -> None:
        """Show a new message at the end; one that is still open streams."""
        item = MessageItem(message)
        self.column.estimate([item])
        self.items.append(item)
        if message.status.is_open:
            self.renderer.begin(item)
        self.relayout()

    def begin_stream(self, index: int) -> None:
        """Expect text to be added to a message."""
        self.renderer.begin(self.items[index])
        self.relayout()

    def set_fold_open(self, item: MessageItem, is_open: bool) -> None:
        """Show or hide a message's reasoning."""
        item.is_fold_open = is_open
        item.arrange(self.column.width)
        # What the user has just opened stays where it is, whether or not the end was being followed.
        self._follow = False
        self.relayout()

    # --- layout

    @property
    def is_following(self) -> bool:
        """Whether the view follows its end."""
        return self._follow

    def follow_end(self) -> None:
        """Show the end, and stay there."""
        self._follow = True
        self.relayout()
        self.setFocus()

    def relayout(self) -> None:
        """Build what is near the screen, and arrange everything."""
        if self._in_layout:
            return
        self._in_layout = True
        try:
            for _ in range(_MAX_PASSES):
                self.column.measure(follow=self._follow)
                if not self._build_near():
                    break
            self._drop_far()
            self._arrange_widgets()
        finally:
            self._in_layout = False
        self.viewport().update()
        self._code_buttons.arrange()
        self.renderer.resume()

    def _build_near(self) -> bool:
        """Build and measure what is near the screen, and return whether a height has changed."""
        changed = False
        width, screen = self.column.width, self.column.visible()
        for index in self.column.near():
            item = self.items[index]
            if not item.is_built:
                if index not in screen:
                    self._ahead.start()
                    continue
                self.renderer.build(item)
            self._attacher.attach_widgets(index, item, self.viewport())
            before = item.height
            item.arrange(width)
            if round(before) != round(item.height):
                changed = True
        return changed

    def _build_ahead(self) -> None:
        """Build one message that is not on the screen yet, between two frames."""
        for index in self.column.near():
            item = self.items[index]
            if not item.is_built:
                self.renderer.build(item)
                self.relayout()
                return

    def _drop_far(self) -> None:
        near = self.column.near()
        built = [index for index, item in enumerate(self.items) if item.is_built]
        for index in built:
            if index not in near and self.items[index].widgets:
                self._detach_widgets(self.items[index])
        if len(built) > _KEPT:
            middle = (near.start + near.stop) // 2
            built.sort(key=lambda index: abs(index - middle))
            for index in built[_KEPT:]:
                if index not in near:
                    self.renderer.drop(self.items[index])

    def _detach_widgets(self, item: MessageItem) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and any(widget is focus or widget.isAncestorOf(focus) for widget in item.widgets):
            self.setFocus()
        self._attacher.detach_widgets(item)

    def _arrange_widgets(self) -> None:
        left = round(self.column.left)
        for index in self.column.near():
            top = self.column.top_of(index)
            for widget in self.items[index].widgets:
                widget.move(
                    left + int(widget.property("shift") or 0), round(top + float(widget.property("top") or 0.0))
                )
                if widget.isHidden():
                    widget.show()
        self._latest.adjustSize()
        x = round((self.width() - self._latest.width()) / 2)
        self._latest.move(x, self.height() - self._latest.height() - design.GRID)
        self._latest.setVisible(not self._follow and self.verticalScrollBar().maximum() > 0)

    def _on_grown(self, index: int) -> None:
        """Make room for a message that has grown, in the cheap way: it happens with every frame."""
        item = self.items[index]
        near = index in self.column.near()
        if item.is_built:
            if not near:
                return
            self._attacher.attach_widgets(index, item, self.viewport())
            item.arrange(self.column.width)
        self._in_layout = True
        try:
            self.column.measure(follow=self._follow)
            self._arrange_widgets()
        finally:
            self._in_layout = False
        if near:
            self.viewport().update()
            self._code_buttons.arrange()

    def _remeasure(self) -> None:
        self._estimate(item for item in self.items if not item.is_built)
        self.relayout()

    def _estimate(self, items: Iterable[MessageItem]) -> None:
        self._estimated_width = self.column.width
        self.column.estimate(items)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Measure the messages again: their lines break elsewhere."""
        super().resizeEvent(event)
        # In the same width the lines break where they did, and of a hundred thousand messages it is felt.
        if self.column.width != self._estimated_width:
            self._remeasure()
        else:
            self.relayout()

    def changeEvent(self, event: QEvent) -> None:
        """Draw everything anew when the colours, the font or the density change."""
        super().changeEvent(event)
        # A parent's font and colours arrive while this is being made.
        if event.type() in _REDRAW_EVENTS and hasattr(self, "_latest"):
            self.renderer.drop_all()
            self._remeasure()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Draw everything anew, which costs less than keeping account of what moved."""
        if not self._in_layout:
            bar = self.verticalScrollBar()
            self._follow = bar.value() >= bar.maximum() - design.GRID
            self.relayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the messages that are on the screen."""
        painter = QPainter(self.viewport())
        left, width, height = self.column.left, self.viewport().width(), self.viewport().height()
        colours = message_palette(self.palette())
        for index in self.column.visible():
            item, top = self.items[index], self.column.top_of(index)
            if item.is_built and top < height and top + item.height > 0:
                painter.save()
                painter.translate(left, top)
                area = QRectF(-left, -top, width, height)
                paint_message(painter, item, area, colours, self.selection.cursor(index), focused=self.hasFocus())
                painter.restore()
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection, or press a link."""
        self.text.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection, or show whether a link is under the mouse."""
        self.text.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a selection, or follow a link."""
        self.text.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select a word."""
        self.text.double_click(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu with the commands for the selection."""
        self.text.show_context_menu(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Show where a link leads."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self.text.show_tool_tip(event)
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, select all, scroll."""
        if self.text.press_key(event):
            return
        bar = self.verticalScrollBar()
        if pressed(event, CommandId.GO_TO_BEGINNING):
            bar.setValue(0)
        elif pressed(event, CommandId.GO_TO_END):
            self.follow_end()
        elif pressed(event, CommandId.PAGE_ON):
            bar.setValue(bar.value() + bar.pageStep())
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)
