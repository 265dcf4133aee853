"""A line edit for a secret: what stands in it is told to nobody but the program, until the user has it shown.

A line edit of Qt's masks what is painted. It sends every character that comes or goes to the accessibility bus all the
same, where any program of the session may listen; it tells an input method the text around the caret; and Undo brings
back what was cleared.

Qt drops an event of its own where the widget has no text. Only an accessible interface of our own can say so for the
moment of a change, and then tells of the change itself, in bullets. Qt complains of each event that it drops;
:mod:`caal_desktop.program` has it keep that to itself.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEditableTextInterface,
    QAccessibleTextCursorEvent,
    QAccessibleTextInsertEvent,
    QAccessibleTextInterface,
    QAccessibleTextRemoveEvent,
    QClipboard,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QAccessibleWidget, QLineEdit, QMenu, QStyle, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

_SENSITIVE: Final = (
    Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhNoAutoUppercase
)
_HIDDEN: Final = _SENSITIVE | Qt.InputMethodHint.ImhHiddenText


class MaskedEdit(QLineEdit):
    """Shows and tells bullets in place of its text, until it is unmasked.

    A screen reader hears that bullets come and go, and where the caret is. Unmasked, it is a line edit like any other,
    to a screen reader as well: who has the text shown wants to read it, by eye or by ear. Unmasking says nothing by
    itself: it must not be read out before it is asked for.

    Args:
        name: the object name.
    """

    _is_changing = False
    """Whether the text may be changing, so that what Qt tells now has to be dropped."""
    _is_replaced = False
    """Whether the change replaces the whole text."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        _install_interface()
        super().__init__(parent)
        self.setObjectName(name)
        self.set_masked(True)

    @property
    def is_masked(self) -> bool:
        """Whether bullets stand for the text."""
        return self.echoMode() is not QLineEdit.EchoMode.Normal

    @property
    def is_changing(self) -> bool:
        """Whether a masked text may be changing just now."""
        return self._is_changing

    @property
    def told_text(self) -> str:
        """What anybody may know: the text while it is shown, else a bullet for each character of it."""
        shown = self.displayText()
        return self._bullets(len(shown)) if self.is_masked else shown

    def set_masked(self, masked: bool) -> None:
        """Mask the text, or show it."""
        if masked:
            self._withdraw_selection()
        self.setEchoMode(QLineEdit.EchoMode.Password if masked else QLineEdit.EchoMode.Normal)
        # After the echo mode, with which Qt sets them, too: an on-screen keyboard must not learn a key that is shown.
        self.setInputMethodHints(_HIDDEN if masked else _SENSITIVE)

    # --- whatever changes the text: Qt's own slots are not asked again once one of these is replaced

    def event(self, event: QEvent) -> bool:
        """Handle an event: a key, a drop, an input method's text."""
        with self._in_bullets():
            return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste by :meth:`paste`; Qt would not ask for it."""
        if event.matches(QKeySequence.StandardKey.Paste) and not self.isReadOnly():
            self.paste()
            return
        super().keyPressEvent(event)

    def setText(self, text: str | None) -> None:
        """Replace the text, for good: Undo does not bring the earlier one back."""
        with self._in_bullets():
            self._is_replaced = True
            super().setText(text)

    def clear(self) -> None:
        """Empty the line, for good."""
        self._withdraw_selection()
        # QLineEdit.clear can be undone, and a text that is shown by then would be read.
        self.setText("")

    def insert(self, text: str) -> None:
        """Insert a text at the caret, in place of what is selected."""
        with self._in_bullets():
            super().insert(text)

    def paste(self) -> None:
        """Insert the clipboard's text at the caret, in place of what is selected."""
        with self._in_bullets():
            super().paste()

    def cut(self) -> None:
        """Move what is selected to the clipboard; delete it while the text is masked."""
        with self._in_bullets():
            super().cut()

    def undo(self) -> None:
        """Undo the last change; empty the line while the text is masked."""
        with self._in_bullets():
            super().undo()

    def del_(self) -> None:
        """Delete what is selected, or else the character behind the caret."""
        with self._in_bullets():
            super().del_()

    def backspace(self) -> None:
        """Delete what is selected, or else the character before the caret."""
        with self._in_bullets():
            super().backspace()

    def createStandardContextMenu(self) -> QMenu:
        """Return Qt's menu, with its words, on the methods of this class: Qt's entries do not ask for these."""
        menu = super().createStandardContextMenu()
        calls = {
            "edit-undo": self.undo,
            # Does nothing while the text is masked.
            "edit-redo": self.redo,
            "edit-cut": self.cut,
            "edit-copy": self.copy,
            "edit-paste": self.paste,
            "edit-delete": self.del_,
            "select-all": self.selectAll,
        }
        for action in menu.actions():
            call = calls.get(action.objectName())
            if call is not None:
                action.triggered.disconnect()
                action.triggered.connect(lambda _checked=False, call=call: call())
            elif not action.isSeparator():
                menu.removeAction(action)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu."""
        menu = self.createStandardContextMenu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    # --- what others are told

    def inputMethodQuery(self, query: Qt.InputMethodQuery, argument: Any = None) -> Any:
        """Tell an input method bullets in place of a masked text."""
        found = super().inputMethodQuery(query) if argument is None else super().inputMethodQuery(query, argument)
        return self._bullets(len(found)) if self.is_masked and isinstance(found, str) else found

    def _bullets(self, count: int) -> str:
        """Return as many as there are characters; what is painted is not taken, which may have the last one plain."""
        return chr(self.style().styleHint(QStyle.StyleHint.SH_LineEdit_PasswordCharacter, None, self)) * count

    @contextmanager
    def _in_bullets(self) -> Iterator[None]:
        """Tell of what happens to a masked text inside, afterwards; of a text that is shown, Qt tells."""
        if self._is_changing or not self.is_masked:
            yield
            return
        before = self._content()
        self._is_changing, self._is_replaced = True, False
        try:
            yield
        finally:
            self._is_changing = False
            # The event may have been the last one.
            if shiboken6.isValid(self):
                self._tell(before, self._content())

    def _content(self) -> _Content:
        return _Content(self.text(), len(self.displayText()), self.cursorPosition(), self.selectionLength())

    def _tell(self, before: _Content, after: _Content) -> None:
        position, removed, inserted = _difference(before, after, is_replaced=self._is_replaced)
        if removed:
            QAccessible.updateAccessibility(QAccessibleTextRemoveEvent(self, position, self._bullets(removed)))
        if inserted:
            QAccessible.updateAccessibility(QAccessibleTextInsertEvent(self, position, self._bullets(inserted)))
        if after.caret != before.caret:
            QAccessible.updateAccessibility(QAccessibleTextCursorEvent(self, after.caret))

    def _withdraw_selection(self) -> None:
        """Take back what the mouse has selected of a text that was shown: any window could paste it later."""
        clipboard = QGuiApplication.clipboard()
        if not self.is_masked and clipboard.ownsSelection():
            selected = clipboard.text(QClipboard.Mode.Selection)
            if selected and selected in self.text():
                clipboard.clear(QClipboard.Mode.Selection)


@dataclass(frozen=True, slots=True)
class _Content:
    """What stands in the line at one moment.

    Attributes:
        text: the text.
        length, caret, selected: its length, the caret's place and the selection's length, in Qt's UTF-16 units.
    """

    text: str
    length: int
    caret: int
    selected: int


def _difference(before: _Content, after: _Content, *, is_replaced: bool) -> tuple[int, int, int]:
    """Return where bullets went or came, how many went, and how many came.

    It follows from lengths and carets alone: what two texts have in common is nobody's business.
    """
    if before.text == after.text:
        return 0, 0, 0
    gone = before.selected
    come = after.length - before.length + gone
    if come < 0:
        gone, come = gone - come, 0
    position = after.caret - come
    if is_replaced or position < 0 or position + gone > before.length or not (gone or come):
        return 0, before.length, after.length
    return position, gone, come


# --- the accessible interface

# "There is no such interface." None in its place, or a number, ends the process.
_NO_INTERFACE: Final = shiboken6.Shiboken.VoidPtr(0)


class _Text(QAccessibleTextInterface):
    """The text of a masked edit, or its bullets.

    Says that nothing is selected: the method that tells what is selected cannot be written in Python.
    """

    def __init__(self, edit: MaskedEdit) -> None:
        super().__init__()
        self._edit: MaskedEdit = weakref.proxy(edit)

    def text(self, start: int, end: int) -> str:
        """Return a part of what may be told."""
        return self._edit.told_text[max(start, 0) : max(end, 0)]

    def characterCount(self) -> int:
        """Return how many characters there are."""
        return len(self._edit.told_text)

    def cursorPosition(self) -> int:
        """Return the caret's place."""
        return self._edit.cursorPosition()

    def setCursorPosition(self, position: int) -> None:
        """Move the caret."""
        self._edit.setCursorPosition(position)

    def selectionCount(self) -> int:
        """Return 0."""
        return 0

    def addSelection(self, start: int, end: int) -> None:
        """Select a part."""
        self._edit.setSelection(start, end - start)

    def setSelection(self, _index: int, start: int, end: int) -> None:
        """Select a part."""
        self._edit.setSelection(start, end - start)

    def removeSelection(self, _index: int) -> None:
        """Select nothing."""
        self._edit.deselect()

    def characterRect(self, offset: int) -> QRect:
        """Return where a character is on the screen."""
        told, metrics = self._edit.told_text, self._edit.fontMetrics()
        # The line scrolls with its caret, from which everything is measured.
        caret = self._edit.cursorRect().center()
        ahead = metrics.horizontalAdvance(told[:offset]) - metrics.horizontalAdvance(told[: self.cursorPosition()])
        corner = self._edit.mapToGlobal(QPoint(caret.x() + ahead, caret.y() - metrics.height() // 2))
        return QRect(corner, QSize(metrics.horizontalAdvance(told[offset : offset + 1]), metrics.height()))

    def offsetAtPoint(self, point: QPoint) -> int:
        """Return which character is at a point of the screen."""
        return self._edit.cursorPositionAt(self._edit.mapFromGlobal(point))

    def scrollToSubstring(self, start: int, _end: int) -> None:
        """Scroll to a part, by the caret."""
        self._edit.setCursorPosition(start)


class _EditableText(QAccessibleEditableTextInterface):
    """Changes a masked edit for assistive technology, which may dictate or type for the user."""

    def __init__(self, edit: MaskedEdit) -> None:
        super().__init__()
        self._edit: MaskedEdit = weakref.proxy(edit)

    def deleteText(self, start: int, end: int) -> None:
        """Delete a part."""
        self.replaceText(start, end, "")

    def insertText(self, offset: int, text: str) -> None:
        """Insert a text."""
        self.replaceText(offset, offset, text)

    def replaceText(self, start: int, end: int, text: str) -> None:
        """Replace a part, where the user could."""
        if not self._edit.isReadOnly():
            self._edit.setSelection(start, end - start)
            self._edit.insert(text)


class _Interface(QAccessibleWidget):
    """A masked edit, as assistive technology finds it."""

    def __init__(self, edit: MaskedEdit) -> None:
        super().__init__(edit, QAccessible.Role.EditableText)
        # Weakly: PySide keeps for good what a factory has made.
        self._edit: MaskedEdit = weakref.proxy(edit)
        self._text, self._editable_text = _Text(edit), _EditableText(edit)

    def text(self, kind: QAccessible.Text) -> str:
        """Return name, description or value."""
        if kind is QAccessible.Text.Value:
            return self._edit.told_text
        told = super().text(kind)
        return self._edit.placeholderText() if kind is QAccessible.Text.Description and not told else told

    def state(self) -> QAccessible.State:
        """Return what it is like just now."""
        state = super().state()
        state.passwordEdit = self._edit.is_masked
        state.readOnly = self._edit.isReadOnly()
        state.editable = state.selectableText = True
        state.selected = self._edit.hasSelectedText()
        return state

    def interface_cast(self, kind: QAccessible.InterfaceType) -> Any:
        """Return what it offers besides; no text while that is changing."""
        if kind is QAccessible.InterfaceType.TextInterface:
            return _NO_INTERFACE if self._edit.is_changing else self._text
        if kind is QAccessible.InterfaceType.EditableTextInterface:
            return self._editable_text
        other: Any = super().interface_cast(kind)
        return _NO_INTERFACE if other is None else other


def _interface_of(_class_name: str, found: QObject) -> _Interface | None:
    return _Interface(found) if isinstance(found, MaskedEdit) else None


@cache
def _install_interface() -> None:
    """Have Qt use the interface; once, after the application has been made and before the first widget is looked at."""
    QAccessible.installFactory(_interface_of)
