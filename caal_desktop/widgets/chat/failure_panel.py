"""What stands under an answer that failed: what happened, why, what helps, and the buttons that do it."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton

from caal_desktop.llm.errors import ErrorText, InsufficientCredit, ProviderError, Remedy
from caal_desktop.services.chat.conversation import Message, SavedFailureError
from caal_desktop.widgets.common.message_panel import Action, MessagePanel, Tone
from caal_desktop.widgets.common.texts import explain, reason_and_advice

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

LONGEST_COUNTDOWN_S = 600.0
"""Seconds; for a longer wait nobody sits and watches, and "retry" is offered at once."""


def failure_text(message: Message) -> ErrorText | None:
    """The words for why an answer failed; None for one that did not."""
    if message.error is None:
        return None
    return message.error.text if isinstance(message.error, SavedFailureError) else explain(message.error)


def failure_remedy(message: Message) -> Remedy:
    """What helps against a failure."""
    return getattr(message.error, "remedy", Remedy.RETRY)


class FailurePanel(MessagePanel):
    """The message, and a countdown where the server asked for a pause.

    Its actions: ``retry``, ``continue``, ``model``, ``key``, ``shorten`` (edit the message), ``defaults`` (the model's
    own parameters), ``lower`` (a shorter longest answer), ``settings`` (the provider's).
    """

    actionChosen = Signal(str)

    def __init__(self, *, name: str, parent: QWidget) -> None:
        super().__init__(name=name, parent=parent)
        self._ready_at = 0.0
        self._timer = QTimer(self, interval=250)
        self._timer.timeout.connect(self._count)

    def show_failure(self, message: Message, failed_at: float | None, *, can_act: bool) -> None:
        """Draw a failure.

        Args:
            message: the answer.
            failed_at: when it failed, by the monotonic clock; None for a failure of an earlier run.
            can_act: it is the last answer and nothing is on its way, so that something can be done about it.
        """
        text = failure_text(message)
        if text is None:
            return
        error = message.error
        detail = error.detail if isinstance(error, ProviderError) and failure_remedy(message) in _DETAILED else ""
        body = reason_and_advice(text)
        if detail and detail not in body:
            body = f"{body}\n{self.tr('In detail: {detail}').format(detail=detail)}"
        actions = [
            Action(action, title, partial(self.actionChosen.emit, action))
            for action, title in (self._actions(message) if can_act else ())
        ]
        self.show_message(Tone.BAD, text.what, body, actions)
        for button in self.findChildren(QPushButton):
            if button.objectName():
                button.show()  # at once and not with the next event: the panel is measured before that
        wait = error.retry_after if isinstance(error, ProviderError) else None
        if wait is not None and failed_at is not None and wait <= LONGEST_COUNTDOWN_S:
            self._ready_at = failed_at + wait
            self._timer.start()
            self._count()

    def _actions(self, message: Message) -> tuple[tuple[str, str], ...]:
        again = ("continue", self.tr("Continue from there")) if message.parts else ("retry", self.tr("Try again"))
        retry, model = ("retry", self.tr("Try again")), ("model", self.tr("Choose another model"))
        key = ("key", self.tr("Change the key"))
        if isinstance(message.error, InsufficientCredit):
            return (("lower", self.tr("Allow a shorter answer")), retry, model, key)
        match failure_remedy(message):
            case Remedy.CHECK_KEY:
                return (key, retry)
            case Remedy.ADD_CREDIT:
                return (("lower", self.tr("Allow a shorter answer")), retry, model, key)
            case Remedy.CHOOSE_MODEL | Remedy.PRIVACY_SETTINGS:
                return (model, retry)
            case Remedy.SHORTEN:
                return (("shorten", self.tr("Edit the message")), model, retry)
            case Remedy.DEFAULT_PARAMETERS:
                return (("defaults", self.tr("Use the model's own parameters")), model, retry)
            case Remedy.PROVIDER_SETTINGS:
                return (("settings", self.tr("Provider's settings")), retry)
            case _:
                return (again, retry, model) if message.parts else (retry, model)

    def _count(self) -> None:
        button = self.button("retry")
        left = self._ready_at - time.monotonic()
        if button is None or left <= 0:
            self._timer.stop()
        if button is not None:
            button.setEnabled(left <= 0)
            button.setText(
                self.tr("Try again") if left <= 0 else self.tr("Try again in {n} s").format(n=math.ceil(left))
            )


_DETAILED = frozenset({Remedy.DEFAULT_PARAMETERS, Remedy.SHORTEN, Remedy.RETRY, Remedy.NONE})
"""Where the server's own words may say more than ours."""
