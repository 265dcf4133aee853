"""Filters, orders and groups."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.catalogue.filters import LONG_CONTEXT, FilterIndex, FilterName, Filters
from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_fitness, voice_verdict
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.catalogue.grouping import group_by_vendor
from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.models.listing import parse_model_list
from tests.support.catalogues import EXCERPT, RealList, generated_models, on_real_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2026, 8, 22)
MODELS = generated_models(800)
INDEX = FilterIndex(MODELS, TODAY)

filters = st.builds(
    Filters,
    active=st.frozensets(st.sampled_from(FilterName), max_size=4),
    max_usd_per_hour=st.none() | st.sampled_from([0.0, 0.05, 0.5, 5.0]),
    show_unusable=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(filters)
def test_counts_promise_what_switching_on_gives(active: Filters) -> None:
    told = INDEX.counts(active)
    assert told.shown == len(INDEX.apply(active))
    for name in FilterName:
        switched_on = active if name in active.active else active.with_toggled(name)
        assert told.by_name[name] == len(INDEX.apply(switched_on))


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        (FilterName.FREE, lambda model: model.pricing.is_free),
        (FilterName.TOOLS, lambda model: "tools" in model.supported_parameters),
        (FilterName.VISION, lambda model: "image" in model.input_modalities),
        (FilterName.AUDIO_INPUT, lambda model: "audio" in model.input_modalities),
        (FilterName.REASONING_OPTIONAL, lambda model: model.reasoning and not model.reasoning.mandatory),
        (FilterName.LONG_CONTEXT, lambda model: model.context_length >= LONG_CONTEXT),
        (FilterName.NO_EXPIRY, lambda model: model.expiration_date is None),
        (FilterName.OPEN_WEIGHTS, lambda model: model.hugging_face_id),
        (FilterName.VOICE, lambda model: voice_fitness(model, TODAY).verdict is FitnessVerdict.FIT),
    ],
)
def test_each_filter_leaves_what_it_says(name: FilterName, holds: object) -> None:
    assert callable(holds)
    left = INDEX.apply(Filters(frozenset({name})))
    assert left == [model for model in MODELS if can_chat(model) and holds(model)]
    assert 0 < len(left) < len(MODELS)


def test_figures_of_hosts_change_the_judgement_and_nothing_else() -> None:
    view = CatalogueView(MODELS, TODAY)
    view.build_search_index()
    fit = view.filters.apply(Filters(frozenset({FilterName.VOICE})))
    unsure = [model for model in MODELS if voice_verdict(model, TODAY) is FitnessVerdict.UNSURE and can_chat(model)]
    slow, quick = (
        (EndpointInfo("Host", latency_ms=9_000, throughput_p75=10),),
        (EndpointInfo("Host", latency_ms=200, throughput_p75=300),),
    )
    figures = Figures({fit[0].id: slow, fit[-1].id: slow, **{model.id: quick for model in unsure}, "not/listed": slow})
    judged = view.with_figures(figures)
    assert (view.figures, judged.figures) == (NO_FIGURES, figures)
    voice = Filters(frozenset({FilterName.VOICE}))
    left = judged.filters.apply(voice)
    assert left == [m for m in MODELS if can_chat(m) and voice_verdict(m, TODAY, figures) is FitnessVerdict.FIT]
    assert fit[0] not in left
    assert any(model in left for model in unsure)
    assert view.filters.apply(voice) == fit, "the one that was there is as it was"
    assert judged.search is view.search
    for name in set(FilterName) - {FilterName.VOICE}:
        only = Filters(frozenset({name}))
        assert judged.filters.mask(only) == view.filters.mask(only)
    again = judged.with_figures(Figures({fit[1].id: slow}))
    assert again.filters.apply(voice) == [fit[0], *fit[2:]], "earlier figures are forgotten"
    assert judged.with_figures(NO_FIGURES).recommended == view.recommended


def test_the_unusable_are_out_of_the_way_but_counted() -> None:
    told = INDEX.counts(Filters())
    assert told.unusable == sum(model.variant == "batch" for model in MODELS) > 0
    assert told.shown == told.total == len(MODELS) - told.unusable
    everything = INDEX.counts(Filters(show_unusable=True))
    assert everything.shown == everything.total == len(MODELS)
    assert INDEX.apply(Filters(show_unusable=True)) == list(MODELS)


def test_a_price_limit_leaves_out_what_is_not_known() -> None:
    models = [*MODELS, *parse_model_list(["m/unknown", "m/other"]).models]
    left = FilterIndex(models, TODAY).apply(Filters(max_usd_per_hour=0.1))
    assert left
    assert all((hourly_cost(model).usd or 0) <= 0.1 and "/unknown" not in model.id for model in left)
    assert Filters().is_default
    assert not Filters(max_usd_per_hour=0.1).is_default


@on_real_lists
def test_a_real_list_offers_enough_fit_models(real: RealList) -> None:
    told = FilterIndex(real.models, TODAY).counts(Filters())
    unusable = len(real.unusable_ids())
    assert (told.shown, told.unusable) == (len(real.models) - unusable, unusable)
    assert told.by_name[FilterName.VOICE] > 0.25 * told.shown


def sort_models(models: Sequence[ModelInfo], order: SortOrder, server_ids: Sequence[str] = ()) -> list[ModelInfo]:
    """Return the models as the picker lists them in an order."""
    view = CatalogueView(models, TODAY)
    return [view.models[row] for row in view.order(order, server_ids)]


@pytest.mark.parametrize("order", SortOrder)
def test_sorting_loses_nothing_and_is_stable(order: SortOrder) -> None:
    bare = parse_model_list(["m/one", "m/two"]).models
    models = [*bare, *MODELS]
    ids = [model.id for model in reversed(MODELS)]
    ordered = sort_models(models, order, ids)
    assert sorted(model.id for model in ordered) == sorted(model.id for model in models)
    if order is not SortOrder.BEST_MATCH:
        assert tuple(ordered[-2:]) == bare
    assert sort_models(ordered, order, ids) == ordered


def test_orders_sort_by_what_they_say() -> None:
    costs = [hourly_cost(model).usd for model in sort_models(MODELS, SortOrder.PRICE)]
    assert costs == sorted(costs, key=lambda usd: usd or 0)
    contexts = [model.context_length or 0 for model in sort_models(MODELS, SortOrder.CONTEXT)]
    assert contexts == sorted(contexts, reverse=True)
    dates = [model.created for model in sort_models(MODELS, SortOrder.NEWEST)]
    assert dates == sorted(dates, key=str, reverse=True)


@on_real_lists
def test_intelligence_puts_the_best_first_and_the_unmeasured_last(real: RealList) -> None:
    ordered = sort_models(real.models, SortOrder.INTELLIGENCE)
    told = [model.intelligence_index for model in real.models if model.intelligence_index is not None]
    assert told or real is not EXCERPT
    assert ordered[0].intelligence_index == max(told, default=None)
    assert ordered[-1].intelligence_index is None


def test_the_server_s_orders_put_unknown_ids_last() -> None:
    models = parse_model_list(["a", "b", "c", "d"]).models
    for order in SERVER_SORT:
        assert [model.id for model in sort_models(models, order, ["c", "gone", "b"])] == ["c", "b", "a", "d"]
        assert sort_models(models, order) == list(models)
        assert not CatalogueView(MODELS, TODAY).can_sort_by(order), "its server tells it, and not the list"
    assert not CatalogueView(models, TODAY).can_sort_by(SortOrder.INTELLIGENCE)
    assert CatalogueView(MODELS, TODAY).can_sort_by(SortOrder.PRICE)
    assert CatalogueView((), TODAY).can_sort_by(SortOrder.BEST_MATCH)


def test_every_model_is_in_one_group() -> None:
    groups = group_by_vendor(MODELS)
    listed = [model.id for group in groups for model in group.models]
    assert sorted(listed) == sorted(model.id for model in MODELS)
    assert len({group.key for group in groups}) == len(groups)
    assert [len(group.models) for group in groups] == sorted((len(group.models) for group in groups), reverse=True)


def test_one_vendor_with_two_spellings_is_one_group() -> None:
    rows = [
        {"id": "x-ai/grok-4.5", "name": "SpaceXAI: Grok 4.5", "created": 1_780_000_000},
        {"id": "x-ai/grok-4.6", "name": "SpaceXAI: Grok 4.6", "created": 1_786_000_000},
        {"id": "x-ai/grok-4.6:batch", "name": "SpaceXAI: Grok 4.6 (batch)", "created": 1_786_000_000},
        {"id": "~x-ai/grok-latest", "name": "xAI: Grok Latest", "created": 1_787_000_000},
        {"id": "meta-llama/llama-4", "name": "Meta: Llama 4"},
        {"id": "meta/muse", "name": "Meta: Muse"},
        {"id": "local-model"},
    ]
    groups = group_by_vendor(parse_model_list(rows).models)
    assert [group.vendor for group in groups] == ["SpaceXAI", "Meta", ""]
    assert [model.id for model in groups[0].models] == [
        "x-ai/grok-4.6",
        "x-ai/grok-4.5",
        "x-ai/grok-4.6:batch",
        "~x-ai/grok-latest",
    ]


def test_nothing_is_grouped_into_nothing() -> None:
    assert group_by_vendor(()) == []
    assert group_by_vendor([ModelInfo(id="a", name="a")])[0].vendor == ""
