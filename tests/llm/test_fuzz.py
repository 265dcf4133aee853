"""Whatever a server answers: nothing but the provider layer's own errors and types comes out."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import socket
import ssl
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm.errors import AddressRefused, NoProviderAllowed, ProviderError
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.fields import as_dict
from caal_desktop.llm.models.endpoints import parse_endpoints
from caal_desktop.llm.models.key_info import KeyInfo, parse_key_info
from caal_desktop.llm.models.listing import next_page_link, parse_model_list
from caal_desktop.llm.redaction import clean_metadata, clean_text, redact
from caal_desktop.llm.streaming import answers, reader
from caal_desktop.llm.transport import error_mapping, headers, issuer
from caal_desktop.llm.transport.address import (
    Address,
    AddressError,
    check_base_url,
    host_of,
    is_private,
    location_of,
    origin_of,
    read_address,
)
from caal_desktop.llm.transport.network import NetworkOptions, ProxyMode
from caal_desktop.llm.transport.retry import retry_after_of
from caal_desktop.llm.transport.sdk import httpx2
from tests.llm.helpers import KEY, run
from tests.support.fuzzing import (
    ODD_CONTENTS,
    chunks,
    damaged,
    damaged_bytes,
    documents,
    encoded,
    fuzz,
    one_odd,
    scalars,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from caal_desktop.llm.events import StreamEvent

CONTEXT = RequestContext("own", "Own", "host:1", "acme/one", (KEY,))
NAMES = (
    *("error", "message", "code", "type", "metadata", "choices", "delta", "content", "role", "finish_reason", "usage"),
    *(
        "data",
        "id",
        "name",
        "pricing",
        "prompt",
        "endpoints",
        "links",
        "next",
        "raw",
        "reasons",
        "availability",
        "detail",
    ),
    *("prompt_tokens", "completion_tokens", "cost", "reasoning", "tool_calls", "function", "arguments", "index"),
)
ROW = {
    "id": "acme/one",
    "name": "Acme: One",
    "created": 1_700_000_000,
    "description": "One.",
    "context_length": 8192,
    "architecture": {
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "modality": "text->text",
        "tokenizer": "Acme",
    },
    "pricing": {
        "prompt": "0.000001",
        "completion": "0.000002",
        "request": "0.01",
        "input_cache_read": 0.0000001,
        "discount": 0.5,
        "overrides": [{"min_prompt_tokens": 9, "prompt": "1", "utc_start": 1030, "utc_end": 2200}],
    },
    "top_provider": {"context_length": 8192, "max_completion_tokens": 100, "is_moderated": False},
    "supported_parameters": ["tools", "temperature"],
    "default_parameters": {"temperature": 0.7},
    "expiration_date": "2030-01-01",
    "knowledge_cutoff": "2025-01",
    "reasoning": {"mandatory": False, "supported_efforts": ["low"], "default_effort": "low"},
    "canonical_slug": "acme/one-1",
    "hugging_face_id": "acme/One",
    "alias_target": {"slug": "acme/two", "name": "Acme: Two"},
    "benchmarks": {"artificial_analysis": {"intelligence_index": 50.5}},
    "owned_by": "acme",
    "type": "chat",
    "meta": {"n_ctx_train": 8192},
}
HOST = {
    "name": "Host | acme/one",
    "provider_name": "Host",
    "tag": "host/fp8",
    "context_length": 8192,
    "pricing": ROW["pricing"],
    "status": 0,
    "uptime_last_30m": 99.5,
    "latency_last_30m": {"p50": 100},
    "throughput_last_30m": {"p50": 50},
}
KEY_INFO = {
    "data": {
        "label": "a",
        "usage": 1.5,
        "limit": 10,
        "limit_remaining": 8.5,
        "limit_reset": "monthly",
        "is_free_tier": False,
        "expires_at": "2030-01-01T00:00:00Z",
        "is_management_key": False,
        "is_provisioning_key": False,
        "usage_daily": 0.5,
        "usage_weekly": 1,
        "usage_monthly": 1.5,
        "rate_limit": {"requests": 10, "interval": "10s"},
    }
}
COMPLETION = {
    "id": "gen-1",
    "model": "acme/one",
    "provider": "Host",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hi",
                "refusal": None,
                "reasoning_details": [{"type": "reasoning.text", "text": "x"}],
                "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
            },
            "delta": {"content": "Hi", "reasoning_details": [{"type": "reasoning.text", "text": "x"}]},
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "cost": 0.1,
        "completion_tokens_details": {"reasoning_tokens": 1},
        "prompt_tokens_details": {"cached_tokens": 1},
        "cost_details": {"upstream_inference_cost": 0.1},
        "is_byok": False,
    },
}
CHUNK = {
    "id": "gen-1",
    "model": "acme/one",
    "provider": "Host",
    "choices": [
        {
            "index": 0,
            "delta": {
                "role": "assistant",
                "content": [{"type": "text", "text": "Hi"}],
                "reasoning": "Hm",
                "reasoning_content": "Hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "x"}],
                "refusal": "No.",
                "tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}],
            },
            "finish_reason": "stop",
            "native_finish_reason": "STOP",
        }
    ],
    "usage": COMPLETION["usage"],
    "x_groq": {"usage": COMPLETION["usage"]},
}
ERROR = {
    "error": {
        "code": 429,
        "message": "No.",
        "type": "rate_limit_error",
        "metadata": {
            "raw": '{"error": {"message": "x"}}',
            "provider_name": "Host",
            "reasons": ["a"],
            "headers": {"retry-after": "3", "X-RateLimit-Reset": "1700000000"},
            "flagged_input": "x",
            "limit_source": "x_free_tier_daily",
        },
        "availability": {"code": "no_endpoints", "excluded_by": ["a"], "retry_after": 3},
    }
}
GENERATION = {"data": {"id": "gen-1", "total_cost": 0.1, "tokens_prompt": 1, "native_tokens_completion": 2}}


def _answer(document: Any) -> st.SearchStrategy[Any]:
    return damaged(document) | damaged(document) | documents(NAMES)


def test_the_answers_that_are_damaged_below_are_good_ones() -> None:
    assert [model.vendor for model in parse_model_list({"data": [ROW]}).models] == ["Acme"]
    assert [host.uptime for host in parse_endpoints({"data": {"endpoints": [HOST]}}) or ()] == [99.5]
    assert parse_key_info(KEY_INFO).limit_remaining == 8.5
    completion = answers.parse_completion(COMPLETION)
    assert completion is not None
    assert (completion.content, len(completion.tool_calls)) == ("Hi", 1)
    assert answers.parse_generation(GENERATION).cost == 0.1
    assert type(error_mapping.error_from_payload(CONTEXT, ERROR)) is NoProviderAllowed


@fuzz()
@given(_answer({"data": [ROW, ROW], "links": {"next": "/v1/models?page=2"}}))
def test_any_list_of_models(payload: Any) -> None:
    listing = parse_model_list(payload)
    assert listing.skipped >= 0
    link = next_page_link(payload)
    assert link is None or (link.startswith("/") and not link.startswith("//"))


@fuzz()
@given(_answer({"data": {"endpoints": [HOST, HOST]}}))
def test_any_list_of_hosts(payload: Any) -> None:
    hosts = parse_endpoints(payload)
    assert hosts is None or isinstance(hosts, tuple)


@fuzz()
@given(_answer(KEY_INFO))
def test_any_facts_of_a_key(payload: Any) -> None:
    assert isinstance(parse_key_info(payload), KeyInfo)


@fuzz()
@given(_answer(COMPLETION), _answer(GENERATION))
def test_any_whole_answer(completion: Any, generation: Any) -> None:
    logging.disable(logging.WARNING)  # odd arguments of a tool are logged
    try:
        if isinstance(completion, dict):
            answers.parse_completion(completion)
            answers.parse_usage(completion.get("usage"))
        answers.parse_generation(generation)
    finally:
        logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("good", "read"),
    [
        ({"data": [ROW], "links": {"next": "/v1/models?page=2"}}, parse_model_list),
        ({"data": [ROW], "links": {"next": "/v1/models?page=2"}}, next_page_link),
        ({"data": {"endpoints": [HOST]}}, parse_endpoints),
        (KEY_INFO, parse_key_info),
        (GENERATION, answers.parse_generation),
        (COMPLETION, lambda payload: answers.parse_completion(as_dict(payload))),
        (CHUNK, lambda payload: _finished(answers.StreamAssembler(), as_dict(payload))),
        ({"x_groq": CHUNK["x_groq"]}, lambda payload: _finished(answers.StreamAssembler(), as_dict(payload))),
        (ERROR, lambda payload: error_mapping.error_in(as_dict(payload))),
    ],
    ids=[
        "models",
        "next page",
        "hosts",
        "key",
        "generation",
        "answer",
        "chunk",
        "usage in another place",
        "error in it",
    ],
)
def test_one_odd_value_anywhere(good: Any, read: Callable[[Any], object]) -> None:
    logging.disable(logging.WARNING)  # odd arguments of a tool are logged
    try:
        for payload in one_odd(good):
            told = repr(payload)[:2000]
            try:
                read(payload)
            except Exception as error:
                pytest.fail(f"{error!r} of {told}")
    finally:
        logging.disable(logging.NOTSET)


def _finished(assembler: answers.StreamAssembler, payload: dict[str, Any]) -> None:
    assert all(isinstance(getattr(event, "text", ""), str) for event in assembler.feed(payload))
    assembler.finish()


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 503])
def test_one_odd_value_anywhere_in_an_error(status: int) -> None:
    # What OpenRouter says of the availability comes before everything else.
    plain = {"error": {name: value for name, value in ERROR["error"].items() if name != "availability"}}
    for payload in (*one_odd(ERROR), *one_odd(plain)):
        error = error_mapping.error_from_payload(CONTEXT, payload, status=None if status == 200 else status)
        words = error.describe()
        assert all((words.what, words.why, words.advice))
        assert error.retry_after is None or 0 <= error.retry_after < float("inf")


class _Response:
    """A body that comes in pieces, and perhaps breaks off."""

    def __init__(self, pieces: list[bytes], content_type: str, end: Exception | None) -> None:
        self._pieces, self._end = pieces, end
        self.headers = {"content-type": content_type}

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece
        if self._end is not None:
            raise self._end


async def _events(response: Any) -> list[StreamEvent]:
    found: list[StreamEvent] = []
    try:
        async for event in reader.read_events(CONTEXT, response):
            found.append(event)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        assert str(error)  # noqa: PT017 - either way is right
    return found


streams = st.lists(
    damaged(COMPLETION).map(lambda value: b"data: " + encoded(value))
    | st.sampled_from(
        (
            b"data: [DONE]",
            b": ping",
            b"event: error",
            b"data: {",
            b"data:",
            b"id: 1",
            b"retry: 1",
            encoded(ERROR),
            b"data: 1",
        )
    )
    | damaged(ERROR).map(lambda value: b"data: " + encoded(value))
    | st.binary(max_size=20),
    max_size=6,
).flatmap(lambda lines: st.sampled_from((b"\n\n", b"\r\n\r\n", b"\r\r", b"\n")).map(lambda end: end.join(lines) + end))


@fuzz(50)
@given(
    streams.flatmap(chunks) | st.binary(max_size=200).flatmap(chunks),
    st.sampled_from(("text/event-stream", "application/json", "text/html; charset=x", "")),
    st.sampled_from(
        (None, httpx2.ReadError("x"), httpx2.ReadTimeout("x"), httpx2.RemoteProtocolError("x"), OSError("x"))
    ),
)
def test_any_stream_in_any_pieces(pieces: list[bytes], content_type: str, end: Exception | None) -> None:
    found = run(_events(_Response(pieces, content_type, end)))
    assert sum(len(getattr(event, "text", "") or "") for event in found) <= 2 * sum(map(len, pieces)) + 100


@fuzz(50)
@given(
    st.integers(100, 999),
    st.dictionaries(
        st.sampled_from(("content-type", "retry-after", "x-ratelimit-reset", "retry-after-ms", "location")),
        texts,
        max_size=3,
    ),
    _answer(ERROR).map(encoded) | damaged_bytes(encoded(ERROR)) | st.binary(max_size=300) | texts,
)
def test_any_answer_that_is_an_error(status: int, fields: dict[str, str], body: bytes | str) -> None:
    error = error_mapping.error_from_answer(CONTEXT, status, fields, body)
    assert isinstance(error, ProviderError)
    assert error.retry_after is None or error.retry_after >= 0
    words = error.describe()
    assert all((words.what, words.why, words.advice))
    assert len(str(error)) < 5000
    assert "\n" not in str(error)


@fuzz()
@given(_answer(COMPLETION).map(encoded) | damaged_bytes(encoded(ERROR)) | st.binary(max_size=300), texts)
def test_any_body_of_a_good_answer(body: bytes, content_type: str) -> None:
    for decode in (error_mapping.decode_json, error_mapping.decode_object):
        try:
            decode(CONTEXT, body, {"content-type": content_type})
        except ProviderError as error:
            assert str(error)  # noqa: PT017 - either way is right


@pytest.mark.parametrize("body", ODD_CONTENTS, ids=range(len(ODD_CONTENTS)))
def test_a_body_that_was_once_too_much(body: bytes) -> None:
    for pieces in ([body], [body[:1], body[1:]]):
        run(_events(_Response(pieces, "text/event-stream", None)))
        run(_events(_Response([b"data: ", *pieces, b"\n\n"], "text/event-stream", None)))
    for decode in (error_mapping.decode_json, error_mapping.decode_object):
        with contextlib.suppress(ProviderError):
            decode(CONTEXT, body, {})
    for status in (200, 302, 400, 429, 500):
        assert len(str(error_mapping.error_from_answer(CONTEXT, status, {}, body))) < 5000


HTTP_DATES = (
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Thu, 01 Jan 99999999999 00:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 +99999999999999",
    "1 Jan " + "9" * 400 + " 00:00:00",
)


@pytest.mark.parametrize("date", HTTP_DATES, ids=range(len(HTTP_DATES)))
def test_a_date_that_no_calendar_shows_is_no_wait(date: str) -> None:
    for fields in ({"retry-after": date}, {"retry-after": date, "date": date}, {"retry-after": "3", "date": date}):
        wait = retry_after_of(fields)
        assert wait is None or 0 <= wait < float("inf")


@fuzz()
@given(st.dictionaries(st.sampled_from(("retry-after", "retry-after-ms", "x-ratelimit-reset")), scalars, max_size=3))
def test_any_wait_that_a_server_asks_for(fields: dict[str, Any]) -> None:
    wait = retry_after_of(fields)
    assert wait is None or (wait >= 0 and wait < float("inf"))


exceptions = st.sampled_from(
    (
        OSError,
        OSError(errno.ECONNREFUSED, "x"),
        socket.gaierror(-2, "x"),
        ssl.SSLError(1, "x"),
        ssl.SSLCertVerificationError("x"),
        TimeoutError,
        ValueError("x"),
        RecursionError,
        MemoryError,
        UnicodeError("\ud800"),
        KeyError(KEY),
        httpx2.ConnectError("x"),
        httpx2.InvalidURL(KEY),
        httpx2.ProxyError("407"),
        httpx2.LocalProtocolError(KEY),
        httpx2.DecodingError("x"),
        json.JSONDecodeError("x", KEY, 0),
        ExceptionGroup("g", [ValueError("x"), OSError("y")]),
    )
).map(lambda one: one() if isinstance(one, type) else one)


@fuzz()
@given(st.lists(exceptions, min_size=1, max_size=4), st.booleans())
def test_any_exception_of_the_layers_below(chain: list[BaseException], streaming: bool) -> None:
    for above, below in pairwise(chain):
        above.__cause__ = below  # rings included
    error = error_mapping.error_from_exception(CONTEXT, chain[0], streaming=streaming)
    assert isinstance(error, ProviderError)
    assert KEY not in str(error)
    assert isinstance(error_mapping.error_from_setup(CONTEXT, chain[0]), ProviderError)
    for one in chain:
        one.__cause__ = None


ADDRESS_PIECES = (
    *("http", "https", "://", ":", "/", "@", "[", "]", "::1", "%", "25", "\\", ".", "。", "．", "?", "#", "\t", "\n"),
    *("0x7f", "8", "80", "１", "٣", "ffff", "evil", "com", "nas", "eth0", "ä", "xn--", "-", "_", "\u00ad", "\ud800"),
)
addresses = (
    st.text(max_size=60)
    | st.lists(st.sampled_from(ADDRESS_PIECES), max_size=12).map("".join)
    | st.text(st.sampled_from("0123456789abcdefx.:[]%/@\\"), max_size=30).map(lambda host: f"http://{host}/v1")
)


@fuzz(120)
@given(addresses)
def test_any_address(text: str) -> None:
    for function in (host_of, origin_of, location_of):
        assert isinstance(function(text), str)
    is_private(text)
    network = NetworkOptions(proxy_mode=ProxyMode.MANUAL, proxy_url=text)
    assert isinstance(network.proxy, str | None)
    assert isinstance(network.receiver_of(text), str)
    try:
        address = read_address(text)
    except AddressError:
        assert origin_of(text) == ""
        return
    assert isinstance(address, Address)
    assert read_address(str(address)) == address
    assert httpx2.URL(str(address)).raw_host.decode() == address.host.name
    try:
        url = check_base_url("own", "Own", text, has_key=True)
    except AddressRefused as error:
        assert error.describe().why  # noqa: PT017 - either way is right
    else:
        assert address.scheme == "https" or is_private(httpx2.URL(url).raw_host.decode())


@fuzz(50)
@given(st.text(max_size=80) | st.text(st.sampled_from("XKey-_Ap i:Tokn\n\x00"), max_size=30))
def test_any_header(line: str) -> None:
    assert isinstance(headers.shown_header(line), str)
    try:
        name, value = headers.parse_header(line)
    except ValueError:
        return
    if headers.check_header(name, value) == "":
        request = httpx2.Request("GET", "http://host", headers={name: value})
        assert request.headers[name] == value


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes((tag, 0x82, *len(content).to_bytes(2))) + content


def _name_part(kind: int, text: str) -> bytes:
    return _der(0x31, _der(0x30, _der(0x06, bytes((0x55, 0x04, kind))), _der(0x0C, text.encode())))


ALTERNATIVES = _der(0x30, _der(0x82, b"host.example"), _der(0x87, bytes((127, 0, 0, 1))))
CERTIFICATE = _der(
    0x30,
    _der(
        0x30,
        _der(0xA0, _der(0x02, b"\x02")),
        *(_der(0x02, b"\x07"), _der(0x30)),
        _der(0x30, _name_part(0x0A, "Example"), _name_part(0x03, "Example CA")),
        *(_der(0x30),) * 3,
        _der(0xA3, _der(0x30, _der(0x30, _der(0x06, bytes((0x55, 0x1D, 0x11))), _der(0x04, ALTERNATIVES)))),
    ),
)


def _read_certificate(der: bytes) -> None:
    for read in (issuer.issuer_name, issuer.host_names):
        with contextlib.suppress(ValueError, IndexError):
            read(der)


def test_a_certificate_with_any_byte_changed_or_cut_off_anywhere() -> None:
    assert issuer.issuer_name(CERTIFICATE) == "Example CA"
    assert issuer.host_names(CERTIFICATE) == ("host.example", "127.0.0.1")
    for place, byte in enumerate(CERTIFICATE):
        for other in (0, 1, 0x7F, 0x80, 0x84, 0xFF, byte ^ 1, (byte + 1) % 256, (byte - 1) % 256):
            _read_certificate(CERTIFICATE[:place] + bytes((other,)) + CERTIFICATE[place + 1 :])
        _read_certificate(CERTIFICATE[:place])
        _read_certificate(CERTIFICATE[:place] + CERTIFICATE[place + 1 :])


@fuzz()
@given(st.binary(max_size=200) | damaged_bytes(CERTIFICATE))
def test_any_certificate(der: bytes) -> None:
    _read_certificate(der)


@fuzz()
@given(texts, documents(NAMES))
def test_any_text_is_cleaned(text: str, value: Any) -> None:
    assert "\n" not in clean_text(text)
    assert isinstance(redact(text), str)
    assert len(repr(clean_metadata(value))) < 1_000_000
