"""Reading model lists: what real and broken servers answer."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caal_desktop.llm.models.info import ModelInfo, PriceTier, Pricing
from caal_desktop.llm.models.listing import next_page_link, parse_model_list
from tests.support.catalogues import EXCERPT, RealList, generated_rows, on_real_lists


def read(**fields: Any) -> ModelInfo:
    """Return the model of a row with an id and the given fields."""
    (model,) = parse_model_list({"data": [{"id": "maker/model", **fields}]}).models
    return model


def test_a_full_row_is_read_in_full() -> None:
    model = read(
        canonical_slug="maker/model-20260101",
        hugging_face_id="maker/Model",
        name="Maker: Model",
        created=1_767_225_600,
        description="Talks.\nCalls tools.",
        context_length=1_000_000,
        architecture={"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        pricing={
            "prompt": "0.0000002",
            "completion": "0.00000125",
            "input_cache_read": "0.00000002",
            "input_cache_write": "0.00000025",
            "internal_reasoning": "0.000002",
            "request": "0.01",
            "image": "0.002",
            "audio": "0.000001",
            "web_search": "0.014",
        },
        top_provider={"context_length": 900_000, "max_completion_tokens": 64_000, "is_moderated": True},
        supported_parameters=["tools", "temperature"],
        default_parameters={"temperature": 0.6, "top_p": None},
        knowledge_cutoff="2025-08-31",
        expiration_date="2026-12-31",
        reasoning={
            "mandatory": False,
            "default_enabled": True,
            "supported_efforts": ["high", "none"],
            "default_effort": "high",
            "supports_max_tokens": True,
        },
        benchmarks={"artificial_analysis": {"intelligence_index": 52.3, "coding_index": 50, "agentic_index": None}},
    )
    assert (model.vendor, model.name, model.description) == ("Maker", "Model", "Talks.\nCalls tools.")
    assert model.created == datetime(2026, 1, 1, tzinfo=UTC)
    assert (model.context_length, model.max_completion_tokens, model.is_moderated) == (1_000_000, 64_000, True)
    assert model.input_modalities == ("text", "image")
    assert model.output_modalities == ("text",)
    assert model.supported_parameters == {"tools", "temperature"}
    assert model.default_parameters == (("temperature", 0.6),)
    assert model.pricing == Pricing(
        prompt=0.2,
        completion=1.25,
        cache_read=0.02,
        cache_write=0.25,
        internal_reasoning=2.0,
        request=0.01,
        image=0.002,
        audio=1.0,
        web_search=0.014,
    )
    assert (model.knowledge_cutoff, model.expiration_date) == (date(2025, 8, 31), date(2026, 12, 31))
    assert model.reasoning is not None
    assert (model.reasoning.mandatory, model.reasoning.default_enabled) == (False, True)
    assert (model.reasoning.efforts, model.reasoning.default_effort) == (("high", "none"), "high")
    assert (model.intelligence_index, model.coding_index, model.agentic_index) == (52.3, 50, None)
    assert model.canonical_slug == "maker/model-20260101"
    assert model.hugging_face_id == "maker/Model"


@pytest.mark.parametrize(
    ("wire", "price"),
    [
        ("0.0000002", 0.2),
        ("0.00000125", 1.25),
        ("0.0000000375", 0.0375),
        ("3e-7", 0.3),
        (0.0000002, 0.2),
        ("0", 0.0),
        (0, 0.0),
        ("-0", 0.0),
        ("", None),
        (None, None),
        (True, None),
        ("free", None),
        ("NaN", None),
        ("Infinity", None),
        ("-0.5", None),
        ("2", None),
        ("1e999999", None),
        ("1e-999999999999", None),
        ("0." + "0" * 500 + "1", None),
        pytest.param(10**5000, None, id="huge"),
        (float("nan"), None),
        ({"usd": 1}, None),
        ([], None),
    ],
)
def test_prices_are_exact_and_the_absurd_is_unknown(wire: object, price: float | None) -> None:
    pricing = read(pricing={"prompt": wire, "completion": "0.000001"}).pricing
    assert pricing.prompt == price
    assert pricing.completion == 1.0
    assert not pricing.varies


@pytest.mark.parametrize("wire", ["-1", -1, "-1.0", -1.0])
def test_a_router_has_a_price_that_varies(wire: object) -> None:
    assert read(pricing={"prompt": wire, "completion": "0"}).pricing == Pricing(varies=True)


def test_a_fee_per_request_is_not_free() -> None:
    assert read(pricing={"prompt": "0", "completion": "0"}).pricing.is_free
    assert not read(pricing={"prompt": "0", "completion": "0", "request": "0.001"}).pricing.is_free
    assert not read().pricing.is_free


def test_overrides_become_tiers_and_those_of_unknown_conditions_do_not() -> None:
    pricing = read(
        pricing={
            "prompt": "0.000002",
            "completion": "0.00001",
            "overrides": [
                {"min_prompt_tokens": 272_000, "prompt": "0.000004", "completion": "0.000015"},
                {"utc_start": 1030, "utc_end": 100, "prompt": "0.000001"},
                {"moon_phase": "full", "prompt": "0"},
                {"utc_start": 2565, "utc_end": 100, "prompt": "0"},
                None,
                "cheap",
            ],
        }
    ).pricing
    assert pricing.tiers == (
        PriceTier(272_000, prompt=4.0, completion=15.0),
        PriceTier(0, prompt=1.0, utc_start=630, utc_end=60),
    )


def test_a_row_with_nothing_but_a_display_name_is_counted_and_left_out() -> None:
    listing = parse_model_list({"data": [{"name": "Some Lab: Some Model"}, {"id": "lab/model"}]})
    assert [model.id for model in listing.models] == ["lab/model"]
    assert listing.skipped == 1


def test_an_alias_names_what_it_stands_for() -> None:
    row = {
        "id": "~anthropic/claude-haiku-latest",
        "name": "Anthropic Claude Haiku Latest",
        "alias_target": {"slug": "anthropic/claude-haiku-4.5", "name": "Anthropic: Claude Haiku 4.5"},
    }
    (model,) = parse_model_list([row]).models
    assert model.is_alias
    assert (model.alias_target, model.alias_target_name) == ("anthropic/claude-haiku-4.5", "Claude Haiku 4.5")
    assert model.author == "anthropic"


def test_names_without_a_vendor_take_the_spelling_of_their_siblings() -> None:
    rows = [
        {"id": "anthropic/claude-opus-5", "name": "Claude Opus 5"},
        {"id": "anthropic/claude-opus-4.8", "name": "Anthropic: Claude Opus 4.8"},
        {"id": "gryphe/mythomax", "name": "MythoMax 13B"},
    ]
    assert [(model.vendor, model.name) for model in parse_model_list(rows).models] == [
        ("Anthropic", "Claude Opus 5"),
        ("Anthropic", "Claude Opus 4.8"),
        ("gryphe", "MythoMax 13B"),
    ]


def test_a_server_that_tells_only_ids_is_shown_without_zeros() -> None:
    payload = {"object": "list", "data": [{"id": "llama-3", "object": "model", "created": 0, "owned_by": "vllm"}]}
    (model,) = parse_model_list(payload).models
    assert model == ModelInfo(id="llama-3", name="llama-3")
    assert model.supported_parameters is None
    assert model.pricing.prompt is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"id": "gemma2-9b", "owned_by": "Google", "context_window": 8192},
            {"vendor": "Google", "context_length": 8192},
        ),
        ({"id": "m", "owned_by": "vllm", "max_model_len": 4096}, {"vendor": "", "context_length": 4096}),
        ({"id": "m.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}, {"context_length": 131072}),
        ({"id": "e", "type": "embeddings", "max_context_length": 512}, {"output_modalities": ("embeddings",)}),
        ({"id": "m", "architecture": {"modality": "text+image->text"}}, {"input_modalities": ("text", "image")}),
        ({"id": "a/b", "display_name": "Bee"}, {"vendor": "a", "name": "Bee"}),
        ({"id": "models/gemini-2.5-flash"}, {"vendor": ""}),
        (
            {"id": "m.gguf", "meta": {"n_params": 8_190_735_360, "size": 5_225_388_164}},
            {"parameter_count": 8_190_735_360, "file_size": 5_225_388_164},
        ),
        (
            {"id": "q", "size": 5_225_388_164, "details": {"parameter_size": "8.2B", "quantization_level": "Q4_K_M"}},
            {"parameter_count": 8_200_000_000, "quantization": "Q4_K_M", "file_size": 5_225_388_164, "remote_host": ""},
        ),
        ({"id": "q", "details": {"parameter_size": "751.63M"}}, {"parameter_count": 751_630_000, "file_size": None}),
        (
            {"id": "q", "size": -1, "details": {"parameter_size": "many", "quantization_level": 4}, "remote_host": "["},
            {"parameter_count": None, "quantization": "", "file_size": None, "remote_host": ""},
        ),
        (
            {"id": "q", "size": 1e30, "details": {"parameter_size": "999999T"}, "remote_host": "http://[::1"},
            {"parameter_count": None, "file_size": None, "remote_host": ""},
        ),
        # What the server's maker computes takes no room on its disk.
        (
            {"id": "q:cloud", "size": 384, "remote_model": "q", "remote_host": "https://ollama.com:443"},
            {"file_size": None, "remote_host": "ollama.com"},
        ),
    ],
)
def test_what_other_servers_tell_is_used(row: dict[str, Any], expected: dict[str, Any]) -> None:
    (model,) = parse_model_list({"data": [row]}).models
    assert {key: getattr(model, key) for key in expected} == expected


def test_other_shapes_of_lists() -> None:
    ollama = {"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest", "size": 1, "details": {}}]}
    assert [model.id for model in parse_model_list(ollama).models] == ["llama3.2:latest"]
    assert [model.id for model in parse_model_list([{"id": "a"}, "b"]).models] == ["a", "b"]
    for nothing in (None, "<html>", 7, {}, {"error": {"code": 401}}, {"data": None}, {"data": {"id": "a"}}):
        assert parse_model_list(nothing).models == ()
        assert not parse_model_list(nothing).recognized
    assert parse_model_list({"data": []}).recognized


def test_what_is_left_out_is_counted() -> None:
    rows = [{"id": "a"}, None, 3, {}, {"id": ""}, {"id": " "}, {"id": 5}, {"id": "a", "name": "Other"}, {"id": "x\ny"}]
    parsed = parse_model_list({"data": rows})
    assert [model.name for model in parsed.models] == ["a"]
    assert (parsed.skipped, parsed.repeated) == (7, 1)
    assert len(rows) == 9


def test_names_and_ids_cannot_disturb_what_is_around_them() -> None:
    model = read(name="Evil\u202e: re\u200bversed\x1b[31m\n name\ud800 \u200e", description="a\r\nb\u2028c\x00d\u2066")
    assert (model.vendor, model.name) == ("Evil", "reversed [31m name")
    assert model.description == "a\nb c d"
    long = read(name="n" * 100_000, description="d" * 100_000)
    assert len(long.name) <= 160
    assert long.name.endswith("…")
    assert len(long.description) <= 4_000
    assert parse_model_list([{"id": "a\u202eb"}, {"id": "x" * 5000}, {"id": "\ud800"}]).skipped == 3


@pytest.mark.parametrize(
    ("payload", "link"),
    [
        ({"links": {"next": "/api/v1/models?offset=500&limit=500"}}, "/api/v1/models?offset=500&limit=500"),
        ({"links": {"next": "https://evil.example/api/v1/models?offset=1"}}, "/api/v1/models?offset=1"),
        ({"links": {"next": "?offset=500"}}, "?offset=500"),
        ({"links": {"next": "//evil.example/x"}}, None),
        ({"links": {"next": "/\\evil.example"}}, None),
        ({"links": {"next": "javascript:x"}}, None),
        ({"links": {"next": "/a\nHost: evil"}}, None),
        ({"links": {"next": None}}, None),
        ({"links": []}, None),
        ({}, None),
        ([], None),
    ],
)
def test_the_next_page_is_on_the_same_host(payload: object, link: str | None) -> None:
    assert next_page_link(payload) == link


@pytest.mark.parametrize(
    ("wire", "day"),
    [
        ("2026-08-24", date(2026, 8, 24)),
        ("2026-08-24T00:00:00Z", date(2026, 8, 24)),
        ("2098-12-31", None),
        ("soon", None),
        ("2026-13-01", None),
        (20260824, None),
        ("", None),
    ],
)
def test_expiration_dates(wire: object, day: date | None) -> None:
    assert read(expiration_date=wire).expiration_date == day


def test_variants_belong_to_ids_with_a_maker() -> None:
    ids = ["a/b:free", "a/b", "llama3.2:latest", "~a/b-latest"]
    models = parse_model_list(ids).models
    assert [model.variant for model in models] == ["free", "", "", ""]
    assert [model.author for model in models] == ["a", "a", "", "a"]


@on_real_lists
def test_a_real_list_is_read_without_loss(real: RealList) -> None:
    models = real.models
    assert len(models) == len(real.rows()) >= 50
    for model, row in zip(models, real.rows(), strict=True):
        assert model.id == row["id"]
        assert model.context_length == row["context_length"]
        assert model.pricing.varies or model.pricing.prompt == pytest.approx(float(row["pricing"]["prompt"]) * 1e6)
        assert len(model.pricing.tiers) == len(row["pricing"].get("overrides", []))
        assert model.supported_parameters == frozenset(row["supported_parameters"])
        assert model.vendor
        assert model.created is not None
        assert (model.reasoning is not None) == ("reasoning" in row)
    assert {model.vendor for model in models if model.author == "anthropic"} == {"Anthropic"}


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=30)
    | st.sampled_from([10**400, -1, "-1", "1e999", "\ud800", "NaN", "0x10", "٣", "²", "2026-08-22", "9" * 5000]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "slug", "prompt", "next", "x"]), children, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in items:
        found += _paths(entry, (*path, key))
    return found


ROWS = EXCERPT.rows()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_row_breaks_nothing_and_is_counted(data: st.DataObject) -> None:
    rows = copy.deepcopy(data.draw(st.lists(st.sampled_from(ROWS), min_size=1, max_size=4)))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(_paths(rows)))
        target: Any = rows
        for step in path[:-1]:
            target = target[step]
        if isinstance(target, dict) and data.draw(st.booleans()):
            del target[path[-1]]
        else:
            target[path[-1]] = data.draw(junk)
    parsed = parse_model_list({"data": rows})
    assert len(parsed.models) + parsed.skipped + parsed.repeated == len(rows)
    for model in parsed.models:
        assert model.id
        assert model.name
        json.dumps([model.id, model.name, model.vendor, model.description], ensure_ascii=False).encode()
        hash(model)


@settings(max_examples=200, deadline=None)
@given(junk)
def test_any_answer_is_survived(payload: object) -> None:
    for answer in (payload, {"data": payload}, {"models": payload}, [payload], {"links": payload}):
        parsed = parse_model_list(answer)
        assert parsed.skipped >= 0
        assert next_page_link(answer) is None or isinstance(next_page_link(answer), str)


def test_an_answer_cut_short_loses_only_what_was_cut() -> None:
    for row in ROWS[:40]:
        for key in row:
            if key != "id":
                shortened = {other: value for other, value in row.items() if other != key}
                assert [model.id for model in parse_model_list([shortened]).models] == [row["id"]]


def test_equal_parts_of_a_long_list_are_kept_once() -> None:
    models = parse_model_list({"data": generated_rows(2_000)}).models
    assert len(models) == 2_000
    parameter_sets = [model.supported_parameters for model in models]
    assert len({id(parameters) for parameters in parameter_sets}) == len(set(parameter_sets))
