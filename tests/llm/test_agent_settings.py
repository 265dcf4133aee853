"""What the voice agent's settings make, where they speak and where they are silent."""

from __future__ import annotations

from typing import Any

import pytest

from caal_desktop.llm import (
    GROQ_BASE_URL,
    OLLAMA_BASE_URL,
    OPENROUTER_BASE_URL,
    GroqProvider,
    LLMProvider,
    OllamaProvider,
    OpenAICompatibleProvider,
    OpenRouterProvider,
    create_provider_from_settings,
)
from caal_desktop.llm.errors import AddressRefused, ApiKeyMissing, ConfigurationError
from tests.llm.helpers import HELLO, KEY, MODEL, run
from tests.support.scripted_server import json_reply, scripted_server

AMBIENT = "ambient-" + "ab" * 12
OWN = "own-" + "cd" * 12
LOCAL = "http://localhost:8000/v1"
VARIABLES = (
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OLLAMA_HOST",
    "LLM_PROVIDER",
    "OPENAI_MODEL",
)
NOT_SENT = r"WARNING caal_desktop\.llm\.providers\.agent_settings: The key in OPENAI_API_KEY is not sent to "
Made = tuple[type[LLMProvider], str, str, str | None, float | None]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def made_of(settings: dict[str, Any]) -> Made:
    """Return the class, model, address, key and temperature that settings make."""
    provider = create_provider_from_settings(settings)
    assert isinstance(provider, OpenAICompatibleProvider | OllamaProvider)
    return type(provider), provider.model, provider.base_url, provider._api_key, provider.temperature


OPENROUTER = {"llm_provider": "openrouter"}
GROQ = {"llm_provider": "groq"}
OLLAMA = {"llm_provider": "ollama"}
COMPATIBLE = {"llm_provider": "openai_compatible"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (OllamaProvider, "qwen3:8b", OLLAMA_BASE_URL, None, 0.15)),
        ({"llm_provider": None}, (OllamaProvider, "qwen3:8b", OLLAMA_BASE_URL, None, 0.15)),
        ({**OLLAMA, "ollama_model": None, "ollama_host": None, "temperature": None, "max_tokens": None}, ...),
        ({**OLLAMA, "think": False, "num_ctx": 8192, "ollama_host": ""}, ...),
        (
            {**OLLAMA, "ollama_model": "m", "ollama_host": "http://nas:11434", "temperature": 0.4},
            (OllamaProvider, "m", "http://nas:11434", None, 0.4),
        ),
        (
            {**GROQ, "groq_api_key": OWN},
            (GroqProvider, "llama-3.3-70b-versatile", GROQ_BASE_URL, OWN, 0.15),
        ),
        (
            {**GROQ, "groq_api_key": f" {OWN}\n", "groq_model": MODEL, "temperature": 1},
            (GroqProvider, MODEL, GROQ_BASE_URL, OWN, 1.0),
        ),
        (
            {**OPENROUTER, "openrouter_api_key": OWN},
            (OpenRouterProvider, "openai/gpt-4", OPENROUTER_BASE_URL, OWN, 0.7),
        ),
        (
            {**OPENROUTER, "openrouter_api_key": OWN, "openrouter_model": MODEL, "temperature": 0},
            (OpenRouterProvider, MODEL, OPENROUTER_BASE_URL, OWN, 0.0),
        ),
        (COMPATIBLE, (OpenAICompatibleProvider, "gpt-3.5-turbo", LOCAL, None, 0.7)),
        (
            {**COMPATIBLE, "openai_base_url": "", "openai_api_key": " ", "openai_model": ""},
            (OpenAICompatibleProvider, "", LOCAL, None, 0.7),
        ),
        (
            {**COMPATIBLE, "openai_base_url": "https://host.example/v1/", "openai_api_key": OWN, "temperature": 0.15},
            (OpenAICompatibleProvider, "gpt-3.5-turbo", "https://host.example/v1", OWN, 0.15),
        ),
    ],
)
def test_what_settings_make(settings: dict[str, Any], expected: Any) -> None:
    foreign = {"max_turns": 20, "agent_name": "Cal", "language": "en", "stt_provider": "speaches"}
    default = (OllamaProvider, "qwen3:8b", OLLAMA_BASE_URL, None, 0.15)
    assert made_of({**foreign, **settings}) == (default if expected is ... else expected)


