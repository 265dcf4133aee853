"""Reads the JSON of ``/chat/completions``: chunks of a stream, and whole answers. Wrong types count as missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from caal_desktop.llm.base import LLMResponse, TokenUsage, ToolCall, parse_tool_arguments
from caal_desktop.llm.echoes import hide_echoes
from caal_desktop.llm.events import AnsweredBy, FinishReason, ReasoningDelta, TextDelta, UsageReport
from caal_desktop.llm.fields import (
    as_bool,
    as_dict,
    as_dicts,
    as_float,
    as_int,
    as_list,
    as_text,
    own_choice,
    whole_characters,
)
from caal_desktop.llm.streaming.tool_calls import PiecewiseText, ToolCallJoiner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caal_desktop.llm.events import StreamEvent

_REASONS: Final = {
    "stop": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
    "content_filter": FinishReason.CONTENT_FILTER,
}
_NO_REASON: Final = frozenset({"null", "none"})
"""Words that some servers write where nothing belongs."""


def parse_usage(value: object) -> UsageReport | None:
    """Read a ``usage`` object; None where there is none."""
    usage = as_dict(value)
    if not usage:
        return None
    prompt_details = as_dict(usage.get("prompt_tokens_details"))
    completion_details = as_dict(usage.get("completion_tokens_details"))
    return UsageReport(
        prompt_tokens=as_int(usage.get("prompt_tokens")),
        completion_tokens=as_int(usage.get("completion_tokens")),
        reasoning_tokens=as_int(completion_details.get("reasoning_tokens")),
        cached_tokens=as_int(prompt_details.get("cached_tokens")),
        cost=as_float(usage.get("cost")),
        upstream_cost=as_float(as_dict(usage.get("cost_details")).get("upstream_inference_cost")),
        is_byok=as_bool(usage.get("is_byok")),
    )


def token_usage(report: UsageReport | None) -> TokenUsage | None:
    """Return a report's numbers of tokens; None where it does not tell what went in."""
    if report is None or report.prompt_tokens is None:
        return None
    return TokenUsage(report.prompt_tokens, report.completion_tokens or 0)


def parse_generation(payload: object) -> UsageReport:
    """Read an answer to OpenRouter's ``GET /generation``.

    The native token counts determine the price; where they are missing, the normalized ones take their place.
    """
    data = as_dict(as_dict(payload).get("data"))

    def count(*names: str) -> int | None:
        return next((number for name in names if (number := as_int(data.get(name))) is not None), None)

    return UsageReport(
        prompt_tokens=count("native_tokens_prompt", "tokens_prompt"),
        completion_tokens=count("native_tokens_completion", "tokens_completion"),
        reasoning_tokens=count("native_tokens_reasoning"),
        cached_tokens=count("native_tokens_cached"),
        cost=as_float(data.get("total_cost")),
        upstream_cost=as_float(data.get("upstream_inference_cost")),
        is_byok=as_bool(data.get("is_byok")),
    )


def _text_of(content: object) -> str:
    """Return the text of a ``content`` field: a string, or a list of typed parts."""
    if isinstance(content, str):
        return content
    parts = (as_dict(part) for part in as_list(content))
    return "".join(text for part in parts if (text := as_text(part.get("text"))))


