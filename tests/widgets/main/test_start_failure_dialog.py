"""The dialog about a start that has failed: what it says, its keys, and that it fits wherever it has to be shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from caal_desktop.widgets.common.message_box import breakable
from caal_desktop.widgets.main.failed_start import FailedStart
from caal_desktop.widgets.main.start_failure_dialog import StartFailureDialog
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints_at_its_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.qt_loop import LoopHarness

Key = Qt.Key
DETAILS = "CAAL Desktop\n\nRuntimeError: no such window"
FAILED = FailedStart(DETAILS, fresh_name="settings.fresh-20261122-120000.json", log_file=Path("/log/caal-desktop.log"))

pytestmark = pytest.mark.usefixtures("qt_loop")


class Shown:
    """The dialog, and what came of it."""

    def __init__(self, failed: FailedStart, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.happened: list[str] = []
        self.dialog = StartFailureDialog(failed)
        qtbot.addWidget(self.dialog)
        self.dialog.freshRequested.connect(lambda: self.happened.append("fresh"))
        self.dialog.finished.connect(lambda _result: self.happened.append("closed"))
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)
        turn(3)

    def press(self, key: Key) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.qtbot.keyClick(focused, key)

    def button(self, name: str) -> QPushButton:
        button = self.dialog.findChild(QPushButton, f"failure.{name}")
        assert isinstance(button, QPushButton), name
        return button

    def text(self) -> str:
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel))


def test_it_says_what_why_and_what_to_do(qtbot: QtBot) -> None:
    shown = Shown(FAILED, qtbot)
    assert "CAAL Desktop cannot show its window" in shown.text()
    assert "settings.fresh-20261122-120000.json" in shown.text()
    assert shown.dialog.details.toPlainText() == DETAILS
    assert shown.dialog.accessibleDescription() == FAILED.text


@pytest.mark.parametrize("key", [Key.Key_Escape, Key.Key_Return, Key.Key_Enter])
def test_what_is_pressed_unread_changes_nothing(qtbot: QtBot, key: Key) -> None:
    shown = Shown(FAILED, qtbot)
    shown.press(key)
    assert shown.happened == ["closed"]


def test_tab_leads_to_everything(qtbot: QtBot) -> None:
    shown = Shown(FAILED, qtbot)
    seen: list[str] = []
    for _ in range(7):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused.objectName())
        shown.press(Key.Key_Tab)
    assert seen[0] == "failure.leave"
    buttons = ["failure.fresh", "failure.copy", "failure.log", "failure.leave"]
    assert set(seen) == {"failure.area", "failure.details", *buttons}
    assert [name for name in seen[1:] if name in buttons] == buttons


def test_fresh_settings_are_asked_for_before_it_closes(qtbot: QtBot) -> None:
    shown = Shown(FAILED, qtbot)
    shown.button("fresh").setFocus()
    shown.press(Key.Key_Space)
    assert shown.happened == ["fresh", "closed"]


def test_the_details_are_copied_and_it_stays_open(qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("before")
    shown = Shown(FAILED, qtbot)
    places = [shown.button(name).geometry() for name in ("copy", "log", "leave")]
    shown.button("copy").click()
    assert QGuiApplication.clipboard().text() == DETAILS
    assert shown.button("copy").text() == "Copied"
    turn(3)
    assert [shown.button(name).geometry() for name in ("copy", "log", "leave")] == places
    assert shown.happened == []


@pytest.mark.parametrize("opens", [True, False])
def test_the_log_is_opened_or_named(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, opens: bool) -> None:
    opened: list[str] = []

    def open_url(url: object) -> bool:
        opened.append(str(url))
        return opens

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    shown = Shown(FAILED, qtbot)
    shown.button("log").click()
    assert len(opened) == 1
    assert ("caal-desktop.log" in shown.dialog.details.toPlainText()) is not opens


def test_what_cannot_be_done_is_not_offered(qtbot: QtBot) -> None:
    shown = Shown(FailedStart(DETAILS), qtbot)
    assert [button.objectName() for button in shown.dialog.findChildren(QPushButton)] == [
        "failure.copy",
        "failure.leave",
    ]
    assert "settings" not in shown.text()


def test_a_window_that_works_is_not_said_to_be_missing(qtbot: QtBot) -> None:
    shown = Shown(FailedStart(DETAILS, has_window=True), qtbot)
    assert "A part of CAAL Desktop has failed" in shown.text()
    assert shown.button("leave").text() == "Continue"


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("is_long", [False, True])
def test_it_fits(
    qtbot: QtBot,
    text_scale: Callable[[float], None],
    long_words: Callable[[], None],
    scale: float,
    is_long: bool,
) -> None:
    text_scale(scale)
    if is_long:
        long_words()
    shown = Shown(FAILED, qtbot)
    if scale == 1.0:
        assert shown.dialog.minimumWidth() <= 640
        assert shown.dialog.minimumHeight() <= 480
    assert complaints_at_its_sizes(shown.dialog, "failure") == []


@pytest.mark.parametrize("text", ["x" * 300, "/a/" + "y" * 200 + "/settings.json", "short words only", ""])
def test_the_longest_words_can_be_wrapped(text: str, qtbot: QtBot, qt_loop: LoopHarness) -> None:
    made = breakable(text)
    assert made.replace("\u200b", "") == text
    label = QLabel(made)
    label.setWordWrap(True)
    qtbot.addWidget(label)
    assert label.minimumSizeHint().width() < 600
    assert (made == text) is (len(text) < 40)
