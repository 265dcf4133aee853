"""The events of a streamed answer.

The order on a good stream is: a :class:`Waiting` for each attempt that failed and is repeated, one
:class:`StreamStarted`, any mix of the deltas, :class:`KeepAlive` and :class:`AnsweredBy`, at most one
:class:`UsageReport`, and one :class:`StreamFinished` as the last event. A stream that breaks off raises a
:class:`~caal_desktop.llm.errors.ProviderError` instead; the events before remain valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FinishReason(StrEnum):
    """Why an answer ended, as OpenRouter normalizes it."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request failed, and is sent again after a pause, which begins when the next event is asked for.

    Attributes:
        seconds: how long the pause is; what the server asked for, where it asked for a pause.
        status: the HTTP status of the failure, such as 429; None where no answer came.
        attempt: which attempt failed, from 1.
        is_asked: whether the server asked for the pause; otherwise it is our own, so that the next attempt goes better.
    """

    seconds: float
    status: int | None
    attempt: int
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The server has accepted the request; no token has come yet.

    Attributes:
        generation_id: OpenRouter's ``X-Generation-Id`` header, which
            :meth:`~caal_desktop.llm.base.LLMProvider.generation` takes; None elsewhere.
    """

    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The server is at work: a comment in the stream, such as ``: OPENROUTER PROCESSING``, or an ``event: ping``."""


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """Which model answers, on which host. Comes when that is known, and again when it changes.

    Attributes:
        model: the model id that the server names; a router or a fallback may have chosen another than was asked for.
        provider: the hosting provider's name, on OpenRouter; None elsewhere.
    """

    model: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning.

    Attributes:
        text: what can be shown; "" where only opaque details came.
        details: ``reasoning_details`` entries as they came, to be sent back unchanged with tool calls.
    """

    text: str
    details: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of a tool call; fragments with the same index belong together.

    Attributes:
        index: position of the call in the answer.
        call_id: the call's id; None in the fragments that do not carry it.
        name: the function's name; None in the fragments that do not carry it.
        arguments: a piece of the arguments' JSON text; may be "".
    """

    index: int
    call_id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Tokens and cost of an answer. Each figure is None where the server does not tell it.

    Attributes:
        prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens: numbers of tokens.
        cost: US dollars charged by OpenRouter.
        upstream_cost: US dollars charged by the hosting provider itself: to the account's own key there if ``is_byok``,
            otherwise to OpenRouter.
        is_byok: whether the account's own key at the hosting provider was used ("bring your own key").
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
    """The answer is complete.

    Attributes:
        reason: why it ended.
        native_reason: the hosting provider's own word for it; None where the server does not tell it.
    """

    reason: FinishReason
    native_reason: str | None = None


StreamEvent = (
    Waiting
    | StreamStarted
    | KeepAlive
    | AnsweredBy
    | TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | UsageReport
    | StreamFinished
)
"""Any event of a streamed answer."""
