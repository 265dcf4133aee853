"""The line edit for secrets: whoever listens, or asks, is told bullets.

What Qt itself tells is heard on a real bus alone: tests/e2e/test_secrets.py listens there. Here is seen that Qt finds
no text while one changes, which makes it tell nothing.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QAccessibleTextInsertEvent,
    QAccessibleTextRemoveEvent,
    QClipboard,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QInputMethodEvent,
    QInputMethodQueryEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QStyle, QWidget

from caal_desktop.widgets.common import masked_edit
from caal_desktop.widgets.common.masked_edit import MaskedEdit
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.qt_loop import LoopHarness

    Edit = Callable[[MaskedEdit], object]

TEXT = "an old secret"
NEW = "another one"


def bullet() -> str:
    """Return what the style shows in place of a character."""
    return chr(QApplication.style().styleHint(QStyle.StyleHint.SH_LineEdit_PasswordCharacter))


def drop(edit: MaskedEdit) -> None:
    data = QMimeData()
    data.setText(NEW)
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(edit, QDragEnterEvent(QPoint(5, 5), copy, data, left, none))
    QApplication.sendEvent(edit, QDropEvent(QPointF(5, 5), copy, data, left, none))


def commit(edit: MaskedEdit) -> None:
    """Do what an input method does when a word is finished."""
    event = QInputMethodEvent()
    event.setCommitString(NEW)
    QApplication.sendEvent(edit, event)


def press(key: str) -> Edit:
    return lambda edit: QTest.keySequence(edit, key)


def choose(entry: str, *, selected: bool = False) -> Edit:
    """Choose an entry of the context menu, perhaps with all of the text selected."""

    def run(edit: MaskedEdit) -> None:
        if selected:
            edit.selectAll()
        menu = edit.createStandardContextMenu()
        (action,) = [action for action in menu.actions() if action.objectName() == entry]
        assert action.isEnabled()
        action.trigger()
        menu.deleteLater()

    return run


def after(first: Edit, then: Edit) -> Edit:
    def run(edit: MaskedEdit) -> None:
        first(edit)
        then(edit)

    return run


def dictate(edit: MaskedEdit) -> None:
    """Do what software does that writes for its user."""
    QAccessible.queryAccessibleInterface(edit).editableTextInterface().replaceText(3, 6, NEW)


WAYS = {
    "a key": (press("x"), "an old secretx"),
    "a key in place of the selection": (after(QLineEdit.selectAll, press("x")), "x"),
    "backspace": (press("Backspace"), TEXT[:-1]),
    "delete": (after(lambda edit: edit.setCursorPosition(2), press("Del")), "anold secret"),
    "a word deleted, which is all of it": (press("Ctrl+Backspace"), ""),
    "paste by keys": (press("Ctrl+V"), TEXT + NEW),
    "cut": (after(QLineEdit.selectAll, MaskedEdit.cut), ""),
    "undo by keys": (after(press("x"), press("Ctrl+Z")), ""),
    "paste": (MaskedEdit.paste, TEXT + NEW),
    "drop": (drop, NEW + TEXT),
    "an input method": (commit, TEXT + NEW),
    "setText": (lambda edit: edit.setText(NEW), NEW),
    "as long a text": (lambda edit: edit.setText(TEXT[::-1]), TEXT[::-1]),
    "clear": (MaskedEdit.clear, ""),
    "insert": (lambda edit: edit.insert(NEW), TEXT + NEW),
    "undo": (after(press("x"), MaskedEdit.undo), ""),
    "del_": (after(lambda edit: edit.setCursorPosition(0), MaskedEdit.del_), TEXT[1:]),
    "backspace called": (MaskedEdit.backspace, TEXT[:-1]),
    "the menu's paste": (choose("edit-paste"), TEXT + NEW),
    "the menu's delete": (choose("edit-delete", selected=True), ""),
    "the menu's undo": (after(press("x"), choose("edit-undo")), ""),
    "dictation": (dictate, "an another one secret"),
}


@pytest.fixture
def window(qtbot: QtBot, qt_loop: LoopHarness) -> QWidget:
    """An empty window."""
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def edit(window: QWidget) -> MaskedEdit:
    """A masked edit with the focus, and something in it; something else is on the clipboard."""
    edit = MaskedEdit(name="edit", parent=window)
    edit.setMinimumWidth(300)
    window.show()
    edit.setFocus()
    edit.setText(TEXT)
    QGuiApplication.clipboard().setText(NEW)
    turn(2)
    return edit


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[QAccessibleEvent]:
    """What the program itself tells assistive technology."""
    events: list[QAccessibleEvent] = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", events.append)
    return events


def replayed(text: str, events: list[QAccessibleEvent]) -> str:
    """Return what a screen reader believes to stand there, after what it was told of ``text``."""
    for event in events:
        if isinstance(event, QAccessibleTextRemoveEvent):
            start, gone = event.changePosition(), event.textRemoved()
            assert text[start : start + len(gone)] == gone
            text = text[:start] + text[start + len(gone) :]
        elif isinstance(event, QAccessibleTextInsertEvent):
            start, come = event.changePosition(), event.textInserted()
            assert 0 <= start <= len(text)
            text = text[:start] + come + text[start:]
    return text


@pytest.mark.parametrize("way", WAYS)
def test_whatever_changes_the_text_tells_bullets_alone(
    edit: MaskedEdit, told: list[QAccessibleEvent], way: str
) -> None:
    change, result = WAYS[way]
    interface = QAccessible.queryAccessibleInterface(edit)
    has_text: list[bool] = []
    edit.textChanged.connect(lambda _text: has_text.append(interface.textInterface() is not None))
    before = interface.textInterface().text(0, 99)
    assert before == bullet() * len(TEXT)
    change(edit)
    assert edit.text() == result
    assert not any(has_text), "Qt tells the characters where it finds a text"
    assert bool(has_text) == (result != TEXT)
    assert bool(told) == (result != TEXT)
    assert replayed(before, told) == interface.textInterface().text(0, 99) == bullet() * len(result)


@pytest.mark.parametrize("redo", [MaskedEdit.redo, press("Ctrl+Shift+Z")])
def test_nothing_is_done_again_while_it_is_masked(edit: MaskedEdit, told: list[QAccessibleEvent], redo: Edit) -> None:
    """That is Qt's doing: otherwise it would be told with its characters."""
    edit.set_masked(False)
    edit.insert(NEW)
    edit.undo()
    edit.set_masked(True)
    redo(edit)
    assert (edit.text(), told) == (TEXT, [])
    edit.set_masked(False)
    redo(edit)
    assert edit.text() == TEXT + NEW


