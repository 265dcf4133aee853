"""What the user is told at the start: everything in one box, and nothing twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from caal_desktop.app.application import Application
from caal_desktop.program import _notice_of
from caal_desktop.services.process.single_instance import Claim, FirstInstanceSilent, InstanceUnguarded
from caal_desktop.storage.errors import FolderIsFile, SecretInSettings, WriteFailed
from caal_desktop.storage.kept_parts import KeptPart, NotKept
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness

NOT_KEPT = NotKept(dict.fromkeys(KeptPart, FolderIsFile(folder="/somewhere")))


@pytest.fixture
def begin(
    qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path, demo: DemoControl
) -> Iterator[Callable[[NotKept | None], Application]]:
    """Begin the program, in a profile of which not everything can be used."""
    begun: list[Application] = []

    def start(not_kept: NotKept | None) -> Application:
        store = SettingsStore(tmp_path / "config" / "settings.json")
        made = Application(
            qapp, AppPaths.below(tmp_path), store, stand_ins={"openrouter": demo.base_url}, not_kept=not_kept
        )
        begun.append(made)
        made.windows.open_first()
        assert turn(until=lambda: made.first_paint.has_happened)
        turn(3)
        return made

    yield start
    for box in boxes():
        box.close()
    for made in begun:
        run_async(made._shut_down())
    turn(3)


def boxes() -> list[QMessageBox]:
    return [window for window in QApplication.topLevelWidgets() if isinstance(window, QMessageBox)]


def told() -> list[str]:
    return [f"{box.text()} {box.informativeText()}" for box in boxes() if box.isVisible()]


def test_a_start_at_which_nothing_is_wrong_tells_nothing(begin: Callable[[NotKept | None], Application]) -> None:
    begin(None)
    assert told() == []


def test_all_that_is_wrong_stands_in_one_box(
    begin: Callable[[NotKept | None], Application], tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("The settings file was damaged")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text("{")
    begin(NOT_KEPT)
    (text,) = told()
    assert "Your settings could not be read" in text
    assert "settings.damaged-" in text
    assert "CAAL Desktop cannot save this" in text
    assert "/somewhere" in text


def test_what_was_told_at_the_start_is_not_told_again_with_each_change(
    begin: Callable[[NotKept | None], Application],
) -> None:
    application = begin(NOT_KEPT)
    boxes()[0].close()
    turn(3)
    application.services.settings.saveFailed.emit(WriteFailed(file="settings.json", reason="Read-only file system"))
    assert told() == []
    application.services.settings.saveFailed.emit(SecretInSettings(setting="system_prompt"))
    assert len(told()) == 1, "that has another reason"


def test_a_save_that_fails_is_told_where_nothing_was_known_of_it(
    begin: Callable[[NotKept | None], Application],
) -> None:
    application = begin(NotKept({KeptPart.LOG: FolderIsFile(folder="/somewhere")}))
    boxes()[0].close()
    turn(3)
    application.services.settings.saveFailed.emit(WriteFailed(file="settings.json", reason="Read-only file system"))
    assert len(told()) == 1


def test_a_start_that_cannot_see_others_is_told_unless_nothing_is_kept_anyway() -> None:
    """Two windows that keep nothing do not disturb each other, and there is one advice already."""
    cause = FolderIsFile(folder="/somewhere")
    log_only = NotKept({KeptPart.LOG: cause})
    assert isinstance(_notice_of(Claim.UNGUARDED, None), InstanceUnguarded)
    assert isinstance(_notice_of(Claim.UNGUARDED, log_only), InstanceUnguarded)
    assert isinstance(_notice_of(Claim.UNGUARDED, NotKept({KeptPart.SETTINGS: cause})), InstanceUnguarded)
    assert _notice_of(Claim.UNGUARDED, NOT_KEPT) is None
    assert isinstance(_notice_of(Claim.UNANSWERED, NOT_KEPT), FirstInstanceSilent)
    assert _notice_of(Claim.OURS, None) is None
