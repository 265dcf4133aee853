"""What stands under a message: the facts of an answer, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from caal_desktop.llm.events import FinishReason
from caal_desktop.services.chat.conversation import AnswerStatus, Message, Role
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.controls import IconButton, TextLabel
from caal_desktop.widgets.common.facts import answer_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

_FRAME = 5
_MAX_LINKS = 20
_SPOKEN = 2000
"""Characters of a message in its accessible description."""


class MessageFooter(QWidget):
    """Facts and actions of one message.

    Signals:
        actionChosen: ``copy``, ``copy_markdown``, ``edit``, ``regenerate``, ``regenerate_with``, ``continue``,
            ``delete``, ``previous``, ``next``, or ``link:`` and an address.
        menuRequested: the menu is about to be shown; :meth:`set_links` has effect on it.
    """

    actionChosen = Signal(str)
    menuRequested = Signal()

    def __init__(self, *, is_user: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self._named: list[tuple[QWidget, str]] = []
        self._is_user = is_user
        self._links: Sequence[str] = ()
        self.facts = TextLabel(name="facts", scale=0.88, muted=True, parent=self)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        if self._is_user:
            self._row.addStretch(1)
        self._previous = self._button("chevron-left", self.tr("Earlier version"), "previous")
        self._version = TextLabel(name="version", scale=0.88, muted=True, parent=self)
        self._version.setWordWrap(False)
        self._row.addWidget(self._version)
        self._next = self._button("chevron-right", self.tr("Later version"), "next")
        self._continue = self._button("plus", self.tr("Continue"), "continue", show_text=True)
        self._copy = self._button("copy", self.tr("Copy"), "copy")
        self._edit = self._button("edit", self.tr("Edit and send again"), "edit")
        self._regenerate = self._button("refresh", self.tr("Answer again"), "regenerate")
        self._more = self._button("more", self.tr("More"), "")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self._more.setMenu(self._menu)
        self._more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        if not self._is_user:
            self._row.addStretch(1)
        self._named += [(self.facts, "facts"), (self._version, "version")]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID // 4)
        # A flat button's icon stands inside of its frame; it is the icon that has to keep to the text's edge.
        self.setProperty("shift", -_FRAME if not self._is_user else _FRAME)
        self.facts.setContentsMargins(_FRAME, 0, 0, 0)
        layout.addWidget(self.facts)
        layout.addLayout(self._row)

    @property
    def is_user(self) -> bool:
        """Whether it stands under a message of the person's."""
        return self._is_user

    def set_name(self, name: str) -> None:
        """Name it and its buttons after its message: a footer serves one message after another."""
        if name != self._name:
            self._name = name
            self.setObjectName(name)
            for widget, part in self._named:
                widget.setObjectName(f"{name}.{part}")

    def show_message(self, message: Message, place: int, versions: int, *, is_last: bool, busy: bool) -> None:
        """Draw a message's state.

        Args:
            message: the message.
            place: which of its versions it is, from 1.
            versions: how many there are.
            is_last: nothing follows it.
            busy: an answer is on its way, so that nothing can be asked.
        """
        text = facts_line(message)
        self.facts.setText(text)
        self.facts.setVisible(bool(text))
        self._version.setText(f"{place}/{versions}")
        for widget in (self._previous, self._version, self._next):
            widget.setVisible(versions > 1)
        self._previous.setEnabled(place > 1 and not busy)
        self._next.setEnabled(place < versions and not busy)
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
        speaker = self.tr("You") if self._is_user else self.tr("Answer")
        self.setAccessibleName(self.tr("{speaker}: {text}").format(speaker=speaker, text=message.text[:_SPOKEN]))
        self.setAccessibleDescription(text)

    def set_links(self, links: Sequence[str]) -> None:
        """The addresses that the menu offers to open."""
        self._links = links

    def _button(self, icon: str, text: str, action: str, *, show_text: bool = False) -> IconButton:
        button = IconButton(icon, text, name="", show_text=show_text, parent=self)
        self._named.append((button, action or "more"))
        button.setIconSize(QSize(16, 16))
        if action:
            button.clicked.connect(lambda _checked=False: self.actionChosen.emit(action))
        self._row.addWidget(button)
        return button

    def _fill_menu(self) -> None:
        self._menu.clear()
        self.menuRequested.emit()
        self._add(self.tr("Copy as plain text"), "copy")
        self._add(self.tr("Copy as Markdown"), "copy_markdown")
        self._menu.addSeparator()
        if self._is_user:
            self._add(self.tr("Edit and send again"), "edit", enabled=self._edit.isEnabled())
        else:
            enabled = self._regenerate.isEnabled()
            self._add(self.tr("Answer again"), "regenerate", enabled=enabled)
            self._add(self.tr("Answer again with another model…"), "regenerate_with", enabled=enabled)
        if self._links:
            links = self._menu.addMenu(self.tr("Open a link"))
            for link in self._links[:_MAX_LINKS]:
                shown = link if len(link) <= 80 else f"{link[:77]}…"
                # An ampersand would be taken for a shortcut's mark.
                action = links.addAction(shown.replace("&", "&&"))
                action.triggered.connect(lambda _checked=False, link=link: self.actionChosen.emit(f"link:{link}"))
        self._menu.addSeparator()
        self._add(self.tr("Delete this message"), "delete", enabled=self._edit.isEnabled())

    def _add(self, text: str, name: str, *, enabled: bool = True) -> None:
        action = self._menu.addAction(text)
        action.setObjectName(f"{self._name}.menu.{name}")
        action.setEnabled(enabled)
        action.triggered.connect(lambda _checked=False: self.actionChosen.emit(name))


def can_continue(message: Message) -> bool:
    """Whether the rest of an answer can be asked for: it was cut, broke off or was stopped."""
    if message.role is not Role.ASSISTANT or not message.parts:
        return False
    if message.status in (AnswerStatus.STOPPED, AnswerStatus.FAILED):
        return True
    return message.facts is not None and message.facts.finish_reason is FinishReason.LENGTH


def facts_line(message: Message) -> str:
    """The facts of an answer that has ended, in words; empty for anything else."""
    if message.facts is None or message.status.is_open:
        return ""
    words = answer_facts(message.facts, with_wait=True)
    if message.status is AnswerStatus.STOPPED:
        from PySide6.QtCore import QCoreApplication

        return " · ".join(part for part in (QCoreApplication.translate("AnswerFacts", "stopped"), words) if part)
    if message.status is AnswerStatus.FAILED and not message.parts and message.facts.usage is None:
        return ""
    return words
