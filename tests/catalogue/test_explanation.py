"""The line that tells what is to be expected of a model: what it rests on is always said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures, Measured
from caal_desktop.catalogue.fitness.explanation import FRESH, Explanation, explain
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing, ReasoningPolicy
from caal_desktop.llm.models.key_info import Funds
from tests.support.catalogues import RealList, on_real_lists

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2026, 8, 22)
NOW = datetime(2026, 8, 22, 12, tzinfo=UTC)
MODEL = ModelInfo(
    id="maker/model",
    name="Model",
    input_modalities=("text",),
    output_modalities=("text",),
    supported_parameters=frozenset({"tools"}),
    pricing=Pricing(prompt=0.1, completion=0.6),
    agentic_index=20.0,
)
LIST = [MODEL, *(replace(MODEL, id=f"maker/m{number}", agentic_index=float(number)) for number in range(24))]
HOST = EndpointInfo("Host", latency_ms=300.0, throughput_p75=100.0)
SLOW = replace(HOST, latency_ms=9_000.0)
DOWN = replace(HOST, uptime=60.0)
NO_TOOLS = replace(HOST, supported_parameters=frozenset({"stop"}))


def hosted(*hosts: EndpointInfo, age: timedelta | None = None, **choice: Any) -> Figures:
    """Return what is known where these are the model's hosts."""
    asked_at = {} if age is None else {MODEL.id: NOW - age}
    return Figures({MODEL.id: hosts}, asked_at=asked_at, **choice)


def explained(
    model: ModelInfo = MODEL, figures: Figures = NO_FIGURES, models: Sequence[ModelInfo] = LIST
) -> Explanation:
    return explain(model, TODAY, figures, Competence(models), now=NOW)


def facts(explanation: Explanation) -> list[str]:
    return [fact.in_words() for fact in explanation.facts]


def test_a_line_has_silence_price_tools_and_place() -> None:
    assert facts(explained()) == [
        "About 2 seconds of silence, judged by its kind",
        "about $0.0306 an hour",
        "can call tools",
        "place 4 of 25 in acting with tools, by Artificial Analysis",
    ]
    assert facts(explained(figures=hosted(HOST, DOWN))) == [
        "About 0.9 s of silence by its hosts' figures",
        "about $0.0306 an hour",
        "tools at 1 of 2 hosts",
        "place 4 of 25 in acting with tools, by Artificial Analysis",
    ]
    assert explained().caveat is None


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (hosted(HOST), "About 0.9 s of silence by its hosts' figures"),
        (hosted(HOST, age=FRESH), "About 0.9 s of silence by its hosts' figures"),
        (
            hosted(HOST, age=FRESH + timedelta(seconds=1)),
            "About 0.9 s of silence by its hosts' figures of 2026-08-22 11:29:59+00:00",
        ),
        (
            hosted(EndpointInfo("Host")),
            "About 2 seconds of silence, judged by its kind: its hosts tell no figures",
        ),
        (hosted(HOST, SLOW, quick=True), "About 0.9 s of silence by its quickest host's figures"),
        (
            hosted(HOST, quick=True, age=timedelta(hours=2)),
            "About 0.9 s of silence by its quickest host's figures of 2026-08-22 10:00:00+00:00",
        ),
        (
            replace(hosted(SLOW), measured={MODEL.id: Measured(1.44, 3, TODAY)}),
            "About 1.4 s of silence, measured here on 2026-08-22",
        ),
        (hosted(), "About 2 seconds of silence, judged by its kind: its hosts tell no figures"),
    ],
)
def test_the_silence_says_what_it_rests_on(figures: Figures, told: str) -> None:
    assert explained(figures=figures).silence.in_words() == told


def test_a_model_whose_id_leaves_no_choice_of_hosts_is_not_said_to_be_at_the_quickest() -> None:
    router = replace(MODEL, id="openrouter/some-router")
    silence = explained(router, Figures({router.id: (HOST, HOST)}, quick=True)).silence
    assert silence.in_words() == "About 0.9 s of silence by its hosts' figures"


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        (hosted(HOST), "tools at its only host"),
        (hosted(HOST, HOST, NO_TOOLS), "tools at 2 of 3 hosts"),
        (hosted(HOST, replace(HOST, provider_name="Other")), "tools at 2 of 2 hosts"),
        (
            hosted(HOST, replace(HOST, provider_name="Other"), ignored=frozenset({"other"})),
            "tools at the only host that you allow",
        ),
        (
            hosted(*(replace(HOST, provider_name=name) for name in "abc"), ignored=frozenset({"c"})),
            "tools at 2 of 2 hosts that you allow",
        ),
        (NO_FIGURES, "can call tools"),
    ],
)
def test_tools_are_counted_at_the_hosts_that_a_turn_may_reach(figures: Figures, told: str) -> None:
    assert told in facts(explained(figures=figures))


