"""The list of keyboard shortcuts says what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from caal_desktop.storage.settings.choices import SendKey
from caal_desktop.widgets.main.shortcuts_dialog import ShortcutsDialog
from tests.support.picker_states import pane
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.widgets.chat.conftest import ChatWindow


def opened(chat_window: ChatWindow) -> ShortcutsDialog:
    turn(2)
    found = chat_window.window.findChild(ShortcutsDialog)
    assert isinstance(found, ShortcutsDialog)
    assert found.isVisible()
    return found


def open_by_menu(chat_window: ChatWindow) -> ShortcutsDialog:
    action = chat_window.window.findChild(QAction, "main.action.shortcuts")
    assert action is not None
    action.trigger()
    return opened(chat_window)


def rows(dialog: ShortcutsDialog) -> dict[str, dict[str, str]]:
    """Return the keys of each entry of each group."""
    groups = [dialog.tree.topLevelItem(index) for index in range(dialog.tree.topLevelItemCount())]
    return {
        group.text(0): {group.child(i).text(0): group.child(i).text(1) for i in range(group.childCount())}
        for group in groups
    }


def native(key: QKeySequence) -> str:
    return key.toString(QKeySequence.SequenceFormat.NativeText)


def test_every_action_of_the_main_window_is_listed(chat_window: ChatWindow) -> None:
    with_keys = [action for action in chat_window.window.findChildren(QAction) if action.shortcuts()]
    assert len(with_keys) > 5
    listed = next(iter(rows(open_by_menu(chat_window)).values()))
    wanted = {
        action.text().replace("&", "").rstrip("…"): ", ".join(map(native, action.shortcuts())) for action in with_keys
    }
    assert listed == wanted


def test_every_shortcut_of_the_picker_is_listed(chat_window: ChatWindow, qtbot: QtBot) -> None:
    shown = pane(chat_window.parts)
    qtbot.addWidget(shown)
    listed = rows(open_by_menu(chat_window))["Model picker"].values()
    keys = [native(shortcut.key()) for shortcut in shown.findChildren(QShortcut)]
    assert len(keys) == 4
    assert set(keys) <= set(listed)


@pytest.mark.parametrize(("send_key", "keys"), [(SendKey.ENTER, "Return"), (SendKey.CTRL_ENTER, "Ctrl+Return")])
def test_it_knows_what_sends(chat_window: ChatWindow, send_key: SendKey, keys: str) -> None:
    chat_window.parts.settings.update(send_key=send_key)
    assert rows(open_by_menu(chat_window))["Chat"]["Send the message"] == native(QKeySequence(keys))


@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)],
)
def test_a_key_opens_and_esc_closes_it(chat_window: ChatWindow, key: Qt.Key, modifier: Qt.KeyboardModifier) -> None:
    chat_window.window.activateWindow()
    chat_window.until(chat_window.window.isActiveWindow, "the window")
    QTest.keyClick(chat_window.window.page.composer.edit, key, modifier)
    dialog = opened(chat_window)
    chat_window.until(lambda: QApplication.focusWidget() is dialog.tree, "the keyboard in the list")
    assert complaints(dialog) == []
    QTest.keyClick(dialog.tree, Qt.Key.Key_Escape)
    chat_window.until(lambda: chat_window.window.findChild(ShortcutsDialog) is None, "it is gone")
