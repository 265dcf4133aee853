"""What the demo's "models" answer, and what they refuse."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from typing import TYPE_CHECKING, Any, cast

import pytest

from caal_desktop.demo.accounts.keys import demo_key
from caal_desktop.demo.catalogue.hosting import providers, row_at, speed_at, speed_of
from caal_desktop.demo.catalogue.listing import DemoCatalogue
from caal_desktop.demo.chat import answers
from caal_desktop.demo.chat.completions import complete
from caal_desktop.demo.chat.request_checks import cost
from caal_desktop.demo.chat.tools import fill, plan_calls
from caal_desktop.demo.endpoints import API
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.http.messages import Request, Response
from caal_desktop.demo.state import ORDINARY_SPEED, DemoRequest, DemoState
from tests.demo.asking import CHEAP, REASONER, TOOLS, ask, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.demo.http.messages import Channel
    from tests.support.demo import DemoControl

NO_TOOLS = "google/gemma-3-27b-it"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 64, 48)
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}}


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        ("introduce yourself in one sentence", "stand-in"),
        ("hello", "demo"),
        ("bonjour", "démonstration"),
        ("turn on the kitchen lights", "demo"),
        ("show me markdown", "## Words"),
        ("some maths please", r"\frac"),
        ("write a python function", "```python"),
        ("help", "/fault list"),
        ("/fault list", "cut_after"),
        ("what does tea mean?", "what does tea mean?"),
        ("thanks", "welcome"),
    ],
)
def test_prepared_answers(demo: DemoControl, prompt: str, part: str) -> None:
    whole, streamed = text_of(ask(demo, prompt)), text_of(ask(demo, prompt, stream=True))
    assert part in whole
    assert whole == streamed


def test_long_answers() -> None:
    texts = [answers.compose(answers.PromptContext(prompt=p)) for p in ("something long", "something very long")]
    assert len(texts[0]) > 10_000
    assert len(texts[1]) > 50_000
    assert all("".join(answers.tokenize(text)) == text for text in (*texts, "  a \n\n b\t\n", "日本語 👩‍👩‍👧", ""))


def test_the_history_counts(demo: DemoControl) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
    ]
    assert "Ada" in text_of(ask(demo, messages))
    assert "not told" in text_of(ask(demo, "What is my name?"))


def test_the_shape_of_a_stream(demo: DemoControl) -> None:
    answer = ask(demo, "hello", stream=True)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text.startswith(": OPENROUTER PROCESSING\n\n")
    assert answer.text.endswith("\n\ndata: [DONE]\n\n")
    chunks = answer.chunks()
    assert {chunk["id"] for chunk in chunks} == {answer.headers["x-generation-id"]}
    assert {(chunk["model"], chunk["provider"]) for chunk in chunks} == {(CHEAP, "OpenAI")}
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"] == []
    usage = chunks[-1]["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] == len(chunks) - 3


def test_limits_and_stops(demo: DemoControl) -> None:
    for stream in (False, True):
        answer = ask(demo, "hello", max_tokens=7, stream=stream)
        assert '"finish_reason": "length"' in answer.text
        assert text_of(answer) == "".join(answers.tokenize(text_of(ask(demo, "hello")))[:7])
    stopped = text_of(ask(demo, "hello", stop=["demo", "!"]))
    assert stopped
    assert "demo" not in stopped
    assert text_of(ask(demo, "hello", stop="no such words")) == text_of(ask(demo, "hello", stop=None))


def reasoning_of(answer: Any) -> tuple[str, str]:
    """Return the shown reasoning and its details' text."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        deltas = [choice["delta"] for chunk in answer.chunks() for choice in chunk["choices"]]
    else:
        deltas = [answer.json()["choices"][0]["message"]]
    shown = "".join(delta.get("reasoning") or "" for delta in deltas)
    details = [detail for delta in deltas for detail in delta.get("reasoning_details", [])]
    return shown, "".join(detail.get("text") or detail.get("summary") or "" for detail in details)


