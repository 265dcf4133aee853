"""The conversation as one selectable text: who speaks, paragraphs, the facts under each answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from caal_desktop.services.conversation import AnswerStatus, Message, Role
from caal_desktop.widgets import theme
from caal_desktop.widgets.facts import answer_facts

_MAX_CHARACTERS_A_LINE = 78
_LONG_BLOCK = 4000
"""Characters after which a paragraph is continued in a block of its own: laying out one ever-growing block costs
quadratic time."""


class Transcript(QTextEdit):
    """Read-only text that follows its end while the person is at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chat.transcript")
        self.setAccessibleName(self.tr("Conversation"))
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._messages: list[Message] = []
        self._facts_shown_of = -1

    def clear_messages(self) -> None:
        """Show an empty conversation."""
        self._messages = []
        self._facts_shown_of = -1
        self.document().clear()

    def add_message(self, message: Message) -> None:
        """Show a new message at the end."""
        follow = self._is_at_end
        self._messages.append(message)
        speaker = self.tr("You") if message.role is Role.USER else self.tr("Assistant")
        cursor = self._end()
        colours = theme.colours(self.palette())
        name = QTextCharFormat()
        name.setFont(theme.scaled_font(self, 0.95, bold=True))
        name.setForeground(colours.accent_text if message.role is Role.ASSISTANT else colours.text)
        self._begin_block(cursor, top=0 if len(self._messages) == 1 else theme.GRID * 3, bottom=theme.GRID // 2)
        cursor.insertText(speaker, name)
        self._begin_block(cursor, top=0, bottom=theme.GRID)
        if text := message.text:
            self._insert(cursor, text)
        self._follow(follow)

    def append(self, text: str) -> None:
        """Show more of the last message. (Not the base class's slot: no paragraph is begun.)"""
        follow = self._is_at_end
        self._insert(self._end(), text)
        self._follow(follow)

    def show_facts(self, number: int) -> None:
        """Write the facts under the last message once it has ended."""
        message = self._messages[number]
        if number != len(self._messages) - 1 or message.facts is None or self._facts_shown_of == number:
            return
        words = answer_facts(message.facts, with_wait=True)
        if message.status is AnswerStatus.STOPPED:
            words = " · ".join(part for part in (self.tr("stopped"), words) if part)
        elif message.status is not AnswerStatus.COMPLETE:
            return
        self._facts_shown_of = number
        follow = self._is_at_end
        cursor = self._end()
        muted = QTextCharFormat()
        muted.setFont(theme.scaled_font(self, 0.9))
        muted.setForeground(theme.colours(self.palette()).muted)
        if message.text:
            self._begin_block(cursor, top=theme.GRID // 2, bottom=0)
        cursor.insertText(words, muted)
        self._follow(follow)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep lines readable: no wider than about 75 characters, in the middle."""
        self._set_margins()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw everything anew in other colours or another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_messages"):
            messages = self._messages
            self.clear_messages()
            for number, message in enumerate(messages):
                self.add_message(message)
                self.show_facts(number)
            self._set_margins()

    @property
    def _is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - theme.GRID

    def _follow(self, follow: bool) -> None:
        if follow:
            bar = self.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _end(self) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor

    def _begin_block(self, cursor: QTextCursor, *, top: int, bottom: int) -> None:
        block = QTextBlockFormat()
        block.setTopMargin(top)
        block.setBottomMargin(bottom)
        block.setLineHeight(130, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if self.document().isEmpty():
            cursor.setBlockFormat(block)
        else:
            cursor.insertBlock(block)
        cursor.setBlockCharFormat(QTextCharFormat())
        cursor.setCharFormat(QTextCharFormat())

    def _insert(self, cursor: QTextCursor, text: str) -> None:
        cursor.beginEditBlock()
        room = _LONG_BLOCK - cursor.block().length()
        while len(text) > room:
            cut = text.find(" ", max(0, room))
            if cut < 0:
                break
            cursor.insertText(text[:cut], QTextCharFormat())
            cursor.insertBlock()
            text, room = text[cut + 1 :], _LONG_BLOCK
        cursor.insertText(text, QTextCharFormat())
        cursor.endEditBlock()

    def _set_margins(self) -> None:
        width = self.fontMetrics().averageCharWidth() * _MAX_CHARACTERS_A_LINE
        side = max(theme.GRID * 3, (self.width() - width) // 2)
        self.setViewportMargins(side, theme.GRID * 2, max(0, side - theme.GRID * 2), 0)