@pytest.mark.parametrize("figures", [hosted(DOWN), hosted(), hosted(HOST, allowed=frozenset({"nobody"}))])
def test_where_no_host_takes_tools_they_are_not_promised(figures: Figures) -> None:
    assert not any("tools at" in fact or "can call" in fact for fact in facts(explained(figures=figures)))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (replace(MODEL, pricing=Pricing(prompt=0.0, completion=0.0)), "free, with limits"),
        (replace(MODEL, pricing=Pricing(varies=True)), "its price varies"),
        (replace(MODEL, agentic_index=None), "no published figure of acting with tools"),
    ],
)
def test_what_is_not_as_usual_is_said(model: ModelInfo, told: str) -> None:
    assert told in facts(explained(model))


def test_quick_hosts_cost_at_least_what_they_tell() -> None:
    """Priority tiers of the host cost more, and are not told."""
    dear = replace(HOST, pricing=Pricing(prompt=0.2, completion=1.2))
    assert "at least $0.0612 an hour" in facts(explained(figures=hosted(dear, quick=True)))
    assert "about $0.0306 an hour" in facts(explained(figures=hosted(dear)))


def test_of_a_server_that_tells_ids_alone_nothing_is_made_up() -> None:
    model = ModelInfo("qwen3:8b", "qwen3:8b")
    explanation = explained(model, models=[model])
    assert facts(explanation) == ["How soon it speaks is not known"]
    assert explanation.caveat is not None


THINKER = replace(MODEL, reasoning=ReasoningPolicy(mandatory=True), pricing=Pricing(prompt=10.0, completion=50.0))


@pytest.mark.parametrize(
    ("model", "figures", "caveat"),
    [
        (MODEL, hosted(SLOW), "Too slow for a conversation."),
        (MODEL, Figures(measured={MODEL.id: Measured(9.0, 3, TODAY)}), "Too slow for a conversation."),
        (MODEL, Figures(measured={MODEL.id: Measured(9.0, 2, TODAY)}), "So far too slow for a conversation."),
        (THINKER, NO_FIGURES, "Probably too slow for a conversation."),
        (
            replace(MODEL, supported_parameters=frozenset({"stop"})),
            hosted(SLOW),
            "Cannot call tools, so the assistant could only talk.",
        ),
        (replace(MODEL, agentic_index=2.0), hosted(HOST), "Among the last fifth of its list in acting with tools."),
        (replace(MODEL, agentic_index=None), NO_FIGURES, "Little is known of it: try it before you rely on it."),
        (replace(MODEL, agentic_index=None), hosted(HOST), None),
        (
            replace(MODEL, agentic_index=None, pricing=Pricing(prompt=0.01, completion=0.05)),
            hosted(HOST),
            "Among the cheapest of its age, and nobody has published how competent it is.",
        ),
        (MODEL, hosted(DOWN), "No host that your settings allow answers well at the moment."),
        (MODEL, hosted(HOST, allowed=frozenset({"nobody"})), "Your settings allow none of its hosts to answer."),
        (replace(MODEL, expiration_date=date(2026, 9, 1)), hosted(HOST), "Will be switched off after 2026-09-01."),
    ],
)
def test_what_matters_most_of_what_speaks_against_it_is_said(
    model: ModelInfo, figures: Figures, caveat: str | None
) -> None:
    told = explained(model, figures).caveat
    assert (told.in_words() if told else None) == caveat


def test_what_the_key_cannot_pay_for_says_so_before_all_else() -> None:
    free = replace(MODEL, id="maker/model:free", pricing=Pricing(prompt=0.0, completion=0.0))
    view = CatalogueView([*LIST, free], TODAY)
    for funds, told in (
        (Funds.UNKNOWN, None),
        (Funds.BOUGHT, None),
        (Funds.NONE_BOUGHT, "Needs credit, which this key never had."),
        (Funds.SPENT, "Nothing is left of what this key may spend."),
    ):
        judged = view.with_figures(hosted(SLOW), funds)
        caveat = judged.explain(MODEL).caveat
        assert caveat is not None
        assert caveat.in_words() == (told or "Too slow for a conversation.")
        assert judged.explain(free).caveat is None


@on_real_lists
def test_every_real_model_has_a_line_that_agrees_with_its_verdict(real: RealList) -> None:
    view = CatalogueView(real.models, TODAY)
    for model in view.models:
        explanation = view.explain(model)
        words = " ".join([*facts(explanation), explanation.caveat.in_words() if explanation.caveat else ""])
        assert "{" not in words
        assert "…" not in words, "a value is missing"
        is_fit = voice_verdict(model, TODAY) is FitnessVerdict.FIT
        assert is_fit or explanation.caveat is not None, model.id
        assert "by its hosts" not in words, "nobody was asked"