@pytest.mark.parametrize("stream", [False, True])
def test_reasoning(demo: DemoControl, stream: bool) -> None:
    shown, details = reasoning_of(ask(demo, "hello", model=REASONER, stream=stream))
    assert shown
    assert shown == details
    more, _ = reasoning_of(ask(demo, "hello", model=REASONER, stream=stream, reasoning={"effort": "high"}))
    less, _ = reasoning_of(ask(demo, "hello", model=REASONER, stream=stream, reasoning={"effort": "low"}))
    assert len(less) <= len(shown) <= len(more)
    hidden = ask(demo, "hello", model=REASONER, stream=stream, reasoning={"exclude": True})
    assert reasoning_of(hidden) == ("", "")
    usage = hidden.chunks()[-1]["usage"] if stream else hidden.json()["usage"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 0


def test_reasoning_can_eat_the_whole_answer(demo: DemoControl) -> None:
    answer = ask(demo, "hello", model=REASONER, max_tokens=5, stream=True)
    assert text_of(answer) == ""
    assert reasoning_of(answer)[0]
    assert '"finish_reason": "length"' in answer.text


def test_a_tool_conversation(demo: DemoControl) -> None:
    prompt = "Please turn off the kitchen lights"
    message = ask(demo, prompt, tools=TOOLS).json()["choices"][0]["message"]
    call = message["tool_calls"][0]
    assert message["content"] is None
    assert call["function"]["name"] == "set_light"
    assert json.loads(call["function"]["arguments"]) == {"room": "kitchen", "state": "off"}
    history = [
        {"role": "user", "content": prompt},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": '{"kitchen_light": "off", "watts": 3}'},
    ]
    text = text_of(ask(demo, history, tools=TOOLS, tool_choice="none", stream=True))
    assert "set_light" in text
    assert "kitchen light: off, watts: 3" in text


def test_a_streamed_tool_call_comes_in_fragments(demo: DemoControl) -> None:
    answer = ask(demo, "What is the weather in New York?", tools=TOOLS, stream=True)
    pieces = [
        piece
        for chunk in answer.chunks()
        for choice in chunk["choices"]
        for piece in choice["delta"].get("tool_calls", [])
    ]
    assert len(pieces) > 2
    assert pieces[0]["function"]["name"] == "get_weather"
    assert "".join(p["function"]["arguments"] for p in pieces) == '{"city": "New York"}'
    assert '"finish_reason": "tool_calls"' in answer.text


@pytest.mark.parametrize(
    ("prompt", "choice", "name"),
    [
        ("turn on the lamp", None, "set_light"),
        ("will it rain in Oslo", "auto", "get_weather"),
        ("turn on the lamp", "none", None),
        ("tell me a joke", "auto", None),
        ("tell me a joke", "required", "set_light"),
        ("tell me a joke", {"type": "function", "function": {"name": "get_weather"}}, "get_weather"),
    ],
)
def test_when_tools_are_called(prompt: str, choice: object, name: str | None) -> None:
    calls = plan_calls(prompt, TOOLS, choice, "seed")
    assert [call.name for call in calls] == ([name] if name else [])


def test_arguments_fit_their_schema() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "minutes": {"type": "integer", "maximum": 60},
            "label": {"type": ["string", "null"]},
            "on": {"type": "boolean"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
            "where": {"anyOf": [{"type": "object", "properties": {"city": {"type": "string"}}}, {"type": "null"}]},
            "fixed": {"const": 7},
        },
    }
    assert fill(schema, "set a timer for 90 minutes in Rome") == {
        "minutes": 60,
        "label": "set a timer for 90 minutes in Rome",
        "on": True,
        "tags": ["a"],
        "where": {"city": "Rome"},
        "fixed": 7,
    }
    recursive: dict[str, Any] = {"type": "array"}
    recursive["items"] = recursive
    assert isinstance(fill(recursive, "x"), list)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": 5, "required": [{}]},
        {"properties": {"a": {"type": ["null"]}, "b": None}, "required": [[], "b"]},
        {"anyOf": [7]},
        {"type": "number", "minimum": [], "maximum": "x"},
        {"enum": "abc", "type": {}},
    ],
)
def test_a_schema_that_makes_no_sense_is_taken(demo: DemoControl, schema: dict[str, Any]) -> None:
    tools = [{"function": {"name": "set_light", "parameters": schema}}]
    answer = ask(demo, "turn on the kitchen lights", tools=tools, tool_choice="required")
    assert answer.status == 200
    (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
    assert isinstance(json.loads(call["function"]["arguments"]), dict)


def test_answers_in_json(demo: DemoControl) -> None:
    assert set(json.loads(text_of(ask(demo, "hello", response_format={"type": "json_object"})))) == {"answer"}
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert json.loads(text_of(ask(demo, "the weather in Oslo", response_format=wanted))) == {"city": "Oslo"}


def test_pictures(demo: DemoControl) -> None:
    message = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]}]
    assert "64 × 48" in text_of(ask(demo, message))
    refusal = ask(demo, message, model=REASONER)
    assert refusal.status == 404
    assert "image input" in refusal.text


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        ({"model": "no/such"}, 400, "no/such is not a valid model ID"),
        ({"model": None}, 400, "No models"),
        ({"model": "openai/gpt-5.4-mini:batch"}, 400, "batch API"),
        ({"model": "demo/embedder"}, 404, "output modalities"),
        ({"model": NO_TOOLS, "tools": TOOLS}, 404, "tool use"),
        ({"model": REASONER, "reasoning": {"effort": "none"}}, 400, "mandatory"),
        ({"model": REASONER, "reasoning": {"enabled": False}}, 400, "mandatory"),
        ({"model": REASONER, "reasoning_effort": "extreme"}, 400, "effort"),
        ({"temperature": 2.5}, 400, "temperature"),
        ({"temperature": "hot"}, 400, "temperature"),
        ({"max_tokens": 0}, 400, "max_tokens"),
        ({"max_tokens": 10**9, "model": "openrouter/free"}, 400, "maximum context length"),
        ({"messages": []}, 400, "messages"),
        ({"messages": ["hello"]}, 400, "role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, 400, "tool_call_id"),
        ({"model": f"{NO_TOOLS}:free", "provider": {"data_collection": "deny"}}, 404, "data policy"),
        ({"provider": {"only": ["nobody"]}}, 404, "No allowed providers"),
        ({"model": REASONER, "provider": {"require_parameters": True}, "temperature": 0.1, "seed": 1}, 200, ""),
        ({"provider": {"require_parameters": True}, "temperature": 0.1, "min_p": 0.1}, 404, "parameters"),
    ],
)
def test_refusals(demo: DemoControl, more: dict[str, Any], status: int, message: str) -> None:
    answer = ask(demo, "hello", **more)
    assert answer.status == status
    assert message in answer.text
    if status >= 400:
        assert answer.json()["error"]["code"] == status


