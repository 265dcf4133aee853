"""Settings in memory, and when they reach the disk."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.storage.errors import FolderUnusable
from caal_desktop.storage.settings.choices import Theme
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caal_desktop.storage.errors import StorageError

pytestmark = pytest.mark.usefixtures("qt_loop")


class CountingStore(SettingsStore):
    """The real store, which tells how often it wrote, and can be made to take its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.saved: list[Settings] = []
        self.may_write = threading.Event()
        self.may_write.set()
        self.begun = 0

    def save(self, settings: Settings) -> None:
        self.begun += 1
        assert self.may_write.wait(10)
        super().save(settings)
        self.saved.append(settings)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    return CountingStore(tmp_path / "config" / "settings.json")


def service_over(store: SettingsStore) -> SettingsService:
    return SettingsService(store, store.load())


def test_changes_that_follow_each_other_are_written_together(store: CountingStore) -> None:
    settings = service_over(store)
    seen: list[float] = []
    settings.changed.connect(lambda new: seen.append(new.temperature))
    for tenth in range(1, 11):
        settings.update(temperature=tenth / 10)
    assert settings.current.temperature == 1.0
    assert len(seen) == 10, "each is emitted at once"
    assert turn(until=lambda: store.saved)
    assert [saved.temperature for saved in store.saved] == [1.0]
    run_async(settings.close())
    assert len(store.saved) == 1, "there was nothing left to write"


def test_closing_writes_at_once(store: CountingStore) -> None:
    settings = service_over(store)
    settings.update(theme=Theme.DARK)
    run_async(settings.close())
    assert store.load().settings.theme is Theme.DARK


def test_nothing_changed_writes_nothing(store: CountingStore) -> None:
    settings = service_over(store)
    settings.update(temperature=settings.current.temperature)
    run_async(settings.close())
    assert store.begun == 0


def test_what_is_out_of_bounds_changes_nothing(store: CountingStore) -> None:
    settings = service_over(store)
    with pytest.raises(ValueError):
        settings.update(temperature=99.0)
    assert settings.current == Settings()
    run_async(settings.close())
    assert store.begun == 0


def writing() -> list[threading.Thread]:
    """Return the threads that write settings."""
    return [thread for thread in threading.enumerate() if thread.name == "settings"]


def test_an_older_write_does_not_overtake_a_newer_one(store: CountingStore) -> None:
    """A slow disk is still busy with the older settings when the program ends."""
    settings = service_over(store)
    store.may_write.clear()
    settings.update(temperature=0.1)
    assert turn(until=lambda: store.begun == 1)
    settings.update(temperature=0.2)

    async def close() -> None:
        closing = asyncio.create_task(settings.close())
        try:
            for _ in range(10):
                await asyncio.sleep(0)
            assert len(writing()) == 1, "the newer settings wait for the older ones"
            assert not closing.done()
        finally:
            store.may_write.set()
            await closing

    run_async(close())
    assert [saved.temperature for saved in store.saved] == [0.1, 0.2]
    assert store.load().settings.temperature == 0.2


def test_a_failed_save_is_told_and_tried_again_at_the_end(
    store: CountingStore, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("WARNING .*settings_service: The settings could not be saved")
    settings = service_over(SettingsStore(store.path))
    (tmp_path / "config").write_text("a file is in the way of the folder")
    told: list[StorageError] = []
    settings.saveFailed.connect(told.append)
    settings.update(temperature=0.3)
    assert turn(until=lambda: told)
    assert isinstance(told[0], FolderUnusable)
    (tmp_path / "config").unlink()
    run_async(settings.close())
    assert store.load().settings.temperature == 0.3


def test_the_same_failure_is_told_once_until_a_change_was_saved_again(
    store: CountingStore, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("WARNING .*settings_service: The settings could not be saved")
    settings = service_over(store)
    told: list[StorageError] = []
    settings.saveFailed.connect(told.append)

    def change(number: int) -> None:
        settings.update(temperature=number / 10)
        assert turn(until=lambda: store.begun == number)
        assert turn(until=lambda: not writing())
        turn(3)

    obstacle = tmp_path / "config"
    obstacle.write_text("a file is in the way of the folder")
    for number in range(1, 5):
        change(number)
    assert turn(until=lambda: told)
    obstacle.unlink()
    change(5)
    assert turn(until=lambda: store.saved)
    assert len(told) == 1, "a write begins when the one before has ended, and has been told"
    (obstacle / "settings.json").unlink()
    obstacle.rmdir()
    obstacle.write_text("a file is in the way of the folder again")
    change(6)
    assert turn(until=lambda: len(told) == 2)
    obstacle.unlink()
    run_async(settings.close())


def test_a_failed_save_does_not_keep_the_program_from_ending(
    store: CountingStore, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("WARNING .*settings_service: The settings could not be saved")
    settings = service_over(SettingsStore(store.path))
    (tmp_path / "config").write_text("a file is in the way of the folder")
    settings.update(temperature=0.3)
    run_async(settings.close())


def test_a_late_change_is_harmless(store: CountingStore) -> None:
    settings = service_over(store)
    run_async(settings.close())
    settings.update(temperature=0.4)
    assert settings.current.temperature == 0.4
    assert store.begun == 0


def test_while_something_is_done_elsewhere_the_file_says_so(store: CountingStore) -> None:
    settings = service_over(store)

    possible = [7]
    settings.override_in_file(lambda current: current.replace(max_tokens=possible[0]) if possible else current)

    async def work() -> None:
        await settings.write_file()
        assert store.load().settings.max_tokens == 7
        settings.update(temperature=0.1)
        await settings._writer._write()
        possible.clear()
        await settings.write_file()

    settings.update(max_tokens=100)
    run_async(work())
    assert settings.current.max_tokens == 100
    assert [(saved.max_tokens, saved.temperature == 0.1) for saved in store.saved] == [
        (7, False),
        (7, True),
        (100, True),
    ]
    run_async(settings.close())
    assert len(store.saved) == 3, "there was nothing left to write"
