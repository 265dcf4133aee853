"""Settings while they are being edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.network import ProxyMode
from caal_desktop.storage.setting import Group, InvalidSetting
from caal_desktop.storage.settings_draft import SettingsDraft
from caal_desktop.storage.settings_schema import SPECS, Provider, Settings, Theme

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk-or-v1-" + "0a" * 32


def test_nothing_changes_before_it_is_applied() -> None:
    base = Settings()
    draft = SettingsDraft(base)
    assert draft.set("temperature", 0.2) == ""
    assert draft.set("theme", "dark") == ""
    assert base == Settings()
    assert draft.changes == {"temperature": 0.2, "theme": Theme.DARK}
    assert draft.applied_to(base) == base.replace(temperature=0.2, theme=Theme.DARK)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", 3),
        ("openai_compatible_base_url", "ftp://x"),
        ("openai_compatible_headers", ["Authorization: Bearer abc"]),
        ("openai_compatible_headers", ["no colon"]),
        ("fallback_models", ["a", "b", "c", "d"]),
        ("proxy_url", "http://ann:secret@proxy:3128"),
        ("system_prompt", f"my key is {KEY}"),
        ("allowed_providers", [KEY]),
        ("ca_bundle", "/nowhere/at/all.pem"),
        ("ca_bundle", "/"),
    ],
)
def test_all_or_nothing(key: str, value: Any) -> None:
    draft = SettingsDraft(Settings(provider=Provider.OPENAI_COMPATIBLE))
    when = SPECS[key].when
    if when is not None:
        draft.set(when[0], when[1][0])
        draft.set("proxy_url", "http://proxy:3128")
    draft.set("max_tokens", 33)
    assert draft.set(key, value)
    assert draft.problem(key)
    assert draft.value(key) in (value, tuple(value) if isinstance(value, list) else value)
    with pytest.raises(InvalidSetting):
        draft.applied_to(Settings())
    draft.undo()
    assert draft.applied_to(Settings()).max_tokens == 33


def test_what_has_no_effect_stands_in_nobodys_way() -> None:
    draft = SettingsDraft(Settings())
    draft.set("provider", Provider.OPENAI_COMPATIBLE)
    draft.set("openai_compatible_base_url", "nonsense")
    assert list(draft.problems) == ["openai_compatible_base_url"]
    draft.set("provider", Provider.GROQ)
    assert draft.problems == {}
    assert draft.applied_to(Settings()) == Settings().replace(provider=Provider.GROQ)


def test_settings_are_checked_together() -> None:
    draft = SettingsDraft(Settings())
    draft.set("proxy_mode", ProxyMode.MANUAL)
    assert list(draft.problems) == ["proxy_url"]
    draft.set("proxy_url", "http://proxy:3128")
    assert draft.problems == {}
    draft.set("trust_system_certificates", False)
    assert list(draft.problems) == ["trust_system_certificates"]


def test_edits_are_taken_back_one_by_one() -> None:
    draft = SettingsDraft(Settings())
    draft.set("temperature", 0.1)
    for text in ("m", "mo", "mod"):
        draft.set("openrouter_model", text)
    draft.set("temperature", 0.2)
    assert draft.undo() == ("temperature",)
    assert draft.value("temperature") == 0.1
    assert draft.undo() == ("openrouter_model",), "typing is one edit"
    assert draft.value("openrouter_model") == ""
    assert draft.undo() == ("temperature",)
    assert draft.undo() == ()
    assert draft.changes == {}


def test_a_refused_edit_is_taken_back_with_its_problem() -> None:
    draft = SettingsDraft(Settings())
    draft.set("temperature", 9)
    draft.undo()
    assert draft.problems == {}


def test_many_edits_at_once_are_taken_back_at_once() -> None:
    base = Settings().replace(temperature=0.1, theme=Theme.DARK, recent_models=("a/b",), setup_completed=True)
    draft = SettingsDraft(base)
    draft.reset_all()
    assert draft.applied_to(base) == Settings(recent_models=("a/b",), setup_completed=True)
    draft.undo()
    assert draft.applied_to(base) == base
    draft.set_many({"temperature": 0.1})
    assert not draft.can_undo, "nothing has changed"


def test_what_the_program_remembers_meanwhile_is_not_lost() -> None:
    base = Settings()
    draft = SettingsDraft(base)
    draft.set("temperature", 0.1)
    newer = base.replace(recent_models=("a/b",), max_tokens=100)
    draft.rebase(newer)
    assert draft.value("max_tokens") == 100
    assert draft.applied_to(newer) == newer.replace(temperature=0.1)


def test_a_bundle_of_certificates_is_looked_into(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    draft = SettingsDraft(Settings())
    assert "PEM" in draft.set("ca_bundle", str(bundle))
    assert draft.set("ca_bundle", "") == ""


def test_every_shown_setting_is_on_a_page() -> None:
    shown = {key for key, spec in SPECS.items() if spec.group is not Group.INTERNAL}
    draft = SettingsDraft(Settings())
    assert all(draft.value(key) == SPECS[key].default for key in shown)
