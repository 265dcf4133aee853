"""The facts of an answer in words: how fast, how much, by which model and provider, why it ended."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop.catalogue.fitness.assessment import USABLE_S
from caal_desktop.llm.events import FinishReason
from caal_desktop.widgets.common.formats import money, number, seconds
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.llm.events import UsageReport
    from caal_desktop.services.chat.conversation import AnswerFacts

FEELS_LIVE_S = 1.2
"""Seconds of silence up to which a spoken conversation feels live."""


class _Counts(QObject):
    """Facts with a plural: lupdate knows them as such only in a Qt class."""

    def answers(self, count: int) -> str:
        return self.tr("This conversation: %Ln answers", "", count)

    def tokens(self, prompt: int, completion: int) -> str:
        return self.tr("%Ln tokens in, {completion} out", "", prompt).format(completion=number(completion))

    def cached(self, count: int) -> str:
        return self.tr("%Ln from the cache", "", count)

    def reasoning(self, count: int) -> str:
        return self.tr("%Ln of them thinking", "", count)


@cache
def _counts() -> _Counts:
    return _Counts()


def verdict_on_silence(silence_s: float) -> str:
    """Return what a silence of so many seconds would be like in a spoken conversation."""
    if silence_s <= FEELS_LIVE_S:
        template = translate("AnswerFacts", "It would speak after {time}: that feels live.")
    elif silence_s <= USABLE_S:
        template = translate("AnswerFacts", "It would speak after {time}: a noticeable pause.")
    else:
        template = translate("AnswerFacts", "It would speak after {time}: a long silence for a voice assistant.")
    return template.format(time=seconds(silence_s))


def conversation_total(usage: UsageReport | None, answers: int) -> str:
    """Return what a conversation took so far, on one line; empty where nothing is known.

    Args:
        usage: the sum of its answers.
        answers: how many answers told their figures.
    """
    if usage is None or not answers:
        return ""
    parts = [_counts().answers(answers), *_tokens(usage)]
    if usage.cost is not None:
        parts.append(money(usage.cost + (usage.upstream_cost or 0.0 if usage.is_byok else 0.0)))
    return " · ".join(parts)


def answer_facts(facts: AnswerFacts, *, with_wait: bool = False) -> str:
    """Return the facts on one line.

    Args:
        facts: what is known.
        with_wait: begin with the time to the first token.
    """
    parts: list[str] = []
    if with_wait and facts.first_token_s is not None:
        parts.append(translate("AnswerFacts", "first word after {time}").format(time=seconds(facts.first_token_s)))
    if facts.tokens_per_second is not None:
        parts.append(translate("AnswerFacts", "{speed} tokens/s").format(speed=number(facts.tokens_per_second)))
    if (usage := facts.usage) is not None:
        parts.extend(_tokens(usage))
        if usage.cached_tokens:
            parts.append(_counts().cached(usage.cached_tokens))
        if usage.reasoning_tokens:
            parts.append(_counts().reasoning(usage.reasoning_tokens))
        parts.extend(_cost(usage))
    if facts.model or facts.provider:
        model = facts.model or facts.asked_model
        parts.append(
            translate("AnswerFacts", "{model} via {provider}").format(model=model, provider=facts.provider)
            if facts.provider
            else model
        )
    if facts.finish_reason is FinishReason.LENGTH:
        parts.append(translate("AnswerFacts", "cut at the longest answer allowed"))
    elif facts.finish_reason is FinishReason.CONTENT_FILTER:
        parts.append(translate("AnswerFacts", "ended by the provider's content filter"))
    return " · ".join(parts)


def _tokens(usage: UsageReport) -> list[str]:
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return []
    return [_counts().tokens(usage.prompt_tokens, usage.completion_tokens)]


def _cost(usage: UsageReport) -> list[str]:
    if usage.is_byok:
        # With the user's own key the hosting provider sends the bill, and OpenRouter a fee.
        if usage.upstream_cost is not None:
            return [
                translate("AnswerFacts", "{cost} billed by the provider to your own key, {fee} by OpenRouter").format(
                    cost=money(usage.upstream_cost), fee=money(usage.cost or 0.0)
                )
            ]
        return [translate("AnswerFacts", "billed to your own key at the provider")]
    return [] if usage.cost is None else [money(usage.cost)]
