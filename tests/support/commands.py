"""The application's commands, for windows that are tested without it."""

from __future__ import annotations

from functools import partial

from caal_desktop.commands import CommandId
from caal_desktop.widgets.common.command_set import CommandSet

APPLICATION = (
    CommandId.QUIT,
    CommandId.SETUP,
    CommandId.SETTINGS,
    CommandId.CHECK_KEY,
    CommandId.PROVIDER_SETTINGS,
    CommandId.NETWORK_SETTINGS,
    CommandId.PRIVACY_SETTINGS,
)
"""What the application binds; ``tests/test_app_commands.py`` holds it to this."""


def recording(given: list[CommandId]) -> CommandSet[[]]:
    """Commands of the application that only take note in a list of what was given."""
    commands: CommandSet[[]] = CommandSet()
    for command in APPLICATION:
        commands.bind(command, partial(given.append, command))
    return commands
