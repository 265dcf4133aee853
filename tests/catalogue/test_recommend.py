"""Which model is preselected, and which one follows a vanished one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.recommend import EXPIRES_TOO_SOON, recommend, suggest_replacement
from caal_desktop.catalogue.listing import ListRequest, ListSection, list_models
from caal_desktop.catalogue.search.naming import SpeedClass, naming, naming_of
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.llm.models.listing import parse_model_list
from tests.support.catalogues import RealList, generated_models, on_real_lists

TODAY = date(2026, 8, 22)


def ids_only(*ids: str) -> tuple[ModelInfo, ...]:
    """Return models of which a server tells the ids alone."""
    return parse_model_list({"data": [{"id": model_id, "object": "model"} for model_id in ids]}).models


def chosen(*ids: str) -> str | None:
    """Return the id recommended among some ids."""
    model = recommend(ids_only(*ids), TODAY)
    return model.id if model else None


@on_real_lists
def test_a_real_list_gives_a_quick_cheap_well_known_model(real: RealList) -> None:
    models = list(real.models)
    for place in range(5):
        best = recommend(models, TODAY)
        assert best is not None
        assert place or best.id == "openai/gpt-5.4-nano"
        assert voice_verdict(best, TODAY) is FitnessVerdict.FIT
        assert naming(best).speed is SpeedClass.FAST
        assert best.variant == ""
        assert not best.is_alias
        assert not best.pricing.is_free
        models.remove(best)


@on_real_lists
def test_the_choice_does_not_hang_on_the_order_or_on_one_model(real: RealList) -> None:
    models = list(real.models)
    first = recommend(models, TODAY)
    random.Random(7).shuffle(models)  # noqa: S311 - to be repeated, not to be secret
    assert recommend(models, TODAY) == first
    seen = []
    for _ in range(8):
        best = recommend(models, TODAY)
        assert best is not None
        seen.append(best.id)
        models.remove(best)
    assert all(model_id.split("/")[0] in {"openai", "google", "deepseek", "anthropic"} for model_id in seen), seen


@on_real_lists
def test_models_about_to_end_are_passed_over(real: RealList) -> None:
    models = list(real.models)
    best = recommend(models, TODAY)
    assert best is not None
    models[models.index(best)] = replace(best, expiration_date=date(2026, 10, 1))
    assert recommend(models, TODAY) != models[models.index(replace(best, expiration_date=date(2026, 10, 1)))]


def ending(model_id: str, ends: date | None, **fields: Any) -> ModelInfo:
    """Return a model of which all is known and nothing speaks against it, but for its end."""
    known: dict[str, Any] = {
        "context_length": 128_000,
        "input_modalities": ("text",),
        "output_modalities": ("text",),
        "supported_parameters": frozenset({"tools"}),
        "pricing": Pricing(prompt=0.2, completion=1.0),
        "created": datetime(2026, 6, 1, tzinfo=UTC),
    }
    return ModelInfo(id=model_id, name=model_id, expiration_date=ends, **(known | fields))


#: It beats the plain one wherever both may be suggested: a known maker's, and quick.
GOOD, PLAIN = "openai/gpt-5.4-mini", "nobody/gpt-3"


@pytest.mark.parametrize(("days_left", "expected"), [(0, PLAIN), (60, PLAIN), (119, PLAIN), (120, GOOD), (None, GOOD)])
def test_a_model_that_expires_too_soon_is_passed_over(days_left: int | None, expected: str) -> None:
    assert timedelta(days=120) == EXPIRES_TOO_SOON
    ends = None if days_left is None else TODAY + timedelta(days=days_left)
    models = [ending(GOOD, ends), ending(PLAIN, None)]
    best = recommend(models, TODAY)
    assert best is not None
    assert best.id == expected
    assert CatalogueView(models, TODAY).recommended == best


def test_a_model_on_its_last_days_is_better_than_none() -> None:
    last = ending(GOOD, TODAY)
    assert recommend([last], TODAY) == last == suggest_replacement("nobody/nothing", [last], TODAY)


UNFIT: dict[str, Any] = {"supported_parameters": frozenset({"stop"})}


@pytest.mark.parametrize(
    "others",
    [
        [],
        [ending("nobody/talker", None, **UNFIT)],
        [ending("nobody/talker", TODAY, **UNFIT)],
        [ending("nobody/paints", None, output_modalities=("image",))],
        [ending("nobody/answers-tomorrow:batch", None)],
    ],
    ids=["alone", "unfit", "unfit, last day", "cannot chat", "batch"],
)
def test_a_model_that_has_ended_is_never_suggested(others: list[ModelInfo]) -> None:
    """Requests to it fail, so not even where nothing else is fit."""
    yesterday = TODAY - timedelta(days=1)
    ended = [ending(GOOD, yesterday), ending("openai/gpt-5.4-nano", date(2020, 1, 1)), ending("any/gpt-5", yesterday)]
    models = [*ended, *others]
    able = [model for model in others if can_chat(model)]
    expected = able[0] if able else None
    assert recommend(models, TODAY) == expected
    assert CatalogueView(models, TODAY).recommended == expected
    for vanished in (f"{GOOD}:nitro", "openai/gpt-5.3-mini", "nobody/nothing"):
        assert suggest_replacement(vanished, models, TODAY) == expected
    top = list_models(CatalogueView(models, TODAY), ListRequest()).entries[0]
    assert top == expected or (expected is None and isinstance(top, ListSection))


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (("llama3.2:1b", "nomic-embed-text:latest", "qwen3:8b", "deepseek-r1:14b"), "qwen3:8b"),
        (("whisper-large-v3", "llama-3.1-8b-instant", "meta-llama/llama-guard-4-12b"), "llama-3.1-8b-instant"),
        (
            ("davinci-002", "gpt-4o", "gpt-4.1-mini", "gpt-5-mini", "gpt-5.4-mini", "gpt-5.4-pro", "o3-mini", "tts-1"),
            "gpt-5.4-mini",
        ),
        (("models/gemini-2.5-pro", "models/gemini-3.1-flash-lite"), "models/gemini-3.1-flash-lite"),
        (("my-finetune.gguf",), "my-finetune.gguf"),
        (("whisper-1", "text-embedding-3-small"), None),
        ((), None),
    ],
)
def test_ids_alone_are_enough_for_a_sensible_choice(ids: tuple[str, ...], expected: str | None) -> None:
    assert chosen(*ids) == expected
    assert chosen(*reversed(ids)) == expected


def test_free_models_and_routers_are_taken_only_where_nothing_else_is_fit() -> None:
    models = [model for model in generated_models(600) if can_chat(model)]
    best = recommend(models, TODAY)
    assert best is not None
    assert not best.pricing.is_free
    free = [model for model in models if model.variant == "free"]
    taken = recommend(free, TODAY)
    assert taken in free


@on_real_lists
@pytest.mark.parametrize(
    ("gone", "successor"),
    [
        ("google/gemma-4-31b-it:nitro", "google/gemma-4-31b-it"),
        ("anthropic/claude-3.5-haiku", "anthropic/claude-haiku-4.5"),
        ("anthropic/claude-3.7-sonnet:thinking", "anthropic/claude-sonnet-4.6"),
        ("~anthropic/claude-haiku-newest", "anthropic/claude-haiku-4.5"),
        ("openai/gpt-5.6-mini", "openai/gpt-5.4-mini"),
        ("google/gemini-2.0-flash-lite-001", "google/gemini-2.5-flash-lite"),
        ("google/gemini-2.0-flash-001", "google/gemini-2.5-flash"),
        ("meta-llama/llama-3-70b-instruct", "meta-llama/llama-3.3-70b-instruct"),
        ("nobody/nothing", "openai/gpt-5.4-nano"),
    ],
)
def test_a_vanished_model_has_a_successor(real: RealList, gone: str, successor: str) -> None:
    model = suggest_replacement(gone, real.models, TODAY)
    assert model is not None
    assert model.id == successor


@on_real_lists
def test_each_model_of_a_real_list_has_a_successor_that_lives(real: RealList) -> None:
    for gone in real.models[:: max(1, len(real.models) // 60)]:
        model = suggest_replacement(gone.id, real.models, TODAY)
        assert model is not None
        assert model.id != gone.id
        assert can_chat(model)
        assert model.expiration_date is None or model.expiration_date >= TODAY


def test_a_permanent_name_leads_to_the_renamed_model() -> None:
    renamed = replace(ids_only("maker/new-name")[0], canonical_slug="maker/old-name")
    others = ids_only("openai/gpt-5.4-mini")
    assert suggest_replacement("maker/old-name", [*others, renamed], TODAY) == renamed
    assert suggest_replacement("maker/old-name", [], TODAY) is None


@pytest.mark.parametrize(
    ("model_id", "family", "version", "size"),
    [
        ("anthropic/claude-opus-4.5:batch", {"claude", "opus"}, (4, 5), None),
        ("openai/gpt-4o-mini", {"gpt", "o", "mini"}, (), None),
        ("qwen/qwen3-30b-a3b-instruct-2507", {"qwen", "30b", "a"}, (), 3.0),
        ("meta-llama/llama-3.3-70b-instruct", {"llama", "70b"}, (3, 3), 70.0),
        ("llama3.2:1b", {"llama", "1b"}, (3, 2), 1.0),
    ],
)
def test_names_are_read(model_id: str, family: set[str], version: tuple[int, ...], size: float | None) -> None:
    name = naming_of(model_id)
    assert name.size == size
    if version:
        assert name.version == version
    assert family - {"a"} <= name.family
