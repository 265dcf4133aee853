"""A conversation and its messages as they are kept: plain data, so that what only reads them needs no database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class MessageRecord:
    """A message as it is kept.

    Attributes:
        id, parent: unique ids; parent is None at the beginning.
        role, status: as the conversation names them.
        created: seconds since the epoch.
        text, reasoning: Markdown.
        extra: facts, tool calls, attachments and failure, as JSON values.
        shown: whether it is the chosen one of its siblings.
    """

    id: str
    parent: str | None
    role: str
    status: str
    created: float
    text: str = ""
    reasoning: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    shown: bool = True


@dataclass(slots=True)
class ConversationRecord:
    """A conversation as it is kept. Times are seconds since the epoch."""

    id: str
    title: str
    created: float
    updated: float
    options: dict[str, Any] = field(default_factory=dict)
    messages: list[MessageRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A conversation as a list shows it.

    Attributes:
        snippet: where a search was found in a message; "" otherwise.
    """

    id: str
    title: str
    updated: float
    snippet: str = ""
