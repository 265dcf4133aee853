"""The same question to two or three models at once, side by side, each with its facts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId, Need
from caal_desktop.services.chat.conversation import AnswerStatus, Role
from caal_desktop.services.chat.fallback_offer import no_fallback
from caal_desktop.widgets.chat.composer import Composer
from caal_desktop.widgets.chat.transcript.transcript import Transcript
from caal_desktop.widgets.chat.waiting_line import WaitingLine
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import CommandSet, pressed
from caal_desktop.widgets.common.controls import BusyRing, IconButton, NameButton, TextLabel
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.markdown.link_dialog import ask_to_open

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QKeyEvent

    from caal_desktop.services.chat.chat_options import ChatOptions
    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.fallback_offer import FindFallback

MOST = 3
"""Columns: with more, none would be wide enough to read."""


class _Column(QWidget):
    """One model: its name, conversation, progress and options, and the commands for its answers."""

    def __init__(
        self,
        number: int,
        chat: ChatService,
        model: str,
        options: ChatOptions,
        commands: CommandSet[[int]],
        find_fallback: FindFallback,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.chat, self.model, self.options, self.commands = chat, model, options, commands
        self.setObjectName(f"compare.{number}")
        self.name = NameButton(name=f"compare.{number}.model", parent=self)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        label = self.tr("Leave this one out")
        self.close_button = IconButton("close", label, name=f"compare.{number}.close", parent=self)
        self._ring = BusyRing(size=16, parent=self)
        self._ring.hide()
        self.transcript = Transcript(chat, commands, find_fallback, name=f"compare.{number}.message", parent=self)
        self.transcript.view.setObjectName(f"compare.{number}.transcript")
        head = QHBoxLayout()
        head.setContentsMargins(design.GRID, 0, design.GRID, 0)
        head.addWidget(self._ring)
        head.addWidget(self.name, 1)
        head.addWidget(self.close_button)
        self._status = TextLabel(name=f"compare.{number}.status", muted=True, parent=self)
        self._status.setContentsMargins(design.GRID, 0, design.GRID, 0)
        self._status.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID // 2)
        layout.addLayout(head)
        layout.addWidget(self.transcript.view, 1)
        layout.addWidget(self._status)
        chat.busyChanged.connect(self._ring.setVisible)
        self._waiting = WaitingLine(chat, self)
        self._waiting.textChanged.connect(self._show_status)

    def _show_status(self, text: str) -> None:
        self._status.setText(text)
        self._status.setVisible(bool(text))

    def show_model(self, model: str, name: str) -> None:
        """Show the model's name.

        Args:
            model: its id.
            name: its name.
        """
        self.model = model
        self.name.show_name(name)
        set_tooltip(self.name, model)
        self.name.setAccessibleName(self.tr("Model: {name}").format(name=name))


class CompareWindow(QDialog):
    """Asks several models the same question. The conversations are not kept.

    Args:
        make_chat: makes a conversation; the window's owner closes it after :attr:`closed`.
        request: returns what to send to a model; None where that is not possible now.
        name_of: returns a model's name for its id.
        models: the ids of the first models.
        options: how they are asked at first.
        max_tokens: the most tokens of an answer, where the options do not say.
        commands: those of the parent window.
        find_fallback: finds the model that can be asked where another one has failed.

    Signals:
        modelRequested: a model is to be chosen; carries the function that takes its id.
        closed: carries the conversations, which have been stopped.
    """

    modelRequested = Signal(object)
    closed = Signal(list)

    def __init__(
        self,
        make_chat: Callable[[], ChatService],
        request: Callable[[str, ChatOptions], ChatRequest | None],
        name_of: Callable[[str], str],
        models: list[str],
        options: ChatOptions,
        max_tokens: int,
        commands: CommandSet[[]],
        parent: QWidget | None = None,
        *,
        find_fallback: FindFallback = no_fallback,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("compare")
        self.setWindowTitle(self.tr("Compare models"))
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint, True)
        self.resize(design.first_size(self, 1100, 720))
        self._make_chat, self._request, self._name_of = make_chat, request, name_of
        self._options, self._max_tokens, self._find_fallback = options, max_tokens, find_fallback
        self.commands = commands.for_dialog(self.reject)
        self._chats: list[ChatService] = []
        self.columns: list[_Column] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(1)
        self._add = IconButton("plus", self.tr("Add a model"), name="compare.add", show_text=True, parent=self)
        self._add.clicked.connect(lambda: self.modelRequested.emit(self.add))
        self._hint = TextLabel(name="compare.hint", muted=True, parent=self)
        self.composer = Composer(self)
        self.composer.set_placeholder(self.tr("Ask them all"))
        self.composer.hide_attach()
        self.composer.submitted.connect(self._ask)
        self.composer.stopRequested.connect(self._stop)
        top = QHBoxLayout()
        top.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, 0)
        top.addWidget(self._hint, 1)
        top.addWidget(self._add)
        lower = QHBoxLayout()
        lower.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID * 2)
        lower.addWidget(self.composer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID)
        layout.addLayout(top)
        layout.addLayout(self._row, 1)
        layout.addLayout(lower)
        for model in models[:MOST]:
            self.add(model)
        self.composer.setFocus()

    def add(self, model: str) -> None:
        """Add a column for a model, unless there is no room for another one."""
        if not model or len(self.columns) >= MOST:
            return
        chat = self._make_chat()
        self._chats.append(chat)
        commands: CommandSet[[int]] = CommandSet(self.commands, available=frozenset({Need.MESSAGE}))
        column = _Column(len(self._chats) - 1, chat, model, self._options, commands, self._find_fallback, self)
        column.show_model(model, self._name_of(model))
        column.name.clicked.connect(lambda: self.modelRequested.emit(lambda other: self._change(column, other)))
        column.close_button.clicked.connect(lambda: self._remove(column))
        self._bind(column)
        column.transcript.linkActivated.connect(lambda link: ask_to_open(link, self))
        # A method of a QObject: the conversation ends after the window is gone, which a lambda would not know.
        chat.busyChanged.connect(self._show_busy)
        self.columns.append(column)
        self._row.addWidget(column, 1)
        self._show_buttons()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stop the answers on Esc, or close the window where none is being received."""
        if pressed(event, CommandId.CHAT_BACK) and self._is_busy:
            self._stop()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the answers."""
        super().closeEvent(event)
        self._close_chats()

    def reject(self) -> None:
        """Stop the answers, as when the window is closed."""
        super().reject()
        self._close_chats()

    def _close_chats(self) -> None:
        self._stop()
        chats, self._chats = self._chats, []
        if chats:
            self.closed.emit(chats)

    @property
    def _is_busy(self) -> bool:
        return any(column.chat.is_busy for column in self.columns)

    def _ask(self, text: str) -> None:
        requests = [(column, self._request(column.model, column.options)) for column in self.columns]
        if not requests or any(request is None for _, request in requests):
            return
        for column, request in requests:
            if request is not None:
                column.chat.send(text, request)
        self.composer.clear()

    def _stop(self) -> None:
        for column in self.columns:
            column.chat.stop()

    def _show_busy(self, _busy: bool = False) -> None:
        self.composer.set_busy(self._is_busy)

    def _show_buttons(self) -> None:
        self._add.setEnabled(len(self.columns) < MOST)
        for column in self.columns:
            column.close_button.setEnabled(len(self.columns) > 1)
        self._hint.setText(
            self.tr("Each gets the same question, at the same time. Nothing of this is kept.")
            if len(self.columns) > 1
            else self.tr("Add a second model to compare with. Nothing of this is kept.")
        )

    def _change(self, column: _Column, model: str) -> None:
        if model:
            column.show_model(model, self._name_of(model))

    def _remove(self, column: _Column) -> None:
        column.chat.stop()
        self.columns.remove(column)
        self._row.removeWidget(column)
        column.hide()
        column.deleteLater()
        self._show_buttons()
        self._show_busy()

    def _bind(self, column: _Column) -> None:
        chat, commands = column.chat, column.commands
        handlers: dict[CommandId, Callable[[int], object]] = {
            CommandId.PREVIOUS_VERSION: lambda index: chat.show_version(index, -1),
            CommandId.NEXT_VERSION: lambda index: chat.show_version(index, 1),
            CommandId.DELETE: chat.delete,
            CommandId.EDIT: partial(self._edit, column),
            CommandId.SHORTEN: partial(self._edit, column),
            CommandId.CHOOSE_MODEL: partial(self._choose_model_and_retry, column),
            CommandId.REGENERATE_WITH: partial(self._choose_model_and_retry, column),
            CommandId.USE_FALLBACK: partial(self._use_fallback, column),
            CommandId.CONTINUE: partial(self._continue, column),
            CommandId.RETRY: partial(self._retry, column),
            CommandId.REGENERATE: partial(self._retry, column),
            CommandId.DEFAULT_PARAMETERS: partial(self._use_model_defaults, column),
            CommandId.ALLOW_SHORTER_ANSWER: partial(self._allow_shorter_answer, column),
        }
        for command, run in handlers.items():
            commands.bind(command, run)

    def _edit(self, column: _Column, index: int) -> None:
        asked = [message.text for message in column.chat.messages[: index + 1] if message.role is Role.USER]
        self.composer.set_text(asked[-1] if asked else "")
        self.composer.setFocus()

    def _choose_model_and_retry(self, column: _Column, index: int) -> None:
        self.modelRequested.emit(lambda model: self._change_and_retry(column, index, model))

    def _use_fallback(self, column: _Column, index: int) -> None:
        fallback = self._find_fallback(column.chat.messages[index])
        if fallback is not None:
            self._change_and_retry(column, index, fallback.model.id)

    def _continue(self, column: _Column, _index: int) -> None:
        if (request := self._request(column.model, column.options)) is not None:
            column.chat.continue_answer(request)

    def _use_model_defaults(self, column: _Column, index: int) -> None:
        column.options = column.options.with_model_defaults()
        self._retry(column, index)

    def _allow_shorter_answer(self, column: _Column, index: int) -> None:
        column.options = column.options.with_shorter_answer(self._max_tokens)
        self._retry(column, index)

    def _retry(self, column: _Column, index: int) -> None:
        request = self._request(column.model, column.options)
        if request is not None and column.chat.messages[index].status is not AnswerStatus.WAITING:
            column.chat.regenerate(index, request)

    def _change_and_retry(self, column: _Column, index: int, model: str) -> None:
        if model:
            self._change(column, model)
            self._retry(column, index)
