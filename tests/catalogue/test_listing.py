"""What the picker lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures, Measured
from caal_desktop.catalogue.fitness.recommend import recommend
from caal_desktop.catalogue.fitness.silence import silence_by_kind
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.catalogue.listing import (
    ListRequest,
    ListSection,
    MissingModel,
    SectionKind,
    TypedModel,
    list_models,
    relaxations,
)
from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.models.listing import parse_model_list
from tests.support.catalogues import EXCERPT, RealList, generated_models, on_real_lists

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 8, 22)
MODELS = generated_models(800)
VIEW = CatalogueView(MODELS, TODAY)
USABLE = [model for model in MODELS if can_chat(model)]


def models_of(request: ListRequest, view: CatalogueView = VIEW) -> list[ModelInfo]:
    return [entry for entry in list_models(view, request).entries if isinstance(entry, ModelInfo)]


def sections_of(request: ListRequest, view: CatalogueView = VIEW) -> list[ListSection]:
    return [entry for entry in list_models(view, request).entries if isinstance(entry, ListSection)]


def test_nothing_typed_gives_every_vendor_with_all_that_can_chat() -> None:
    listing = list_models(VIEW, ListRequest())
    assert listing.is_grouped
    assert listing.found == len(USABLE)
    sections = sections_of(ListRequest())
    assert listing.entries[0] is VIEW.recommended
    by_vendor = [section for section in sections if section.kind is SectionKind.VENDOR]
    assert sum(section.count for section in by_vendor) == len(USABLE)
    start = listing.entries.index(by_vendor[0])
    assert {e.id for e in listing.entries[start:] if isinstance(e, ModelInfo)} == {model.id for model in USABLE}


def test_the_recommended_one_is_the_same_as_everywhere() -> None:
    assert VIEW.recommended == recommend(MODELS, TODAY)
    assert models_of(ListRequest())[0] == VIEW.recommended


def test_favourites_and_recents_come_first_where_they_pass() -> None:
    free = next(model for model in USABLE if model.pricing.is_free)
    paid = next(model for model in USABLE if not model.pricing.is_free)
    request = ListRequest(favourites=[paid.id, "gone/away", free.id], recents=[free.id])
    kinds = [section.kind for section in sections_of(request)][:2]
    assert kinds == [SectionKind.FAVOURITES, SectionKind.RECENT]
    assert [model.id for model in models_of(request)[1:4]] == [paid.id, free.id, free.id]
    only_free = Filters(frozenset({FilterName.FREE}))
    narrowed = ListRequest(filters=only_free, favourites=[paid.id, free.id])
    assert [s.count for s in sections_of(narrowed) if s.kind is SectionKind.FAVOURITES] == [1]


def sort_models(models: list[ModelInfo], order: SortOrder, server_ids: list[str]) -> list[ModelInfo]:
    """Sort the models themselves, the plain way; those without the figure go last."""
    figures: dict[SortOrder, Callable[[ModelInfo], float | None]] = {
        SortOrder.SILENCE: lambda model: (told := silence_by_kind(model)) and round(told.seconds),
        SortOrder.PRICE: lambda model: hourly_cost(model).usd,
        SortOrder.CONTEXT: lambda model: model.context_length and -model.context_length,
        SortOrder.NEWEST: lambda model: model.created and -model.created.timestamp(),
        SortOrder.INTELLIGENCE: lambda model: model.intelligence_index and -model.intelligence_index,
    }
    places = {model_id: place for place, model_id in enumerate(server_ids)}
    figure = figures.get(order, lambda model: places.get(model.id))
    return sorted(models, key=lambda model: (figure(model) is None, figure(model) or 0.0))


@pytest.mark.parametrize("order", [order for order in SortOrder if order is not SortOrder.BEST_MATCH])
@pytest.mark.parametrize("query", ["", "claude mini"])
def test_an_order_is_the_list_s_and_loses_nothing(order: SortOrder, query: str) -> None:
    ids = [model.id for model in reversed(MODELS[::2])] if order in SERVER_SORT else []
    listed = models_of(ListRequest(query=query, order=order, server_ids=ids))
    expected = set(VIEW.search.find(query).rows)
    wanted = [model for row, model in enumerate(MODELS) if row in expected and can_chat(model)]
    assert [model.id for model in listed] == [model.id for model in sort_models(wanted, order, ids)]


def test_the_quickest_to_speak_come_first_by_the_best_evidence() -> None:
    """What was measured and what hosts tell is better known than a kind, and comes before it, whatever it says."""
    first, second, third, silent = [model for model in MODELS if can_chat(model) and silence_by_kind(model)][:4]
    host = EndpointInfo("Host", latency_ms=9_000.0, throughput_p75=100.0)
    figures = Figures(
        {second.id: (host,), third.id: (replace(host, latency_ms=300.0),), silent.id: (EndpointInfo("Host"),)},
        measured={first.id: Measured(5.0, 3, TODAY)},
    )
    judged = VIEW.with_figures(figures)

    def listed(view: CatalogueView) -> list[str]:
        return [view.models[row].id for row in view.order(SortOrder.SILENCE)]

    assert listed(judged)[:3] == [third.id, first.id, second.id]
    others = {first.id, second.id, third.id}
    assert listed(judged)[3:] == [model_id for model_id in listed(VIEW) if model_id not in others]
    assert listed(judged.with_figures(NO_FIGURES)) == listed(VIEW), "the figures are gone again"


def test_what_tells_nothing_of_a_silence_cannot_be_sorted_by_it() -> None:
    assert not CatalogueView([ModelInfo("llama3.2", "llama3.2")], TODAY).can_sort_by(SortOrder.SILENCE)
    assert VIEW.can_sort_by(SortOrder.SILENCE)


def test_counts_are_of_what_the_query_found() -> None:
    request = ListRequest(query="claude")
    listing = list_models(VIEW, request)
    for name in FilterName:
        narrowed = ListRequest(query="claude", filters=Filters(frozenset({name})))
        assert listing.counts.by_name[name] == list_models(VIEW, narrowed).found


def test_a_missing_model_in_use_stays_visible() -> None:
    assert list_models(VIEW, ListRequest(chosen="gone/away")).entries[0] == MissingModel("gone/away")
    listed = list_models(VIEW, ListRequest(chosen=MODELS[0].id)).entries
    assert not any(isinstance(entry, MissingModel) for entry in listed)


def test_any_id_can_be_typed() -> None:
    view = CatalogueView(parse_model_list(["openai/gpt-4o", "openai/gpt-4o-mini"]).models, TODAY)

    def typed(query: str) -> list[object]:
        return [
            e.id if isinstance(e, (TypedModel, ModelInfo)) else e for e in list_models(view, ListRequest(query)).entries
        ]

    assert typed("openai/gpt-4") == ["openai/gpt-4o", "openai/gpt-4o-mini", "openai/gpt-4"]
    assert typed("openai/gpt-4o") == ["openai/gpt-4o", "openai/gpt-4o-mini"]
    assert typed("my/own-model") == ["my/own-model"]
    assert typed("openai/zebra")[0] == "openai/zebra"
    assert typed("llama3.2:latest") == ["llama3.2:latest"]
    assert typed("gpt") == ["openai/gpt-4o", "openai/gpt-4o-mini"]
    assert typed("what is this") == []
    assert typed("<b>") == []


def test_the_nearest_are_called_so() -> None:
    listing = list_models(VIEW, ListRequest("claude zzzzzz"))
    assert not listing.is_exact
    assert listing.entries[0] == ListSection(SectionKind.NEAREST, "", listing.found)
    assert list_models(VIEW, ListRequest("claude")).is_exact


def test_relaxations_say_what_they_bring() -> None:
    active = frozenset({FilterName.FREE, FilterName.VOICE})
    request = ListRequest("thinking pro", Filters(active, max_usd_per_hour=0.0))
    offered = relaxations(VIEW, request)
    assert offered
    for one in offered:
        assert one.count == list_models(VIEW, ListRequest("thinking pro", one.filters)).found > 0
    assert [one.count for one in offered] == sorted((one.count for one in offered), reverse=True)
    assert relaxations(VIEW, ListRequest("qqqqqqqq")) == []


def test_what_cannot_chat_can_be_shown() -> None:
    assert models_of(ListRequest("batch")) == []
    (show,) = relaxations(VIEW, ListRequest("batch"))
    assert show.filters.show_unusable
    assert all(model.variant == "batch" for model in models_of(ListRequest("batch", show.filters))[:5])


@on_real_lists
def test_a_real_list_by_vendor(real: RealList) -> None:
    view = CatalogueView(real.models, TODAY)
    listing = list_models(view, ListRequest())
    unusable = real.unusable_ids()
    assert listing.counts.unusable == len(unusable)
    assert unusable or real is not EXCERPT
    assert listing.found == len(real.models) - len(unusable)
    listed = {entry.id for entry in listing.entries if isinstance(entry, ModelInfo)}
    assert listed == {model.id for model in real.models} - unusable


requests = st.builds(
    ListRequest,
    query=st.text(max_size=12) | st.sampled_from(["claude", "gpt 5 mini", "a/b", "openai/gpt-4", "x y z"]),
    filters=st.builds(
        Filters,
        active=st.frozensets(st.sampled_from(FilterName), max_size=3),
        max_usd_per_hour=st.none() | st.sampled_from([0.0, 0.1, 2.0]),
        show_unusable=st.booleans(),
    ),
    order=st.sampled_from(SortOrder),
    server_ids=st.lists(st.sampled_from([model.id for model in MODELS] + ["gone"]), max_size=5),
    favourites=st.lists(st.sampled_from([MODELS[0].id, MODELS[1].id, "gone/x"]), unique=True),
    chosen=st.sampled_from(["", MODELS[3].id, "gone/y"]),
)


@settings(max_examples=150, deadline=None)
@given(requests)
def test_any_request_is_answered_and_its_counts_are_true(request: ListRequest) -> None:
    for view in (VIEW, CatalogueView((), TODAY)):
        listing = list_models(view, request)
        listed = [entry for entry in listing.entries if isinstance(entry, ModelInfo)]
        assert len({model.id for model in listed}) == listing.found == listing.counts.shown
        assert len(relaxations(view, request)) <= len(FilterName) + 2
