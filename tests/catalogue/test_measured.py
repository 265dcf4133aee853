"""What this computer measured: the silence of a turn, what several say together, and what they make of a model."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest

from caal_desktop.catalogue.filters import FilterIndex, FilterName
from caal_desktop.catalogue.fitness.assessment import (
    ENOUGH_TURNS,
    FitnessVerdict,
    ReasonCode,
    voice_fitness,
    voice_verdict,
)
from caal_desktop.catalogue.fitness.evidence import Evidence, Figures, Measured
from caal_desktop.catalogue.fitness.measured import HOLDS_FOR, MOST_TURNS, MeasuredTurn, measured
from caal_desktop.catalogue.fitness.recommend import recommend
from caal_desktop.catalogue.fitness.silence import silence_by_hosts, silence_of_turn
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.llm.models.listing import parse_model_list

TODAY = date(2026, 8, 22)


def model(model_id: str = "maker/model", **fields: Any) -> ModelInfo:
    """Return a model that is fit for voice, but for the given fields."""
    known: dict[str, Any] = {
        "context_length": 128_000,
        "input_modalities": ("text",),
        "output_modalities": ("text",),
        "supported_parameters": frozenset({"tools"}),
        "pricing": Pricing(prompt=0.2, completion=1.0),
    }
    return ModelInfo(id=model_id, name=model_id, **(known | fields))


def host(latency_ms: float) -> EndpointInfo:
    """Return a host of 100 tokens a second, where an answer takes 0.6 s."""
    return EndpointInfo("Host", latency_ms=latency_ms, throughput_p75=100)


def figures(seconds: float, turns: int = ENOUGH_TURNS, latency_ms: float | None = None) -> Figures:
    """Return what was measured of the model, and what its one host tells."""
    hosts = {} if latency_ms is None else {"maker/model": (host(latency_ms),)}
    return Figures(hosts, measured={"maker/model": Measured(seconds, turns, TODAY)})


# --- one turn


@pytest.mark.parametrize(
    ("first_token_s", "rest_s", "tokens", "seconds"),
    [
        (0.4, 1.0, 60, 1.4),
        (0.4, 2.0, 120, 1.4),
        (0.4, 0.2, 12, 1.4),
        (0.4, 0.0, 200, 0.4),  # all in one piece: it is there
        (3.0, 40.0, 200, 15.0),  # a computer without a graphics card
        (0.4, 5.0, 7, 1.4),  # too short to tell its rate: the usual one
        (0.4, 0.0, 1, 1.4),
    ],
)
def test_the_silence_of_a_turn(first_token_s: float, rest_s: float, tokens: float, seconds: float) -> None:
    assert silence_of_turn(first_token_s, rest_s, tokens) == pytest.approx(seconds)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1])
@pytest.mark.parametrize("place", range(3))
def test_what_no_clock_says_is_no_turn(value: float, place: int) -> None:
    figures_of_turn = [0.4, 1.0, 60.0]
    assert silence_of_turn(*figures_of_turn) is not None
    figures_of_turn[place] = value
    assert silence_of_turn(*figures_of_turn) is None


def test_nothing_begins_before_it_is_sent_or_has_no_token() -> None:
    assert silence_of_turn(0.0, 1.0, 60) is None
    assert silence_of_turn(0.4, 1.0, 0) is None


def test_a_turn_at_a_hosts_pace_takes_what_its_figures_predict() -> None:
    """The measure and the prediction are of the same thing."""
    predicted = silence_by_hosts(model(), [host(400)])
    assert predicted is not None
    assert silence_of_turn(0.4, 150 / 100, 150) == pytest.approx(predicted.seconds)


# --- several


def turns(*seconds: float, days_ago: int = 0) -> list[MeasuredTurn]:
    return [MeasuredTurn(one, TODAY - timedelta(days=days_ago)) for one in seconds]


@pytest.mark.parametrize(
    ("told", "seconds", "count"),
    [
        ((1.1,), 1.1, 1),
        ((9.0, 1.1), 1.1, 2),  # the first one loaded the model
        ((1.1, 9.0, 1.2), 1.2, 3),
        ((1.1, 9.0, 8.0, 1.2), 1.2, 4),
        ((60.0, 1.0, 1.3, 1.2, 50.0), 1.3, 5),
        ((9.0, 9.0, 9.0, 1.0, 1.0, 1.0, 1.1, 1.2), 1.0, MOST_TURNS),  # the old ones no longer count
        ((math.nan, 1.1, math.inf, -1.0, 0.0, 1e9), 1.1, 1),
    ],
)
def test_the_median_of_the_last_turns(told: tuple[float, ...], seconds: float, count: int) -> None:
    assert measured(turns(*told), TODAY) == Measured(seconds, count, TODAY)


def test_what_is_old_or_of_a_day_to_come_does_not_count() -> None:
    limit = HOLDS_FOR.days
    assert measured(turns(5.0, days_ago=limit + 1), TODAY) is None
    assert measured(turns(5.0, days_ago=limit), TODAY) == Measured(5.0, 1, TODAY - HOLDS_FOR)
    assert measured(turns(5.0, days_ago=-2), TODAY) is None
    both = turns(5.0, 5.0, 5.0, days_ago=limit + 1) + turns(1.0, days_ago=3)
    assert measured(both, TODAY) == Measured(1.0, 1, TODAY - timedelta(days=3))
    assert measured([], TODAY) is None


# --- what they make of a model


@pytest.mark.parametrize(
    ("known", "verdict", "code", "seconds"),
    [
        (figures(1.1, 1), FitnessVerdict.FIT, ReasonCode.MEASURED_SOON, 1.1),
        (figures(2.5, 5), FitnessVerdict.FIT, ReasonCode.MEASURED_SOON, 2.5),
        (figures(2.6, 5), FitnessVerdict.UNSURE, ReasonCode.MEASURED_LATE, 2.6),
        (figures(3.1, 3), FitnessVerdict.UNFIT, ReasonCode.MEASURED_TOO_LATE, 3.1),
        # One or two bad turns alone condemn no model,
        (figures(60.0, 1), FitnessVerdict.UNSURE, ReasonCode.MEASURED_LATE, 60.0),
        (figures(60.0, 2), FitnessVerdict.UNSURE, ReasonCode.MEASURED_LATE, 60.0),
        # nor do they contradict its hosts; three do.
        (figures(60.0, 2, latency_ms=300), FitnessVerdict.FIT, ReasonCode.SPEAKS_SOON, 0.9),
        (figures(60.0, 3, latency_ms=300), FitnessVerdict.UNFIT, ReasonCode.MEASURED_TOO_LATE, 60.0),
        # A good one does so at once: nothing makes a turn quicker than it is.
        (figures(1.1, 1, latency_ms=9_000), FitnessVerdict.FIT, ReasonCode.MEASURED_SOON, 1.1),
    ],
)
def test_what_was_measured_is_the_best_evidence(
    known: Figures, verdict: FitnessVerdict, code: ReasonCode, seconds: float
) -> None:
    fitness = voice_fitness(model(), TODAY, known)
    assert fitness.verdict is verdict is voice_verdict(model(), TODAY, known)
    assert code in {reason.code for reason in fitness.reasons}
    assert fitness.silence is not None
    assert fitness.silence.seconds == pytest.approx(seconds)
    is_measured = fitness.silence.evidence is Evidence.MEASURED
    words = " ".join(reason.message.in_words() for reason in fitness.reasons)
    assert ("measured here" in words) is is_measured is ("by its hosts' figures" not in words)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (figures(1.13, 1), "Speaks after about 1.1 s, measured here in 1 answer, last on 2026-08-22."),
        (figures(4.0, 2), "Speaks only after about 4.0 s, measured here in 2 answers, last on 2026-08-22."),
        (figures(4.0, 3), "Silent for about 4.0 s before each answer, measured here in 3 answers, last on 2026-08-22."),
    ],
)
def test_it_is_said_in_how_many_answers_and_when(known: Figures, words: str) -> None:
    assert words in {reason.message.in_words() for reason in voice_fitness(model(), TODAY, known).reasons}


@pytest.mark.parametrize("told", [{"id": "qwen3:8b"}, {"id": "deepseek-r1:8b"}])
def test_a_server_that_tells_ids_alone_gets_a_measured_silence(told: dict[str, str]) -> None:
    """There it is the only evidence: a model of one's own computer."""
    (own,) = parse_model_list({"data": [told]}).models
    assert voice_fitness(own, TODAY).silence is None or "r1" in own.id
    known = Figures(measured={own.id: Measured(1.2, 1, TODAY)})
    fitness = voice_fitness(own, TODAY, known)
    assert fitness.silence is not None
    assert fitness.silence.evidence is Evidence.MEASURED
    assert {ReasonCode.REASONING_UNKNOWN, ReasonCode.REASONING_LIKELY}.isdisjoint(one.code for one in fitness.reasons)
    late = Figures(measured={own.id: Measured(14.0, 3, TODAY)})
    assert voice_verdict(own, TODAY, late) is FitnessVerdict.UNFIT


