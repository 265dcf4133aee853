"""Messages in a box of their own, for what concerns no part of a window."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.translation import translate

_without_parent: set[QMessageBox] = set()


# Longer words than this are broken where no dash or slash allows it, as in the names of some files.
_LONGEST_WORD = 40
_BREAK = "\u200b"
_COLUMNS = 52
_BESIDE = 160
"""Pixels of a box's width that its text cannot have: the icon, and the space around both."""


def breakable(text: str) -> str:
    """Return a text that can be wrapped at any width, with invisible marks in its longest words."""
    return re.sub(rf"[^\s/\\-]{{{_LONGEST_WORD}}}(?=[^\s/\\-])", rf"\g<0>{_BREAK}", text)


def message_title() -> str:
    """Return the title of boxes, and of dialogs that are like them: the program's name.

    What they have to say stands in them, and is not said twice. (macOS shows no title.)
    """
    return translate("MessageBox", "CAAL Desktop")


class MessageBox(QMessageBox):
    """A box that shows its texts as they are: Qt's own reads HTML, and opens what that names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Before there is any text: the label of the second one takes the format over when it is made.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWindowTitle(message_title())

    def setInformativeText(self, text: str) -> None:
        """Set the second text, and give it the width of some words: by itself it takes the first one's."""
        super().setInformativeText(text)
        label = self.findChild(QLabel, "qt_msgbox_informativelabel")
        if label is not None:
            width = self.fontMetrics().averageCharWidth() * _COLUMNS
            label.setMinimumWidth(min(width, max(0, design.room(self).width() - _BESIDE)))


def show_message_box(title: str, text: str, parent: QWidget | None) -> QMessageBox:
    """Show a message; it does not wait for an answer.

    Returns:
        The box that is shown; it deletes itself once it is closed.
    """
    box = MessageBox(parent)
    box.setObjectName("message")
    box.setIcon(QMessageBox.Icon.Information)
    box.setText(breakable(title))
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    box.setInformativeText(breakable(text))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if parent is None:
        # Nothing else refers to it: it would be deleted before it could be seen.
        _without_parent.add(box)
        box.finished.connect(lambda _result: _without_parent.discard(box))
    box.open()
    return box
