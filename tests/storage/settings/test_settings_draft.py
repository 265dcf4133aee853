"""Settings being edited, and what Undo takes back: an edit at a time, however many letters it took."""

from __future__ import annotations

from typing import Any

import pytest

from caal_desktop.storage.settings.draft import SettingsDraft
from caal_desktop.storage.settings.schema import Settings


@pytest.fixture
def draft() -> SettingsDraft:
    return SettingsDraft(Settings())


@pytest.mark.parametrize(
    ("key", "steps"),
    [
        ("system_prompt", ["B", "Be", "Be ", "Be brief."]),
        ("openrouter_model", ["v", "ve", "ve/m"]),
        ("max_tokens", [5, 51, 512]),
        ("temperature", [1.0, 1.2, 1.25]),
        ("fallback_models", [("v",), ("v/",), ("v/m",), ("v/m", "w")]),
        ("openai_compatible_base_url", ["h", "http:", "http://", "http://127.0.0.1:1/v1"]),
    ],
)
def test_what_was_typed_is_taken_back_as_one(draft: SettingsDraft, key: str, steps: list[Any]) -> None:
    before = draft.value(key)
    for value in steps:
        draft.set(key, value)
    assert draft.value(key) == steps[-1]
    assert draft.undo() == (key,)
    assert draft.value(key) == before
    assert draft.error(key) is None
    assert not draft.can_undo


@pytest.mark.parametrize(
    ("key", "first", "second"), [("theme", "dark", "light"), ("deny_data_collection", True, False)]
)
def test_choices_and_switches_are_taken_back_one_by_one(
    draft: SettingsDraft, key: str, first: object, second: object
) -> None:
    before = draft.value(key)
    draft.set(key, first)
    draft.set(key, second)
    assert draft.undo() == (key,)
    assert draft.value(key) == first
    assert draft.undo() == (key,)
    assert draft.value(key) == before
    assert draft.undo() == ()


def test_typing_elsewhere_is_another_edit(draft: SettingsDraft) -> None:
    draft.set("openrouter_model", "v/m")
    draft.set("max_tokens", 512)
    draft.set("openrouter_model", "v/m2")
    assert [draft.undo() for _ in range(3)] == [("openrouter_model",), ("max_tokens",), ("openrouter_model",)]
    assert draft.changes == {}


def test_the_default_is_an_edit_of_its_own(draft: SettingsDraft) -> None:
    """A long text is not lost to one wrong click."""
    draft.set("system_prompt", "Written with much thought")
    draft.reset("system_prompt")
    assert draft.value("system_prompt") == Settings().system_prompt
    draft.set("system_prompt", "Anew")
    draft.undo()
    assert draft.value("system_prompt") == Settings().system_prompt
    draft.undo()
    assert draft.value("system_prompt") == "Written with much thought"


def test_what_is_typed_after_undo_is_another_edit(draft: SettingsDraft) -> None:
    draft.set("max_tokens", 512)
    draft.set("system_prompt", "One")
    draft.undo()
    draft.set("system_prompt", "Two")
    assert draft.undo() == ("system_prompt",)
    assert draft.changes == {"max_tokens": 512}


def test_many_settings_are_taken_back_together(draft: SettingsDraft) -> None:
    """As an import is, even where the one before was typed into the same setting."""
    draft.set("system_prompt", "One")
    draft.set_many({"system_prompt": "Two", "max_tokens": 512, "theme": "dark"})
    draft.set("theme", "light")
    draft.undo()
    assert sorted(draft.undo()) == ["max_tokens", "system_prompt", "theme"]
    assert draft.changes == {"system_prompt": "One"}
    draft.reset_all()
    draft.undo()
    assert draft.changes == {"system_prompt": "One"}


def test_a_reset_of_everything_is_known_until_it_is_taken_back(draft: SettingsDraft) -> None:
    draft.set("max_tokens", 512)
    draft.reset("max_tokens")
    assert not draft.is_reset, "one setting is not everything"
    draft.set("max_tokens", 512)
    draft.reset_all()
    draft.set("theme", "dark")
    draft.set("max_tokens", 77)
    draft.undo()
    assert draft.is_reset
    draft.undo()
    draft.undo()
    assert draft.changes == {"max_tokens": 512}
    assert not draft.is_reset
    draft.set("theme", "dark")
    assert not draft.is_reset
