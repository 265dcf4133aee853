"""Requests whose answers are spoken ask for as little thinking as the model can do, once that was looked up."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import (
    LLMProvider,
    LLMResponse,
    OpenRouterProvider,
    TextDelta,
    Waiting,
    create_provider,
    create_provider_from_settings,
)
from caal_desktop.llm.errors import AuthenticationFailed, BadRequest
from caal_desktop.llm.providers.clients import least_thinking
from caal_desktop.llm.providers.openrouter import OPENROUTER
from tests.llm.helpers import AT_ONCE, HELLO, KEY, TOOL, collect, error_of, run, until_error
from tests.llm.turn_loop import Turn
from tests.support.scripted_server import (
    HANG,
    Endless,
    Reply,
    ScriptedServer,
    delta,
    error_reply,
    frame,
    json_reply,
    scripted_server,
    sse_reply,
    text_stream,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ID = "vendor/model"
OPTIONAL = {"mandatory": False, "default_enabled": True}
MANDATORY = {"mandatory": True, "supported_efforts": ["high", "medium", "low"]}
OFF = {"enabled": False}
NOT_FOUND = error_reply(404, "Model not found")
MESSAGES: list[dict[str, Any]] = [dict(message) for message in HELLO]


def row(reasoning: object = None, model_id: str = ID, **fields: object) -> dict[str, Any]:
    return {"id": model_id, "name": "Vendor: Model", "reasoning": reasoning, **fields}


def alone(reasoning: object = None, **fields: object) -> Reply:
    return json_reply({"data": row(reasoning, **fields)})


def answer(text: str = "Hi") -> Reply:
    return json_reply({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


@asynccontextmanager
async def speaking(
    *gets: Reply, posts: tuple[Reply, ...] = (), model: str = ID, voice: bool = True
) -> AsyncIterator[tuple[ScriptedServer, OpenRouterProvider]]:
    """Run a server, whose answers to GET have a script of their own, and a provider whose answers are spoken."""
    async with scripted_server(*(posts or (answer(),))) as server:
        server.gets = list(gets)
        made = OpenRouterProvider(model, KEY, base_url=server.base_url, voice=voice, retry_policy=AT_ONCE)
        async with made as provider:
            yield server, provider


def posted(server: ScriptedServer) -> list[Any]:
    """Return what was asked of the thinking, by request."""
    return [request.body.get("reasoning", "nothing") for request in server.requests if request.method == "POST"]


def looked_up(server: ScriptedServer) -> list[str]:
    return [request.path.removeprefix("/api/v1") for request in server.requests if request.method == "GET"]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the look-up as long as it takes, on a slow machine, too."""
    monkeypatch.setattr(least_thinking, "FIRST_REQUEST_SECONDS", 20.0)
    monkeypatch.setattr(least_thinking, "LOOKUP_SECONDS", 20.0)


@pytest.fixture
def impatient(_patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(least_thinking, "FIRST_REQUEST_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("reasoning", "asked"),
    [
        (OPTIONAL, OFF),
        ({"mandatory": False, "default_enabled": False}, OFF),
        (MANDATORY, {"effort": "low"}),
        ({**MANDATORY, "supported_efforts": ["minimal", "low"]}, {"effort": "minimal"}),
        ({"mandatory": True}, "nothing"),
        (None, "nothing"),
        ("odd", "nothing"),
        ([OPTIONAL], "nothing"),
    ],
)
def test_what_is_asked_of_a_model(reasoning: object, asked: object) -> None:
    async def test() -> None:
        async with speaking(alone(reasoning)) as (server, provider):
            await provider.chat(MESSAGES, [TOOL])
            server.script = [text_stream("Hi")]
            assert await collect(provider.chat_stream(MESSAGES, [TOOL])) == ["Hi"]
            assert [piece for piece in await collect(provider.stream_turn(MESSAGES, [TOOL])) if piece == "Hi"]
            assert posted(server) == [asked] * 3
            assert looked_up(server) == ["/model/vendor/model"]
            assert server.requests[0].method == "GET"

    run(test())


@pytest.mark.parametrize("own", [None, {"effort": "high"}])
@pytest.mark.parametrize("place", ["field", "extra_body"])
def test_what_a_call_says_itself_counts(own: object, place: str) -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL)) as (server, provider):
            fields: dict[str, Any] = {"reasoning": own}
            await provider.chat(MESSAGES, **(fields if place == "field" else {"extra_body": fields}))
            await provider.chat(MESSAGES, reasoning_effort="low")
            await provider.chat(MESSAGES, model="vendor/other")
            assert posted(server) == [own or "nothing", "nothing", "nothing"]
            assert looked_up(server) == []
            await provider.chat(MESSAGES, model=ID)
            assert posted(server)[-1] == OFF

    run(test())


