"""A message that is not about anything in a window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

_alone: set[QMessageBox] = set()


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
        # Nobody else holds it: it would be gone before it could be seen.
        _alone.add(box)
        box.finished.connect(lambda _result: _alone.discard(box))
    box.open()
    return box