def test_a_whole_list_is_filtered_by_what_was_measured() -> None:
    index = FilterIndex([model("a/late"), model("a/other")], TODAY)
    assert index.rows_of(index.passing[FilterName.VOICE]) == [0, 1]
    late = index.with_figures(Figures(measured={"a/late": Measured(9.0, 3, TODAY)}))
    assert late.rows_of(late.passing[FilterName.VOICE]) == [1]
    assert index.with_figures(Figures()).rows_of(index.passing[FilterName.VOICE]) == [0, 1]


# --- what they make of the recommendation


TWINS = (model("maker/one-1"), model("maker/two-2"))
"""The second one is newer, and so the better one where nothing else is known."""


def recommended(known: Figures, *models: ModelInfo) -> str:
    found = recommend(models or TWINS, TODAY, figures=known)
    assert found is not None
    return found.id


def test_a_measured_silence_outranks_what_the_hosts_say() -> None:
    told = {"maker/one-1": (host(300), host(300)), "maker/two-2": (host(300), host(300))}
    assert recommended(Figures(told)) == "maker/two-2"
    assert recommended(Figures(told, measured={"maker/two-2": Measured(2.4, 1, TODAY)})) == "maker/one-1"
    # One bad turn alone changes nothing.
    assert recommended(Figures(told, measured={"maker/two-2": Measured(9.0, 1, TODAY)})) == "maker/two-2"
    assert recommended(Figures(told, measured={"maker/two-2": Measured(9.0, 3, TODAY)})) == "maker/one-1"


