"""The key field, and keys of other providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QLineEdit, QPushButton, QToolButton

from caal_desktop.widgets.keys.key_field import KeyField
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.support.qt_loop import LoopHarness

KEY = "sk-or-v1-" + "0a" * 32
GROQ = "gsk_" + "aB1c" * 13
ANTHROPIC = "sk-ant-api03-" + "aB1c" * 23 + "AA"


@pytest.fixture
def field(qtbot: QtBot, qt_loop: LoopHarness) -> KeyField:
    field = KeyField(name="field")
    field.set_expected("openrouter", "")
    qtbot.addWidget(field)
    field.show()
    return field


def line_of(field: KeyField) -> QLineEdit:
    line = field.findChild(QLineEdit, "field.edit")
    assert line is not None
    return line


def button_of(field: KeyField, name: str) -> QToolButton:
    button = field.findChild(QToolButton, f"field.{name}")
    assert button is not None
    return button


def is_masked(field: KeyField) -> bool:
    """Return whether neither the screen nor a screen reader tells what stands in the field."""
    line = line_of(field)
    told = QAccessible.queryAccessibleInterface(line).text(QAccessible.Text.Value)
    return line.echoMode() is QLineEdit.EchoMode.Password and line.displayText() != line.text() and told != line.text()


def test_a_shown_key_is_hidden_again_when_the_field_is_emptied(field: KeyField) -> None:
    """What is entered next, perhaps with an onlooker, must not stand there in plain text."""
    field.paste(KEY)
    show = button_of(field, "show")
    label = show.accessibleName()
    assert is_masked(field)
    show.click()
    assert line_of(field).displayText() == KEY
    assert show.accessibleName() != label
    field.clear()
    field.paste(KEY)
    assert is_masked(field)
    assert not show.isChecked()
    assert show.accessibleName() == label
    show.click()
    show.click()
    assert is_masked(field)


def test_a_shown_key_is_masked_before_it_goes(field: KeyField) -> None:
    """Qt would tell each character of it to whoever listens on the accessibility bus."""
    field.paste(KEY)
    button_of(field, "show").click()
    masked: list[bool] = []
    line = line_of(field)
    line.textChanged.connect(lambda _text: masked.append(line.echoMode() is QLineEdit.EchoMode.Password))
    field.clear()
    assert masked == [True]


def test_of_what_is_no_key_only_the_beginning_is_shown(field: KeyField) -> None:
    """A whole file may have been copied by mistake."""
    field.paste("no key, but\nthe minutes of a meeting " * 1000)
    assert field.text.startswith("no key, but the minutes")
    assert len(field.text) == 200


def test_an_input_method_is_asked_not_to_remember_the_key_masked_or_shown(field: KeyField) -> None:
    """On-screen keyboards learn words, correct them and offer them elsewhere."""
    hint = Qt.InputMethodHint
    always = hint.ImhSensitiveData | hint.ImhNoPredictiveText | hint.ImhNoAutoUppercase
    line, show = line_of(field), button_of(field, "show")
    assert line.inputMethodHints() == always | hint.ImhHiddenText
    show.click()
    assert line.inputMethodHints() == always
    show.click()
    assert line.inputMethodHints() == always | hint.ImhHiddenText


def test_nothing_changes_the_key_that_is_being_checked(field: KeyField, qtbot: QtBot) -> None:
    """What is checked, and kept then, is what stands there."""
    edited: list[bool] = []
    field.paste(KEY)
    field.edited.connect(lambda: edited.append(True))
    field.set_locked(True)
    line, paste = line_of(field), button_of(field, "paste")
    QGuiApplication.clipboard().setText(GROQ)
    line.selectAll()
    qtbot.keyClicks(line, "x")
    qtbot.keyClick(line, Qt.Key.Key_Delete)
    qtbot.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(paste, Qt.MouseButton.LeftButton)
    assert (field.key, line.text(), edited) == (KEY, KEY, [])
    field.set_locked(False)
    qtbot.keyClick(line, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert line.text() == GROQ
    QGuiApplication.clipboard().setText(KEY)
    qtbot.mouseClick(paste, Qt.MouseButton.LeftButton)
    assert line.text() == KEY


@pytest.mark.parametrize("by_menu", [False, True])
def test_a_key_is_found_among_several_pasted_lines(field: KeyField, qtbot: QtBot, by_menu: bool) -> None:
    """Line breaks tell where a key ends; the line itself would leave them out."""
    QGuiApplication.clipboard().setText(f"your key:\n{KEY}\nkeep it safe")
    if by_menu:
        menu = line_of(field).createStandardContextMenu()
        (paste,) = [action for action in menu.actions() if action.objectName() == "edit-paste"]
        paste.trigger()
        menu.deleteLater()
    else:
        qtbot.keyClick(line_of(field), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.key == line_of(field).text() == KEY


def test_what_was_cleared_cannot_be_brought_back_and_shown(field: KeyField, qtbot: QtBot) -> None:
    qtbot.keyClicks(line_of(field), KEY)
    field.clear()
    button_of(field, "show").click()
    qtbot.keyClick(line_of(field), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert line_of(field).displayText() == ""


def test_a_key_being_typed_is_not_sent_at_each_letter(
    field: KeyField, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before its end it may look whole: each beginning of it would be asked about, and refused."""
    told: list[str] = []
    field.completed.connect(told.append)
    monkeypatch.setattr(KeyField, "SETTLE_MS", 3_600_000)
    for letter in KEY:
        qtbot.keyClicks(line_of(field), letter)
        turn(2)
    assert (field.key, told) == (KEY, [])
    monkeypatch.setattr(KeyField, "SETTLE_MS", 0)
    line_of(field).clear()
    qtbot.keyClicks(line_of(field), KEY)
    assert turn(until=lambda: told)
    assert told == [KEY]


@pytest.mark.parametrize("key", [GROQ, ANTHROPIC])
def test_another_services_key_is_never_handed_on(field: KeyField, qtbot: QtBot, key: str) -> None:
    sent: list[str] = []
    field.submitted.connect(sent.append)
    field.completed.connect(sent.append)
    field.paste(f"export KEY={key}")
    line = field.findChild(QLineEdit, "field.edit")
    assert line is not None
    qtbot.keyClick(line, Qt.Key.Key_Return)
    turn(20)
    assert sent == []
    assert field.key is None
    assert field.note


def test_the_provider_that_it_belongs_to_is_offered(field: KeyField) -> None:
    field.offer_other_provider()
    wanted: list[tuple[str, str]] = []
    field.otherProviderWanted.connect(lambda provider, key: wanted.append((provider, key)))
    button = field.findChild(QPushButton, "field.other")
    assert button is not None
    field.paste(GROQ)
    turn(3)
    assert button.isVisibleTo(field)
    assert button.text() == "Use Groq with this key"
    button.click()
    assert wanted == [("groq", GROQ)]
    field.paste(ANTHROPIC)
    assert not button.isVisibleTo(field), "there is no such provider here"
    field.paste("sk-or-v1-" + "0a" * 32)
    assert not button.isVisibleTo(field)
