"""An end in which something fails: it is an end all the same, and nobody is asked what to do about a window."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop import exit_status
from caal_desktop.app import application as application_module
from caal_desktop.app.application import Application
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
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


class Parts:
    """An application all of whose parts have been made, and in what order their ends begin."""

    def __init__(self, application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
        services = application.services
        chats = services.chat_services
        self.begun: list[str] = []
        self._monkeypatch = monkeypatch
        self._owners: dict[str, Any] = {
            "windows": application.windows,
            "sign-in": services.sign_in,
            "keys": services.keys,
            "chat": chats.chat,
            "rescue": chats.rescue,
            "drafts": chats.drafts,
            "history": chats.history,
            "spending": chats.spending,
            "catalogue": services.catalogue,
            "transfer": services.transfer,
            "bundles": services.bundles,
            "pool": services.pool,
        }
        for name, owner in self._owners.items():
            self._follow(name, owner.close)

    @property
    def names(self) -> set[str]:
        return set(self._owners)

    def _follow(self, name: str, close: Callable[[], Awaitable[None]]) -> None:
        async def noted() -> None:
            self.begun.append(name)
            await close()

        self._monkeypatch.setattr(self._owners[name], "close", noted)

    def fail(self, name: str) -> None:
        close = self._owners[name].close

        async def fail() -> None:
            await close()
            raise RuntimeError("fault of the test")

        self._monkeypatch.setattr(self._owners[name], "close", fail)

    def hang_until(self, name: str, others: set[str]) -> None:
        """Have a part wait for the end of others, which never begins where these wait for it."""
        close = self._owners[name].close

        async def hang() -> None:
            while not others <= set(self.begun):
                await asyncio.sleep(0)
            await close()

        self._monkeypatch.setattr(self._owners[name], "close", hang)


NAMES = [
    "windows",
    "sign-in",
    "keys",
    "chat",
    "rescue",
    "drafts",
    "history",
    "spending",
    "catalogue",
    "transfer",
    "bundles",
    "pool",
]
# What sends requests has to be closed before what it uses, and what changes what is kept before that is kept.
_KEEPING = {"drafts", "history", "spending"}
BEHIND = {"sign-in": {"keys"}, "chat": _KEEPING, "rescue": _KEEPING}


@pytest.fixture
def application(qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path, demo: DemoControl) -> Application:
    store = SettingsStore(tmp_path / "settings.json")
    return Application(qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url})


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_fails_at_the_end_keeps_no_other_from_it(
    application: Application, monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None], name: str
) -> None:
    expected_logs("Not everything ended in order.*fault of the test")
    parts = Parts(application, monkeypatch)
    assert parts.names == set(NAMES)
    parts.fail(name)
    application.quit()
    assert run_async(application.run()) == exit_status.NOT_IN_ORDER
    assert sorted(parts.begun) == sorted(parts.names)
    assert parts.begun[-1] == "pool", "what all of them send requests with"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "pool"])
def test_a_service_that_hangs_at_the_end_keeps_no_other_from_it(
    application: Application, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(application_module, "QUIT_DEADLINE_S", 15.0)
    parts = Parts(application, monkeypatch)
    parts.hang_until(name, parts.names - {name, "pool"} - BEHIND.get(name, set()))
    application.quit()
    assert run_async(application.run()) == 0
    assert sorted(parts.begun) == sorted(parts.names)


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


def test_what_hangs_at_the_end_does_not_hold_it(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    demo: DemoControl,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
) -> None:
    """And no setting is lost for that."""
    expected_logs(r"WARNING .*Not everything ended within 0\.01 seconds")
    monkeypatch.setattr(application_module, "QUIT_DEADLINE_S", 0.01)
    store = SettingsStore(tmp_path / "settings.json")
    application = Application(qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url})
    application.services.settings.update(setup_completed=True)
    windows, services = application.windows.close, application.services.close

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # What the test has to have back.
            await windows()
            await services()
            raise

    monkeypatch.setattr(application.windows, "close", hang)
    application.quit()
    run_async(application.run())
    assert store.load().settings.setup_completed