def test_a_provider_that_is_not_told_of_a_voice_asks_nothing() -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL), voice=False) as (server, provider):
            await provider.prepare()
            await provider.chat(MESSAGES)
            server.script = [text_stream("Hi")]
            await collect(provider.chat_stream(MESSAGES))
            assert posted(server) == ["nothing"] * 2
            assert looked_up(server) == []

    run(test())


@pytest.fixture
def _openrouter_on_loopback() -> Iterator[None]:
    address = OPENROUTER.base_url
    yield
    object.__setattr__(OPENROUTER, "base_url", address)


@pytest.mark.usefixtures("_openrouter_on_loopback")
def test_the_agents_whole_turn_asks_for_little_and_sends_no_request_more() -> None:
    call = {"id": "c1", "function": {"name": "get_weather", "arguments": "{}"}}
    calls = json_reply({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})

    async def get_weather() -> str:
        return "sunny"

    async def test() -> None:
        async with scripted_server(calls, answer("It is sunny.")) as server:
            server.gets = [alone(OPTIONAL)]
            object.__setattr__(OPENROUTER, "base_url", server.base_url)
            settings = {"llm_provider": "openrouter", "openrouter_api_key": KEY, "openrouter_model": ID}
            async with create_provider_from_settings(settings) as provider:
                turn = Turn(provider, {"get_weather": get_weather}, [TOOL])
                assert "".join([piece async for piece in turn.speak(MESSAGES)]) == "It is sunny."
            assert posted(server) == [OFF, OFF]
            assert len(looked_up(server)) == 1

    run(test())


@pytest.mark.parametrize(
    ("model", "gets", "paths"),
    [
        # A variant that chooses among hosts has no row; the model's own counts.
        (f"{ID}:nitro", (NOT_FOUND, alone(OPTIONAL)), ["/model/vendor/model:nitro", "/model/vendor/model"]),
        (f"{ID}:free", (alone(OPTIONAL, model_id=f"{ID}:free"),), ["/model/vendor/model:free"]),
        ("~vendor/x-latest", (alone(OPTIONAL, alias_target={"slug": ID}),), ["/model/~vendor/x-latest"]),
        # Some rows cannot be had alone, and some servers give none alone.
        (
            f"{ID}:free",
            (NOT_FOUND, NOT_FOUND, json_reply({"data": [row(MANDATORY), row(OPTIONAL, f"{ID}:free")]})),
            ["/model/vendor/model:free", "/model/vendor/model", "/models"],
        ),
        (
            f"{ID}:nitro",
            (NOT_FOUND, NOT_FOUND, json_reply({"data": [row(None, "a/b"), row(OPTIONAL)]})),
            ["/model/vendor/model:nitro", "/model/vendor/model", "/models"],
        ),
        (
            ID,
            (error_reply(400, "Unknown"), json_reply({"data": [row(OPTIONAL, "vendor/new", canonical_slug=ID)]})),
            ["/model/vendor/model", "/models"],
        ),
        # An id is another model's than the lasting name that looks the same.
        (
            ID,
            (NOT_FOUND, json_reply({"data": [row(OPTIONAL), row(MANDATORY, "vendor/new", canonical_slug=ID)]})),
            ["/model/vendor/model", "/models"],
        ),
        (ID, (json_reply({"data": None}), json_reply({"data": [row(OPTIONAL)]})), ["/model/vendor/model", "/models"]),
        ("plain", (json_reply({"data": [row(OPTIONAL, "plain")]}),), ["/models"]),
    ],
)
def test_every_kind_of_id_finds_its_row(model: str, gets: tuple[Reply, ...], paths: list[str]) -> None:
    async def test() -> None:
        async with speaking(*gets, model=model) as (server, provider):
            await provider.prepare()
            assert looked_up(server) == paths
            await provider.chat(MESSAGES)
            assert posted(server) == [OFF]
            assert looked_up(server) == paths

    run(test())


def test_a_model_that_is_in_no_list_is_asked_for_nothing_and_not_looked_up_again() -> None:
    async def test() -> None:
        async with speaking(NOT_FOUND, json_reply({"data": [row(OPTIONAL, "a/b")]})) as (server, provider):
            for _ in range(2):
                await provider.chat(MESSAGES)
            assert posted(server) == ["nothing"] * 2
            assert looked_up(server) == ["/model/vendor/model", "/models"]

    run(test())


BROKEN = [
    error_reply(401, "No auth credentials found"),
    error_reply(500, "internal"),
    Reply((b"<html>",), content_type="text/html"),
    Reply((b'{"data": ',)),
    Reply((b"[" * 100_000,)),
    Reply((Endless(b'{"data": [' + b" " * 65_536),)),
]


