"""What an hour of talking with the assistant costs.

The estimate, per hour of lively conversation with ``T`` = :data:`TURNS_PER_HOUR` exchanges:

* A turn is one request; a share ``s`` = :data:`TOOL_TURN_SHARE` of the turns takes a second one, after a tool has run.
* Each request sends again the system prompt, the tool definitions, the history so far (at most
  :data:`HISTORY_TURNS` turns) and the question: nothing is remembered by the server.
* Each turn's answer is what the assistant speaks in its share of the hour; a tool call adds its arguments.

::

    prompt tokens     = T * ((1 + s) * (system + tools + average history + question) + s * tool result)
    completion tokens = T * (answer + s * tool call)  [+ reasoning, for models that always reason]

Prompt caching, which some providers apply by themselves, makes it cheaper and is left out: the estimate errs upwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.silence import quickest_of

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelInfo, Pricing

# Conversational English runs at about 150 words a minute (National Center for Voice and Speech).
WORDS_PER_MINUTE = 150
# "100 tokens ~= 75 words" (OpenAI's tokenizer documentation).
TOKENS_PER_WORD = 100 / 75
# One exchange a minute. Of the hour the user speaks a sixth and the assistant a third; the rest is silence and doing.
TURNS_PER_HOUR = 60
USER_SHARE = 1 / 6
ASSISTANT_SHARE = 1 / 3
# The assistant keeps this many turns of history, a dozen tools of some 100 tokens each, and a prompt of a page.
HISTORY_TURNS = 20
SYSTEM_PROMPT_TOKENS = 800
TOOL_DEFINITION_TOKENS = 1_200
# Every fourth request to an assistant needs a tool; call and result are short JSON.
TOOL_TURN_SHARE = 1 / 4
TOOL_CALL_TOKENS = 40
TOOL_RESULT_TOKENS = 150
# Thinking that cannot be switched off is billed as completion; at low effort a few hundred tokens a request.
MANDATORY_REASONING_TOKENS = 300


class CostKind(StrEnum):
    """Whether there is a sum to show."""

    KNOWN = "known"
    VARIES = "varies"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HourlyCost:
    """What an hour of talking costs.

    Attributes:
        kind: whether ``usd`` is known, depends on a router's choice, or is not told.
        usd: the estimate; None unless known.
        is_least: it may well be more: quick hosts are asked first, and dearer tiers of theirs may answer.
    """

    kind: CostKind
    usd: float | None = None
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class HourOfTalk:
    """The tokens and requests of an hour of talking."""

    requests: float
    prompt_tokens: float
    completion_tokens: float
    prompt_tokens_per_request: float


def _hour_of_talk() -> HourOfTalk:
    minutes_per_turn = 60 / TURNS_PER_HOUR
    tokens_per_minute = WORDS_PER_MINUTE * TOKENS_PER_WORD
    question = minutes_per_turn * USER_SHARE * tokens_per_minute
    answer = minutes_per_turn * ASSISTANT_SHARE * tokens_per_minute
    turns_before = sum(min(turn, HISTORY_TURNS) for turn in range(TURNS_PER_HOUR)) / TURNS_PER_HOUR
    request = SYSTEM_PROMPT_TOKENS + TOOL_DEFINITION_TOKENS + turns_before * (question + answer) + question
    requests = TURNS_PER_HOUR * (1 + TOOL_TURN_SHARE)
    tool_turns = TURNS_PER_HOUR * TOOL_TURN_SHARE
    return HourOfTalk(
        requests=requests,
        prompt_tokens=requests * request + tool_turns * TOOL_RESULT_TOKENS,
        completion_tokens=TURNS_PER_HOUR * answer + tool_turns * TOOL_CALL_TOKENS,
        prompt_tokens_per_request=request,
    )


HOUR_OF_TALK = _hour_of_talk()


def expected_cost(model: ModelInfo, figures: Figures) -> HourlyCost:
    """Estimate what an hour of talking with the model costs as requests are routed, in USD.

    Quick hosts first, that is by the prices of the host that is asked first, where these are known.
    """
    if not figures.asks_quickest(model.id):
        return hourly_cost(model)
    host = quickest_of(figures.speaking_hosts(model.id))
    cost = hourly_cost(model, host)
    if cost.kind is not CostKind.KNOWN:
        cost = hourly_cost(model)
    return replace(cost, is_least=bool(cost.usd))


def hourly_cost(model: ModelInfo, host: EndpointInfo | None = None) -> HourlyCost:
    """Estimate what an hour of talking with the model costs, in USD.

    Args:
        model: the model.
        host: by whose prices; None for those of the model's list.
    """
    if host is None:
        return _cost(model, model.pricing)
    cost = _cost(model, host.pricing)
    return cost if cost.usd is None or host.discount is None else replace(cost, usd=cost.usd * (1 - host.discount))


def _cost(model: ModelInfo, pricing: Pricing) -> HourlyCost:
    if pricing.varies:
        return HourlyCost(CostKind.VARIES)
    prompt, completion = _prices_for(pricing, HOUR_OF_TALK.prompt_tokens_per_request)
    if prompt is None or completion is None:
        return HourlyCost(CostKind.UNKNOWN)
    usd = (HOUR_OF_TALK.prompt_tokens * prompt + HOUR_OF_TALK.completion_tokens * completion) / 1_000_000
    usd += HOUR_OF_TALK.requests * (pricing.request or 0)
    if model.reasoning is not None and model.reasoning.mandatory:
        reasoning = completion if pricing.internal_reasoning is None else pricing.internal_reasoning
        usd += HOUR_OF_TALK.requests * MANDATORY_REASONING_TOKENS * reasoning / 1_000_000
    return HourlyCost(CostKind.KNOWN, usd)


def _prices_for(pricing: Pricing, prompt_tokens: float) -> tuple[float | None, float | None]:
    prompt, completion = pricing.prompt, pricing.completion
    for tier in pricing.tiers:
        # Prices that hold at some hours only are no part of an average hour; the base price is the default one.
        if tier.utc_start is None and prompt_tokens > tier.min_prompt_tokens:
            prompt = prompt if tier.prompt is None else tier.prompt
            completion = completion if tier.completion is None else tier.completion
    return prompt, completion
