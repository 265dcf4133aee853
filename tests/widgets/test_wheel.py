"""The wheel over spin boxes and combo boxes, in every window that has any: it scrolls, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollArea, QScrollBar, QWidget

from caal_desktop.services.chat.chat_options import ChatOptions, takes
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.widgets.chat.options_dialog import OptionsDialog
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.settings.setting_texts import PAGES
from tests.support.picker_states import SIZES
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from tests.support.parts import Parts

pytestmark = pytest.mark.usefixtures("qt_loop")


def value_of(control: QWidget) -> object:
    """Return what a control shows, whatever its kind."""
    return control.property("currentIndex" if isinstance(control, QComboBox) else "value")


def changed_by_the_wheel(window: QWidget) -> dict[str, bool]:
    """Turn the wheel both ways over each visible control and return the names of those that it changed.

    The window system delivers the wheel here, so that a control may also take the focus by it.
    """
    found: dict[str, bool] = {}
    for control in window.findChildren(QWidget):
        if not isinstance(control, QAbstractSpinBox | QComboBox | QAbstractSlider) or isinstance(control, QScrollBar):
            continue
        if not control.isVisibleTo(window) or not control.isEnabled() or control.window() is not window:
            continue
        area: QWidget | None = control.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        control.clearFocus()
        before = value_of(control)
        for angle in (-120, -120, 120, 120, 120):
            if area is not None:
                area.ensureWidgetVisible(control)
            turn(2)
            place = QPointF(control.mapTo(window, control.rect().center()))
            assert window.childAt(place.toPoint()) in (control, *control.findChildren(QWidget)), control.objectName()
            QTest.wheelEvent(window.windowHandle(), place, QPoint(0, angle))
            turn(1)
            found[control.objectName()] = found.get(control.objectName(), False) or value_of(control) != before
        assert not control.hasFocus(), f"{control.objectName()} has taken the keyboard"
    return found


def shown(window: QWidget) -> None:
    window.show()
    window.activateWindow()
    assert turn(until=window.isActiveWindow)
    turn(3)


def numbers_and_choices() -> set[str]:
    """The settings that have a spin box or a combo box."""
    specs = (spec for group in PAGES for spec in SPECS.values() if spec.group is group)
    return {f"settings.{spec.key}" for spec in specs if spec.choices or spec.kind in (int, float)}


@pytest.mark.parametrize("width", [1000, 560])
def test_the_wheel_changes_no_setting(
    open_settings: Callable[[Parts], SettingsDialog], parts: Parts, width: int
) -> None:
    dialog = open_settings(parts)
    dialog.resize(width, 600)
    shown(dialog)
    found: dict[str, bool] = {}
    for group in PAGES:
        dialog.show_page(group)
        turn(3)
        found |= changed_by_the_wheel(dialog)
        assert dialog.shown_page == group, "nor does it turn the page"
    assert [name for name, changed in found.items() if changed] == []
    assert dialog.draft.changes == {}
    # What has no effect with the others as they stand is hidden, and not looked for.
    without_effect = {f"settings.{key}" for key in SPECS if not dialog.draft.has_effect(key)}
    assert numbers_and_choices() - without_effect <= set(found)
    assert ("settings.page_box" in found) is (width < 700)


def test_the_wheel_changes_nothing_of_a_conversations_options(parts: Parts, qtbot: QtBot) -> None:
    parts.open_catalogue()
    known = parts.catalogue.current.models
    model = next(model for model in known if model.reasoning is not None and takes(model, "temperature"))
    dialog = OptionsDialog(ChatOptions(), Settings(), model)
    qtbot.addWidget(dialog)
    shown(dialog)
    found = changed_by_the_wheel(dialog)
    assert found == {"options.temperature": False, "options.max_tokens": False, "options.reasoning": False}


def test_the_wheel_changes_neither_order_nor_price_of_the_list_of_models(parts: Parts, qtbot: QtBot) -> None:
    parts.open_catalogue()
    dialog = PickerDialog(parts.catalogue, parts.settings, "")
    qtbot.addWidget(dialog)
    dialog.resize(*SIZES["wide"])
    shown(dialog)
    found = changed_by_the_wheel(dialog)
    assert len(found) == 2, found
    assert not any(found.values()), found
