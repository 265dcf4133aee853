"""The question that is asked before changed settings send secrets to other addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import IconLabel, TextLabel
from caal_desktop.widgets.common.message_box import message_title
from caal_desktop.widgets.keys.consent import origin_text, secret_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.services.keys.secret_moves import SecretMove

_NAME = "settings.secrets.confirm"


class SecretsQuestion(QDialog):
    """A dialog that names every secret, the address that it was given for and the one that would receive it.

    Closing it puts nothing in force.

    Signals:
        answered: carries whether the secrets are to be sent; where they are not, they stay kept for their addresses.
    """

    answered = Signal(bool)

    def __init__(self, moves: Sequence[SecretMove], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(_NAME)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._list = "\n\n".join(self._line(move) for move in moves)
        self.setWindowTitle(message_title())
        if len(moves) == 1:
            title = self.tr("Send this secret to another address?")
        else:
            title = self.tr("Send these secrets to other addresses?")
        texts = QVBoxLayout()
        texts.setSpacing(design.GRID)
        texts.addWidget(TextLabel(title, name=f"{_NAME}.title", bold=True, parent=self))
        texts.addWidget(TextLabel(self._list, name=f"{_NAME}.list", parent=self))
        texts.addWidget(
            TextLabel(
                self.tr(
                    "Whoever answers there can read what is sent. Without sending, the settings change all the same: "
                    "what you gave stays kept for its own address, and something else can be given for the new one."
                ),
                name=f"{_NAME}.hint",
                scale=0.92,
                muted=True,
                parent=self,
            )
        )
        head = QHBoxLayout()
        head.setSpacing(design.GRID * 2)
        head.addWidget(IconLabel("caution", "caution", size=32, parent=self), 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        # Created in the order in which they are shown, which is the tab order.
        self.send = self._button("send", self.tr("Send"))
        self.keep = self._button("keep", self.tr("Don't send"))
        self.cancel = self._button("cancel", self.tr("Cancel"))
        buttons = QHBoxLayout()
        buttons.setSpacing(design.GRID)
        buttons.addStretch(1)
        for button in (self.send, self.keep, self.cancel):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID * 2)
        layout.addLayout(head)
        layout.addLayout(buttons)
        self.keep.setDefault(True)
        self.keep.setFocus()
        self.setAccessibleName(title)
        self.setAccessibleDescription(self._list)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 56)
        self.keep.clicked.connect(lambda: self._answer(send=False))
        self.send.clicked.connect(lambda: self._answer(send=True))
        self.cancel.clicked.connect(self.reject)

    @property
    def text(self) -> str:
        """The secrets and their addresses, as they are shown."""
        return self._list

    def _line(self, move: SecretMove) -> str:
        if not move.origin:
            return self.tr("{secret}\nwould go to {new}").format(
                secret=secret_title(move.secret), new=origin_text(move.target)
            )
        return self.tr("{secret}\ngiven to {old}\nwould go to {new}").format(
            secret=secret_title(move.secret), old=origin_text(move.origin), new=origin_text(move.target)
        )

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"{_NAME}.{name}")
        button.setAutoDefault(False)
        return button

    def _answer(self, *, send: bool) -> None:
        self.accept()
        self.answered.emit(send)
