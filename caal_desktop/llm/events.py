"""What a streamed answer is made of, as typed events.

The order on a good stream is: one :class:`StreamStarted`, any mix of the deltas, :class:`KeepAlive` and
:class:`AnsweredBy`, at most one :class:`UsageReport`, and one :class:`StreamFinished` as the last event. A stream that
breaks raises a :class:`~caal_desktop.llm.errors.ProviderError` instead of finishing; what was yielded before stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FinishReason(StrEnum):
    """Why an answer ended, in OpenRouter's normalized words."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The server has accepted the request; no token has come yet.

    Attributes:
        generation_id: OpenRouter's ``X-Generation-Id`` header, for a later look at ``/generation``; None elsewhere.
    """

    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """A sign of life without content (an SSE comment such as ``: OPENROUTER PROCESSING``)."""


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """Who answers. Sent once it is known and again when it changes.

    Attributes:
        model: the model id that the chunks name (a router or a fallback may choose another one than was asked for).
        provider: the hosting provider's name, on OpenRouter; None elsewhere.
    """

    model: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text. Never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning.

    Attributes:
        text: what can be shown; may be empty when only opaque details came.
        details: ``reasoning_details`` entries as they came, to be passed back unchanged in a tool conversation.
    """

    text: str
    details: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call; fragments with the same index belong together.

    Attributes:
        index: position of the call in the answer.
        call_id: the call's id, in the fragment that brings it.
        name: the function's name, in the fragment that brings it.
        arguments: a piece of the arguments' JSON text; may be empty.
    """

    index: int
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What the answer took. Each figure is None where the server does not tell it.

    Attributes:
        prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens: counts of tokens.
        cost: USD charged by OpenRouter.
        upstream_cost: USD charged by the hosting provider itself (bring-your-own-key).
        is_byok: whether the account's own provider key was used.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None
    cost: float | None = None
    upstream_cost: float | None = None
    is_byok: bool | None = None


@dataclass(frozen=True, slots=True)
class StreamFinished:
    """The server said that the answer is complete.

    Attributes:
        reason: the normalized reason.
        native_reason: the hosting provider's own word, where OpenRouter passes it on.
    """

    reason: FinishReason
    native_reason: str | None = None


StreamEvent = (
    StreamStarted | KeepAlive | AnsweredBy | TextDelta | ReasoningDelta | ToolCallDelta | UsageReport | StreamFinished
)
