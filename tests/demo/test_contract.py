"""The demo's answers, held against OpenRouter's own OpenAPI document."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.demo.accounts.keys import KEYS, KeyAdmission
from caal_desktop.demo.catalogue.stored import stored
from caal_desktop.demo.chat.request_checks import RETIRED
from caal_desktop.demo.errors import SUGGESTED
from caal_desktop.demo.faults.registry import FAULTS, EndpointGroup, FaultKind
from tests.demo.asking import CHEAP, FREE, REASONER, TOOLS, ask, pkce
from tests.support.openapi_contract import Contract, ContractError

if TYPE_CHECKING:
    from tests.support.demo import Answer, DemoControl

CHAT = "/chat/completions"
SCHEMA_BREAKERS = {row.get("id") for row in stored()["forbidden"]}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def check_stream(contract: Contract, answer: Answer) -> list[dict[str, Any]]:
    chunks = answer.chunks()
    assert chunks
    for chunk in chunks:
        contract.check_response("POST", CHAT, 200, chunk, content_type="text/event-stream")
    return chunks


def test_the_judge_can_condemn(contract: Contract) -> None:
    for method, path, status, body in (
        ("GET", "/key", 200, {"data": {"label": "x"}}),
        ("GET", "/key", 418, {}),
        ("GET", "/nowhere", 200, {}),
        ("POST", CHAT, 200, {"id": "x", "choices": "none"}),
        ("GET", "/models/openai/gpt-5/endpoints", 200, {"data": {}}),
    ):
        with pytest.raises(ContractError):
            contract.check_response(method, path, status, body)
    good = {"model": "a/b", "messages": [{"role": "user", "content": "x"}], "max_tokens": 9}
    contract.check_request("POST", CHAT, good)
    with pytest.raises(ContractError, match="max_tokens"):
        contract.check_request("POST", CHAT, good | {"max_tokens": "9"})
    with pytest.raises(ContractError, match="no header retry-after, x-ratelimit-reset"):
        contract.check_response("GET", "/key", 401, {}, headers={"Retry-After": "5", "X-RateLimit-Reset": "5"})
    with pytest.raises(ContractError, match="messages"):
        contract.check_request("POST", CHAT, good | {"messages": [{"role": "robot", "content": "x"}]})


@pytest.mark.parametrize("name", KEYS)
def test_key(contract: Contract, demo: DemoControl, name: str) -> None:
    answer = demo.call("GET", "/key", key=demo.key_for(name))
    assert answer.status == (200 if KEYS[name].state is KeyAdmission.ACTIVE else 401)
    contract.check_response("GET", "/key", answer.status, answer.json())


def test_some_keys_tell_of_free_requests_and_some_do_not(demo: DemoControl) -> None:
    answers = {name: demo.call("GET", "/key", key=demo.key_for(name)).text for name in KEYS}
    assert [name for name, text in answers.items() if "free_model_daily_requests" in text] == ["free_tier"]


def test_models(contract: Contract, demo: DemoControl) -> None:
    whole = demo.call("GET", "/models?output_modalities=all").json()
    good = [row for row in whole["data"] if row.get("id") not in SCHEMA_BREAKERS]
    assert len(good) > 300
    contract.check_response("GET", "/models", 200, {**whole, "data": good})
    broken = [row for row in whole["data"] if row.get("id") in SCHEMA_BREAKERS]
    assert {row.get("id") for row in broken} == SCHEMA_BREAKERS
    for row in broken:
        with pytest.raises(ContractError):
            contract.check_schema("Model", row)


@pytest.mark.parametrize(
    "path",
    ["/models/count", "/endpoints/zdr", "/models/openai/gpt-5.4-mini/endpoints", "/model/openai/gpt-5.4-mini"],
)
def test_about_models(contract: Contract, demo: DemoControl, path: str) -> None:
    answer = demo.call("GET", path).json()
    if isinstance(answer["data"], list):
        answer["data"] = [row for row in answer["data"] if row["model_id"] not in SCHEMA_BREAKERS]
    contract.check_response("GET", path, 200, answer)


def test_every_models_endpoints(contract: Contract, demo: DemoControl) -> None:
    rows = [row["id"] for row in demo.call("GET", "/models").json()["data"] if row.get("id") not in SCHEMA_BREAKERS]
    for slug in rows[::15]:
        path = f"/models/{slug}/endpoints"
        contract.check_response("GET", path, 200, demo.call("GET", path).json())


def test_models_of_user(contract: Contract, demo: DemoControl) -> None:
    answer = demo.call("GET", "/models/user?limit=40&offset=20", key=demo.key)
    contract.check_response("GET", "/models/user", 200, answer.json())
    contract.check_response("GET", "/models/user", 401, demo.call("GET", "/models/user").json())


@pytest.mark.parametrize(("name", "status"), [("management", 200), ("default", 403), ("expired", 401)])
def test_credits(contract: Contract, demo: DemoControl, name: str, status: int) -> None:
    answer = demo.call("GET", "/credits", key=demo.key_for(name))
    assert answer.status == status
    contract.check_response("GET", "/credits", status, answer.json())


@pytest.mark.parametrize(
    ("prompt", "more"),
    [
        ("hello", {}),
        ("turn on the kitchen lights", {"tools": TOOLS}),
        ("hello", {"model": REASONER}),
        ("hello", {"model": REASONER, "reasoning": {"effort": "low", "exclude": True}}),
        ("hello", {"model": "anthropic/claude-sonnet-4.6", "reasoning": {"enabled": True}}),
        ("hello", {"model": "openrouter/auto"}),
        ("markdown", {"max_tokens": 30}),
    ],
)
def test_chat(contract: Contract, demo: DemoControl, prompt: str, more: dict[str, Any]) -> None:
    whole = ask(demo, prompt, **more)
    assert whole.status == 200
    contract.check_response("POST", CHAT, 200, whole.json())
    chunks = check_stream(contract, ask(demo, prompt, stream=True, **more))
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["cost"] > 0
    for status in (404, 200):
        generation = demo.call("GET", f"/generation?id={chunks[0]['id']}", key=demo.key)
        assert generation.status == status
        contract.check_response("GET", "/generation", status, generation.json())


@pytest.mark.parametrize(("fault", "named"), [("error_event", "code"), ("availability_event", "http_status")])
def test_stream_with_an_error_event(contract: Contract, demo: DemoControl, fault: str, named: str) -> None:
    demo.fault(fault, 3)
    error = check_stream(contract, ask(demo, "hello", stream=True))[-1]["error"]
    assert {"code", "http_status"} & set(error) == {named}


ERRORS = [f.name for f in FAULTS.values() if f.kind is FaultKind.ERROR and EndpointGroup.CHAT in f.places]


@pytest.mark.parametrize("name", [n for n in ERRORS if n not in ("proxy_407", "html_502", "string_code")])
def test_errors(contract: Contract, demo: DemoControl, name: str) -> None:
    demo.fault(name)
    answer = ask(demo, "hello")
    assert answer.status >= 400
    contract.check_response("POST", CHAT, answer.status, answer.json(), headers=answer.headers)


@pytest.mark.parametrize(
    ("status", "code", "more"),
    [
        (400, "model_not_found", {"model": "acme/telepath"}),
        (400, "wrong_endpoint", {"model": "openai/gpt-5.4-nano:batch"}),
        (404, "free_variant_ended", {"model": f"{CHEAP}:free"}),
        (404, "model_deprecated", {"model": RETIRED}),
        (404, "no_endpoints", {"provider": {"only": ["Nobody"]}}),
        (404, "privacy_restricted", {"model": FREE, "provider": {"data_collection": "deny"}}),
        (404, "constraint_filtered", {"top_k": 5, "provider": {"require_parameters": True}}),
    ],
)
def test_why_no_provider_answers(
    contract: Contract, demo: DemoControl, status: int, code: str, more: dict[str, Any]
) -> None:
    answer = ask(demo, "hello", **more)
    assert (answer.status, answer.json()["error"]["availability"]["code"]) == (status, code)
    contract.check_response("POST", CHAT, status, answer.json(), headers=answer.headers)


def test_what_is_suggested_is_listed(demo: DemoControl) -> None:
    rows = {row.get("id") for row in demo.call("GET", "/models").json()["data"]}
    for asked, meant in ((RETIRED, SUGGESTED), (f"{CHEAP}:free", CHEAP), ("openai/gpt-5.4-mimi", CHEAP)):
        suggested = ask(demo, "hello", model=asked).json()["error"]["availability"]["fallback_models"]
        assert suggested[0] == meant
        assert set(suggested) <= rows
    assert "fallback_models" not in ask(demo, "hello", model="acme/telepath").json()["error"]["availability"]


def test_every_code_has_an_example_that_fits_its_own_status_alone(contract: Contract) -> None:
    examples = contract.examples()
    codes = {body["error"]["availability"]["code"] for _, body in examples.values()}
    assert len(codes) == 11
    for status, body in examples.values():
        contract.check_response("POST", CHAT, status, body)
        for other in {400, 403, 404, 429, 503} - {status}:
            with pytest.raises(ContractError, match="availability/code"):
                contract.check_response("POST", CHAT, other, body)


def test_what_is_newer_can_be_condemned(contract: Contract) -> None:
    for name, spoil in (
        ("model_not_found", lambda error: error["availability"].pop("docs_url")),
        ("model_not_found", lambda error: error["availability"].update(retryable=True)),
        ("model_not_found", lambda error: error["metadata"].update(error_type="not_found")),
        ("capacity_exhausted", lambda error: error["availability"].update(retry_after="12")),
        ("capacity_exhausted", lambda error: error["metadata"].update(limit_source=7)),
        ("free_variant_ended", lambda error: error["availability"].pop("fallback_models")),
        ("constraint_filtered", lambda error: error["availability"]["constraint"].pop("detail")),
        ("privacy_restricted", lambda error: error["availability"].update(excluded_by=["whim"])),
        ("temporarily_unavailable", lambda error: error["metadata"]["previous_errors"][0].pop("status")),
    ):
        status, body = copy.deepcopy(contract.examples()[name])
        spoil(body["error"])
        with pytest.raises(ContractError):
            contract.check_response("POST", CHAT, status, body)


def test_the_document_knows_no_words_as_codes(contract: Contract, demo: DemoControl) -> None:
    demo.fault("string_code")
    answer = ask(demo, "hello")
    with pytest.raises(ContractError, match="code"):
        contract.check_response("POST", CHAT, answer.status, answer.json())


def test_sign_in(contract: Contract, demo: DemoControl) -> None:
    verifier, challenge = pkce()
    code = demo.decide_sign_in(
        f"{demo.root}/auth?callback_url=http://localhost:3000/cb&code_challenge={challenge}&code_challenge_method=S256"
    ).partition("code=")[2]
    body = {"code": code, "code_verifier": verifier, "code_challenge_method": "S256"}
    contract.check_request("POST", "/auth/keys", body)
    for status in (200, 403):
        answer = demo.call("POST", "/auth/keys", body)
        assert answer.status == status
        contract.check_response("POST", "/auth/keys", status, answer.json())
    answer = demo.call("POST", "/auth/keys", {"code": code, "code_challenge_method": "S512"})
    assert answer.status == 400
    contract.check_response("POST", "/auth/keys", 400, answer.json())


def test_cheap_is_cheap(demo: DemoControl) -> None:
    """The model that the tests above use is one that an ordinary key can pay for."""
    assert ask(demo, "hello", model=CHEAP, max_tokens=None).status == 200
