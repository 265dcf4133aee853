"""How long the silence before an answer is predicted to be, and by which evidence."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.catalogue.fitness.evidence import Evidence, Figures
from caal_desktop.catalogue.fitness.silence import (
    Silence,
    Thinking,
    silence_by_hosts,
    silence_by_kind,
    thinking_of,
)
from caal_desktop.llm.models.endpoints import EndpointInfo, parse_endpoints
from caal_desktop.llm.models.info import ModelInfo, Pricing, ReasoningPolicy
from tests.support.catalogues import EARLIER_LISTS, RealList

OPTIONAL = ReasoningPolicy(efforts=("high", "low"))
MINIMAL = ReasoningPolicy(mandatory=True, efforts=("high", "low", "minimal"))
LOW = ReasoningPolicy(mandatory=True, efforts=("high", "medium", "low"))
HIGH = ReasoningPolicy(mandatory=True, efforts=("xhigh", "high"))
UNBOUNDED = ReasoningPolicy(mandatory=True)


def model(policy: ReasoningPolicy | None = None, *, is_open: bool = False, **fields: Any) -> ModelInfo:
    """Return a model of the usual price, of whose parameters the list tells."""
    known: dict[str, Any] = {
        "supported_parameters": frozenset({"tools", "reasoning"} if policy else {"tools"}),
        "pricing": Pricing(prompt=0.1, completion=0.6),
        "hugging_face_id": "maker/model" if is_open else None,
    }
    return ModelInfo("maker/model", "Model", reasoning=policy, **(known | fields))


def host(latency_ms: float | None, rate: float | None, **fields: Any) -> EndpointInfo:
    return EndpointInfo("Host", latency_ms=latency_ms, throughput_p75=rate, **fields)


# --- by the hosts' figures


@pytest.mark.parametrize(
    ("subject", "figures", "seconds"),
    [
        # It never thinks: its latency, and 60 tokens.
        (model(), host(500, 60), 0.5 + 1),
        (model(is_open=True), host(500, 60), 0.5 + 1),
        # Thoughts of open weights are streamed: they take their time at the host's rate.
        (model(LOW, is_open=True), host(200, 400), 0.2 + 40 / 400 + 60 / 400),
        (model(HIGH, is_open=True), host(200, 100), 0.2 + 250 / 100 + 60 / 100),
        (model(UNBOUNDED, is_open=True), host(200, 100), 0.2 + 100 / 100 + 60 / 100),
        (model(OPTIONAL, is_open=True), host(200, 100), 0.2 + 60 / 100),
        # The latency of a closed one has everybody's thinking in it.
        (model(OPTIONAL), host(2_800, 60), sqrt(2.8 * 0.7) + 1),
        (model(MINIMAL), host(2_800, 60), sqrt(2.8 * 0.7) + 1),
        (model(OPTIONAL), host(600, 60), 0.6 + 1),
        (model(LOW), host(2_800, 60), 2.8 + 1),
        (model(), host(2_800, 60), 2.8 + 1),
    ],
)
def test_the_silence_by_a_hosts_figures(subject: ModelInfo, figures: EndpointInfo, seconds: float) -> None:
    assert silence_by_hosts(subject, [figures]) == Silence(pytest.approx(seconds), Evidence.HOSTS)


def test_over_hosts_the_quick_ones_count_more() -> None:
    slow, quick = host(1_000, 20), host(500, 120)
    told = silence_by_hosts(model(), [slow, quick])
    assert told is not None
    assert told.seconds == pytest.approx((20 * (1 + 3) + 120 * (0.5 + 0.5)) / 140)
    assert silence_by_hosts(model(), [quick, slow, host(None, 50), host(300, None)]) == told


def test_one_word_answers_do_not_make_a_host_slow() -> None:
    """A public host's own: half of its answers come at 8 tokens a second, a quarter at 51 and more."""
    entry = {"latency_last_30m": {"p50": 583}, "throughput_last_30m": {"p50": 8, "p75": 51, "p90": 94}}
    told = silence_by_hosts(model(), parse_endpoints({"data": [entry]}) or ())
    assert told is not None
    assert told.seconds == pytest.approx(0.583 + 60 / 51)
    median_alone = silence_by_hosts(model(), [EndpointInfo("Host", latency_ms=583, throughput=60)])
    assert median_alone is not None
    assert median_alone.seconds == pytest.approx(1.583)


def test_no_figures_are_no_silence_of_zero() -> None:
    assert silence_by_hosts(model(), []) is None
    assert silence_by_hosts(model(), [host(None, None), host(300, None), host(None, 80)]) is None


