"""Every way an answer or a connection fails, as the error that a user is shown."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import string
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from caal_desktop.llm import OpenAICompatibleProvider, Remedy, Timeouts, errors, redaction
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.redaction import clean_metadata, clean_text
from caal_desktop.llm.translation import NO_TEXT, Duration, FilledText, SourceText
from caal_desktop.llm.transport.client import MAX_ERROR_BODY
from caal_desktop.llm.transport.error_mapping import decode_json
from caal_desktop.llm.transport.retry import RetryPolicy, retry_after_of
from tests.llm.helpers import AT_ONCE, HELLO, KEY, MODEL, collect, compatible, error_of, openrouter, run, until_error
from tests.support.error_trees import all_templates, error_classes
from tests.support.scripted_server import DROP, Endless, Reply, error_reply, json_reply, scripted_server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from caal_desktop.llm.errors import ProviderError

ONCE = RetryPolicy(max_retries=0)


def failures_of(reply: Reply) -> list[ProviderError]:
    """Return the errors of the three ways to ask, on the same answer."""

    async def test() -> list[ProviderError]:
        async with scripted_server(reply) as server, openrouter(server, retry_policy=ONCE) as provider:
            _, streamed = await until_error(provider.stream_events(HELLO))
            _, spoken = await until_error(provider.chat_stream(HELLO))  # type: ignore[arg-type]
            return [await error_of(lambda: provider.chat(HELLO)), streamed, spoken]

    return run(test())


@pytest.mark.parametrize(
    ("code", "expected", "remedy"),
    [
        (400, errors.BadRequest, Remedy.DEFAULT_PARAMETERS),
        (401, errors.AuthenticationFailed, Remedy.CHECK_KEY),
        (402, errors.InsufficientCredit, Remedy.ADD_CREDIT),
        (403, errors.PermissionRefused, Remedy.CHOOSE_MODEL),
        (404, errors.ModelNotFound, Remedy.CHOOSE_MODEL),
        (405, errors.EndpointNotFound, Remedy.PROVIDER_SETTINGS),
        (407, errors.ProxyAuthenticationRequired, Remedy.NETWORK_SETTINGS),
        (408, errors.RequestTimedOut, Remedy.RETRY),
        (409, errors.BadRequest, Remedy.DEFAULT_PARAMETERS),
        (413, errors.RequestTooLarge, Remedy.SHORTEN),
        (422, errors.UnprocessableRequest, Remedy.SHORTEN),
        (429, errors.RateLimited, Remedy.WAIT),
        (500, errors.ServerFailed, Remedy.RETRY),
        (501, errors.ServerFailed, Remedy.RETRY),
        (502, errors.ProviderUnavailable, Remedy.RETRY),
        (503, errors.ProviderUnavailable, Remedy.RETRY),
        (504, errors.RequestTimedOut, Remedy.RETRY),
        (511, errors.CaptivePortalSuspected, Remedy.NETWORK_SETTINGS),
        (520, errors.ServerFailed, Remedy.RETRY),
        (524, errors.RequestTimedOut, Remedy.RETRY),
        (529, errors.ProviderUnavailable, Remedy.RETRY),
    ],
)
def test_every_status(code: int, expected: type[ProviderError], remedy: Remedy) -> None:
    failures = failures_of(error_reply(code, "The server's words."))
    assert [type(error) for error in failures] == [expected] * 3
    for error in failures:
        assert (error.status, error.detail, error.remedy) == (code, "The server's words.", remedy)
        assert error.provider == "openrouter"


# By these words in an error, the voice agent takes it for a tool call that the model has garbled, and asks again.
MARKERS = ("not found", "tool_use_failed", "Failed to call a function", "[/THINK]", "[TOOL_CALLS]", "<function=")


def test_no_words_of_our_own_look_like_a_garbled_tool_call() -> None:
    templates = all_templates(errors.ProviderError)
    assert len(templates) > 100
    assert [text for text in templates if any(marker in text for marker in MARKERS)] == []


@pytest.mark.parametrize("marker", MARKERS)
def test_the_servers_words_for_a_garbled_tool_call_are_kept(marker: str) -> None:
    for error in failures_of(error_reply(400, f"Before {marker} after")):
        assert marker in str(error)


ATTEMPT = '<function=get_weather{"city": "Köln"}</function>'


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "No call", "code": "tool_use_failed"}, "No call: tool_use_failed"),
        ({"message": "No call", "type": "tool_use_failed"}, "No call: tool_use_failed"),
        (
            {"message": "No call", "code": "tool_use_failed", "failed_generation": ATTEMPT},
            f"No call: tool_use_failed: {ATTEMPT}",
        ),
        ({"message": "No call", "failed_generation": "[TOOL_CALLS] x"}, "No call: [TOOL_CALLS] x"),
        ({"code": "tool_use_failed"}, "tool_use_failed"),
        ({"message": "No call", "code": {"a": 1}, "failed_generation": 5}, "No call"),
        ({"message": "No call", "code": 400, "type": "invalid_request_error"}, "No call"),
    ],
)
def test_what_stands_beside_the_words_of_a_garbled_tool_call_is_kept(error: dict[str, Any], expected: str) -> None:
    for failure in failures_of(json_reply({"error": error}, 400)):
        assert (type(failure), failure.detail) == (errors.BadRequest, expected)
    # The same from the host behind a router.
    wrapped = {"message": "Provider returned error", "metadata": {"raw": json.dumps({"error": error})}}
    for failure in failures_of(json_reply({"error": wrapped}, 400)):
        assert failure.detail == f"Provider returned error: {expected}"


def test_a_garbled_tool_call_is_not_read_as_the_servers_words() -> None:
    error = {"message": "No call", "code": "tool_use_failed", "failed_generation": "model x does not exist " * 1000}
    for failure in failures_of(json_reply({"error": error}, 400)):
        assert type(failure) is errors.BadRequest
        assert len(failure.detail) < 600
    error = {"message": "Long. " * 1000, "code": "tool_use_failed"}
    for failure in failures_of(json_reply({"error": error}, 400)):
        assert "tool_use_failed" in str(failure)


@pytest.mark.parametrize(
    ("key", "what"),
    [(None, "127.0.0.1:{port} asks for an API key."), ("a-key", "127.0.0.1:{port} did not accept the API key.")],
)
def test_a_key_that_was_not_sent_is_not_called_wrong(key: str | None, what: str) -> None:
    async def test() -> None:
        async with (
            scripted_server(error_reply(401, "No key")) as server,
            OpenAICompatibleProvider(MODEL, server.base_url, key, retry_policy=ONCE) as provider,
        ):
            error = await error_of(lambda: provider.chat(HELLO))
            port = urlsplit(server.base_url).port
            assert (type(error), error.remedy) == (errors.AuthenticationFailed, Remedy.CHECK_KEY)
            assert error.describe().what == what.format(port=port)

    run(test())


@pytest.mark.parametrize(
    ("code", "expected"),
    [(402, errors.InsufficientCredit), ("402", errors.InsufficientCredit), ("nonsense", errors.ServerFailed)],
)
def test_an_error_inside_a_200_has_its_own_code(code: int | str, expected: type[ProviderError]) -> None:
    assert {type(error) for error in failures_of(error_reply(code, "x", status=200))} == {expected}


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (400, "This endpoint's maximum context length is 8192 tokens", errors.RequestTooLarge),
        (400, "acme/nothing is not a valid model ID", errors.ModelNotFound),
        (
            401,
            "Management keys cannot be used for completions: a management key",
            errors.ManagementKeyRejected,
        ),
        (403, "Provisioning keys cannot make completions: provisioning key", errors.ManagementKeyRejected),
        (403, "Key limit exceeded (total limit). Manage it on the keys page", errors.InsufficientCredit),
        (404, "No endpoints found for acme/nothing.", errors.ModelNotFound),
        (404, "No endpoints found matching your data policy (Free model publication)", errors.NoProviderAllowed),
        (404, "No allowed providers are available for the selected model.", errors.NoProviderAllowed),
        (404, "All providers have been ignored.", errors.NoProviderAllowed),
        (404, "No endpoints found that support tool use.", errors.CapabilityNotOffered),
        (429, "Rate limit exceeded: free-models-per-day. Add 10 credits", errors.DailyLimitReached),
        (429, "Rate limit exceeded: free-models-per-min.", errors.RateLimited),
    ],
)
def test_messages_that_say_more_than_their_status(code: int, message: str, expected: type[ProviderError]) -> None:
    assert {type(error) for error in failures_of(error_reply(code, message))} == {expected}


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (429, {"message": "You exceeded your quota", "code": "insufficient_quota"}, errors.InsufficientCredit),
        (400, {"message": "Too long", "code": "context_length_exceeded"}, errors.RequestTooLarge),
        (401, {"message": "Bad key", "code": "invalid_api_key"}, errors.AuthenticationFailed),
        (404, {"message": 'model "x" not found, try pulling it first', "type": "api_error"}, errors.ModelNotFound),
        (404, {"message": "File Not Found", "type": "not_found_error", "code": 404}, errors.EndpointNotFound),
    ],
)
def test_words_of_compatible_servers(status: int, error: dict[str, Any], expected: type[ProviderError]) -> None:
    async def test() -> None:
        async with scripted_server(json_reply({"error": error}, status)) as server, compatible(server) as provider:
            assert type(await error_of(lambda: provider.chat(HELLO))) is expected

    run(test())


def test_moderation_names_its_reasons() -> None:
    metadata = {"reasons": ["violence", "harassment"], "flagged_input": "the words", "provider_name": "Acme"}
    for error in failures_of(error_reply(403, "Flagged", metadata=metadata)):
        assert type(error) is errors.ModerationRefused
        assert "violence, harassment" in error.describe().why
        assert error.params["flagged_input"] == "the words"


def test_the_hosting_providers_own_words_are_part_of_the_detail() -> None:
    metadata = {"provider_name": "Acme", "raw": '{"error": {"message": "GPU on fire"}}'}
    for error in failures_of(error_reply(502, "Provider returned error", metadata=metadata)):
        assert error.detail == "Provider returned error: GPU on fire"
        assert error.describe().why.startswith("Acme")


@pytest.mark.parametrize(
    ("reply", "expected", "detail"),
    [
        (Reply((b"<html><title>Blocked\nby ACME</title></html>",), 403), errors.PermissionRefused, "Blocked by ACME"),
        (Reply((b"<html>502</html>",), 502, "text/html"), errors.ProviderUnavailable, ""),
        (Reply((b"upstream gone",), 503, "text/plain"), errors.ProviderUnavailable, "upstream gone"),
        (Reply((), 500), errors.ServerFailed, ""),
        (Reply((b"404 page not found",), 404, "text/plain"), errors.EndpointNotFound, "404 page not found"),
        (json_reply({"detail": "Not Found"}, 404), errors.EndpointNotFound, "Not Found"),
        (json_reply({"error": "model gone"}, 404), errors.ModelNotFound, "model gone"),
        (json_reply(None, 500), errors.ServerFailed, "null"),
        (json_reply([1], 500), errors.ServerFailed, ""),
        (json_reply({"error": {"message": None, "code": None, "metadata": None}}, 500), errors.ServerFailed, ""),
        (json_reply({"error": {"message": 5, "code": [], "metadata": [3]}}, 401), errors.AuthenticationFailed, ""),
        (Reply((b"x" * 1_000_000,), 500, "text/plain"), errors.ServerFailed, "x" * 299 + "…"),
        (Reply((b"\xff\xfe",), 500), errors.ServerFailed, "\ufffd\ufffd"),
        (Reply((), 302, headers={"Location": "http://portal.invalid/"}), errors.CaptivePortalSuspected, None),
        (Reply((), 307, headers={"Location": "/elsewhere"}), errors.CaptivePortalSuspected, None),
    ],
)
def test_errors_that_are_not_in_the_agreed_form(
    reply: Reply, expected: type[ProviderError], detail: str | None
) -> None:
    for error in failures_of(reply):
        assert type(error) is expected
        assert detail is None or error.detail == detail


# --- non-streaming answers that cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply((b"<!DOCTYPE html><html></html>",), content_type="text/html"), errors.CaptivePortalSuspected),
        (Reply((b"{broken",)), errors.InvalidResponse),
        (Reply(), errors.InvalidResponse),
        (json_reply([]), errors.InvalidResponse),
        (json_reply("text"), errors.InvalidResponse),
        (json_reply({}), errors.InvalidResponse),
        (json_reply({"choices": []}), errors.InvalidResponse),
        (json_reply({"choices": [None]}), errors.InvalidResponse),
        (json_reply({"choices": [{"message": None}]}), errors.InvalidResponse),
        (Reply((b"[" * 100_000,)), errors.InvalidResponse),
        (Reply((b'{"choices"', DROP)), errors.StreamInterrupted),
        (Reply((b"\x1f\x8bnot gzip",), headers={"Content-Encoding": "gzip"}), errors.InvalidResponse),
    ],
)
def test_answers_that_cannot_be_read(reply: Reply, expected: type[ProviderError]) -> None:
    async def test() -> None:
        async with scripted_server(reply) as server, openrouter(server) as provider:
            assert type(await error_of(lambda: provider.chat(HELLO))) is expected
            assert len(server.requests) == 1  # an answer had begun: never repeated

    run(test())


def test_no_more_of_an_errors_body_is_read_than_it_needs() -> None:
    """A broken or hostile server must neither fill the memory nor keep the user waiting."""

    async def test() -> None:
        told = json.dumps({"error": {"code": 400, "message": "the lamp is broken"}}).encode()
        reply = Reply((told, Endless(b" " * 65_536)), 400)
        async with scripted_server(reply) as server, openrouter(server) as provider:
            async with asyncio.timeout(20):
                error = await error_of(lambda: provider.chat(HELLO))
                await server.client_left.wait()
            assert type(error) is errors.BadRequest
            assert "the lamp is broken" in error.detail
            # What is left unread is not read by the next request either.
            server.script[:] = [json_reply({"data": [{"id": MODEL}]})]
            await provider.list_models()
            assert len(server.connections) == 2

    run(test())


def test_of_an_errors_body_as_much_is_read_as_is_allowed() -> None:
    async def test() -> None:
        message = json.dumps({"error": {"code": 400, "message": "the lamp is broken"}}).encode()
        reply = Reply((message.rjust(MAX_ERROR_BODY),), 400)
        async with scripted_server(reply) as server, openrouter(server) as provider:
            error = await error_of(lambda: provider.chat(HELLO))
            assert "the lamp is broken" in error.detail

    run(test())


# --- no answer at all ----------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def error_at(url: str, **options: Any) -> ProviderError:
    async def test() -> ProviderError:
        options.setdefault("retry_policy", AT_ONCE)
        async with OpenAICompatibleProvider(MODEL, url, **options) as provider:
            return await error_of(lambda: provider.chat(HELLO))

    return run(test())


def test_nobody_listens() -> None:
    port = free_port()
    error = error_at(f"http://127.0.0.1:{port}/v1")
    assert type(error) is errors.ConnectionRefused
    assert f"127.0.0.1:{port}" in error.describe().why


def test_a_name_that_does_not_exist() -> None:
    error = error_at("http://nowhere.invalid/v1")
    assert type(error) is errors.NameResolutionFailed
    assert "nowhere.invalid" in error.describe().why


def test_a_server_that_speaks_no_tls() -> None:
    async def test() -> ProviderError:
        async with scripted_server(Reply()) as server:
            url = server.base_url.replace("http://", "https://")
            async with OpenAICompatibleProvider(MODEL, url, retry_policy=AT_ONCE) as provider:
                return await error_of(lambda: provider.chat(HELLO))

    assert type(run(test())) is errors.CertificateRejected


async def _listen(first_bytes: bytes | None) -> asyncio.Server:
    """Start a server that answers any request with the given bytes and hangs up; with nothing where they are None."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first_bytes is not None:
            await reader.read(1)
            writer.write(first_bytes)
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


