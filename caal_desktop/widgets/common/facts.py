"""The facts of an answer in words: how fast, how much, by whom, why it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale

from caal_desktop.llm.events import FinishReason
from caal_desktop.widgets.common.formats import money
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from caal_desktop.llm.events import UsageReport
    from caal_desktop.services.chat.conversation import AnswerFacts

FEELS_LIVE_S = 1.0
"""Seconds to the first token under which a spoken answer feels live."""

FEELS_BROKEN_S = 3.0
"""Seconds to the first token over which a voice assistant feels broken."""


def seconds(value: float) -> str:
    """A duration with the digits that matter."""
    return translate("AnswerFacts", "{seconds} s").format(
        seconds=QLocale().toString(value, "f", 2 if value < 10 else 1)
    )


def verdict_on_wait(first_token_s: float) -> str:
    """What the time to the first token means for a person who talks to it."""
    if first_token_s < FEELS_LIVE_S:
        template = translate("AnswerFacts", "First word after {time}: that feels live.")
    elif first_token_s <= FEELS_BROKEN_S:
        template = translate("AnswerFacts", "First word after {time}: a noticeable pause.")
    else:
        template = translate("AnswerFacts", "First word after {time}: a long silence for a voice assistant.")
    return template.format(time=seconds(first_token_s))


def _cost(usage: UsageReport) -> list[str]:
    if usage.is_byok or usage.upstream_cost:
        # With one's own key the hosting provider sends the bill, and OpenRouter a fee.
        if usage.upstream_cost is not None:
            return [
                translate("AnswerFacts", "{cost} billed by the provider to your own key, {fee} by OpenRouter").format(
                    cost=money(usage.upstream_cost), fee=money(usage.cost or 0.0)
                )
            ]
        return [translate("AnswerFacts", "billed to your own key at the provider")]
    return [] if usage.cost is None else [money(usage.cost)]


def conversation_total(usage: UsageReport | None, answers: int) -> str:
    """What a conversation took so far; empty where nothing is known.

    Args:
        usage: the sum of its answers.
        answers: how many answers told their figures.
    """
    if usage is None or not answers:
        return ""
    parts = [
        translate("AnswerFacts", "This conversation: {count} answers").format(count=answers)
        if answers > 1
        else translate("AnswerFacts", "One answer")
    ]
    if usage.prompt_tokens is not None and usage.completion_tokens is not None:
        parts.append(
            translate("AnswerFacts", "{prompt} tokens in, {completion} out").format(
                prompt=usage.prompt_tokens, completion=usage.completion_tokens
            )
        )
    total = (usage.cost or 0.0) + (usage.upstream_cost or 0.0 if usage.is_byok else 0.0)
    if usage.cost is not None:
        parts.append(money(total))
    return " · ".join(parts)


def answer_facts(facts: AnswerFacts, *, with_wait: bool = False) -> str:
    """The facts on one line.

    Args:
        facts: what is known.
        with_wait: begin with the time to the first token.
    """
    parts: list[str] = []
    if with_wait and facts.first_token_s is not None:
        parts.append(translate("AnswerFacts", "first word after {time}").format(time=seconds(facts.first_token_s)))
    if (speed := facts.tokens_per_second) is not None:
        parts.append(translate("AnswerFacts", "{speed} tokens/s").format(speed=round(speed)))
    if (usage := facts.usage) is not None:
        if usage.prompt_tokens is not None and usage.completion_tokens is not None:
            parts.append(
                translate("AnswerFacts", "{prompt} tokens in, {completion} out").format(
                    prompt=usage.prompt_tokens, completion=usage.completion_tokens
                )
            )
        if usage.cached_tokens:
            parts.append(translate("AnswerFacts", "{count} from the cache").format(count=usage.cached_tokens))
        if usage.reasoning_tokens:
            parts.append(translate("AnswerFacts", "{count} of them thinking").format(count=usage.reasoning_tokens))
        parts.extend(_cost(usage))
    if facts.model or facts.provider:
        who = facts.model or facts.asked_model
        parts.append(
            translate("AnswerFacts", "{model} via {provider}").format(model=who, provider=facts.provider)
            if facts.provider
            else who
        )
    if facts.finish_reason is FinishReason.LENGTH:
        parts.append(translate("AnswerFacts", "cut at the longest answer allowed"))
    elif facts.finish_reason is FinishReason.CONTENT_FILTER:
        parts.append(translate("AnswerFacts", "ended by the provider's content filter"))
    return " · ".join(parts)
