"""Whether a model is fit for a voice assistant, with reasons that can be read out.

The assistant needs a model that answers, streams text, calls tools, and starts to speak soon. How soon is predicted:
from what this computer has measured, else from the figures of the hosts that may answer, else from the model's kind,
and the reasons say which of the three it was. What is not known makes a model unsure, never unfit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.evidence import (
    NO_FIGURES,
    Evidence,
    Figures,
    Measured,
    is_healthy,
    takes_tools,
)
from caal_desktop.catalogue.fitness.silence import (
    Silence,
    Thinking,
    reached_hosts,
    silence_by_hosts,
    silence_by_kind,
    thinking_of,
)
from caal_desktop.catalogue.search.naming import naming
from caal_desktop.catalogue.usability import ChatObstacle, chat_obstacle, has_ended
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Count, Duration, FilledText, SourceText, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.llm.models.info import ModelInfo

SOON_EXPIRING = timedelta(days=60)
# The assistant's prompt and tool definitions take some 2,000 tokens and twenty turns of history as many again;
# tool results come on top.
SMALL_CONTEXT = 8_000
# A turn of voice is good up to 1.2 s, usable up to this, and feels broken beyond.
USABLE_S = 2.5
# By how much a prediction may be too long: published turns differ from those of hosts' figures by a factor of 1.5. What
# was measured holds for its own turns; others have a longer or shorter prompt, at another hour.
_DOUBT = {Evidence.MEASURED: 1.2, Evidence.HOSTS: 1.5, Evidence.KIND: 2.0}
# So many answers have to be late before a model is called unfit, or its hosts' figures are contradicted. What comes on
# top of a turn only ever makes it longer: the first one loads a local model, or opens the connection, and another one
# meets a hiccup. Of three, the median is neither. A short silence is believed at once: nothing makes a turn too quick.
ENOUGH_TURNS = 3


class FitnessVerdict(StrEnum):
    """The judgement on a model, or what one reason alone would make of it."""

    FIT = "fit"
    UNSURE = "unsure"
    UNFIT = "unfit"


class ReasonCode(StrEnum):
    """What a reason is about."""

    BATCH = "batch"
    NO_TEXT = "no_text"
    NOT_CHAT = "not_chat"
    CLASSIFIER = "classifier"
    EXPIRED = "expired"
    EXPIRES_SOON = "expires_soon"
    NO_TOOLS = "no_tools"
    TOOLS = "tools"
    TOOLS_UNKNOWN = "tools_unknown"
    NO_HOST_WITH_TOOLS = "no_host_with_tools"
    NO_ALLOWED_HOST = "no_allowed_host"
    NO_HEALTHY_HOST = "no_healthy_host"
    SPEAKS_SOON = "speaks_soon"
    SPEAKS_LATE = "speaks_late"
    SPEAKS_TOO_LATE = "speaks_too_late"
    MEASURED_SOON = "measured_soon"
    MEASURED_LATE = "measured_late"
    MEASURED_TOO_LATE = "measured_too_late"
    ALWAYS_REASONS_LONG = "always_reasons_long"
    ALWAYS_REASONS = "always_reasons"
    ALWAYS_REASONS_BRIEFLY = "always_reasons_briefly"
    REASONING_BY_DEFAULT = "reasoning_by_default"
    REASONING_OPTIONAL = "reasoning_optional"
    NO_REASONING = "no_reasoning"
    REASONING_POSSIBLE = "reasoning_possible"
    REASONING_LIKELY = "reasoning_likely"
    REASONING_UNKNOWN = "reasoning_unknown"
    ROUTER = "router"
    SMALL_CONTEXT = "small_context"
    FREE_LIMITS = "free_limits"
    STREAMS_TEXT = "streams_text"
    TEXT_UNKNOWN = "text_unknown"


_JUDGED: dict[ReasonCode, tuple[FitnessVerdict, SourceText]] = {
    ReasonCode.BATCH: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Answers in batches within hours, not in a conversation."),
    ),
    ReasonCode.NO_TEXT: (FitnessVerdict.UNFIT, QT_TRANSLATE_NOOP("Fitness", "Does not take or give text.")),
    ReasonCode.NOT_CHAT: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Its name is that of an embedding, speech or image model."),
    ),
    ReasonCode.CLASSIFIER: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Checks text for safety instead of answering it."),
    ),
    ReasonCode.EXPIRED: (FitnessVerdict.UNFIT, QT_TRANSLATE_NOOP("Fitness", "Was switched off after {date}.")),
    ReasonCode.NO_TOOLS: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Cannot call tools, so the assistant could only talk."),
    ),
    ReasonCode.NO_HOST_WITH_TOOLS: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Cannot call tools at any host that your settings allow."),
    ),
    ReasonCode.NO_ALLOWED_HOST: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Your settings allow none of its hosts to answer."),
    ),
    ReasonCode.SPEAKS_TOO_LATE: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP(
            "Fitness", "Silent for about {seconds} s before each answer, by its hosts' figures of everybody's requests."
        ),
    ),
    ReasonCode.MEASURED_TOO_LATE: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP(
            "Fitness", "Silent for about {seconds} s before each answer, measured here in {answers}, last on {day}."
        ),
    ),
    ReasonCode.ALWAYS_REASONS_LONG: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Has to think before each answer: a silence of about {time}, judged by its kind."),
    ),
    ReasonCode.NO_HEALTHY_HOST: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "No host that your settings allow answers well at the moment."),
    ),
    ReasonCode.SPEAKS_LATE: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP(
            "Fitness", "Speaks only after about {seconds} s, by its hosts' figures of everybody's requests."
        ),
    ),
    ReasonCode.MEASURED_LATE: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Speaks only after about {seconds} s, measured here in {answers}, last on {day}."),
    ),
    ReasonCode.ALWAYS_REASONS: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Has to think before it speaks: a silence of about {time}, judged by its kind."),
    ),
    ReasonCode.ALWAYS_REASONS_BRIEFLY: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP(
            "Fitness",
            "Has to think, but only a little if told so: a silence of about {time}, judged by its kind.",
        ),
    ),
    ReasonCode.EXPIRES_SOON: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Will be switched off after {date}."),
    ),
    ReasonCode.ROUTER: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Picks another model for each request, so speed and abilities change."),
    ),
    ReasonCode.SMALL_CONTEXT: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Remembers only {tokens}: a short conversation with few tools."),
    ),
    ReasonCode.TOOLS_UNKNOWN: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "The server does not tell whether it can call tools."),
    ),
    ReasonCode.TEXT_UNKNOWN: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "The server does not tell what it takes and gives."),
    ),
    ReasonCode.REASONING_POSSIBLE: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Can think before it speaks; the server does not tell whether it has to."),
    ),
    ReasonCode.REASONING_LIKELY: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "Its name suggests that it thinks before it speaks."),
    ),
    ReasonCode.REASONING_UNKNOWN: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP("Fitness", "The server does not tell whether it thinks before it speaks."),
    ),
    ReasonCode.STREAMS_TEXT: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Streams its answer as text, so speech can start with the first sentence."),
    ),
    ReasonCode.TOOLS: (FitnessVerdict.FIT, QT_TRANSLATE_NOOP("Fitness", "Can call tools.")),
    ReasonCode.SPEAKS_SOON: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Speaks after about {seconds} s, by its hosts' figures of everybody's requests."),
    ),
    ReasonCode.MEASURED_SOON: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Speaks after about {seconds} s, measured here in {answers}, last on {day}."),
    ),
    ReasonCode.REASONING_BY_DEFAULT: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Thinks first unless it is told not to, as a voice assistant tells it."),
    ),
    ReasonCode.REASONING_OPTIONAL: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Can think first, but need not."),
    ),
    ReasonCode.NO_REASONING: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Does not think before it speaks."),
    ),
    ReasonCode.FREE_LIMITS: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Free, but limited: 20 requests a minute, and a daily number."),
    ),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a verdict.

    Attributes:
        code: what it is about.
        verdict: what this reason alone would make of the model.
        message: the sentence.
    """

    code: ReasonCode
    verdict: FitnessVerdict
    message: FilledText


