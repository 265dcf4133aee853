"""The answer to a chat request, before anything is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.chat import answers
from caal_desktop.demo.chat.request_checks import AcceptedRequest, cost
from caal_desktop.demo.chat.tools import PlannedCall, arguments_of, fill, functions, plan_calls
from caal_desktop.demo.pseudorandom import token_hex
from caal_desktop.llm.fields import as_dict

if TYPE_CHECKING:
    from caal_desktop.demo.faults.registry import ActiveFault


@dataclass(slots=True)
class Reply:
    """One whole answer.

    Attributes:
        reasoning: the reasoning's tokens.
        tokens: the text's tokens.
        calls: tool calls, after the text.
        finish: the finish reason.
        unpaced: sent as fast as possible.
    """

    reasoning: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    calls: list[PlannedCall] = field(default_factory=list)
    finish: str = "stop"
    unpaced: bool = False

    @property
    def completion_tokens(self) -> int:
        """How many tokens the whole answer counts."""
        return len(self.reasoning) + len(self.tokens) + sum(len(call.arguments) // 4 + 8 for call in self.calls)


def plan(accepted: AcceptedRequest, fault: ActiveFault | None, seed: str) -> Reply:
    """Return the answer to a request that was accepted; the same request gets the same answer.

    Args:
        accepted: the request.
        fault: what goes wrong, where it changes the content.
        seed: the generation's id, from which ids of tool calls are derived.
    """
    conversation = answers.read(accepted.messages, accepted.model_name)
    name = fault.name if fault else ""
    reply = Reply()
    if accepted.effort != "none":
        reply.reasoning = answers.tokenize(answers.think(conversation, accepted.effort))
    if name == "empty_answer":
        return Reply()
    if name in ("tool_call_only", "bad_tool_arguments", "two_tool_calls"):
        return _faulty_calls(name, accepted, conversation.prompt, seed)
    if name == "fast_flood" and fault is not None:
        reply.tokens, reply.unpaced = answers.flood_tokens(fault.count), True
    elif name == "huge_answer" and fault is not None:
        reply.tokens, reply.unpaced = answers.tokenize(answers.huge_text(fault.count)), True
    else:
        if name != "ignores_tools" and not conversation.tool_results:
            reply.calls = plan_calls(conversation.prompt, accepted.tools, accepted.tool_choice, seed)
        if reply.calls:
            reply.finish = "tool_calls"
        else:
            reply.tokens = answers.tokenize(_stopped(_text(accepted, conversation), accepted.stops))
        _limit(reply, accepted.max_tokens)
    if name in ("truncated", "filtered") and fault is not None:
        reply.tokens = reply.tokens[: fault.count]
        reply.finish = "length" if name == "truncated" else "content_filter"
    return reply


def _text(accepted: AcceptedRequest, conversation: answers.PromptContext) -> str:
    text = answers.compose(conversation)
    kind = accepted.response_format.get("type")
    if kind == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    if kind == "json_schema":
        schema = as_dict(as_dict(accepted.response_format.get("json_schema")).get("schema"))
        return json.dumps(fill(schema, conversation.prompt), ensure_ascii=False)
    return text


def _stopped(text: str, stops: list[str]) -> str:
    ends = [text.index(stop) for stop in stops if stop in text]
    return text[: min(ends)] if ends else text


def _limit(reply: Reply, most: int | None) -> None:
    """Cut a reply to ``max_tokens``: reasoning comes first and counts, so that no text at all may be left."""
    if most is None or reply.completion_tokens <= most:
        return
    reply.reasoning = reply.reasoning[:most]
    left = most - len(reply.reasoning)
    reply.tokens = reply.tokens[:left]
    if reply.calls:
        call = reply.calls[0]
        reply.calls = [PlannedCall(call.call_id, call.name, call.arguments[: max(0, left - 8) * 4])] if left > 8 else []
    reply.finish = "length"


def _faulty_calls(name: str, accepted: AcceptedRequest, prompt: str, seed: str) -> Reply:
    known = functions(accepted.tools) or [{"name": "get_weather"}]
    calls = plan_calls(prompt, [{"function": function} for function in known], "required", seed)
    if name == "bad_tool_arguments":
        calls = [PlannedCall(calls[0].call_id, calls[0].name, '{"location": "Berlin", "unit": ')]
    elif name == "two_tool_calls":
        other = known[-1]
        second = PlannedCall(f"call_{token_hex(24, 'second', seed)}", str(other["name"]), arguments_of(other, prompt))
        calls = [*calls, second]
    return Reply(calls=calls, finish="tool_calls")


def usage(accepted: AcceptedRequest, completion_tokens: int, reasoning_tokens: int) -> dict[str, Any]:
    """Return the ``usage`` object of an answer."""
    spent = cost(accepted.row, accepted.prompt_tokens, completion_tokens)
    for_prompt = cost(accepted.row, accepted.prompt_tokens, 0)
    return {
        "prompt_tokens": accepted.prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": accepted.prompt_tokens + completion_tokens,
        "cost": spent,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "cost_details": {
            "upstream_inference_cost": None,
            "upstream_inference_prompt_cost": for_prompt,
            "upstream_inference_completions_cost": round(spent - for_prompt, 10),
        },
        "completion_tokens_details": {"reasoning_tokens": reasoning_tokens},
    }


def reasoning_detail(accepted: AcceptedRequest, text: str, signature: str | None = None) -> dict[str, Any]:
    """Return one entry of ``reasoning_details``, in the form that the model's vendor has."""
    vendor = str(accepted.row.get("id")).lstrip("~").split("/", maxsplit=1)[0]
    if vendor == "openai":
        return {"type": "reasoning.summary", "summary": text, "format": "openai-responses-v1", "index": 0}
    formats = {"anthropic": "anthropic-claude-v1", "google": "google-gemini-v1", "x-ai": "xai-responses-v1"}
    detail: dict[str, Any] = {
        "type": "reasoning.text",
        "text": text,
        "format": formats.get(vendor, "unknown"),
        "index": 0,
    }
    if signature is not None:
        detail["signature"] = signature
    return detail
