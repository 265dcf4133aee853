"""Says above the chat that conversations cannot be saved at the moment, and when they are saved again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.translation import words_of

if TYPE_CHECKING:
    from caal_desktop.services.history.history_service import HistoryService
    from caal_desktop.services.history.history_writer import Trouble

_CONFIRMED_MS = 6_000
"""How long it is said that everything is saved again."""


class KeepingNotice(QWidget):
    """Stays for as long as conversations cannot be saved; there is nothing to dismiss.

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
        self._history: HistoryService | None = None
        self.panel = MessagePanel(name=f"{name}.panel", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.addWidget(self.panel)
        self._confirmed = QTimer(self, interval=_CONFIRMED_MS, singleShot=True)
        self._confirmed.timeout.connect(self._hide)
        self.hide()

    def watch(self, history: HistoryService) -> None:
        """Say how it stands with these conversations from now on."""
        self._history = history
        self._commands.bind(CommandId.RETRY, history.retry)
        history.troubleChanged.connect(self.show_trouble)

    def show_trouble(self, trouble: Trouble | None) -> None:
        """Say why conversations cannot be saved; without a reason, that they are again.

        Args:
            trouble: what is in the way; None once everything is saved.
        """
        if trouble is None:
            self.panel.show_message(
                MessageKind.SUCCESS,
                self.tr("Your conversations are saved again"),
                self.tr("Everything said meanwhile was saved, too."),
            )
            self._confirmed.start()
            return
        self._confirmed.stop()
        actions = self._commands.failure_actions(trouble.error)
        if self._history is not None and self._history.unsaved:
            actions.append(MessageAction("export", self.tr("Export a copy…"), self.exportWanted.emit))
        text = words_of(trouble.error)
        if trouble.is_trying:
            self.panel.show_message(MessageKind.BUSY, self.tr("Saving your conversations…"), text.why, actions)
        else:
            promise = self.tr(
                "You can keep chatting: everything said meanwhile is kept in memory, and saved as soon as that is "
                "possible. It is lost only if the program ends before."
            )
            body = " ".join(part for part in (text.why, text.advice, promise) if part)
            self.panel.show_message(MessageKind.WARNING, text.what, body, actions)
        self.show()

    def _hide(self) -> None:
        self.panel.hide()
        self.hide()
