"""Every text that the windows show or speak, collected while a test walks through them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from PySide6 import QtGui
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible, QAction, QPainter, QStaticText, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QGroupBox,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QSpinBox,
    QTabBar,
    QTextEdit,
    QToolTip,
    QWidget,
)

from caal_desktop.item_models import foreign_text
from caal_desktop.widgets.common.mnemonics import without_mnemonic
from tests.support.pseudo_language import numbers_in
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAINTED = "painted"
"""What was drawn by a widget itself, which may have cut it to its place."""

_ROLES = {
    "text": Qt.ItemDataRole.DisplayRole,
    "tooltip": Qt.ItemDataRole.ToolTipRole,
    "status tip": Qt.ItemDataRole.StatusTipRole,
    "what's this": Qt.ItemDataRole.WhatsThisRole,
    "spoken name": Qt.ItemDataRole.AccessibleTextRole,
    "spoken description": Qt.ItemDataRole.AccessibleDescriptionRole,
}
_SPOKEN = {
    "spoken name": QAccessible.Text.Name,
    "spoken description": QAccessible.Text.Description,
    "spoken help": QAccessible.Text.Help,
}
_MARKUP = re.compile(r"</|<br|<p\b")
_MOST_ROWS = 30
"""Rows of one list that are read; the others are made as these are."""


@dataclass(frozen=True, slots=True)
class ShownText:
    """A text, and where it was met.

    Attributes:
        text: as it stands there; without markup.
        what: which text of the widget this is.
        widget: the widget's name, below those of its parents.
        place: what the walk says of where it is.
    """

    text: str
    what: str
    widget: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.widget} ({self.what}): {self.text!r}"


class ShownTexts:
    """Reads windows as they are drawn and spoken.

    Attributes:
        found: what was read, each text of each widget once.
        html: the paths of what Qt takes for HTML, or would, if its text looked like it.
        box_titles: the titles of all message boxes.
    """

    def __init__(self) -> None:
        self.found: list[ShownText] = []
        self.html: set[str] = set()
        self.box_titles: set[str] = set()
        self._known: set[tuple[str, str, str]] = set()
        self._place = "before the first look"

    def numbers(self) -> set[int]:
        """Return the numbers of the pseudo language's texts that were met."""
        return {number for shown in self.found for number in numbers_in(shown.text)}

    def look(self, place: str) -> None:
        """Read all windows that are open.

        Args:
            place: how to tell the user of the test where this is.
        """
        turn(3)
        self._place = place
        for window in QApplication.topLevelWidgets():
            if window.isVisible():
                self._read_window(window)

    def note(self, text: str, what: str, widget: str, place: str | None = None) -> None:
        """Take down a text that is shown elsewhere than in a window."""
        if not text.strip():
            return
        if what.endswith(("tooltip", "status tip", "what's this")) and QtGui.Qt.mightBeRichText(text):
            self.html.add(f"{widget} ({what})")
        if _MARKUP.search(text):
            document = QTextDocument()
            document.setHtml(text)
            text = document.toPlainText()
        # Where a text stands in twenty rows, it was made by one line.
        key = (text, what, widget)
        if key not in self._known:
            self._known.add(key)
            self.found.append(ShownText(text, what, widget, self._place if place is None else place))

    def note_painted(self, painter: QPainter, text: str) -> None:
        """Take down a text that a widget draws itself, and has nowhere but on the screen."""
        device = painter.device()
        self.note(text, PAINTED, path_of(device) if isinstance(device, QWidget) else "a window")

    def _read_window(self, window: QWidget) -> None:
        self.note(window.windowTitle(), "title", path_of(window))
        if isinstance(window, QMessageBox):
            self.box_titles.add(window.windowTitle())
        for widget in (window, *window.findChildren(QWidget)):
            if widget.isVisible() and widget.window() is window:
                self._read(widget)
                for action in widget.actions():
                    self._read_action(action, path_of(widget))
            elif isinstance(widget, QMenu):
                for action in widget.actions():
                    self._read_action(action, path_of(widget))

    def _read_action(self, action: QAction, widget: str) -> None:
        if not action.isSeparator():
            name = f"{widget}/{action.objectName() or 'action'}"
            self.note(without_mnemonic(action.text()), "text", name)
            self.note(action.toolTip(), "tooltip", name)
            self.note(action.statusTip(), "status tip", name)

    def _read(self, widget: QWidget) -> None:
        if isinstance(widget, QFileDialog) or isinstance(widget.window(), QFileDialog):
            return self._read_file_dialog(widget)
        path = path_of(widget)
        if isinstance(widget, QLabel) and _guesses_its_format(widget):
            self.html.add(f"{path} (label)")
        self.note(widget.toolTip(), "tooltip", path)
        self.note(widget.statusTip(), "status tip", path)
        self.note(widget.whatsThis(), "what's this", path)
        self.note(widget.accessibleName(), "accessible name", path)
        self.note(widget.accessibleDescription(), "accessible description", path)
        interface = QAccessible.queryAccessibleInterface(widget)
        for what, kind in _SPOKEN.items():
            self.note(interface.text(kind) if interface is not None else "", what, path)
        for what, text in _own_texts(widget):
            self.note(text, what, path)
        if isinstance(widget, QComboBox | QAbstractItemView) and isinstance(widget.model(), QAbstractItemModel):
            self._read_items(widget.model(), path)
        return None

    def _read_file_dialog(self, widget: QWidget) -> None:
        """All but the title and the filters is Qt's, or the user's own files."""
        if isinstance(widget, QFileDialog):
            for number, text in enumerate(widget.nameFilters()):
                self.note(text, f"filter {number}", path_of(widget))

    def _read_items(self, model: QAbstractItemModel, path: str) -> None:
        for section in range(_columns(model, QModelIndex())):
            for what, role in _ROLES.items():
                text = model.headerData(section, Qt.Orientation.Horizontal, role)
                # Qt numbers the columns where nothing else is said; no view shows that.
                if isinstance(text, str) and not text.isdecimal():
                    self.note(text, f"header, {what}", path)
        for index in _items(model, QModelIndex()):
            text = index.data()
            if isinstance(text, str) and (text, "item, text", path) in self._known:
                continue
            for what, role in _ROLES.items():
                data: Any = index.data(role)
                if isinstance(data, str):
                    self.note(data, f"item, {what}", path)


