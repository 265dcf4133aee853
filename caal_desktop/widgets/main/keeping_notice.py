"""Says above the chat that what the user wrote cannot be saved at the moment, and when it is saved again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.storage.errors import DraftNotSaved, HistoryMissing
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.translation import words_of

if TYPE_CHECKING:
    from caal_desktop.services.history.trouble import Trouble
    from caal_desktop.services.history.unsaved import Unsaved

_CONFIRMED_MS = 6_000
"""How long it is said that everything is saved again."""


class KeepingNotice(QWidget):
    """Stays for as long as something cannot be saved; there is nothing to dismiss.

    Args:
        commands: the window's.

    Signals:
        exportWanted: the user wants a copy of a conversation that is not saved.
    """

    exportWanted = Signal()

    def __init__(self, commands: CommandSet[[]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._commands: CommandSet[[]] = CommandSet(commands)
        self._unsaved: Unsaved | None = None
        self._is_draft_alone = False
        self.panel = MessagePanel(name=f"{name}.panel", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.addWidget(self.panel)
        self._confirmed = QTimer(self, interval=_CONFIRMED_MS, singleShot=True)
        self._confirmed.timeout.connect(self._hide)
        self.hide()

    def watch(self, unsaved: Unsaved) -> None:
        """Say from now on how it stands with what is not saved."""
        self._unsaved = unsaved
        self._commands.bind(CommandId.RETRY, unsaved.retry)
        unsaved.troubleChanged.connect(self.show_trouble)

    def show_trouble(self, trouble: Trouble | None) -> None:
        """Say why something cannot be saved; without a reason, that it is again.

        Args:
            trouble: what is in the way; None once everything is saved.
        """
        if trouble is None:
            self._show_saved()
            return
        self._confirmed.stop()
        self._is_draft_alone = isinstance(trouble.error, DraftNotSaved)
        actions = self._commands.failure_actions(trouble.error)
        if self._unsaved is not None and isinstance(trouble.error, HistoryMissing):
            actions.append(MessageAction("begin_anew", self.tr("Start a new file"), self._unsaved.begin_anew))
        if self._unsaved is not None and self._unsaved.conversations and not self._is_draft_alone:
            actions.append(MessageAction("export", self.tr("Export a copy…"), self.exportWanted.emit))
        text = words_of(trouble.error)
        if trouble.is_trying:
            title = self.tr("Saving your message…") if self._is_draft_alone else self.tr("Saving your conversations…")
            self.panel.show_message(MessageKind.BUSY, title, text.why, actions)
        else:
            body = " ".join(part for part in (text.why, text.advice, self._promise()) if part)
            self.panel.show_message(MessageKind.WARNING, text.what, body, actions)
        self.show()

    def _promise(self) -> str:
        if self._is_draft_alone:
            return self.tr(
                "You can keep writing: your message is kept in memory, and saved as soon as that is possible. "
                "It is lost only if the program ends before."
            )
        if self._unsaved is not None and self._unsaved.has_draft:
            return self.tr(
                "You can keep chatting: everything said meanwhile, and the message that you are writing, is kept in "
                "memory, and saved as soon as that is possible. It is lost only if the program ends before."
            )
        return self.tr(
            "You can keep chatting: everything said meanwhile is kept in memory, and saved as soon as that is "
            "possible. It is lost only if the program ends before."
        )

    def _show_saved(self) -> None:
        if self._is_draft_alone:
            # It is saved, or was sent or given up: the notice goes with what it was about.
            self._hide()
            return
        self.panel.show_message(
            MessageKind.SUCCESS,
            self.tr("Your conversations are saved again"),
            self.tr("Everything said meanwhile was saved, too."),
        )
        self._confirmed.start()

    def _hide(self) -> None:
        self.panel.hide()
        self.hide()
