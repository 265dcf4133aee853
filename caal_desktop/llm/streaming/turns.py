"""Makes the answer of a turn: of a stream's events what one that was not streamed has, and of both what is meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

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
from caal_desktop.llm.fields import as_text
from caal_desktop.llm.streaming.answers import RawCall, complete_calls, token_usage
from caal_desktop.llm.streaming.spoken import SpokenText, without_begun_thought

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from caal_desktop.llm.events import StreamEvent

_TEXT_OF: Final = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""Which field of ``reasoning_details`` a stream gives in pieces, by the entry's type."""


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
    """One answer, while its events come.

    Args:
        tools: the functions that the model may call, as the API describes them.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]] | None) -> None:
        self._spoken = SpokenText(tools)
        self._text: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._thoughts: list[str] = []
        self._details: list[dict[str, Any]] = []
        self._answered_by = AnsweredBy()
        self._report: UsageReport | None = None
        self._finish_reason = FinishReason.UNKNOWN

    @property
    def has_text(self) -> bool:
        """Whether something of it can be said."""
        return any(not text.isspace() for text in self._text)

    @property
    def has_calls(self) -> bool:
        """Whether it calls tools, in whatever form; to be asked after :meth:`finish`."""
        return bool(self._calls or self._spoken.attempt)

    @property
    def attempt(self) -> str:
        """What it has in place of calls, written as text; "" where there is nothing like that, and with real calls."""
        return "" if self._calls else self._spoken.attempt

    @property
    def broken_call(self) -> str:
        """The same where no call can be read in it."""
        return "" if self._spoken.calls else self.attempt

    def feed(self, event: StreamEvent) -> str:
        """Take the next event, and return what can be said of the text with it; may be ""."""
        match event:
            case TextDelta(text=text):
                return self._said(self._spoken.feed(text))
            case ToolCallDelta(index=index):
                self._calls.setdefault(index, _Call()).add(event)
            case ReasoningDelta(text=text, details=details):
                self._thoughts.append(text)
                self._details += details
            case AnsweredBy():
                self._answered_by = event
            case UsageReport():
                self._report = event
            case StreamFinished(reason=reason):
                self._finish_reason = reason
        return ""

    def finish(self) -> str:
        """Return the end of the text; call it once, when the last event has come."""
        return self._said(self._spoken.finish())

    def response(self) -> LLMResponse:
        """Return the whole, after :meth:`finish`."""
        calls = [RawCall(call.call_id, call.name, "".join(call.arguments)) for _, call in sorted(self._calls.items())]
        answer = LLMResponse(
            content="".join(self._text),
            tool_calls=complete_calls(calls),
            usage=token_usage(self._report),
            finish_reason=self._finish_reason,
            report=self._report,
            model=self._answered_by.model,
            provider=self._answered_by.provider,
            reasoning_details=tuple(_whole_details(self._details)),
            reasoning="".join(self._thoughts),
        )
        _settle(answer, self._spoken)
        return answer

    def _said(self, text: str) -> str:
        if text:
            self._text.append(text)
        return text


def _whole_details(fragments: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the entries that a stream gives in fragments: pieces of a text, and with the last one its signature.

    A signature is that of the whole text: sent back in fragments, the entry is refused.
    """
    for _, group in groupby(fragments, _entry_of):
        pieces = list(group)
        if len(pieces) == 1:
            yield pieces[0]
            continue
        name = _TEXT_OF[pieces[0]["type"]]
        whole = {key: value for piece in pieces for key, value in piece.items() if value is not None}
        yield {**whole, name: "".join(as_text(piece.get(name)) or "" for piece in pieces)}


def _entry_of(fragment: Mapping[str, Any]) -> object:
    """Return what the fragments of an entry have in common, and no others beside them."""
    kind, index = as_text(fragment.get("type")), fragment.get("index")
    return (kind, index) if kind in _TEXT_OF and index is not None else id(fragment)


def settle(answer: LLMResponse, tools: Sequence[Mapping[str, Any]] | None) -> str:
    """Part the text of a whole answer from the calls and thoughts that are written into it.

    Args:
        answer: as it came; changed.
        tools: the functions that the model may call, as the API describes them.

    Returns:
        What the model wrote in place of a call; "" where there are calls, or nothing like that.
    """
    spoken = SpokenText(tools)
    answer.content = spoken.feed(without_begun_thought(answer.content or "")) + spoken.finish()
    _settle(answer, spoken)
    return "" if answer.tool_calls else spoken.attempt


def _settle(answer: LLMResponse, spoken: SpokenText) -> None:
    """Give an answer its written calls, unless it has others, and no text in place of a blank one."""
    if not answer.tool_calls and spoken.calls:
        answer.tool_calls = complete_calls(spoken.calls)
        answer.finish_reason = FinishReason.TOOL_CALLS
    if answer.content is not None and not answer.content.strip():
        answer.content = None
