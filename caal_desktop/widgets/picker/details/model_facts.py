"""Everything that is known about a model, in words: for the details, and for comparing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QObject, QTime

from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures
from caal_desktop.catalogue.fitness.silence import Thinking, thinking_of
from caal_desktop.catalogue.fitness.speech_cost import (
    HISTORY_TURNS,
    TURNS_PER_HOUR,
    CostKind,
    expected_cost,
)
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.widgets.common.formats import (
    UNKNOWN,
    data_size,
    day,
    format_value,
    listed,
    money,
    number,
    price_per_million,
    short_count,
    tokens,
)
from caal_desktop.widgets.common.translation import translate, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.catalogue.fitness.competence import Competence
    from caal_desktop.llm.models.info import ModelInfo, PriceTier, ReasoningPolicy

_MODALITIES = {
    "text": QT_TRANSLATE_NOOP("ModelFacts", "text"),
    "image": QT_TRANSLATE_NOOP("ModelFacts", "images"),
    "audio": QT_TRANSLATE_NOOP("ModelFacts", "sound"),
    "file": QT_TRANSLATE_NOOP("ModelFacts", "files"),
    "video": QT_TRANSLATE_NOOP("ModelFacts", "video"),
    "embeddings": QT_TRANSLATE_NOOP("ModelFacts", "embeddings"),
}

_EFFORTS = {
    "none": QT_TRANSLATE_NOOP("ModelFacts", "none"),
    "minimal": QT_TRANSLATE_NOOP("ModelFacts", "minimal"),
    "low": QT_TRANSLATE_NOOP("ModelFacts", "low"),
    "medium": QT_TRANSLATE_NOOP("ModelFacts", "medium"),
    "high": QT_TRANSLATE_NOOP("ModelFacts", "high"),
    "xhigh": QT_TRANSLATE_NOOP("ModelFacts", "very high"),
    "max": QT_TRANSLATE_NOOP("ModelFacts", "highest"),
}


class Topic(StrEnum):
    """What facts are about."""

    PRICES = "prices"
    LIMITS = "limits"
    ABILITIES = "abilities"
    LIFE = "life"
    BENCHMARKS = "benchmarks"
    PARAMETERS = "parameters"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact.

    Attributes:
        topic: what it is about.
        label: what is told.
        value: what is known of it.
        note: what that means, where it needs saying.
        key: the same for the same fact of another model.
    """

    topic: Topic
    label: str
    value: str
    note: str = ""
    key: str = ""


class _Notes(QObject):
    """Texts with a plural: lupdate knows them as such only in a Qt class."""

    def estimate(self) -> str:
        text = self.tr(
            "An estimate: %Ln exchanges an hour, the last {history} of them remembered, nothing cached.",
            "",
            TURNS_PER_HOUR,
        )
        return text.format(history=number(HISTORY_TURNS))


@cache
def _notes() -> _Notes:
    return _Notes()


def topic_title(topic: Topic) -> str:
    """Return a topic's heading."""
    return {
        Topic.PRICES: translate("ModelFacts", "Prices"),
        Topic.LIMITS: translate("ModelFacts", "Limits"),
        Topic.ABILITIES: translate("ModelFacts", "Abilities"),
        Topic.LIFE: translate("ModelFacts", "Origin and life"),
        Topic.BENCHMARKS: translate("ModelFacts", "Benchmarks by Artificial Analysis"),
        Topic.PARAMETERS: translate("ModelFacts", "Parameters"),
    }[topic]


def model_facts(model: ModelInfo, competence: Competence, figures: Figures = NO_FIGURES) -> list[Fact]:
    """Return what is known about the model; what its server does not tell is left out, never shown as zero.

    Args:
        model: the model.
        competence: the models of its list, compared with each other.
        figures: what is known of its hosts, and how they are asked.
    """
    return [
        *_prices(model, figures),
        *_limits(model),
        *_abilities(model),
        *_life(model),
        *_benchmarks(model, competence),
        *_others(model),
    ]


def _per_million(usd: float | None) -> str:
    """Return a price with its unit."""
    return translate("ModelFacts", "{price} per million tokens").format(price=price_per_million(usd))


