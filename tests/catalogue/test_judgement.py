"""Usability, fitness for voice, and the cost of an hour of talking."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from caal_desktop.catalogue.fitness.assessment import (
    SOON_EXPIRING,
    FitnessVerdict,
    ReasonCode,
    voice_fitness,
    voice_verdict,
)
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Evidence, Figures
from caal_desktop.catalogue.fitness.speech_cost import (
    HOUR_OF_TALK,
    CostKind,
    HourlyCost,
    hourly_cost,
)
from caal_desktop.catalogue.usability import ChatObstacle, can_chat, chat_obstacle, has_ended
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, PriceTier, Pricing, ReasoningPolicy
from caal_desktop.llm.translation import Count, Unit
from tests.support.catalogues import EARLIER_LISTS, RealList, on_real_lists

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


@pytest.mark.parametrize(
    ("subject", "obstacle"),
    [
        (model(), None),
        (ModelInfo(id="llama3.2:latest", name="llama3.2"), None),
        (ModelInfo(id="gpt-4o", name="gpt-4o"), None),
        (model("maker/model:batch"), ChatObstacle.BATCH),
        (model(output_modalities=("image",)), ChatObstacle.NO_TEXT_OUTPUT),
        (model(input_modalities=("audio",)), ChatObstacle.NO_TEXT_INPUT),
        (ModelInfo(id="text-embedding-3-small", name=""), ChatObstacle.NOT_A_CHAT_MODEL),
        (ModelInfo(id="nomic-embed-text:latest", name=""), ChatObstacle.NOT_A_CHAT_MODEL),
        (ModelInfo(id="whisper-large-v3", name=""), ChatObstacle.NOT_A_CHAT_MODEL),
        (ModelInfo(id="dall-e-3", name=""), ChatObstacle.NOT_A_CHAT_MODEL),
        (ModelInfo(id="tts-1-hd", name=""), ChatObstacle.NOT_A_CHAT_MODEL),
    ],
)
def test_who_can_chat(subject: ModelInfo, obstacle: ChatObstacle | None) -> None:
    assert chat_obstacle(subject) is obstacle
    assert can_chat(subject) is (obstacle is None)


MINIMAL = ReasoningPolicy(mandatory=True, efforts=("high", "minimal"))
LOW = ReasoningPolicy(mandatory=True, efforts=("high", "low"))
THINKS = frozenset({"tools", "reasoning"})
DEAR = Pricing(prompt=10.0, completion=50.0)


@pytest.mark.parametrize(
    ("subject", "verdict", "code"),
    [
        (model(), FitnessVerdict.FIT, ReasonCode.NO_REASONING),
        (model(reasoning=ReasoningPolicy()), FitnessVerdict.FIT, ReasonCode.REASONING_OPTIONAL),
        (model(reasoning=ReasoningPolicy(default_enabled=False)), FitnessVerdict.FIT, ReasonCode.REASONING_OPTIONAL),
        (model(reasoning=ReasoningPolicy(default_enabled=True)), FitnessVerdict.FIT, ReasonCode.REASONING_BY_DEFAULT),
        (model("maker/model:free"), FitnessVerdict.FIT, ReasonCode.FREE_LIMITS),
        (model(reasoning=MINIMAL), FitnessVerdict.UNSURE, ReasonCode.ALWAYS_REASONS_BRIEFLY),
        (model(reasoning=LOW, hugging_face_id="m/m"), FitnessVerdict.UNSURE, ReasonCode.ALWAYS_REASONS_BRIEFLY),
        (model(reasoning=LOW), FitnessVerdict.UNSURE, ReasonCode.ALWAYS_REASONS),
        (model(supported_parameters=THINKS), FitnessVerdict.UNSURE, ReasonCode.REASONING_POSSIBLE),
        (model(expiration_date=date(2026, 9, 30)), FitnessVerdict.UNSURE, ReasonCode.EXPIRES_SOON),
        (model(pricing=Pricing(varies=True)), FitnessVerdict.UNSURE, ReasonCode.ROUTER),
        (model(context_length=4_096), FitnessVerdict.UNSURE, ReasonCode.SMALL_CONTEXT),
        (model("maker/model-thinking"), FitnessVerdict.UNSURE, ReasonCode.REASONING_LIKELY),
        (ModelInfo(id="m", name="m"), FitnessVerdict.UNSURE, ReasonCode.TOOLS_UNKNOWN),
        (model(supported_parameters=frozenset({"stop"})), FitnessVerdict.UNFIT, ReasonCode.NO_TOOLS),
        (model(reasoning=LOW, pricing=DEAR), FitnessVerdict.UNFIT, ReasonCode.ALWAYS_REASONS_LONG),
        (model("maker/model:batch"), FitnessVerdict.UNFIT, ReasonCode.BATCH),
        (model(output_modalities=("image",)), FitnessVerdict.UNFIT, ReasonCode.NO_TEXT),
        (model(expiration_date=date(2026, 8, 21)), FitnessVerdict.UNFIT, ReasonCode.EXPIRED),
        (model("maker/llama-guard-4"), FitnessVerdict.UNFIT, ReasonCode.CLASSIFIER),
        (ModelInfo(id="whisper-1", name="whisper-1"), FitnessVerdict.UNFIT, ReasonCode.NOT_CHAT),
    ],
)
def test_fitness_and_its_reason(subject: ModelInfo, verdict: FitnessVerdict, code: ReasonCode) -> None:
    fitness = voice_fitness(subject, TODAY)
    assert fitness.verdict is verdict is voice_verdict(subject, TODAY)
    assert code in {reason.code for reason in fitness.reasons}
    assert fitness.reasons[0].verdict is verdict
    for reason in fitness.reasons:
        assert reason.message.in_words().endswith(".")
        assert "{" not in reason.message.in_words()


@pytest.mark.parametrize(
    ("days_left", "code", "verdict"),
    [
        (-1, ReasonCode.EXPIRED, FitnessVerdict.UNFIT),
        (0, ReasonCode.EXPIRES_SOON, FitnessVerdict.UNSURE),  # the last day is a day of use
        (1, ReasonCode.EXPIRES_SOON, FitnessVerdict.UNSURE),
        (60, ReasonCode.EXPIRES_SOON, FitnessVerdict.UNSURE),
        (61, None, FitnessVerdict.FIT),
    ],
)
def test_an_end_that_is_near_is_told_with_its_day(
    days_left: int, code: ReasonCode | None, verdict: FitnessVerdict
) -> None:
    assert timedelta(days=60) == SOON_EXPIRING
    ends = TODAY + timedelta(days=days_left)
    fitness = voice_fitness(model(expiration_date=ends), TODAY)
    assert fitness.verdict is verdict is voice_verdict(model(expiration_date=ends), TODAY)
    told = [reason for reason in fitness.reasons if reason.code in (ReasonCode.EXPIRED, ReasonCode.EXPIRES_SOON)]
    assert [reason.code for reason in told] == ([] if code is None else [code])
    assert all(reason.message.values["date"] == ends for reason in told)
    assert has_ended(model(expiration_date=ends), TODAY) is (code is ReasonCode.EXPIRED)


@on_real_lists
def test_verdicts_on_a_real_list(real: RealList) -> None:
    for entry in real.models:
        fitness = voice_fitness(entry, TODAY)
        assert fitness.verdict is voice_verdict(entry, TODAY)
        if entry.variant == "batch" or "tools" not in (entry.supported_parameters or ()):
            assert fitness.verdict is FitnessVerdict.UNFIT, entry.id
        if entry.reasoning is not None and entry.reasoning.mandatory:
            assert fitness.verdict is not FitnessVerdict.FIT, f"{entry.id}: by its kind alone"


@pytest.mark.parametrize("earlier", EARLIER_LISTS, ids=lambda real: real.name)
def test_no_row_that_lists_reasoning_is_said_to_be_quick_without_a_policy(earlier: RealList) -> None:
    for entry in earlier.models:
        if "reasoning" in (entry.supported_parameters or ()) and entry.reasoning is None:
            fitness = voice_fitness(entry, TODAY)
            assert fitness.verdict is not FitnessVerdict.FIT, entry.id
            assert ReasonCode.NO_REASONING not in {reason.code for reason in fitness.reasons}


# --- with figures of hosts


def hosts(*latencies_ms: float, **fields: Any) -> Figures:
    """Return figures of hosts of the model, each of 100 tokens a second, so that an answer takes 0.6 s."""
    told = tuple(EndpointInfo("Host", latency_ms=ms, throughput_p75=100, **fields) for ms in latencies_ms)
    return Figures({"maker/model": told})


@pytest.mark.parametrize(
    ("figures", "verdict", "code", "evidence"),
    [
        (NO_FIGURES, FitnessVerdict.FIT, ReasonCode.NO_REASONING, Evidence.KIND),
        (hosts(300), FitnessVerdict.FIT, ReasonCode.SPEAKS_SOON, Evidence.HOSTS),
        (hosts(1_900), FitnessVerdict.FIT, ReasonCode.SPEAKS_SOON, Evidence.HOSTS),
        (hosts(1_901), FitnessVerdict.UNSURE, ReasonCode.SPEAKS_LATE, Evidence.HOSTS),
        (hosts(3_150), FitnessVerdict.UNSURE, ReasonCode.SPEAKS_LATE, Evidence.HOSTS),
        (hosts(3_151), FitnessVerdict.UNFIT, ReasonCode.SPEAKS_TOO_LATE, Evidence.HOSTS),
        (hosts(300, is_degraded=True), FitnessVerdict.UNSURE, ReasonCode.NO_HEALTHY_HOST, Evidence.KIND),
        (hosts(), FitnessVerdict.UNSURE, ReasonCode.NO_HEALTHY_HOST, Evidence.KIND),
        (
            hosts(300, supported_parameters=frozenset({"stop"})),
            FitnessVerdict.UNFIT,
            ReasonCode.NO_HOST_WITH_TOOLS,
            Evidence.KIND,
        ),
        (Figures({"maker/model": (EndpointInfo("Host"),)}), FitnessVerdict.FIT, ReasonCode.NO_REASONING, Evidence.KIND),
        (Figures({"maker/other": ()}), FitnessVerdict.FIT, ReasonCode.NO_REASONING, Evidence.KIND),
    ],
)
def test_figures_judge_where_there_are_some_and_it_is_said(
    figures: Figures, verdict: FitnessVerdict, code: ReasonCode, evidence: Evidence
) -> None:
    fitness = voice_fitness(model(), TODAY, figures)
    assert fitness.verdict is verdict is voice_verdict(model(), TODAY, figures)
    assert code in {reason.code for reason in fitness.reasons}
    assert fitness.reasons[0].verdict is verdict
    assert fitness.silence is not None
    assert fitness.silence.evidence is evidence
    words = " ".join(reason.message.in_words() for reason in fitness.reasons)
    assert ("by its hosts' figures" in words) is (evidence is Evidence.HOSTS)


def test_the_hosts_figures_have_the_last_word_on_a_model_that_has_to_think() -> None:
    thinker = model(reasoning=LOW, hugging_face_id="m/m")
    assert voice_verdict(thinker, TODAY) is FitnessVerdict.UNSURE
    assert voice_verdict(thinker, TODAY, hosts(300)) is FitnessVerdict.FIT
    (told,) = (r for r in voice_fitness(thinker, TODAY, hosts(300)).reasons if r.code is ReasonCode.SPEAKS_SOON)
    assert told.message.in_words() == "Speaks after about 1.3 s, by its hosts' figures of everybody's requests."


def test_a_small_context_is_told_in_tokens() -> None:
    fitness = voice_fitness(model(context_length=4_096), TODAY)
    (told,) = (reason for reason in fitness.reasons if reason.code is ReasonCode.SMALL_CONTEXT)
    assert told.message.in_words() == "Remembers only 4096 tokens: a short conversation with few tools."
    assert told.message.values == {"tokens": Count(4_096, Unit.TOKEN)}


def test_an_hour_of_talk_follows_the_documented_formula() -> None:
    # 60 turns, 75 requests; 25 words asked and 50 answered a turn, at 4/3 tokens a word; 16.5 turns of history.
    request = 800 + 1_200 + 16.5 * (25 + 50) * 4 / 3 + 25 * 4 / 3
    assert HOUR_OF_TALK.requests == 75
    assert HOUR_OF_TALK.prompt_tokens == pytest.approx(75 * request + 15 * 150)
    assert HOUR_OF_TALK.completion_tokens == pytest.approx(60 * 50 * 4 / 3 + 15 * 40)
    usd = (HOUR_OF_TALK.prompt_tokens * 0.2 + HOUR_OF_TALK.completion_tokens * 1.0) / 1e6
    assert hourly_cost(model()).usd == pytest.approx(usd)


def test_costs_that_are_known_vary_or_are_not_told() -> None:
    assert hourly_cost(model(pricing=Pricing(prompt=0, completion=0))) == HourlyCost(CostKind.KNOWN, 0.0)
    assert hourly_cost(model(pricing=Pricing(varies=True))) == HourlyCost(CostKind.VARIES)
    assert hourly_cost(model(pricing=Pricing(prompt=1.0))) == HourlyCost(CostKind.UNKNOWN)
    assert hourly_cost(ModelInfo(id="m", name="m")) == HourlyCost(CostKind.UNKNOWN)
    assert hourly_cost(model(pricing=Pricing(prompt=0, completion=0, request=0.01))).usd == pytest.approx(0.75)


def test_tiers_count_where_the_conversation_reaches_them() -> None:
    base = hourly_cost(model(pricing=Pricing(prompt=1, completion=1))).usd
    far = Pricing(prompt=1, completion=1, tiers=(PriceTier(200_000, prompt=9), PriceTier(0, prompt=9, utc_start=0)))
    near = Pricing(prompt=1, completion=1, tiers=(PriceTier(1_000, prompt=2, completion=2),))
    assert hourly_cost(model(pricing=far)).usd == base
    assert hourly_cost(model(pricing=near)).usd == pytest.approx(2 * (base or 0))


def test_thinking_that_cannot_be_switched_off_is_paid_for() -> None:
    plain = hourly_cost(model()).usd or 0
    assert (hourly_cost(model(reasoning=MINIMAL)).usd or 0) > plain
    assert hourly_cost(model(reasoning=ReasoningPolicy())).usd == plain