class StreamAssembler:
    """Turns the parsed chunks of one stream into events, and keeps how the answer ended.

    Args:
        secrets: those that went with the request; taken out of the texts.

    Attributes:
        finish_reason: why the answer ended; None until a chunk tells it.
        native_reason: the hosting provider's own word for it; None where it is not told.
        usage: the latest figures (some servers repeat them in every chunk); None before the first.
        has_ended: the reason has come, and nothing of the answer after it: some servers give one with every chunk.
        has_surely_ended: of an answer that has ended, whether the reason came alone, as that of an end does.
    """

    def __init__(self, secrets: tuple[str | None, ...] = ()) -> None:
        self.finish_reason: FinishReason | None = None
        self.native_reason: str | None = None
        self.usage: UsageReport | None = None
        self.has_ended = self.has_surely_ended = self._is_reason_early = False
        self._answered_by = AnsweredBy()
        self._text, self._reasoning = PiecewiseText(secrets), PiecewiseText(secrets)
        self._calls = ToolCallJoiner(secrets)

    def feed(self, payload: dict[str, Any]) -> list[StreamEvent]:
        """Return the events of a chunk without an error."""
        events: list[StreamEvent] = []
        self._add_source(payload, events)
        choice = own_choice(payload)
        if choice:
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                delta = as_dict(choice.get("message"))
            has_content = self._delta(delta, events)
            reason = choice.get("finish_reason")
            if reason or self.finish_reason is not None:
                self._end(choice, reason, has_content=has_content)
        usage = payload.get("usage") or as_dict(payload.get("x_groq")).get("usage")
        if usage:
            self.usage = parse_usage(usage) or self.usage
        return events

    def finish(self, *, is_complete: bool = True) -> list[StreamEvent]:
        """Return the events of what was held back: the ends of texts, of which nothing more comes.

        Args:
            is_complete: the answer has not broken off.
        """
        events: list[StreamEvent] = []
        if text := self._reasoning.finish(is_complete=is_complete):
            events.append(ReasoningDelta(text, ()))
        if text := self._text.finish(is_complete=is_complete):
            events.append(TextDelta(text))
        events += self._calls.finish(is_complete=is_complete)
        return events

    def _end(self, choice: dict[str, Any], reason: object, *, has_content: bool) -> None:
        """Take note of a finish reason, or of what follows one."""
        if has_content and self.finish_reason is not None:
            self._is_reason_early = True
        if isinstance(reason, str) and reason and reason.lower() not in _NO_REASON:
            self.finish_reason = _REASONS.get(reason.lower(), FinishReason.UNKNOWN)
            self.native_reason = as_text(choice.get("native_finish_reason"))
            if self.finish_reason is FinishReason.UNKNOWN and self.native_reason is None:
                self.native_reason = reason
            self.has_surely_ended = not has_content
        self.has_ended = self.finish_reason is not None and not self._is_reason_early

    def _add_source(self, payload: dict[str, Any], events: list[StreamEvent]) -> None:
        model = as_text(payload.get("model")) or self._answered_by.model
        provider = as_text(payload.get("provider")) or self._answered_by.provider
        if model != self._answered_by.model or provider != self._answered_by.provider:
            self._answered_by = AnsweredBy(model, provider)
            events.append(self._answered_by)

    def _delta(self, delta: dict[str, Any], events: list[StreamEvent]) -> bool:
        """Add the events of a delta, and return whether it brings something of the answer."""
        details = delta.get("reasoning_details")
        thought = delta.get("reasoning") or delta.get("reasoning_content")
        if details or thought:
            entries = tuple(as_dicts(details))
            text = self._reasoning.feed(_text_of(thought))
            if text or entries:
                events.append(ReasoningDelta(text, entries))
        content = delta.get("content") or delta.get("refusal")
        if content and (text := self._text.feed(_text_of(content))):
            events.append(TextDelta(text))
        calls = delta.get("tool_calls")
        if calls:
            events.extend(self._calls.feed(as_dict(call)) for call in as_list(calls))
        return bool(details or thought or content or calls)


class RawCall(NamedTuple):
    """A tool call as a server sends it: any of it may be missing."""

    call_id: str | None
    name: str | None
    arguments: object


def complete_calls(raw_calls: Iterable[RawCall]) -> list[ToolCall]:
    """Return the calls of one answer, each with an id of its own, by which its result will be known.

    Calls without a name are left out: there is nothing to run. What servers leave of gpt-oss' own signs behind a name
    (``<|channel|>commentary``) is none of it.
    """
    calls: list[ToolCall] = []
    taken: set[str] = set()
    for position, raw in enumerate(raw_calls):
        name = (raw.name or "").partition("<|")[0]
        if not name:
            continue
        call_id = raw.call_id or f"call_{position}"
        while call_id in taken:
            call_id = f"{call_id}_{position}"
        taken.add(call_id)
        calls.append(ToolCall(call_id, name, parse_tool_arguments(raw.arguments)))
    return calls


def _raw_call(call: dict[str, Any], secrets: tuple[str | None, ...]) -> RawCall:
    function = as_dict(call.get("function"))
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        arguments = hide_echoes(arguments, secrets)
    return RawCall(_whole_text(call.get("id")), _whole_text(function.get("name")), arguments)


def _whole_text(value: object) -> str | None:
    return whole_characters(as_text(value) or "") or None


def parse_completion(payload: dict[str, Any], secrets: tuple[str | None, ...] = ()) -> LLMResponse | None:
    """Read a whole answer; None where it has no message.

    Args:
        payload: the answer.
        secrets: those that went with the request; taken out of the tool calls' arguments, which are JSON within JSON
            and so may be escaped twice.
    """
    choice = own_choice(payload)
    message = choice.get("message")
    if not isinstance(message, dict):
        return None
    calls = complete_calls(_raw_call(as_dict(raw), secrets) for raw in as_list(message.get("tool_calls")))
    content = message.get("content") or message.get("refusal")
    reason = choice.get("finish_reason")
    details = tuple(as_dicts(message.get("reasoning_details")))
    report = parse_usage(payload.get("usage"))
    return LLMResponse(
        content=None if content is None else whole_characters(_text_of(content)),
        tool_calls=calls,
        usage=token_usage(report),
        finish_reason=_REASONS.get(reason.lower(), FinishReason.UNKNOWN)
        if isinstance(reason, str)
        else FinishReason.UNKNOWN,
        report=report,
        model=as_text(payload.get("model")),
        provider=as_text(payload.get("provider")),
        reasoning_details=details,
        reasoning=whole_characters(_text_of(message.get("reasoning") or message.get("reasoning_content"))),
    )
