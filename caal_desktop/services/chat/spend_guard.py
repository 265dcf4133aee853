"""Counts what answers cost and says when a day or a conversation has cost more than the person wanted to hear of."""

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
    from caal_desktop.services.chat.conversation import Message
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.errors import StorageError

logger = logging.getLogger(__name__)

SAVE_DELAY = 0.5
"""Seconds; answers that end together are written together."""


class SpendingPeriod(StrEnum):
    """What is counted."""

    CONVERSATION = "conversation"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class LimitPassed:
    """A warning.

    Attributes:
        span: what has become dear.
        spent, limit: US dollars.
    """

    span: SpendingPeriod
    spent: float
    limit: float


def _today() -> date:
    return datetime.now().astimezone().date()


def _cost(message: Message) -> float | None:
    return message.facts.usage.cost if message.facts is not None and message.facts.usage is not None else None


class SpendGuard(QObject):
    """Watches a conversation's answers.

    What was spent before the start is read in a worker, when the first answer has ended: until then nobody asks.

    Signals:
        limitPassed: carries a :class:`LimitPassed`; once a day, and once a conversation, for each amount.
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
        # Of this run alone, until what was there before is read.
        self._day = DaySpending(today())
        self._is_read = False
        self._conversation = 0.0
        # By the message's id. Kept for the whole run: what an answer cost may become known in another conversation.
        self._counted: dict[str, float] = {}
        self._told: set[tuple[SpendingPeriod, float, object]] = set()
        self._number = 0
        self._chat: ChatService | None = None
        self._scope = TaskScope("spending")
        self._writer = DelayedWriter[DaySpending](
            "spending", lambda day: save_spending(path, day), delay=SAVE_DELAY, failed=self._on_failed
        )

    def watch(self, chat: ChatService) -> None:
        """Count this conversation's answers."""
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
        # Not written over before it is read.
        await self._scope.wait("read")
        await self._scope.close()
        await self._writer.close()

    def _on_status(self, index: int) -> None:
        if self._chat is not None and index < len(self._chat.messages):
            self._count(self._chat.messages[index])

    def _count(self, message: Message) -> None:
        cost = _cost(message)
        if not cost or message.status.is_open:
            return
        # The status of one answer may change several times, and a continued answer costs more each time.
        added = cost - self._counted.get(message.id, 0.0)
        if added <= 0:
            return
        self._counted[message.id] = cost
        today = self._today()
        self._day = self._day.plus(added, today)
        if self._chat is not None and any(shown is message for shown in self._chat.conversation):
            self._conversation += added
        if self._is_read:
            self._writer.put(self._day)
        elif not self._scope.is_running("read"):
            self._scope.start(self._read(), name="read")
        self._warn(today)

    async def _read(self) -> None:
        before = await asyncio.to_thread(load_spending, self._path, self._day.day)
        # More answers may have ended meanwhile.
        self._day = before.plus(self._day.usd, self._day.day)
        self._is_read = True
        self._writer.put(self._day)
        self._warn(self._today())

    def _warn(self, today: date) -> None:
        settings = self._settings.current
        wanted = (
            (SpendingPeriod.CONVERSATION, self._conversation, settings.spend_limit_conversation, self._number),
            (SpendingPeriod.DAY, self.today, settings.spend_limit_day, today),
        )
        for span, spent, limit, occasion in wanted:
            if limit and spent > limit and (span, limit, occasion) not in self._told:
                self._told.add((span, limit, occasion))
                self.limitPassed.emit(LimitPassed(span, spent, limit))

    def _on_cleared(self) -> None:
        self._conversation = 0.0
        self._number += 1
        # An opened answer was paid for before, and may be continued.
        shown = () if self._chat is None else self._chat.conversation
        self._counted.update((message.id, cost) for message in shown if (cost := _cost(message)))

    def _on_failed(self, error: StorageError) -> None:
        # Nobody is to be interrupted for it.
        logger.warning("What today has cost could not be saved: %s", error)
