"""The one way to give anything a tooltip: plain text, whatever it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QToolTip, QTreeWidgetItem

from caal_desktop.item_models.foreign_text import tooltip_text

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget


class _HasTooltip(Protocol):
    def setToolTip(self, text: str, /) -> None: ...


def set_tooltip(target: _HasTooltip | QTreeWidgetItem, text: str, *, column: int = 0) -> None:
    """Set the tooltip of a widget, an action or an item.

    Args:
        target: what to point at.
        text: any text; it is shown literally. "" for no tooltip.
        column: that of a :class:`QTreeWidgetItem`.
    """
    if isinstance(target, QTreeWidgetItem):
        target.setToolTip(column, tooltip_text(text))
    else:
        target.setToolTip(tooltip_text(text))


def show_tooltip(at: QPoint, text: str, widget: QWidget) -> None:
    """Show a tooltip now, or hide the one that is shown.

    Args:
        at: the pointer, on the screen.
        text: any text; it is shown literally. "" hides the tooltip.
        widget: what it belongs to.
    """
    QToolTip.showText(at, tooltip_text(text), widget)
