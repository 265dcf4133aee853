"""What assistive technology finds at a scroll area: Qt's own interface for it can end the process.

That one counts its scroll bars among its children while they are shown, and hands out a child by its number without a
look at how many there are. A screen reader that has just counted them asks for one that is gone: a page that fits has
taken the place of one that did not. An ordinary widget's interface looks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAccessibleWidget, QWidget

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

# Qt asks for each class from the widget's own up to QObject, so that item views and text edits, which are scroll areas
# as well, have got the interfaces of their own by then.
_SCROLL_AREAS: Final = frozenset({"QScrollArea", "QAbstractScrollArea"})


def install_scroll_interface() -> None:
    """Have Qt use an ordinary widget's interface for scroll areas; to be called once there is an application."""
    QAccessible.installFactory(_interface_of)


def _interface_of(class_name: str, found: QObject) -> QAccessibleWidget | None:
    if class_name in _SCROLL_AREAS and isinstance(found, QWidget):
        return QAccessibleWidget(found, QAccessible.Role.Client)
    return None