@given(
    st.sampled_from([None, OPTIONAL, MINIMAL, LOW, HIGH, UNBOUNDED]),
    st.booleans(),
    st.floats(50, 20_000),
    st.floats(5, 2_000),
    st.floats(1, 3),
)
def test_less_latency_and_more_speed_never_make_it_longer(
    policy: ReasoningPolicy | None, is_open: bool, latency: float, rate: float, factor: float
) -> None:
    subject = model(policy, is_open=is_open)

    def seconds(figures: EndpointInfo) -> float:
        told = silence_by_hosts(subject, [figures])
        assert told is not None
        return told.seconds

    usual = seconds(host(latency, rate))
    assert 0 < usual <= seconds(host(latency * factor, rate)) + 1e-9
    assert seconds(host(latency, rate * factor)) <= usual + 1e-9


# --- who may answer


def names_of(figures: Figures) -> list[str]:
    return [found.tag for found in figures.speaking_hosts("maker/model")]


def test_a_turn_reaches_hosts_that_are_allowed_well_and_take_tools() -> None:
    hosts = (
        EndpointInfo("Deep Infra", tag="deepinfra/fp8"),
        EndpointInfo("Deep Infra", tag="deepinfra/turbo", supported_parameters=frozenset({"tools"})),
        EndpointInfo("Groq", tag="groq", uptime=90.0),
        EndpointInfo("Down", tag="down", is_degraded=True),
        EndpointInfo("Shaky", tag="shaky", uptime=89.9),
        EndpointInfo("Plain", tag="plain", supported_parameters=frozenset({"stop"})),
    )
    told = {"maker/model": hosts}
    assert names_of(Figures(told)) == ["deepinfra/fp8", "deepinfra/turbo", "groq"]
    assert names_of(Figures(told, allowed=frozenset({"DeepInfra", "down"}))) == ["deepinfra/fp8", "deepinfra/turbo"]
    assert names_of(Figures(told, allowed=frozenset({"deepinfra/turbo"}))) == ["deepinfra/turbo"]
    assert names_of(Figures(told, ignored=frozenset({"deepinfra"}))) == ["groq"]
    assert names_of(Figures(told, ignored=frozenset({"GROQ", "deepinfra/fp8"}))) == ["deepinfra/turbo"]
    assert names_of(Figures({})) == []
    assert Figures({}).allowed_hosts("maker/model") is None
    assert Figures({"maker/model": ()}).allowed_hosts("maker/model") == ()


# --- by kind


@pytest.mark.parametrize(
    ("subject", "thinking", "seconds"),
    [
        (model(), Thinking.NEVER, 0.6 + 1),
        (model(OPTIONAL), Thinking.OPTIONAL, 0.9 + 1),
        (model(MINIMAL), Thinking.MANDATORY, 0.9 + 1),
        (model(LOW), Thinking.MANDATORY, 2.0 + 1),
        (model(LOW, is_open=True), Thinking.MANDATORY, 0.6 + 40 / 60 + 1),
        (model(HIGH, is_open=True), Thinking.MANDATORY, 0.6 + 250 / 60 + 1),
        (model(supported_parameters=frozenset({"tools", "reasoning"})), Thinking.POSSIBLE, 2.0 + 1),
        (model(supported_parameters=None), Thinking.UNKNOWN, None),
    ],
)
def test_the_silence_by_the_models_kind(subject: ModelInfo, thinking: Thinking, seconds: float | None) -> None:
    assert thinking_of(subject) is thinking
    expected = None if seconds is None else Silence(pytest.approx(seconds), Evidence.KIND)
    assert silence_by_kind(subject) == expected


def test_a_name_tells_of_thinking_only_where_nothing_else_does() -> None:
    named = ModelInfo("maker/model-thinking", "Model", supported_parameters=frozenset({"tools"}))
    assert thinking_of(named) is Thinking.LIKELY
    assert thinking_of(ModelInfo(named.id, "Model", reasoning=OPTIONAL)) is Thinking.OPTIONAL


def test_a_dearer_model_is_taken_for_a_slower_one_and_free_tells_nothing() -> None:
    def seconds(price: float | None) -> float:
        told = silence_by_kind(model(pricing=Pricing(prompt=price, completion=price)))
        assert told is not None
        return told.seconds

    prices = [0.01, 0.1, 0.6, 4, 50, 600]
    assert [seconds(price) for price in prices] == sorted(seconds(price) for price in prices)
    assert seconds(600) == seconds(50)
    assert seconds(0) == seconds(None) == seconds(0.6)


@pytest.mark.parametrize("earlier", EARLIER_LISTS, ids=lambda real: real.name)
def test_rows_that_list_reasoning_without_a_policy_are_not_said_to_speak_at_once(earlier: RealList) -> None:
    for row in earlier.models:
        if row.reasoning is None and "reasoning" in (row.supported_parameters or ()):
            assert thinking_of(row) is Thinking.POSSIBLE, row.id
    may = EARLIER_LISTS[0]
    possible = {row.id for row in may.models if thinking_of(row) is Thinking.POSSIBLE}
    assert {"openai/gpt-5", "x-ai/grok-4", "google/gemini-2.5-pro"} <= possible
    assert "openai/gpt-4.1-mini" not in possible
