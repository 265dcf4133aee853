"""The footer of a message: the facts of an answer, and the commands for the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId, part_of
from caal_desktop.llm.events import FinishReason
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Role
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.answer_facts import answer_facts
from caal_desktop.widgets.common.command_set import label_of, title_of
from caal_desktop.widgets.common.controls import IconButton, TextLabel
from caal_desktop.widgets.common.formats import number
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.widgets.common.command_set import CommandSet

_FRAME = 5
"""Pixels between a flat button's edge and its icon."""
_MAX_LINKS = 20
_SPOKEN = 2000
"""Characters of a message in its accessible name."""


class MessageFooter(QWidget):
    """Facts and commands of one message.

    Args:
        commands: what can be done with a message.

    Signals:
        linkChosen: carries the address of a link in the message.
        menuRequested: the menu is about to be shown; :meth:`set_links` still changes it.
    """

    linkChosen = Signal(str)
    menuRequested = Signal()

    def __init__(self, commands: CommandSet[[int]], *, is_user: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._commands, self._index = commands, 0
        self._name = ""
        self._named_parts: list[tuple[QWidget, str]] = []
        self._is_user = is_user
        self._links: Sequence[str] = ()
        self.facts = TextLabel(name="facts", scale=0.88, muted=True, parent=self)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        if self._is_user:
            self._row.addStretch(1)
        self._previous = self._button("chevron-left", CommandId.PREVIOUS_VERSION)
        self._version = TextLabel(name="version", scale=0.88, muted=True, parent=self)
        self._version.setWordWrap(False)
        self._row.addWidget(self._version)
        self._next = self._button("chevron-right", CommandId.NEXT_VERSION)
        self._continue = self._button("plus", CommandId.CONTINUE, show_text=True)
        self._copy = self._button("copy", CommandId.COPY)
        self._edit = self._button("edit", CommandId.EDIT)
        self._regenerate = self._button("refresh", CommandId.REGENERATE)
        self._more = self._add_button("more", self.tr("More"), "more")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._more.setMenu(self._menu)
        self._more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        if not self._is_user:
            self._row.addStretch(1)
        self._named_parts += [(self.facts, "facts"), (self._version, "version")]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(design.GRID // 4)
        # A flat button's icon stands inside its frame; the icon is to be in line with the text's edge.
        self.setProperty("shift", -_FRAME if not self._is_user else _FRAME)
        self.facts.setContentsMargins(_FRAME, 0, 0, 0)
        layout.addWidget(self.facts)
        layout.addLayout(self._row)

    @property
    def is_user(self) -> bool:
        """Whether it stands under a message of the user's."""
        return self._is_user

    def set_name(self, name: str) -> None:
        """Name it and its buttons after its message: a footer serves one message after another."""
        if name != self._name:
            self._name = name
            self.setObjectName(name)
            for widget, part in self._named_parts:
                widget.setObjectName(f"{name}.{part}")

    def show_message(
        self, index: int, message: ChatMessage, version: int, versions: int, *, is_last: bool, busy: bool
    ) -> None:
        """Show a message's state.

        Args:
            index: the message's index in the conversation.
            message: the message.
            version: which of its versions it is, from 1.
            versions: how many there are.
            is_last: nothing follows it.
            busy: an answer is on its way, so that nothing can be asked.
        """
        self._index = index
        text = facts_line(message)
        self.facts.setText(text)
        self.facts.setVisible(bool(text))
        self._version.setText(f"{number(version)}/{number(versions)}")
        for widget in (self._previous, self._version, self._next):
            widget.setVisible(versions > 1)
        self._previous.setEnabled(version > 1 and not busy)
        self._next.setEnabled(version < versions and not busy)
        is_open = message.status.is_open
        self._copy.setVisible(not is_open and bool(message.parts))
        self._edit.setVisible(self._is_user)
        self._edit.setEnabled(not busy)
        self._regenerate.setVisible(not self._is_user and not is_open)
        self._regenerate.setEnabled(not busy)
        self._more.setVisible(not is_open)
        # A failed answer's panel offers it.
        continues = can_continue(message) and message.status is not AnswerStatus.FAILED
        self._continue.setVisible(is_last and not busy and continues)
        name = self.tr("You: {text}") if self._is_user else self.tr("Answer: {text}")
        self.setAccessibleName(name.format(text=message.text[:_SPOKEN]))
        self.setAccessibleDescription(text)

    def set_links(self, links: Sequence[str]) -> None:
        """Choose the addresses that the menu offers to open."""
        self._links = links

    def _button(self, icon: str, command: CommandId, *, show_text: bool = False) -> IconButton:
        button = self._add_button(icon, label_of(command), part_of(command), show_text=show_text)
        button.clicked.connect(lambda _checked=False: self._commands.run(command, self._index))
        return button

    def _add_button(self, icon: str, text: str, part: str, *, show_text: bool = False) -> IconButton:
        button = IconButton(icon, text, name="", show_text=show_text, parent=self)
        self._named_parts.append((button, part))
        button.setIconSize(QSize(16, 16))
        self._row.addWidget(button)
        return button

    def _fill_menu(self) -> None:
        self._menu.clear()
        self.menuRequested.emit()
        self._add_action(CommandId.COPY)
        self._add_action(CommandId.COPY_MARKDOWN)
        self._menu.addSeparator()
        if self._is_user:
            self._add_action(CommandId.EDIT, enabled=self._edit.isEnabled())
        else:
            enabled = self._regenerate.isEnabled()
            self._add_action(CommandId.REGENERATE, enabled=enabled)
            self._add_action(CommandId.REGENERATE_WITH, enabled=enabled)
        if self._links:
            links = self._menu.addMenu(self.tr("Open a link"))
            for link in self._links[:_MAX_LINKS]:
                shown = link if len(link) <= 80 else f"{link[:77]}…"
                action = links.addAction(with_plain_ampersands(shown))
                action.triggered.connect(lambda _checked=False, link=link: self.linkChosen.emit(link))
        self._menu.addSeparator()
        self._add_action(CommandId.DELETE, enabled=self._edit.isEnabled())

    def _add_action(self, command: CommandId, *, enabled: bool = True) -> None:
        action = self._menu.addAction(title_of(command))
        action.setObjectName(f"{self._name}.menu.{part_of(command)}")
        action.setEnabled(enabled)
        action.triggered.connect(lambda _checked=False: self._commands.run(command, self._index))


def can_continue(message: ChatMessage) -> bool:
    """Return whether the rest of an answer can be asked for: it was cut, broke off or was stopped."""
    if message.role is not Role.ASSISTANT or not message.parts:
        return False
    if message.status in (AnswerStatus.STOPPED, AnswerStatus.FAILED):
        return True
    return message.facts is not None and message.facts.finish_reason is FinishReason.LENGTH


def facts_line(message: ChatMessage) -> str:
    """Return the facts of an answer that has ended, in words; empty for anything else."""
    if message.facts is None or message.status.is_open:
        return ""
    words = answer_facts(message.facts, with_wait=True)
    if message.status is AnswerStatus.STOPPED:
        return " · ".join(part for part in (translate("AnswerFacts", "stopped"), words) if part)
    if message.status is AnswerStatus.FAILED and not message.parts and message.facts.usage is None:
        return ""
    return words
