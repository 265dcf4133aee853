"""An answer that has come whole, with how it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caal_desktop.services.chat.chat_request import ChatRequest
    from caal_desktop.services.chat.conversation import AnswerFacts


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """An answer that has come whole.

    Attributes:
        request: its parameters.
        messages: what was sent.
        facts: its own, without those of an answer that it continues.
        characters: how long its text is.
    """

    request: ChatRequest
    messages: Sequence[Mapping[str, Any]]
    facts: AnswerFacts
    characters: int
