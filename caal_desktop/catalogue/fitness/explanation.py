"""What is to be expected of a model as a voice assistant's, in one line: what speaks for it, and what against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import Fitness, FitnessVerdict, ReasonCode, voice_fitness
from caal_desktop.catalogue.fitness.evidence import Evidence, Figures
from caal_desktop.catalogue.fitness.free_models import needs_credit
from caal_desktop.catalogue.fitness.speech_cost import CostKind, expected_cost
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Duration, FilledText, Money

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.competence import Competence
    from caal_desktop.catalogue.fitness.silence import Silence
    from caal_desktop.llm.models.info import ModelInfo

FRESH = timedelta(minutes=30)
"""Hosts tell figures of the last half hour: of older ones it is said when they were asked for."""

_ABOUT_SILENCE = frozenset(
    {
        ReasonCode.MEASURED_LATE,
        ReasonCode.MEASURED_TOO_LATE,
        ReasonCode.SPEAKS_LATE,
        ReasonCode.SPEAKS_TOO_LATE,
        ReasonCode.ALWAYS_REASONS_BRIEFLY,
        ReasonCode.ALWAYS_REASONS,
        ReasonCode.ALWAYS_REASONS_LONG,
    }
)
# By whether the quickest host alone is asked, and whether the figures are fresh.
_BY_HOSTS = {
    (False, True): QT_TRANSLATE_NOOP("Explanation", "About {seconds} s of silence by its hosts' figures"),
    (False, False): QT_TRANSLATE_NOOP("Explanation", "About {seconds} s of silence by its hosts' figures of {time}"),
    (True, True): QT_TRANSLATE_NOOP("Explanation", "About {seconds} s of silence by its quickest host's figures"),
    (True, False): QT_TRANSLATE_NOOP(
        "Explanation", "About {seconds} s of silence by its quickest host's figures of {time}"
    ),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is to be expected of a model.

    Attributes:
        silence: how long it is silent, and what tells so. It begins the line.
        price: what an hour costs; like the next two, None where that is not known.
        tools: where it can call tools.
        place: its place in acting with them.
        caveat: what matters most of what speaks against it, a sentence; None for nothing.
    """

    silence: FilledText
    price: FilledText | None
    tools: FilledText | None
    place: FilledText | None
    caveat: FilledText | None

    @property
    def facts(self) -> tuple[FilledText, ...]:
        """What the line lists, in its order; the caveat follows as a sentence."""
        told = (self.silence, self.price, self.tools, self.place)
        return tuple(fact for fact in told if fact is not None)


def explain(
    model: ModelInfo,
    today: date,
    figures: Figures,
    competence: Competence,
    funds: Funds = Funds.UNKNOWN,
    now: datetime | None = None,
) -> Explanation:
    """Return what is to be expected of a model.

    Args:
        model: the model.
        today: the day for which it may have ended.
        figures: what is known of its hosts, and what was measured.
        competence: the models of its list, compared with each other.
        funds: what the user's key can pay for.
        now: timezone-aware; the current moment when None.
    """
    fitness = voice_fitness(model, today, figures)
    return Explanation(
        _silence_fact(model, fitness.silence, figures, now or datetime.now(UTC)),
        _price_fact(model, figures),
        _tools_fact(model, figures),
        _place_fact(model, competence),
        _caveat(model, fitness, competence, funds),
    )