def test_a_length_of_answers_is_read_where_there_is_one() -> None:
    for told, expected in ((16, 16), ("16", 16), (0, 4096), ("many", 4096), (None, 4096)):
        provider = create_provider_from_settings({**COMPATIBLE, "max_tokens": told})
        assert isinstance(provider, OpenAICompatibleProvider)
        assert provider.max_tokens == expected


@pytest.mark.parametrize("temperature", ["hot", True, [], float("nan")])
def test_a_temperature_that_is_none(temperature: object, expected_logs: Any) -> None:
    expected_logs(r"WARNING caal_desktop\.llm\.providers\.agent_settings: The setting “temperature” is not a number")
    assert made_of({"temperature": temperature})[-1] == 0.15


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (OPENROUTER, ApiKeyMissing),
        (GROQ, ApiKeyMissing),
        ({**OPENROUTER, "openrouter_api_key": " "}, ApiKeyMissing),
        ({**OPENROUTER, "openrouter_api_key": 5, "openrouter_model": None}, ApiKeyMissing),
        ({**OPENROUTER, "openrouter_api_key": KEY, "openrouter_model": ""}, ConfigurationError),
        ({**GROQ, "groq_api_key": KEY, "groq_model": " "}, ConfigurationError),
        ({**OLLAMA, "ollama_model": ""}, ConfigurationError),
        ({**COMPATIBLE, "openai_base_url": "localhost:8000/v1"}, AddressRefused),
        ({**COMPATIBLE, "openai_base_url": "http://8.8.8.8/v1", "openai_api_key": KEY}, AddressRefused),
        ({**OLLAMA, "ollama_host": "http://user:password@nas"}, AddressRefused),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], error: type[ConfigurationError]) -> None:
    with pytest.raises(ValueError) as caught:
        create_provider_from_settings(settings)
    assert type(caught.value) is error


@pytest.mark.parametrize("blank", [None, "", " "])
@pytest.mark.parametrize(
    ("settings", "setting", "variable"),
    [
        (GROQ, "groq_api_key", "GROQ_API_KEY"),
        (OPENROUTER, "openrouter_api_key", "OPENROUTER_API_KEY"),
        (COMPATIBLE, "openai_api_key", "OPENAI_API_KEY"),
    ],
)
def test_a_key_that_the_settings_lack_is_the_environments(
    settings: dict[str, Any], setting: str, variable: str, blank: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f" {AMBIENT}\n")
    assert made_of(settings)[3] == made_of({**settings, setting: blank})[3] == AMBIENT
    assert made_of({**settings, setting: OWN})[3] == OWN
    monkeypatch.setenv(variable, " ")
    if settings is COMPATIBLE:
        assert made_of(settings)[3] is None
    else:
        with pytest.raises(ApiKeyMissing):
            made_of(settings)


def test_the_environment_gives_no_key_to_a_provider_that_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES[:3]:
        monkeypatch.setenv(name, AMBIENT)
    assert made_of(OLLAMA)[3] is None