def _prices(model: ModelInfo, figures: Figures) -> Iterator[Fact]:
    def fact(key: str, label: str, value: str, note: str = "") -> Fact:
        return Fact(Topic.PRICES, label, value, note, key)

    pricing, cost = model.pricing, expected_cost(model, figures)
    if pricing.varies:
        note = translate("ModelFacts", "It hands each request to another model, and that one's price is charged.")
        yield fact("prompt", translate("ModelFacts", "Price"), translate("ModelFacts", "varies"), note)
        return
    if cost.kind is CostKind.KNOWN and cost.usd is not None:
        note = _notes().estimate()
        if pricing.is_free:
            note = translate("ModelFacts", "Free models are limited: 20 requests a minute, and a daily number.")
        text = translate("ModelFacts", "at least {cost}") if cost.is_least else translate("ModelFacts", "about {cost}")
        yield fact(
            "hour",
            translate("ModelFacts", "An hour of talking"),
            text.format(cost=money(cost.usd)),
            note,
        )
    tokens_priced = (
        ("prompt", translate("ModelFacts", "Input"), pricing.prompt, ""),
        ("completion", translate("ModelFacts", "Output"), pricing.completion, ""),
        (
            "cache_read",
            translate("ModelFacts", "Read from the cache"),
            pricing.cache_read,
            translate("ModelFacts", "What was sent before costs this instead."),
        ),
        ("cache_write", translate("ModelFacts", "Written to the cache"), pricing.cache_write, ""),
        ("reasoning", translate("ModelFacts", "Thinking"), pricing.internal_reasoning, ""),
        ("audio", translate("ModelFacts", "Sound taken in"), pricing.audio, ""),
    )
    for key, label, price, note in tokens_priced:
        if price is not None and (price or key in ("prompt", "completion")):
            yield fact(key, label, _per_million(price), note)
    once = (
        ("request", translate("ModelFacts", "Each request"), pricing.request),
        ("image", translate("ModelFacts", "Each image"), pricing.image),
        ("search", translate("ModelFacts", "Each web search"), pricing.web_search),
    )
    for key, label, price in once:
        if price:
            yield fact(key, label, money(price))
    for place, tier in enumerate(pricing.tiers):
        yield fact(
            f"tier{place}",
            _tier_label(tier),
            _tier_value(tier),
            translate("ModelFacts", "For the whole request, not the rest of it."),
        )


def _tier_label(tier: PriceTier) -> str:
    above = tokens(tier.min_prompt_tokens) if tier.min_prompt_tokens else ""
    if tier.utc_start is None or tier.utc_end is None:
        return translate("ModelFacts", "Above {tokens}").format(tokens=above) if above else ""
    start, end = _time_of_day(tier.utc_start), _time_of_day(tier.utc_end)
    if above:
        text = translate("ModelFacts", "Above {tokens}, from {start} to {end} UTC")
        return text.format(tokens=above, start=start, end=end)
    return translate("ModelFacts", "From {start} to {end} UTC").format(start=start, end=end)


