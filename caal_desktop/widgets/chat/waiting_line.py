"""Says what an answer waits for, as long as nothing of it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from caal_desktop.llm.translation import Duration
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.widgets.common.formats import duration
from caal_desktop.widgets.common.pause_line import PauseLine

if TYPE_CHECKING:
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.pause import Pause

SILENT_FROM_S: Final = 5
"""Seconds without a sign of life within an answer, after which that is said."""


class WaitingLine(QObject):
    """The line about the answer that a conversation is waiting for.

    Args:
        chat: the conversation.

    Signals:
        textChanged: carries the line; "" while the answer comes, and while there is none. May repeat itself.
        worthSaying: carries a line that is to be said aloud, once for each pause or silence.
    """

    textChanged = Signal(str)
    worthSaying = Signal(str)

    def __init__(self, chat: ChatService, parent: QObject) -> None:
        super().__init__(parent)
        self._chat = chat
        self._has_begun = False
        self._silent_s = 0
        self._pause = PauseLine(self)
        self._pause.textChanged.connect(self._on_pause_line)
        self._pause.begun.connect(self.worthSaying)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._on_second)
        chat.textArrived.connect(self._on_text)
        chat.reasoningArrived.connect(self._on_reasoning)
        chat.toolCallArrived.connect(self._on_sign_of_life)
        chat.keptAlive.connect(self._on_kept_alive)
        chat.paused.connect(self._on_paused)
        chat.busyChanged.connect(self._on_busy)
        chat.cleared.connect(self._on_cleared)

    def _say(self, text: str) -> None:
        self._pause.end()
        self._silent_s = 0
        self.textChanged.emit(text)

    def _on_busy(self, busy: bool) -> None:
        self._has_begun = False
        if busy:
            self._clock.start()
        else:
            self._clock.stop()
        self._say(self.tr("Waiting for the first word…") if busy else "")

    def _on_cleared(self) -> None:
        self._say("")

    def _on_text(self, _index: int, _text: str) -> None:
        self._has_begun = True
        self._say("")

    def _on_reasoning(self, _index: int, _text: str) -> None:
        self._has_begun = True
        self._say(self.tr("Thinking…"))

    def _on_sign_of_life(self, _index: int) -> None:
        if self._silent_s >= SILENT_FROM_S:
            self._say("")
        self._silent_s = 0

    def _on_kept_alive(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.status is AnswerStatus.WAITING and not message.reasoning_parts:
            self._say(self.tr("The provider is working on it…"))
        else:
            self._on_sign_of_life(index)

    def _on_paused(self, _index: int, pause: Pause) -> None:
        self._pause.begin(pause)

    def _on_pause_line(self, text: str) -> None:
        self.textChanged.emit(text or self.tr("Waiting for the first word…"))

    def _on_second(self) -> None:
        self._silent_s += 1
        if self._has_begun and self._silent_s >= SILENT_FROM_S:
            time = duration(Duration(self._silent_s))
            text = self.tr("Nothing more has come for {time}.").format(time=time)
            self.textChanged.emit(text)
            if self._silent_s == SILENT_FROM_S:
                self.worthSaying.emit(text)
