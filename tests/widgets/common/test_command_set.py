"""What the commands do in a window: handlers, the window around, what has to be there, menus and keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow

from caal_desktop.commands import COMMANDS, MENUS, CommandId, Need, part_of
from caal_desktop.llm.errors import ConnectionFailed, ModelNotFound, ProxyAuthenticationRequired, RateLimited
from caal_desktop.widgets.common.command_set import CommandSet, key_sequences, label_of, pressed, title_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def given() -> list[object]:
    return []


def test_a_command_does_what_it_is_bound_to(given: list[object]) -> None:
    commands: CommandSet[[int]] = CommandSet(available=frozenset({Need.MESSAGE}))
    commands.bind(CommandId.EDIT, given.append)
    commands.run(CommandId.EDIT, 7)
    commands.button(CommandId.EDIT, 8).run()
    assert given == [7, 8]


def test_what_is_not_bound_is_left_to_the_window_around(given: list[object]) -> None:
    around: CommandSet[[]] = CommandSet()
    around.bind(CommandId.NETWORK_SETTINGS, partial(given.append, "around"))
    inner: CommandSet[[int]] = CommandSet(around)
    assert inner.offers(CommandId.NETWORK_SETTINGS)
    assert not inner.offers(CommandId.PRIVACY_SETTINGS)
    inner.run(CommandId.NETWORK_SETTINGS, 3)
    inner.run(CommandId.PRIVACY_SETTINGS, 3)
    inner.bind(CommandId.NETWORK_SETTINGS, given.append)
    inner.run(CommandId.NETWORK_SETTINGS, 4)
    assert given == ["around", 4]


def test_without_what_it_needs_a_command_does_nothing(given: list[object]) -> None:
    commands: CommandSet[[]] = CommandSet()
    commands.bind(CommandId.STOP, partial(given.append, "stop"))
    commands.run(CommandId.STOP)
    assert not commands.offers(CommandId.STOP)
    commands.set_available(Need.RUNNING_ANSWER, True)
    commands.run(CommandId.STOP)
    commands.set_available(Need.RUNNING_ANSWER, False)
    commands.run(CommandId.STOP)
    assert given == ["stop"]


def test_a_command_that_is_the_same_as_another_does_the_same(given: list[object]) -> None:
    commands: CommandSet[[]] = CommandSet()
    commands.bind(CommandId.RETRY, partial(given.append, "retry"))
    commands.run(CommandId.WAIT)
    assert given == ["retry"]
    assert commands.button(CommandId.WAIT).name == commands.button(CommandId.RETRY).name == "retry"


def test_a_dialog_gives_way_before_another_window_is_opened(given: list[object]) -> None:
    around: CommandSet[[]] = CommandSet(available=frozenset({Need.CREDITS_PAGE}))
    around.bind(CommandId.CHECK_KEY, partial(given.append, "key"))
    around.bind(CommandId.ADD_CREDIT, partial(given.append, "credit"))
    dialog = around.for_dialog(partial(given.append, "left"))
    dialog.run(CommandId.CHECK_KEY)
    dialog.run(CommandId.ADD_CREDIT)
    assert given == ["left", "key", "credit"], "the browser is no window of ours"
    assert not dialog.offers(CommandId.NETWORK_SETTINGS), "nothing would open them"


def test_a_failure_offers_its_remedy_and_another_try() -> None:
    commands: CommandSet[[]] = CommandSet()
    for command in (CommandId.RETRY, CommandId.NETWORK_SETTINGS, CommandId.CHOOSE_MODEL):
        commands.bind(command, lambda: None)

    def offered(error: Exception) -> list[str]:
        return [action.name for action in commands.failure_actions(error)]

    assert offered(ProxyAuthenticationRequired("openrouter")) == ["network", "retry"]
    assert offered(ConnectionFailed("openrouter")) == ["retry"]
    assert offered(RateLimited("openrouter")) == ["retry"]
    assert offered(ModelNotFound("openrouter")) == ["retry"], "there is no message that another model could answer"
    assert commands.remedies(RateLimited("openrouter")) == []


def test_the_menus_are_those_of_the_registry(qtbot: QtBot, given: list[object]) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setObjectName("main")
    application: CommandSet[[]] = CommandSet()
    commands: CommandSet[[]] = CommandSet(application)
    commands.fill_menus(window.menuBar(), window)
    actions = {action.objectName(): action for action in window.findChildren(QAction) if action.objectName()}
    listed = [command for menu in MENUS for group in menu.groups for command in group]
    assert set(actions) == {f"main.action.{part_of(command)}" for command in listed}
    for command in listed:
        action = actions[f"main.action.{part_of(command)}"]
        assert action.text() == COMMANDS[command].title
        assert action.shortcuts() == key_sequences(command)
        assert not action.isEnabled(), "nothing does it yet"
    commands.bind(CommandId.NEW, partial(given.append, "new"))
    application.bind(CommandId.QUIT, partial(given.append, "quit"))
    application.bind(CommandId.PROVIDER_SETTINGS, partial(given.append, "provider"))
    for name in ("new", "quit", "key"):
        assert actions[f"main.action.{name}"].isEnabled(), name
        actions[f"main.action.{name}"].trigger()
    assert given == ["new", "quit", "provider"]
    commands.bind(CommandId.STOP, lambda: None)
    stop = actions["main.action.stop"]
    assert not stop.isEnabled()
    commands.set_available(Need.RUNNING_ANSWER, True)
    assert stop.isEnabled()


def test_actions_that_are_gone_are_forgotten(qtbot: QtBot) -> None:
    window = QMainWindow()
    commands: CommandSet[[]] = CommandSet()
    commands.bind(CommandId.STOP, lambda: None)
    commands.action(CommandId.STOP, window)
    window.deleteLater()
    with qtbot.waitSignal(window.destroyed):
        pass
    commands.set_available(Need.RUNNING_ANSWER, True)


def event(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, modifiers)


def test_a_key_is_known_by_its_command() -> None:
    modifier = Qt.KeyboardModifier
    assert pressed(event(Qt.Key.Key_F2), CommandId.RENAME_CONVERSATION)
    assert pressed(event(Qt.Key.Key_Delete, modifier.KeypadModifier), CommandId.DELETE_CONVERSATION)
    assert not pressed(event(Qt.Key.Key_Delete, modifier.ControlModifier), CommandId.DELETE_CONVERSATION)
    assert pressed(event(Qt.Key.Key_A, modifier.ControlModifier), CommandId.SELECT_ALL)
    assert pressed(event(Qt.Key.Key_Escape), CommandId.PICKER_BACK)
    assert not pressed(event(Qt.Key.Key_Escape), CommandId.USE_MODEL)


def test_every_portable_key_is_one() -> None:
    for command, entry in COMMANDS.items():
        assert bool(key_sequences(command)) is bool(entry.shortcuts), command
        for sequence in key_sequences(command):
            assert sequence[0].key() is not Qt.Key.Key_unknown, command
    assert key_sequences(CommandId.SEND, sends_with_control=True) == [QKeySequence("Ctrl+Return")]


def test_titles_outside_of_menus_have_no_mark() -> None:
    for command in CommandId:
        assert "&" not in title_of(command) + label_of(command)
    assert title_of(CommandId.CONTINUE) == "Continue from there"
    assert label_of(CommandId.CONTINUE) == "Continue"
