"""Density: what stands closer together does so at once, comes back, and cuts nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from caal_desktop.storage.settings.choices import Density
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PaddedButton
from caal_desktop.widgets.keys.key_field import KeyField
from tests.support.picker_states import SIZES, STATES, pane, shown_in
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.parts import Parts

LEAST_TARGET = 24
"""Pixels; what WCAG 2.2 asks of a control's height (2.5.8, level AA)."""


def test_rows_of_the_picker_follow_at_once(qtbot: QtBot, parts: Parts, density: Callable[[Density], None]) -> None:
    shown = pane(parts)
    qtbot.addWidget(shown)
    shown.resize(*SIZES["wide"])
    shown.show()
    turn(3)

    def heights() -> tuple[int, int]:
        return shown.list.visualRect(shown.list.currentIndex()).height(), shown.search.height()

    row, field = heights()
    chosen = shown.list.currentIndex().row()
    density(Density.COMPACT)
    assert heights() == (row - design.GRID, field - design.GRID)
    assert shown.list.currentIndex().row() == chosen
    density(Density.COMFORTABLE)
    assert heights() == (row, field)


def test_fields_and_buttons_follow_at_once(qtbot: QtBot, qt_loop: object, density: Callable[[Density], None]) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    field, button = KeyField(name="field", parent=window), PaddedButton("Go on", name="button", parent=window)
    layout.addWidget(field)
    layout.addWidget(button)
    window.show()
    turn(3)
    edit = window.findChild(QLineEdit, "field.edit")
    before = edit.height(), button.height()
    density(Density.COMPACT)
    after = edit.height(), button.height()
    assert all(LEAST_TARGET <= now < then for now, then in zip(after, before, strict=True)), (before, after)
    density(Density.COMFORTABLE)
    assert (edit.height(), button.height()) == before


def test_a_window_that_opens_later_is_compact_too(
    qtbot: QtBot, parts: Parts, density: Callable[[Density], None]
) -> None:
    comfortable = pane(parts)
    qtbot.addWidget(comfortable)
    least = comfortable.search.minimumHeight()
    density(Density.COMPACT)
    later = pane(parts)
    qtbot.addWidget(later)
    assert later.search.minimumHeight() == comfortable.search.minimumHeight() == least - design.GRID


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_nothing_of_the_picker_is_cut_in_compact(
    qtbot: QtBot, parts: Parts, density: Callable[[Density], None], state: str, size: str
) -> None:
    density(Density.COMPACT)
    assert complaints(shown_in(state, size, parts, qtbot)) == []
