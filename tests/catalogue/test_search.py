"""Search as you type."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.catalogue.search.model_search import SearchIndex
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.models.listing import parse_model_list
from tests.catalogue.queries import QUERIES
from tests.support.catalogues import RealList, generated_models, on_lists_of_its_month

SMALL = parse_model_list(
    [
        {"id": "anthropic/claude-sonnet-4", "name": "Anthropic: Claude Sonnet 4"},
        {"id": "anthropic/claude-sonnet-4.5", "name": "Anthropic: Claude Sonnet 4.5"},
        {"id": "anthropic/claude-sonnet-4.5:batch", "name": "Anthropic: Claude Sonnet 4.5 (batch)"},
        {"id": "anthropic/claude-3.4-sonnet", "name": "Anthropic: Claude 3.4 Sonnet"},
        {"id": "openai/gpt-4o", "name": "OpenAI: GPT-4o"},
        {"id": "openai/gpt-5.4-mini", "name": "OpenAI: GPT-5.4 Mini"},
        {"id": "openai/gpt-40", "name": "OpenAI: GPT 40"},
        {"id": "meta-llama/llama-3.3-70b-instruct", "name": "Meta: Llama 3.3 70B Instruct"},
        {"id": "meta-llama/llama-3.3-70b-instruct:free", "name": "Meta: Llama 3.3 70B Instruct (free)"},
        {"id": "meta-llama/llama-3.1-8b-instruct", "name": "Meta: Llama 3.1 8B Instruct"},
        {"id": "qwen/qwen3-27b", "name": "Qwen: Qwen3 27B"},
        {"id": "moonshotai/kimi-k2.5", "name": "MoonshotAI: Kimi K2.5"},
        {"id": "x-ai/grok-4", "name": "xAI: Grok 4"},
        {"id": "deepseek/deepseek-r1", "name": "DeepSeek: R1"},
    ]
).models
INDEX = SearchIndex(SMALL)


def found(query: str, index: SearchIndex = INDEX, models: tuple[ModelInfo, ...] = SMALL) -> list[str]:
    """Return the ids found, best first."""
    return [models[row].id for row in index.find(query).rows]


@on_lists_of_its_month
def test_users_find_what_they_type(real: RealList) -> None:
    index = SearchIndex(real.searchable)
    first = third = 0
    missed = []
    for query, wanted in QUERIES:
        ids = found(query, index, real.searchable)
        first += ids[:1] != [] and ids[0] in wanted
        hit = not set(wanted).isdisjoint(ids[:3])
        third += hit
        if not hit:
            missed.append((query, ids[:3]))
    assert len(QUERIES) >= 40
    assert third / len(QUERIES) >= 0.95, missed
    assert first / len(QUERIES) >= 0.9


@on_lists_of_its_month
def test_every_model_is_found_by_its_own_id_and_name(real: RealList) -> None:
    index = SearchIndex(real.searchable)
    for model in real.searchable:
        assert found(model.id, index, real.searchable)[0] == model.id
        assert model.id in found(f"{model.vendor} {model.name}", index, real.searchable)[:3]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("sonnet 4", "anthropic/claude-sonnet-4"),
        ("4 sonnet", "anthropic/claude-sonnet-4"),
        ("sonnet-4-5", "anthropic/claude-sonnet-4.5"),
        ("sonnet 45", "anthropic/claude-sonnet-4.5"),
        ("SONNET   4.5 !", "anthropic/claude-sonnet-4.5"),
        ("sonet 4.5 batch", "anthropic/claude-sonnet-4.5:batch"),
        ("cluade 3.4", "anthropic/claude-3.4-sonnet"),
        ("anthropic sonnet 4.", "anthropic/claude-sonnet-4.5"),
        ("chatgpt mini", "openai/gpt-5.4-mini"),
        ("4o", "openai/gpt-4o"),
        ("gpt4o", "openai/gpt-4o"),
        ("70b", "meta-llama/llama-3.3-70b-instruct"),
        ("llama 70", "meta-llama/llama-3.3-70b-instruct"),
        ("70 lama free", "meta-llama/llama-3.3-70b-instruct:free"),
        ("llama 8b free", "meta-llama/llama-3.1-8b-instruct"),
        ("facebook 8b", "meta-llama/llama-3.1-8b-instruct"),
        ("moonshot", "moonshotai/kimi-k2.5"),
        ("k2", "moonshotai/kimi-k2.5"),
        ("xai", "x-ai/grok-4"),
        ("alibaba", "qwen/qwen3-27b"),
        ("deep seek", "deepseek/deepseek-r1"),
        ("r1", "deepseek/deepseek-r1"),
        ("Clàude Sonnet 4", "anthropic/claude-sonnet-4"),
    ],
)
def test_the_best_match_is_first(query: str, best: str) -> None:
    assert found(query)[0] == best


def test_a_number_is_a_version_and_not_a_part_of_one() -> None:
    assert found("sonnet 4")[:2] == ["anthropic/claude-sonnet-4", "anthropic/claude-sonnet-4.5"]
    assert "anthropic/claude-3.4-sonnet" not in found("sonnet 4")
    assert "openai/gpt-40" not in found("gpt 4")
    assert "qwen/qwen3-27b" not in found("7b")


def test_variants_stand_back_until_asked_for() -> None:
    assert found("sonnet 4.5")[-1] == "anthropic/claude-sonnet-4.5:batch"
    assert found("batch") == ["anthropic/claude-sonnet-4.5:batch"]


def test_an_empty_query_gives_the_list_as_it_is() -> None:
    for query in ("", "   ", "-/:", "🤖"):
        assert found(query) == [model.id for model in SMALL]
    assert found("zzzzzz") == []
    assert SearchIndex(()).find("gpt").rows == []
    assert SearchIndex(()).find("").rows == []


def test_newer_models_come_first_among_equals() -> None:
    rows = [
        {"id": "m/alpaca-one", "created": 1_700_000_000},
        {"id": "m/alpaca-two", "created": 1_780_000_000},
    ]
    models = parse_model_list(rows).models
    assert found("alpaca", SearchIndex(models), models) == ["m/alpaca-two", "m/alpaca-one"]


def test_typing_on_narrows() -> None:
    index = SearchIndex(generated_models(2_000))
    query = "claude 4 mini"
    sizes = [len(index.find(query[:end]).rows) for end in (1, 3, 6, 8)]
    assert sizes == sorted(sizes, reverse=True)
    fresh = SearchIndex(generated_models(2_000))
    assert index.find(query) == fresh.find(query)


def marked(query: str, model: ModelInfo) -> tuple[list[str], list[str], list[str]]:
    """Return the marked pieces of name, id and vendor."""
    find = INDEX.span_finder(query)
    name, model_id, vendor = (
        [text[start:end] for start, end in find(text)] for text in (model.name, model.id, model.vendor)
    )
    return name, model_id, vendor


def test_what_was_met_is_marked() -> None:
    sonnet, gpt_4o, llama = SMALL[1], SMALL[4], SMALL[7]
    assert marked("clade son 4", sonnet) == (["Claude", "Son", "4"], ["anthropic", "claude", "son", "4"], ["Anthropic"])
    assert marked("gpt4o", gpt_4o) == (["GPT", "4o"], ["gpt", "4o"], [])
    assert marked("70b", llama) == (["70B"], ["70b"], [])
    assert marked("", llama) == ([], [], [])


texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.from_regex(
    r"[a-z]{0,6}[ .\-/:]?[0-9]{0,3}[.\-]?[0-9]{0,2}[a-z]{0,3}", fullmatch=True
)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=4).map(" ".join), st.lists(texts.filter(bool), max_size=5, unique=True))
def test_anything_can_be_typed_and_listed(query: str, ids: list[str]) -> None:
    models = [ModelInfo(id=model_id, name=model_id[::-1], vendor=model_id[:3]) for model_id in ids]
    for index, listed in ((INDEX, SMALL), (SearchIndex(models), tuple(models))):
        rows = index.find(query).rows
        assert len(set(rows)) == len(rows) <= len(listed)
        find = index.span_finder(query)
        for model in (listed[row] for row in rows[:3]):
            for text in (model.name, model.id, model.vendor):
                spans = find(text)
                ends = [place for span in spans for place in span]
                assert ends == sorted(ends)
                assert all(0 <= place <= len(text) for place in ends)
                assert all(start < end for start, end in spans)
