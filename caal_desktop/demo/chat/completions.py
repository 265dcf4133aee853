"""``POST /chat/completions``: from the request to the answer and its cost."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.catalogue.hosting import speed_at
from caal_desktop.demo.chat.answers import text_of
from caal_desktop.demo.chat.replies import plan, reasoning_detail, usage
from caal_desktop.demo.chat.request_checks import AcceptedRequest, check, cost
from caal_desktop.demo.chat.streaming import EventStream, TokenPacer
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.faults.injection import replacement
from caal_desktop.demo.faults.registry import ActiveFault, UnknownFaultError, requested_in
from caal_desktop.demo.generations import Generation
from caal_desktop.demo.http.messages import JSON, Response, encode_json
from caal_desktop.demo.pseudorandom import token_hex
from caal_desktop.llm.fields import as_dict, as_list

if TYPE_CHECKING:
    from caal_desktop.demo.chat.replies import Reply
    from caal_desktop.demo.http.messages import Answer
    from caal_desktop.demo.state import DemoRequest


def _last_prompt(body: object) -> str:
    for message in reversed(as_list(as_dict(body).get("messages"))):
        if as_dict(message).get("role") == "user":
            return text_of(message.get("content"))
    return ""


def _requested_fault(body: object) -> ActiveFault | None:
    try:
        return requested_in(_last_prompt(body))
    except UnknownFaultError as error:
        raise ApiError(400, f"{error} Write /fault list to see what each does.") from error


async def complete(call: DemoRequest) -> Answer:
    """Answer ``POST /chat/completions``."""
    state, request = call.state, call.request
    key = call.authenticate()
    body = request.json()
    if call.fault is None and (requested := _requested_fault(body)) is not None:
        call.fault = requested
        if (other := await replacement(requested, request)) is not None:
            return other
    accepted = check(body, state.catalogue, state.keys, key)
    state.answered += 1
    generation = Generation(
        id=f"gen-{int(time.time())}-{token_hex(20, 'generation', state.answered)}",
        model=str(accepted.row.get("id")),
        provider=accepted.provider,
        streamed=accepted.stream,
        prompt_tokens=accepted.prompt_tokens,
        user_agent=request.header("User-Agent"),
        referer=request.header("HTTP-Referer"),
        router=accepted.asked if accepted.asked.startswith("openrouter/") else None,
    )
    state.generations.add(generation)
    reply = plan(accepted, call.fault, generation.id)
    pacer = TokenPacer(speed_at(accepted.row, accepted.provider), state.speed)
    started = time.monotonic()
    generation.finish_reason = reply.finish
    try:
        if accepted.stream:
            with state.stream():
                return await EventStream(call, accepted, generation, pacer).send(reply)
        return await _whole(call, accepted, generation, reply, pacer)
    except (asyncio.CancelledError, ConnectionError):
        # The client disconnected: what was generated so far is charged, as at most providers.
        generation.cancelled, generation.finish_reason = True, None
        raise
    finally:
        generation.ended = True
        generation.duration = (time.monotonic() - started) * 1000
        generation.cost = cost(accepted.row, accepted.prompt_tokens, generation.completion_tokens)
        state.keys.charge(key, generation.cost)


async def _whole(
    call: DemoRequest, accepted: AcceptedRequest, generation: Generation, reply: Reply, pacer: TokenPacer
) -> Response:
    """Return an answer in one piece, after the time that a stream of it would take."""
    late = call.fault.number if call.fault and call.has_fault("slow_first_token") else 0.0
    await asyncio.sleep(pacer.ttft + late)
    generation.latency = pacer.ttft * 1000
    if call.state.speed and not reply.unpaced:
        for _ in range(reply.completion_tokens):
            await pacer.wait_for_next()
    generation.completion_tokens, generation.reasoning_tokens = reply.completion_tokens, len(reply.reasoning)
    text, thoughts = "".join(reply.tokens), "".join(reply.reasoning)
    message: dict[str, Any] = {"role": "assistant", "content": None if reply.calls else text, "refusal": None}
    message["reasoning"] = thoughts if thoughts and accepted.shows_reasoning else None
    if message["reasoning"]:
        signature = token_hex(48, "signature", generation.id)
        message["reasoning_details"] = [reasoning_detail(accepted, thoughts, signature)]
    if reply.calls:
        message["tool_calls"] = [planned.message() | {"index": i} for i, planned in enumerate(reply.calls)]
    answer = {
        "id": generation.id,
        "provider": accepted.provider,
        "model": accepted.row.get("id"),
        "object": "chat.completion",
        "created": int(generation.created.timestamp()),
        "system_fingerprint": None,
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": reply.finish,
                "native_finish_reason": reply.finish,
                "message": message,
            }
        ],
    }
    if not call.has_fault("no_usage"):
        answer["usage"] = usage(accepted, reply.completion_tokens, len(reply.reasoning))
    data = encode_json(answer)
    if call.has_fault("broken_utf8"):
        data = data.replace(b'"object"', b'"\xff\xfe": 0, "object"', 1)
    return Response(data, JSON, headers={"X-Generation-Id": generation.id})
