"""What it changes, and costs, to ask a model's quickest hosts first."""

from __future__ import annotations

from typing import Any

import pytest

from caal_desktop.catalogue.filters import Filters
from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, ReasonCode, predicted_silence, voice_fitness
from caal_desktop.catalogue.fitness.evidence import Evidence, Figures
from caal_desktop.catalogue.fitness.quick_hosts import quick_hosts
from caal_desktop.catalogue.fitness.silence import Silence, reached_hosts
from caal_desktop.catalogue.fitness.speech_cost import CostKind, HourlyCost, expected_cost, hourly_cost
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing, ReasoningPolicy
from tests.catalogue.test_judgement import TODAY

CHEAP, DEAR = Pricing(prompt=0.1, completion=0.6), Pricing(prompt=0.4, completion=2.4)
SLOW = EndpointInfo("Slow", CHEAP, latency_ms=900, throughput_p75=40, tag="slow", quantization="bf16")
QUICK = EndpointInfo("Quick", DEAR, latency_ms=300, throughput_p75=600, tag="quick", quantization="fp4")


def model(model_id: str = "maker/model", **fields: Any) -> ModelInfo:
    known: dict[str, Any] = {
        "supported_parameters": frozenset({"tools"}),
        "pricing": CHEAP,
        "context_length": 128_000,
        "output_modalities": ("text",),
    }
    return ModelInfo(model_id, "Model", **(known | fields))


def figures(*hosts: EndpointInfo, model_id: str = "maker/model", **fields: Any) -> Figures:
    return Figures({model_id: hosts or (SLOW, QUICK)}, **fields)


# --- the prediction


def test_with_quick_hosts_first_the_host_of_the_greatest_throughput_answers() -> None:
    usual = predicted_silence(model(), figures())
    quick = predicted_silence(model(), figures(quick=True))
    assert quick == Silence(pytest.approx(0.3 + 60 / 600), Evidence.HOSTS)
    assert usual == Silence(pytest.approx((40 * (0.9 + 1.5) + 600 * 0.4) / 640), Evidence.HOSTS)


def test_its_own_first_token_counts_though_another_hosts_is_sooner() -> None:
    late = EndpointInfo("Late", DEAR, latency_ms=4_600, throughput_p75=700, tag="late")
    quick = predicted_silence(model(), figures(SLOW, QUICK, late, quick=True))
    assert quick == Silence(pytest.approx(4.6 + 60 / 700), Evidence.HOSTS)
    (told,) = (
        reason
        for reason in voice_fitness(model(), TODAY, figures(SLOW, QUICK, late, quick=True)).reasons
        if reason.code is ReasonCode.SPEAKS_TOO_LATE
    )
    assert told.verdict is FitnessVerdict.UNFIT


@pytest.mark.parametrize(
    "unreachable",
    [
        EndpointInfo("Down", DEAR, latency_ms=100, throughput_p75=2_000, is_degraded=True),
        EndpointInfo("Shaky", DEAR, latency_ms=100, throughput_p75=2_000, uptime=60),
        EndpointInfo("Plain", DEAR, latency_ms=100, throughput_p75=2_000, supported_parameters=frozenset({"stop"})),
        EndpointInfo("Banned", DEAR, latency_ms=100, throughput_p75=2_000, tag="banned"),
        EndpointInfo("Silent", DEAR, throughput_p75=2_000),
    ],
)
def test_only_a_host_that_a_voice_turn_reaches_counts(unreachable: EndpointInfo) -> None:
    known = figures(SLOW, unreachable, QUICK, quick=True, ignored=frozenset({"banned"}))
    assert reached_hosts("maker/model", known) == (QUICK,)
    told = quick_hosts(model(), known)
    assert told is not None
    assert told.host is QUICK


@pytest.mark.parametrize("model_id", ["maker/model:nitro", "~maker/model", "openrouter/auto"])
def test_where_it_cannot_be_asked_for_nothing_changes(model_id: str) -> None:
    subject = model(model_id)
    known, quick = figures(model_id=model_id), figures(model_id=model_id, quick=True)
    assert predicted_silence(subject, quick) == predicted_silence(subject, known)
    assert expected_cost(subject, quick) == hourly_cost(subject)
    assert quick_hosts(subject, quick) is None


def test_without_figures_the_kind_is_all_there_is() -> None:
    silent = EndpointInfo("Silent", DEAR)
    assert reached_hosts("maker/model", figures(silent, quick=True)) == (silent,)
    for known in (Figures(quick=True), figures(silent, quick=True)):
        told = predicted_silence(model(), known)
        assert told is not None
        assert told.evidence is Evidence.KIND
        assert quick_hosts(model(), known) is None


