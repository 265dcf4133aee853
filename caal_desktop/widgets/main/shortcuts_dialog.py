"""The dialog that lists all keyboard shortcuts, window by window.

It is made from the registry of commands, which gives them their keys, and so cannot differ from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from caal_desktop.commands import COMMANDS, SECTION_TITLES, Section
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.command_set import key_sequences, title_of
from caal_desktop.widgets.common.tooltips import set_tooltip
from caal_desktop.widgets.common.translation import translated

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class ShortcutsDialog(QDialog):
    """A read-only list of keyboard shortcuts.

    Args:
        sends_with_control: whether Ctrl+Enter sends a message, and not Enter alone.
    """

    def __init__(self, *, sends_with_control: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(design.first_size(self, 560, 620))
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
        self._fill(sends_with_control=sends_with_control)
        self.tree.expandAll()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setObjectName("shortcuts.close")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 2, design.GRID * 2, design.GRID * 2)
        layout.setSpacing(design.GRID * 3 // 2)
        layout.addWidget(self.tree, 1)
        layout.addWidget(buttons)
        self.tree.setFocus()

    def _fill(self, *, sends_with_control: bool) -> None:
        for section in Section:
            group = self._add_group(translated(SECTION_TITLES[section]))
            for command, entry in COMMANDS.items():
                if entry.section is section:
                    keys = key_sequences(command, sends_with_control=sends_with_control)
                    _add(group, title_of(command).rstrip("…"), keys)
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


def _add(group: QTreeWidgetItem, text: str, keys: list[QKeySequence]) -> None:
    shown = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
    item = QTreeWidgetItem(group, [text, shown])
    # A narrow window cuts it.
    set_tooltip(item, text)