@dataclass(frozen=True, slots=True)
class Fitness:
    """A verdict with its reasons, the weightiest first.

    Attributes:
        verdict: the judgement.
        reasons: what it was made of.
        silence: how long it is silent before it speaks, and by which evidence; None where nothing tells.
    """

    verdict: FitnessVerdict
    reasons: tuple[Reason, ...]
    silence: Silence | None


def voice_fitness(model: ModelInfo, today: date | None = None, figures: Figures = NO_FIGURES) -> Fitness:
    """Judge whether the model suits a voice assistant.

    Args:
        model: what is known of it; what is not known makes the verdict unsure, never unfit.
        today: the day for which models may have ended; the current one (UTC) when None.
        figures: what its hosts tell, where they were asked, and what was measured.
    """
    today = today or datetime.now(UTC).date()
    reasons = [_reason(code, **values) for code, values in _codes(model, today, figures)]
    weights = {FitnessVerdict.UNFIT: 0, FitnessVerdict.UNSURE: 1, FitnessVerdict.FIT: 2}
    reasons.sort(key=lambda reason: weights[reason.verdict])  # stable: within a verdict the order is that below
    return Fitness(reasons[0].verdict, tuple(reasons), predicted_silence(model, figures))


def voice_verdict(model: ModelInfo, today: date, figures: Figures = NO_FIGURES) -> FitnessVerdict:
    """Return the verdict alone, for judging whole lists: a third of the time that the reasons take."""
    verdicts = {_JUDGED[code][0] for code, _ in _codes(model, today, figures)}
    return next(
        verdict for verdict in (FitnessVerdict.UNFIT, FitnessVerdict.UNSURE, FitnessVerdict.FIT) if verdict in verdicts
    )


