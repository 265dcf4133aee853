"""The small parts that every window is made of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible, QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QStyle, QStyleOptionButton, QVBoxLayout, QWidget

from caal_desktop.storage.settings.schema import Settings
from caal_desktop.widgets.common import design, icons
from caal_desktop.widgets.common.appearance import Appearance
from caal_desktop.widgets.common.controls import BusyRing, DoubleClickGuard, ElidedLabel, IconButton, TextLabel
from caal_desktop.widgets.common.flow_layout import FlowLayout
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from tests.support.clicking import double_click
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.usefixtures("qt_loop")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    window.resize(400, 300)
    QVBoxLayout(window)
    qtbot.addWidget(window)
    return window


def shown(window: QWidget, *widgets: QWidget) -> None:
    layout = window.layout()
    assert layout is not None
    for widget in widgets:
        layout.addWidget(widget)
    window.show()
    window.activateWindow()
    turn(until=window.isActiveWindow)
    turn(3)


def shows_focus(button: QPushButton) -> bool:
    """Return whether styles draw that a button has the focus."""
    option = QStyleOptionButton()
    button.initStyleOption(option)
    return bool(option.state & QStyle.StateFlag.State_KeyboardFocusChange)  # type: ignore[attr-defined]


# --- the double click


def test_a_guarded_button_takes_a_double_click_as_one(window: QWidget) -> None:
    plain, guarded = QPushButton("Plain", window), QPushButton("Guarded", window)
    DoubleClickGuard(guarded)
    clicks: list[str] = []
    for button in (plain, guarded):
        button.clicked.connect(partial(clicks.append, button.text()))
    shown(window, plain, guarded)
    double_click(plain)
    assert clicks == ["Plain", "Plain"]
    double_click(guarded)
    assert clicks[2:] == ["Guarded"]
    assert not guarded.isDown()
    QTest.mouseClick(guarded, Qt.MouseButton.LeftButton)
    assert clicks[2:] == ["Guarded", "Guarded"]


def test_the_second_click_presses_no_button_that_has_taken_the_place_of_the_first(window: QWidget) -> None:
    panel = MessagePanel(name="message")
    pressed: list[str] = []
    stop = MessageAction("stop", "Stop", partial(pressed.append, "stop"))

    def try_again() -> None:
        pressed.append("retry")
        panel.show_message(MessageKind.BUSY, "Trying again", "", (stop,))

    panel.show_message(MessageKind.ERROR, "It broke", "", (MessageAction("retry", "Try again", try_again),))
    shown(window, panel)
    retry = panel.findChild(QPushButton, "message.retry")
    assert retry is not None
    place = QPoint(retry.mapTo(window, retry.rect().center()))
    QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, pos=place)
    turn(3)
    now = window.childAt(place)
    assert isinstance(now, QPushButton)
    assert now.objectName() == "message.stop"
    QTest.mouseDClick(now, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(now, Qt.MouseButton.LeftButton)
    assert pressed == ["retry"]
    QTest.mouseClick(now, Qt.MouseButton.LeftButton)
    assert pressed == ["retry", "stop"]


# --- the message panel


def test_a_message_says_what_it_is_to_a_screen_reader(window: QWidget) -> None:
    panel = MessagePanel(name="panel", parent=window)
    shown(window, panel)
    assert not panel.isVisible()
    panel.show_message(MessageKind.ERROR, "It broke", "Mend it", (MessageAction("mend", "Mend", lambda: None),))
    assert panel.isVisible()
    interface = QAccessible.queryAccessibleInterface(panel)
    assert interface.text(QAccessible.Text.Name) == "It broke"
    assert interface.text(QAccessible.Text.Description) == "Mend it"


def test_a_button_of_a_message_does_its_action(window: QWidget) -> None:
    panel = MessagePanel(name="panel", parent=window)
    chosen: list[str] = []
    shown(window, panel)
    one, two = (MessageAction(name, name.title(), partial(chosen.append, name)) for name in ("one", "two"))
    panel.show_message(MessageKind.ERROR, "It broke", "", (one, two))
    button = panel.button("two")
    assert button is not None
    button.click()
    assert chosen == ["two"]


@pytest.mark.parametrize(("kind", "is_seen"), [(MessageKind.ERROR, True), (MessageKind.INFO, False)])
def test_what_went_wrong_comes_into_view_with_its_buttons(window: QWidget, kind: MessageKind, is_seen: bool) -> None:
    area, inner = QScrollArea(window), QWidget()
    area.setWidgetResizable(True)
    area.setFixedHeight(200)
    panel = MessagePanel(name="panel", parent=inner)
    above = QWidget(inner)
    above.setFixedHeight(180)
    column = QVBoxLayout(inner)
    column.addWidget(above)
    column.addWidget(panel)
    area.setWidget(inner)
    shown(window, area)
    panel.show_message(MessageKind.BUSY, "Trying")
    turn(5)
    panel.show_message(kind, "It broke", "Mend it with many words. " * 6, (MessageAction("mend", "Mend", str),))
    turn(20)
    button = panel.button("mend")
    assert button is not None
    assert (button.visibleRegion().boundingRect() == button.rect()) is is_seen


def test_an_ampersand_in_a_name_marks_no_shortcut(window: QWidget) -> None:
    panel = MessagePanel(name="panel", parent=window)
    panel.show_message(MessageKind.INFO, "Title", "", (MessageAction("use", "Choose Bits&Bytes", lambda: None),))
    icon = IconButton("close", "Remove Bits&Bytes", name="icon", parent=window)
    for button in (panel.findChild(QPushButton, "panel.use"), icon):
        assert button is not None
        assert button.shortcut().isEmpty()
        interface = QAccessible.queryAccessibleInterface(button)
        assert interface.text(QAccessible.Text.Name).endswith(" Bits&Bytes")
    icon.set_label("Open Bits&Bytes")
    assert icon.shortcut().isEmpty()


def test_a_message_may_be_replaced_by_its_own_button(window: QWidget) -> None:
    """The focus stays with the message; buttons of the old one are gone and do nothing any more."""
    panel = MessagePanel(name="panel", parent=window)
    chosen: list[str] = []

    def replace() -> None:
        chosen.append("retry")
        panel.show_message(MessageKind.BUSY, "Trying again", "", (MessageAction("cancel", "Stop", lambda: None),))

    shown(window, panel)
    panel.show_message(MessageKind.ERROR, "It broke", "", (MessageAction("retry", "Try again", replace),))
    retry = panel.button("retry")
    assert retry is not None
    retry.setFocus()
    retry.click()
    turn(3)
    assert chosen == ["retry"]
    assert panel.button("retry") is None
    focus = QApplication.focusWidget()
    assert focus is panel.button("cancel")
    assert len(panel.findChildren(QPushButton)) == 1


@pytest.mark.parametrize("ends_well", [False, True])
def test_the_keyboard_waits_with_a_message_that_offers_nothing(window: QWidget, ends_well: bool) -> None:
    """What is being tried again has no button for a moment; the next control is none of the user's choice."""
    before, panel, after = QPushButton("Before", window), MessagePanel(name="panel", parent=window), QPushButton("Quit")
    shown(window, before, panel, after)
    panel.return_focus_to(before)

    def try_again() -> None:
        panel.show_message(MessageKind.BUSY, "Trying again")

    retry = MessageAction("retry", "Try again", try_again)
    panel.show_message(MessageKind.ERROR, "It broke", "", (retry,))
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    button = panel.button("retry")
    assert button is not None
    assert button.hasFocus()
    assert shows_focus(button), "positive control"
    QTest.keyClick(button, Qt.Key.Key_Space)
    turn(2)
    assert panel.hasFocus()
    assert QAccessible.queryAccessibleInterface(panel).text(QAccessible.Text.Name) == "Trying again"
    if ends_well:
        panel.hide()
        assert before.hasFocus()
        assert shows_focus(before)
    else:
        panel.show_message(MessageKind.ERROR, "It broke", "", (retry,))
        again = panel.button("retry")
        assert again is not None
        assert window.focusWidget() is again
        assert shows_focus(again)


