"""What answers cost, counted and told."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest

from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.spend_guard import LimitPassed, SpendGuard, SpendingPeriod
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.storage.caches.spending import DaySpending, load_spending, save_spending
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

TODAY = date(2026, 11, 22)


@pytest.fixture
def make_guard(parts: Parts, tmp_path: Path) -> Iterator[Callable[[], SpendGuard]]:
    made: list[SpendGuard] = []

    def make() -> SpendGuard:
        guard = SpendGuard(parts.settings, tmp_path / "spending.json", today=lambda: TODAY)
        guard.watch(parts.chat)
        made.append(guard)
        return guard

    yield make
    for guard in made:
        run_async(guard.close())


@pytest.fixture
def guard(make_guard: Callable[[], SpendGuard]) -> SpendGuard:
    return make_guard()


def ask(parts: Parts, demo: DemoControl, text: str = "Hello") -> float:
    """Have one message answered, and return what the answer has cost."""
    if parts.key() is None:
        parts.use_key(demo.key)
        parts.settings.update(openrouter_model="openai/gpt-5-nano")
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send(text, chat_request(parts.settings.current, connection))
    parts.until(lambda: not parts.chat.is_busy, "the answer has ended")
    facts = parts.chat.messages[-1].facts
    assert facts is not None
    assert facts.usage is not None
    assert facts.usage.cost
    return facts.usage.cost


def test_every_answer_counts_once(parts: Parts, guard: SpendGuard, demo: DemoControl, tmp_path: Path) -> None:
    total = ask(parts, demo) + ask(parts, demo)
    parts.chat.statusChanged.emit(len(parts.chat.messages) - 1)
    assert guard.conversation == pytest.approx(total)
    assert guard.today == pytest.approx(total)
    parts.chat.clear()
    assert guard.conversation == 0
    total += ask(parts, demo)
    assert guard.today == pytest.approx(total)
    run_async(guard.close())
    assert load_spending(tmp_path / "spending.json", TODAY).usd == pytest.approx(total)


def test_what_an_opened_answer_cost_before_is_not_counted_again_when_it_is_continued(
    parts: Parts, guard: SpendGuard, demo: DemoControl
) -> None:
    before = ask(parts, demo)
    kept, connection = parts.chat.conversation, connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.clear()
    parts.chat.show_conversation(kept)
    parts.chat.continue_answer(chat_request(parts.settings.current, connection))
    parts.until(lambda: not parts.chat.is_busy, "the rest has come")
    facts = parts.chat.messages[-1].facts
    assert facts is not None
    assert facts.usage is not None
    assert facts.usage.cost is not None
    assert facts.usage.cost > before
    assert guard.conversation == pytest.approx(facts.usage.cost - before)
    assert guard.today == pytest.approx(facts.usage.cost)


def test_what_becomes_known_late_is_counted_once_and_not_for_another_conversation(
    parts: Parts, guard: SpendGuard, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caal_desktop.services.chat.cost_lookup.COST_DELAYS_S", (0.01,) * 1500)
    before = ask(parts, demo)
    answer, connection = parts.chat.messages[-1], connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    demo.fault("no_generation")
    demo.fault("stall_after", 4, times=1, path="/chat/completions")
    parts.chat.continue_answer(chat_request(parts.settings.current, connection))
    parts.until(lambda: answer.facts and answer.facts.generation_id, "the rest has begun")
    parts.chat.clear()
    demo.clear_faults()

    def cost() -> float:
        assert answer.facts is not None
        assert answer.facts.usage is not None
        return answer.facts.usage.cost or 0.0

    parts.until(lambda: not answer.status.is_open and answer.facts and answer.facts.usage, "the first part's cost")
    parts.until(lambda: cost() > before, "the whole cost")
    assert guard.today == pytest.approx(cost())
    assert guard.conversation == 0


def test_a_limit_is_told_once_and_again_for_the_next_conversation(
    parts: Parts, guard: SpendGuard, demo: DemoControl
) -> None:
    told: list[LimitPassed] = []
    guard.limitPassed.connect(told.append)
    ask(parts, demo)
    assert told == [], "no limit is set"
    parts.settings.update(spend_limit_conversation=1e-9)
    ask(parts, demo)
    assert [passed.period for passed in told] == [SpendingPeriod.CONVERSATION]
    assert told[0].spent > told[0].limit == 1e-9
    ask(parts, demo)
    assert len(told) == 1
    parts.chat.clear()
    ask(parts, demo)
    assert len(told) == 2


def test_the_days_limit_counts_what_was_spent_before_the_start(
    parts: Parts, make_guard: Callable[[], SpendGuard], demo: DemoControl, tmp_path: Path
) -> None:
    save_spending(tmp_path / "spending.json", DaySpending(TODAY, 0.5))
    guard = make_guard()
    told: list[LimitPassed] = []
    guard.limitPassed.connect(told.append)
    parts.settings.update(spend_limit_day=0.5)
    cost = ask(parts, demo)
    parts.until(lambda: told, "what was spent before is known")
    assert [passed.period for passed in told] == [SpendingPeriod.DAY]
    assert told[0].spent == pytest.approx(0.5 + cost)


def test_an_answer_of_unknown_cost_counts_nothing(parts: Parts, guard: SpendGuard, demo: DemoControl) -> None:
    ask(parts, demo)
    before = guard.today
    demo.fault("no_usage", times=1)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send("Hello", chat_request(parts.settings.current, connection))
    parts.until(lambda: not parts.chat.is_busy, "the answer has ended")
    assert guard.today == before


def test_an_answer_that_ends_while_the_sum_is_read_is_not_lost(
    parts: Parts,
    make_guard: Callable[[], SpendGuard],
    demo: DemoControl,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A slow disk is still reading when the program ends."""
    save_spending(tmp_path / "spending.json", DaySpending(TODAY, 0.5))
    begun, may_read = threading.Event(), threading.Event()

    def slowly(path: Path, today: date) -> DaySpending:
        begun.set()
        assert may_read.wait(10)
        return load_spending(path, today)

    monkeypatch.setattr("caal_desktop.services.chat.spend_guard.load_spending", slowly)
    guard = make_guard()
    total = ask(parts, demo)
    parts.until(begun.is_set, "it is being read")
    total += ask(parts, demo)
    assert guard.today == pytest.approx(total)

    async def close() -> None:
        asyncio.get_running_loop().call_later(0.05, may_read.set)
        await guard.close()

    run_async(close())
    assert load_spending(tmp_path / "spending.json", TODAY).usd == pytest.approx(0.5 + total)
