"""Whose hosts to ask: the models that may turn out to be the best for a voice assistant, once their hosts have told.

They are chosen by what is known without the hosts: 40 points for competence, 20 for a low price, and up to 40 off for a
low place in the server's own orders, three fifths by latency and two by throughput. Where these are not known, up to 30
off for a kind that has to think. On five lists of July and August 2026, twenty of them held seven to nine of the ten
models that all hosts' figures put first, and four to six without the server's orders; on six older lists, which tell no
index of competence, thirty held eight or nine, and two to four; the first of the ten was always among them. (The orders
were made of the same figures, which flatters them.) The hosts' figures have no say, or each answer would lead to
another model to ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from caal_desktop.catalogue.fitness.competence import COMPETENT, Competence
from caal_desktop.catalogue.fitness.recommend import could_be_suggested, price_points
from caal_desktop.catalogue.fitness.silence import Thinking, thinking_of
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.llm.models.effort import NO_REASONING, voice_effort
from caal_desktop.llm.models.key_info import Funds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from caal_desktop.llm.models.info import ModelInfo

MOST_CANDIDATES: Final = 20
MOST_WITHOUT_INDEX: Final = 30
_COMPETENCE_POINTS, _ORDER_POINTS = 40.0, 40.0
_BRIEF_THOUGHT_POINTS, _THOUGHT_POINTS = 15.0, 30.0
_LATENCY_SHARE, _THROUGHPUT_SHARE = 0.6, 0.4


def candidates(
    models: Sequence[ModelInfo],
    today: date,
    *,
    by_latency: Sequence[str] = (),
    by_throughput: Sequence[str] = (),
    funds: Funds = Funds.UNKNOWN,
) -> tuple[str, ...]:
    """Return the ids of the models whose hosts are worth asking, the most promising first; worth a thread.

    Args:
        models: the whole list, in any order.
        today: the day for which models may have ended.
        by_latency: the ids in the server's order, the first that answers soonest; empty where it is not known.
        by_throughput: likewise, the first that writes quickest.
        funds: what the user's key can pay for: of a key that never bought credit, the free models are asked.
    """
    competence = Competence(models)
    latency, throughput = _places(by_latency), _places(by_throughput)
    points: list[tuple[float, str]] = []
    for model in could_be_suggested(models, today, funds):
        good = _COMPETENCE_POINTS * min(competence.of(model), COMPETENT) / COMPETENT
        good += price_points(hourly_cost(model).usd)
        if latency or throughput:
            place = _LATENCY_SHARE * latency.get(model.id, 1.0) + _THROUGHPUT_SHARE * throughput.get(model.id, 1.0)
            good -= _ORDER_POINTS * place
        else:
            good -= _points_off_for_thought(model)
        points.append((-good, model.id))
    most = MOST_CANDIDATES if competence.is_told else MOST_WITHOUT_INDEX
    return tuple(model_id for _, model_id in sorted(points)[:most])


def _places(ids: Sequence[str]) -> Mapping[str, float]:
    """Return how far down each stands: from 0 for the first to 1."""
    return {model_id: place / len(ids) for place, model_id in enumerate(ids)}


def _points_off_for_thought(model: ModelInfo) -> float:
    thinking = thinking_of(model)
    if thinking in (Thinking.NEVER, Thinking.OPTIONAL):
        return 0.0
    effort = None if model.reasoning is None else voice_effort(model.reasoning)
    if effort in (NO_REASONING, "minimal"):
        return 0.0
    # The thoughts of open weights are streamed, and few at a low effort.
    return _BRIEF_THOUGHT_POINTS if effort == "low" and model.hugging_face_id is not None else _THOUGHT_POINTS
