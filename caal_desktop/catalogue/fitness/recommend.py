"""The model to preselect for a voice assistant, and the one to take when the one in use is gone.

Every model is put on a :class:`FitnessTier`, from models that are plainly fit down to those that are not, and the best
of the topmost tier that holds any is taken. Within a tier points decide, in this order of weight: quality
that is good enough for a conversation, a quick member of its family, no thinking before speaking, a known maker, a low
price, and recency. The result depends on the list alone, never on its order.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.speech_cost import CostKind, hourly_cost
from caal_desktop.catalogue.search.makers import KNOWN_MAKERS, WELL_KNOWN_MAKERS, maker_of
from caal_desktop.catalogue.search.naming import SpeedClass, naming, naming_of
from caal_desktop.catalogue.usability import can_chat, has_ended

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caal_desktop.llm.models.info import ModelInfo

# A recommended model should stay for months, hold an evening's conversation, and cost little.
EXPIRES_TOO_SOON = timedelta(days=120)
REASONABLE_CONTEXT = 32_000
REASONABLE_USD_PER_HOUR = 1.0
# Models of this age are the next ones to be switched off, announced or not.
TOO_OLD = timedelta(days=600)


class FitnessTier(IntEnum):
    """How much speaks for a model before points are counted; higher is better."""

    CANNOT_CHAT = 0
    UNFIT = 1
    UNSURE = 2
    FIT_WITH_DRAWBACK = 3
    FIT = 4


@dataclass(frozen=True, slots=True)
class _Judged:
    """A model with what speaks for it.

    Attributes:
        model: the model.
        tier: how far it is known to be fit.
        points: 0 to about 110; comparable within a tier of the same list.
    """

    model: ModelInfo
    tier: FitnessTier
    points: float


def recommend(models: Sequence[ModelInfo], today: date, *, fit: Sequence[ModelInfo] | None = None) -> ModelInfo | None:
    """Return the model to preselect for a voice assistant.

    Args:
        models: the whole list, in any order.
        today: the day for which models may have ended or be about to.
        fit: those of the models that are fit for voice and can chat, where that is known already: the others need
            not be judged then, unless there is none.

    Returns:
        None only where no model of the list can still chat.
    """
    judge = _Judge(models, today)
    candidates = fit or [model for model in models if _can_still_chat(model, today)]
    best = min(map(judge.judge, candidates), key=_rank, default=None)
    return best.model if best is not None else None


def suggest_replacement(vanished_id: str, models: Sequence[ModelInfo], today: date) -> ModelInfo | None:
    """Return a model to take in place of one that is no longer listed.

    First the same model under another id (its plain variant, its permanent name), then the nearest member of its
    family that is fit for voice, preferably newer, then the best of the same maker, then :func:`recommend`'s.

    Returns:
        None only where no other model of the list can still chat.
    """
    others = [model for model in models if model.id != vanished_id and _can_still_chat(model, today)]
    plain_id = _without_variant(vanished_id)
    for model in others:
        if model.id == plain_id:
            return model
    for model in others:
        if model.variant == "" and model.canonical_slug == plain_id:
            return model
    judge = _Judge(models, today)
    judged = [judge.judge(model) for model in others]
    usable = [entry for entry in judged if entry.tier >= FitnessTier.UNSURE] or judged
    relatives = _relatives(vanished_id, usable)
    if relatives:
        return relatives[0].model
    maker = maker_of(vanished_id)
    siblings = [entry for entry in usable if maker and maker_of(entry.model.id) == maker]
    best = min(siblings or judged, key=_rank, default=None)
    return best.model if best else None


def _can_still_chat(model: ModelInfo, today: date) -> bool:
    return can_chat(model) and not has_ended(model, today)


def _rank(entry: _Judged) -> tuple[object, ...]:
    newest_first = _newest_first(naming(entry.model).version)
    return (-entry.tier, -round(entry.points, 6), newest_first, len(entry.model.id), entry.model.id)


def _newest_first(version: tuple[int, ...]) -> tuple[int, ...]:
    padded = (*version, 0, 0, 0, 0)[:4]  # 5 is 5.0, and so older than 5.4
    return tuple(-part for part in padded)


def _without_variant(model_id: str) -> str:
    slash = model_id.rfind("/")
    colon = model_id.find(":", slash + 1)
    return model_id[:colon] if slash >= 0 and colon >= 0 else model_id


def _relatives(vanished_id: str, entries: Sequence[_Judged]) -> list[_Judged]:
    """Return the vanished model's family, nearest first; empty where nothing is near."""
    vanished = naming_of(vanished_id)
    maker = maker_of(vanished_id)
    near: list[tuple[tuple[object, ...], _Judged]] = []
    for entry in entries:
        name = naming(entry.model)
        union = vanished.family | name.family
        likeness = len(vanished.family & name.family) / len(union) if union else 0.0
        if likeness < 0.5 or (maker and maker_of(entry.model.id) != maker):
            continue
        older = name.version < vanished.version
        # Going up, the next generation is the nearest, and its latest member lives longest; going down, or where the
        # vanished id told no version, it is the latest of all.
        generation = name.version[0] if name.version and vanished.version and not older else 0
        distance = (generation, _newest_first(name.version))
        key = (entry.tier < FitnessTier.FIT_WITH_DRAWBACK, -likeness, older, -entry.tier, distance, *_rank(entry))
        near.append((key, entry))
    return [entry for _, entry in sorted(near, key=lambda pair: pair[0])]


