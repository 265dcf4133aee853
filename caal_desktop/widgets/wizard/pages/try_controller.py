"""The logic of the fourth step: one question, whose answer the page shows as it streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.conversation import AnswerStatus, Role

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.fallback_offer import FindFallback
    from caal_desktop.services.providers.provider_pool import Connection
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.wizard.pages.try_page import TryPage

MAX_TOKENS = 300
"""Tokens of the answer at the most: one sentence is asked for."""


class TryController(QObject):
    """Connects the page with a conversation of its own.

    Args:
        page: the page.
        chat: the conversation.
        find_fallback: finds the model that can be asked where another one has failed.

    Signals:
        completed: an answer has come to its end.
    """

    completed = Signal()

    def __init__(self, page: TryPage, chat: ChatService, find_fallback: FindFallback, parent: QObject) -> None:
        super().__init__(parent)
        self._page, self._chat, self._find_fallback = page, chat, find_fallback
        page.stopped.connect(chat.stop)
        chat.textArrived.connect(lambda _index, text: page.append(text))
        chat.keptAlive.connect(lambda _index: page.show_working())
        chat.paused.connect(lambda _index, pause: page.pause.begin(pause))
        chat.statusChanged.connect(self._on_status)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._chat.is_busy

    def ask(
        self,
        question: str,
        connection: Connection,
        model: str,
        settings: Settings,
        known: ModelInfo | None = None,
        *,
        model_defaults: bool = False,
    ) -> None:
        """Ask a question in a conversation that begins anew.

        Args:
            question: what is asked.
            connection: the provider.
            model: the model's id.
            settings: the settings.
            known: what is known about the model; one that need not think first is told not to.
            model_defaults: send no parameter that a model could refuse.
        """
        self._chat.clear()
        self._page.begin_answer()
        options = ChatOptions(max_tokens=min(settings.max_tokens, MAX_TOKENS), model_defaults=model_defaults)
        request = chat_request(settings, connection, known, options, model_id=model)
        self._chat.send(question, request)

    def stop(self) -> None:
        """Stop the answer; what has arrived stays."""
        self._chat.stop()

    def reset(self) -> None:
        """Clear question and answer: another model is to be asked."""
        self._chat.clear()
        self._page.reset()

    def end(self) -> None:
        """Stop the answer and clear the conversation, whose window is being closed."""
        self._chat.clear()

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.role is not Role.ASSISTANT:
            return
        self._page.show_status(message, self._find_fallback(message))
        if message.status is AnswerStatus.COMPLETE:
            self.completed.emit()