def test_where_it_changes_is_told(edit: MaskedEdit, told: list[QAccessibleEvent]) -> None:
    edit.setCursorPosition(4)
    told.clear()
    QTest.keyClicks(edit, "x")
    insert, caret = told
    assert isinstance(insert, QAccessibleTextInsertEvent)
    assert (insert.changePosition(), insert.textInserted()) == (4, bullet())
    assert caret.type() is QAccessible.Event.TextCaretMoved


@pytest.mark.parametrize("text", [NEW, TEXT + NEW, TEXT[::-1]])
def test_a_whole_text_takes_the_place_of_another(edit: MaskedEdit, told: list[QAccessibleEvent], text: str) -> None:
    """Lengths and carets alone would tell how much longer one is than the other, as if the rest had stayed."""
    edit.setText(text)
    remove, insert = told[:2]
    assert isinstance(remove, QAccessibleTextRemoveEvent)
    assert isinstance(insert, QAccessibleTextInsertEvent)
    assert (remove.changePosition(), remove.textRemoved()) == (0, bullet() * len(TEXT))
    assert (insert.changePosition(), insert.textInserted()) == (0, bullet() * len(text))


def test_it_is_said_to_be_masked_while_it_is(edit: MaskedEdit) -> None:
    """A screen reader does not read aloud what is said to be a password, even where it is shown."""
    interface = QAccessible.queryAccessibleInterface(edit)
    said = []
    for masked in (True, False, True):
        edit.set_masked(masked)
        said.append(interface.state().passwordEdit)
    assert said == [True, False, True]