def _time_of_day(minutes: int) -> str:
    return QLocale().toString(QTime(minutes // 60 % 24, minutes % 60), QLocale.FormatType.ShortFormat)


def _tier_value(tier: PriceTier) -> str:
    changes = (
        (translate("ModelFacts", "{price} in"), tier.prompt),
        (translate("ModelFacts", "{price} out"), tier.completion),
        (translate("ModelFacts", "{price} from the cache"), tier.cache_read),
        (translate("ModelFacts", "{price} to the cache"), tier.cache_write),
    )
    return " · ".join(text.format(price=price_per_million(usd)) for text, usd in changes if usd is not None) or UNKNOWN


def _limits(model: ModelInfo) -> Iterator[Fact]:
    if model.context_length is not None:
        label = translate("ModelFacts", "Context")
        note = translate("ModelFacts", "All it holds in mind at once: instructions, tools, conversation and answer.")
        yield Fact(Topic.LIMITS, label, tokens(model.context_length), note, "context")
    if model.max_completion_tokens is not None:
        value = tokens(model.max_completion_tokens)
        yield Fact(Topic.LIMITS, translate("ModelFacts", "Longest answer"), value, key="output")
    if model.remote_host:
        note = translate("ModelFacts", "The server passes on what you say: it leaves your network.")
        yield Fact(Topic.LIMITS, translate("ModelFacts", "Runs at"), model.remote_host, note, "remote")
    if model.is_moderated:
        note = translate("ModelFacts", "The provider checks every request and may refuse it.")
        yield Fact(
            Topic.LIMITS, translate("ModelFacts", "Moderation"), translate("ModelFacts", "yes"), note, "moderated"
        )


def _abilities(model: ModelInfo) -> Iterator[Fact]:
    def fact(key: str, label: str, value: str, note: str = "") -> Fact:
        return Fact(Topic.ABILITIES, label, value, note, key)

    if model.input_modalities:
        yield fact("takes", translate("ModelFacts", "Takes"), _modalities(model.input_modalities))
    if model.output_modalities:
        yield fact("gives", translate("ModelFacts", "Gives"), _modalities(model.output_modalities))
    parameters = model.supported_parameters
    if parameters is not None:
        yield fact(
            "tools",
            translate("ModelFacts", "Tools"),
            translate("ModelFacts", "yes") if "tools" in parameters else translate("ModelFacts", "no"),
        )
        structured = not parameters.isdisjoint(("structured_outputs", "response_format"))
        yield fact(
            "structured",
            translate("ModelFacts", "Structured answers"),
            translate("ModelFacts", "yes") if structured else translate("ModelFacts", "no"),
        )
    if model.reasoning is not None:
        value, note = _reasoning(model.reasoning)
        yield fact("thinks", translate("ModelFacts", "Thinking before answering"), value, note)
    elif thinking_of(model) is Thinking.POSSIBLE:
        value = translate("ModelFacts", "possible; more is not told")
        yield fact("thinks", translate("ModelFacts", "Thinking before answering"), value)
    elif parameters is not None:
        yield fact("thinks", translate("ModelFacts", "Thinking before answering"), translate("ModelFacts", "no"))


def _modalities(names: tuple[str, ...]) -> str:
    return listed([translated(_MODALITIES[name]) if name in _MODALITIES else name for name in names])


def _effort(name: str) -> str:
    return translated(_EFFORTS[name]) if name in _EFFORTS else name


def _reasoning(policy: ReasoningPolicy) -> tuple[str, str]:
    if policy.mandatory:
        value = translate("ModelFacts", "always")
    elif policy.default_enabled:
        value = translate("ModelFacts", "unless told not to")
    elif policy.default_enabled is False:
        value = translate("ModelFacts", "only when asked to")
    else:
        value = translate("ModelFacts", "optional")
    notes = []
    if policy.efforts:
        efforts = listed([_effort(name) for name in policy.efforts])
        notes.append(translate("ModelFacts", "Efforts: {efforts}.").format(efforts=efforts))
    if policy.default_effort:
        notes.append(translate("ModelFacts", "Usually: {effort}.").format(effort=_effort(policy.default_effort)))
    return value, " ".join(notes)


def _life(model: ModelInfo) -> Iterator[Fact]:
    def fact(key: str, label: str, value: str, note: str = "") -> Fact:
        return Fact(Topic.LIFE, label, value, note, key)

    if model.vendor:
        yield fact("vendor", translate("ModelFacts", "Made by"), model.vendor)
    if model.created is not None:
        yield fact("created", translate("ModelFacts", "Listed since"), day(model.created.date()))
    if model.knowledge_cutoff is not None:
        yield fact("cutoff", translate("ModelFacts", "Knows the world until"), day(model.knowledge_cutoff))
    if model.expiration_date is not None:
        note = translate("ModelFacts", "After this day requests to it fail.")
        yield fact("ends", translate("ModelFacts", "Ends on"), day(model.expiration_date), note)
    if model.is_alias:
        target = model.alias_target_name or model.alias_target or translate("ModelFacts", "the latest of its family")
        if model.alias_target and model.alias_target != target:
            target = translate("ModelFacts", "{model} ({id})").format(model=target, id=model.alias_target)
        yield fact(
            "alias",
            translate("ModelFacts", "Stands for"),
            target,
            translate("ModelFacts", "It may stand for another model tomorrow."),
        )
    if model.canonical_slug and model.canonical_slug not in (model.id, model.alias_target):
        yield fact("slug", translate("ModelFacts", "Permanent name"), model.canonical_slug)
    if model.parameter_count is not None:
        value = translate("ModelFacts", "{count} parameters").format(count=short_count(model.parameter_count))
        yield fact("size", translate("ModelFacts", "Size"), value)
    if model.quantization:
        note = translate("ModelFacts", "How its numbers were rounded: fewer bits are smaller, quicker and less exact.")
        yield fact("quantization", translate("ModelFacts", "Quantisation"), model.quantization, note)
    if model.file_size is not None:
        note = translate("ModelFacts", "About as much memory has to be free for it, and some more for the context.")
        yield fact("disk", translate("ModelFacts", "On the disk"), data_size(model.file_size), note)
    if model.hugging_face_id:
        yield fact("weights", translate("ModelFacts", "Open weights"), model.hugging_face_id)


def _benchmarks(model: ModelInfo, competence: Competence) -> Iterator[Fact]:
    indices = (
        ("intelligence", translate("ModelFacts", "Intelligence"), model.intelligence_index),
        ("coding", translate("ModelFacts", "Programming"), model.coding_index),
        ("agentic", translate("ModelFacts", "Acting with tools"), model.agentic_index),
    )
    for key, label, value in indices:
        if value is not None:
            yield Fact(Topic.BENCHMARKS, label, number(value, 1), key=key)
    place = competence.place(model)
    if place is not None:
        yield Fact(
            Topic.BENCHMARKS,
            translate("ModelFacts", "Place in acting with tools"),
            translate("ModelFacts", "{place} of {count}").format(place=number(place.number), count=number(place.among)),
            translate("ModelFacts", "Measured with full thinking; a voice assistant asks for as little as it can."),
            "place",
        )


def _others(model: ModelInfo) -> Iterator[Fact]:
    if model.supported_parameters:
        names = listed(sorted(model.supported_parameters))
        yield Fact(Topic.PARAMETERS, translate("ModelFacts", "Understands"), names, key="parameters")
    if model.default_parameters:
        values = listed([f"{name} = {format_value(float(value))}" for name, value in model.default_parameters])
        yield Fact(Topic.PARAMETERS, translate("ModelFacts", "Usually"), values, key="defaults")
