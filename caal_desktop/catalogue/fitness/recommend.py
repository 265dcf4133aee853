"""The model to preselect for a voice assistant, and the one to take when the one in use is gone.

Every model is put on a :class:`FitnessTier`, from models that are plainly fit down to those that are not, and the best
of the topmost tier that holds any is taken. Within a tier, where hosts were asked, models whose silence was measured or
is predicted from their hosts' figures come first, then points decide: 40 for a short silence, 40 for competence, 20 for
a low price. No name counts, but where a server tells the ids alone: there the words of the name and its maker are all
there is, with the silence of those that were measured.

A key that can pay for nothing gets the best of the free models instead, by the same points.

The result depends on the list alone, never on its order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, predicted_silence, voice_verdict
from caal_desktop.catalogue.fitness.competence import COMPETENT, Competence
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Evidence, Figures, is_own_host
from caal_desktop.catalogue.fitness.free_models import FREE_VARIANT, is_advisable
from caal_desktop.catalogue.fitness.silence import Silence, speed_of
from caal_desktop.catalogue.fitness.speech_cost import CostKind, HourlyCost, expected_cost
from caal_desktop.catalogue.search.makers import KNOWN_MAKERS, WELL_KNOWN_MAKERS, maker_of
from caal_desktop.catalogue.search.naming import Naming, SpeedClass, naming, naming_of
from caal_desktop.catalogue.usability import can_chat, has_ended
from caal_desktop.llm.models.info import Pricing
from caal_desktop.llm.models.key_info import Funds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.llm.models.info import ModelInfo

# A recommended model should stay for months, hold an evening's conversation, and cost little.
EXPIRES_TOO_SOON = timedelta(days=120)
REASONABLE_CONTEXT = 32_000
REASONABLE_USD_PER_HOUR = 1.0
# A model of this age is passed over for a younger one of its maker that costs about as much an hour: at most a quarter
# more, or five cents.
TOO_OLD = timedelta(days=730)
_AS_DEAR, _AS_DEAR_USD = 1.25, 0.05
# All points for a silence that nobody notices, none for one that feels broken.
_SHORT_S, _LONG_S = 0.8, 3.0
# Added where the hosts were asked and none has figures: nobody uses them.
_UNUSED_S = 1.0
_CHEAP_USD, _DEAR_USD = 0.02, 1.0


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
        points: 0 to 100; comparable within a tier of the same list.
        figures: how many of its hosts tell figures: 2 stands for more, for the maker's own, and for what was measured.
            Any other one may fail, be busy, or give the model up.
    """

    model: ModelInfo
    tier: FitnessTier
    points: float
    figures: int


def recommend(
    models: Sequence[ModelInfo],
    today: date,
    *,
    fit: Sequence[ModelInfo] | None = None,
    figures: Figures = NO_FIGURES,
    funds: Funds = Funds.UNKNOWN,
    competence: Competence | None = None,
) -> ModelInfo | None:
    """Return the model to preselect for a voice assistant.

    Args:
        models: the whole list, in any order.
        today: the day for which models may have ended or be about to.
        fit: those of the models that are fit for voice and can chat, where that is known already: the others need
            not be judged then, unless there is none.
        figures: what the hosts of some of the models tell, and what was measured.
        funds: what the user's key can pay for. Where that is nothing, it is a free model, if one can call tools.
        competence: the models compared with each other, where they have been already.

    Returns:
        None only where no model of the list can still chat.
    """
    judge = _Judge(models, today, figures, competence)
    if funds is Funds.NONE_BOUGHT and (free := judge.best_free_model()) is not None:
        return free
    if fit:
        # All are of the two topmost tiers, and few need to be looked at until one has no drawback: those of which hosts
        # tell come first, so that of thousands a few are rated.
        told = [judge.rate(model, FitnessTier.FIT) for model in fit if model.id in figures.hosts]
        for entry in sorted((entry for entry in told if entry.figures), key=_rank):
            if not judge.has_drawback(entry.model):
                return entry.model
        ranked = sorted((judge.rate(model, FitnessTier.FIT) for model in fit), key=_rank)
        return next((entry.model for entry in ranked if not judge.has_drawback(entry.model)), ranked[0].model)
    able = [judge.judge(model) for model in models if _can_still_chat(model, today)]
    best = min(able, key=_rank, default=None)
    return best.model if best is not None else None