def test_a_text_that_is_shown_is_told_by_qt_as_any_other(edit: MaskedEdit, told: list[QAccessibleEvent]) -> None:
    interface = QAccessible.queryAccessibleInterface(edit)
    has_text: list[bool] = []
    edit.textChanged.connect(lambda _text: has_text.append(interface.textInterface() is not None))
    edit.set_masked(False)
    QTest.keyClicks(edit, "x")
    assert interface.textInterface().text(0, 99) == interface.text(QAccessible.Text.Value) == TEXT + "x"
    assert (has_text, told) == ([True], [])
    edit.set_masked(True)
    masked = bullet() * len(TEXT + "x")
    assert interface.textInterface().text(0, 99) == interface.text(QAccessible.Text.Value) == masked


def test_it_is_found_as_a_line_edit_of_qts_is(edit: MaskedEdit) -> None:
    """All that assistive technology asks for, but the selection."""
    other = QLineEdit(edit.parentWidget())
    other.setEchoMode(QLineEdit.EchoMode.Password)
    for line in (edit, other):
        line.setGeometry(20, 40, 200, 30)
        line.setAccessibleName("Password")
        line.setPlaceholderText("A hint")
        line.show()
        line.setText(TEXT)
        line.setCursorPosition(3)
    turn(2)
    for read_only in (False, True):
        for line in (edit, other):
            line.setReadOnly(read_only)
            line.clearFocus()
        ours, theirs = map(QAccessible.queryAccessibleInterface, (edit, other))
        assert ours.role() is theirs.role() is QAccessible.Role.EditableText
        names = [name for name in dir(ours.state()) if not name.startswith("_")]
        states = [{name: getattr(found.state(), name) for name in names} for found in (ours, theirs)]
        assert states[0] == states[1]
        assert states[0]["passwordEdit"]
        assert bool(states[0]["readOnly"]) == read_only
        for kind in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Help):
            assert ours.text(kind) == theirs.text(kind)
        text, their_text = ours.textInterface(), theirs.textInterface()
        assert text.characterCount() == their_text.characterCount() == len(TEXT)
        assert text.cursorPosition() == their_text.cursorPosition() == 3
        assert text.text(2, 5) == their_text.text(2, 5) == bullet() * 3
        assert (text.text(-3, 99), text.text(5, -1)) == (bullet() * len(TEXT), "")
        for offset in (0, 5, len(TEXT) - 1):
            rect, their_rect = text.characterRect(offset), their_text.characterRect(offset)
            # Qt's own leaves the frame out.
            assert 0 <= rect.x() - their_rect.x() <= 5
            assert edit.rect().contains(edit.mapFromGlobal(rect.center()))
            assert (rect.width(), rect.height()) == (their_rect.width(), their_rect.height())
            assert text.offsetAtPoint(rect.center()) in (offset, offset + 1)
    edit.setReadOnly(False)
    text = QAccessible.queryAccessibleInterface(edit).textInterface()
    text.setCursorPosition(6)
    assert edit.cursorPosition() == 6
    text.addSelection(2, 4)
    assert (edit.selectedText(), text.selectionCount()) == (TEXT[2:4], 0)
    text.removeSelection(0)
    text.setSelection(0, 1, 3)
    text.scrollToSubstring(5, 6)
    assert not edit.hasSelectedText()


def test_software_that_writes_for_the_user_can_write_where_the_user_can(edit: MaskedEdit) -> None:
    edited: list[str] = []
    edit.textEdited.connect(edited.append)
    writer = QAccessible.queryAccessibleInterface(edit).editableTextInterface()
    writer.insertText(2, "--")
    writer.deleteText(0, 2)
    assert edited[-1] == edit.text() == "-- old secret"
    edit.setReadOnly(True)
    writer.replaceText(0, 5, "x")
    assert edit.text() == "-- old secret"


@pytest.mark.parametrize("empty", [MaskedEdit.clear, lambda edit: edit.setText("")])
def test_what_was_cleared_does_not_come_back(edit: MaskedEdit, empty: Edit) -> None:
    """It could be read by then: the field may be shown to enter another one."""
    QTest.keyClicks(edit, "x")
    empty(edit)
    edit.set_masked(False)
    for step in (edit.undo, edit.undo, edit.redo):
        step()
        assert edit.text() == ""
    QTest.keyClicks(edit, "x")
    edit.undo()
    assert edit.text() == "", "Undo itself works"
    edit.redo()
    assert edit.text() == "x"


