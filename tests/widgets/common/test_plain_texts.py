"""Tooltips, labels, message boxes and buttons show a text as it is, whatever it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QStandardItem
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidgetItem,
    QPushButton,
    QTableWidgetItem,
    QToolButton,
    QToolTip,
    QTreeWidgetItem,
    QWidget,
)

from caal_desktop.widgets.common.controls import ElidedLabel, NameButton, PlainLabel, TextLabel
from caal_desktop.widgets.common.message_box import MessageBox, show_message_box
from caal_desktop.widgets.common.mnemonics import with_plain_ampersands, without_mnemonic
from caal_desktop.widgets.common.tooltips import set_tooltip, show_tooltip
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

MARKUP = "<img src='file:///nowhere/at/all'> &amp; <b>bold</b>"


@pytest.mark.parametrize(
    "make", [QPushButton, QAction, QListWidgetItem, QTableWidgetItem, QStandardItem], ids=lambda make: make.__name__
)
def test_a_tooltip_is_plain_wherever_it_is_set(qapp: QApplication, make: Callable[[], Any]) -> None:
    target = make()
    set_tooltip(target, MARKUP)
    assert target.toolTip().replace("\u2060", "") == MARKUP
    assert not QtText.mightBeRichText(target.toolTip())
    set_tooltip(target, "")
    assert target.toolTip() == ""


def test_a_trees_tooltip_is_plain_in_its_column(qapp: QApplication) -> None:
    item = QTreeWidgetItem(["a", "b"])
    set_tooltip(item, MARKUP, column=1)
    assert item.toolTip(0) == ""
    assert not QtText.mightBeRichText(item.toolTip(1))


# A tooltip is raised above its window, which the platform of the tests cannot do.
@pytest.mark.qt_log_ignore("does not support raise")
def test_a_tooltip_that_is_shown_at_once_is_plain(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    show_tooltip(QPoint(10, 10), MARKUP, widget)
    (label,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, QLabel)]
    assert label.text().replace("\u2060", "") == MARKUP
    assert not label.wordWrap(), "Qt takes it for HTML"
    show_tooltip(QPoint(10, 10), "", widget)
    assert not QToolTip.isVisible() or label.text() != MARKUP


@pytest.mark.parametrize(
    "make", [PlainLabel, lambda text: TextLabel(text, name="x"), lambda text: ElidedLabel(text, name="x")]
)
def test_a_label_shows_markup_as_it_is(qtbot: QtBot, make: Callable[[str], QLabel]) -> None:
    label = make(MARKUP)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_both_texts_of_a_message_box_are_plain(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = show_message_box(MARKUP, MARKUP, parent)
    own = MessageBox(parent)
    own.setInformativeText(MARKUP)
    labels = [one for window in (box, own) for one in window.findChildren(QLabel) if one.text() == MARKUP]
    assert [label.textFormat() for label in labels] == [Qt.TextFormat.PlainText] * 3
    box.close()
    turn(2)


def test_a_long_message_is_not_as_narrow_as_its_first_sentence(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = show_message_box("Short.", "Many words. " * 30, parent)
    label = box.findChild(QLabel, "qt_msgbox_informativelabel")
    assert label is not None
    assert label.width() >= box.fontMetrics().averageCharWidth() * 50
    assert box.width() < 640
    box.setInformativeText("")
    assert not box.informativeText()
    box.close()
    turn(2)


@pytest.mark.parametrize("text", ["R&D", "a && b", "&&", "&x;"])
def test_a_button_shows_ampersands(qtbot: QtBot, text: str) -> None:
    button = QPushButton(with_plain_ampersands(text))
    qtbot.addWidget(button)
    assert button.shortcut().isEmpty()
    assert without_mnemonic(button.text()) == text


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("&File", "File"),
        ("Save && &quit", "Save & quit"),
        ("ファイル(&F)", "ファイル"),
        ("設定(&S)…", "設定…"),
        ("R&&D", "R&D"),
        ("Plain", "Plain"),
        ("&", ""),
    ],
)
def test_a_menus_title_reads_without_its_mark(title: str, words: str) -> None:
    assert without_mnemonic(title) == words


@pytest.mark.parametrize("width", [900, 90])
def test_a_name_on_a_button_is_cut_before_its_ampersands_are_doubled(qtbot: QtBot, width: int) -> None:
    name = "R&D&&E " + "&" * 40
    button, wanted = NameButton(name="x"), QToolButton()
    button.show_name(name)
    wanted.setAutoRaise(True)
    for one in (button, wanted):
        qtbot.addWidget(one)
        one.resize(width, 40)
    beside = button.sizeHint().width() - button.fontMetrics().horizontalAdvance(name) - 1
    cut = button.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, width - beside)
    assert (cut == name) is (width == 900)
    wanted.setText(with_plain_ampersands(cut))
    assert button.grab().toImage() == wanted.grab().toImage()


def test_a_name_that_fits_is_not_cut(qtbot: QtBot) -> None:
    button, wanted = NameButton(name="x"), QToolButton()
    wanted.setAutoRaise(True)
    qtbot.addWidget(button)
    qtbot.addWidget(wanted)
    metrics, cut_by_rounding = button.fontMetrics(), 0
    for name in (f"maker-{number}/m{number * 37}.{number}" for number in range(40)):
        cut_by_rounding += (
            metrics.elidedText(name, Qt.TextElideMode.ElideRight, metrics.horizontalAdvance(name)) != name
        )
        button.show_name(name)
        wanted.setText(name)
        for one in (button, wanted):
            one.resize(button.sizeHint())
        assert button.grab().toImage() == wanted.grab().toImage(), name
    assert cut_by_rounding, "positive control: the width of some of them is rounded down"