def suggest_replacement(
    vanished_id: str,
    models: Sequence[ModelInfo],
    today: date,
    figures: Figures = NO_FIGURES,
    funds: Funds = Funds.UNKNOWN,
) -> ModelInfo | None:
    """Return a model to take in place of one that is no longer listed.

    First the same model under another id (its plain variant, its permanent name), then the nearest member of its
    family that is fit for voice, preferably newer, then the best of the same maker, then :func:`recommend`'s. A key
    that can pay for nothing gets the same of the free models, where there are any.

    Returns:
        None only where no other model of the list can still chat.
    """
    others = [model for model in models if model.id != vanished_id and _can_still_chat(model, today)]
    if funds is Funds.NONE_BOUGHT:
        others = list(filter(is_advisable, others)) or others
    plain_id = _without_variant(vanished_id)
    for model in others:
        if model.id == plain_id:
            return model
    for model in others:
        if model.variant == "" and model.canonical_slug == plain_id:
            return model
    judge = _Judge(models, today, figures)
    judged = [judge.judge(model) for model in others]
    usable = [entry for entry in judged if entry.tier >= FitnessTier.UNSURE] or judged
    relatives = _relatives(vanished_id, usable)
    if relatives:
        return relatives[0].model
    maker = maker_of(vanished_id)
    siblings = [entry for entry in usable if maker and maker_of(entry.model.id) == maker]
    best = min(siblings or judged, key=_rank, default=None)
    return best.model if best else None


def could_be_suggested(models: Sequence[ModelInfo], today: date, funds: Funds = Funds.UNKNOWN) -> list[ModelInfo]:
    """Return the models of a list that nothing but their hosts may speak against, in their order.

    Args:
        models: the whole list.
        today: the day for which models may have ended or be about to.
        funds: what the user's key can pay for. Where that is nothing, these are free models.
    """
    if funds is Funds.NONE_BOUGHT:
        return [model for model in models if is_advisable(model) and _can_still_chat(model, today)]
    judge = _Judge(models, today, NO_FIGURES)
    return [
        model
        for model in models
        if "tools" in (model.supported_parameters or ())
        and _can_still_chat(model, today)
        and not judge.has_drawback(model)
    ]


def price_points(usd_per_hour: float | None) -> float:
    """Return the points for a low price, 0 to 20; none where it is not known."""
    if usd_per_hour is None:
        return 0.0
    return 20 * max(0.0, 1 - max(usd_per_hour - _CHEAP_USD, 0.0) / (_DEAR_USD - _CHEAP_USD))


def _can_still_chat(model: ModelInfo, today: date) -> bool:
    return can_chat(model) and not has_ended(model, today)


