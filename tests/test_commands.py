"""The registry of commands holds together, and every remedy of the error tree is one of its commands."""

from __future__ import annotations

from collections import Counter

import pytest

from caal_desktop.commands import COMMANDS, MENUS, CommandId, Section, part_of, remedy_of
from caal_desktop.llm.errors import AuthenticationFailed, ProviderError, Remedy
from tests.support.error_trees import error_classes


def test_every_command_is_described() -> None:
    assert set(COMMANDS) == set(CommandId)
    assert all(entry.title for entry in COMMANDS.values())


@pytest.mark.parametrize("remedy", Remedy)
def test_every_remedy_is_a_command_with_a_title(remedy: Remedy) -> None:
    assert COMMANDS[CommandId(remedy.value)].title


@pytest.mark.parametrize("cls", list(error_classes(ProviderError)))
def test_every_error_has_a_remedy(cls: type[ProviderError]) -> None:
    assert remedy_of(cls("openrouter")) == CommandId(cls.remedy.value)


def test_what_is_no_error_of_a_provider_is_tried_again() -> None:
    assert remedy_of(ValueError("no")) is CommandId.RETRY
    assert remedy_of(None) is CommandId.RETRY
    assert remedy_of(AuthenticationFailed("openrouter")) is CommandId.CHECK_KEY


def test_another_name_for_a_command_is_no_name_for_another_name() -> None:
    for entry in COMMANDS.values():
        if entry.same_as is not None:
            assert COMMANDS[entry.same_as].same_as is None
            assert entry.needs == COMMANDS[entry.same_as].needs


def test_no_key_stands_for_two_commands_of_one_window() -> None:
    for section in Section:
        entries = [entry for entry in COMMANDS.values() if entry.section is section]
        for keys in ([e.shortcuts for e in entries], [e.shortcuts_with_control or e.shortcuts for e in entries]):
            counted = Counter(key for of_one in keys for key in of_one)
            assert [key for key, times in counted.items() if times > 1] == [], section


def test_what_has_keys_is_listed() -> None:
    for command, entry in COMMANDS.items():
        assert bool(entry.shortcuts) is (entry.section is not None), command


def test_each_entry_of_the_menus_has_a_name_of_its_own() -> None:
    listed = [command for menu in MENUS for group in menu.groups for command in group]
    assert len({part_of(command) for command in listed}) == len(listed) == len(set(listed))
