"""Messages in a box of their own, for what concerns no part of a window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

_without_parent: set[QMessageBox] = set()


class MessageBox(QMessageBox):
    """A box that shows its texts as they are: Qt's own reads HTML, and opens what that names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Before there is any text: the label of the second one takes the format over when it is made.
        self.setTextFormat(Qt.TextFormat.PlainText)


def show_message_box(title: str, text: str, parent: QWidget | None) -> QMessageBox:
    """Show a message; it does not wait for an answer.

    Returns:
        The box that is shown; it deletes itself once it is closed.
    """
    box = MessageBox(parent)
    box.setObjectName("message")
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle(title)
    box.setText(title)
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    box.setInformativeText(text)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if parent is None:
        # Nothing else refers to it: it would be deleted before it could be seen.
        _without_parent.add(box)
        box.finished.connect(lambda _result: _without_parent.discard(box))
    box.open()
    return box
