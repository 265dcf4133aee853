"""What leaves the machine, and where it goes."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm import GroqProvider, LLMProvider, OpenAICompatibleProvider, OpenRouterProvider, create_provider
from caal_desktop.llm.errors import CaptivePortalSuspected, ProviderError
from caal_desktop.llm.transport.sdk import IS_MODERN
from tests.llm.helpers import AT_ONCE, HELLO, KEY, MODEL, TOOL, collect, compatible, error_of, openrouter, run
from tests.support.scripted_server import Reply, SeenRequest, json_reply, scripted_server, text_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.scripted_server import ScriptedServer

ANSWER = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], "data": []}
TRAPS = {
    "OPENAI_API_KEY": "sk-trap-key-aaaaaaaaaaaaaaaaaaaa",
    "OPENAI_ADMIN_KEY": "sk-trap-admin-aaaaaaaaaaaaaaaa",
    "OPENAI_ORG_ID": "org-trap",
    "OPENAI_PROJECT_ID": "proj-trap",
    "OPENAI_WEBHOOK_SECRET": "whsec-trap",
    "OPENAI_BASE_URL": "http://trap.invalid/v1",
    "OPENAI_CUSTOM_HEADERS": (
        "X-Trap: trap\nAuthorization: Bearer trap\nUser-Agent: trap\nX-Title: trap\nCookie: trap\nHost: trap\nÄ: trap"
    ),
    "OPENAI_API_TYPE": "azure",
    "OPENAI_LOG": "trap",
    "AZURE_OPENAI_API_KEY": "trap",
    "OPENROUTER_API_KEY": "trap",
    "NETRC": "trap",
}


async def every_request(server: ScriptedServer, provider: LLMProvider) -> list[SeenRequest]:
    server.script[:] = [json_reply(ANSWER)]
    await provider.chat(HELLO)
    await provider.list_models()
    await provider.check_key()
    if isinstance(provider, OpenRouterProvider):
        await provider.generation("gen-1")
    server.script[:] = [text_stream("Hi")]
    assert [text async for text in provider.chat_stream(HELLO)] == ["Hi"]
    return server.requests


PROVIDERS: list[Callable[[ScriptedServer], LLMProvider]] = [
    openrouter,
    compatible,
    lambda server: GroqProvider(MODEL, KEY, base_url=server.base_url),
    lambda server: create_provider("mistral", model=MODEL, api_key=KEY, base_url=server.base_url),
]


@pytest.mark.parametrize("make", PROVIDERS, ids=["openrouter", "compatible", "groq", "mistral"])
def test_nothing_of_the_sdks_environment_goes_out(
    make: Callable[[ScriptedServer], LLMProvider], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TRAPS.items():
        monkeypatch.setenv(name, value)

    async def test() -> None:
        async with scripted_server(Reply()) as server, make(server) as provider:
            for request in await every_request(server, provider):
                assert "trap" not in repr(request).lower()
                names = {name.lower() for name in request.headers}
                assert not {name for name in names if name.startswith(("openai-", "x-stainless-"))}
                assert names - {"http-referer", "x-title", "x-openrouter-title", "authorization"} <= {
                    "host",
                    "accept",
                    "accept-encoding",
                    "connection",
                    "content-type",
                    "content-length",
                    "user-agent",
                }

    run(test())


def test_attribution_and_key_are_on_every_openrouter_request() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server, openrouter(server) as provider:
            requests = await every_request(server, provider)
            assert [(r.method, r.path) for r in requests] == [
                ("POST", "/api/v1/chat/completions"),
                ("GET", "/api/v1/models"),
                ("GET", "/api/v1/key"),
                ("GET", "/api/v1/generation"),
                ("POST", "/api/v1/chat/completions"),
            ]
            for request in requests:
                headers = {name.lower(): value for name, value in request.headers.items()}
                assert headers["authorization"] == f"Bearer {KEY}"
                assert headers["http-referer"] == "https://github.com/CoreWorxLab/CAAL"
                assert headers["x-title"] == headers["x-openrouter-title"] == "CAAL Desktop"
                assert headers["user-agent"].startswith("caal-desktop/")

    run(test())


def test_a_server_without_a_key_gets_no_authorization_and_no_attribution() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server, compatible(server) as provider:
            for request in await every_request(server, provider):
                assert not {"authorization", "x-title", "http-referer"} & {name.lower() for name in request.headers}

    run(test())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as elsewhere:
            reply = Reply((), status, headers={"Location": f"{elsewhere.url}/login"})
            async with scripted_server(reply) as server, openrouter(server) as provider:
                for call in (lambda: provider.chat(HELLO), provider.list_models, provider.check_key):
                    assert type(await error_of(call)) is CaptivePortalSuspected
                assert elsewhere.requests == []

    run(test())


def test_this_machine_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def test() -> None:
        async with scripted_server(json_reply(ANSWER)) as server, openrouter(server) as provider:
            assert (await provider.chat(HELLO)).content == "Hi"

    run(test())


@pytest.mark.parametrize("status", [200, 500])
def test_cookies_are_not_kept(status: int) -> None:
    async def test() -> None:
        reply = json_reply(ANSWER, status, Set_Cookie="track=me; Path=/")
        async with scripted_server(reply) as server, openrouter(server) as provider:
            for _ in range(2):
                with contextlib.suppress(ProviderError):
                    await provider.chat(HELLO)
            assert "cookie" not in server.last.headers
            # No request carries what is in the jar; a server must not be able to fill it all the same.
            assert provider._client is not None
            assert not provider._client._sdk._client.cookies

    run(test())


def body_of(*, stream: bool = False, tools: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
    async def test() -> dict[str, Any]:
        reply = text_stream("Hi") if stream else json_reply(ANSWER)
        async with scripted_server(reply) as server, openrouter(server) as provider:
            if stream:
                await collect(provider.stream_events(HELLO, tools, **options))
            else:
                await provider.chat(HELLO, tools, **options)
            body: dict[str, Any] = server.last.body
            return body

    return run(test())


def test_the_body_of_a_plain_request() -> None:
    plain = {"model": MODEL, "messages": HELLO, "max_tokens": 4096, "temperature": 0.7}
    assert body_of() == plain
    assert body_of(stream=True) == {**plain, "stream": True, "stream_options": {"include_usage": True}}


def test_a_provider_that_refuses_unknown_fields_gets_none() -> None:
    async def test() -> None:
        async with (
            scripted_server(text_stream("Hi")) as server,
            create_provider("mistral", model=MODEL, api_key=KEY, base_url=server.base_url) as provider,
        ):
            await collect(provider.stream_events(HELLO))
            assert server.last.body == {
                "model": MODEL,
                "messages": HELLO,
                "max_tokens": 4096,
                "temperature": 0.7,
                "stream": True,
            }

    run(test())


def groqs_body(model: str | None = None, /, *, stream: bool = False, **options: Any) -> dict[str, Any]:
    async def test() -> dict[str, Any]:
        reply = text_stream("Hi") if stream else json_reply(ANSWER)
        async with scripted_server(reply) as server, GroqProvider(model, KEY, base_url=server.base_url) as provider:
            if stream:
                await collect(provider.chat_stream(HELLO, **options))
            else:
                await provider.chat(HELLO, **options)
            body: dict[str, Any] = server.last.body
            return body

    return run(test())


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("model", "effort"),
    [("qwen/qwen3-32b", "none"), ("Qwen-3", "none"), ("openai/gpt-oss-20b", "low"), ("llama-3.3-70b-versatile", None)],
)
def test_groqs_models_think_as_little_as_they_can(model: str, effort: str | None, stream: bool) -> None:
    assert groqs_body(model, stream=stream).get("reasoning_effort") == effort
    assert groqs_body(stream=stream, model=model).get("reasoning_effort") == effort


def test_a_call_on_groq_can_ask_for_more_thought() -> None:
    assert groqs_body("qwen/qwen3-32b", reasoning_effort="default")["reasoning_effort"] == "default"
    assert "reasoning_effort" not in groqs_body("qwen/qwen3-32b", reasoning_effort=None)
    assert groqs_body("qwen/qwen3-32b", extra_body={"reasoning_effort": "high"})["reasoning_effort"] == "high"


def test_the_body_of_a_plain_request_to_groq() -> None:
    assert groqs_body() == {
        "model": "llama-3.3-70b-versatile",
        "messages": HELLO,
        "max_tokens": 4096,
        "temperature": 0.15,
    }


@pytest.mark.parametrize("model", ["qwen/qwen3-32b", "openai/gpt-oss-20b"])
def test_no_other_service_is_told_how_much_to_think(model: str) -> None:
    assert "reasoning_effort" not in body_of(model=model)


def test_a_request_that_leaves_the_model_to_the_server() -> None:
    async def test() -> None:
        async with (
            scripted_server(json_reply(ANSWER)) as server,
            OpenAICompatibleProvider("", server.base_url) as provider,
        ):
            assert (await provider.chat(HELLO)).content == "Hi"
            assert server.last.body["model"] == ""
            server.script[:] = [text_stream()]
            error = await error_of(lambda: collect(provider.chat_stream(HELLO)))
            assert server.url.removeprefix("http://") in error.describe().what

    run(test())


def test_tools_and_their_choice() -> None:
    assert body_of(tools=[TOOL])["tool_choice"] == "auto"
    assert body_of(tools=[TOOL], tool_choice="required")["tool_choice"] == "required"
    assert body_of(tools=[TOOL], stream=True)["tool_choice"] == "auto"
    assert body_of(tools=[TOOL], stream=True, tool_choice="none")["tool_choice"] == "none"
    for stream in (True, False):
        assert not {"tools", "tool_choice"} & body_of(tools=[], stream=stream, tool_choice="auto").keys()


def test_a_stream_of_text_lets_no_tool_be_chosen_whatever_the_call_says() -> None:
    async def test() -> None:
        async with scripted_server(text_stream("Hi")) as server, compatible(server) as provider:
            await collect(provider.chat_stream(HELLO, [TOOL], tool_choice="auto"))
            assert server.last.body["tool_choice"] == "none"

    run(test())


@pytest.mark.parametrize("stream", [True, False])
def test_options_of_a_call(stream: bool) -> None:
    body = body_of(
        stream=stream,
        model="other/model",
        temperature=None,
        max_tokens=16,
        seed=None,
        reasoning={"effort": "low"},
        extra_body={"provider": {"data_collection": "deny"}, "models": None},
    )
    expected = {
        "model": "other/model",
        "messages": HELLO,
        "max_tokens": 16,
        "reasoning": {"effort": "low"},
        "provider": {"data_collection": "deny"},
    }
    assert {name: value for name, value in body.items() if not name.startswith("stream")} == expected


def test_max_tokens_is_always_sent() -> None:
    assert body_of(max_tokens=None)["max_tokens"] == 4096


@pytest.mark.parametrize("option", ["extra_headers", "timeout", "stream"])
def test_options_that_a_call_does_not_have(option: str) -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server, openrouter(server) as provider:
            options: dict[str, Any] = {option: {}}
            with pytest.raises(TypeError, match=option):
                await provider.chat(HELLO, **options)
            assert server.requests == []

    run(test())


def test_the_callers_messages_are_left_alone() -> None:
    message = {"role": "user", "content": "Ünïcödé 🎈 \u2028"}

    async def test() -> None:
        async with scripted_server(json_reply(ANSWER)) as server, openrouter(server) as provider:
            await provider.chat([message])
            assert server.last.body["messages"] == [message]

    run(test())


def test_no_log_record_holds_the_key_or_the_conversation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with scripted_server(Reply()) as server, openrouter(server, retry_policy=AT_ONCE) as provider:
            await every_request(server, provider)
            server.script[:] = [json_reply({"error": {"code": 401, "message": KEY}}, 401)]
            await error_of(lambda: provider.chat(HELLO))

    run(test())
    assert caplog.records
    assert KEY not in caplog.text
    assert HELLO[0]["content"] not in caplog.text


def test_the_sdk_still_has_the_names_that_are_blocked() -> None:
    """If the SDK learns to read another variable, the list of traps above has to learn it as well."""
    spec = importlib.util.find_spec("openai.lib._client_auth" if IS_MODERN else "openai._client")
    assert spec is not None
    assert isinstance(spec.loader, importlib.machinery.SourceFileLoader)
    source = spec.loader.get_data(spec.loader.path).decode()
    found = {part.split('"')[1] for part in source.split("environ.get(")[1:]}
    assert found
    assert found <= TRAPS.keys()


def test_a_compatible_server_with_a_key_gets_it() -> None:
    async def test() -> None:
        async with (
            scripted_server(json_reply(ANSWER)) as server,
            OpenAICompatibleProvider(MODEL, server.base_url + "/", "local-key") as provider,
        ):
            await provider.chat(HELLO)
            assert server.last.headers["authorization"] == "Bearer local-key"
            assert server.last.path == "/api/v1/chat/completions"

    run(test())
