"""The facts of an answer and of a conversation in words, with figures as the user's language writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.assessment import USABLE_S
from caal_desktop.llm.events import FinishReason, UsageReport
from caal_desktop.services.chat.conversation import AnswerFacts, total_usage
from caal_desktop.widgets.common.answer_facts import (
    FEELS_LIVE_S,
    answer_facts,
    conversation_total,
    verdict_on_silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("set_locale")

USAGE = UsageReport(prompt_tokens=12345, completion_tokens=1000, reasoning_tokens=200, cached_tokens=9000, cost=0.25)


def test_an_answer_tells_all_that_is_known_on_one_line() -> None:
    facts = AnswerFacts("vendor/asked", "vendor/model", "Host", 0.5, 4.5, usage=USAGE)
    assert answer_facts(facts, with_wait=True) == (
        "first word after 0.50 s · 200 tokens/s · 12,345 tokens in, 1,000 out · 9,000 from the cache · "
        "200 of them thinking · $0.25 · vendor/model via Host"
    )
    assert answer_facts(facts).startswith("200 tokens/s")


def test_an_answer_tells_nothing_that_is_not_known() -> None:
    assert answer_facts(AnswerFacts("vendor/asked"), with_wait=True) == ""
    assert answer_facts(AnswerFacts("vendor/asked", provider="Host")) == "vendor/asked via Host"


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (UsageReport(cost=0.0), "$0"),
        (
            UsageReport(cost=0.01, upstream_cost=1.5, is_byok=True),
            "$1.50 billed by the provider to your own key, $0.01",
        ),
        (UsageReport(cost=0.01, is_byok=True), "billed to your own key at the provider"),
        # OpenRouter tells what it pays itself, too.
        (UsageReport(cost=0.02, upstream_cost=0.01, is_byok=False), "$0.02"),
        (UsageReport(cost=0.02, upstream_cost=0.01), "$0.02"),
        (UsageReport(), ""),
    ],
)
def test_the_cost_says_who_is_paid(usage: UsageReport, cost: str) -> None:
    assert answer_facts(AnswerFacts("vendor/asked", usage=usage)).startswith(cost)


@pytest.mark.parametrize("reason", [FinishReason.LENGTH, FinishReason.CONTENT_FILTER])
def test_an_answer_that_ended_early_says_why(reason: FinishReason) -> None:
    told = answer_facts(AnswerFacts("vendor/asked", finish_reason=reason))
    assert ("longest answer" in told) is (reason is FinishReason.LENGTH)
    assert ("content filter" in told) is (reason is FinishReason.CONTENT_FILTER)


def test_a_conversation_tells_the_sum_of_its_answers() -> None:
    assert conversation_total(USAGE, 3) == "This conversation: 3 answers · 12,345 tokens in, 1,000 out · $0.25"
    billed = UsageReport(cost=0.01, upstream_cost=1.5, is_byok=True)
    assert conversation_total(billed, 2) == "This conversation: 2 answers · $1.51"
    served = UsageReport(cost=0.05, upstream_cost=0.04, is_byok=False)
    assert conversation_total(total_usage([served, served]), 2) == "This conversation: 2 answers · $0.10"
    assert conversation_total(total_usage([billed, served]), 2) == "This conversation: 2 answers · $1.56"
    assert conversation_total(None, 3) == conversation_total(USAGE, 0) == ""


def test_figures_are_written_as_the_language_wants_them(set_locale: Callable[[str], None]) -> None:
    set_locale("de_DE")
    told = conversation_total(USAGE, 1234).replace("\N{NO-BREAK SPACE}", " ")
    assert told == "This conversation: 1.234 answers · 12.345 tokens in, 1.000 out · 0,25 $"


def test_a_silence_is_judged_as_one_that_is_heard() -> None:
    assert verdict_on_silence(FEELS_LIVE_S) == "It would speak after 1.20 s: that feels live."
    assert verdict_on_silence(FEELS_LIVE_S + 0.01) == "It would speak after 1.21 s: a noticeable pause."
    assert verdict_on_silence(USABLE_S) == "It would speak after 2.50 s: a noticeable pause."
    assert verdict_on_silence(USABLE_S + 0.01).endswith("a long silence for a voice assistant.")
