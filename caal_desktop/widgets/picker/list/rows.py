"""The facts of an entry in words, for its row of the list."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop.catalogue.fitness.assessment import Fitness, FitnessVerdict, voice_fitness
from caal_desktop.catalogue.fitness.evidence import Evidence, Figures
from caal_desktop.catalogue.fitness.free_models import needs_credit
from caal_desktop.catalogue.fitness.silence import Thinking, thinking_of
from caal_desktop.catalogue.fitness.speech_cost import CostKind, expected_cost
from caal_desktop.catalogue.listing import Entry, ListSection, MissingModel, SectionKind, TypedModel
from caal_desktop.catalogue.usability import ChatObstacle, chat_obstacle, has_ended
from caal_desktop.item_models.model_list import HeadingRow, ModelRow, NoticeRow, Row
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.translation import QT_TRANSLATE_NOOP
from caal_desktop.widgets.common.explanations import spoken_facts
from caal_desktop.widgets.common.formats import day, money, number, price_per_million, short_count
from caal_desktop.widgets.common.translation import in_words, translate, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caal_desktop.catalogue.fitness.explanation import Explanation
    from caal_desktop.catalogue.fitness.silence import Silence
    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.models.info import ModelInfo

_OBSTACLES = {
    ChatObstacle.BATCH: QT_TRANSLATE_NOOP("ModelRow", "answers batch jobs only"),
    ChatObstacle.NO_TEXT_OUTPUT: QT_TRANSLATE_NOOP("ModelRow", "gives no text"),
    ChatObstacle.NO_TEXT_INPUT: QT_TRANSLATE_NOOP("ModelRow", "takes no text"),
    ChatObstacle.NOT_A_CHAT_MODEL: QT_TRANSLATE_NOOP("ModelRow", "is no chat model"),
}

_SECTIONS = {
    SectionKind.FAVOURITES: QT_TRANSLATE_NOOP("ModelRow", "Favourites"),
    SectionKind.RECENT: QT_TRANSLATE_NOOP("ModelRow", "Used last"),
    SectionKind.NEAREST: QT_TRANSLATE_NOOP("ModelRow", "No exact match; nearest:"),
}


_SILENCES = {
    Evidence.MEASURED: QT_TRANSLATE_NOOP("ModelRow", "≈ {seconds} s of silence (measured)"),
    Evidence.HOSTS: QT_TRANSLATE_NOOP("ModelRow", "≈ {seconds} s of silence (its hosts)"),
    Evidence.KIND: QT_TRANSLATE_NOOP("ModelRow", "≈ {seconds} s of silence (its kind)"),
}

_BETWEEN = "  ·  "


class _Headings(QObject):
    """Texts with a plural: lupdate knows them as such only in a Qt class."""

    def spoken(self, title: str, count: int) -> str:
        return self.tr("{title}, %Ln models", "", count).format(title=title)


@cache
def _headings() -> _Headings:
    return _Headings()


def entry_row(entry: Entry, view: CatalogueView, favourites: frozenset[str] = frozenset()) -> Row:
    """Put an entry into words.

    Args:
        entry: what to show.
        view: the list that it is of.
        favourites: ids with a star.
    """
    match entry:
        case ListSection():
            title = _section_title(entry)
            return HeadingRow(title, number(entry.count), _headings().spoken(title, entry.count))
        case MissingModel(id=model_id, routed_to=model) if model:
            text = translate("ModelRow", "In use: {model}, routed in a special way").format(model=model)
            return _notice(model_id, model_id, text, "info", "accent_text")
        case MissingModel(id=model_id):
            text = translate("ModelRow", "In use, but not in the list (any more)")
            return _notice(model_id, model_id, text, "caution", "caution")
        case TypedModel(id=model_id):
            title = translate("ModelRow", "Use “{id}” anyway").format(id=model_id)
            text = translate(
                "ModelRow", "Not in the list. It is asked for as typed, and refused if there is no such model."
            )
            return _notice(model_id, title, text, "edit", "accent_text")
        case _:
            return model_row(entry, view, is_favourite=entry.id in favourites)


def model_row(model: ModelInfo, view: CatalogueView, *, is_favourite: bool = False) -> ModelRow:
    """Put a model of a list into words."""
    is_recommended = view.recommended is not None and model.id == view.recommended.id
    context = ""
    if model.context_length:
        context = translate("ModelRow", "{tokens} context").format(tokens=short_count(model.context_length))
    fitness = voice_fitness(model, view.today, view.figures)
    badge = _badge(fitness) if is_recommended else ""
    icons = tuple(_icons(model, is_fit=fitness.verdict is FitnessVerdict.FIT))
    if badge and fitness.silence is not None:
        explanation = view.explain(model)
        summary = _BETWEEN.join(_explanation_in_short(model, view, fitness.silence, explanation))
        spoken_summary = spoken_facts(explanation)
    else:
        shown = _summary(model, view.figures)
        if fitness.silence is not None and fitness.silence.evidence is not Evidence.KIND:
            shown.insert(0, _silence(fitness.silence))
        summary, spoken_summary = _BETWEEN.join(shown), tuple(shown)
    warning = _warning(model, view)
    facts = (
        model.name,
        model.vendor,
        badge,
        translate("ModelRow", "favourite") if is_favourite else "",
        *spoken_summary,
        warning,
        context,
        *(text for _, text in icons),
        model.id,
    )
    # Not the comma of a sentence's list, which ends with an "and": what stands between facts that are read out.
    spoken = translate("ModelRow", ", ").join(fact for fact in facts if fact)
    usable = chat_obstacle(model) is None
    # What explains a recommendation needs the whole line.
    shown_context = "" if badge else context
    return ModelRow(model, summary, shown_context, icons, badge, warning, is_favourite, usable, spoken)


def _badge(fitness: Fitness) -> str:
    if fitness.verdict is not FitnessVerdict.FIT or fitness.silence is None:
        return ""  # where a server tells nothing, the best of its list is no advice
    if fitness.silence.evidence is Evidence.KIND:
        return translate("ModelRow", "A first guess")
    return translate("ModelRow", "Recommended")


def _section_title(section: ListSection) -> str:
    if section.kind is SectionKind.VENDOR:
        return section.vendor or translate("ModelRow", "Others")
    return translated(_SECTIONS[section.kind])


def _notice(model_id: str, title: str, text: str, icon: str, tone: str) -> NoticeRow:
    spoken = translate("ModelRow", "{title}. {text}").format(title=title, text=text)
    return NoticeRow(model_id, title, text, icon, tone, spoken)


def _silence(silence: Silence) -> str:
    decimals = 0 if silence.evidence is Evidence.KIND else 1
    return translated(_SILENCES[silence.evidence]).format(seconds=number(silence.seconds, decimals))


def _explanation_in_short(
    model: ModelInfo, view: CatalogueView, silence: Silence, explanation: Explanation
) -> Iterator[str]:
    """Yield what an explanation's line lists, in words that leave room for all of it."""
    yield _silence(silence)
    yield from _price(model, view.figures)[:1]
    tools, place = explanation.tools, view.competence.place(model)
    if tools is not None and place is not None:
        yield translate("ModelRow", "{tools}, place {place} of {count}").format(
            tools=in_words(tools), place=number(place.number), count=number(place.among)
        )
    elif tools is not None:
        yield in_words(tools)