@pytest.mark.parametrize("broken", BROKEN, ids=["key", "server", "page", "cut", "deep", "huge"])
def test_a_look_up_that_fails_costs_no_turn_and_is_tried_again_by_the_next(
    broken: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caal_desktop.llm.providers.clients.http_provider.MAX_BODY_BYTES", 1_000_000)

    async def test() -> None:
        async with speaking(broken) as (server, provider):
            assert (await provider.chat(MESSAGES)).content == "Hi"
            server.gets = [alone(OPTIONAL)]
            for _ in range(2):
                await provider.chat(MESSAGES)
            assert posted(server) == ["nothing", OFF, OFF]

    run(test())


def test_only_the_first_look_up_is_waited_for() -> None:
    async def test() -> None:
        async with speaking(error_reply(401, "No")) as (server, provider):
            await provider.chat(MESSAGES)
            assert provider._thinking is not None
            provider._thinking._patient_until = 0.0  # the time is up when the next turn comes
            server.gets = [Reply(before=(HANG,))]
            await asyncio.wait_for(provider.chat(MESSAGES), 10)
            assert posted(server) == ["nothing", "nothing"]

    run(test())


def test_what_fails_again_and_again_is_given_up() -> None:
    async def test() -> None:
        async with speaking(error_reply(401, "No")) as (server, provider):
            for _ in range(least_thinking.MAX_LOOKUPS + 2):
                await provider.chat(MESSAGES)
                await provider.prepare()
            assert set(posted(server)) == {"nothing"}
            assert len(looked_up(server)) == least_thinking.MAX_LOOKUPS

    run(test())


@pytest.mark.usefixtures("impatient")
def test_a_slow_look_up_holds_no_turn_up_and_counts_from_when_it_is_there() -> None:
    async def test() -> None:
        arrives = asyncio.Event()
        slow = Reply(alone(OPTIONAL).steps, before=(arrives,))
        async with speaking(slow) as (server, provider):
            await provider.chat(MESSAGES)
            await provider.chat(MESSAGES)
            assert posted(server) == ["nothing", "nothing"]
            arrives.set()
            await provider.prepare()
            await provider.chat(MESSAGES)
            assert posted(server)[-1] == OFF
            assert len(looked_up(server)) == 1

    run(test())


@pytest.mark.usefixtures("impatient")
def test_a_look_up_that_hangs_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(least_thinking, "LOOKUP_SECONDS", 0.05)

    async def test() -> None:
        async with speaking(Reply(before=(HANG,))) as (server, provider):
            await provider.prepare()
            await provider.chat(MESSAGES)
            assert posted(server) == ["nothing"]

    run(test())


@pytest.mark.usefixtures("impatient")
def test_a_look_up_that_hangs_ends_with_the_provider() -> None:
    async def test() -> None:
        async with speaking(Reply(before=(HANG,))) as (server, provider):
            await provider.chat(MESSAGES)
            while not looked_up(server):
                await asyncio.sleep(0)
            await provider.aclose()
            assert "least thinking" not in {task.get_name() for task in asyncio.all_tasks()}
            await asyncio.wait_for(server.client_left.wait(), 10)

    run(test())


def test_importing_the_sdk_takes_nothing_of_the_first_requests_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = []

    async def test() -> None:
        async with speaking(alone(OPTIONAL)) as (_, provider):
            wait = least_thinking.LeastThinking.fields

            async def fields(self: Any, model: str) -> dict[str, Any]:
                ready.append(provider._client is not None)
                return await wait(self, model)

            monkeypatch.setattr(least_thinking.LeastThinking, "fields", fields)
            await provider.chat(MESSAGES)

    run(test())
    assert ready == [True]


def test_turns_at_the_same_time_share_one_look_up() -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL)) as (server, provider):
            await asyncio.gather(*(provider.chat(MESSAGES) for _ in range(4)))
            assert posted(server) == [OFF] * 4
            assert len(looked_up(server)) == 1

    run(test())


def test_a_turn_that_is_interrupted_leaves_the_look_up_to_the_next() -> None:
    async def test() -> None:
        arrives = asyncio.Event()
        async with speaking(Reply(alone(OPTIONAL).steps, before=(arrives,))) as (server, provider):
            turn = asyncio.create_task(provider.chat(MESSAGES))
            while not looked_up(server):
                await asyncio.sleep(0)
            turn.cancel()
            await asyncio.wait({turn})
            assert turn.cancelled()
            arrives.set()
            await provider.chat(MESSAGES)
            assert posted(server) == [OFF]
            assert len(looked_up(server)) == 1

    run(test())


REFUSED = error_reply(400, "Reasoning is mandatory for this endpoint and cannot be disabled.")