def _guesses_its_format(label: QLabel) -> bool:
    # An input dialog's own label says what the program says; there is no way to its format.
    is_ours = bool(label.text()) and not isinstance(label.parentWidget(), QInputDialog)
    return is_ours and label.textFormat() is not Qt.TextFormat.PlainText


def _columns(model: QAbstractItemModel, parent: QModelIndex) -> int:
    # A list has one, and hides that method.
    return 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)


def _items(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    for row in range(min(model.rowCount(parent), _MOST_ROWS)):
        for column in range(_columns(model, parent)):
            index = model.index(row, column, parent)
            yield index
            if column == 0:
                yield from _items(model, index)


def _own_texts(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Give the texts that a widget of one of Qt's kinds has of its own."""
    match widget:
        case QMessageBox():
            yield "text", widget.text()
            yield "second text", widget.informativeText()
            yield "details", widget.detailedText()
        case QLabel():
            yield "text", widget.text()
        case QAbstractButton():
            # The mark of a letter that chooses it; twice for the sign itself.
            yield "text", without_mnemonic(widget.text())
        case QLineEdit():
            yield "placeholder", widget.placeholderText()
            if widget.isReadOnly():
                yield "text", widget.text()
        case QPlainTextEdit() | QTextEdit():
            yield "placeholder", widget.placeholderText()
            if widget.isReadOnly():
                yield "text", widget.toPlainText()
        case QAbstractSpinBox():
            yield "text", widget.text()
            yield "in place of a number", widget.specialValueText()
            if isinstance(widget, QSpinBox):
                yield "unit", widget.prefix() + widget.suffix()
        case QGroupBox():
            yield "title", widget.title()
        case QProgressBar():
            yield "text", widget.text()
        case QTabBar():
            for tab in range(widget.count()):
                yield f"tab {tab}", widget.tabText(tab)
                yield f"tab {tab}, tooltip", widget.tabToolTip(tab)
        case _:
            pass


def path_of(widget: QWidget) -> str:
    """Return the names of a widget and of what it stands in, from the outside; without names that Qt gives."""
    names: list[str] = []
    step: QWidget | None = widget
    while step is not None:
        if not step.objectName().startswith("qt_") and (step is widget or step.objectName()):
            names.append(step.objectName() or type(step).__name__)
        step = step.parentWidget()
    return "/".join(reversed(names[:3]))


@pytest.fixture
def shown_texts(monkeypatch: pytest.MonkeyPatch) -> ShownTexts:
    """Collects the texts of a walk; what is painted, and told to screen readers in passing, too."""
    collector = ShownTexts()

    def noting(draw: Callable[..., None]) -> Callable[..., None]:
        def draw_and_note(painter: QPainter, *args: Any) -> None:
            for arg in args:
                if isinstance(arg, str):
                    collector.note_painted(painter, arg)
                elif isinstance(arg, QStaticText):
                    collector.note_painted(painter, arg.text())
            draw(painter, *args)

        return draw_and_note

    for name in ("drawText", "drawStaticText"):
        monkeypatch.setattr(QPainter, name, noting(getattr(QPainter, name)))

    def announce(event: Any) -> None:
        if hasattr(event, "message"):
            collector.note(event.message(), "announced", "screen reader")

    # Broken into lines at their width, texts would no longer be those that were translated.
    monkeypatch.setattr(foreign_text, "_TOOLTIP_COLUMNS", 100_000)
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", announce)
    monkeypatch.setattr(
        QToolTip, "showText", lambda _at, text, *_rest: collector.note(text, "tooltip", "shown at the pointer")
    )
    return collector
