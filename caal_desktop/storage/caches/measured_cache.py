"""How long models were silent in their last answers to this computer: figures alone, nothing of a conversation."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import as_dict, as_dicts, as_float, as_string, as_text, parse_json
from caal_desktop.storage.caches.cache_file import CacheFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_FORMAT = 1
MAX_SIZE = 1_000_000
MOST_KEPT = 1_000
"""Answers of one provider, the newest; each takes some 150 bytes."""
_LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One answer.

    Attributes:
        source: the server's address, for providers that have more than one: another server is another machine.
        model: the model's id.
        way: what tells apart requests that choose among hosts in other ways; no word of theirs.
        seconds: the silence of a whole voice turn at its pace.
        day: when, by this computer's clock.
    """

    source: str
    model: str
    way: str
    seconds: float
    day: date


class MeasuredCache:
    """One provider's measured answers.

    Args:
        folder: where the caches are; created by the first save.
        provider: the provider's name.
    """

    def __init__(self, folder: Path, provider: str) -> None:
        self._file = CacheFile(folder, provider, "measured", limit=MAX_SIZE)
        self.path = self._file.path

    def load(self) -> tuple[KeptTurn, ...]:
        """Return the answers, the oldest first; of a damaged file those that can be read."""
        content = self._file.read()
        if content is None:
            return ()
        document = as_dict(parse_json(content))
        if document and document.get("format") != _FORMAT:
            return ()
        rows = as_dicts(document.get("turns"))
        turns = tuple(turn for row in rows if (turn := _turn(row)) is not None)
        if not isinstance(document.get("turns"), list) or len(turns) < len(document["turns"]):
            logger.warning("The measured answers %s are damaged; what cannot be read is left out.", self.path.name)
        return turns

    def save(self, turns: Sequence[KeptTurn]) -> None:
        """Replace the answers; none remove the file.

        Args:
            turns: the oldest first. What is too long to be kept is left out, and the oldest where there are too many.
        """
        kept = [turn for turn in turns if max(map(len, (turn.source, turn.model, turn.way))) <= _LONGEST_TEXT]
        content = _document(kept[-MOST_KEPT:])
        while len(content) > MAX_SIZE:  # with the longest ids there are
            kept = kept[len(kept) // 2 :]
            content = _document(kept[-MOST_KEPT:])
        if kept:
            self._file.write(content)
        else:
            self._file.remove()


def _document(turns: Sequence[KeptTurn]) -> bytes:
    rows = [
        {
            "source": turn.source,
            "model": turn.model,
            "way": turn.way,
            "seconds": round(turn.seconds, 3),
            "day": turn.day.isoformat(),
        }
        for turn in turns
    ]
    return json.dumps({"format": _FORMAT, "turns": rows}, ensure_ascii=True).encode("ascii")


def _turn(row: dict[str, Any]) -> KeptTurn | None:
    source, model, way = as_string(row.get("source")), as_text(row.get("model")), as_string(row.get("way"))
    seconds, day = as_float(row.get("seconds")), _day(row.get("day"))
    if source is None or model is None or way is None or seconds is None or day is None:
        return None
    return KeptTurn(source, model, way, seconds, day)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(as_string(value) or "")
    except ValueError:
        return None