def predicted_silence(model: ModelInfo, figures: Figures = NO_FIGURES) -> Silence | None:
    """Predict the silence by the best evidence that there is; None where nothing tells of it."""
    return _silence_by_figures(model, figures) or silence_by_kind(model)


def _silence_by_figures(model: ModelInfo, figures: Figures) -> Silence | None:
    measured, here = figures.measured.get(model.id), None
    if measured is not None:
        here = Silence(measured.seconds, Evidence.MEASURED)
        if here.seconds <= USABLE_S or measured.turns >= ENOUGH_TURNS:
            return here
    return silence_by_hosts(model, reached_hosts(model.id, figures)) or here


def _reason(code: ReasonCode, **values: object) -> Reason:
    verdict, template = _JUDGED[code]
    return Reason(code, verdict, FilledText(template, values))


def _codes(model: ModelInfo, today: date, figures: Figures) -> Iterator[tuple[ReasonCode, dict[str, object]]]:
    yield _text_code(model), {}
    if naming(model).is_classifier:
        yield ReasonCode.CLASSIFIER, {}
    if model.expiration_date is not None:
        ends: dict[str, object] = {"date": model.expiration_date}
        if has_ended(model, today):
            yield ReasonCode.EXPIRED, ends
        elif model.expiration_date - today <= SOON_EXPIRING:
            yield ReasonCode.EXPIRES_SOON, ends
    yield _tools_code(model), {}
    if (hosts := figures.allowed_hosts(model.id)) is not None:
        if figures.hosts[model.id] and not hosts:
            yield ReasonCode.NO_ALLOWED_HOST, {}
        elif hosts and not any(map(takes_tools, hosts)):
            yield ReasonCode.NO_HOST_WITH_TOOLS, {}
        elif not any(is_healthy(host) and takes_tools(host) for host in hosts):
            yield ReasonCode.NO_HEALTHY_HOST, {}
    yield _silence_code(model, figures)
    if model.pricing.varies:
        yield ReasonCode.ROUTER, {}
    if model.context_length is not None and model.context_length < SMALL_CONTEXT:
        yield ReasonCode.SMALL_CONTEXT, {"tokens": Count(model.context_length, Unit.TOKEN)}
    if model.variant == "free":
        yield ReasonCode.FREE_LIMITS, {}