def test_a_list_is_judged_anew() -> None:
    slow = EndpointInfo("Slow", CHEAP, latency_ms=3_000, throughput_p75=60)
    view = CatalogueView([model(), model("maker/other")], TODAY)
    other = EndpointInfo("Other", CHEAP, latency_ms=300, throughput_p75=100)
    hosts = {"maker/model": (slow, slow, slow, QUICK), "maker/other": (other,)}

    def recommended(known: Figures) -> str:
        best = view.with_figures(known).recommended
        assert best is not None
        return best.id

    assert recommended(Figures(hosts)) == "maker/other"
    assert recommended(Figures(hosts, quick=True)) == "maker/model"


def test_orders_and_limits_of_price_are_those_of_the_hosts_that_are_asked() -> None:
    view = CatalogueView([model("maker/other", pricing=Pricing(prompt=0.2, completion=1.2)), model()], TODAY)
    quick = view.with_figures(figures(quick=True))
    limit = Filters(max_usd_per_hour=hourly_cost(model("maker/other", pricing=Pricing(prompt=0.2, completion=1.2))).usd)
    for judged, order, within in ((view, [1, 0], 2), (quick, [0, 1], 1), (quick.with_figures(figures()), [1, 0], 2)):
        assert judged.filters.counts(limit).shown == within
        assert list(judged.order(SortOrder.PRICE)) == order


# --- the price


def test_its_price_is_that_of_the_very_host() -> None:
    told = quick_hosts(model(), figures())
    assert told is not None
    assert told == quick_hosts(model(), figures(quick=True)), "the same whether it is on or off"
    assert told.host is QUICK
    assert (told.seconds, told.usual_seconds) == (pytest.approx(0.4), pytest.approx((40 * 2.4 + 600 * 0.4) / 640))
    cheap, dear = hourly_cost(model()).usd or 0, hourly_cost(model(pricing=DEAR)).usd
    assert dear == pytest.approx(4 * cheap)
    assert told.usd == pytest.approx(dear)
    assert told.cheapest_usd == pytest.approx(cheap)


def test_a_hosts_discount_counts_and_thinking_costs_as_much_as_there() -> None:
    thinker = model(reasoning=ReasoningPolicy(mandatory=True))
    full = EndpointInfo("Quick", DEAR)
    assert hourly_cost(thinker, full) == hourly_cost(model(reasoning=thinker.reasoning, pricing=DEAR))
    half = EndpointInfo("Quick", DEAR, discount=0.5)
    assert hourly_cost(thinker, half).usd == pytest.approx((hourly_cost(thinker, full).usd or 0) / 2)


def test_what_an_hour_is_expected_to_cost_follows_the_choice() -> None:
    assert expected_cost(model(), figures()) == hourly_cost(model())
    quick = expected_cost(model(), figures(quick=True))
    assert quick == HourlyCost(CostKind.KNOWN, hourly_cost(model(), QUICK).usd, is_least=True)
    # Of unknown hosts, and of those that tell no price, the list's price is the least.
    untold = EndpointInfo("Untold", latency_ms=100, throughput_p75=900)
    for known in (Figures(quick=True), figures(SLOW, untold, quick=True)):
        assert expected_cost(model(), known) == HourlyCost(CostKind.KNOWN, hourly_cost(model()).usd, is_least=True)


def test_what_is_free_varies_or_is_not_told_is_no_least_sum() -> None:
    free, router = (
        model("maker/model:free", pricing=Pricing(prompt=0, completion=0)),
        model(pricing=Pricing(varies=True)),
    )
    for subject in (free, router, model(pricing=Pricing())):
        assert expected_cost(subject, Figures(quick=True)) == hourly_cost(subject)


def test_prices_that_are_not_told_are_no_zero() -> None:
    untold = EndpointInfo("Untold", latency_ms=100, throughput_p75=900)
    told = quick_hosts(model(), figures(SLOW, untold))
    assert told is not None
    assert told.usd is None
    assert told.cheapest_usd == pytest.approx(hourly_cost(model()).usd)


@pytest.mark.parametrize(
    ("quick", "others", "is_coarser"),
    [
        ("fp4", ["bf16"], True),
        ("nvfp4", ["fp8", None], True),
        ("fp4", ["fp4", "bf16"], True),
        ("fp8", ["bf16"], False),
        (None, ["bf16"], False),
        # The weights were published so, or nothing is known of the others.
        ("mxfp4", ["mxfp4"], False),
        ("fp4", [None], False),
        ("fp4", [], False),
    ],
)
def test_few_bits_are_told_where_others_have_more(
    quick: str | None, others: list[str | None], is_coarser: bool
) -> None:
    slower = [EndpointInfo("Slow", CHEAP, latency_ms=900, throughput_p75=40, quantization=bits) for bits in others]
    first = EndpointInfo("Quick", DEAR, latency_ms=300, throughput_p75=600, quantization=quick)
    told = quick_hosts(model(), figures(*slower, first))
    assert told is not None
    assert told.is_coarser is is_coarser