@pytest.mark.parametrize("first_bytes", [None, b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 2"])
def test_a_server_that_hangs_up(first_bytes: bytes | None) -> None:
    async def test() -> None:
        async with await _listen(first_bytes) as server:
            url = f"http://127.0.0.1:{port_of(server)}/v1"
            async with OpenAICompatibleProvider(MODEL, url, retry_policy=AT_ONCE) as provider:
                assert type(await error_of(lambda: provider.chat(HELLO))) is errors.ConnectionDropped

    run(test())


def test_a_proxy_that_asks_for_a_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with await _listen(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port_of(proxy)}")
            async with OpenAICompatibleProvider(MODEL, "https://nowhere.invalid/v1", KEY) as provider:
                assert type(await error_of(lambda: provider.chat(HELLO))) is errors.ProxyAuthenticationRequired

    run(test())


def test_a_certificate_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    error = error_at("https://nowhere.invalid/v1")
    assert type(error) is errors.NetworkSettingsInvalid
    assert error.remedy is Remedy.NETWORK_SETTINGS
    assert error.detail


@pytest.mark.parametrize("proxy", ["nonsense://x", "socks5://127.0.0.1:1"])
def test_a_proxy_that_is_no_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert type(error_at("https://nowhere.invalid/v1")) is errors.NetworkSettingsInvalid


def test_a_closed_provider_says_so() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server:
            provider = openrouter(server)
            await provider.aclose()
            await provider.aclose()
            assert type(await error_of(lambda: provider.chat(HELLO))) is errors.ConfigurationError

    run(test())


def test_messages_that_json_cannot_carry_are_the_callers_fault_but_no_leak() -> None:
    async def test() -> None:
        async with scripted_server(Reply()) as server, openrouter(server) as provider:
            error = await error_of(lambda: provider.chat([{"role": "user", "content": object()}]))
            assert KEY not in repr(error) + str(error)

    run(test())


def test_a_connection_that_is_never_accepted_times_out() -> None:
    """A listener whose queue is full takes no further connection, as a firewall that drops packets."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    address = listener.getsockname()
    fillers = []
    try:
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(address)
            fillers.append(filler)
        error = error_at(f"http://127.0.0.1:{address[1]}/v1", timeouts=Timeouts(connect=0.2))
        assert type(error) is errors.ConnectionTimedOut
    finally:
        for filler in [*fillers, listener]:
            filler.close()


# --- keys stay where they belong -----------------------------------------------------------------------------------


def chain_text(error: BaseException | None) -> str:
    parts: list[str] = []
    while error is not None:
        parts += [str(error), repr(error), repr(error.__dict__)]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


def test_no_error_carries_the_key() -> None:
    echo = f"Your key {KEY} is bad, and so is gsk_{'a' * 40} and Bearer {'b' * 20}"
    metadata = {"raw": f'{{"error": "{KEY}"}}', KEY: [KEY, {"deep": KEY}], "provider_name": KEY, "reasons": [KEY]}
    replies = [error_reply(code, echo, metadata=metadata) for code in (401, 403, 429, 500)]
    for reply in [*replies, Reply((KEY.encode(),), 500), Reply((b"{" + KEY.encode(),))]:
        for error in failures_of(reply)[:2]:
            assert KEY not in chain_text(error)
            assert KEY[:20] not in chain_text(error)
            assert "gsk_" not in chain_text(error)
            assert error.__cause__ is None
            assert error.__context__ is None


def test_a_cut_leaves_no_half_key() -> None:
    assert KEY[:9] not in clean_text("x" * 590 + KEY, KEY)
    assert KEY[:9] not in clean_text("x" * 590 + " " + KEY)


OWN_KEY = "Own-server-key_" + "aB3" * 20
"""A key without a known shape: what is left of it cannot be recognized by that."""


@pytest.mark.parametrize("length", [270, 15_900])
@pytest.mark.parametrize(
    "make",
    [
        lambda text: Reply((text.encode(),), 500, "text/plain"),
        lambda text: json_reply({"detail": [{"msg": text}]}, 500),
        lambda text: error_reply(502, "failed", metadata={"raw": text}),
        lambda text: error_reply(502, text),
        # White space is left out after the first cut, and makes room.
        lambda text: error_reply(502, "failed", metadata={"note": text.replace("x", " ")}),
    ],
)
def test_a_key_across_the_place_of_a_cut_leaves_nothing(make: Callable[[str], Reply], length: int) -> None:
    reply = make("x" * length + OWN_KEY)

    async def test() -> ProviderError:
        async with (
            scripted_server(reply) as server,
            compatible(server, api_key=OWN_KEY, retry_policy=ONCE) as provider,
        ):
            return await error_of(lambda: provider.chat(HELLO))

    error = run(test())
    assert OWN_KEY[:5] not in chain_text(error)


class _Watched:
    """A regular expression that remembers the longest text it was to read."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.longest = 0
        self._pattern = pattern

    def sub(self, replacement: Callable[[re.Match[str]], str], text: str) -> str:
        self.longest = max(self.longest, len(text))
        return self._pattern.sub(replacement, text)

    def match(self, text: str) -> re.Match[str] | None:
        return self._pattern.match(text)


def test_of_a_huge_failure_only_the_beginning_is_read_for_what_looks_like_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second for every four megabytes, in which the window would stand still."""
    shapes = _Watched(redaction._SHAPES)
    monkeypatch.setattr(redaction, "_SHAPES", shapes)
    body = json.dumps({"error": {"metadata": {"raw": "sk-a ://a:b " * 100_000}}}).encode()
    context = RequestContext("openai_compatible", "Own server", "localhost", MODEL, (OWN_KEY,), 60.0)
    with pytest.raises(errors.ServerFailed, match="sk-a"):
        decode_json(context, body, {})
    assert 300 <= shapes.longest < 100_000


def test_a_key_in_a_line_that_is_no_header_is_hidden() -> None:
    """The library below quotes the line, with the escapes of Python."""
    key = "it's/a\\key-of-your-own"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nX-Echo %b\r\n\r\n" % key.encode())
        await writer.drain()
        writer.close()

    async def test() -> ProviderError:
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            async with OpenAICompatibleProvider(MODEL, url, key, retry_policy=ONCE) as provider:
                return await error_of(lambda: provider.chat(HELLO))

    error = run(test())
    assert "X-Echo [hidden]" in error.detail
    assert "key-of-your-own" not in chain_text(error)


def test_cleaning() -> None:
    assert clean_text("a\x00b\nc\u202ed\x1b[31m  e") == "a b c d [31m e"
    assert len(clean_text("x" * 10_000_000)) == 600
    assert clean_text("https://user:secret@proxy:3128") == "https://[hidden]@proxy:3128"
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert clean_metadata({"a": deep, "b": list(range(1000)), "c": None, "d": 1.5})["b"] == list(range(50))


# --- waiting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"RETRY-AFTER": "1.5"}, 1.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"Retry-After": formatdate(1_800_000_030, usegmt=True), "Date": formatdate(1_800_000_000, usegmt=True)}, 30.0),
        ({"Retry-After": formatdate(1_700_000_000, usegmt=True), "Date": formatdate(1_800_000_000, usegmt=True)}, 0.0),
        ({"X-RateLimit-Reset": "1800000060000", "Date": formatdate(1_800_000_000, usegmt=True)}, 60.0),
        ({"X-RateLimit-Reset": 1800000060000, "Date": formatdate(1_800_000_000, usegmt=True)}, 60.0),
        ({"X-RateLimit-Reset": "5"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, Any], seconds: float | None) -> None:
    assert retry_after_of(headers) == seconds


def test_the_wait_is_told() -> None:
    for error in failures_of(error_reply(429, "Slow down", Retry_After="90")):
        assert error.retry_after == 90
        assert "90 seconds" in error.describe().advice
    nested = {"headers": {"X-RateLimit-Reset": "99999999999999"}}
    for error in failures_of(error_reply(429, "free-models-per-day", metadata=nested)):
        assert type(error) is errors.DailyLimitReached
        assert " hours," in error.describe().advice


# --- texts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", list(error_classes(errors.ProviderError)), ids=lambda cls: cls.__name__)
def test_texts_are_whole_sentences(cls: type[ProviderError]) -> None:
    error = cls(
        "openrouter",
        params={"provider": "OpenRouter", "model": MODEL, "host": "h", "time": Duration(60), "reasons": "r"},
    )
    text = error.describe()
    for part in (text.what, text.why, text.advice):
        assert re.fullmatch(r"[A-Z“].{5,}\.", part), part
        assert "!" not in part
        assert "wrong." not in text.what
        assert "something went wrong" not in part.lower()
        assert "{" not in part
        assert "…" not in part
    assert str(error)
    assert "\n" not in str(error)


def test_every_text_of_the_tree_is_a_whole_sentence() -> None:
    for template in all_templates(errors.ProviderError) - {NO_TEXT}:
        assert re.fullmatch(r"[A-Z“{].{5,}\.(?: \{reason\})?", template), template
        assert "!" not in template


def test_an_errors_own_reason_comes_before_its_classs() -> None:
    error = errors.AddressRefused(
        "x", reason=errors.AddressRefused.why_fixed, params={"address": "https://a.example", "provider": "A"}
    )
    text = error.describe()
    assert text.why.startswith("Only https://a.example or an address on this computer")
    assert (text.what, text.advice) == (
        errors.AddressRefused("x", params={"provider": "A"}).describe().what,
        error.advice,
    )
    assert text.why in str(error)
    why = errors.AddressRefused.why_fixed
    assert error.describe(lambda template: "Nur {address}." if template == why else template).why == (
        "Nur https://a.example."
    )


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("", "The server's address cannot be used."),
        ("https://host.example/v1?x=1", "The server address of host.example cannot be used."),
    ],
)
def test_an_address_that_names_no_host_is_called_by_no_name(address: str, what: str) -> None:
    with pytest.raises(errors.AddressRefused) as caught:
        OpenAICompatibleProvider(base_url=address, model="m")
    assert caught.value.describe().what == what


def test_names_of_the_programs_own_are_translated_too() -> None:
    german = {"The server": "Der Server", "Another server": "Ein anderer Server"}

    def what(error: ProviderError) -> str:
        return error.describe(lambda template: german.get(template, template)).what

    title = PROVIDERS["openai_compatible"].title
    assert what(errors.ConnectionFailed()) == "Der Server could not be reached."
    assert what(errors.ConnectionFailed("x", params={"provider": title})) == "Ein anderer Server could not be reached."
    assert what(errors.ConnectionFailed("x", params={"provider": str(title)})) == "Another server could not be reached."


def test_what_fills_a_placeholder_is_cleaned_however_deep_it_is() -> None:
    named = FilledText(SourceText("Test", "{a} and {b}"), {"a": KEY, "b": "x\ny"})
    error = errors.ModerationRefused("x", params={"reasons": (f"a {KEY}", named), "n": 3}, secrets=(KEY,))
    assert KEY not in chain_text(error)
    assert error.describe().why.endswith(": a [hidden], [hidden] and x y.")
    assert error.params["n"] == 3


def test_templates_can_be_translated_before_they_are_filled_in() -> None:
    known = {"provider", "model", "host", "time", "wait", "reasons", "provider_name", "issuer", "address", "name"}
    known |= {"known", "header", "reason", "file", "variable", "names", "proxy", "hosts"}
    for template in all_templates(errors.ProviderError):
        assert {name for _, name, _, _ in string.Formatter().parse(template) if name} <= known
    error = errors.RateLimited("groq", retry_after=200, params={"provider": "Groq"})
    german = {
        errors.RateLimited.what: "{provider} bittet um eine Pause.",
        errors.RateLimited.advice_with_wait: "In {wait} noch einmal.",
    }
    assert set(german) <= all_templates(errors.ProviderError)
    text = error.describe(lambda template: german.get(template, template))
    assert (text.what, text.advice) == ("Groq bittet um eine Pause.", "In 3 minutes noch einmal.")


@pytest.mark.parametrize("broken", ["{", "{0}", "{provider.x.y}", "{provider:%%%}"])
def test_a_broken_translation_falls_back(broken: str) -> None:
    assert errors.AuthenticationFailed("x").describe(lambda _: broken).what == "x did not accept the API key."


def test_braces_in_values_are_not_templates() -> None:
    error = errors.ModelNotFound("x", params={"model": "{provider}{0}"})
    assert "{provider}{0}" in error.describe().what


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(["ProviderError", *drawn]) == sorted(cls.__name__ for cls in error_classes(errors.ProviderError))
    assert {cls.__name__ for cls in error_classes(errors.ProviderError)} <= set(errors.__all__)


def test_collecting_a_good_stream_is_no_error() -> None:
    """Prove that the helpers notice a provider that does not fail."""

    async def test() -> None:
        reply = json_reply({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})
        async with scripted_server(reply) as server, openrouter(server) as provider:
            assert (await provider.chat(HELLO)).content == "Hi"
            assert await collect(provider.chat_stream(HELLO)) == ["Hi"]

    run(test())
