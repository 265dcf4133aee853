"""The settings' descriptions and what they allow."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.storage.settings.choices import Density, KeyStatus, KeyStore, SetupStep, Theme
from caal_desktop.storage.settings.provider_table import ProviderSettings
from caal_desktop.storage.settings.schema import MAX_FAVOURITE_MODELS, MAX_RECENT_MODELS, SPECS, Settings
from caal_desktop.storage.settings.setting import Group, InvalidSetting


def test_the_defaults_are_those_of_a_first_start() -> None:
    settings = Settings()
    assert settings.provider == "openrouter"
    assert (settings.temperature, settings.max_tokens) == (0.7, 4096)
    assert settings.setup_step is SetupStep.WELCOME
    assert not settings.setup_completed
    assert settings.theme is Theme.SYSTEM
    assert {settings.of(name).key_status for name in PROVIDERS} == {KeyStatus.NONE}


@pytest.mark.parametrize("key", SPECS)
def test_each_setting_is_described_for_users(key: str) -> None:
    spec = SPECS[key]
    assert spec.key == key
    assert spec.check(spec.default) == spec.default
    assert type(spec.check(spec.to_json(spec.default))) is type(spec.default)
    assert 3 <= len(spec.label) <= 45
    assert spec.choice_labels.keys() >= set(spec.choices) or spec.group is Group.INTERNAL
    if spec.depends_on is not None:
        other, values = spec.depends_on
        assert [SPECS[other].check(value) for value in values] == list(values)
        assert SPECS[other].group is not Group.INTERNAL
    assert spec.description.endswith(".")
    assert spec.since.count(".") == 2
    if spec.kind in (int, float):
        assert spec.minimum is not None
        assert spec.maximum is not None
        if spec.group is not Group.INTERNAL:
            assert spec.step


def test_descriptions_are_the_fields() -> None:
    flat = [spec.key for spec in SPECS.values() if spec.cell is None]
    assert flat == [field.name for field in dataclasses.fields(Settings) if field.name != "providers"]
    columns = {spec.cell[1] for spec in SPECS.values() if spec.cell is not None}
    assert columns == {field.name for field in dataclasses.fields(ProviderSettings)}
    assert not any("api_key" in key for key in SPECS)


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("provider", "groq", "groq"),
        ("temperature", 1, 1.0),
        ("temperature", 0, 0.0),
        ("temperature", 2.0, 2.0),
        ("max_tokens", 512.0, 512),
        ("theme", Theme.DARK, Theme.DARK),
        ("density", "compact", Density.COMPACT),
        ("recent_models", ["a/b", "c/d", "a/b"], ("a/b", "c/d")),
        ("system_prompt", "line\nline\ttab", "line\nline\ttab"),
        ("openai_compatible_base_url", "http://localhost:1234/v1", "http://localhost:1234/v1"),
        ("openai_compatible_base_url", "", ""),
        ("openai_compatible_base_url", "https://[::1]:8443/v1", "https://[::1]:8443/v1"),
    ],
)
def test_values_that_fit_are_brought_to_their_type(key: str, value: object, stored: object) -> None:
    result = Settings().replace(**{key: value}).value(key)
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("provider", "acme", "must be one of these: openrouter, groq"),
        ("provider", None, "must be one of these"),
        ("temperature", 2.1, "at most 2"),
        ("temperature", -0.1, "at least 0"),
        ("temperature", float("nan"), "a number"),
        ("temperature", float("inf"), "a number"),
        ("temperature", True, "a number"),
        ("temperature", "0.7", "a number"),
        ("max_tokens", 0, "at least 1"),
        ("max_tokens", 1.5, "whole number"),
        ("setup_completed", 1, "true or false"),
        ("openrouter_model", "x" * 201, "at most 200 characters"),
        ("openrouter_model", "two\nlines", "control characters"),
        ("openrouter_model", 7, "must be a text"),
        ("system_prompt", "\x00", "control characters"),
        ("system_prompt", "\ud800", "valid Unicode"),
        ("recent_models", "a/b", "a list"),
        ("recent_models", [1], "short texts"),
        ("recent_models", [["a"]], "short texts"),
        ("recent_models", [""], "short texts"),
        ("recent_models", [str(number) for number in range(MAX_RECENT_MODELS + 1)], "allowed: 12"),
        ("openai_compatible_base_url", "localhost:1234", "http or https"),
        ("openai_compatible_base_url", "file:///etc/passwd", "http or https"),
        ("openai_compatible_base_url", "http://", "http or https"),
        ("openai_compatible_base_url", "http://host:port/", "http or https"),
        ("openai_compatible_base_url", "http://me:secret@host/v1", "user name or password"),
        ("no_such_setting", 1, "no such setting"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_a_reason(key: str, value: object, reason: str) -> None:
    before = Settings()
    with pytest.raises(InvalidSetting, match=reason) as caught:
        before.replace(**{key: value})
    assert caught.value.key == key
    assert before == Settings()


@pytest.mark.parametrize(
    ("key", "value", "english", "german"),
    [
        ("temperature", 3, "It must be at most 2.", "Höchstens <2>."),
        ("max_tokens", 2_000_000, "It must be at most 1000000.", "Höchstens <1000000>."),
        (
            "openai_compatible_headers",
            ["X-Team: voice", "Host: elsewhere"],
            "“Host: elsewhere” cannot be used. The program itself sets this header.",
            "<Host: elsewhere> geht nicht. Den setzt das Programm.",
        ),
        (
            "openai_compatible_headers",
            ["no colon"],
            "“no colon” cannot be used. It must have the form “Name: value”.",
            "<no colon> geht nicht. It must have the form “Name: value”.",
        ),
    ],
)
def test_a_reason_is_translated_as_a_whole(key: str, value: object, english: str, german: str) -> None:
    texts = {
        "It must be at most {maximum}.": "Höchstens {maximum}.",
        "“{item}” cannot be used. {reason}": "{item} geht nicht. {reason}",
        "The program itself sets this header.": "Den setzt das Programm.",
    }
    with pytest.raises(InvalidSetting) as caught:
        Settings().replace(**{key: value})
    reason = caught.value.reason
    assert reason.in_words() == english
    assert str(caught.value) == f"{key}: {english}"
    assert reason.in_words(lambda text: texts.get(text, text), lambda filling: f"<{filling}>") == german


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().temperature = 1.0  # type: ignore[misc]


def test_choosing_a_model_remembers_it_as_the_latest() -> None:
    settings = Settings()
    for number in range(MAX_RECENT_MODELS + 3):
        settings = settings.with_model(f"vendor/model-{number}")
    settings = settings.with_model("vendor/model-9").with_model("fast", "groq")
    assert settings.of().model == "vendor/model-9"
    assert settings.of("groq").model == settings.value("groq_model") == "fast"
    assert settings.recent_models[:3] == ("fast", "vendor/model-9", "vendor/model-14")
    assert len(settings.recent_models) == MAX_RECENT_MODELS
    assert settings.with_model("").recent_models == settings.recent_models


def test_favourites_are_kept_in_order_and_bounded() -> None:
    settings = Settings().with_favourite("a", True).with_favourite("b", True).with_favourite("a", True)
    assert settings.favourite_models == ("b", "a")
    assert settings.with_favourite("b", False).favourite_models == ("a",)
    full = settings.replace(favourite_models=[str(number) for number in range(MAX_FAVOURITE_MODELS)])
    with pytest.raises(InvalidSetting, match="allowed: 200"):
        full.with_favourite("one more", True)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_has_a_row_of_its_own(provider: str) -> None:
    row = {
        "key_status": KeyStatus.VERIFIED,
        "key_store": KeyStore.KEYRING,
        "key_origin": "https://host.example:443",
    }
    settings = Settings().with_model("m", provider).with_provider(provider, **row)
    assert settings.of(provider).model == "m"
    assert {column: getattr(settings.of(provider), column) for column in row} == row
    others = [other for other in PROVIDERS if other != provider]
    assert [settings.of(other) for other in others] == [Settings().of(other) for other in others]


def test_a_provider_has_the_settings_that_its_descriptor_names_and_no_others() -> None:
    for name, descriptor in PROVIDERS.items():
        shown = {spec.cell[1] for spec in SPECS.values() if spec.cell and spec.cell[0] == name and spec.depends_on}
        assert shown == set(descriptor.settings)
        assert Settings().of(name).base_url == (descriptor.base_url if descriptor.has_address else "")
    with pytest.raises(InvalidSetting, match="no such setting"):
        Settings().with_provider("openrouter", base_url="https://host.example/v1")
    with pytest.raises(KeyError):
        Settings().of("nobody")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(SPECS)), json_values)
def test_any_value_is_taken_or_refused_and_never_crashes(key: str, value: Any) -> None:
    try:
        result = SPECS[key].check(value)
    except InvalidSetting as error:
        assert error.reason.in_words().endswith(".")  # noqa: PT017 - either way is right
    else:
        assert SPECS[key].check(SPECS[key].to_json(result)) == result