def test_the_focus_does_not_fall_from_a_message_that_goes(window: QWidget) -> None:
    """Next in the tab order may be what ends everything."""
    before, panel, after = QPushButton("Before", window), MessagePanel(name="panel", parent=window), QPushButton("Quit")
    shown(window, before, panel, after)
    panel.return_focus_to(before)
    panel.show_message(MessageKind.WARNING, "Send it?", "", (MessageAction("no", "No", panel.hide),))
    no = panel.button("no")
    assert no is not None
    no.setFocus()
    no.click()
    assert not panel.isVisible()
    assert before.hasFocus()
    after.setFocus()
    panel.show_message(MessageKind.WARNING, "Send it?")
    panel.hide()
    assert after.hasFocus(), "the user is elsewhere"


def test_the_focus_stays_where_the_person_is(window: QWidget) -> None:
    panel, other = MessagePanel(name="panel", parent=window), QPushButton("Other", window)
    shown(window, panel, other)
    other.setFocus()
    retry = MessageAction("retry", "Try again", lambda: None)
    panel.show_message(MessageKind.ERROR, "It broke", "", (retry,))
    panel.show_message(MessageKind.WARNING, "Still", "", (retry,))
    assert other.hasFocus()


def test_the_ring_turns_only_where_it_is_seen(window: QWidget) -> None:
    panel = MessagePanel(name="panel", parent=window)
    shown(window, panel)
    panel.show_message(MessageKind.BUSY, "Waiting")
    ring = panel.findChild(BusyRing)
    assert isinstance(ring, BusyRing)
    assert ring._timer.isActive()
    panel.show_message(MessageKind.SUCCESS, "Done")
    assert not ring._timer.isActive()
    panel.show_message(MessageKind.BUSY, "Waiting")
    panel.hide()
    assert not ring._timer.isActive()


