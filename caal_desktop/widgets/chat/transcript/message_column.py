"""The positions of a conversation's messages: the column of text, and each message's offset in it.

Heights of messages that were never built are estimates; when one is corrected above the screen, the scroll bar moves
and what is being read stays where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from caal_desktop.widgets.chat.transcript.message_item import FOOTER_ESTIMATE, gap_between
from caal_desktop.widgets.common import design

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QAbstractScrollArea

    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

MAX_CHARACTERS_A_LINE = 75
_MARGIN = design.GRID * 3
_ABOVE = design.GRID * 2
"""Pixels between the conversation's upper edge and its first message."""
_NEAR = 600
"""Pixels above and below the screen within which messages are built."""


class MessageColumn:
    """The messages one below the other; all lengths are pixels.

    Args:
        area: what scrolls and shows them.
        items: the messages; the list itself, which changes.
    """

    def __init__(self, area: QAbstractScrollArea, items: list[MessageItem]) -> None:
        self._area = area
        self._items = items
        self._offsets: list[float] = [0.0]

    @property
    def width(self) -> float:
        """The width of the text: about 75 characters, less in a narrow view."""
        return float(max(120, min(self.widest, self._area.viewport().width() - 2 * _MARGIN)))

    @property
    def widest(self) -> float:
        """The greatest width of the text."""
        return float(self._area.fontMetrics().averageCharWidth() * MAX_CHARACTERS_A_LINE)

    @property
    def left(self) -> float:
        """The text's left edge; centred in the view and not in the viewport, so that a scroll bar does not move it."""
        middle = round((self._area.width() - self.width) / 2)
        return float(max(_MARGIN, min(middle, self._area.viewport().width() - self.width - _MARGIN)))

    def top_of(self, index: int) -> float:
        """Return a message's upper edge in the viewport."""
        return self._offsets[index] + _ABOVE - self._area.verticalScrollBar().value()

    def item_at(self, y: float) -> int:
        """Return the index of the message at a height of the viewport; -1 where there are no messages."""
        content = y + self._area.verticalScrollBar().value() - _ABOVE
        return min(max(0, bisect_right(self._offsets, content) - 1), len(self._items) - 1)

    def locate(self, point: QPointF) -> tuple[int, QPointF]:
        """Return the index of the message at a point of the viewport, and the point relative to that message's corner.

        There must be messages.
        """
        index = self.item_at(point.y())
        return index, QPointF(point.x() - self.left, point.y() - self.top_of(index))

    def visible(self) -> range:
        """Return the indices of the messages that are on the screen."""
        return self._between(0, self._area.viewport().height())

    def near(self) -> range:
        """Return the indices of the messages that are on the screen or close to it."""
        return self._between(-_NEAR, self._area.viewport().height() + _NEAR)

    def _between(self, top: float, bottom: float) -> range:
        if not self._items:
            return range(0)
        return range(self.item_at(top), self.item_at(bottom) + 1)

    def estimate(self, items: Iterable[MessageItem]) -> None:
        """Estimate the heights of messages that are not built."""
        metrics, width = self._area.fontMetrics(), self.width
        character, line = metrics.averageCharWidth(), metrics.lineSpacing()
        part, height, around = character / max(width, 1.0), line * 1.1, FOOTER_ESTIMATE + gap_between()
        for item in items:
            item.estimate_height(part, height, around)

    def measure(self, *, follow: bool) -> None:
        """Add the heights up and give the scroll bar its range.

        Args:
            follow: show the end; else the message at the upper edge stays where it is.
        """
        bar = self._area.verticalScrollBar()
        anchor, inside = -1, 0.0
        if not follow and self._items and len(self._offsets) > 1:
            anchor = min(bisect_right(self._offsets, bar.value()) - 1, len(self._offsets) - 2, len(self._items) - 1)
            inside = bar.value() - self._offsets[anchor]
        self._offsets = list(accumulate((item.height for item in self._items), initial=0.0))
        total = round(self._offsets[-1] - (gap_between() if self._items else 0) + 2 * _ABOVE)
        view = self._area.viewport().height()
        bar.setPageStep(view)
        bar.setRange(0, max(0, total - view))
        if follow:
            bar.setValue(bar.maximum())
        elif anchor >= 0:
            bar.setValue(round(self._offsets[anchor] + inside))
