"""What the application does for its windows: the settings open at the right page, the wizard at the right step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.commands import CommandId
from caal_desktop.storage.settings.choices import SetupStep
from tests.support.commands import APPLICATION
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from caal_desktop.app.application import Application


def test_it_binds_what_the_tests_of_windows_expect_of_it(application: Application) -> None:
    assert {command for command in CommandId if application.windows.commands.offers(command)} >= set(APPLICATION)


@pytest.mark.parametrize(
    ("command", "page"),
    [
        (CommandId.NETWORK_SETTINGS, "network"),
        (CommandId.PRIVACY_SETTINGS, "privacy"),
        (CommandId.PROVIDER_SETTINGS, "provider"),
        (CommandId.KEY, "provider"),
    ],
)
def test_a_command_opens_its_page_of_the_settings(application: Application, command: CommandId, page: str) -> None:
    assert application.windows.main is not None
    application.windows.main.commands.run(command)
    turn(3)
    dialog = application.windows._settings_dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.shown_page == page
    dialog.reject()
    application.windows.main.commands.run(CommandId.SETTINGS)
    assert application.windows._settings_dialog is not None
    assert application.windows._settings_dialog.shown_page == page, "the page that was shown last"
    application.windows._settings_dialog.reject()


@pytest.mark.parametrize(
    ("command", "step"), [(CommandId.CHECK_KEY, SetupStep.KEY), (CommandId.SETUP, SetupStep.WELCOME)]
)
def test_a_command_opens_the_wizard_at_its_step(application: Application, command: CommandId, step: SetupStep) -> None:
    assert application.windows.main is not None
    application.windows.main.commands.run(command)
    turn(3)
    assert application.windows.setup is not None
    assert application.windows.setup.state.step is step
    assert application.windows.wizard is not None
    assert application.windows.wizard.isVisible()
    application.windows.wizard.close()
    turn(3)


def test_the_wizard_opens_the_settings_above_itself(application: Application) -> None:
    """A proxy may have to be named before any key can be checked."""
    application.windows.open_wizard(SetupStep.KEY)
    wizard = application.windows.wizard
    assert wizard is not None
    wizard.key.commands.run(CommandId.NETWORK_SETTINGS)
    turn(3)
    dialog = application.windows._settings_dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert dialog.parent() is wizard
    assert dialog.shown_page == "network"
    dialog.reject()
    turn(3)
    assert wizard.isVisible()
    wizard.close()
    turn(3)


def test_quit_ends_the_program(application: Application) -> None:
    assert application.windows.main is not None
    application.windows.main.commands.run(CommandId.QUIT)
    assert application._quit.is_set()
