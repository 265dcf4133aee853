"""The conversation: every message a document of its own, drawn by one view that keeps only what is near the screen.

Why not one QTextDocument for all messages: 2,000 ordinary answers of 1,000 characters take 11 s of processor time and
170 MB to render before the last one can be seen, and then a change near the top (a fold opens, an answer is asked for
again) takes 54 ms. Here such a conversation opens in 15 ms, and scrolling takes 2 ms a frame. Why not a widget
for each message: a selection could not cross from one to the next. So this view owns the scrolling, the drawing, the
selection and the mouse; a document is made when its message comes near the screen and dropped when it is long gone.
Heights of messages that were never seen are guesses; when a guess is corrected above the screen, the scroll bar moves
and what is read stays where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from caal_desktop.widgets.chat.transcript.message_item import MessageItem, gap_between
from caal_desktop.widgets.chat.transcript.message_paint import paint_message
from caal_desktop.widgets.chat.transcript.selection import Selection
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.controls import IconButton

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


MAX_CHARACTERS_A_LINE = 75
_MARGIN = theme.GRID * 3
_NEAR = 600
"""Pixels above and below the screen within which messages are built."""
_KEPT = 60
"""Built messages that are kept; the ones farthest from the screen are dropped beyond that."""
_MAX_PASSES = 40
_FRAME_MS = 16
_REDRAW_EVENTS = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class ConversationView(QAbstractScrollArea):
    """Draws messages, follows the end while the person is there, and lets text be selected across messages.

    Subclasses or owners furnish items with widgets through :meth:`furnish` and :meth:`strip`.

    Signals:
        followChanged: whether the view follows its end.
        selectionChanged: another text is selected, or none.
        visibleChanged: other messages are built, or they stand elsewhere.
    """

    followChanged = Signal(bool)
    selectionChanged = Signal()
    visibleChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chat.transcript")
        self.setAccessibleName(self.tr("Conversation"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Window)
        self.items: list[MessageItem] = []
        self.selection = Selection(self.items)
        self._offsets: list[float] = [0.0]
        self._follow = True
        self._placing = False
        self._streaming: MessageItem | None = None
        self._unfinished: set[MessageItem] = set()
        self._pump = QTimer(self, interval=_FRAME_MS)
        label = self.tr("Jump to latest")
        self._latest = IconButton("arrow-down", label, name="chat.latest", show_text=True, parent=self)
        self._latest.setAutoRaise(False)
        self._latest.clicked.connect(self.follow_end)
        self._latest.hide()
        self._ahead = QTimer(self, interval=0, singleShot=True)
        self._ahead.timeout.connect(self._build_ahead)
        self.verticalScrollBar().setSingleStep(theme.GRID * 3)

    # --- for owners

    def furnish(self, index: int, item: MessageItem) -> None:
        """Give a message its widgets: it comes near the screen."""

    def strip(self, item: MessageItem) -> None:
        """Take a message's widgets away: it is far from the screen."""

    @property
    def paper(self) -> QPalette:
        """The colours that messages are rendered with: the window's, for that is the ground here."""
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, palette.color(QPalette.ColorRole.Window))
        palette.setColor(QPalette.ColorRole.Text, palette.color(QPalette.ColorRole.WindowText))
        return palette

    # --- geometry

    @property
    def column(self) -> float:
        """The width of the text in pixels: as wide as about 75 characters, or as there is room."""
        return float(max(120, min(self.widest_column, self.viewport().width() - 2 * _MARGIN)))

    @property
    def widest_column(self) -> float:
        """How wide the text may become in pixels."""
        return float(self.fontMetrics().averageCharWidth() * MAX_CHARACTERS_A_LINE)

    @property
    def column_left(self) -> float:
        """The text's left edge. In the middle of the view and not of the viewport, so that it never moves sideways."""
        middle = round((self.width() - self.column) / 2)
        return float(max(_MARGIN, min(middle, self.viewport().width() - self.column - _MARGIN)))

    @property
    def is_following(self) -> bool:
        """Whether the view follows its end."""
        return self._follow

    def top_of(self, index: int) -> float:
        """A message's upper edge in the viewport."""
        return self._offsets[index] + theme.GRID * 2 - self.verticalScrollBar().value()

    def item_at(self, y: float) -> int:
        """The message at a height of the viewport; -1 where there are none at all."""
        content = y + self.verticalScrollBar().value() - theme.GRID * 2
        return min(max(0, bisect_right(self._offsets, content) - 1), len(self.items) - 1)

    def visible(self) -> range:
        """The messages that are on the screen."""
        if not self.items:
            return range(0)
        return range(self.item_at(0), self.item_at(self.viewport().height()) + 1)

    def relayout(self) -> None:
        """Build what is near the screen, and put everything into its place."""
        if self._placing:
            return
        self._placing = True
        try:
            for _ in range(_MAX_PASSES):
                self._measure()
                if not self._build_near():
                    break
            self._drop_far()
            self._place_widgets()
        finally:
            self._placing = False
        self.viewport().update()
        self.visibleChanged.emit()

    def follow_end(self) -> None:
        """Show the end, and stay there."""
        self._set_follow(follow=True)
        self.relayout()
        self.setFocus()

    def reveal(self, index: int) -> None:
        """Scroll so that a message can be seen."""
        self._set_follow(follow=False)
        self.verticalScrollBar().setValue(round(self._offsets[index]))

    def _measure(self) -> None:
        """Sum the heights up, and keep what is read where it is."""
        bar = self.verticalScrollBar()
        anchor, inside = -1, 0.0
        if not self._follow and self.items and len(self._offsets) > 1:
            anchor = min(bisect_right(self._offsets, bar.value()) - 1, len(self._offsets) - 2, len(self.items) - 1)
            inside = bar.value() - self._offsets[anchor]
        self._offsets = list(accumulate((item.height for item in self.items), initial=0.0))
        total = round(self._offsets[-1] - (gap_between() if self.items else 0) + theme.GRID * 4)
        view = self.viewport().height()
        bar.setPageStep(view)
        bar.setRange(0, max(0, total - view))
        if self._follow:
            bar.setValue(bar.maximum())
        elif anchor >= 0:
            bar.setValue(round(self._offsets[anchor] + inside))

    def _near(self) -> range:
        if not self.items:
            return range(0)
        return range(self.item_at(-_NEAR), self.item_at(self.viewport().height() + _NEAR) + 1)

    def _build_near(self) -> bool:
        """Build and measure what is near the screen. Returns whether a height has changed."""
        changed = False
        column = self.column
        screen, near = self.visible(), self._near()
        for index in near:
            item = self.items[index]
            if not item.is_built:
                if index not in screen:
                    self._ahead.start()
                    continue
                more = item.build(self.paper, self.font(), streaming=item is self._streaming)
                self._note(item, more=more)
            self.furnish(index, item)
            before = item.height
            item.arrange(column)
            if round(before) != round(item.height):
                changed = True
        return changed

    def _build_ahead(self) -> None:
        """Build one message that is not on the screen yet, between two frames."""
        for index in self._near():
            item = self.items[index]
            if not item.is_built:
                self._note(item, more=item.build(self.paper, self.font(), streaming=item is self._streaming))
                self.relayout()
                return

    def _drop_far(self) -> None:
        built = [index for index, item in enumerate(self.items) if item.is_built]
        near = self._near()
        for index in built:
            if index not in near and self.items[index].widgets:
                self._strip_unfocused(self.items[index])
        if len(built) > _KEPT:
            middle = (near.start + near.stop) // 2
            built.sort(key=lambda index: abs(index - middle))
            for index in built[_KEPT:]:
                item = self.items[index]
                if index not in near and item is not self._streaming:
                    self._strip_unfocused(item)
                    self._unfinished.discard(item)
                    item.drop()

    def _strip_unfocused(self, item: MessageItem) -> None:
        if self._holds_focus(item):
            self.setFocus()
        self.strip(item)

    @staticmethod
    def _holds_focus(item: MessageItem) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and any(widget is focus or widget.isAncestorOf(focus) for widget in item.widgets)

    def _place_widgets(self) -> None:
        left = round(self.column_left)
        near = self._near()
        for index in near:
            top = self.top_of(index)
            for widget in self.items[index].widgets:
                widget.move(
                    left + int(widget.property("shift") or 0), round(top + float(widget.property("top") or 0.0))
                )
                if widget.isHidden():
                    widget.show()
        self._latest.adjustSize()
        x = round((self.width() - self._latest.width()) / 2)
        self._latest.move(x, self.height() - self._latest.height() - theme.GRID)
        self._latest.setVisible(not self._follow and self.verticalScrollBar().maximum() > 0)

    # --- frames

    def _note(self, item: MessageItem, *, more: bool) -> None:
        if more:
            self._unfinished.add(item)
            if not self._pump.isActive():
                self._pump.start()
        else:
            self._unfinished.discard(item)

    # --- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Other lines, other heights."""
        super().resizeEvent(event)
        self._remeasure()

    def changeEvent(self, event: QEvent) -> None:
        """Draw everything anew in other colours, another font or another density."""
        super().changeEvent(event)
        if event.type() in _REDRAW_EVENTS and hasattr(self, "items"):
            self._unfinished.clear()
            for item in self.items:
                item.drop()
            self._remeasure()

    def _remeasure(self) -> None:
        column, character, line = self.column, self.fontMetrics().averageCharWidth(), self.fontMetrics().lineSpacing()
        for item in self.items:
            if not item.is_built:
                item.guess(column, character, line)
        self.relayout()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Everything is drawn anew: a frame costs less than keeping account of what moved."""
        if not self._placing:
            bar = self.verticalScrollBar()
            self._set_follow(follow=bar.value() >= bar.maximum() - theme.GRID)
            self.relayout()

    def _set_follow(self, *, follow: bool) -> None:
        if follow != self._follow:
            self._follow = follow
            self.followChanged.emit(follow)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the messages that are on the screen."""
        painter = QPainter(self.viewport())
        left, height = self.column_left, self.viewport().height()
        for index in self.visible():
            item, top = self.items[index], self.top_of(index)
            if item.is_built and top < height and top + item.height > 0:
                painter.save()
                painter.translate(left, top)
                area = QRectF(-left, -top, self.viewport().width(), height)
                paint_message(painter, item, area, self.paper, self.selection.cursor(index), focused=self.hasFocus())
                painter.restore()
        painter.end()
