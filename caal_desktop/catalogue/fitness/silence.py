"""How long a voice assistant is silent: from the question's end to the first word that it can speak.

The assistant speaks when the whole of a short answer is there. So the silence is the time to the answer's first token
and the time that the answer takes, of a turn that asks for as little thinking as the model can do
(:func:`~caal_desktop.llm.models.effort.voice_effort`). A turn that calls a tool takes it twice.

From the figures of the hosts that may answer, where there are some::

    first token   open weights: latency + thought / rate      (their thoughts are streamed, and the latency is of those)
                  closed, thinking off or minimal: sqrt(latency * 0.7 s) above 0.7 s
                                                     (the figure has the hidden thinking of everybody's requests in it)
                  else: latency
    silence       first token + 60 tokens / rate
    over hosts    weighted by their rates: with tools, the router prefers quick ones;
                  quick hosts first: of the one with the greatest rate, whose first token need not be the soonest

From what this computer measured (:func:`silence_of_turn`), the same of a turn that took place::

    silence       seconds to the answer's first token + those of the rest, as if it had 60 tokens

Else from the model's kind: medians of 205 models' hosts in May and June 2026 by what the list tells of their thinking,
and how they grow with the price. That tells a class, and no more: it explains a tenth of the rates and half of the
latencies. None of the constants is fitted to a model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.evidence import Evidence
from caal_desktop.catalogue.search.naming import naming
from caal_desktop.llm.models.effort import NO_REASONING, voice_effort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.endpoints import EndpointInfo
    from caal_desktop.llm.models.info import ModelInfo

# Two spoken sentences are 40 to 60 tokens.
ANSWER_TOKENS = 60
# Means of short turns, published: gpt-5.4 at low 19, gpt-oss-120b at medium 70, kimi-k2.6 unbounded 157.
_THOUGHT_TOKENS = {NO_REASONING: 0, "minimal": 10, "low": 40, "medium": 100, "high": 250, "xhigh": 250, "max": 250}
_UNTOLD_THOUGHT_TOKENS = _THOUGHT_TOKENS["medium"]
# What models that never think take to the first token, with a long prompt.
_FLOOR_S = 0.7
# Tokens a second where no host tells its rate.
_USUAL_RATE = 60.0
# Shorter answers do not tell how fast a model writes: they may come in one piece, or with a hiccup in the middle.
_TELLING_TOKENS = 8
# Seconds to the first token by kind, at the price of :data:`_USUAL_PRICE`.
_NEVER_THINKS_S, _THINKING_OFF_S, _HIDDEN_THOUGHT_S = 0.6, 0.9, 2.0
# Dearer models are larger and slower: this power of the price of a million tokens of answer, in US dollars.
_SLOPE, _USUAL_PRICE, _LEAST_PRICE, _MOST_PRICE = 0.27, 0.6, 0.1, 50.0


class Thinking(StrEnum):
    """What is known of a model's thinking."""

    NEVER = "never"
    OPTIONAL = "optional"
    MANDATORY = "mandatory"
    POSSIBLE = "possible"
    """It can be asked to; whether it has to is not told."""
    LIKELY = "likely"
    """It is named after it, and nothing else is told."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Silence:
    """A predicted silence.

    Attributes:
        seconds: of the whole turn.
        evidence: what it rests on.
    """

    seconds: float
    evidence: Evidence


def thinking_of(model: ModelInfo) -> Thinking:
    """Return what its list tells of a model's thinking."""
    if model.reasoning is not None:
        return Thinking.MANDATORY if model.reasoning.mandatory else Thinking.OPTIONAL
    if model.supported_parameters is not None and "reasoning" in model.supported_parameters:
        return Thinking.POSSIBLE
    if naming(model).is_thinker:
        return Thinking.LIKELY
    return Thinking.UNKNOWN if model.supported_parameters is None else Thinking.NEVER


def silence_by_hosts(model: ModelInfo, hosts: Iterable[EndpointInfo]) -> Silence | None:
    """Predict the silence from the hosts' own figures.

    Args:
        model: the model.
        hosts: those that requests reach (:func:`reached_hosts`).

    Returns:
        None where none of them tells both latency and throughput.
    """
    weights = seconds = 0.0
    for latency_s, rate in filter(None, map(speed_of, hosts)):
        weights += rate
        seconds += rate * (first_token_s(model, latency_s, rate) + ANSWER_TOKENS / rate)
    return Silence(seconds / weights, Evidence.HOSTS) if weights else None


