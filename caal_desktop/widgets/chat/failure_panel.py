"""The panel under an answer that failed: what happened, why, what helps, and the buttons that do it."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton

from caal_desktop.commands import CommandId, part_of, remedy_of
from caal_desktop.llm.errors import ErrorText, ProviderError
from caal_desktop.llm.translation import Duration
from caal_desktop.widgets.common.command_set import title_of
from caal_desktop.widgets.common.formats import duration
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.suggested_model import naming, suggestion, with_fallback
from caal_desktop.widgets.common.translation import reason_and_advice, words_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.chat.fallback_offer import Fallback, FindFallback
    from caal_desktop.widgets.common.command_set import CommandSet
    from caal_desktop.widgets.common.message_panel import MessageAction

LONGEST_COUNTDOWN_S = 600.0
"""Seconds; a longer wait is not counted down, and another try is offered at once."""


def failure_text(message: ChatMessage) -> ErrorText | None:
    """Return why an answer failed, in words; None for one that did not fail."""
    return None if message.error is None else words_of(message.error)


class FailurePanel(MessagePanel):
    """Shows a failure with the commands that help, and a countdown where the server asked for a pause.

    Args:
        commands: what can be done with a message.
        find_fallback: finds the model that can be asked instead.

    Attributes:
        fallback: the model that is offered instead; None where there is none.
    """

    def __init__(self, commands: CommandSet[[int]], find_fallback: FindFallback, *, name: str, parent: QWidget) -> None:
        super().__init__(name=name, parent=parent)
        self._commands, self._find_fallback = commands, find_fallback
        self.fallback: Fallback | None = None
        self._ready_at = 0.0
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self._show_countdown)

    def show_failure(self, index: int, message: ChatMessage, failed_at: float | None, *, can_act: bool) -> None:
        """Show a failure.

        Args:
            index: the answer's place in the conversation.
            message: the answer.
            failed_at: when it failed, by the monotonic clock; None for a failure of an earlier run.
            can_act: it is the last answer and nothing is on its way, so that something can be done about it.
        """
        text = failure_text(message)
        if text is None:
            return
        error = message.error
        detail = error.detail if isinstance(error, ProviderError) and remedy_of(error) in _DETAILED else ""
        body = reason_and_advice(text)
        if detail and detail not in body:
            body += "\n" + self.tr("In detail: {detail}").format(detail=detail)
        if isinstance(error, ProviderError) and isinstance(hint := error.params.get("hint"), str):
            provider = provider_title(error.provider)
            body += "\n" + self.tr("{provider} adds: {hint}").format(provider=provider, hint=hint)
        self.fallback = self._find_fallback(message) if can_act else None
        if self.fallback is not None:
            body += "\n" + suggestion(self.fallback)
        actions = self._actions(index, message, self.fallback) if can_act else ()
        self.show_message(MessageKind.ERROR, text.what, body, actions)
        for button in self.findChildren(QPushButton):
            if button.objectName():
                button.show()  # at once and not with the next event: the panel is measured before that
        wait = error.retry_after if isinstance(error, ProviderError) else None
        if wait is not None and failed_at is not None and wait <= LONGEST_COUNTDOWN_S:
            self._ready_at = failed_at + wait
            self._timer.start()
            self._show_countdown()

    def _actions(self, index: int, message: ChatMessage, fallback: Fallback | None) -> list[MessageAction]:
        remedy = remedy_of(message.error)
        wanted = [remedy, *_BESIDE.get(remedy, (CommandId.RETRY, CommandId.CHOOSE_MODEL))]
        if fallback is not None:
            wanted = with_fallback(wanted)
        if message.text.strip():
            # Another try would throw away what has come; a remedy for the cause comes before continuing.
            wanted.insert(0 if remedy in _ANOTHER_TRY else 1, CommandId.CONTINUE)
        actions = self._commands.buttons(wanted, index)
        return actions if fallback is None else naming(fallback.model, actions)

    def _show_countdown(self) -> None:
        button = self.button(part_of(CommandId.RETRY))
        left = self._ready_at - time.monotonic()
        if button is None or left <= 0:
            self._timer.stop()
        if button is not None:
            button.setEnabled(left <= 0)
            button.setText(
                title_of(CommandId.RETRY)
                if left <= 0
                else self.tr("Try again in {time}").format(time=duration(Duration(math.ceil(left))))
            )


_ANOTHER_TRY = frozenset({CommandId.RETRY, CommandId.WAIT})
"""Remedies that are no more than another try."""

_DETAILED = frozenset({CommandId.DEFAULT_PARAMETERS, CommandId.SHORTEN, CommandId.RETRY})
"""Remedies with which the server's own words are shown as well: they may say more than ours."""

_BESIDE = {
    CommandId.CHECK_KEY: (CommandId.RETRY,),
    CommandId.ADD_CREDIT: (
        CommandId.ALLOW_SHORTER_ANSWER,
        CommandId.RETRY,
        CommandId.CHOOSE_MODEL,
        CommandId.CHECK_KEY,
    ),
    CommandId.CHOOSE_MODEL: (CommandId.RETRY,),
    CommandId.PRIVACY_SETTINGS: (CommandId.PRIVACY_PAGE, CommandId.CHOOSE_MODEL, CommandId.RETRY),
    CommandId.SHORTEN: (CommandId.CHOOSE_MODEL, CommandId.RETRY),
    CommandId.DEFAULT_PARAMETERS: (CommandId.CHOOSE_MODEL, CommandId.RETRY),
    CommandId.PROVIDER_SETTINGS: (CommandId.RETRY,),
}
"""Other commands that are offered with a remedy, where these are not another try and another model."""