@pytest.mark.parametrize("body", [b"nonsense", b"[]", b"\xff"])
def test_bodies_that_are_no_requests(demo: DemoControl, body: bytes) -> None:
    assert demo.call("POST", "/chat/completions", body, key=demo.key).status == 400
    assert demo.call("POST", "/chat/completions", body).status == 401


def test_fallbacks_aliases_and_routers(demo: DemoControl) -> None:
    assert ask(demo, "x", model="no/such", models=["demo/embedder", CHEAP]).json()["model"] == CHEAP
    alias = ask(demo, "x", model="~anthropic/claude-haiku-latest")
    assert alias.json()["model"] == "anthropic/claude-haiku-4.5"
    routed = ask(demo, "x", model="openrouter/auto").json()
    assert not routed["model"].startswith("openrouter/")
    assert routed["usage"]["cost"] > 0
    assert ask(demo, "x", model="openrouter/free").json()["usage"]["cost"] == 0
    assert "64 × 48" in text_of(ask(demo, [{"role": "user", "content": [PICTURE]}], model="openrouter/auto"))


def test_providers_are_chosen(demo: DemoControl) -> None:
    model = "meta-llama/llama-3.3-70b-instruct"
    endpoints = demo.call("GET", f"/models/{model}/endpoints").json()["data"]["endpoints"]
    first, last = endpoints[0], endpoints[-1]
    assert first != last
    assert ask(demo, "x", model=model).json()["provider"] == first["provider_name"]
    ordered = ask(demo, "x", model=model, provider={"order": [last["tag"]], "allow_fallbacks": False})
    assert ordered.json()["provider"] == last["provider_name"]
    ignored = ask(demo, "x", model=model, provider={"ignore": [first["provider_name"]]})
    assert ignored.json()["provider"] == endpoints[1]["provider_name"]


def hosts_of(demo: DemoControl, model: str) -> list[dict[str, Any]]:
    return list(demo.call("GET", f"/models/{model}/endpoints", key=demo.key).json()["data"]["endpoints"])


@pytest.mark.parametrize(
    ("suffix", "order", "best"),
    [
        (":nitro", None, lambda host: -host["throughput_last_30m"]["p50"]),
        ("", "throughput", lambda host: -host["throughput_last_30m"]["p50"]),
        ("", {"by": "throughput"}, lambda host: -host["throughput_last_30m"]["p50"]),
        ("", "latency", lambda host: host["latency_last_30m"]["p50"]),
        ("", "price", lambda host: float(host["pricing"]["completion"])),
        (":floor", None, lambda host: float(host["pricing"]["completion"])),
    ],
)
def test_providers_are_ordered(demo: DemoControl, suffix: str, order: object, best: Callable[[Any], float]) -> None:
    # Of its hosts, the one of the greatest throughput is not the first of the shortest latency.
    model = "meta-llama/llama-3.1-405b-instruct"
    expected = min(hosts_of(demo, model), key=best)
    preferences = None if order is None else {"sort": order}
    answer = ask(demo, "x", model=f"{model}{suffix}", provider=preferences).json()
    assert (answer["provider"], answer["model"]) == (expected["provider_name"], model)
    ignored = {"ignore": [expected["tag"]], **(preferences or {})}
    assert ask(demo, "x", model=f"{model}{suffix}", provider=ignored).json()["provider"] != expected["provider_name"]


