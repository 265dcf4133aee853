"""The walks of docs/architecture.md, walked: the files that it names are entered, in that order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox

from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.storage.settings.schema import Theme
from caal_desktop.widgets.main.main_window import MainWindow
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.settings.dialog import SettingsDialog
from caal_desktop.widgets.wizard.window import WizardWindow
from tests.support.commands import recording
from tests.support.entered_files import PACKAGE, entered_files
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts
    from tests.support.qt_loop import LoopHarness

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "architecture.md"


def walk_of(title: str) -> list[str]:
    """Return the files of one walk, in the document's order."""
    section = re.search(rf"^### {title}\n(.*?)(?=^##|\Z)", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert section, title
    return re.findall(r"^\d+\. `([\w/]+\.py)`", section[1], re.MULTILINE)


def assert_walked(title: str, entered: list[str]) -> None:
    """Hold a walk against what was entered."""
    named = walk_of(title)
    assert len(named) > 5
    missing = [name for name in named if name not in entered]
    assert missing == [], f"never entered; entered were {entered}"
    assert sorted(named, key=entered.index) == named, f"entered in another order: {entered}"


def in_file(parts: Parts) -> dict[str, object]:
    """Return what the settings' file says, without the program's own reader."""
    try:
        found: dict[str, object] = json.loads(parts.store.path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found


def test_a_pasted_key(
    parts: Parts, qtbot: QtBot, qt_loop: LoopHarness, demo: DemoControl, keyring_session: DesktopSession
) -> None:
    window = WizardWindow(parts.setup, parts.keys, parts.catalogue, lambda: ChatService(parts.pool), parts.settings)
    qtbot.addWidget(window)
    window.begin(SetupStep.KEY)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    QApplication.clipboard().setText(demo.key)
    # The wizard has looked for the list of models meanwhile, which needs no key, and remembered its step.
    parts.until(lambda: not qt_loop.tasks(), "rest")
    with entered_files() as walk:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        parts.until(lambda: parts.setup.flow.can_continue, "the proof")
        parts.setup.advance()
        parts.until(lambda: parts.setup.state.step is SetupStep.MODEL, "the key in the keyring")
        parts.until(lambda: in_file(parts).get("providers"), "the settings know")
    assert_walked("A pasted key", walk.order)


def test_a_chat_message(parts: Parts, qtbot: QtBot, qt_loop: LoopHarness, demo: DemoControl, tmp_path: Path) -> None:
    parts.use_key(demo.key)
    parts.settings.set(parts.settings.current.with_model("openai/gpt-5.4-nano").replace(setup_completed=True))
    parts.keys.begin()
    window = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording([]))
    history = HistoryService(parts.chat, tmp_path / "conversations.db")
    qtbot.addWidget(window)
    window.show()
    window.show_history(history)
    edit = window.page.composer.edit
    parts.until(edit.isEnabled, "the composer")
    qtbot.keyClicks(edit, "Hello")
    run_async(parts.pool.warm_up())
    parts.until(lambda: not qt_loop.tasks(), "rest")
    with entered_files() as walk:
        qtbot.keyClick(edit, Qt.Key.Key_Return)
        parts.until(lambda: parts.chat.messages and not parts.chat.is_busy, "the answer")
        parts.until(lambda: not window.page.transcript.view.renderer.is_rendering, "all of it on the screen")
        run_async(history.close())
    assert_walked("A chat message", walk.order)
    run_async(window.control.files.close())


def test_a_setting(parts: Parts, qtbot: QtBot) -> None:
    dialog = SettingsDialog(parts.settings, parts.keys, parts.catalogue, parts.transfer, parts.bundles)
    qtbot.addWidget(dialog)
    dialog.open()
    box = dialog.findChild(QComboBox, "settings.theme")
    assert box is not None
    with entered_files() as walk:
        box.setCurrentIndex(list(Theme).index(Theme.DARK))
        dialog.accept()
        parts.until(lambda: in_file(parts).get("theme") == "dark", "the file")
    assert_walked("A setting", walk.order)


def test_a_model_row(make_parts: Callable[..., Parts], qtbot: QtBot) -> None:
    parts = make_parts()
    dialog = PickerDialog(parts.catalogue, parts.settings, "")
    qtbot.addWidget(dialog)
    dialog.resize(1000, 700)
    # Unseen, so that nothing is painted but the rows in the end.
    run_async(parts.pool.warm_up())
    with entered_files() as walk:
        parts.catalogue.open(Connection("openrouter"))
        # That the list is on its way has been drawn; the row's own walk begins here.
        walk.restart()
        parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
        turn(10)
        dialog.grab()
    assert_walked("A model row", walk.order)


def test_every_file_that_the_document_names_exists() -> None:
    named = re.findall(r"`((?:[\w]+/)*[\w]+(?:\.py|/))`", DOCUMENT.read_text("utf-8"))
    assert len(named) > 40
    missing = [name for name in named if not (PACKAGE / name).exists() and not (PACKAGE.parent / name).exists()]
    assert missing == []
