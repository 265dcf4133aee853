"""A start that fails: the user is asked, and what is chosen happens in the same process."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox, QPushButton, QWidget

from caal_desktop import exit_status
from caal_desktop.app.application import Application
from caal_desktop.app.program_run import ProgramRun
from caal_desktop.app.start_failure import details_of
from caal_desktop.llm.redaction import register_secret
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.choices import Theme
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.storage.settings.store import SettingsNoticeKind, SettingsStore
from caal_desktop.widgets.common.appearance import Appearance
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PySide6.QtCore import QObject

    from caal_desktop.storage.settings.store import LoadedSettings
    from tests.support.qt_loop import LoopHarness

SECRET = "sk-or-" + "v1-" + "0123456789abcdef" * 4
DIALOG = "caal_desktop.widgets.main.start_failure_dialog"


class Stub:
    """In place of an application: works, or fails, as a test wants it to."""

    def __init__(self, fails: bool) -> None:
        self._fails = fails
        self._end = asyncio.Event()

    async def run(self) -> int:
        if self._fails:
            raise RuntimeError(f"no window {SECRET}")
        await self._end.wait()
        return 0

    def quit(self) -> None:
        self._end.set()


class Start:
    """A run over a settings' file, with applications that fail as often as a test says."""

    def __init__(self, qapp: QApplication, path: Path, failures: int) -> None:
        self.store = SettingsStore(path)
        self.given: list[LoadedSettings | None] = []
        self._failures = failures
        self.run = ProgramRun(qapp, self.store, self._make, path.with_name("caal.log"))
        self.task = asyncio.get_running_loop().create_task(self.run.run())

    def _make(self, loaded: LoadedSettings | None) -> Application:
        self.given.append(loaded)
        if loaded is not None:
            self.store.save(Settings().replace(theme="light"))  # as an application does that was used
        return cast("Application", Stub(len(self.given) <= self._failures))

    def question(self, name: str = "failure") -> QDialog:
        """Wait until the user is asked."""
        assert turn(until=lambda: find(name) is not None)
        found = find(name)
        assert found is not None
        return found

    def answer(self, button: str) -> None:
        """Press a button of the question, and wait until it is gone."""
        dialog = self.question()
        pressed = dialog.findChild(QPushButton, f"failure.{button}")
        assert isinstance(pressed, QPushButton)
        pressed.click()
        assert turn(until=lambda: find("failure") is not dialog)

    def end(self) -> int:
        """End the program, and give its exit status."""
        self.run.end()
        assert turn(until=self.task.done)
        return self.task.result()


def find(name: str) -> QDialog | None:
    windows = [window for window in QApplication.topLevelWidgets() if window.objectName() == name]
    return next((w for w in windows if isinstance(w, QDialog) and w.isVisible()), None)


@pytest.fixture
def start(qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path) -> Iterator[Callable[[int], Start]]:
    """Begin a run of which so many applications fail, over settings that are not the defaults."""
    begun: list[Start] = []

    def begin(failures: int) -> Start:
        SettingsStore(tmp_path / "settings.json").save(Settings().replace(theme="dark"))
        begun.append(Start(qapp, tmp_path / "settings.json", failures))
        return begun[-1]

    yield begin
    for made in begun:
        made.end()
        made.run.deleteLater()
    turn(3)


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_a_start_that_succeeds_asks_nothing(start: Callable[[int], Start], tmp_path: Path) -> None:
    run = start(0)
    turn(5)
    assert find("failure") is None
    assert run.end() == 0
    assert run.given == [None]
    assert names(tmp_path) == ["settings.json"]


def test_a_request_to_end_may_come_before_anything_is_made(
    start: Callable[[int], Start], expected_logs: Callable[..., None]
) -> None:
    assert start(0).end() == 0
    expected_logs("cannot show its window")
    assert start(1).end() == exit_status.NO_WINDOW
    assert find("failure") is None, "nobody is asked who wants it to end"


