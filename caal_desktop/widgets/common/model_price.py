"""What a model costs, in a sentence: wherever one click takes it in place of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.speech_cost import CostKind, hourly_cost
from caal_desktop.widgets.common.formats import money, price_per_million
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo


def price_sentence(model: ModelInfo) -> str:
    """Return what an hour of talking with a model, and a million tokens, cost; or why that is not known."""
    pricing, cost = model.pricing, hourly_cost(model)
    if pricing.is_free:
        return translate("ModelPrice", "It is free, with limits.")
    if cost.kind is CostKind.VARIES:
        return translate("ModelPrice", "Its price varies.")
    if cost.kind is CostKind.UNKNOWN:
        return translate("ModelPrice", "What it costs is not told.")
    return translate(
        "ModelPrice",
        "It costs about {cost} for an hour of talking ({prompt} in, {completion} out per million tokens).",
    ).format(
        cost=money(cost.usd),
        prompt=price_per_million(pricing.prompt),
        completion=price_per_million(pricing.completion),
    )
