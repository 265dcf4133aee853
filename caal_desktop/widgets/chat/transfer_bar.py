"""Below the list of conversations: the one that is being imported or exported, how far that is, and Stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from caal_desktop.item_models.foreign_text import one_line
from caal_desktop.services.history.conversation_transfer import TransferKind
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconButton, TextLabel, hand_focus_to

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from caal_desktop.services.history.conversation_transfer import ConversationTransfer

SHOWN_AFTER_MS = 300
"""Milliseconds: what is done by then needs no bar, which would only flash."""
_LOOK_MS = 100


class TransferBar(QWidget):
    """Shows what is under way, unless it is done at once.

    Args:
        transfer: imports and exports.
    """

    def __init__(self, transfer: ConversationTransfer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history.transfer")
        self._transfer = transfer
        self._focus_successor: QWidget | None = None
        self._label = TextLabel(name="history.transfer.text", parent=self)
        self._bar = QProgressBar(self)
        self._bar.setObjectName("history.transfer.bar")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 100)
        self._bar.setFixedHeight(6)
        self._stop = IconButton("stop", self.tr("Stop"), name="history.transfer.stop", parent=self)
        self._stop.clicked.connect(transfer.stop)
        texts = QVBoxLayout()
        texts.setSpacing(design.GRID // 2)
        texts.addWidget(self._label)
        texts.addWidget(self._bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addLayout(texts, 1)
        layout.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignBottom)
        self._wait = QTimer(self, interval=SHOWN_AFTER_MS, singleShot=True)
        self._wait.timeout.connect(self._begin)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._show_progress)
        transfer.begun.connect(lambda _transfer: self._wait.start())
        transfer.ended.connect(self._end)
        self.hide()

    def return_focus_to(self, widget: QWidget) -> None:
        """Set the widget that gets the focus from Stop, which can be pressed once."""
        self._focus_successor = widget

    def _hand_focus_on(self) -> None:
        # Where nothing has the focus, it is None, of which nothing is an ancestor.
        if self._focus_successor is not None and self.isAncestorOf(self.window().focusWidget()):
            hand_focus_to(self._focus_successor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stop on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self._transfer.stop()
        else:
            super().keyPressEvent(event)

    def _begin(self) -> None:
        self._show_progress()
        self.show()
        self._look.start()

    def _end(self) -> None:
        self._wait.stop()
        self._look.stop()
        self._hand_focus_on()
        self.hide()

    def _show_progress(self) -> None:
        current = self._transfer.current
        if current is None:
            return
        if current.is_stopping:
            text = self.tr("Removing what was imported of {file}…")
        elif current.kind is TransferKind.IMPORT:
            text = self.tr("Importing {file}…")
        else:
            text = self.tr("Exporting to {file}…")
        shown = text.format(file=one_line(current.file))
        if self._bar.accessibleName() != shown:
            self._label.setText(shown)
            self._bar.setAccessibleName(shown)
        if current.is_stopping:
            self._hand_focus_on()
        self._stop.setEnabled(not current.is_stopping)
        self._bar.setValue(round(current.fraction * 100))