@pytest.mark.parametrize(
    "refusal",
    [
        REFUSED,
        error_reply(400, "vendor/model does not support thinking"),
        error_reply(404, "No endpoints found that support the requested reasoning parameters"),
        error_reply(422, "reasoning: extra inputs are not permitted"),
    ],
)
def test_a_host_that_refuses_it_is_asked_without_it_from_then_on(refusal: Reply) -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL), posts=(refusal, answer())) as (server, provider):
            assert (await provider.chat(MESSAGES)).content == "Hi"
            await provider.chat(MESSAGES)
            assert posted(server) == [OFF, "nothing", "nothing"]
        async with speaking(alone(OPTIONAL), posts=(refusal, text_stream("Hi"))) as (server, provider):
            assert await collect(provider.chat_stream(MESSAGES)) == ["Hi"]
            assert posted(server) == [OFF, "nothing"]

    run(test())


def test_a_refusal_after_a_pause_is_none_in_the_answer() -> None:
    async def test() -> None:
        posts = (error_reply(503, "busy"), REFUSED, text_stream("Hi"))
        async with speaking(alone(OPTIONAL), posts=posts) as (server, provider):
            waits: list[Waiting] = []
            *_, response = await collect(provider.stream_turn(MESSAGES, on_waiting=waits.append))
            assert isinstance(response, LLMResponse)
            assert (response.content, [wait.status for wait in waits]) == ("Hi", [503])
            assert posted(server) == [OFF, OFF, "nothing"]

    run(test())


@pytest.mark.parametrize(
    ("refusal", "sent"),
    [
        (error_reply(400, "temperature: out of range"), [OFF]),
        (error_reply(401, "No reasoning without a key"), [OFF]),
    ],
)
def test_other_failures_are_told_as_they_are(refusal: Reply, sent: list[object]) -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL), posts=(refusal, answer())) as (server, provider):
            error = await error_of(lambda: provider.chat(MESSAGES))
            assert isinstance(error, BadRequest | AuthenticationFailed)
            assert posted(server) == sent
            server.script = [refusal, text_stream("Hi")]
            await error_of(lambda: collect(provider.chat_stream(MESSAGES)))
            assert posted(server) == sent * 2

    run(test())


def test_a_refusal_of_what_a_call_asked_itself_is_the_callers() -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL), posts=(REFUSED, answer())) as (server, provider):
            await error_of(lambda: provider.chat(MESSAGES, reasoning=OFF))
            assert len(posted(server)) == 1

    run(test())


def test_nothing_is_repeated_once_words_have_come() -> None:
    broken = {"error": {"code": 400, "message": "reasoning failed"}, "choices": []}

    async def test() -> None:
        stream = sse_reply(frame(delta("Well")), frame(broken))
        async with speaking(alone(OPTIONAL), posts=(stream, text_stream("Again"))) as (server, provider):
            heard, error = await until_error(provider.stream_events(MESSAGES))
            assert TextDelta("Well") in heard
            assert isinstance(error, BadRequest)
            assert posted(server) == [OFF]

    run(test())


def test_another_model_is_looked_up_anew() -> None:
    async def test() -> None:
        async with speaking(alone(OPTIONAL), alone(MANDATORY, model_id="a/b")) as (server, provider):
            await provider.chat(MESSAGES)
            provider.model = "a/b"
            await provider.chat(MESSAGES)
            assert posted(server) == [OFF, {"effort": "low"}]
            assert looked_up(server) == ["/model/vendor/model", "/model/a/b"]

    run(test())


@pytest.mark.usefixtures("impatient")
def test_the_look_up_of_a_model_that_is_asked_no_more_ends() -> None:
    async def test() -> None:
        async with speaking(Reply(before=(HANG,)), alone(MANDATORY, model_id="a/b")) as (server, provider):
            await provider.chat(MESSAGES)
            while not looked_up(server):
                await asyncio.sleep(0)
            provider.model = "a/b"
            await provider.prepare()
            await asyncio.wait_for(server.client_left.wait(), 10)
            await provider.chat(MESSAGES)
            assert posted(server) == ["nothing", {"effort": "low"}]

    run(test())


def test_any_provider_can_be_prepared() -> None:
    class Own(LLMProvider):
        provider_name, model = "own", "own-1"

        async def chat(self, messages: Any, tools: Any = None, **kwargs: Any) -> LLMResponse:
            return LLMResponse("Hi")

        async def chat_stream(self, messages: Any, tools: Any = None, **kwargs: Any) -> AsyncIterator[str]:
            yield "Hi"

    async def test() -> None:
        await Own().prepare()
        # An address at which nobody is: the first request says so, not this.
        nobody = "http://127.0.0.1:1/v1"
        for provider in (
            create_provider("ollama", base_url=nobody),
            create_provider("openrouter", model=ID, api_key=KEY, base_url=nobody, voice=True),
        ):
            async with provider:
                await provider.prepare()

    run(test())
