"""The settings dialog over the tests' services: a pytest plugin (tests/conftest.py loads it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shiboken6 import isValid

from caal_desktop.widgets.settings.dialog import SettingsDialog
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from tests.support.parts import Parts


@pytest.fixture
def open_settings(qtbot: QtBot) -> Iterator[Callable[[Parts], SettingsDialog]]:
    """Return a function that opens the settings dialog over services; it is closed after the test, unsaved."""
    made: list[SettingsDialog] = []

    def make(parts: Parts) -> SettingsDialog:
        dialog = SettingsDialog(parts.settings, parts.keys, parts.catalogue, parts.transfer, parts.bundles)
        qtbot.addWidget(dialog)
        dialog.open()
        made.append(dialog)
        return dialog

    yield make
    for dialog in made:
        if isValid(dialog):
            dialog._leave()
    turn(3)
