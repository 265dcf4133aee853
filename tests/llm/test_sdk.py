"""Both generations of the SDK, and none: these tests run with openai 3 on httpx2 and again with openai 2 on httpx."""

from __future__ import annotations

import logging
import platform
import ssl
from importlib import import_module

import pytest
import truststore

from caal_desktop.llm.transport import sdk
from caal_desktop.llm.transport.client import tls_context
from tests.llm.helpers import HELLO, KEY, openrouter, run
from tests.llm.test_construction import fresh
from tests.support.scripted_server import json_reply, scripted_server

ANSWER = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
MODELS = {"object": "list", "data": []}


@pytest.fixture(autouse=True)
def no_certificates_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def authorities(context: ssl.SSLContext) -> set[str]:
    return {str(authority["serialNumber"]) for authority in context.get_ca_certs()}


def refused(*_: object) -> str:
    raise AssertionError("certifi's list is asked for, which knows no company's own authority")


def test_the_http_library_is_the_one_on_which_the_sdk_stands() -> None:
    # Both are here, beside openai 3: what is installed decides nothing.
    assert issubclass(import_module("openai").DefaultAsyncHttpxClient, sdk.httpx2.AsyncClient)


@pytest.mark.parametrize("is_modern", [True, False])
def test_the_systems_own_store_is_trusted(monkeypatch: pytest.MonkeyPatch, is_modern: bool) -> None:
    monkeypatch.setattr(sdk, "IS_MODERN", sdk.IS_MODERN and is_modern)
    monkeypatch.setattr("certifi.where", refused)
    assert authorities(sdk.system_tls_context()) == authorities(ssl.create_default_context())
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert sdk.system_tls_context().check_hostname


@pytest.mark.parametrize("system", ["Windows", "Darwin", "Linux"])
def test_where_openssl_knows_no_store_the_systems_own_way_is_taken(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    nowhere = ssl.get_default_verify_paths()._replace(cafile=None, capath=None)
    monkeypatch.setattr(sdk, "IS_MODERN", False)
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    assert type(sdk.system_tls_context()) is truststore.SSLContext


def test_the_sdks_log_tells_of_others_and_not_of_us(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def test() -> None:
        async with scripted_server(json_reply(ANSWER), json_reply(MODELS)) as server, openrouter(server) as provider:
            await provider.chat(HELLO)
            assert HELLO[0]["content"] not in caplog.text
            assert "Request options" not in caplog.text
            async with sdk.AsyncOpenAI(api_key=KEY, base_url=server.base_url) as other:
                await other.models.list()

    run(test())
    # What openai 2 says of its other users' requests is theirs; openai 3 never says it.
    assert ("Request options" in caplog.text) is not sdk.IS_MODERN


MISSING = """
import asyncio, sys
from caal_desktop import llm

class Broken:
    def find_spec(self, name, path=None, target=None):
        if name == "openai":
            raise {error}

sys.meta_path.insert(0, Broken())
llm.warm_up()

async def main():
    async with llm.OpenRouterProvider("a/b", "k" * 40) as provider:
        for call in (provider.chat, provider.list_models, provider.check_key):
            try:
                await call(*[[]] * (call == provider.chat))
            except llm.ProviderError as error:
                print(type(error).__name__, error.detail, error.__context__)
        sys.meta_path.pop(0)
        await asyncio.to_thread(provider.warm_up)
        print("openai" in sys.modules)

asyncio.run(main())
"""


@pytest.mark.parametrize("error", ["ModuleNotFoundError('No openai')", "OSError('No openai')"])
def test_a_missing_sdk_is_an_error_like_any_other_and_can_be_installed(error: str) -> None:
    line = f"SDKUnusable {error.partition('(')[0]}: No openai None\n"
    assert fresh(MISSING.format(error=error)) == line * 3 + "True\n"
