"""What a provider can be made of, and what it refuses."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop import llm
from caal_desktop.llm import (
    OPENROUTER_BASE_URL,
    PROVIDER_NAMES,
    GroqProvider,
    LLMProvider,
    OllamaProvider,
    OpenAICompatibleProvider,
    OpenRouterProvider,
    create_provider,
    create_provider_from_settings,
)
from caal_desktop.llm.errors import (
    AddressRefused,
    ApiKeyMalformed,
    ApiKeyMissing,
    ConfigurationError,
    NotOffered,
    ProviderError,
)
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.ollama import base_url_of_host
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.transport.address import origin_of
from tests.llm.helpers import KEY, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("key", ["", " ", "\n", "\t ", None])
def test_a_blank_key(key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ApiKeyMissing) as caught:
        OpenRouterProvider(MODEL, key)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ProviderError)


@pytest.mark.parametrize(
    "key", [KEY + "\n", KEY + "\nX-Evil: 1", KEY + "ä", "“" + KEY, KEY[:20] + " " + KEY[20:], KEY + "\x00", "k" * 5000]
)
def test_a_key_that_cannot_be_one(key: str) -> None:
    makers: list[Callable[[], LLMProvider]] = [
        lambda: OpenRouterProvider(MODEL, key),
        lambda: GroqProvider(MODEL, key),
        lambda: OpenAICompatibleProvider(MODEL, "https://host.invalid/v1", key),
    ]
    for make in makers:
        with pytest.raises(ApiKeyMalformed) as caught:
            make()
        text = f"{caught.value} {caught.value!r} {caught.value.__dict__}"
        assert key not in text
        assert KEY[:20] not in text


def test_blanks_around_a_key_are_forgiven() -> None:
    assert OpenRouterProvider(MODEL, f"  {KEY}\t").model == MODEL


def test_a_key_is_not_shown() -> None:
    for provider in (OpenRouterProvider(MODEL, KEY), GroqProvider(MODEL, KEY)):
        assert KEY not in f"{provider} {provider!r}"


@pytest.mark.parametrize("model", ["", "  ", None])
def test_a_model_is_needed(model: Any) -> None:
    with pytest.raises(ConfigurationError, match="model"):
        OpenRouterProvider(model, KEY)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/api/v1", "http://localhost:1/v1", "http://[::1]:5/v1", "https://127.1.2.3/v1/"]
)
def test_openrouter_may_be_on_this_machine(url: str) -> None:
    assert OpenRouterProvider(MODEL, KEY, base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api/v1",
        "http://openrouter.ai/api/v1",
        "https://openrouter.ai.evil.example/api/v1",
        "https://localhost.evil.example/v1",
        "https://127.0.0.1.evil.example/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://user:password@127.0.0.1/v1",
        "http://192.168.1.5/v1",
        "http://0.0.0.0/v1",
        "http://127.0.0.1\\@evil.example/v1",
        "http://2130706433/v1",
        "//127.0.0.1/v1",
        "file:///etc/passwd",
        "http://127.0.0.1:x/v1",
        "http://[::1/v1",
        "",
        None,
    ],
)
def test_openrouter_may_be_nowhere_else(url: Any) -> None:
    for make in (OpenRouterProvider, GroqProvider):
        with pytest.raises(AddressRefused) as caught:
            make(MODEL, KEY, base_url=url)
        assert isinstance(caught.value, ValueError)
        assert "password" not in str(caught.value).replace("a password", "")


def test_openrouters_own_address() -> None:
    assert OpenRouterProvider(MODEL, KEY).base_url == OPENROUTER_BASE_URL == "https://openrouter.ai/api/v1"


@pytest.mark.parametrize(
    ("url", "without_key", "with_key"),
    [
        ("https://host.example/v1", True, True),
        ("http://host.example/v1", True, False),
        ("http://8.8.8.8/v1", True, False),
        ("http://192.168.1.5:1234/v1", True, True),
        ("http://100.64.0.7/v1", True, True),
        ("http://[fd00::1]/v1", True, True),
        ("http://nas:11434/v1", True, True),
        ("http://nas.local/v1", True, True),
        ("http://local.example/v1", True, False),
        ("https://user:password@host.example/v1", False, False),
        ("https://host.example/v1?x=1", False, False),
        ("https://host.example/v1#x", False, False),
        ("ftp://host.example/v1", False, False),
        ("host.example/v1", False, False),
        ("  ", False, False),
    ],
)
def test_where_a_key_may_go(url: str, without_key: bool, with_key: bool) -> None:
    for key, allowed in ((None, without_key), (KEY, with_key)):
        if allowed:
            assert OpenAICompatibleProvider(MODEL, url, key).base_url == url
        else:
            with pytest.raises(AddressRefused):
                OpenAICompatibleProvider(MODEL, url, key)


def test_groq_looks_into_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ApiKeyMissing):
        GroqProvider(MODEL)
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    assert GroqProvider(MODEL).provider_name == "groq"
    assert GroqProvider(MODEL, " ").base_url == "https://api.groq.com/openai/v1"


@pytest.mark.parametrize("name", [name for name, one in PROVIDERS.items() if not one.has_address])
def test_a_provider_with_an_address_of_its_own_is_set_up_by_its_descriptor(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = PROVIDERS[name]
    monkeypatch.delenv(descriptor.key_variable, raising=False)
    provider = create_provider(name, model=MODEL, api_key=KEY)
    assert isinstance(provider, OpenAICompatibleProvider)
    assert (provider.provider_name, provider.display_name) == (name, descriptor.title)
    assert provider.base_url == descriptor.base_url
    with pytest.raises(ApiKeyMissing):
        create_provider(name, model=MODEL, api_key=" ")
    with pytest.raises(AddressRefused):
        create_provider(name, model=MODEL, api_key=KEY, base_url="https://evil.example/v1")


def test_a_client_that_is_told_no_model_takes_its_providers_default() -> None:
    assert GroqProvider(api_key=KEY).model == PROVIDERS["groq"].default_model
    assert OllamaProvider().model == PROVIDERS["ollama"].default_model
    assert OllamaProvider().base_url == PROVIDERS["ollama"].base_url
    with pytest.raises(ConfigurationError, match="model"):
        OpenAICompatibleProvider(base_url="http://localhost:1/v1")


def test_only_a_server_that_has_a_model_may_be_asked_without_its_name() -> None:
    assert OpenAICompatibleProvider("", "http://localhost:1/v1").model == ""
    for make in (OpenRouterProvider, GroqProvider):
        with pytest.raises(ConfigurationError, match="No model is chosen"):
            make("", KEY)
    with pytest.raises(ConfigurationError, match="No model is chosen"):
        OllamaProvider("")


def test_groq_answers_as_soberly_as_the_agent_wants_it() -> None:
    mistral = create_provider("mistral", model=MODEL, api_key=KEY)
    assert isinstance(mistral, OpenAICompatibleProvider)
    made = GroqProvider(api_key=KEY), OpenRouterProvider(MODEL, KEY), mistral
    assert [provider.temperature for provider in made] == [0.15, 0.7, 0.7]


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_a_provider_does_not_offer_is_refused_by_name(name: str) -> None:
    provider = create_provider(name, model=MODEL, api_key=KEY, base_url="http://localhost:1/v1")
    calls: dict[Capability, tuple[str, tuple[str, ...]]] = {
        Capability.HOSTS: ("list_endpoints", (MODEL,)),
        Capability.COST_LOOKUP: ("generation", ("gen-1",)),
        Capability.SIGN_IN: ("exchange_code", ("code", "verifier")),
    }
    for capability, (method, arguments) in calls.items():
        if PROVIDERS[name].can(capability):
            assert getattr(type(provider), method) is not getattr(LLMProvider, method), "it can, and says it cannot"
        else:
            with pytest.raises(NotOffered) as caught:
                asyncio.run(getattr(provider, method)(*arguments))
            assert provider.display_name in str(caught.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("  ", AddressRefused.why_empty),
        ("http://[", AddressRefused.why_no_url),
        ("http://host:99999/v1", AddressRefused.why_no_url),
        ("ftp://host.example/v1", AddressRefused.why_no_host),
        ("https://user:password@host.example/v1", AddressRefused.why_credentials),
        ("https://host.example/v1?x=1", AddressRefused.why_query),
        ("http://8.8.8.8/v1", AddressRefused.why_unencrypted),
    ],
)
def test_a_refused_address_has_its_own_reason(url: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        OpenAICompatibleProvider(MODEL, url, KEY)
    assert caught.value.describe().why == reason


def test_a_provider_with_a_fixed_address_names_it() -> None:
    with pytest.raises(AddressRefused) as caught:
        OpenRouterProvider(MODEL, KEY, base_url="https://host.example/v1")
    assert OPENROUTER_BASE_URL in caught.value.describe().why


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://openrouter.ai/api/v1", "https://openrouter.ai:443"),
        ("HTTP://NAS.local/v1", "http://nas.local:80"),
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080"),
        ("http://[FD00::1]:11434/v1", "http://[fd00::1]:11434"),
        (" https://host.example/ ", "https://host.example:443"),
        ("http://host:0/v1", "http://host:0"),
        # No secret goes where the host is hidden behind something else.
        ("https://user:password@host.example", ""),
        ("https://host.example\\@other.example/", ""),
        ("nas:11434", ""),
        ("ftp://host", ""),
        ("https://", ""),
        ("https://host:port/v1", ""),
        ("https://host:99999", ""),
        ("", ""),
    ],
)
def test_the_origin_of_an_address(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("http://localhost:11434", "http://localhost:11434"),
        ("http://nas:11434/", "http://nas:11434"),
        ("nas:11434", "http://nas:11434"),
        ("nas", "http://nas:11434"),
        ("http://nas", "http://nas"),
        ("https://nas/ollama/", "https://nas/ollama"),
        ("[fd00::1]", "http://[fd00::1]:11434"),
        ("http://[fd00::1]", "http://[fd00::1]"),
        ("[fd00::1]:80", "http://[fd00::1]:80"),
        # Where a server listens on all of its addresses.
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - where a client looks
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:11434", "http://[::1]:11434"),
        (":8080", "http://127.0.0.1:8080"),
        ("http://nas:11434/v1/", "http://nas:11434"),
        ("", ""),
    ],
)
def test_ollamas_notion_of_a_host(host: str, url: str) -> None:
    assert base_url_of_host(host) == url


def test_providers_by_name() -> None:
    assert set(PROVIDER_NAMES) >= {"openrouter", "groq", "mistral", "openai_compatible", "ollama"}
    provider = create_provider("openrouter", model=MODEL, api_key=KEY, temperature=0.1)
    assert isinstance(provider, OpenRouterProvider)
    assert provider.temperature == 0.1


@pytest.mark.parametrize("name", ["OpenRouter", "OPENROUTER", " openrouter\n"])
def test_a_names_case_does_not_matter(name: str) -> None:
    assert type(create_provider(provider_name=name, model=MODEL, api_key=KEY)) is OpenRouterProvider
    settings = {"llm_provider": name, "openrouter_api_key": KEY}
    assert type(create_provider_from_settings(settings)) is OpenRouterProvider


@pytest.mark.parametrize("name", ["", "anthropic", "mistral ai", 5])
def test_an_unknown_name_lists_the_known_ones(name: Any) -> None:
    with pytest.raises(ValueError, match=f"Known are {', '.join(sorted(PROVIDER_NAMES))}"):
        create_provider(name)
    with pytest.raises(ValueError, match="Known are groq, ollama, openai_compatible, openrouter"):
        create_provider_from_settings({"llm_provider": name})


def test_no_name_is_none() -> None:
    nothing: Any = None
    with pytest.raises(ConfigurationError, match="Known are"):
        create_provider(nothing)


def test_everything_promised_can_be_imported() -> None:
    for name in llm.__all__:
        assert getattr(llm, name) is not None
    assert dir(llm) == sorted(llm.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = llm.nonsense


def fresh(program: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


HEAVY = ("openai", "httpx2", "httpx", "pydantic", "anyio", "PySide6", "qasync", "keyring", "platformdirs")


def test_importing_and_constructing_is_light() -> None:
    program = f"""