def test_quitting_leaves_everything_as_it_is(
    start: Callable[[int], Start], tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window .*no window")
    run = start(1)
    run.answer("leave")
    assert turn(until=run.task.done)
    assert run.task.result() == exit_status.NO_WINDOW
    assert names(tmp_path) == ["settings.json"]
    assert run.store.load().settings.theme is Theme.DARK


def test_fresh_settings_start_in_the_same_process_and_the_former_ones_are_named(
    start: Callable[[int], Start], tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window", "started with fresh settings")
    run = start(1)
    dialog = run.question()
    said = dialog.accessibleDescription()
    run.answer("fresh")
    assert turn(until=lambda: len(run.given) == 2)
    fresh = run.given[1]
    assert fresh is not None
    assert fresh.settings == Settings()
    assert fresh.notice is not None
    assert fresh.notice.kind is SettingsNoticeKind.FRESH
    assert fresh.notice.kept is not None
    assert str(fresh.notice.kept) in said, "the file is called what was announced"
    assert names(tmp_path) == [fresh.notice.kept.name, "settings.json"]
    assert run.end() == 0


def test_where_fresh_settings_do_not_help_the_user_s_own_are_back(
    start: Callable[[int], Start], tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window", "started with fresh settings")
    run = start(2)
    run.answer("fresh")
    assert turn(until=lambda: len(run.given) == 2)
    dialog = run.question()
    assert "It was the same with fresh settings" in dialog.accessibleDescription()
    assert dialog.findChild(QPushButton, "failure.fresh") is None
    assert SettingsStore(tmp_path / "settings.json").load().settings.theme is Theme.DARK
    (tried,) = (name for name in names(tmp_path) if name != "settings.json")
    assert SettingsStore(tmp_path / tried).load().settings.theme is Theme.LIGHT, "nothing is lost"
    assert run.end() == exit_status.NO_WINDOW


def test_without_settings_fresh_ones_are_not_offered(
    qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window")
    run = Start(qapp, tmp_path / "settings.json", 1)
    assert run.question().findChild(QPushButton, "failure.fresh") is None
    assert run.end() == exit_status.NO_WINDOW


def test_a_request_to_end_closes_the_question(
    start: Callable[[int], Start], expected_logs: Callable[..., None]
) -> None:
    """A session that closes, or SIGTERM."""
    expected_logs("cannot show its window")
    run = start(1)
    run.question()
    assert run.end() == exit_status.NO_WINDOW
    assert find("failure") is None


@pytest.mark.qt_log_ignore("This plugin does not support raise")  # the offscreen platform has no stack of windows
def test_another_start_brings_the_question_to_the_front(
    start: Callable[[int], Start], expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window")
    run = start(1)
    dialog = run.question()
    dialog.showMinimized()
    assert run.run.raise_window()
    assert not dialog.isMinimized()


def test_where_the_dialog_cannot_be_built_a_plain_box_is_shown(
    start: Callable[[int], Start], monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window", "could not be told", "started with fresh settings")
    monkeypatch.setitem(sys.modules, DIALOG, None)
    run = start(1)
    box = run.question("failure.plain")
    assert isinstance(box, QMessageBox)
    assert box.text() == "CAAL Desktop cannot show its window"
    assert "RuntimeError: no window [hidden]" in box.detailedText()
    fresh = next(button for button in box.buttons() if button.text() == "Start with fresh settings")
    fresh.click()
    assert turn(until=lambda: len(run.given) == 2)
    assert run.end() == 0


@pytest.mark.parametrize("way", ["Leave", "Return", "Escape"])
def test_leaving_the_plain_box_leaves_everything_as_it_is(
    start: Callable[[int], Start],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
    way: str,
) -> None:
    """Nobody has to read it before a key is pressed: whatever it is, the settings stay."""
    expected_logs("cannot show its window", "could not be told")
    monkeypatch.setitem(sys.modules, DIALOG, None)
    run = start(1)
    box = run.question("failure.plain")
    assert isinstance(box, QMessageBox)
    assert len([button for button in box.buttons() if button.text() == "Start with fresh settings"]) == 1
    if way == "Leave":
        escape = box.escapeButton()
        assert escape is not None
        escape.click()
    else:
        QTest.keyClick(box, getattr(Qt.Key, f"Key_{way}"))
    assert turn(until=run.task.done)
    assert run.task.result() == exit_status.NO_WINDOW
    assert names(tmp_path) == ["settings.json"]


def test_the_plain_box_offers_no_fresh_settings_in_place_of_none(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
) -> None:
    expected_logs("cannot show its window", "could not be told")
    monkeypatch.setitem(sys.modules, DIALOG, None)
    run = Start(qapp, tmp_path / "settings.json", 1)
    box = run.question("failure.plain")
    assert isinstance(box, QMessageBox)
    assert "Start with fresh settings" not in [button.text() for button in box.buttons()]
    assert run.end() == exit_status.NO_WINDOW


def test_where_nothing_can_be_shown_the_program_ends(
    start: Callable[[int], Start], monkeypatch: pytest.MonkeyPatch, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot show its window", "could not be told")

    def broken(*_args: object) -> None:
        raise RuntimeError("no box either")

    monkeypatch.setitem(sys.modules, DIALOG, None)
    monkeypatch.setattr("caal_desktop.app.start_failure.MessageBox", broken)
    run = start(1)
    assert turn(until=run.task.done)
    assert run.task.result() == exit_status.NO_WINDOW


def test_the_details_hold_no_secret_and_have_an_end(no_live_secrets: None) -> None:
    register_secret("an-own-server's-key")
    details = details_of(ValueError(f"{SECRET} an-own-server's-key " + "x" * 100_000 + f" {SECRET} the end"))
    assert SECRET not in details
    assert "an-own-server's-key" not in details
    assert details.rstrip().endswith("[hidden] the end")
    assert len(details) < 25_000
    assert "CAAL Desktop" in details


class Half(QWidget):
    """A window that fails in the middle, when it has connected itself already: it is held by itself."""

    made: ClassVar[weakref.WeakSet[Half]] = weakref.WeakSet()

    def __init__(self, *_args: Any, **_more: Any) -> None:
        super().__init__()
        self.made.add(self)
        self.itself = self
        raise RuntimeError("no such window")


def test_half_a_window_does_not_outlive_the_question(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
) -> None:
    """And what the first application has put on the screen's look is taken back."""
    expected_logs("cannot show its window .*no such window", "started with fresh settings")
    monkeypatch.setattr("caal_desktop.widgets.main.main_window.MainWindow", Half)
    store = SettingsStore(tmp_path / "config" / "settings.json")
    store.save(Settings().replace(setup_completed=True, font_scale=2.0))
    size, appearance = qapp.font().pointSizeF(), Appearance(qapp)
    made: list[Application] = []

    def make(loaded: LoadedSettings | None) -> Application:
        made.append(Application(qapp, AppPaths.below(tmp_path), store, appearance=appearance, loaded=loaded))
        return made[-1]

    run = ProgramRun(qapp, store, make, None)
    task = asyncio.get_running_loop().create_task(run.run())
    gc.disable()
    try:
        assert turn(until=lambda: find("failure") is not None)
        assert list(Half.made) == [], "nobody has to wait for Python to look for what holds itself"
    finally:
        gc.enable()
    dialog = find("failure")
    assert dialog is not None
    assert qapp.font().pointSizeF() == size * 2
    fresh = dialog.findChild(QPushButton, "failure.fresh")
    assert isinstance(fresh, QPushButton)
    fresh.click()
    assert turn(until=lambda: find("message") is not None), "the wizard, with a message before it"
    assert qapp.font().pointSizeF() == size
    assert made[1].windows.wizard is not None
    run.end()
    assert turn(until=task.done)
    assert task.result() == 0
    run.deleteLater()
    for application in made:
        application.deleteLater()
    turn(3)


@pytest.mark.parametrize("part", ["keys.begin", "open_catalogue"])
def test_a_part_that_cannot_be_begun_is_told_and_the_rest_is_begun(
    qapp: QApplication,
    qt_loop: LoopHarness,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Callable[..., None],
    part: str,
) -> None:
    expected_logs("A part of the program could not be begun .*no such part")
    store = SettingsStore(tmp_path / "config" / "settings.json")
    store.save(Settings().replace(setup_completed=True))
    application = Application(qapp, AppPaths.below(tmp_path), store)
    begun: list[str] = []
    owners: dict[str, QObject] = {"keys.begin": application.services.keys, "open_catalogue": application.services}
    for name, owner in owners.items():

        def begin(name: str = name) -> None:
            begun.append(name)
            if name == part:
                raise RuntimeError("no such part")

        monkeypatch.setattr(owner, name.rpartition(".")[2], begin)
    application.windows.open_first()
    assert turn(until=lambda: find("failure") is not None)
    assert begun == list(owners)
    assert application.services.chat_services.has_history
    dialog = find("failure")
    assert dialog is not None
    assert dialog.parentWidget() is application.windows.main
    assert "no such part" in dialog.findChild(QWidget, "failure.details").toPlainText()  # type: ignore[union-attr, attr-defined]
    leave = dialog.findChild(QPushButton, "failure.leave")
    assert isinstance(leave, QPushButton)
    leave.click()
    run_async(application._shut_down())
    turn(3)


def test_a_task_that_fails_is_told_once_and_the_program_goes_on(
    qapp: QApplication, qt_loop: LoopHarness, tmp_path: Path, expected_logs: Callable[..., None]
) -> None:
    """What no service has reckoned with, such as a Python without one of its own modules."""
    expected_logs("The task tests.work failed .*no such module")
    application = Application(qapp, AppPaths.below(tmp_path), SettingsStore(tmp_path / "config" / "settings.json"))
    application.windows.open_first()
    scope = TaskScope("tests")

    async def fail() -> None:
        raise ModuleNotFoundError("no such module")

    for _ in range(3):
        run_async(_ended(scope.start(fail(), name="work")))
    dialog = find("failure")
    assert dialog is not None
    assert dialog.accessibleName() == "A part of CAAL Desktop has failed"
    leave = dialog.findChild(QPushButton, "failure.leave")
    assert isinstance(leave, QPushButton)
    leave.click()
    turn(3)
    run_async(_ended(scope.start(fail(), name="work")))
    assert find("failure") is None, "it has been read"
    run_async(application._shut_down())
    assert TaskScope.on_failure is None
    run_async(scope.close())
    turn(3)


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait([task])
