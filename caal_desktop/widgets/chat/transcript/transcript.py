"""A conversation on the screen: draws what a chat service tells, and hands back what the person does with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from caal_desktop.services.chat.conversation import AnswerStatus, Message, Role
from caal_desktop.widgets.chat.failure_panel import FailurePanel, failure_text
from caal_desktop.widgets.chat.transcript.message_footer import MessageFooter
from caal_desktop.widgets.chat.transcript.reasoning_fold import ReasoningFold
from caal_desktop.widgets.chat.transcript.selectable_view import SelectableView
from caal_desktop.widgets.chat.transcript.text_export import plain_text

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.widgets.chat.transcript.message_item import MessageItem

_SPOKEN = 2000
"""Characters of an answer that a screen reader is told at its end; the rest is in the message."""


class Transcript(SelectableView):
    """One chat service's conversation.

    Args:
        chat: whose messages are shown.
        name: prefix of the messages' object names.

    Signals:
        actionChosen: index and what the person wants done with that message: ``edit``, ``regenerate``,
            ``regenerate_with``, ``continue``, ``delete``, ``previous``, ``next``, or an action of
            :class:`~caal_desktop.widgets.chat.failure_panel.FailurePanel`.
    """

    actionChosen = Signal(int, str)

    def __init__(self, chat: ChatService, *, name: str = "chat.message", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chat = chat
        self._name = name
        self._spare_footers: list[MessageFooter] = []
        self._failed_at: dict[str, float] = {}
        chat.messageAdded.connect(self._on_added)
        chat.textArrived.connect(self._on_text)
        chat.reasoningArrived.connect(self._on_reasoning)
        chat.toolCallArrived.connect(self.show_tools)
        chat.statusChanged.connect(self._on_status)
        chat.pathChanged.connect(self._on_path)
        chat.busyChanged.connect(self._on_busy)
        chat.cleared.connect(lambda: self.show_messages(chat.messages))

    # --- the chat

    def _on_added(self, index: int) -> None:
        self.add_message(self._chat.messages[index])
        # What the person has just sent is what they want to see.
        if self._chat.messages[index].role is Role.USER and not self.is_following:
            self.follow_end()
        for number in range(max(0, index - 1), index):
            self._refresh(number)

    def _on_text(self, index: int, text: str) -> None:
        item = self.items[index]
        if item.is_built:
            self.add_text(index, text)

    def _on_reasoning(self, index: int, text: str) -> None:
        self.add_reasoning(index, text)

    def _on_status(self, index: int) -> None:
        message = self._chat.messages[index]
        if message.status is AnswerStatus.STREAMING:
            self._refresh(index)
            return
        if message.status is AnswerStatus.FAILED:
            self._failed_at.setdefault(message.id, time.monotonic())
        self.end_stream(index)
        self._refresh(index)
        self.relayout()
        self._announce(message)

    def _on_path(self, index: int) -> None:
        self.show_messages(self._chat.messages, index)
        if index < len(self._chat.messages) and self._chat.messages[-1].status.is_open:
            self.begin_stream(len(self._chat.messages) - 1)
        if index:
            self._refresh(index - 1)

    def _on_busy(self, _busy: bool) -> None:
        for index in self._near():
            self._refresh(index)

    def _announce(self, message: Message) -> None:
        """Tell a screen reader that an answer is there; once, for a word at a time nobody could follow."""
        if not QAccessible.isActive():
            return
        failure = failure_text(message) if message.status is AnswerStatus.FAILED else None
        text = plain_text(message)[:_SPOKEN] if message.parts else ""
        spoken = " ".join(part for part in (text, failure.what if failure is not None else "") if part)
        if spoken:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))

    # --- widgets of messages

    def furnish(self, index: int, item: MessageItem) -> None:
        """Give a message its footer, fold and panel."""
        message = item.message
        name = f"{self._name}.{index}"
        if item.footer is None:
            item.footer = self._take_footer(is_user=item.is_user)
            item.footer.set_name(name)
            self._show_footer(index, item)
        if item.fold is None and message.reasoning_parts:
            item.fold = ReasoningFold(name=f"{name}.reasoning", is_open=item.is_fold_open, parent=self.viewport())
            item.fold.foldToggled.connect(lambda on: self.set_fold_open(item, on))
            item.fold.hide()
        if item.fold is not None:
            item.fold.show_message(message)
        if item.panel is None and message.status is AnswerStatus.FAILED:
            panel = FailurePanel(name=f"{name}.failure", parent=self.viewport())
            panel.actionChosen.connect(lambda action: self._on_action(item, action))
            item.panel = panel
            self._show_panel(index, item)

    def strip(self, item: MessageItem) -> None:
        """Take the widgets away."""
        for widget in (item.fold, item.panel):
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if item.footer is not None:
            item.footer.hide()
            self._spare_footers.append(item.footer)
        item.footer = item.fold = item.panel = None

    def _take_footer(self, *, is_user: bool) -> MessageFooter:
        # Making one takes as long as drawing a frame; scrolling would be felt.
        for footer in self._spare_footers:
            if footer.is_user == is_user:
                self._spare_footers.remove(footer)
                return footer
        footer = MessageFooter(is_user=is_user, parent=self.viewport())
        footer.actionChosen.connect(lambda action: self._on_footer(footer, action))
        footer.menuRequested.connect(lambda: self._fill_links(footer))
        footer.hide()
        return footer

    def _item_of(self, footer: MessageFooter) -> MessageItem | None:
        return next((item for item in self.items if item.footer is footer), None)

    def _on_footer(self, footer: MessageFooter, action: str) -> None:
        if (item := self._item_of(footer)) is not None:
            self._on_action(item, action)

    def _fill_links(self, footer: MessageFooter) -> None:
        if (item := self._item_of(footer)) is not None:
            footer.set_links(_links(item))

    def _refresh(self, index: int) -> None:
        """Draw a message's widgets anew: its state has changed, or its place."""
        if not 0 <= index < len(self.items):
            return
        item = self.items[index]
        if item.panel is not None and item.message.status is not AnswerStatus.FAILED:
            item.panel.hide()
            item.panel.deleteLater()
            item.panel = None
        if item.footer is not None:
            self._show_footer(index, item)
        if item.panel is not None:
            self._show_panel(index, item)
        item.arrange(self.column)

    def _show_footer(self, index: int, item: MessageItem) -> None:
        assert item.footer is not None  # noqa: S101 - callers look
        siblings = self._chat.conversation.siblings(item.message)
        item.footer.show_message(
            item.message,
            siblings.index(item.message) + 1 if item.message in siblings else 1,
            max(1, len(siblings)),
            is_last=index == len(self.items) - 1,
            busy=self._chat.is_busy,
        )

    def _show_panel(self, index: int, item: MessageItem) -> None:
        assert isinstance(item.panel, FailurePanel)  # noqa: S101 - made by furnish
        can_act = index == len(self._chat.messages) - 1 and not self._chat.is_busy
        item.panel.show_failure(item.message, self._failed_at.get(item.message.id), can_act=can_act)

    # --- what the person does

    def _on_action(self, item: MessageItem, action: str) -> None:
        if item not in self.items:
            return
        index = self.items.index(item)
        if action == "copy":
            self.put_on_clipboard(plain_text(item.message))
        elif action == "copy_markdown":
            self.put_on_clipboard(item.message.text)
        elif action.startswith("link:"):
            self.activate_link(action.removeprefix("link:"))
        else:
            self.actionChosen.emit(index, action)


def _links(item: MessageItem) -> list[str]:
    """The addresses in a message, in their order, each once."""
    found: dict[str, None] = {}
    for placed in item.documents:
        block = placed.document.begin()
        while block.isValid():
            iterator = block.begin()
            while not iterator.atEnd():
                if href := iterator.fragment().charFormat().anchorHref():
                    found[href] = None
                iterator += 1
            block = block.next()
    return list(found)