def _rank(entry: _Judged) -> tuple[object, ...]:
    newest_first = _newest_first(naming(entry.model).version)
    # Where points are about equal, the model that a second host answers for.
    points = (not entry.figures, -round(entry.points), -entry.figures, -round(entry.points, 6))
    return (-entry.tier, *points, newest_first, len(entry.model.id), entry.model.id)


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

    def __init__(
        self, models: Sequence[ModelInfo], today: date, figures: Figures, competence: Competence | None = None
    ) -> None:
        self._models = models
        self._today = today
        self._figures = figures
        self._competence = competence or Competence(models)
        self._by_id = {model.id: model for model in models}
        self._cheapest_young: dict[str, float] = {}
        self._by_author: dict[str, list[ModelInfo]] = {}
        self._tells_names_alone = all(model.pricing == Pricing() and model.reasoning is None for model in models)

    def judge(self, model: ModelInfo) -> _Judged:
        """Return tier and points of one model."""
        return self.rate(model, self._tier(model))

    def rate(self, model: ModelInfo, tier: FitnessTier) -> _Judged:
        """Return the points of one model whose tier is known."""
        silence = predicted_silence(model, self._figures)
        points = self._points_of_name(model, silence) if self._tells_names_alone else self._points(model, silence)
        telling = [host for host in self._figures.speaking_hosts(model.id) if speed_of(host) is not None]
        told = 2 if any(is_own_host(host, model) for host in telling) else len(telling)
        # Where no host was asked, the one model that the user has tried is not better than the others for that.
        if self._figures.hosts and silence is not None and silence.evidence is Evidence.MEASURED:
            told = 2
        return _Judged(model, tier, points, min(told, 2))

    def best_free_model(self) -> ModelInfo | None:
        """Return the free model to suggest; None where none can call tools at a host that may answer."""
        free = [model for model in self._models if is_advisable(model) and _can_still_chat(model, self._today)]
        judged = [self.rate(model, self._tier_of_free(model)) for model in free if self._has_host(model)]
        usable = [entry for entry in judged if entry.tier >= FitnessTier.UNSURE]
        best = min(usable, key=_rank, default=None)
        return best.model if best is not None else None

    def has_drawback(self, model: ModelInfo) -> bool:
        """Return whether a model that is fit should not be suggested to a user who did not ask for it."""
        cost = expected_cost(model, self._figures)
        return self._is_out_of_place(model, cost) or self._is_outlived(model, cost)

    def _tier(self, model: ModelInfo) -> FitnessTier:
        if not can_chat(model):
            return FitnessTier.CANNOT_CHAT
        verdict = voice_verdict(model, self._today, self._figures)
        if verdict is FitnessVerdict.UNFIT:
            return FitnessTier.UNFIT
        if verdict is FitnessVerdict.UNSURE:
            return FitnessTier.UNSURE
        return FitnessTier.FIT_WITH_DRAWBACK if self.has_drawback(model) else FitnessTier.FIT

    def _with_price(self, model: ModelInfo) -> ModelInfo:
        if model.variant != FREE_VARIANT:
            return model
        paid = self._by_id.get(_without_variant(model.id))
        return model if paid is None else replace(model, pricing=paid.pricing)

    def _tier_of_free(self, model: ModelInfo) -> FitnessTier:
        verdict = voice_verdict(model, self._today, self._figures)
        if verdict is not FitnessVerdict.FIT:
            return FitnessTier.UNFIT if verdict is FitnessVerdict.UNFIT else FitnessTier.UNSURE
        is_odd = self._is_odd(model) or self._is_old(model)
        return FitnessTier.FIT_WITH_DRAWBACK if is_odd else FitnessTier.FIT

    def _has_host(self, model: ModelInfo) -> bool:
        return self._figures.allowed_hosts(model.id) is None or bool(self._figures.speaking_hosts(model.id))

    def _is_out_of_place(self, model: ModelInfo, cost: HourlyCost) -> bool:
        return (
            model.variant != ""
            or cost.kind is not CostKind.KNOWN
            or (cost.usd or 0) > REASONABLE_USD_PER_HOUR
            # A plain model at no price is free for a while only: a test under a code name, whose prompts are kept.
            or model.pricing.is_free
            or self._is_odd(model)
        )

    def _is_odd(self, model: ModelInfo) -> bool:
        name = naming(model)
        ends = model.expiration_date
        return (
            model.is_alias
            or name.is_unfinished
            or name.is_specialist
            or (name.is_thinker and model.reasoning is None)
            or (model.context_length or 0) < REASONABLE_CONTEXT
            or (ends is not None and ends - self._today < EXPIRES_TOO_SOON)
            or self._competence.is_weak(model)
        )

    def _is_outlived(self, model: ModelInfo, cost: HourlyCost) -> bool:
        """Return whether the model is old, and its maker has a younger one for about the same price."""
        if not self._is_old(model):
            return False
        if model.author not in self._cheapest_young:
            self._cheapest_young[model.author] = self._find_cheapest_young(model.author)
        usd = cost.usd or 0.0
        return self._cheapest_young[model.author] <= max(_AS_DEAR * usd, usd + _AS_DEAR_USD)

    def _is_old(self, model: ModelInfo) -> bool:
        return model.created is not None and self._today - model.created.date() > TOO_OLD

    def _find_cheapest_young(self, author: str) -> float:
        """Return what an hour costs of an author's cheapest model that is young and could be suggested instead."""
        if not self._by_author:
            for model in self._models:
                self._by_author.setdefault(model.author, []).append(model)
        cheapest = math.inf
        for model in self._by_author.get(author, ()):
            if model.created is None or self._is_old(model):
                continue
            cost = expected_cost(model, self._figures)
            if cost.usd is None or "tools" not in (model.supported_parameters or ()):
                continue
            if _can_still_chat(model, self._today) and not self._is_out_of_place(model, cost):
                cheapest = min(cheapest, cost.usd)
        return cheapest

    def _points(self, model: ModelInfo, silence: Silence | None) -> float:
        cost = expected_cost(model, self._figures)
        # What is free is as competent as what it is the same as, whose price tells of it.
        points = 40 * min(self._competence.of(self._with_price(model)), COMPETENT) / COMPETENT
        if silence is not None:
            is_unused = silence.evidence is Evidence.KIND and model.id in self._figures.hosts
            points += 40 * _shortness(silence.seconds + (_UNUSED_S if is_unused else 0.0))
        return points + price_points(cost.usd)

    def _points_of_name(self, model: ModelInfo, silence: Silence | None) -> float:
        """Return the points of a model of which the id is told, and its age at most."""
        name, maker = naming(model), maker_of(model.id)
        points = 29.0 if maker in WELL_KNOWN_MAKERS else 16.0 if maker in KNOWN_MAKERS else 8.0
        if silence is not None and silence.evidence is Evidence.MEASURED:
            # In place of what the name says of its speed and its thinking, and more than that can be: it is known.
            points += 45 * _shortness(silence.seconds)
        else:
            points += _points_of_speed(name) + (0.0 if name.is_thinker else 15.0)
        if model.created is not None:
            months = (self._today - model.created.date()).days / 30.44
            points += 10.0 if months <= 9 else 10 * max(0.0, 1 - (months - 9) / 15)
        return points


def _shortness(seconds: float) -> float:
    """Return 1 for a silence that nobody notices, down to 0 for one that feels broken."""
    return max(0.0, min(1.0, (_LONG_S - seconds) / (_LONG_S - _SHORT_S)))


def _points_of_speed(name: Naming) -> float:
    if name.speed is SpeedClass.SLOW:
        return 0.0
    if name.size is not None and name.size < 6 and not name.is_mixture:
        return 6.0  # quick, but calls tools badly
    if name.speed is SpeedClass.FAST:
        return 25.0 if name.size is None else 20.0
    return 12.0