def test_the_quickest_provider_is_quicker_and_dearer() -> None:
    row = next(row for row in DemoCatalogue.own().rows if row.get("id") == "meta-llama/llama-3.3-70b-instruct")
    usual, *others = providers(row)
    quick = max(others, key=lambda host: speed_at(row, host).tokens_per_second)
    assert speed_at(row, usual) == speed_of(row)
    assert speed_at(row, quick).tokens_per_second >= 2 * speed_of(row).tokens_per_second
    assert speed_at(row, quick).ttft < speed_of(row).ttft
    assert cost(row_at(row, quick), 1000, 1000) > cost(row_at(row, usual), 1000, 1000) == cost(row, 1000, 1000)
    long = {"id": row["id"], "pricing": {"prompt": "1", "overrides": [{"min_prompt_tokens": 10, "prompt": "3"}]}}
    dearer = row_at(long, quick)["pricing"]
    assert dearer["overrides"][0]["min_prompt_tokens"] == 10
    assert float(dearer["overrides"][0]["prompt"]) == pytest.approx(3 * float(dearer["prompt"]))


def test_an_answer_comes_at_its_providers_pace() -> None:
    haste = 100_000
    state = DemoState(DemoCatalogue.own(), speed=haste * ORDINARY_SPEED)
    row = state.catalogue.find("meta-llama/llama-3.3-70b-instruct")
    assert row is not None
    waits = {}
    for suffix in ("", ":nitro"):
        asked = {"model": f"{row['id']}{suffix}", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
        headers = (("Authorization", f"Bearer {demo_key()}"),)
        body = json.dumps(asked).encode()
        request = Request.build(cast("Channel", None), "POST", f"{API}/chat/completions", headers, body)
        answer = asyncio.run(complete(DemoRequest(request, state)))
        assert isinstance(answer, Response)
        generation_id = json.loads(answer.body)["id"]
        with pytest.raises(ApiError):
            state.generations.look_up(generation_id)
        told = state.generations.look_up(generation_id)
        waits[told.provider] = told.latency
    assert waits == {host: pytest.approx(speed_at(row, host).ttft * 1000 / haste) for host in providers(row)[:2]}, (
        "the second one is the quicker one here"
    )


def test_long_prompts_are_dearer() -> None:
    row = {"pricing": {"prompt": "1", "completion": "2", "overrides": [{"min_prompt_tokens": 10, "prompt": "3"}]}}
    assert cost(row, 10, 1) == 12
    assert cost(row, 11, 1) == 35
    assert cost({"pricing": {"prompt": "-1", "completion": "-1"}}, 10, 10) == 0
    assert cost({"pricing": None}, 10, 10) == 0
    assert cost({"pricing": {"prompt": "0", "completion": "0", "request": "0.5"}}, 10, 10) == 0.5
    for odd in (None, {}, [7], [{"min_prompt_tokens": "x", "prompt": 9}], [{"min_prompt_tokens": 0, "prompt": "x"}]):
        assert cost({"pricing": {"prompt": "1", "completion": "2", "overrides": odd}}, 10, 1) == 12


def test_generations(demo: DemoControl) -> None:
    answer = ask(demo, "hello").json()
    path = f"/generation?id={answer['id']}"
    assert demo.call("GET", path).status == 401
    assert demo.call("GET", path, key=demo.key).status == 404
    told = demo.call("GET", path, key=demo.key).json()["data"]
    assert told["total_cost"] == answer["usage"]["cost"]
    assert told["tokens_completion"] == answer["usage"]["completion_tokens"]
    assert (told["finish_reason"], told["cancelled"], told["streamed"]) == ("stop", False, False)
    assert demo.call("GET", "/generation?id=gen-unknown", key=demo.key).status == 404
    demo.fault("no_generation")
    assert demo.call("GET", path, key=demo.key).status == 404


def test_models_have_different_paces() -> None:
    rows = [row for row in DemoCatalogue.own().rows if row.get("id")]
    speeds = {row["id"]: speed_of(row) for row in rows}
    assert speeds["openai/gpt-5.4-nano"].tokens_per_second > 2 * speeds["openai/gpt-5.4-pro"].tokens_per_second
    assert all(0.05 < p.ttft < 3 and 15 < p.tokens_per_second < 200 for p in speeds.values())
