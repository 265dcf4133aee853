"""The test chat: conversation above, composer below, and what stands in the way between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from caal_desktop.llm.errors import Remedy
from caal_desktop.services.conversation import AnswerStatus, Role
from caal_desktop.widgets import theme
from caal_desktop.widgets.chat.composer import Composer
from caal_desktop.widgets.chat.transcript import Transcript
from caal_desktop.widgets.controls import BusyRing, TextLabel
from caal_desktop.widgets.message_panel import MessagePanel, Tone
from caal_desktop.widgets.texts import explain, reason_and_advice

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from caal_desktop.services.chat_service import ChatService


class ChatPage(QWidget):
    """Draws one conversation.

    Signals:
        submitted: carries the text to be sent.
        actionChosen: what helps after a failure: ``retry``, ``model``, ``key``.
        edited: the person writes.
    """

    submitted = Signal(str)
    actionChosen = Signal(str)
    edited = Signal()

    def __init__(self, chat: ChatService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chat")
        self._chat = chat
        self.transcript = Transcript(self)
        self.composer = Composer(self)
        self.message = MessagePanel(name="chat.message", parent=self)
        self._empty_title = TextLabel(name="chat.empty.title", scale=1.4, bold=True, parent=self)
        self._empty_text = TextLabel(name="chat.empty.text", muted=True, parent=self)
        for label in (self._empty_title, self._empty_text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        empty = QWidget(self)
        empty_layout = QVBoxLayout(empty)
        empty_layout.setContentsMargins(theme.GRID * 4, 0, theme.GRID * 4, 0)
        empty_layout.setSpacing(theme.GRID)
        empty_layout.addStretch(1)
        empty_layout.addWidget(self._empty_title)
        empty_layout.addWidget(self._empty_text)
        empty_layout.addStretch(2)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(self.transcript)
        self._ring = BusyRing(size=16, parent=self)
        self._status = TextLabel(name="chat.status", muted=True, parent=self)
        status = QHBoxLayout()
        status.setSpacing(theme.GRID)
        status.addWidget(self._ring)
        status.addWidget(self._status, 1)
        self._ring.hide()
        self._status.hide()
        lower = QVBoxLayout()
        lower.setContentsMargins(theme.GRID * 2, theme.GRID, theme.GRID * 2, theme.GRID * 2)
        lower.setSpacing(theme.GRID)
        lower.addWidget(self.message)
        lower.addLayout(status)
        lower.addWidget(self.composer)
        column = QWidget(self)
        column.setLayout(lower)
        column.setMaximumWidth(860)
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(column, 100)
        centred.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addLayout(centred)
        self._connect()

    def _connect(self) -> None:
        chat = self._chat
        chat.messageAdded.connect(self._on_added)
        chat.textArrived.connect(self._on_text)
        chat.keptAlive.connect(self._on_alive)
        chat.statusChanged.connect(self._on_status)
        chat.busyChanged.connect(self._on_busy)
        chat.cleared.connect(self._on_cleared)
        self.composer.submitted.connect(self.submitted)
        self.composer.stopRequested.connect(chat.stop)
        self.composer.edited.connect(self.edited)
        self.message.actionChosen.connect(self.actionChosen)

    def set_model_name(self, name: str) -> None:
        """Name who is talked to."""
        self._empty_title.setText(
            self.tr("Ask {model} something").format(model=name) if name else self.tr("No model yet")
        )
        self._empty_text.setText(
            self.tr("This is a test chat: it shows how fast the model begins, how it answers, and what that costs.")
            if name
            else self.tr("Choose one above.")
        )

    def show_problem(self, title: str, body: str, actions: tuple[tuple[str, str], ...]) -> None:
        """Say what stands in the way of sending."""
        self.message.show_message(Tone.CAUTION, title, body, actions)

    def show_waiting(self, text: str) -> None:
        """Say what is being waited for before anything can be sent."""
        self.message.show_message(Tone.BUSY, text)

    def hide_problem(self) -> None:
        """Nothing stands in the way any more."""
        self.message.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops the answer."""
        if event.key() == Qt.Key.Key_Escape and self._chat.is_busy:
            self._chat.stop()
        else:
            super().keyPressEvent(event)

    def _on_added(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.role is Role.USER:
            self.message.hide()
        self._stack.setCurrentWidget(self.transcript)
        self.transcript.add_message(message)

    def _on_text(self, _index: int, text: str) -> None:
        self._say("")
        self.transcript.append(text)

    def _on_alive(self, index: int) -> None:
        if self._chat.messages[index].status is AnswerStatus.WAITING:
            self._say(self.tr("The provider is working on it…"))

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        self.transcript.show_facts(index)
        if message.status is AnswerStatus.FAILED and message.error is not None:
            text = explain(message.error)
            self.message.show_message(
                Tone.BAD, text.what, reason_and_advice(text), self._actions(getattr(message.error, "remedy", None))
            )

    def _actions(self, remedy: Remedy | None) -> tuple[tuple[str, str], ...]:
        retry, model = ("retry", self.tr("Try again")), ("model", self.tr("Choose another model"))
        key = ("key", self.tr("Change the key"))
        match remedy:
            case Remedy.CHECK_KEY:
                return (key, retry)
            case Remedy.CHOOSE_MODEL | Remedy.PRIVACY_SETTINGS:
                return (model, retry)
            case Remedy.ADD_CREDIT:
                return (retry, model, key)
            case _:
                return (retry, model)

    def _on_busy(self, busy: bool) -> None:
        self.composer.set_busy(busy)
        self._ring.setVisible(busy)
        self._say(self.tr("Waiting for the first word…") if busy else "")

    def _say(self, text: str) -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))
        self._ring.setVisible(bool(text))

    def _on_cleared(self) -> None:
        self.transcript.clear_messages()
        self.message.hide()
        self._stack.setCurrentIndex(0)
