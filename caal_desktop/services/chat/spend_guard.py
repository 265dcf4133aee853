"""Adds up what answers cost, and warns when a day or a conversation has cost more than the user's limit."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.caches.spending import DaySpending, load_spending, save_spending

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.errors import StorageError

logger = logging.getLogger(__name__)

SAVE_DELAY = 0.5
"""Seconds; answers that end together are written together."""


class SpendingPeriod(StrEnum):
    """The period over which costs are added up."""

    CONVERSATION = "conversation"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """A limit that has been passed.

    Attributes:
        period: the period whose limit it is.
        spent, limit: US dollars.
    """

    period: SpendingPeriod
    spent: float
    limit: float


def _today() -> date:
    return datetime.now().astimezone().date()


def _cost(message: ChatMessage) -> float | None:
    return message.facts.usage.cost if message.facts is not None and message.facts.usage is not None else None


class SpendGuard(QObject):
    """Adds up the costs of a conversation's answers.

    What was spent before the start is read in a worker when the first answer has ended, and not before.

    Signals:
        limitPassed: carries a :class:`LimitPassed`; for each limit once a day, and once a conversation.
    """

    limitPassed = Signal(object)

    def __init__(
        self,
        settings: SettingsService,
        path: Path,
        parent: QObject | None = None,
        *,
        today: Callable[[], date] = _today,
    ) -> None:
        super().__init__(parent)
        self._settings, self._path, self._today = settings, path, today
        # Of this run alone, until the file has been read.
        self._day = DaySpending(today())
        self._is_loaded = False
        self._conversation = 0.0
        # By the message's id. Kept for the whole run: a cost may become known when another conversation is shown.
        self._counted_costs: dict[str, float] = {}
        self._warned: set[tuple[SpendingPeriod, float, object]] = set()
        self._conversation_count = 0
        self._chat: ChatService | None = None
        self._scope = TaskScope("spending")
        self._writer = DelayedWriter[DaySpending](
            "spending", lambda day: save_spending(path, day), delay=SAVE_DELAY, failed=self._on_failed
        )

    def watch(self, chat: ChatService) -> None:
        """Add up the costs of this conversation's answers."""
        self._chat = chat
        chat.statusChanged.connect(self._on_status)
        chat.costFound.connect(self._count)
        chat.cleared.connect(self._on_cleared)

    @property
    def today(self) -> float:
        """US dollars that today's answers have cost so far."""
        return self._day.usd if self._day.day == self._today() else 0.0

    @property
    def conversation(self) -> float:
        """US dollars that this conversation's answers have cost since it was begun or opened."""
        return self._conversation

    async def close(self) -> None:
        """Write what is not yet written."""
        # The file must not be overwritten before it has been read.
        await self._scope.wait("read")
        await self._scope.close()
        await self._writer.close()

    def _on_status(self, index: int) -> None:
        if self._chat is not None and index < len(self._chat.messages):
            self._count(self._chat.messages[index])

    def _count(self, message: ChatMessage) -> None:
        cost = _cost(message)
        if not cost or message.status.is_open:
            return
        # The status of one answer may change several times, and a continued answer costs more each time.
        added = cost - self._counted_costs.get(message.id, 0.0)
        if added <= 0:
            return
        self._counted_costs[message.id] = cost
        today = self._today()
        self._day = self._day.plus(added, today)
        if self._chat is not None and any(shown is message for shown in self._chat.conversation):
            self._conversation += added
        if self._is_loaded:
            self._writer.put(self._day)
        elif not self._scope.is_running("read"):
            self._scope.start(self._load(), name="read")
        self._warn(today)

    async def _load(self) -> None:
        before = await asyncio.to_thread(load_spending, self._path, self._day.day)
        # More answers may have been counted meanwhile.
        self._day = before.plus(self._day.usd, self._day.day)
        self._is_loaded = True
        self._writer.put(self._day)
        self._warn(self._today())

    def _warn(self, today: date) -> None:
        settings = self._settings.current
        totals = (
            (
                SpendingPeriod.CONVERSATION,
                self._conversation,
                settings.spend_limit_conversation,
                self._conversation_count,
            ),
            (SpendingPeriod.DAY, self.today, settings.spend_limit_day, today),
        )
        for period, spent, limit, instance in totals:
            if limit and spent > limit and (period, limit, instance) not in self._warned:
                self._warned.add((period, limit, instance))
                self.limitPassed.emit(LimitPassed(period, spent, limit))

    def _on_cleared(self) -> None:
        self._conversation = 0.0
        self._conversation_count += 1
        # The answers of an opened conversation were counted before, and may be continued.
        shown = () if self._chat is None else self._chat.conversation
        self._counted_costs.update((message.id, cost) for message in shown if (cost := _cost(message)))

    def _on_failed(self, error: StorageError) -> None:
        # Not worth interrupting the user.
        logger.warning("What today has cost could not be saved: %s", error)