def _silence_fact(model: ModelInfo, silence: Silence | None, figures: Figures, now: datetime) -> FilledText:
    if silence is None:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "How soon it speaks is not known"))
    values: dict[str, object] = {"seconds": round(silence.seconds, 1)}
    if silence.evidence is Evidence.MEASURED:
        values["day"] = figures.measured[model.id].newest
        return FilledText(
            QT_TRANSLATE_NOOP("Explanation", "About {seconds} s of silence, measured here on {day}"), values
        )
    if silence.evidence is Evidence.HOSTS:
        asked_at = figures.asked_at.get(model.id)
        is_fresh = asked_at is None or now - asked_at <= FRESH
        if not is_fresh:
            values["time"] = asked_at
        return FilledText(_BY_HOSTS[figures.asks_quickest(model.id), is_fresh], values)
    # A kind's silence is known to the second at best.
    values = {"time": Duration(silence.seconds)}
    if model.id in figures.hosts:
        text = QT_TRANSLATE_NOOP(
            "Explanation", "About {time} of silence, judged by its kind: its hosts tell no figures"
        )
        return FilledText(text, values)
    return FilledText(QT_TRANSLATE_NOOP("Explanation", "About {time} of silence, judged by its kind"), values)


def _price_fact(model: ModelInfo, figures: Figures) -> FilledText | None:
    cost = expected_cost(model, figures)
    if model.pricing.is_free:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "free, with limits"))
    if cost.kind is CostKind.VARIES:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "its price varies"))
    if cost.usd is None:
        return None
    values = {"cost": Money(cost.usd)}
    if cost.is_least:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "at least {cost} an hour"), values)
    return FilledText(QT_TRANSLATE_NOOP("Explanation", "about {cost} an hour"), values)


def _tools_fact(model: ModelInfo, figures: Figures) -> FilledText | None:
    hosts, able = figures.allowed_hosts(model.id), len(figures.speaking_hosts(model.id))
    if hosts is None:
        takes_tools = "tools" in (model.supported_parameters or ())
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "can call tools")) if takes_tools else None
    if not able:
        return None
    values = {"able": able, "count": len(hosts)}
    if len(hosts) < len(figures.hosts[model.id]):
        if len(hosts) == 1:
            return FilledText(QT_TRANSLATE_NOOP("Explanation", "tools at the only host that you allow"))
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "tools at {able} of {count} hosts that you allow"), values)
    if len(hosts) == 1:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "tools at its only host"))
    return FilledText(QT_TRANSLATE_NOOP("Explanation", "tools at {able} of {count} hosts"), values)


def _place_fact(model: ModelInfo, competence: Competence) -> FilledText | None:
    place = competence.place(model)
    if place is not None:
        text = QT_TRANSLATE_NOOP("Explanation", "place {place} of {count} in acting with tools, by Artificial Analysis")
        return FilledText(text, {"place": place.number, "count": place.among})
    if competence.is_told:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "no published figure of acting with tools"))
    return None


def _caveat(model: ModelInfo, fitness: Fitness, competence: Competence, funds: Funds) -> FilledText | None:
    if needs_credit(model, funds):
        if funds is Funds.SPENT:
            return FilledText(QT_TRANSLATE_NOOP("Explanation", "Nothing is left of what this key may spend."))
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "Needs credit, which this key never had."))
    worst = fitness.reasons[0]
    is_guessed = fitness.silence is None or fitness.silence.evidence is Evidence.KIND
    if worst.verdict is not FitnessVerdict.FIT:
        if worst.code not in _ABOUT_SILENCE:
            return worst.message
        if is_guessed:
            return FilledText(QT_TRANSLATE_NOOP("Explanation", "Probably too slow for a conversation."))
        if worst.code is ReasonCode.MEASURED_LATE:
            # One or two answers are no verdict, and a few more may be quicker.
            return FilledText(QT_TRANSLATE_NOOP("Explanation", "So far too slow for a conversation."))
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "Too slow for a conversation."))
    has_place = competence.place(model) is not None
    if competence.is_weak(model):
        if has_place:
            return FilledText(
                QT_TRANSLATE_NOOP("Explanation", "Among the last fifth of its list in acting with tools.")
            )
        return FilledText(
            QT_TRANSLATE_NOOP(
                "Explanation", "Among the cheapest of its age, and nobody has published how competent it is."
            )
        )
    if is_guessed and not has_place:
        return FilledText(QT_TRANSLATE_NOOP("Explanation", "Little is known of it: try it before you rely on it."))
    return None
