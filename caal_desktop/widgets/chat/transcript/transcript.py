"""A conversation on the screen: shows the messages of a chat service, and announces them to screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Role
from caal_desktop.widgets.chat.failure_panel import failure_text
from caal_desktop.widgets.chat.transcript.conversation_view import ConversationView
from caal_desktop.widgets.chat.transcript.message_widgets import MessageWidgets
from caal_desktop.widgets.chat.transcript.text_export import copy_text, plain_text
from caal_desktop.widgets.common.announcements import announce

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.fallback_offer import FindFallback
    from caal_desktop.widgets.common.command_set import CommandSet

_SPOKEN = 2000
"""Characters of an answer that are announced at its end; the rest is in the message."""


class Transcript(QObject):
    """Connects a chat service with the view that shows its conversation.

    Args:
        chat: has the messages.
        commands: what can be done with a message, by its index; copying is bound here.
        find_fallback: finds the model that can be asked where another one has failed.
        name: prefix of the messages' object names.
        parent: that of the view, too.

    Attributes:
        view: the widget.

    Signals:
        linkActivated: a link that may be opened once the user has agreed; a ``SafeLink``.
    """

    linkActivated = Signal(object)

    def __init__(
        self,
        chat: ChatService,
        commands: CommandSet[[int]],
        find_fallback: FindFallback,
        *,
        name: str = "chat.message",
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._chat, self._find_fallback = chat, find_fallback
        self._announced: ChatMessage | None = None
        """The answer that was announced last: what it cost may be told later."""
        self._widgets = MessageWidgets(chat, commands, find_fallback, name, self)
        self.view = ConversationView(self._widgets, parent)
        self._widgets.linkChosen.connect(self.view.text.activate_link)
        self._widgets.foldToggled.connect(self.view.set_fold_open)
        self.view.text.linkActivated.connect(self.linkActivated)
        commands.bind(CommandId.COPY, lambda index: copy_text(plain_text(chat.messages[index])))
        commands.bind(CommandId.COPY_MARKDOWN, lambda index: copy_text(chat.messages[index].text))
        chat.messageAdded.connect(self._on_added)
        chat.textArrived.connect(self.view.renderer.add_text)
        chat.reasoningArrived.connect(self.view.renderer.add_reasoning)
        chat.toolCallArrived.connect(self.view.renderer.show_tools)
        chat.statusChanged.connect(self._on_status)
        chat.pathChanged.connect(self._on_path)
        chat.busyChanged.connect(self._on_busy)
        chat.cleared.connect(self._on_cleared)

    def show_fallbacks(self) -> None:
        """Offer what can be asked in place of a model that has failed: other models are known than before."""
        panel = self.view.items[-1].panel if self.view.items else None
        # Buttons are made anew: not under a pointer that is about to press one, without need.
        if panel is not None and panel.fallback != self._find_fallback(self._chat.messages[-1]):
            self._refresh(len(self._chat.messages) - 1)

    # --- the chat

    def _on_added(self, index: int) -> None:
        self.view.add_message(self._chat.messages[index])
        # Users want to see what they have just sent.
        if self._chat.messages[index].role is Role.USER and not self.view.is_following:
            self.view.follow_end()

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.status is AnswerStatus.STREAMING:
            self._announced = None
            self._refresh(index)
            return
        if message.status is AnswerStatus.FAILED:
            self._widgets.note_failure(message)
        self.view.renderer.end(index)
        self._refresh(index)
        self.view.relayout()
        self._announce(message)

    def _on_path(self, index: int) -> None:
        self.view.show_messages(self._chat.messages, index)
        if index < len(self._chat.messages) and self._chat.messages[-1].status.is_open:
            self.view.begin_stream(len(self._chat.messages) - 1)
        if index:
            self._refresh(index - 1)

    def _on_busy(self, _busy: bool) -> None:
        for index in self.view.column.near():
            self._refresh(index)

    def _on_cleared(self) -> None:
        self.view.show_messages(self._chat.messages)

    def _refresh(self, index: int) -> None:
        """Update a message's widgets: its state has changed, or its position in the conversation."""
        if index < len(self.view.items):
            item = self.view.items[index]
            self._widgets.refresh(index, item)
            item.arrange(self.view.column.width)

    def _announce(self, message: ChatMessage) -> None:
        """Announce a finished answer to screen readers: once, because single words could not be followed."""
        if message is self._announced or not QAccessible.isActive():
            return
        self._announced = message
        failure = failure_text(message) if message.status is AnswerStatus.FAILED else None
        text = plain_text(message)[:_SPOKEN] if message.parts else ""
        spoken = " ".join(part for part in (text, failure.what if failure is not None else "") if part)
        announce(self.view, spoken)
