"""All keyboard shortcuts, window by window.

Actions and shortcuts are asked for their keys, so that the list says what is; keys that a widget handles by itself
stand in the tables below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from caal_desktop.widgets.common import theme
from caal_desktop.widgets.picker.shortcut_keys import PICKER_SHORTCUTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QWidget


def _noop(text: str) -> str:
    return str(QT_TRANSLATE_NOOP("Shortcuts", text))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Shortcuts", text)


_CHAT = (
    (_noop("Stop the answer; leave a message as it was"), ("Esc",)),
    (_noop("Conversation: go to the beginning, to the end"), ("Home", "End")),
    (_noop("Conversation: a page on"), ("Space",)),
    (_noop("Conversation: select everything"), (QKeySequence.StandardKey.SelectAll,)),
    (_noop("Conversation: copy what is selected"), (QKeySequence.StandardKey.Copy,)),
    (_noop("List of conversations: rename"), ("F2",)),
    (_noop("List of conversations: delete"), ("Del",)),
)
_PICKER = (
    (_noop("Move in the list, also while you type"), ("Up", "Down", "PgUp", "PgDown")),
    (_noop("Use the model"), ("Return",)),
    (_noop("Back: close details, clear the search, close the window"), ("Esc",)),
)
_WIZARD = (
    (_noop("Go on"), ("Return",)),
    (_noop("Stop waiting, else a step back, else close"), ("Esc",)),
)
_SETTINGS = (
    (_noop("Search settings"), (QKeySequence.StandardKey.Find,)),
    (_noop("Clear the search, else close"), ("Esc",)),
)


class ShortcutsDialog(QDialog):
    """The list; nothing can be changed in it.

    Args:
        actions: the main window's; those without a shortcut are left out.
        sends_with_control: whether Ctrl+Enter sends a message, and not Enter alone.
    """

    def __init__(
        self, actions: Iterable[QAction], *, sends_with_control: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(theme.first_size(self, 560, 620))
        self.tree = QTreeWidget(self)
        self.tree.setObjectName("shortcuts.list")
        self.tree.setAccessibleName(self.tr("Keyboard shortcuts"))
        self.tree.setHeaderLabels([self.tr("What it does"), self.tr("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._fill(actions, sends_with_control=sends_with_control)
        self.tree.expandAll()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("shortcuts.close")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID * 2, theme.GRID * 2, theme.GRID * 2, theme.GRID * 2)
        layout.setSpacing(theme.GRID * 3 // 2)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)
        self.tree.setFocus()

    def _fill(self, actions: Iterable[QAction], *, sends_with_control: bool) -> None:
        menu = self._add_group(self.tr("Main window"))
        for action in actions:
            if action.shortcuts():
                _add(menu, action.text().replace("&", "").rstrip("…"), action.shortcuts())
        chat = self._add_group(self.tr("Chat"))
        send, line = ("Ctrl+Return", "Return") if sends_with_control else ("Return", "Shift+Return")
        _add(chat, self.tr("Send the message"), [QKeySequence(send)])
        _add(chat, self.tr("Break the line"), [QKeySequence(line)])
        _add_all(chat, _CHAT)
        picker = self._add_group(self.tr("Model picker"))
        for shortcut in PICKER_SHORTCUTS:
            _add(picker, _tr(shortcut.text), [shortcut.sequence])
        _add_all(picker, _PICKER)
        _add_all(self._add_group(self.tr("Setup")), _WIZARD)
        _add_all(self._add_group(self.tr("Settings")), _SETTINGS)
        rows = self.tree.model()
        self.tree.setCurrentIndex(rows.index(0, 0, rows.index(0, 0)))

    def _add_group(self, title: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.tree, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setFirstColumnSpanned(True)
        return group


def open_shortcuts(window: QWidget, *, sends_with_control: bool) -> None:
    """Show the shortcuts above a window, its own first."""
    actions = window.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly)
    dialog = ShortcutsDialog(actions, sends_with_control=sends_with_control, parent=window)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _add_all(group: QTreeWidgetItem, rows: tuple[tuple[str, tuple[QKeySequence.StandardKey | str, ...]], ...]) -> None:
    for text, keys in rows:
        _add(group, _tr(text), [QKeySequence(key) for key in keys])


def _add(group: QTreeWidgetItem, text: str, keys: list[QKeySequence]) -> None:
    shown = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
    item = QTreeWidgetItem(group, [text, shown])
    # A narrow window cuts it.
    item.setToolTip(0, text)
