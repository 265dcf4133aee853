"""What a model costs, in a sentence: wherever one click takes it in place of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.speech_cost import CostKind, HourlyCost
from caal_desktop.widgets.common.formats import money, price_per_million
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo


def price_sentence(model: ModelInfo, cost: HourlyCost) -> str:
    """Return what an hour of talking with a model, and a million tokens, cost; or why that is not known.

    Args:
        model: the model.
        cost: of an hour, as requests are routed.
    """
    pricing = model.pricing
    if pricing.is_free:
        return translate("ModelPrice", "It is free, with limits.")
    if cost.kind is CostKind.VARIES:
        return translate("ModelPrice", "Its price varies.")
    if cost.kind is CostKind.UNKNOWN:
        return translate("ModelPrice", "What it costs is not told.")
    if cost.is_least:
        text = translate("ModelPrice", "It costs at least {cost} for an hour of talking, with quick hosts first.")
    else:
        text = translate(
            "ModelPrice",
            "It costs about {cost} for an hour of talking ({prompt} in, {completion} out per million tokens).",
        )
    return text.format(
        cost=money(cost.usd),
        prompt=price_per_million(pricing.prompt),
        completion=price_per_million(pricing.completion),
    )
