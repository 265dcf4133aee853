"""How long models were silent in answers to this computer: measured in the chat and the trial, kept, and told.

An answer counts where it says something of a voice turn: it came whole and at the first attempt, from the model that
was asked, thinking as little as it does for a voice, to a prompt of a voice assistant's size without files. It counts
where hosts are chosen as they were for it. What is kept of it is a duration and a day.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.providers.registry import PROVIDER_NAMES
from caal_desktop.services.delayed_writer import DelayedWriter
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.caches.measured_cache import KeptTurn, MeasuredCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from caal_desktop.catalogue.fitness.evidence import Measured
    from caal_desktop.services.chat.answered_turn import AnsweredTurn
    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.providers.provider_pool import Connection
    from caal_desktop.storage.settings.schema import Settings

# What judges is imported when there is something to judge: the first window waits for none of it.

LONGEST_PROMPT_TOKENS = 8_000
"""What the assistant's instructions, its tools and twenty turns take at the most. A longer one takes longer to read, on
a computer of one's own by many seconds."""

SAVE_DELAY = 0.5
"""Seconds; answers that end together are written together."""


def _today() -> date:
    return datetime.now().astimezone().date()


class Measurements(QObject):
    """Keeps the last answers of each model of each server.

    Args:
        folder: where they are kept.
        today: returns the day by this computer's clock.

    Signals:
        changed: more is known, or less.
    """

    changed = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None, *, today: Callable[[], date] = _today) -> None:
        super().__init__(parent)
        self._folder, self._today = folder, today
        # By provider, the oldest first; of one that has not been read, those of this run alone.
        self._turns: dict[str, tuple[KeptTurn, ...]] = {}
        self._is_read: set[str] = set()
        self._writers: dict[str, DelayedWriter[tuple[KeptTurn, ...]]] = {}
        self._scope = TaskScope("measurements")

    def add(self, turn: AnsweredTurn) -> None:
        """Take an answer into account, where it says something of a voice turn; nothing happens after closing."""
        provider, kept = turn.request.connection.provider, _kept(turn, self._today())
        if kept is None or self._scope.is_closed:
            return
        self._turns[provider] = _last((*self._turns.get(provider, ()), kept), self._today())
        self._write_soon(provider)
        self.changed.emit()

    def measured(self, connection: Connection, settings: Settings) -> Mapping[str, Measured]:
        """Return what was measured of a server's models, by their ids, with hosts chosen as they would be now.

        What is kept of earlier runs is read when it is first asked for; ``changed`` tells when it is known.

        Args:
            connection: the server.
            settings: say how requests are routed.
        """
        provider = connection.provider
        if provider not in self._is_read:
            self._read_soon(provider)
        turns = [turn for turn in self._turns.get(provider, ()) if turn.source == connection.address]
        return _measured(turns, connection, settings, self._today()) if turns else {}

    def clear(self) -> None:
        """Forget everything that was measured, whatever the provider."""
        for provider in PROVIDER_NAMES:
            self._scope.cancel(f"read {provider}")
            self._is_read.add(provider)
            self._turns[provider] = ()
            self._write_soon(provider)
        self.changed.emit()

    async def close(self) -> None:
        """Write what is not yet written."""
        # A file that has not been read is not overwritten, nor waited for: a few answers are no loss.
        await self._scope.close()
        for writer in self._writers.values():
            await writer.close()

    def _read_soon(self, provider: str) -> None:
        if not self._scope.is_running(f"read {provider}") and not self._scope.is_closed:
            self._scope.start(self._read(provider), name=f"read {provider}")

    async def _read(self, provider: str) -> None:
        before = await asyncio.to_thread(MeasuredCache(self._folder, provider).load)
        meanwhile = self._turns.get(provider, ())
        self._turns[provider] = _last((*before, *meanwhile), self._today())
        self._is_read.add(provider)
        if meanwhile:
            self._write_soon(provider)
        if before:
            self.changed.emit()

    def _write_soon(self, provider: str) -> None:
        if provider not in self._is_read:
            self._read_soon(provider)
            return
        if provider not in self._writers:
            self._writers[provider] = DelayedWriter[tuple[KeptTurn, ...]](
                f"measurements {provider}",
                MeasuredCache(self._folder, provider).save,
                delay=SAVE_DELAY,
                failed=lambda _error: None,  # the cache itself tells the log
            )
        self._writers[provider].put(self._turns[provider])


def _kept(turn: AnsweredTurn, today: date) -> KeptTurn | None:
    """Return what is kept of an answer; None where it says nothing of a voice turn."""
    from caal_desktop.services.chat.turn_silence import CHARACTERS_PER_TOKEN, turn_silence

    request, facts = turn.request, turn.facts
    prompt = [message["content"] for message in turn.messages]
    if not request.thinks_as_voice or not all(isinstance(content, str) for content in prompt):
        return None
    told = None if facts.usage is None else facts.usage.prompt_tokens
    if (told or sum(map(len, prompt)) / CHARACTERS_PER_TOKEN) > LONGEST_PROMPT_TOKENS:
        return None
    if facts.model is not None and not _is_of_asked_model(facts.model, request):
        return None
    seconds = turn_silence(facts, turn.characters)
    if seconds is None:
        return None
    return KeptTurn(request.connection.address, request.model, _way_of(request), seconds, today)


def _is_of_asked_model(answered_by: str, request: ChatRequest) -> bool:
    """Return whether none of the fallback models has answered. Ids may come back with a date at their end."""
    possible = (request.model, *request.extra.get("models", ()))
    alike = [model_id for model_id in possible if answered_by.startswith(model_id)]
    return len(possible) == 1 or max(alike, key=len, default="") == request.model


def _way_of(request: ChatRequest) -> str:
    """Return what tells a request from those that choose among hosts in another way."""
    way = json.dumps((request.routed_id, request.extra.get("provider")), sort_keys=True)
    # No word of it is kept: which hosts a user trusts is nobody's business.
    return hashlib.sha256(way.encode()).hexdigest()[:16]


def _last(turns: Sequence[KeptTurn], today: date) -> tuple[KeptTurn, ...]:
    """Return the last few of each model and way, without those that are too old to count."""
    from caal_desktop.catalogue.fitness.measured import HOLDS_FOR, MOST_TURNS

    seen: Counter[tuple[str, str, str]] = Counter()
    last: list[KeptTurn] = []
    for turn in reversed(turns):
        alike = (turn.source, turn.model, turn.way)
        if today - turn.day <= HOLDS_FOR and seen[alike] < MOST_TURNS:
            seen[alike] += 1
            last.append(turn)
    return tuple(reversed(last))


def _measured(
    turns: Iterable[KeptTurn], connection: Connection, settings: Settings, today: date
) -> dict[str, Measured]:
    from caal_desktop.catalogue.fitness.measured import MeasuredTurn, measured
    from caal_desktop.services.chat.chat_request import chat_request

    by_model: dict[str, list[KeptTurn]] = {}
    for turn in turns:
        by_model.setdefault(turn.model, []).append(turn)
    found: dict[str, Measured] = {}
    for model_id, of_model in by_model.items():
        way = _way_of(chat_request(settings, connection, model_id=model_id))
        known = measured((MeasuredTurn(turn.seconds, turn.day) for turn in of_model if turn.way == way), today)
        if known is not None:
            found[model_id] = known
    return found
