"""Messages in a box of their own, for what concerns no part of a window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

_without_parent: set[QMessageBox] = set()


def show_message_box(title: str, text: str, parent: QWidget | None) -> QMessageBox:
    """Show a message; it does not wait for an answer.

    Returns:
        The box that is shown; it deletes itself once it is closed.
    """
    box = QMessageBox(QMessageBox.Icon.Information, title, title, QMessageBox.StandardButton.Ok, parent)
    box.setObjectName("message")
    box.setInformativeText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if parent is None:
        # Nothing else refers to it: it would be deleted before it could be seen.
        _without_parent.add(box)
        box.finished.connect(lambda _result: _without_parent.discard(box))
    box.open()
    return box
