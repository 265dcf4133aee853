"""Words for people that several windows use: providers, errors, facts of a key. All of it is translatable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from caal_desktop.catalogue.fitness.speech_cost import format_cost
from caal_desktop.llm.errors import ErrorText, ProviderError
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from caal_desktop.key_doctor import Diagnosis
    from caal_desktop.llm.models.key_info import KeyInfo


def provider_title(provider: str) -> str:
    """A provider's name for people, translated."""
    return QCoreApplication.translate("Provider", descriptor_of(provider).title)


def provider_summary(provider: str) -> str:
    """One sentence on what a provider is, translated."""
    return QCoreApplication.translate("Provider", descriptor_of(provider).summary)


def provider_in_a_sentence(provider: str) -> str:
    """A provider as a sentence names it, translated."""
    spoken = descriptor_of(provider).spoken
    return QCoreApplication.translate("KeyDoctor", spoken) if spoken else provider_title(provider)


def explain(error: BaseException) -> ErrorText:
    """An error in words: what happened, why, what to do."""
    if isinstance(error, ProviderError):
        return error.describe(lambda template: QCoreApplication.translate("ProviderError", template))
    if isinstance(error, StorageError):
        return error.describe(lambda template: QCoreApplication.translate("StorageError", template))
    return ErrorText(QCoreApplication.translate("Errors", "That cannot be used."), str(error), "")


def diagnosis_text(found: Diagnosis) -> str:
    """What the key doctor says, translated."""
    text = found.describe(lambda template: QCoreApplication.translate("KeyDoctor", template))
    return " ".join(part for part in (text.what, text.why, text.advice) if part)


def reason_and_advice(text: ErrorText) -> str:
    """The second and third part of an error's words in one paragraph."""
    return " ".join(part for part in (text.why, text.advice) if part)


def key_facts(info: KeyInfo) -> list[str]:
    """What a key can do, one short sentence a fact, the most important first."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("KeyFacts", text)

    facts: list[str] = []
    resets = {
        "daily": tr("the limit starts anew every day"),
        "weekly": tr("the limit starts anew every week"),
        "monthly": tr("the limit starts anew every month"),
    }
    if info.limit is not None and info.limit_remaining is not None:
        left = format_cost(max(0.0, info.limit_remaining))
        fact = tr("{left} of {limit} left").format(left=left, limit=format_cost(info.limit))
        if info.limit_reset in resets:
            fact = f"{fact}; {resets[info.limit_reset]}"
        facts.append(fact + ".")
    elif info.limit is not None:
        facts.append(tr("It may spend {limit}.").format(limit=format_cost(info.limit)))
    else:
        facts.append(tr("No spending limit is set on this key."))
    if info.is_free_tier:
        facts.append(tr("Free tier: free models only, about 50 requests a day."))
    if info.expires_at is not None:
        ends = info.expires_at.astimezone()
        day = QLocale().toString(QDate(ends.year, ends.month, ends.day), QLocale.FormatType.LongFormat)
        days_left = (info.expires_at - datetime.now(UTC)).days
        facts.append(
            tr("It ends on {day}.").format(day=day) if days_left >= 0 else tr("It ended on {day}.").format(day=day)
        )
    if info.name:
        facts.append(tr("Its name is “{label}”.").format(label=info.name))
    return facts