def test_a_measured_model_is_as_well_known_as_one_with_figures() -> None:
    told = {"maker/one-1": (host(1_500), host(1_500))}
    assert recommended(Figures(told)) == "maker/one-1"
    assert recommended(Figures(told, measured={"maker/two-2": Measured(1.0, 1, TODAY)})) == "maker/two-2"


def test_to_be_tried_alone_is_no_advantage() -> None:
    """Where no host was asked, the model that the user has just tried would be recommended whatever it is like."""
    assert recommended(Figures(measured={"maker/one-1": Measured(2.4, 5, TODAY)})) == "maker/two-2"
    assert recommended(Figures(measured={"maker/one-1": Measured(0.7, 5, TODAY)})) == "maker/one-1"


def test_where_ids_are_told_alone_the_measure_counts_instead_of_the_names_words() -> None:
    models = parse_model_list({"data": [{"id": "qwen3-large"}, {"id": "qwen3-flash"}]}).models
    assert recommended(Figures(), *models) == "qwen3-flash"
    slow = {"qwen3-flash": Measured(2.4, 3, TODAY)}
    assert recommended(Figures(measured=slow), *models) == "qwen3-large"
    assert recommended(Figures(measured=slow | {"qwen3-large": Measured(9.0, 3, TODAY)}), *models) == "qwen3-flash"
    quick = {"qwen3-large": Measured(0.7, 1, TODAY)}
    assert recommended(Figures(measured=quick), *models) == "qwen3-large"


def test_a_model_that_was_measured_is_not_one_that_nobody_uses() -> None:
    """Hosts without figures lengthen a guess by a second; they do not lengthen what was measured."""
    told = {"maker/one-1": (EndpointInfo("Host"),), "maker/two-2": (host(1_800), host(1_800))}
    assert recommended(Figures(told)) == "maker/two-2"
    assert recommended(Figures(told, measured={"maker/one-1": Measured(1.8, 1, TODAY)})) == "maker/one-1"
