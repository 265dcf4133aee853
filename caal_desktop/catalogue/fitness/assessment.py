"""Whether a model is fit for a voice assistant, with reasons that can be read out.

The assistant needs a model that answers, streams text, calls tools, and starts to speak soon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.search.naming import naming
from caal_desktop.catalogue.usability import ChatObstacle, chat_obstacle, has_ended
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, Count, FilledText, SourceText, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.llm.models.info import ModelInfo

SOON_EXPIRING = timedelta(days=60)
# The assistant's prompt and tool definitions take some 2,000 tokens and twenty turns of history as many again;
# tool results come on top.
SMALL_CONTEXT = 8_000


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
    ALWAYS_REASONS = "always_reasons"
    ALWAYS_REASONS_BRIEFLY = "always_reasons_briefly"
    REASONING_OPTIONAL = "reasoning_optional"
    NO_REASONING = "no_reasoning"
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
    ReasonCode.ALWAYS_REASONS: (
        FitnessVerdict.UNFIT,
        QT_TRANSLATE_NOOP("Fitness", "Always thinks before it speaks: a long silence before each answer."),
    ),
    ReasonCode.ALWAYS_REASONS_BRIEFLY: (
        FitnessVerdict.UNSURE,
        QT_TRANSLATE_NOOP(
            "Fitness", "Always thinks a little before it speaks; at minimal effort the silence is short."
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
    ReasonCode.REASONING_OPTIONAL: (FitnessVerdict.FIT, QT_TRANSLATE_NOOP("Fitness", "Can think first, but need not.")),
    ReasonCode.NO_REASONING: (
        FitnessVerdict.FIT,
        QT_TRANSLATE_NOOP("Fitness", "Speaks at once, without thinking first."),
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
    """A verdict with its reasons, the weightiest first."""

    verdict: FitnessVerdict
    reasons: tuple[Reason, ...]


def voice_fitness(model: ModelInfo, today: date | None = None) -> Fitness:
    """Judge whether the model suits a voice assistant.

    Args:
        model: what is known of it; what is not known makes the verdict unsure, never unfit.
        today: the day for which models may have ended; the current one (UTC) when None.
    """
    reasons = [_reason(code, **values) for code, values in _codes(model, today or datetime.now(UTC).date())]
    weights = {FitnessVerdict.UNFIT: 0, FitnessVerdict.UNSURE: 1, FitnessVerdict.FIT: 2}
    reasons.sort(key=lambda reason: weights[reason.verdict])  # stable: within a verdict the order is that below
    return Fitness(reasons[0].verdict, tuple(reasons))


def voice_verdict(model: ModelInfo, today: date) -> FitnessVerdict:
    """Return the verdict alone, for judging whole lists: a third of the time that the reasons take."""
    verdicts = {_JUDGED[code][0] for code, _ in _codes(model, today)}
    return next(
        verdict for verdict in (FitnessVerdict.UNFIT, FitnessVerdict.UNSURE, FitnessVerdict.FIT) if verdict in verdicts
    )


def _reason(code: ReasonCode, **values: object) -> Reason:
    verdict, template = _JUDGED[code]
    return Reason(code, verdict, FilledText(template, values))


def _codes(model: ModelInfo, today: date) -> Iterator[tuple[ReasonCode, dict[str, object]]]:
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
    yield _reasoning_code(model), {}
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


def _reasoning_code(model: ModelInfo) -> ReasonCode:
    if model.reasoning is not None:
        if not model.reasoning.mandatory:
            return ReasonCode.REASONING_OPTIONAL
        briefly = "minimal" in model.reasoning.efforts or model.reasoning.default_effort == "minimal"
        return ReasonCode.ALWAYS_REASONS_BRIEFLY if briefly else ReasonCode.ALWAYS_REASONS
    if naming(model).is_thinker:
        return ReasonCode.REASONING_LIKELY
    return ReasonCode.NO_REASONING if model.supported_parameters is not None else ReasonCode.REASONING_UNKNOWN
