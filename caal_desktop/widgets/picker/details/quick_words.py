"""What quick hosts first changes with a model, and what that costs, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.quick_hosts import QuickHosts, quick_hosts
from caal_desktop.llm.models.routing import quick_route
from caal_desktop.widgets.common.formats import money, number
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.info import ModelInfo


def quick_line(model_id: str, model: ModelInfo | None, figures: Figures) -> str:
    """Return silence and price with quick hosts first beside the usual ones, in one line; the same on and off.

    Args:
        model_id: what is chosen; "" for nothing.
        model: its row in the list; None where it has none.
        figures: what is known of the hosts.
    """
    if not model_id:
        return ""
    if quick_route(model_id) is None:
        return translate("QuickHosts", "This model's id leaves no choice of hosts.")
    if model is None:
        return translate("QuickHosts", "What it changes with this model is not known.")
    told = quick_hosts(model, figures)
    if told is None and model_id in figures.hosts:
        return translate("QuickHosts", "What it changes is not known: this model's hosts tell no figures.")
    if told is None:
        text = translate("QuickHosts", "What it changes with this model is not known yet: “{ask}” tells.")
        return text.format(ask=translate("DetailsPane", "Who hosts it?"))
    quick, usual = _tenths(told.seconds), _tenths(told.usual_seconds)
    cost, cheapest = _costs(told)
    if quick == usual and cost == cheapest:
        return translate("QuickHosts", "No sooner with this model: about {quick} s.").format(quick=quick)
    if quick == usual and cost:
        text = translate(
            "QuickHosts", "No sooner with this model: about {quick} s, at least {cost} instead of {cheapest} an hour."
        )
    elif not cost:
        text = translate("QuickHosts", "About {quick} s instead of {usual} s.")
    elif cost == cheapest:
        text = translate("QuickHosts", "About {quick} s instead of {usual} s, at least {cost} an hour.")
    else:
        text = translate(
            "QuickHosts", "About {quick} s instead of {usual} s, at least {cost} instead of {cheapest} an hour."
        )
    return text.format(quick=quick, usual=usual, cost=cost, cheapest=cheapest)


def longest_line() -> str:
    """Return the longest line that there can be, with sums of the usual length."""
    text = translate(
        "QuickHosts", "No sooner with this model: about {quick} s, at least {cost} instead of {cheapest} an hour."
    )
    return text.format(quick=_tenths(1.0), cost=money(0.022), cheapest=money(0.022))


def quick_facts(model: ModelInfo, figures: Figures) -> list[str]:
    """Return what there is to know before quick hosts are asked first: sentences; none where there is no choice."""
    told = quick_hosts(model, figures)
    if told is None or len(figures.speaking_hosts(model.id)) < 2:
        return []
    return [*_change(told), *_drawbacks(told)]


def _costs(told: QuickHosts) -> tuple[str, str]:
    """Return what an hour costs at the quickest host and at the cheapest one; empty where it is free, or not told."""
    if not told.usd or told.cheapest_usd is None:
        return "", ""
    return money(told.usd), money(told.cheapest_usd)


def _change(told: QuickHosts) -> list[str]:
    host = told.host.provider_name
    facts = [
        translate(
            "QuickHosts",
            "{host} is the quickest now: a silence of about {quick} s instead of {usual} s, by the hosts' figures.",
        ).format(host=host, quick=_tenths(told.seconds), usual=_tenths(told.usual_seconds))
    ]
    cost, cheapest = _costs(told)
    if cost:
        facts.append(
            translate(
                "QuickHosts",
                "An hour of talking costs at least {cost} there, and {cheapest} at the cheapest host. Where a host's "
                "priority tier is quicker still, that one answers, at its higher price.",
            ).format(cost=cost, cheapest=cheapest)
        )
    return facts


def _drawbacks(told: QuickHosts) -> list[str]:
    facts = []
    if told.is_coarser:
        facts.append(
            translate(
                "QuickHosts", "{host} has the model's weights in few bits ({format}), so that its answers may be worse."
            ).format(host=told.host.provider_name, format=told.host.quantization)
        )
    facts.append(caution())
    return facts


def caution() -> str:
    """Return what quick hosts first may do to tool calls."""
    return translate(
        "QuickHosts",
        "Tool calls may succeed less often: OpenRouter's own order, by how well hosts call tools, is not kept then.",
    )


def _tenths(seconds: float) -> str:
    return number(max(seconds, 0.1), 1)
