"""What the provider layer sends, held against OpenRouter's own OpenAPI document, and each header with it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import OpenRouterProvider, format_tool_call_message, format_tool_result
from tests.demo.asking import CHEAP, TOOLS
from tests.llm.helpers import run
from tests.support.openapi_contract import Contract

if TYPE_CHECKING:
    from tests.support.demo import DemoControl

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "What is the weather in Paris?"}]


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


async def _walk(demo: DemoControl) -> None:
    """Everything that the program and the voice agent ask of OpenRouter, as they ask it."""
    async with OpenRouterProvider(CHEAP, demo.key, base_url=demo.base_url) as provider:
        await provider.check_key()
        await provider.list_models()
        await provider.list_models(sort="most-popular")
        answer = await provider.chat(QUESTION, TOOLS)
        assert answer.tool_calls, "the demo is to call a tool here, so that its result can be sent back"
        call = answer.tool_calls[0]
        history = [
            *QUESTION,
            format_tool_call_message(answer.content, answer.tool_calls),
            format_tool_result("18 °C and sunny", call.id, call.name),
        ]
        async with contextlib.aclosing(provider.chat_stream(history, TOOLS)) as pieces:
            assert [piece async for piece in pieces]
        generation_id = None
        routing = {"data_collection": "deny", "sort": "latency", "allow_fallbacks": True}
        async with contextlib.aclosing(
            provider.stream_events(
                QUESTION, temperature=0.2, max_tokens=64, reasoning={"enabled": False}, provider=routing
            )
        ) as events:
            async for event in events:
                generation_id = getattr(event, "generation_id", None) or generation_id
        assert generation_id is not None
        await provider.generation(generation_id)


def test_every_request_fits_the_document_and_carries_its_headers(contract: Contract, demo: DemoControl) -> None:
    run(_walk(demo))
    sent = demo.requests()
    asked = {(request["method"], request["path"].removeprefix("/api/v1")) for request in sent}
    assert asked >= {("GET", "/key"), ("GET", "/models"), ("POST", "/chat/completions"), ("GET", "/generation")}
    for request in sent:
        contract.check_request(request["method"], request["path"], request["body"])
        names = {name.lower() for name in request["headers"]}
        assert {"http-referer", "x-title", "x-openrouter-title", "authorization"} <= names
        assert not {name for name in names if name.startswith(("openai-", "x-stainless"))}
        if request["path"].endswith("/chat/completions"):
            told = {name for name in names if name.startswith("x-") or name == "http-referer"}
            assert told <= contract.header_parameters("POST", "/chat/completions")
    bodies = [request["body"] for request in sent if request["method"] == "POST"]
    assert len(bodies) == 3
    assert all(isinstance(body["max_tokens"], int) for body in bodies)
    assert [body.get("tool_choice") for body in bodies] == ["auto", "none", None]
    assert [body.get("stream") for body in bodies] == [None, True, True]


def test_the_public_list_is_asked_for_without_any_key(contract: Contract, demo: DemoControl) -> None:
    async def look() -> None:
        async with OpenRouterProvider(CHEAP, base_url=demo.base_url, anonymous=True) as provider:
            assert (await provider.list_models()).models

    run(look())
    [request] = demo.requests("/models")
    contract.check_request("GET", request["path"], request["body"])
    names = {name.lower() for name in request["headers"]}
    assert "authorization" not in names
    assert {"http-referer", "x-title", "x-openrouter-title"} <= names


def test_a_model_that_thinks_by_default_does_not_where_its_answers_are_spoken(
    contract: Contract, demo: DemoControl
) -> None:
    async def thoughts(*, voice: bool) -> int | None:
        async with OpenRouterProvider(thinker, demo.key, base_url=demo.base_url, voice=voice) as provider:
            answer = await provider.chat(QUESTION)
        assert answer.report is not None
        return answer.report.reasoning_tokens

    async def one_that_thinks() -> str:
        async with OpenRouterProvider(CHEAP, demo.key, base_url=demo.base_url) as provider:
            models = (await provider.list_models(supported_parameters="tools", sort="latency-low-to-high")).models
        policies = {model.id: model.reasoning for model in models if model.reasoning is not None}
        return next(name for name, policy in policies.items() if policy.default_enabled and not policy.mandatory)

    thinker = run(one_that_thinks())
    assert run(thoughts(voice=False))
    assert not run(thoughts(voice=True))
    spoken = demo.requests()[-2:]
    assert [(request["method"], request["path"]) for request in spoken] == [
        ("GET", f"/api/v1/model/{thinker}"),
        ("POST", "/api/v1/chat/completions"),
    ]
    for request in spoken:
        contract.check_request(request["method"], request["path"], request["body"])