import sys
from caal_desktop.llm import *
OpenRouterProvider("a/b", "k" * 40)
create_provider("ollama", model="m")
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert fresh(program) == "[]\n"


def test_data_types_load_no_client() -> None:
    program = """
import sys
from caal_desktop.llm import ModelInfo, ProviderError, TextDelta, ToolCall
print(sorted(name for name in sys.modules if name.startswith("caal_desktop.llm.providers.clients")))
"""
    assert fresh(program) == "[]\n"


def test_warming_up_in_a_thread_loads_everything() -> None:
    program = """
import asyncio, sys, threading
from caal_desktop import llm
thread = threading.Thread(target=llm.warm_up)
thread.start()
thread.join()
provider = llm.OpenRouterProvider("a/b", "k" * 40)
provider.warm_up()
before = set(sys.modules)
provider.warm_up()
asyncio.run(provider.aclose())
provider.warm_up()
print("openai" in before, sorted(name for name in set(sys.modules) - before if name.startswith("openai")))
"""
    assert fresh(program) == "True []\n"


def test_warming_up_leaves_a_bad_certificate_setting_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent.pem")
    program = """
from caal_desktop import llm
llm.warm_up()
try:
    llm.OpenRouterProvider("a/b", "k" * 40).warm_up()
except llm.ProviderError as error:
    print(type(error).__name__, error.__context__)
"""
    assert fresh(program) == "NetworkSettingsInvalid None\n"