# --- the flow of buttons


def test_what_does_not_fit_goes_on_in_the_next_line(window: QWidget) -> None:
    box = QWidget(window)
    flow = FlowLayout(box, spacing=8)
    buttons = [QPushButton(f"A button with words {number}", box) for number in range(4)]
    for button in buttons:
        flow.addWidget(button)
    shown(window, box)
    wide, narrow = flow.sizeHint().width(), flow.minimumSize().width()
    line = flow.sizeHint().height()
    assert flow.heightForWidth(wide) == line
    assert flow.heightForWidth(wide - 1) == 2 * line + 8
    assert flow.heightForWidth(narrow) == 4 * line + 3 * 8
    box.setFixedWidth(narrow)
    turn(3)
    assert [button.x() for button in buttons] == [0, 0, 0, 0]
    box.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    box.setFixedWidth(wide)
    turn(3)
    assert buttons[0].geometry().right() == wide - 1
    assert buttons[0].x() > buttons[-1].x()
    buttons[1].hide()
    assert flow.sizeHint().width() < wide
    assert flow.itemAt(9) is None
    assert flow.takeAt(9) is None


def test_an_empty_flow_takes_no_room() -> None:
    flow = FlowLayout(spacing=8)
    assert flow.sizeHint() == QSize(0, 0)
    assert flow.heightForWidth(100) == 0


# --- texts and icons


def test_a_text_follows_font_and_colours(
    window: QWidget, text_scale: Callable[[float], None], qapp: QApplication
) -> None:
    label = TextLabel("Words", name="words", scale=1.5, muted=True, parent=window)
    shown(window, label)
    before = label.font().pointSizeF()
    text_scale(2.0)
    turn(3)
    assert label.font().pointSizeF() == pytest.approx(2 * before)
    own = qapp.palette()
    dark = QPalette(QColor("#202020"))
    try:
        qapp.setPalette(dark)
        turn(3)
        colour = label.palette().color(QPalette.ColorRole.WindowText)
        assert design.contrast(colour, window.palette().color(QPalette.ColorRole.Window)) >= 4.5
    finally:
        qapp.setPalette(own)
        turn(3)


def test_a_long_line_is_cut_with_its_whole_text_in_the_tooltip(window: QWidget) -> None:
    label = ElidedLabel("A line that is far longer than the room it has, on and on", name="line", parent=window)
    shown(window, label)
    window.resize(150, 100)
    turn(3)
    assert label.text().endswith("…")
    assert label.toolTip() == label.accessibleName()
    window.resize(900, 100)
    turn(3)
    assert not label.text().endswith("…")
    assert label.toolTip() == ""


@pytest.mark.parametrize("was_disabled", [False, True])
def test_an_icon_is_not_pale_because_its_button_was_disabled(window: QWidget, was_disabled: bool) -> None:
    button = IconButton("send", "Send", name="send", parent=window)
    button.setEnabled(not was_disabled)
    palette = QPalette(button.palette())
    palette.setColor(QPalette.ColorGroup.All, QPalette.ColorRole.WindowText, QColor("darkred"))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText, QColor("lightgray"))
    button.setPalette(palette)
    button.setEnabled(True)
    expected = icons.icon("send", QColor("darkred")).pixmap(24, 24).toImage()
    assert button.icon().pixmap(24, 24).toImage() == expected


def test_an_icon_button_has_a_name_and_a_tooltip(window: QWidget) -> None:
    button = IconButton("eye", "Show the key", name="show", parent=window)
    shown(window, button)
    assert button.accessibleName() == button.toolTip() == "Show the key"
    button.set_label("Hide the key")
    assert button.accessibleName() == button.toolTip() == "Hide the key"


# --- the user's appearance


def test_appearance_scales_the_platforms_own_font_once(qapp: QApplication) -> None:
    own = qapp.font()
    appearance = Appearance(qapp)
    try:
        appearance.apply(Settings(font_scale=1.5))
        appearance.apply(Settings(font_scale=1.5))
        assert qapp.font().pointSizeF() == pytest.approx(own.pointSizeF() * 1.5)
        appearance.apply(Settings(font_scale=1.0))
        assert qapp.font().pointSizeF() == pytest.approx(own.pointSizeF())
    finally:
        qapp.setFont(own)


def test_tab_reaches_a_messages_buttons_where_they_stand(window: QWidget, qtbot: QtBot) -> None:
    above, panel, below = QPushButton("above", window), MessagePanel(name="panel", parent=window), QPushButton(window)
    again, other = (MessageAction(name, name.title(), lambda: None) for name in ("again", "other"))
    panel.show_message(MessageKind.ERROR, "It failed", "", (again, other))
    shown(window, above, panel, below)
    above.setFocus()
    reached = []
    for _ in range(3):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        reached.append(window.focusWidget())
    assert reached == [panel.button("again"), panel.button("other"), below]