def reached_hosts(model_id: str, figures: Figures) -> tuple[EndpointInfo, ...]:
    """Return the hosts that a voice turn reaches: all that may answer, or the quickest of them if it is asked first."""
    hosts = figures.speaking_hosts(model_id)
    if figures.asks_quickest(model_id) and (quickest := quickest_of(hosts)) is not None:
        return (quickest,)
    return hosts


def quickest_of(hosts: Iterable[EndpointInfo]) -> EndpointInfo | None:
    """Return the host with the greatest throughput; None where none tells both latency and throughput."""
    rates = ((speed[1], host) for host in hosts if (speed := speed_of(host)) is not None)
    return max(rates, key=lambda pair: pair[0], default=(0.0, None))[1]


def speed_of(host: EndpointInfo) -> tuple[float, float] | None:
    """Return a host's seconds of latency and tokens a second; None where it does not tell both."""
    rate = host.throughput_p75 or host.throughput
    return None if host.latency_ms is None or rate is None else (host.latency_ms / 1000, rate)


def first_token_s(model: ModelInfo, latency_s: float, rate: float) -> float:
    """Return the seconds to the first token of the answer at a host.

    Args:
        model: the model.
        latency_s: the host's own figure.
        rate: its tokens a second.
    """
    thinking = thinking_of(model)
    effort = _effort_of(model, thinking)
    if model.hugging_face_id is not None:
        return latency_s + _thought_tokens(effort) / rate
    if thinking is not Thinking.NEVER and effort in (NO_REASONING, "minimal") and latency_s > _FLOOR_S:
        return math.sqrt(latency_s * _FLOOR_S)
    return latency_s


def silence_of_turn(first_token_s: float, rest_s: float, tokens: float) -> float | None:
    """Return how long a voice assistant would have been silent, had it been its turn.

    Args:
        first_token_s: seconds from sending to the first token of the answer's text.
        rest_s: seconds from there to its end.
        tokens: of the answer's text; what it thought before does not count.

    Returns:
        Seconds. None for figures that no turn has.
    """
    if not all(map(math.isfinite, (first_token_s, rest_s, tokens))) or first_token_s <= 0 or rest_s < 0 or tokens <= 0:
        return None
    per_token = rest_s / tokens if tokens >= _TELLING_TOKENS else 1 / _USUAL_RATE
    return first_token_s + ANSWER_TOKENS * per_token


def silence_by_kind(model: ModelInfo) -> Silence | None:
    """Predict the silence from what the list tells of the model; None where it tells nothing of its thinking."""
    thinking = thinking_of(model)
    if thinking is Thinking.UNKNOWN:
        return None
    effort = _effort_of(model, thinking)
    if effort in (NO_REASONING, "minimal"):
        first = (_NEVER_THINKS_S if thinking is Thinking.NEVER else _THINKING_OFF_S) * _slowness(model)
    elif model.hugging_face_id is not None:
        first = _NEVER_THINKS_S + _thought_tokens(effort) / _USUAL_RATE
    else:
        first = _HIDDEN_THOUGHT_S * _slowness(model)
    return Silence(first + ANSWER_TOKENS / _USUAL_RATE, Evidence.KIND)


def _effort_of(model: ModelInfo, thinking: Thinking) -> str | None:
    """Return the effort that holds in a voice turn; None where it thinks, and how much is not told."""
    if model.reasoning is not None:
        return voice_effort(model.reasoning) or model.reasoning.default_effort
    return NO_REASONING if thinking is Thinking.NEVER else None


def _thought_tokens(effort: str | None) -> int:
    return _THOUGHT_TOKENS.get(effort or "", _UNTOLD_THOUGHT_TOKENS)


def _slowness(model: ModelInfo) -> float:
    price = model.pricing.completion
    if not price:  # not told, or free, which tells nothing
        return 1.0
    return math.pow(min(max(price, _LEAST_PRICE), _MOST_PRICE) / _USUAL_PRICE, _SLOPE)
