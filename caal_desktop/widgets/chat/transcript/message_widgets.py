"""The widgets of a message near the screen: its footer, the fold of its reasoning, the panel of its failure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.widgets.chat.failure_panel import FailurePanel
from caal_desktop.widgets.chat.transcript.message_footer import MessageFooter
from caal_desktop.widgets.chat.transcript.reasoning_fold import ReasoningFold

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.chat.fallback_offer import FindFallback
    from caal_desktop.widgets.chat.transcript.message_item import MessageItem
    from caal_desktop.widgets.common.command_set import CommandSet


class MessageWidgets(QObject):
    """Makes the widgets of one chat service's messages, and draws the messages' state on them.

    Args:
        chat: whose messages they are.
        commands: what can be done with a message, by its index.
        find_fallback: finds the model that can be asked where another one has failed.
        name: prefix of the messages' object names.

    Signals:
        linkChosen: the address of a link in a message.
        foldToggled: the :class:`MessageItem`, and whether its reasoning is to be shown.
    """

    linkChosen = Signal(str)
    foldToggled = Signal(object, bool)

    def __init__(
        self,
        chat: ChatService,
        commands: CommandSet[[int]],
        find_fallback: FindFallback,
        name: str,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._chat, self._commands = chat, commands
        self._find_fallback, self._name = find_fallback, name
        self._footers: dict[MessageFooter, MessageItem | None] = {}
        """All that were made, and whose they are now. They are used again: making one takes as long as drawing a frame,
        which would be felt while scrolling."""
        self._failed_at: dict[str, float] = {}

    def attach_widgets(self, index: int, item: MessageItem, parent: QWidget) -> None:
        """Give a message its footer, fold and panel.

        Args:
            index: the message's index in the conversation.
            item: the message.
            parent: that of the widgets.
        """
        message = item.message
        name = f"{self._name}.{index}"
        if item.footer is None:
            item.footer = self._free_footer(item, parent)
            item.footer.set_name(name)
            self._show_footer(index, message, item.footer)
        if item.fold is None and message.reasoning_parts:
            item.fold = ReasoningFold(name=f"{name}.reasoning", is_open=item.is_fold_open, parent=parent)
            item.fold.foldToggled.connect(lambda on: self.foldToggled.emit(item, on))
            item.fold.hide()
        if item.fold is not None:
            item.fold.show_message(message)
        if item.panel is None and message.status is AnswerStatus.FAILED:
            item.panel = FailurePanel(self._commands, self._find_fallback, name=f"{name}.failure", parent=parent)
            self._show_panel(index, message, item.panel)

    def detach_widgets(self, item: MessageItem) -> None:
        """Take a message's widgets away."""
        for widget in (item.fold, item.panel):
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if item.footer is not None:
            item.footer.hide()
            self._footers[item.footer] = None
        item.footer = item.fold = item.panel = None

    def refresh(self, index: int, item: MessageItem) -> None:
        """Update a message's widgets: its state has changed, or its position in the conversation."""
        message = item.message
        if item.panel is not None and message.status is not AnswerStatus.FAILED:
            item.panel.hide()
            item.panel.deleteLater()
            item.panel = None
        if item.footer is not None:
            self._show_footer(index, message, item.footer)
        if item.panel is not None:
            self._show_panel(index, message, item.panel)

    def note_failure(self, message: ChatMessage) -> None:
        """Note that an answer fails at this moment: the pause that the provider asks for begins now."""
        self._failed_at.setdefault(message.id, time.monotonic())

    def _free_footer(self, item: MessageItem, parent: QWidget) -> MessageFooter:
        for footer, owner in self._footers.items():
            if owner is None and footer.is_user == item.is_user:
                break
        else:
            footer = self._make_footer(parent, is_user=item.is_user)
        self._footers[footer] = item
        return footer

    def _make_footer(self, parent: QWidget, *, is_user: bool) -> MessageFooter:
        footer = MessageFooter(self._commands, is_user=is_user, parent=parent)
        footer.linkChosen.connect(self.linkChosen)
        footer.menuRequested.connect(lambda: self._fill_links(footer))
        footer.hide()
        return footer

    def _fill_links(self, footer: MessageFooter) -> None:
        if (item := self._footers[footer]) is not None:
            footer.set_links(item.links)

    def _show_footer(self, index: int, message: ChatMessage, footer: MessageFooter) -> None:
        siblings = self._chat.conversation.siblings(message)
        footer.show_message(
            index,
            message,
            siblings.index(message) + 1 if message in siblings else 1,
            max(1, len(siblings)),
            is_last=index == len(self._chat.messages) - 1,
            busy=self._chat.is_busy,
        )

    def _show_panel(self, index: int, message: ChatMessage, panel: FailurePanel) -> None:
        can_act = index == len(self._chat.messages) - 1 and not self._chat.is_busy
        panel.show_failure(index, message, self._failed_at.get(message.id), can_act=can_act)
