"""A model's facts put into words for a row of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from caal_desktop.catalogue.fitness import Verdict, voice_fitness
from caal_desktop.catalogue.speech_cost import CostKind, format_cost, format_price_per_million, hourly_cost
from caal_desktop.item_models.model_list import ModelRow

if TYPE_CHECKING:
    from caal_desktop.llm.models import ModelInfo


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelRow", text)


def model_row(model: ModelInfo, *, recommended: bool = False) -> ModelRow:
    """Put a model into words."""
    price = _price(model)
    hourly = _hourly(model)
    context = _context(model.context_length)
    icons = tuple(_icons(model))
    badge = _tr("Recommended") if recommended else ""
    spoken = ", ".join(
        part
        for part in (
            model.name,
            model.vendor,
            badge,
            price,
            hourly,
            _tr("context {tokens}").format(tokens=context) if context else "",
            *(words for _, words in icons),
        )
        if part
    )
    return ModelRow(model, price, hourly, context, icons, badge, spoken)


def _price(model: ModelInfo) -> str:
    pricing = model.pricing
    if pricing.varies:
        return _tr("price varies")
    if pricing.is_free:
        return _tr("free")
    if pricing.prompt is None and pricing.completion is None:
        return ""
    return _tr("{prompt} in · {completion} out per million").format(
        prompt=format_price_per_million(pricing.prompt), completion=format_price_per_million(pricing.completion)
    )


def _hourly(model: ModelInfo) -> str:
    cost = hourly_cost(model)
    if model.pricing.is_free:
        return ""
    if cost.kind is not CostKind.KNOWN or cost.usd is None:
        return ""
    return _tr("≈ {cost} an hour").format(cost=format_cost(cost.usd))


def _context(tokens: int | None) -> str:
    if tokens is None:
        return ""
    if tokens >= 1_000_000:
        return f"{tokens / 1_000_000:.3g}M"
    return f"{round(tokens / 1000)}K" if tokens >= 1000 else str(tokens)


def _icons(model: ModelInfo) -> list[tuple[str, str]]:
    icons: list[tuple[str, str]] = []
    if voice_fitness(model).verdict is Verdict.FIT:
        icons.append(("mic", _tr("fit for voice")))
    if model.supported_parameters is not None and "tools" in model.supported_parameters:
        icons.append(("tools", _tr("can use tools")))
    if "image" in model.input_modalities:
        icons.append(("image", _tr("sees images")))
    if model.reasoning is not None:
        icons.append(("brain", _tr("always reasons first") if model.reasoning.mandatory else _tr("can reason")))
    return icons
