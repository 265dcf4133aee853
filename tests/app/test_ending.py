"""An end in which something fails: it is an end all the same, and nobody is asked what to do about a window."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from caal_desktop import exit_status
from caal_desktop.app import application as application_module
from caal_desktop.app.application import Application
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness


@pytest.mark.parametrize(
    "part", ["windows.hide", "windows.close", "services.close", "services.settings.close", "windows.dispose"]
)
def test_a_part_that_fails_at_the_end_does_not_keep_the_rest_from_it(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    demo: DemoControl,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
    part: str,
) -> None:
    expected_logs("Not everything ended in order.*fault of the test")
    store = SettingsStore(tmp_path / "settings.json")
    application = Application(qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url})
    application.services.settings.update(setup_completed=True)
    *path, name = part.split(".")
    owner: object = application
    for step in path:
        owner = getattr(owner, step)
    ended = getattr(owner, name)

    def fail_at_once() -> None:
        ended()
        raise RuntimeError("fault of the test")

    async def fail() -> None:
        await ended()
        raise RuntimeError("fault of the test")

    closed: list[str] = []
    database_ended = application.services.chat_services.close

    async def close_database() -> None:
        closed.append("database")
        await database_ended()

    monkeypatch.setattr(application.services.chat_services, "close", close_database)
    monkeypatch.setattr(owner, name, fail if name == "close" else fail_at_once)
    application.quit()
    assert run_async(application.run()) == exit_status.NOT_IN_ORDER
    assert store.load().settings.setup_completed
    assert closed == ["database"]


def test_settings_that_cannot_be_written_in_time_do_not_hold_the_end(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    demo: DemoControl,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
) -> None:
    """As on a drive that is no longer there."""
    expected_logs(r"WARNING .*The settings were not written within 0\.01 seconds")
    monkeypatch.setattr(application_module, "SETTINGS_DEADLINE_S", 0.01)
    store = SettingsStore(tmp_path / "settings.json")
    application = Application(qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url})
    close = application.services.settings.close
    was_cancelled: list[bool] = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.append(True)
            await close()
            raise

    monkeypatch.setattr(application.services.settings, "close", hang)
    application.quit()
    assert run_async(application.run()) == 0
    assert was_cancelled == [True]
