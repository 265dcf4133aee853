"""Words for people that several windows use: providers, errors, facts of a key. All of it is translatable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QLocale

from caal_desktop.llm.errors import ErrorText
from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.widgets.common.formats import money
from caal_desktop.widgets.common.translation import translate, translated, words_of

if TYPE_CHECKING:
    from caal_desktop.key_doctor import Diagnosis
    from caal_desktop.llm.models.key_info import KeyInfo


def provider_title(provider: str) -> str:
    """A provider's name for people, translated."""
    return translated(descriptor_of(provider).title)


def provider_summary(provider: str) -> str:
    """One sentence on what a provider is, translated."""
    return translated(descriptor_of(provider).summary)


def provider_in_a_sentence(provider: str) -> str:
    """A provider as a sentence names it, translated."""
    spoken = descriptor_of(provider).spoken
    return translated(spoken) if spoken else provider_title(provider)


def explain(error: BaseException) -> ErrorText:
    """An error in words: what happened, why, what to do."""
    if isinstance(error, DescribedError):
        return words_of(error)
    return ErrorText(translate("Errors", "That cannot be used."), str(error), "")


def diagnosis_text(found: Diagnosis) -> str:
    """What the key doctor says, translated."""
    text = words_of(found)
    return " ".join(part for part in (text.what, text.why, text.advice) if part)


def reason_and_advice(text: ErrorText) -> str:
    """The second and third part of an error's words in one paragraph."""
    return " ".join(part for part in (text.why, text.advice) if part)


def key_facts(info: KeyInfo) -> list[str]:
    """What a key can do, one short sentence a fact, the most important first."""
    facts: list[str] = []
    resets = {
        "daily": translate("KeyFacts", "the limit starts anew every day"),
        "weekly": translate("KeyFacts", "the limit starts anew every week"),
        "monthly": translate("KeyFacts", "the limit starts anew every month"),
    }
    if info.limit is not None and info.limit_remaining is not None:
        left = money(max(0.0, info.limit_remaining))
        fact = translate("KeyFacts", "{left} of {limit} left").format(left=left, limit=money(info.limit))
        if info.limit_reset in resets:
            fact = f"{fact}; {resets[info.limit_reset]}"
        facts.append(fact + ".")
    elif info.limit is not None:
        facts.append(translate("KeyFacts", "It may spend {limit}.").format(limit=money(info.limit)))
    else:
        facts.append(translate("KeyFacts", "No spending limit is set on this key."))
    if info.is_free_tier:
        facts.append(translate("KeyFacts", "Free tier: free models only, about 50 requests a day."))
    if info.expires_at is not None:
        ends = info.expires_at.astimezone()
        day = QLocale().toString(QDate(ends.year, ends.month, ends.day), QLocale.FormatType.LongFormat)
        days_left = (info.expires_at - datetime.now(UTC)).days
        facts.append(
            translate("KeyFacts", "It ends on {day}.").format(day=day)
            if days_left >= 0
            else translate("KeyFacts", "It ended on {day}.").format(day=day)
        )
    if info.name:
        facts.append(translate("KeyFacts", "Its name is “{label}”.").format(label=info.name))
    return facts
