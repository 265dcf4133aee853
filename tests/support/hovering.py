"""Points at everything in a window, and reads what Qt then shows, and what it tells screen readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QListView,
    QTableView,
    QTreeView,
    QWidget,
)
from shiboken6 import isValid

from tests.support.shown_texts import path_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPOKEN = (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Help, QAccessible.Text.Value)


@dataclass(frozen=True, slots=True)
class Tooltip:
    """A tooltip that was shown.

    Attributes:
        widget: the path of what it belongs to.
        text: what it says.
        is_html: whether Qt took it for HTML.
    """

    widget: str
    text: str
    is_html: bool


class Pointer:
    """Points at widgets and items.

    Attributes:
        tooltips: what was shown.
        spoken: what screen readers are told of the widgets, with their paths.
        labels: the paths of the labels that take HTML.
    """

    def __init__(self) -> None:
        self.tooltips: list[Tooltip] = []
        self.spoken: list[tuple[str, str]] = []
        self.labels: list[str] = []

    def point_at_all(self, window: QWidget) -> None:
        """Paint a window, and point at everything in it."""
        window.grab()
        for widget in (window, *window.findChildren(QWidget)):
            # A tooltip belongs to what it is about, and is gone with the next one.
            if not isValid(widget) or not widget.isVisible() or widget.window() is not window:
                continue
            self.point_at(widget, widget.rect().center())
            for place in _items_of(widget):
                self.point_at(widget.viewport(), place)  # type: ignore[attr-defined]
            interface = QAccessible.queryAccessibleInterface(widget)
            if interface is not None:
                self.spoken += [(path_of(widget), text) for kind in _SPOKEN if (text := interface.text(kind))]
            if isinstance(widget, QLabel) and widget.text() and widget.textFormat() is not Qt.TextFormat.PlainText:
                self.labels.append(path_of(widget))

    def point_at(self, widget: QWidget, place: QPoint) -> None:
        """Keep the pointer over a place until its tooltip is shown, if it has one."""
        event = QHelpEvent(QEvent.Type.ToolTip, place, widget.mapToGlobal(place))
        QApplication.sendEvent(widget, event)
        label = _tooltip_in_sight()
        if label is not None:
            label.grab()
            # Qt wraps a tooltip that it takes for HTML, and no other.
            self.tooltips.append(Tooltip(path_of(widget), label.text(), label.wordWrap()))
            # Qt would take it for the next one, if that comes at once, and delete it in the middle of the call.
            label.close()

    def shown_over(self, widget: str) -> list[str]:
        """Return the tooltips of a widget, by the end of its path."""
        return [tooltip.text for tooltip in self.tooltips if tooltip.widget.endswith(widget)]


def _tooltip_in_sight() -> QLabel | None:
    for label in QApplication.topLevelWidgets():
        if isinstance(label, QLabel) and label.inherits("QTipLabel") and label.isVisible():
            return label
    return None


def _items_of(widget: QWidget) -> Iterator[QPoint]:
    """Yield the middle of each item, or of each section of a header, that is in sight."""
    if isinstance(widget, QHeaderView):
        for section in range(widget.count()):
            along, across = widget.sectionViewportPosition(section) + 4, widget.height() // 2
            is_across = widget.orientation() is Qt.Orientation.Horizontal
            yield QPoint(along, across) if is_across else QPoint(widget.width() // 2, along)
    elif isinstance(widget, QListView | QTableView | QTreeView):
        yield from _cells_of(widget, QModelIndex())


def _cells_of(view: QAbstractItemView, parent: QModelIndex) -> Iterator[QPoint]:
    model, area = view.model(), view.viewport().rect()
    for row in range(model.rowCount(parent)):
        for column in range(1 if isinstance(view, QListView) else model.columnCount(parent)):
            index = model.index(row, column, parent)
            place = view.visualRect(index).intersected(area)
            if not place.isEmpty():
                yield place.center()
        if isinstance(view, QTreeView):
            yield from _cells_of(view, model.index(row, 0, parent))
