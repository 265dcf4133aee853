"""The test chat: the conversation, the composer below it, and between them what keeps a message from being sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.conversation import Role, total_usage
from caal_desktop.services.chat.fallback_offer import no_fallback
from caal_desktop.storage.history.draft_file import Draft
from caal_desktop.widgets.chat.composer import Composer
from caal_desktop.widgets.chat.transcript.transcript import Transcript
from caal_desktop.widgets.chat.waiting_line import WaitingLine
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.announcements import announce
from caal_desktop.widgets.common.answer_facts import conversation_total
from caal_desktop.widgets.common.command_set import pressed
from caal_desktop.widgets.common.controls import BusyRing, IconButton, TextLabel
from caal_desktop.widgets.common.message_panel import MessagePanel
from caal_desktop.widgets.common.notice_area import NoticeArea
from caal_desktop.widgets.markdown.link_dialog import ask_to_open

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.chat.fallback_offer import FindFallback
    from caal_desktop.widgets.common.command_set import CommandSet
    from caal_desktop.widgets.common.message_panel import PanelMessage


class ChatPage(QWidget):
    """Draws one conversation.

    Args:
        chat: the conversation.
        commands: what can be done with a message; the page binds those that it does by itself.
        find_fallback: finds the model that can be asked where another one has failed.

    Signals:
        submitted: carries the text to be sent.
        resubmitted: the index of a message of the user's, and its new wording, which stays until :meth:`cancel_edit`.
        edited: what is being written, or whether it may be kept, has changed.
    """

    submitted = Signal(str)
    resubmitted = Signal(int, str)
    edited = Signal()

    def __init__(
        self,
        chat: ChatService,
        commands: CommandSet[[int]],
        parent: QWidget | None = None,
        *,
        find_fallback: FindFallback = no_fallback,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("chat")
        self._chat, self.commands = chat, commands
        self._edited: ChatMessage | None = None
        self._draft = ""
        self._is_temporary = False
        self._model_name = ""
        self.transcript = Transcript(chat, commands, find_fallback, parent=self)
        self.composer = Composer(self)
        self.message = MessagePanel(name="chat.message", parent=self)
        self.message.return_focus_to(self.composer.edit)
        self._empty_title = TextLabel(name="chat.empty.title", scale=1.4, bold=True, parent=self)
        self._empty_text = TextLabel(name="chat.empty.text", muted=True, parent=self)
        for label in (self._empty_title, self._empty_text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        empty = QWidget(self)
        empty_layout = QVBoxLayout(empty)
        empty_layout.setContentsMargins(design.GRID * 4, 0, design.GRID * 4, 0)
        empty_layout.setSpacing(design.GRID)
        empty_layout.addStretch(1)
        empty_layout.addWidget(self._empty_title)
        empty_layout.addWidget(self._empty_text)
        empty_layout.addStretch(2)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(self.transcript.view)
        self._build_lower_part()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._stack, 1)
        layout.addLayout(self._centred)
        self.setTabOrder(self.composer.edit, self.transcript.view)
        self._connect()

    def _build_lower_part(self) -> None:
        self._ring = BusyRing(size=16, parent=self)
        self._status = TextLabel(name="chat.status", muted=True, parent=self)
        self._waiting = WaitingLine(self._chat, self)
        status = QHBoxLayout()
        status.setSpacing(design.GRID)
        status.addWidget(self._ring)
        status.addWidget(self._status, 1)
        self._ring.hide()
        self._status.hide()
        self._edit_strip = QWidget(self)
        strip = QHBoxLayout(self._edit_strip)
        strip.setContentsMargins(0, 0, 0, 0)
        hint = TextLabel(
            self.tr("You are rewording an earlier message. The first wording and its answers are kept."),
            name="chat.editing",
            muted=True,
            parent=self,
        )
        cancel = IconButton("close", self.tr("Keep it as it was"), name="chat.editing.cancel", parent=self)
        cancel.clicked.connect(self.cancel_edit)
        strip.addWidget(hint, 1)
        strip.addWidget(cancel)
        self._edit_strip.hide()
        self._total = TextLabel(name="chat.total", scale=0.88, muted=True, parent=self)
        self._total.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._total.hide()
        self._column = QWidget(self)
        lower = QVBoxLayout(self._column)
        lower.setContentsMargins(0, design.GRID, 0, design.GRID * 2)
        lower.setSpacing(design.GRID)
        lower.addWidget(NoticeArea((self.message,), self, name="chat.notices"))
        lower.addLayout(status)
        lower.addWidget(self._edit_strip)
        lower.addWidget(self.composer)
        lower.addWidget(self._total)
        self._centred = QHBoxLayout()
        self._centred.setContentsMargins(design.GRID * 2, 0, design.GRID * 2, 0)
        self._centred.addStretch(1)
        self._centred.addWidget(self._column, 100)
        self._centred.addStretch(1)
        self._fit_column()

    def _connect(self) -> None:
        chat, commands = self._chat, self.commands
        commands.bind(CommandId.EDIT, self.begin_edit)
        commands.bind(CommandId.SHORTEN, lambda index: self.begin_edit(max(0, index - 1)))
        commands.bind(CommandId.PREVIOUS_VERSION, lambda index: chat.show_version(index, -1))
        commands.bind(CommandId.NEXT_VERSION, lambda index: chat.show_version(index, 1))
        commands.bind(CommandId.DELETE, chat.delete)
        chat.messageAdded.connect(self._on_added)
        self._waiting.textChanged.connect(self._show_status)
        self._waiting.worthSaying.connect(partial(announce, self))
        chat.statusChanged.connect(lambda _index: self._show_total())
        chat.pathChanged.connect(self._on_path)
        chat.busyChanged.connect(self.composer.set_busy)
        chat.cleared.connect(self._on_cleared)
        self.composer.submitted.connect(self._on_submitted)
        self.composer.stopRequested.connect(chat.stop)
        self.composer.edited.connect(self.edited)
        self.composer.attachments.changed.connect(self.edited)
        self.transcript.linkActivated.connect(lambda link: ask_to_open(link, self))

    # --- public

    def set_model_name(self, name: str) -> None:
        """Show which model is asked; "" where none is chosen."""
        self._model_name = name
        if not name:
            self._empty_title.setText(self.tr("No model yet"))
            self._empty_text.setText(self.tr("Choose one above."))
        elif self._is_temporary:
            self._empty_title.setText(self.tr("A temporary conversation"))
            self._empty_text.setText(self.tr("Nothing of it is kept, on this computer at least."))
        else:
            self._empty_title.setText(self.tr("Ask {model} something").format(model=name))
            self._empty_text.setText(
                self.tr("This is a test chat: it shows how fast the model begins, how it answers, and what that costs.")
            )

    def show_obstacle(self, message: PanelMessage | None) -> None:
        """Show why nothing can be sent now, or what is being waited for; None hides it."""
        self.message.draw(message)

    @property
    def is_editing(self) -> bool:
        """Whether an earlier message is being reworded."""
        return self._edited is not None

    @property
    def draft(self) -> Draft:
        """What has been written and not sent, and may be kept: not of a temporary conversation.

        While an earlier message is reworded, it is what was being written before.
        """
        if self._is_temporary:
            return Draft()
        return Draft(self._draft if self.is_editing else self.composer.text, self.composer.attachments.paths)

    def set_temporary(self, temporary: bool) -> None:
        """Show whether the conversation is temporary: not kept."""
        self._is_temporary = temporary
        self.set_model_name(self._model_name)
        self.composer.set_placeholder(
            self.tr("Write a message; nothing of it is kept") if temporary else self.tr("Write a message")
        )
        # What is being written may be kept now, or no more.
        self.edited.emit()

    @property
    def can_restore_draft(self) -> bool:
        """Whether nothing has been written yet that what was written before would disturb."""
        return not (self.composer.text or self.composer.attachments.files or self.is_editing or self._is_temporary)

    def add_to_draft(self, text: str) -> None:
        """Add a text to what is being written, unless it is part of it; an earlier version of it is replaced."""
        before = self._draft if self.is_editing else self.composer.text
        if text in before:
            return
        both = text if text.startswith(before) else f"{before}\n\n{text}"
        if self.is_editing:
            self._draft = both
            self.edited.emit()
        else:
            self.composer.set_text(both)

    def begin_edit(self, index: int) -> None:
        """Put an earlier message into the composer, to be sent in another wording."""
        if not self.is_editing:
            self._draft = self.composer.text
        self._edited = self._chat.messages[index]
        self.composer.set_text(self._chat.messages[index].text)
        self._edit_strip.show()
        self.composer.setFocus()

    def cancel_edit(self) -> None:
        """Leave an earlier message as it was."""
        if self.is_editing:
            self._edited = None
            self._edit_strip.hide()
            self.composer.set_text(self._draft)
            self.composer.setFocus()

    # --- Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stop the answer on Esc, or stop editing an earlier message."""
        is_back = pressed(event, CommandId.CHAT_BACK)
        if is_back and self._chat.is_busy:
            self._chat.stop()
        elif is_back and self.is_editing:
            self.cancel_edit()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the composer as wide as the text above it."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange) and hasattr(self, "_column"):
            self._fit_column()

    def _fit_column(self) -> None:
        # The composer's own padding is outside of the text's column.
        self._column.setMaximumWidth(round(self.transcript.view.column.widest) + design.GRID * 3)

    # --- the chat

    def _on_added(self, index: int) -> None:
        if self._chat.messages[index].role is Role.USER:
            self.message.hide()
        self._stack.setCurrentWidget(self.transcript.view)

    def _on_path(self, _index: int) -> None:
        self._show_total()
        if self._edited is not None and self._edited not in self._chat.messages:
            # Deleted, or another version is shown: the new wording belongs to no message, but must not be lost.
            self._edited = None
            self._edit_strip.hide()
            self.composer.set_text("\n\n".join(text for text in (self._draft, self.composer.text) if text))
        if not self._chat.messages and not self._chat.is_busy:
            self._stack.setCurrentIndex(0)

    def _show_status(self, text: str) -> None:
        if text != self._status.text() or self._status.isHidden() is bool(text):
            self._status.setText(text)
            self._status.setVisible(bool(text))
            self._ring.setVisible(bool(text))

    def _on_cleared(self) -> None:
        self.cancel_edit()
        self._stack.setCurrentIndex(1 if self._chat.messages else 0)
        self._show_total()

    def _show_total(self) -> None:
        usages = [
            message.facts.usage
            for message in self._chat.conversation
            if message.facts is not None and message.facts.usage is not None
        ]
        text = conversation_total(total_usage(usages), len(usages))
        self._total.setText(text)
        self._total.setVisible(bool(text))

    # --- the user

    def _on_submitted(self, text: str) -> None:
        if self._edited is not None:
            self.resubmitted.emit(self._chat.messages.index(self._edited), text)
        else:
            self.submitted.emit(text)