def test_an_input_method_is_told_bullets(edit: MaskedEdit) -> None:
    query = Qt.InputMethodQuery
    texts = (query.ImSurroundingText, query.ImTextBeforeCursor, query.ImTextAfterCursor, query.ImCurrentSelection)
    edit.setSelection(4, 5)

    def answers() -> list[str]:
        event = QInputMethodQueryEvent(texts[0] | texts[1] | texts[2] | texts[3] | query.ImCursorPosition)
        QApplication.sendEvent(edit, event)
        assert event.value(query.ImCursorPosition) == edit.cursorPosition()
        return [event.value(text) for text in texts]

    assert set("".join(answers())) == {bullet()}
    assert len(answers()[0]) == len(TEXT)
    edit.set_masked(False)
    assert answers()[0] == TEXT
    assert answers()[3] == TEXT[4:9]


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)")  # what a menu asks of a real platform
def test_the_menu_that_opens_tells_bullets_too(edit: MaskedEdit) -> None:
    """Qt's own does the same with the characters."""
    QApplication.sendEvent(
        edit, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), edit.mapToGlobal(QPoint(5, 5)))
    )
    menu = edit.findChild(QMenu)
    assert menu is not None
    assert menu.isVisible()
    shown = {action.objectName() for action in menu.actions() if not action.isSeparator()}
    assert shown == {"edit-undo", "edit-redo", "edit-cut", "edit-copy", "edit-paste", "edit-delete", "select-all"}
    enabled = {action.objectName() for action in menu.actions() if action.isEnabled() and not action.isSeparator()}
    assert enabled == {"edit-paste", "select-all"}
    interface = QAccessible.queryAccessibleInterface(edit)
    has_text: list[bool] = []
    edit.textChanged.connect(lambda _text: has_text.append(interface.textInterface() is not None))
    next(action for action in menu.actions() if action.objectName() == "edit-paste").trigger()
    assert (edit.text(), has_text) == (TEXT + NEW, [False])
    menu.close()
    turn(2)
    assert edit.findChild(QMenu) is None


def test_nothing_masked_can_be_taken_away(edit: MaskedEdit) -> None:
    clipboard = QGuiApplication.clipboard()
    edit.selectAll()
    edit.copy()
    edit.cut()
    assert (clipboard.text(), edit.text(), edit.dragEnabled()) == (NEW, "", False)
    edit.setText(TEXT)
    edit.set_masked(False)
    edit.selectAll()
    edit.copy()
    assert clipboard.text() == TEXT


@pytest.mark.parametrize("hide", [MaskedEdit.clear, lambda edit: edit.set_masked(True)], ids=["clear", "mask"])
@pytest.mark.parametrize(
    ("selected", "is_ours", "goes"),
    [("old sec", True, True), (TEXT, True, True), ("elsewhere", True, False), ("", True, False), (TEXT, False, False)],
)
def test_what_was_selected_of_a_text_that_is_hidden_cannot_be_pasted(
    edit: MaskedEdit, monkeypatch: pytest.MonkeyPatch, hide: Edit, selected: str, is_ours: bool, goes: bool
) -> None:
    """Where selecting is copying, as on X11, which the platform of the tests is not."""
    selection = mock.Mock()
    selection.ownsSelection.return_value = is_ours
    selection.text.return_value = selected
    edit.set_masked(False)
    with monkeypatch.context() as patched:
        patched.setattr(masked_edit, "QGuiApplication", mock.Mock(clipboard=lambda: selection))
        hide(edit)
        assert selection.clear.mock_calls == [mock.call(QClipboard.Mode.Selection)] * goes
        selection.clear.reset_mock()
        edit.set_masked(True)
        edit.clear()
        assert selection.clear.mock_calls == [], "of a masked text nothing was selected"


def test_a_line_may_go_while_it_is_known_to_assistive_technology(window: QWidget) -> None:
    """PySide keeps the interface until the program ends; it must not keep the line, nor come back to it."""
    interfaces = []
    for _ in range(20):
        edit = MaskedEdit(name="edit", parent=window)
        edit.setText(TEXT)
        interfaces.append(QAccessible.queryAccessibleInterface(edit))
        assert interfaces[-1].textInterface() is not None
        edit.deleteLater()
        del edit
        turn(2)
    interfaces.clear()
    gc.collect()
    assert window.findChildren(MaskedEdit) == []
    assert not [found for found in gc.get_objects() if type(found) is MaskedEdit]