class _Judge:
    """Judges models against the list they come from."""

    def __init__(self, models: Iterable[ModelInfo], today: date) -> None:
        self._today = today
        known = [model.intelligence_index for model in models if model.intelligence_index is not None]
        self._indices = sorted(known)

    def judge(self, model: ModelInfo) -> _Judged:
        """Return tier and points of one model that can chat."""
        points = (
            self._quality(model)
            + self._speed(model)
            + self._reasoning(model)
            + self._maker(model)
            + self._cost(model)
            + self._recency(model)
        )
        return _Judged(model, self._tier(model), points)

    def _tier(self, model: ModelInfo) -> FitnessTier:
        if not can_chat(model):
            return FitnessTier.CANNOT_CHAT
        verdict = voice_verdict(model, self._today)
        if verdict is FitnessVerdict.UNFIT:
            return FitnessTier.UNFIT
        if verdict is FitnessVerdict.UNSURE:
            return FitnessTier.UNSURE
        return FitnessTier.FIT_WITH_DRAWBACK if self._has_drawback(model) else FitnessTier.FIT

    def _has_drawback(self, model: ModelInfo) -> bool:
        """Return whether a model that is fit should not be suggested to a user who did not ask for it."""
        name = naming(model)
        cost = hourly_cost(model)
        ends = model.expiration_date
        return (
            model.is_alias
            or model.variant != ""
            or name.is_unfinished
            or name.is_specialist
            or name.is_thinker
            or (model.context_length or 0) < REASONABLE_CONTEXT
            or cost.kind is not CostKind.KNOWN
            or (cost.usd or 0) > REASONABLE_USD_PER_HOUR
            # A plain model at no price is free for a while only: a test under a code name, whose prompts are kept.
            or model.pricing.is_free
            or (ends is not None and ends - self._today < EXPIRES_TOO_SOON)
            or (model.created is not None and self._today - model.created.date() > TOO_OLD)
        )

    def _quality(self, model: ModelInfo) -> float:
        # Indices are rescaled from time to time, so a place in the list counts, not the figure; beyond the upper
        # quarter a conversation does not get better, only slower and dearer.
        if model.intelligence_index is None or len(self._indices) < 5:
            return 14.0 if maker_of(model.id) in WELL_KNOWN_MAKERS else 8.0
        place = bisect_left(self._indices, model.intelligence_index) / len(self._indices)
        return 30 * min(place, 0.75) / 0.75

    def _speed(self, model: ModelInfo) -> float:
        name = naming(model)
        if name.speed is SpeedClass.SLOW:
            return 0.0
        if name.size is not None and name.size < 6 and not name.is_mixture:
            return 6.0  # quick, but calls tools badly
        if name.speed is SpeedClass.FAST:
            return 25.0 if name.size is None else 20.0
        return 12.0

    def _reasoning(self, model: ModelInfo) -> float:
        policy = model.reasoning
        if policy is None:
            return 0.0 if naming(model).is_thinker else 15.0
        if policy.mandatory:
            return 0.0
        if policy.default_enabled is False:
            return 15.0
        if policy.default_enabled is None or policy.default_effort == "minimal":
            return 12.0
        # A client that does not switch it off makes the user wait.
        return 4.0 if "none" in policy.efforts else 2.0

    def _maker(self, model: ModelInfo) -> float:
        maker = maker_of(model.id)
        if maker in WELL_KNOWN_MAKERS:
            return 15.0
        return 8.0 if maker in KNOWN_MAKERS else 0.0

    def _cost(self, model: ModelInfo) -> float:
        usd = hourly_cost(model).usd
        # Full below two cents, none from half a dollar on.
        return 0.0 if usd is None else 15 * max(0.0, 1 - max(usd - 0.02, 0.0) / 0.48)

    def _recency(self, model: ModelInfo) -> float:
        if model.created is None:
            return 0.0
        months = (self._today - model.created.date()).days / 30.44
        return 10.0 if months <= 9 else 10 * max(0.0, 1 - (months - 9) / 15)
