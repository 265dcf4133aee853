"""Quick hosts first, as the chat asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.errors import ProviderError
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.providers.connections import connection_for
from tests.support.openapi_contract import Contract

if TYPE_CHECKING:
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

MODEL = "meta-llama/llama-3.3-70b-instruct"
FREE = f"{MODEL}:free"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def body_of(parts: Parts, demo: DemoControl, **settings: object) -> dict[str, Any]:
    """Send a message by these settings, and return what came of it."""
    parts.use_key(demo.key)
    parts.settings.update(**{"openrouter_model": MODEL, "quick_hosts": True} | settings)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    parts.chat.send("Hello", chat_request(parts.settings.current, connection))
    parts.until(lambda: not parts.chat.is_busy, "the answer")
    [request] = demo.requests("/chat/completions")
    body: dict[str, Any] = request["body"]
    return body


@pytest.mark.parametrize(
    ("settings", "sent", "preferences"),
    [
        ({}, f"{MODEL}:nitro", None),
        ({"quick_hosts": False}, MODEL, None),
        # What an id cannot carry beside a variant.
        ({"openrouter_model": FREE}, FREE, {"sort": "throughput"}),
        # An order that the user chose is the only one, be it in the settings or in the id.
        ({"provider_sort": "price"}, MODEL, {"sort": "price"}),
        ({"provider_sort": "throughput"}, MODEL, {"sort": "throughput"}),
        ({"openrouter_model": FREE, "provider_sort": "latency"}, FREE, {"sort": "latency"}),
        ({"openrouter_model": f"{MODEL}:floor"}, f"{MODEL}:floor", None),
        ({"openrouter_model": f"{MODEL}:nitro"}, f"{MODEL}:nitro", None),
        # What stands for other models is left to choose.
        ({"openrouter_model": "openrouter/auto"}, "openrouter/auto", None),
        ({"openrouter_model": "~anthropic/claude-haiku-latest"}, "~anthropic/claude-haiku-latest", None),
        # The order is one among those that are allowed.
        (
            {"allowed_providers": ("deepinfra",), "deny_data_collection": True},
            f"{MODEL}:nitro",
            {"only": ["deepinfra"], "data_collection": "deny"},
        ),
    ],
)
def test_what_is_sent(
    parts: Parts,
    demo: DemoControl,
    contract: Contract,
    settings: dict[str, object],
    sent: str,
    preferences: dict[str, object] | None,
) -> None:
    body = body_of(parts, demo, **settings)
    contract.check_request("POST", "/chat/completions", body)
    assert body["model"] == sent
    assert body.get("provider") == preferences
    [_, answer] = parts.chat.messages
    assert answer.status is AnswerStatus.COMPLETE


def test_the_models_that_are_asked_in_its_place_are_asked_as_they_are_written(parts: Parts, demo: DemoControl) -> None:
    body = body_of(parts, demo, fallback_models=("openai/gpt-5.4-mini", "maker/other:free"))
    assert body["models"] == ["openai/gpt-5.4-mini", "maker/other:free"]
    assert "provider" not in body


def test_another_model_of_the_conversation_is_asked_so_too(parts: Parts, demo: DemoControl) -> None:
    parts.use_key(demo.key)
    parts.settings.update(openrouter_model=MODEL, quick_hosts=True)
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    request = chat_request(parts.settings.current, connection, model_id="openai/gpt-5.4-mini")
    assert (request.model, request.routed_id) == ("openai/gpt-5.4-mini", "openai/gpt-5.4-mini:nitro")


def test_a_failed_answer_names_the_model_as_the_user_knows_it(parts: Parts, demo: DemoControl) -> None:
    demo.fault("no_credit", times=1, path="/chat/completions")
    assert body_of(parts, demo)["model"] == f"{MODEL}:nitro"
    [_, answer] = parts.chat.messages
    assert answer.status is AnswerStatus.FAILED
    assert answer.facts is not None
    assert answer.facts.asked_model == MODEL


def test_the_words_of_a_failure_name_the_model_as_the_user_knows_it(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(max_retries=0)
    demo.fault("no_capacity_429", times=1, path="/chat/completions")
    assert body_of(parts, demo)["model"] == f"{MODEL}:nitro"
    [_, answer] = parts.chat.messages
    assert isinstance(answer.error, ProviderError)
    assert answer.error.params["model"] == MODEL
    assert "nitro" not in str(answer.error)


def test_other_providers_know_nothing_of_it(parts: Parts, demo: DemoControl) -> None:
    body = body_of(
        parts,
        demo,
        provider="openai_compatible",
        openai_compatible_base_url=demo.base_url,
        openai_compatible_model=MODEL,
    )
    assert body["model"] == MODEL
    assert "provider" not in body


def test_what_the_quick_host_really_cost_is_counted(parts: Parts, demo: DemoControl) -> None:
    body_of(parts, demo)
    [_, answer] = parts.chat.messages
    assert answer.facts is not None
    assert answer.facts.usage is not None
    told = demo.call("GET", f"/models/{MODEL}/endpoints", key=demo.key).json()
    usage, hosts = answer.facts.usage, told["data"]["endpoints"]
    quick = max(hosts, key=lambda host: host["throughput_last_30m"]["p50"])
    assert quick is not hosts[0]
    assert answer.facts.provider == quick["provider_name"]
    prices = quick["pricing"]
    expected = usage.prompt_tokens * float(prices["prompt"]) + usage.completion_tokens * float(prices["completion"])
    assert usage.cost == pytest.approx(expected)
