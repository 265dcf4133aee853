"""The application with its main window, over the demo server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.app.application import Application
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness


@pytest.fixture
def application(qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path, demo: DemoControl) -> Iterator[Application]:
    store = SettingsStore(tmp_path / "settings.json")
    made = Application(qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url})
    made.services.settings.update(setup_completed=True)
    made.windows.open_first()
    turn(3)
    yield made
    if not made.services.settings._writer._closed:  # the test has ended it
        run_async(made._shut_down())
    turn(3)
