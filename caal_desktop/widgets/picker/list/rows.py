"""An entry's facts put into words for a row of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_fitness
from caal_desktop.catalogue.fitness.speech_cost import CostKind, hourly_cost
from caal_desktop.catalogue.listing import Entry, MissingModel, Section, TypedModel
from caal_desktop.catalogue.usability import chat_obstacle, has_ended
from caal_desktop.item_models.model_list import HeadingRow, ModelRow, NoticeRow, Row
from caal_desktop.widgets.common.formats import day, money, price_per_million, short_count
from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.picker import picker_texts

if TYPE_CHECKING:
    from datetime import date

    from caal_desktop.llm.models.info import ModelInfo


def entry_row(entry: Entry, today: date, *, recommended: str = "", favourites: frozenset[str] = frozenset()) -> Row:
    """Put an entry into words.

    Args:
        entry: what to show.
        today: the day for which models may have ended.
        recommended: the id that is recommended.
        favourites: ids with a star.
    """
    match entry:
        case Section():
            title = picker_texts.section_title(entry)
            return HeadingRow(
                title,
                str(entry.count),
                translate("ModelRow", "{title}, {count} models").format(title=title, count=entry.count),
            )
        case MissingModel(id=model_id, routed_to=model) if model:
            text = translate("ModelRow", "In use: {model}, routed in a special way").format(model=model)
            return _notice(model_id, model_id, text, "info", "accent_text")
        case MissingModel(id=model_id):
            return _notice(
                model_id,
                model_id,
                translate("ModelRow", "In use, but not in the list (any more)"),
                "caution",
                "caution",
            )
        case TypedModel(id=model_id):
            title = translate("ModelRow", "Use “{id}” anyway").format(id=model_id)
            text = translate(
                "ModelRow", "Not in the list. It is asked for as typed, and refused if there is no such model."
            )
            return _notice(model_id, title, text, "edit", "accent_text")
        case _:
            return model_row(entry, today, is_recommended=entry.id == recommended, is_favourite=entry.id in favourites)


def model_row(model: ModelInfo, today: date, *, is_recommended: bool = False, is_favourite: bool = False) -> ModelRow:
    """Put a model into words."""
    context = (
        translate("ModelRow", "{tokens} context").format(tokens=short_count(model.context_length))
        if model.context_length
        else ""
    )
    # Where a server tells nothing, the best of the list is a guess, and no advice.
    is_fit = voice_fitness(model, today).verdict is FitnessVerdict.FIT
    badge = translate("ModelRow", "Recommended") if is_recommended and is_fit else ""
    icons = tuple(_icons(model, is_fit=is_fit))
    summary = "  ·  ".join(_summary(model))
    warning = _warning(model, today)
    spoken = ", ".join(
        part
        for part in (
            model.name,
            model.vendor,
            badge,
            translate("ModelRow", "favourite") if is_favourite else "",
            summary.replace("  ·  ", ", "),
            warning,
            context,
            *(text for _, text in icons),
            model.id,
        )
        if part
    )
    usable = chat_obstacle(model) is None
    return ModelRow(model, summary, context, icons, badge, warning, is_favourite, usable, spoken)


def _notice(model_id: str, title: str, text: str, icon: str, tone: str) -> NoticeRow:
    return NoticeRow(model_id, title, text, icon, tone, f"{title}. {text}")


def _summary(model: ModelInfo) -> list[str]:
    parts = []
    if model.is_alias:
        target = model.alias_target_name or model.alias_target
        parts.append(
            translate("ModelRow", "stands for {model}").format(model=target)
            if target
            else translate("ModelRow", "stands for the latest")
        )
    pricing = model.pricing
    if pricing.varies:
        parts.append(translate("ModelRow", "price varies"))
    elif pricing.is_free:
        parts.append(translate("ModelRow", "free, limited"))
    elif pricing.prompt is not None or pricing.completion is not None:
        cost = hourly_cost(model)
        if cost.kind is CostKind.KNOWN and cost.usd is not None:
            parts.append(translate("ModelRow", "≈ {cost} an hour").format(cost=money(cost.usd)))
        parts.append(
            translate("ModelRow", "{prompt} in, {completion} out per million").format(
                prompt=price_per_million(pricing.prompt), completion=price_per_million(pricing.completion)
            )
        )
        dearer = min((tier.min_prompt_tokens for tier in pricing.tiers if tier.min_prompt_tokens), default=0)
        if dearer:
            parts.append(translate("ModelRow", "other price above {tokens}").format(tokens=short_count(dearer)))
        elif pricing.tiers:
            parts.append(translate("ModelRow", "other price at some hours"))
    return parts


def _warning(model: ModelInfo, today: date) -> str:
    obstacle = chat_obstacle(model)
    if obstacle is not None:
        return picker_texts.obstacle(obstacle)
    ends = model.expiration_date
    if ends is None:
        return ""
    if has_ended(model, today):
        return translate("ModelRow", "ended on {day}").format(day=day(ends))
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
    if model.reasoning is not None:
        icons.append(
            (
                "brain",
                translate("ModelRow", "always thinks first")
                if model.reasoning.mandatory
                else translate("ModelRow", "can think first"),
            )
        )
    return icons
