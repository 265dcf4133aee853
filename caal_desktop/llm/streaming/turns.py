"""Gathers the events of one streamed answer into the whole of it, as an answer that was not streamed has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.base import LLMResponse
from caal_desktop.llm.events import (
    AnsweredBy,
    FinishReason,
    ReasoningDelta,
    StreamFinished,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from caal_desktop.llm.streaming.answers import RawCall, complete_calls, token_usage

if TYPE_CHECKING:
    from caal_desktop.llm.events import StreamEvent


@dataclass(slots=True)
class _Call:
    """The fragments of a tool call."""

    call_id: str | None = None
    name: str | None = None
    arguments: list[str] = field(default_factory=list)

    def add(self, fragment: ToolCallDelta) -> None:
        self.call_id = self.call_id or fragment.call_id
        self.name = self.name or fragment.name
        self.arguments.append(fragment.arguments)


class StreamedAnswer:
    """One answer, while its events come."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._details: list[dict[str, Any]] = []
        self._answered_by = AnsweredBy()
        self._report: UsageReport | None = None
        self._finish_reason = FinishReason.UNKNOWN

    def feed(self, event: StreamEvent) -> None:
        """Take the next event."""
        match event:
            case TextDelta(text=text):
                self._text.append(text)
            case ToolCallDelta(index=index):
                self._calls.setdefault(index, _Call()).add(event)
            case ReasoningDelta(details=details):
                self._details += details
            case AnsweredBy():
                self._answered_by = event
            case UsageReport():
                self._report = event
            case StreamFinished(reason=reason):
                self._finish_reason = reason

    def response(self) -> LLMResponse:
        """Return the whole; call it once, when the last event has come."""
        calls = (RawCall(call.call_id, call.name, "".join(call.arguments)) for _, call in sorted(self._calls.items()))
        return LLMResponse(
            content="".join(self._text) or None,
            tool_calls=complete_calls(calls),
            usage=token_usage(self._report),
            finish_reason=self._finish_reason,
            report=self._report,
            model=self._answered_by.model,
            provider=self._answered_by.provider,
            reasoning_details=tuple(self._details),
        )