def _text_code(model: ModelInfo) -> ReasonCode:
    obstacle = chat_obstacle(model)
    if obstacle is ChatObstacle.BATCH:
        return ReasonCode.BATCH
    if obstacle is ChatObstacle.NOT_A_CHAT_MODEL:
        return ReasonCode.NOT_CHAT
    if obstacle is not None:
        return ReasonCode.NO_TEXT
    return ReasonCode.STREAMS_TEXT if model.output_modalities else ReasonCode.TEXT_UNKNOWN


def _tools_code(model: ModelInfo) -> ReasonCode:
    if model.supported_parameters is None:
        return ReasonCode.TOOLS_UNKNOWN
    return ReasonCode.TOOLS if "tools" in model.supported_parameters else ReasonCode.NO_TOOLS


_BY_THINKING = {
    Thinking.NEVER: ReasonCode.NO_REASONING,
    Thinking.OPTIONAL: ReasonCode.REASONING_OPTIONAL,
    Thinking.POSSIBLE: ReasonCode.REASONING_POSSIBLE,
    Thinking.LIKELY: ReasonCode.REASONING_LIKELY,
    Thinking.UNKNOWN: ReasonCode.REASONING_UNKNOWN,
}
# By how late it is.
_BY_MEASURE = (ReasonCode.MEASURED_SOON, ReasonCode.MEASURED_LATE, ReasonCode.MEASURED_TOO_LATE)
_BY_HOSTS = (ReasonCode.SPEAKS_SOON, ReasonCode.SPEAKS_LATE, ReasonCode.SPEAKS_TOO_LATE)
_BY_KIND = (ReasonCode.ALWAYS_REASONS_BRIEFLY, ReasonCode.ALWAYS_REASONS, ReasonCode.ALWAYS_REASONS_LONG)


def _silence_code(model: ModelInfo, figures: Figures) -> tuple[ReasonCode, dict[str, object]]:
    silence = _silence_by_figures(model, figures)
    if silence is not None:
        return _code_by_figures(silence, figures.measured.get(model.id))
    thinking = thinking_of(model)
    if thinking is Thinking.OPTIONAL and model.reasoning is not None and model.reasoning.default_enabled:
        return ReasonCode.REASONING_BY_DEFAULT, {}
    # Of models that need not think, the kind tells no more than that.
    by_kind = silence_by_kind(model) if thinking is Thinking.MANDATORY else None
    if by_kind is None:
        return _BY_THINKING[thinking], {}
    return _BY_KIND[_how_late(by_kind)], {"time": Duration(by_kind.seconds)}


def _code_by_figures(silence: Silence, measured: Measured | None) -> tuple[ReasonCode, dict[str, object]]:
    told: dict[str, object] = {"seconds": round(silence.seconds, 1)}
    if measured is None or silence.evidence is Evidence.HOSTS:
        return _BY_HOSTS[_how_late(silence)], told
    told |= {"answers": Count(measured.turns, Unit.ANSWER), "day": measured.newest}
    worst = 2 if measured.turns >= ENOUGH_TURNS else 1
    return _BY_MEASURE[min(_how_late(silence), worst)], told


def _how_late(silence: Silence) -> int:
    """Return 0 for a silence that is usable, 2 for one that is not even if the prediction is too long, else 1."""
    if silence.seconds <= USABLE_S:
        return 0
    return 1 if silence.seconds <= USABLE_S * _DOUBT[silence.evidence] else 2
