"""The window comes to the front when another start of the program asks for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from caal_desktop.services.process.single_instance import FirstInstanceSilent

if TYPE_CHECKING:
    from caal_desktop.app.application import Application

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support raise")


@pytest.mark.parametrize("token", ["", "panel_TIME7"])
def test_the_token_is_there_while_the_window_is_activated_and_not_after(
    application: Application, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """Qt takes it from the environment, from where a browser would get it that is started later."""
    seen: list[str] = []
    main = application.windows.main
    assert main is not None
    monkeypatch.setattr(main, "activateWindow", lambda: seen.append(os.environ.get("XDG_ACTIVATION_TOKEN", "")))
    main.showMinimized()
    assert application.windows.raise_window(token)
    assert seen == [token]
    assert "XDG_ACTIVATION_TOKEN" not in os.environ
    assert not main.isMinimized()


def test_there_is_no_window_any_more_when_the_program_ends(application: Application) -> None:
    main = application.windows.main
    assert main is not None
    assert application.windows.raise_window()
    application.windows.hide()
    assert not application.windows.raise_window()
    assert not main.isVisible()


def test_a_message_comes_to_the_front_where_there_is_no_window(application: Application) -> None:
    windows = application.windows
    main, windows.main = windows.main, None
    assert main is not None
    main.hide()
    assert not windows.raise_window()
    application._show_in_box(FirstInstanceSilent())
    assert windows.raise_window()
    (box,) = (box for box in windows._app.topLevelWidgets() if isinstance(box, QMessageBox) and box.isVisible())
    assert box.text() == "CAAL Desktop is already running, but does not answer."
    assert "end it in your system's list of running programs" in box.informativeText()
    box.close()
    windows.main = main


def test_who_comes_back_from_buying_credit_has_the_key_looked_at(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    monkeypatch.setattr(application.services.keys.credit, "look", lambda: looks.append(True))
    state_changed = application.windows._app.applicationStateChanged
    state_changed.emit(Qt.ApplicationState.ApplicationInactive)
    assert looks == []
    state_changed.emit(Qt.ApplicationState.ApplicationActive)
    assert looks == [True]
