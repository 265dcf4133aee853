"""What a provider told about a key, in sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.translation import QT_TRANSLATE_NOOP, SourceText
from caal_desktop.widgets.common.formats import day, money, number
from caal_desktop.widgets.common.translation import translate, translated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.models.key_info import FreeRequests, KeyInfo

_LEFT: Final = QT_TRANSLATE_NOOP("KeyFacts", "{left} of {limit} left.")
_LEFT_UNTIL_RESET: Final[Mapping[str, SourceText]] = {
    "daily": QT_TRANSLATE_NOOP("KeyFacts", "{left} of {limit} left; the limit starts anew every day."),
    "weekly": QT_TRANSLATE_NOOP("KeyFacts", "{left} of {limit} left; the limit starts anew every week."),
    "monthly": QT_TRANSLATE_NOOP("KeyFacts", "{left} of {limit} left; the limit starts anew every month."),
}
"""By OpenRouter's name of the interval."""


def key_facts(info: KeyInfo) -> list[str]:
    """Return what a key can do: one short sentence for each fact, the most important first."""
    facts = [_limit(info)]
    if info.is_free_tier and info.free_requests is None:
        facts.append(translate("KeyFacts", "Free tier: free models only, about 50 requests a day."))
    elif info.is_free_tier:
        facts.append(translate("KeyFacts", "Free tier: free models only."))
    if info.free_requests is not None:
        facts.append(_free_requests(info.free_requests))
    if info.expires_at is not None:
        template = (
            translate("KeyFacts", "It ended on {day}.")
            if info.expires_at < datetime.now(UTC)
            else translate("KeyFacts", "It ends on {day}.")
        )
        facts.append(template.format(day=day(info.expires_at.astimezone())))
    if info.name:
        facts.append(translate("KeyFacts", "Its name is “{label}”.").format(label=info.name))
    return facts


def _free_requests(requests: FreeRequests) -> str:
    """Return how many requests to free models are left today, in a sentence."""
    limit, left = number(requests.limit), requests.left
    if left is None:
        return translate("KeyFacts", "Requests to free models: {limit} a day.").format(limit=limit)
    return translate("KeyFacts", "Requests to free models: {left} of {limit} left until midnight UTC.").format(
        left=number(left), limit=limit
    )


def _limit(info: KeyInfo) -> str:
    if info.limit is None:
        return translate("KeyFacts", "No spending limit is set on this key.")
    if info.limit_remaining is None:
        return translate("KeyFacts", "It may spend {limit}.").format(limit=money(info.limit))
    template = translated(_LEFT_UNTIL_RESET.get(info.limit_reset or "", _LEFT))
    return template.format(left=money(max(0.0, info.limit_remaining)), limit=money(info.limit))
