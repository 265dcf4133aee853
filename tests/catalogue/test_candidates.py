"""Whose hosts are asked."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.candidates import MOST_CANDIDATES, MOST_WITHOUT_INDEX, candidates
from caal_desktop.catalogue.fitness.recommend import could_be_suggested
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.llm.models.info import ReasoningPolicy
from caal_desktop.llm.models.key_info import Funds
from tests.support.catalogues import RealList, generated_models, on_real_lists

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo

TODAY = date(2026, 8, 22)


@on_real_lists
def test_all_could_be_suggested_and_the_lists_order_has_no_say(real: RealList) -> None:
    chosen = candidates(real.models, TODAY)
    able = {model.id for model in could_be_suggested(real.models, TODAY)}
    assert chosen
    assert set(chosen) <= able
    assert len(chosen) == len(set(chosen))
    shuffled = list(real.models)
    random.Random(1).shuffle(shuffled)  # noqa: S311 - to be repeated, not to be secret
    assert candidates(shuffled, TODAY) == chosen


def models_with_index(*, told: bool) -> list[ModelInfo]:
    models = could_be_suggested(generated_models(1_000), TODAY)
    return [replace(model, agentic_index=float(place) if told else None) for place, model in enumerate(models)]


def test_more_are_asked_where_the_list_tells_no_index() -> None:
    assert len(candidates(models_with_index(told=True), TODAY)) == MOST_CANDIDATES
    assert len(candidates(models_with_index(told=False), TODAY)) == MOST_WITHOUT_INDEX


def test_without_the_orders_what_has_to_think_is_asked_later() -> None:
    models = [replace(one, reasoning=None, hugging_face_id=None) for one in models_with_index(told=True)]
    models = [replace(one, supported_parameters=frozenset({"tools"})) for one in models]
    first = candidates(models, TODAY)[0]
    thinks = [
        replace(one, reasoning=ReasoningPolicy(mandatory=True, efforts=("high",))) if one.id == first else one
        for one in models
    ]
    assert first not in candidates(thinks, TODAY)[:1]
    order = [first, *(one.id for one in models if one.id != first)]
    assert candidates(thinks, TODAY, by_latency=order, by_throughput=order)[0] == first, "their figures know better"


def test_the_servers_orders_bring_up_what_is_quick() -> None:
    models = models_with_index(told=True)
    without = candidates(models, TODAY)
    slow = [model.id for model in could_be_suggested(models, TODAY) if model.id not in without]
    last = slow[-1]
    order = [last, *(model.id for model in models if model.id != last)]
    assert last in candidates(models, TODAY, by_latency=order, by_throughput=order)
    order.reverse()
    assert last not in candidates(models, TODAY, by_latency=order, by_throughput=order)


def test_without_credit_only_what_is_free_is_asked() -> None:
    models = [
        replace(model, pricing=replace(model.pricing, prompt=0.0, completion=0.0)) if number % 3 else model
        for number, model in enumerate(models_with_index(told=True))
    ]
    free = {model.id for model in models if model.pricing.is_free and can_chat(model)}
    assert not free & set(candidates(models, TODAY)), "free for a while is no recommendation to who can pay"
    chosen = candidates(models, TODAY, funds=Funds.NONE_BOUGHT)
    assert len(chosen) == MOST_CANDIDATES
    assert set(chosen) <= free
