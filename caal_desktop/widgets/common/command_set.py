"""What the commands do in one window: their handlers, and the menus, buttons and keys that call them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Generic, ParamSpec
from weakref import WeakSet

from PySide6.QtGui import QAction, QKeySequence

from caal_desktop.commands import COMMANDS, MENUS, CommandId, Need, StandardKey, part_of, remedy_of
from caal_desktop.widgets.common.message_panel import MessageAction
from caal_desktop.widgets.common.mnemonics import without_mnemonic
from caal_desktop.widgets.common.translation import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QMenuBar

P = ParamSpec("P")

_OPENING = (
    CommandId.CHECK_KEY,
    CommandId.PROVIDER_SETTINGS,
    CommandId.NETWORK_SETTINGS,
    CommandId.PRIVACY_SETTINGS,
)
"""What helps against a failure and opens a window of its own."""


def menu_title_of(command: CommandId) -> str:
    """Return a command's title, translated, with the mark of the letter that chooses it in its menu."""
    return translated(COMMANDS[command].title)


def title_of(command: CommandId) -> str:
    """Return a command's title, translated."""
    return without_mnemonic(menu_title_of(command))


def menu_of(command: CommandId) -> str:
    """Return the title of the menu that has a command, translated.

    Raises:
        StopIteration: no menu has it.
    """
    menu = next(menu for menu in MENUS if any(command in group for group in menu.groups))
    return without_mnemonic(translated(menu.title))


def label_of(command: CommandId) -> str:
    """Return a command's label beside its icon, translated."""
    short = COMMANDS[command].short_title
    return translated(short) if short else title_of(command)


def label_with_keys(command: CommandId) -> str:
    """Return a command's label with its first keys as this platform writes them."""
    keys = [sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in key_sequences(command)[:1]]
    return f"{label_of(command)} ({keys[0]})" if keys else label_of(command)


def key_sequences(command: CommandId, *, sends_with_control: bool = False) -> list[QKeySequence]:
    """Return a command's keys on this platform, each once.

    Args:
        command: the command.
        sends_with_control: whether Ctrl+Enter sends a message, and not Enter alone.
    """
    entry = COMMANDS[command]
    keys = entry.shortcuts_with_control if sends_with_control and entry.shortcuts_with_control else entry.shortcuts
    sequences: list[QKeySequence] = []
    for key in keys:
        sequence = QKeySequence(_standard_key(key) if isinstance(key, StandardKey) else key)
        if not sequence.isEmpty() and sequence not in sequences:
            sequences.append(sequence)
    return sequences


def pressed(event: QKeyEvent, command: CommandId) -> bool:
    """Return whether a key event is one of a command's keys; the number pad's keys count like the others."""
    from PySide6.QtCore import QKeyCombination, Qt

    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    sequence = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
    return sequence in key_sequences(command) or any(
        isinstance(key, StandardKey) and event.matches(_standard_key(key)) for key in COMMANDS[command].shortcuts
    )


def _standard_key(key: StandardKey) -> QKeySequence.StandardKey:
    return QKeySequence.StandardKey[key.value]