@pytest.mark.parametrize(
    ("configured", "address"),
    [
        (None, None),
        (None, ""),
        (None, LOCAL),
        (None, "http://localhost:8000"),
        ("", LOCAL),
        ("https://host.example/v1", "https://host.example/v1"),
        ("https://host.example/v1/", "HTTPS://Host.example:443/v1"),
        ("http://nas.local:1234/v1", "http://nas.local:1234/v1"),
    ],
)
def test_the_environments_key_goes_to_the_server_that_it_names(
    configured: str | None, address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", AMBIENT)
    if configured is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", configured)
    assert made_of({**COMPATIBLE, "openai_base_url": address})[3] == AMBIENT


@pytest.mark.parametrize(
    ("configured", "address"),
    [
        (None, "https://host.example/v1"),
        (None, "http://localhost:8001/v1"),
        (None, "https://localhost:8000/v1"),
        ("https://host.example/v1", "https://other.example/v1"),
        ("https://host.example/v1", "https://host.example:8443/v1"),
        ("https://host.example/v1", "https://host.example.evil.example/v1"),
        ("https://host.example/v1", None),
        ("no address", "https://host.example/v1"),
        # Where a key may not go at all: unencrypted over the internet.
        ("http://host.example/v1", "http://host.example/v1"),
    ],
)
def test_the_environments_key_goes_to_no_other_server(
    configured: str | None,
    address: str | None,
    monkeypatch: pytest.MonkeyPatch,
    expected_logs: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    expected_logs(NOT_SENT)
    monkeypatch.setenv("OPENAI_API_KEY", AMBIENT)
    if configured is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", configured)
    assert made_of({**COMPATIBLE, "openai_base_url": address})[3] is None
    assert AMBIENT not in caplog.text
    assert "openai_api_key" in caplog.text


def test_a_server_that_the_environment_does_not_name_gets_no_key(
    monkeypatch: pytest.MonkeyPatch, expected_logs: Any
) -> None:
    expected_logs(NOT_SENT)
    monkeypatch.setenv("OPENAI_API_KEY", AMBIENT)

    async def test() -> None:
        answer = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}
        async with scripted_server(json_reply(answer)) as server:
            settings = {**COMPATIBLE, "openai_base_url": server.base_url}
            for expected in (None, f"Bearer {AMBIENT}"):
                async with create_provider_from_settings(settings) as provider:
                    await provider.chat([dict(message) for message in HELLO])
                assert server.last.headers.get("authorization") == expected
                monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)

    run(test())


@pytest.mark.parametrize(
    ("host", "url"),
    [("nas", "http://nas:11434"), (":80", "http://127.0.0.1:80"), (" ", OLLAMA_BASE_URL)],
)
def test_ollama_is_where_the_environment_says(host: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", host)
    for silent in ({}, {"ollama_host": None}, {"ollama_host": ""}):
        assert made_of({**OLLAMA, **silent})[2] == url
    assert made_of({**OLLAMA, "ollama_host": "http://other:1"})[2] == "http://other:1"


def test_a_server_of_ones_own_has_time_to_load_its_model() -> None:
    def patience(settings: dict[str, Any]) -> float:
        provider = create_provider_from_settings(settings)
        assert isinstance(provider, OpenAICompatibleProvider | OllamaProvider)
        return provider._timeouts.read

    assert patience(OLLAMA) == patience(COMPATIBLE) == 300.0
    assert patience({**OPENROUTER, "openrouter_api_key": OWN}) == 60.0


@pytest.mark.parametrize(
    ("settings", "think", "num_ctx"),
    [
        ({}, False, 8192),
        ({"think": True, "num_ctx": 16384}, True, 16384),
        ({"think": "low", "num_ctx": "4096"}, "low", 4096),
        ({"think": None, "num_ctx": None}, False, 8192),
        ({"think": 5, "num_ctx": 0}, False, 8192),
    ],
)
def test_what_settings_make_of_ollamas_own(settings: dict[str, Any], think: object, num_ctx: int) -> None:
    provider = create_provider_from_settings({**OLLAMA, **settings})
    assert isinstance(provider, OllamaProvider)
    assert (provider.think, provider.num_ctx, provider.top_p, provider.top_k) == (think, num_ctx, 0.8, 20)
    assert provider.max_tokens is None
