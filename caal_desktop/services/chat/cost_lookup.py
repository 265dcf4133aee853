"""Asks what answers have cost that ended before their provider said so: those that were stopped."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from caal_desktop.llm.events import UsageReport
    from caal_desktop.services.chat.conversation import AnswerFacts, ChatMessage
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
    from caal_desktop.services.task_scope import TaskScope

COST_DELAYS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each request for the cost of an answer: the provider knows it a moment after its end."""

MAX_ASKED_AGAIN = 20
"""Costs of one conversation that are asked for when it is opened."""


@dataclass(slots=True)
class _Lookup:
    """A cost that is being asked for, and where it belongs: an opened conversation has messages of its own."""

    answer: ChatMessage
    facts: AnswerFacts


class CostLookup:
    """The costs of one chat that are being asked for.

    Args:
        pool: reaches the provider.
        scope: owns the tasks.
        found: called with the message whose cost has become known.
    """

    def __init__(self, pool: ProviderPool, scope: TaskScope, found: Callable[[ChatMessage], None]) -> None:
        self._pool, self._scope, self._found = pool, scope, found
        # By the provider's id of the answer, or of the part of it.
        self._pending: dict[str, _Lookup] = {}
        self._asked: set[str] = set()

    def start(self, answer: ChatMessage, facts: AnswerFacts, connection: Connection) -> None:
        """Ask for what is not known yet of an answer's cost, unless that was done before in this run.

        Args:
            answer: the answer.
            facts: its facts; their ``awaited_costs`` say what is missing.
            connection: how to reach the provider that has answered.
        """
        if not can_tell_cost(connection):
            return
        for generation in facts.awaited_costs[-MAX_ASKED_AGAIN:]:
            if generation not in self._asked:
                self._asked.add(generation)
                self._pending[generation] = _Lookup(answer, facts)
                with contextlib.suppress(RuntimeError):  # the program is ending
                    self._scope.start(self._look_up(generation, connection), name="cost", exclusive=False)

    def take_over(self, messages: Iterable[ChatMessage]) -> None:
        """Let what is being asked for belong to these messages, where they are the same ones, read anew."""
        waiting = {lookup.answer.id for lookup in self._pending.values()}
        if not waiting:
            return
        for message in messages:
            if message.id in waiting and message.facts is not None:
                for generation in message.facts.awaited_costs:
                    if (lookup := self._pending.get(generation)) is not None:
                        lookup.answer, lookup.facts = message, message.facts

    async def _look_up(self, generation: str, connection: Connection) -> None:
        try:
            usage = await self._request(generation, connection)
            lookup = self._pending[generation]
            if usage is None or generation not in lookup.facts.awaited_costs:
                return
            lookup.facts.awaited_costs.remove(generation)
            lookup.facts.add_usage(usage)
            # Of an answer that is being continued the whole cost is told at its end.
            if lookup.answer.facts is lookup.facts:
                self._found(lookup.answer)
        finally:
            del self._pending[generation]

    async def _request(self, generation: str, connection: Connection) -> UsageReport | None:
        for delay in COST_DELAYS_S:
            await asyncio.sleep(delay)
            try:
                async with self._pool.use(connection) as provider:
                    usage = await provider.generation(generation)
            except ProviderError:
                # It may be reached again when the conversation is opened the next time.
                self._asked.discard(generation)
                return None
            if usage is not None:
                return usage
        return None


def can_tell_cost(connection: Connection) -> bool:
    """Return whether the provider tells later what an answer has cost."""
    return descriptor_of(connection.provider).can(Capability.COST_LOOKUP)