class CommandSet(Generic[P]):
    """Commands and what they do in one part of the program.

    ``P`` is what a handler is called with: nothing in a window (``CommandSet[[]]``), the message's index where the
    commands are about one message of a conversation (``CommandSet[[int]]``).

    A command is *offered* where it has a handler and what it needs is available. What has no handler here is left to
    the outer set, with its handlers and what is available there.

    Args:
        outer: the set of the window around this part.
        available: what is available from the beginning.
    """

    def __init__(self, outer: CommandSet[[]] | None = None, *, available: frozenset[Need] = frozenset()) -> None:
        self._outer = outer
        self._handlers: dict[CommandId, Callable[P, object]] = {}
        self._available = set(available)
        self._actions: dict[CommandId, QAction] = {}
        self._inner: WeakSet[CommandSet[Any]] = WeakSet()
        if outer is not None:
            outer._inner.add(self)  # noqa: SLF001 - of the same class

    def bind(self, command: CommandId, run: Callable[P, object]) -> None:
        """Set the handler of a command, and of those that are the same as it."""
        self._handlers[_handler_of(command)] = run
        self._enable_actions()

    def set_available(self, need: Need, available: bool) -> None:
        """Record whether what some commands need is available, and enable their actions accordingly."""
        if available:
            self._available.add(need)
        else:
            self._available.discard(need)
        self._enable_actions()

    def offers(self, command: CommandId) -> bool:
        """Return whether a command can be run now."""
        if _handler_of(command) in self._handlers:
            return COMMANDS[command].needs <= self._available
        return self._outer is not None and self._outer.offers(command)

    def run(self, command: CommandId, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run a command; one that is not offered does nothing, like a disabled menu entry."""
        handler = self._handlers.get(_handler_of(command))
        if handler is None:
            if self._outer is not None:
                self._outer.run(command)
        elif self.offers(command):
            handler(*args, **kwargs)

    def for_dialog(self: CommandSet[[]], close: Callable[[], object]) -> CommandSet[[]]:
        """Return the commands for a dialog above this window; those that open another window close the dialog first.

        Args:
            close: closes the dialog.
        """
        inner: CommandSet[[]] = CommandSet(self)

        def close_and_run(command: CommandId) -> None:
            close()
            self.run(command)

        for command in _OPENING:
            if self.offers(command):
                inner.bind(command, partial(close_and_run, command))
        return inner

    # --- what a window shows of them

    def button(self, command: CommandId, *args: P.args, **kwargs: P.kwargs) -> MessageAction:
        """Return a command as a message's button."""
        return MessageAction(part_of(command), title_of(command), lambda: self.run(command, *args, **kwargs))

    def buttons(self, commands: Iterable[CommandId], *args: P.args, **kwargs: P.kwargs) -> list[MessageAction]:
        """Return those of some commands that are offered, as a message's buttons; each once."""
        found: dict[str, MessageAction] = {}
        for command in commands:
            if self.offers(command):
                found.setdefault(part_of(command), self.button(command, *args, **kwargs))
        return list(found.values())

    def remedies(self, error: BaseException | None, *args: P.args, **kwargs: P.kwargs) -> list[MessageAction]:
        """Return the error's remedy as a button; none where that is another try, or is not offered here."""
        remedy = remedy_of(error)
        return [] if _handler_of(remedy) is CommandId.RETRY else self.buttons((remedy,), *args, **kwargs)

    def failure_actions(self, error: BaseException | None, *args: P.args, **kwargs: P.kwargs) -> list[MessageAction]:
        """Return the buttons for a failure: the error's remedy, and another try."""
        return self.buttons((remedy_of(error), CommandId.RETRY), *args, **kwargs)

    def action(self: CommandSet[[]], command: CommandId, parent: QObject) -> QAction:
        """Return a command as a menu's entry, with its keys; named ``<parent>.action.<command>``."""
        action = QAction(menu_title_of(command), parent)
        action.setObjectName(f"{parent.objectName()}.action.{part_of(command)}")
        action.setShortcuts(key_sequences(command))
        if (role := COMMANDS[command].role) is not None:
            action.setMenuRole(QAction.MenuRole[role.value])
        action.triggered.connect(lambda _checked=False: self.run(command))
        self._actions[command] = action
        action.destroyed.connect(lambda: self._actions.pop(command, None))
        action.setEnabled(self.offers(command))
        return action

    def fill_menus(self: CommandSet[[]], bar: QMenuBar, parent: QObject) -> None:
        """Add the menus of the registry to a menu bar."""
        for entry in MENUS:
            menu = bar.addMenu(translated(entry.title))
            for number, group in enumerate(entry.groups):
                if number:
                    menu.addSeparator()
                for command in group:
                    menu.addAction(self.action(command, parent))

    def _enable_actions(self) -> None:
        for command, action in self._actions.items():
            action.setEnabled(self.offers(command))
        for inner in self._inner:
            inner._enable_actions()  # noqa: SLF001


def _handler_of(command: CommandId) -> CommandId:
    """Return the command whose handler runs for this one."""
    return COMMANDS[command].same_as or command
