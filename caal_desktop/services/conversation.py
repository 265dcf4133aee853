"""A conversation in memory: what was said, by whom, and the facts of each answer. Plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError
    from caal_desktop.llm.events import FinishReason, UsageReport


class Role(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"


class AnswerStatus(StrEnum):
    """How far an answer has come."""

    WAITING = "waiting"
    """Sent; no token yet."""
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    """The person stopped it; what had come stays."""
    FAILED = "failed"


@dataclass(slots=True)
class AnswerFacts:
    """What is known about how an answer came.

    Attributes:
        asked_model: the model id that was asked for.
        model, provider: who answered, as far as the server tells.
        first_token_s: seconds from sending to the first piece of text (TTFT); None before it came.
        duration_s: seconds from sending to the end.
        generation_id: OpenRouter's id of the answer.
        usage: tokens and cost, when the server told them.
        finish_reason: why it ended.
    """

    asked_model: str
    model: str | None = None
    provider: str | None = None
    first_token_s: float | None = None
    duration_s: float | None = None
    generation_id: str | None = None
    usage: UsageReport | None = None
    finish_reason: FinishReason | None = None

    @property
    def tokens_per_second(self) -> float | None:
        """Completion tokens per second of streaming, the wait for the first one left out; None where unknown."""
        if self.usage is None or not self.usage.completion_tokens or self.duration_s is None:
            return None
        streamed = self.duration_s - (self.first_token_s or 0.0)
        return self.usage.completion_tokens / streamed if streamed > 0.05 else None


@dataclass(slots=True)
class Message:
    """One turn.

    Attributes:
        role: who speaks.
        parts: pieces of the text in the order in which they came; joined by :attr:`text`.
        status, facts, error: of an answer.
    """

    role: Role
    parts: list[str] = field(default_factory=list)
    status: AnswerStatus = AnswerStatus.COMPLETE
    facts: AnswerFacts | None = None
    error: ProviderError | ValueError | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        if len(self.parts) > 1:
            # Joined once: an answer of 20,000 pieces must not be joined anew by every reader.
            self.parts[:] = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""


def wire_messages(messages: list[Message], system_prompt: str) -> list[dict[str, Any]]:
    """The messages as a provider takes them; answers without any text are left out."""
    wire: list[dict[str, Any]] = []
    if system_prompt.strip():
        wire.append({"role": "system", "content": system_prompt})
    wire.extend({"role": str(message.role), "content": message.text} for message in messages if message.text)
    return wire
