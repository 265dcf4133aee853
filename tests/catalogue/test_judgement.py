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
from caal_desktop.catalogue.fitness.speech_cost import (
    HOUR_OF_TALK,
    CostKind,
    HourlyCost,
    hourly_cost,
)
from caal_desktop.catalogue.usability import ChatObstacle, can_chat, chat_obstacle, has_ended
from caal_desktop.llm.models.info import ModelInfo, PriceTier, Pricing, ReasoningPolicy
from caal_desktop.llm.translation import Count, Unit
from tests.support.catalogues import RealList, on_real_lists

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


@pytest.mark.parametrize(
    ("subject", "verdict", "code"),
    [
        (model(), FitnessVerdict.FIT, ReasonCode.NO_REASONING),
        (model(reasoning=ReasoningPolicy(default_enabled=True)), FitnessVerdict.FIT, ReasonCode.REASONING_OPTIONAL),
        (model("maker/model:free"), FitnessVerdict.FIT, ReasonCode.FREE_LIMITS),
        (model(reasoning=MINIMAL), FitnessVerdict.UNSURE, ReasonCode.ALWAYS_REASONS_BRIEFLY),
        (model(expiration_date=date(2026, 9, 30)), FitnessVerdict.UNSURE, ReasonCode.EXPIRES_SOON),
        (model(pricing=Pricing(varies=True)), FitnessVerdict.UNSURE, ReasonCode.ROUTER),
        (model(context_length=4_096), FitnessVerdict.UNSURE, ReasonCode.SMALL_CONTEXT),
        (model("maker/model-thinking"), FitnessVerdict.UNSURE, ReasonCode.REASONING_LIKELY),
        (ModelInfo(id="m", name="m"), FitnessVerdict.UNSURE, ReasonCode.TOOLS_UNKNOWN),
        (model(supported_parameters=frozenset({"stop"})), FitnessVerdict.UNFIT, ReasonCode.NO_TOOLS),
        (model(reasoning=ReasoningPolicy(mandatory=True)), FitnessVerdict.UNFIT, ReasonCode.ALWAYS_REASONS),
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
    verdicts = {entry.id: voice_fitness(entry, TODAY).verdict for entry in real.models}
    assert verdicts["openai/gpt-5.4-nano"] is FitnessVerdict.FIT
    assert verdicts["anthropic/claude-haiku-4.5"] is FitnessVerdict.FIT
    assert verdicts["google/gemini-3.5-flash-lite"] is FitnessVerdict.UNSURE
    assert verdicts["deepseek/deepseek-r1"] is FitnessVerdict.UNFIT
    assert verdicts["openai/gpt-5.4-nano:batch"] is FitnessVerdict.UNFIT
    assert verdicts["perplexity/sonar"] is FitnessVerdict.UNFIT
    assert all(verdict is FitnessVerdict.UNFIT for key, verdict in verdicts.items() if key.endswith(":batch"))


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