def _summary(model: ModelInfo, figures: Figures) -> list[str]:
    facts = []
    if model.is_alias:
        target = model.alias_target_name or model.alias_target
        facts.append(
            translate("ModelRow", "stands for {model}").format(model=target)
            if target
            else translate("ModelRow", "stands for the latest")
        )
    return facts + _price(model, figures)


def _price(model: ModelInfo, figures: Figures) -> list[str]:
    """Return what is told of the price, that of an hour of talking first."""
    facts, pricing = [], model.pricing
    if pricing.varies:
        facts.append(translate("ModelRow", "price varies"))
    elif pricing.is_free:
        facts.append(translate("ModelRow", "free, limited"))
    elif pricing.prompt is not None or pricing.completion is not None:
        cost = expected_cost(model, figures)
        if cost.is_least:
            facts.append(translate("ModelRow", "at least {cost} an hour").format(cost=money(cost.usd)))
        elif cost.kind is CostKind.KNOWN and cost.usd is not None:
            facts.append(translate("ModelRow", "≈ {cost} an hour").format(cost=money(cost.usd)))
        facts.append(
            translate("ModelRow", "{prompt} in, {completion} out per million").format(
                prompt=price_per_million(pricing.prompt), completion=price_per_million(pricing.completion)
            )
        )
        threshold = min((tier.min_prompt_tokens for tier in pricing.tiers if tier.min_prompt_tokens), default=0)
        if threshold:
            facts.append(translate("ModelRow", "other price above {tokens}").format(tokens=short_count(threshold)))
        elif pricing.tiers:
            facts.append(translate("ModelRow", "other price at some hours"))
    return facts


def _warning(model: ModelInfo, view: CatalogueView) -> str:
    obstacle = chat_obstacle(model)
    if obstacle is not None:
        return translated(_OBSTACLES[obstacle])
    ends = model.expiration_date
    if ends is not None and has_ended(model, view.today):
        return translate("ModelRow", "ended on {day}").format(day=day(ends))
    if needs_credit(model, view.funds):
        is_spent = view.funds is Funds.SPENT
        return translate("ModelRow", "over the key's limit") if is_spent else translate("ModelRow", "needs credit")
    if ends is None:
        return ""
    return translate("ModelRow", "ends on {day}").format(day=day(ends))


def _icons(model: ModelInfo, *, is_fit: bool) -> list[tuple[str, str]]:
    icons: list[tuple[str, str]] = []
    if is_fit:
        icons.append(("mic", translate("ModelRow", "fit for voice")))
    if model.supported_parameters is not None and "tools" in model.supported_parameters:
        icons.append(("tools", translate("ModelRow", "can use tools")))
    if "image" in model.input_modalities:
        icons.append(("image", translate("ModelRow", "takes images")))
    if "audio" in model.input_modalities:
        icons.append(("sound", translate("ModelRow", "takes sound")))
    thinking = thinking_of(model)
    if thinking is Thinking.MANDATORY:
        icons.append(("brain", translate("ModelRow", "always thinks first")))
    elif thinking in (Thinking.OPTIONAL, Thinking.POSSIBLE):
        icons.append(("brain", translate("ModelRow", "can think first")))
    return icons
