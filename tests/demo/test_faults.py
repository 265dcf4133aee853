"""Every failure that the demo can play, seen from the wire."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from caal_desktop.demo.faults.registry import (
    FAULTS,
    ActiveFaults,
    EndpointGroup,
    FaultKind,
    UnknownFaultError,
    activate,
    parse,
    requested_in,
)
from caal_desktop.demo.request_log import mask
from tests.demo.asking import CHEAP, TOOLS, ask, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import DemoControl

STATUS = {
    "bad_parameter": 400,
    "wrong_key": 401,
    "disabled_key": 401,
    "no_credit": 402,
    "moderation": 403,
    "guardrail": 403,
    "model_404": 404,
    "retired_404": 404,
    "free_ended_404": 404,
    "removed_404": 404,
    "price_limit_404": 404,
    "data_policy_404": 404,
    "region_403": 403,
    "wrong_endpoint_400": 400,
    "proxy_407": 407,
    "request_timeout_408": 408,
    "too_large_413": 413,
    "unprocessable_422": 422,
    "rate_limit": 429,
    "daily_cap": 429,
    "no_capacity_429": 429,
    "upstream_rate_limit": 429,
    "server_error_500": 500,
    "bad_gateway_502": 502,
    "html_502": 502,
    "no_provider_503": 503,
    "timeout_524": 524,
    "overloaded_529": 529,
    "string_code": 429,
}


def test_every_refusal_is_tested() -> None:
    assert set(STATUS) == {fault.name for fault in FAULTS.values() if fault.kind is FaultKind.ERROR}


@pytest.mark.parametrize("name", STATUS)
@pytest.mark.parametrize("stream", [False, True])
def test_refusals(demo: DemoControl, name: str, stream: bool) -> None:
    demo.fault(name, times=1)
    answer = ask(demo, "hello", stream=stream)
    assert answer.status == STATUS[name]
    if name in ("proxy_407", "html_502"):
        assert answer.headers["content-type"].startswith("text/html")
    else:
        error = answer.json()["error"]
        assert error["code"] == ("rate_limit_exceeded" if name == "string_code" else STATUS[name])
        assert error["message"]
    assert ask(demo, "hello", stream=stream).status == 200


def test_rate_limits_tell_how_long(demo: DemoControl) -> None:
    demo.fault("rate_limit", 7, times=1)
    headers = ask(demo, "hello").headers
    assert headers["retry-after"] == "7"
    assert headers["x-ratelimit-remaining"] == "0"
    demo.fault("daily_cap")
    headers = ask(demo, "hello").headers
    assert "retry-after" not in headers
    assert int(headers["x-ratelimit-reset"]) % 86_400_000 == 0


def test_moderation_tells_reasons(demo: DemoControl) -> None:
    demo.fault("moderation")
    metadata = ask(demo, "hello").json()["error"]["metadata"]
    assert metadata["reasons"]
    assert metadata["flagged_input"]


@pytest.mark.parametrize(
    ("name", "start"),
    [("html_200", b"<!DOCTYPE html>"), ("broken_json", b'{"id":'), ("empty_body", b""), ("error_in_200", b'{"error"')],
)
@pytest.mark.parametrize("stream", [False, True])
def test_other_answers(demo: DemoControl, name: str, start: bytes, stream: bool) -> None:
    demo.fault(name)
    answer = ask(demo, "hello", stream=stream)
    assert answer.status == 200
    assert answer.body.startswith(start)
    assert (answer.body == b"") == (name == "empty_body")


@pytest.mark.parametrize("path", ["/key", "/models", "/credits", "/generation?id=x", "/models/openai/gpt-5/endpoints"])
def test_a_captive_portal_is_everywhere(demo: DemoControl, path: str) -> None:
    demo.fault("html_200")
    assert demo.call("GET", path, key=demo.key).text.startswith("<!DOCTYPE html>")


def test_a_redirect_leads_to_another_host_and_the_log_tells(demo: DemoControl) -> None:
    demo.fault("redirect")
    answer = ask(demo, "hello")
    target = urlsplit(answer.headers["location"])
    assert (answer.status, target.hostname, target.path) == (307, "localhost", "/_demo/elsewhere")
    demo.call("POST", f"{demo.root}/_demo/elsewhere", {}, key=demo.key)
    assert demo.requests("/_demo/elsewhere")[0]["key"] == mask(demo.key)
    demo.clear_faults()
    demo.fault("redirect", "https://example.org/")
    assert urlsplit(ask(demo, "hello").headers["location"]).hostname == "localhost"


def test_cut_before(demo: DemoControl) -> None:
    demo.fault("cut_before")
    with pytest.raises(http.client.RemoteDisconnected):
        ask(demo, "hello")
    with pytest.raises(http.client.RemoteDisconnected):
        demo.call("GET", "/models")


def text_tokens(chunks: list[dict[str, Any]]) -> int:
    return sum(bool(c["choices"] and c["choices"][0]["delta"].get("content")) for c in chunks)


def test_cut_after(demo: DemoControl) -> None:
    demo.fault("cut_after", 4)
    with pytest.raises(http.client.IncompleteRead) as cut:
        ask(demo, "hello", stream=True)
    lines = [json.loads(line[6:]) for line in cut.value.partial.decode().split("\n\n") if line.startswith("data: ")]
    assert text_tokens(lines) == 4


def test_end_without_done(demo: DemoControl) -> None:
    demo.fault("end_without_done", 4)
    answer = ask(demo, "hello", stream=True)
    assert text_tokens(answer.chunks()) == 4
    assert "[DONE]" not in answer.text
    assert all(choice["finish_reason"] is None for chunk in answer.chunks() for choice in chunk["choices"])


def test_error_event(demo: DemoControl) -> None:
    demo.fault("error_event", 4)
    chunks = ask(demo, "hello", stream=True).chunks()
    assert text_tokens(chunks) == 4
    assert chunks[-1]["error"]["code"] == 502
    assert chunks[-1]["choices"][0]["finish_reason"] == "error"


def test_availability_event(demo: DemoControl) -> None:
    demo.fault("availability_event", 4)
    chunks = ask(demo, "hello", stream=True).chunks()
    assert text_tokens(chunks) == 4
    error = chunks[-1]["error"]
    assert "code" not in error
    assert (error["http_status"], error["availability"]["retry_after"]) == (429, 20)


@pytest.mark.parametrize(
    ("name", "error"), [("broken_chunk", json.JSONDecodeError), ("broken_utf8", UnicodeDecodeError)]
)
def test_broken_events(demo: DemoControl, name: str, error: type[Exception]) -> None:
    demo.fault(name, 4)
    answer = ask(demo, "hello", stream=True)
    with pytest.raises(error):
        answer.chunks()
    assert answer.body.endswith(b"data: [DONE]\n\n")


def test_broken_utf8_in_one_piece(demo: DemoControl) -> None:
    demo.fault("broken_utf8")
    with pytest.raises(UnicodeDecodeError):
        ask(demo, "hello").json()


def test_missing_parts(demo: DemoControl) -> None:
    demo.fault("no_usage", times=2)
    assert "usage" not in ask(demo, "hello").json()
    assert all("usage" not in chunk for chunk in ask(demo, "hello", stream=True).chunks())
    demo.fault("anonymous_chunks")
    answer = ask(demo, "hello", stream=True)
    assert "x-generation-id" not in answer.headers
    assert all(set(chunk) <= {"choices", "usage"} for chunk in answer.chunks())
    assert "demo" in text_of(answer)


@pytest.mark.parametrize("stream", [False, True])
def test_strange_answers(demo: DemoControl, stream: bool) -> None:
    demo.fault("empty_answer", times=1)
    answer = ask(demo, "hello", stream=stream)
    assert (answer.status, text_of(answer)) == (200, "")
    for name, reason in (("truncated", "length"), ("filtered", "content_filter")):
        demo.fault(name, 3, times=1)
        answer = ask(demo, "hello", stream=stream)
        assert f'"finish_reason": "{reason}"' in answer.text
        assert text_of(answer)
    demo.fault("fast_flood", 500, times=1)
    assert text_of(ask(demo, "hello", stream=stream)).split() == [f"word{n}" for n in range(500)]
    demo.fault("huge_answer", 30_000, times=1)
    assert len(text_of(ask(demo, "hello", stream=stream))) == 30_000


def calls_of(demo: DemoControl, **more: Any) -> list[dict[str, Any]]:
    message = ask(demo, "turn on the kitchen lights", **more).json()["choices"][0]["message"]
    return list(message.get("tool_calls", []))


def test_strange_tool_calls(demo: DemoControl) -> None:
    demo.fault("tool_call_only", times=2)
    assert calls_of(demo, tools=TOOLS, tool_choice="none")[0]["function"]["name"] == "set_light"
    assert len(calls_of(demo)) == 1
    demo.fault("bad_tool_arguments", times=1)
    with pytest.raises(json.JSONDecodeError):
        json.loads(calls_of(demo, tools=TOOLS)[0]["function"]["arguments"])
    demo.fault("two_tool_calls", times=1)
    calls = calls_of(demo, tools=TOOLS)
    assert len({call["id"] for call in calls}) == 2
    assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)
    demo.fault("ignores_tools", times=1)
    assert calls_of(demo, tools=TOOLS, tool_choice="required") == []


def test_interleaved_tool_calls_can_be_put_together(demo: DemoControl) -> None:
    demo.fault("two_tool_calls")
    answer = ask(demo, "turn on the kitchen lights", tools=TOOLS, stream=True)
    texts = {0: "", 1: ""}
    order = []
    for chunk in answer.chunks():
        for choice in chunk["choices"]:
            for piece in choice["delta"].get("tool_calls", []):
                texts[piece["index"]] += piece["function"]["arguments"]
                order.append(piece["index"])
    assert order[:5] == [0, 1, 0, 1, 0]
    assert [set(json.loads(text)) for text in texts.values()] == [{"room", "state"}, {"city"}]


def test_strange_lists_of_models(demo: DemoControl) -> None:
    def listed(name: str) -> Any:
        demo.fault(name, times=1)
        return demo.call("GET", "/models").json()["data"]

    assert listed("empty_models") == []
    assert isinstance(listed("models_wrong_shape"), dict)
    assert set(listed("bare_models")[0]) == {"id", "object", "created", "owned_by"}
    broken = listed("broken_models")
    assert None in broken
    assert any(isinstance(row, dict) and row.get("id") == CHEAP for row in demo.call("GET", "/models").json()["data"])


def test_credit_that_was_bought_meanwhile(demo: DemoControl) -> None:
    key = demo.key_for("free_tier")
    assert demo.call("GET", "/key", key=key).json()["data"]["is_free_tier"] is True
    demo.fault("credit_bought")
    assert demo.call("GET", "/key", key=key).json()["data"]["is_free_tier"] is False


def test_a_bare_key(demo: DemoControl) -> None:
    demo.fault("bare_key")
    assert set(demo.call("GET", "/key", key=demo.key).json()["data"]) == {"label"}


class OpenStream:
    """A stream that is read piece by piece and closed in the middle, as a stop button does."""

    def __init__(self, demo: DemoControl, prompt: str, *, stream: bool = True) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(demo.root).netloc, timeout=20)
        body = {"model": CHEAP, "stream": stream, "max_tokens": 4096, "messages": [{"role": "user", "content": prompt}]}
        headers = {"Authorization": f"Bearer {demo.key}", "HTTP-Referer": "https://example.org"}
        self._connection.request("POST", "/api/v1/chat/completions", json.dumps(body), headers)
        self.response = self._connection.getresponse() if stream else None

    def events(self) -> Iterator[bytes]:
        assert self.response is not None
        while line := self.response.readline():
            if line.strip():
                yield line

    def close(self) -> None:
        if self.response is not None:
            self.response.close()
        self._connection.close()


@pytest.mark.parametrize(("name", "tokens"), [("stall_after", 3), ("only_comments", 0), ("slow_trickle", 2)])
def test_a_stop_is_seen_and_charged(demo: DemoControl, name: str, tokens: int) -> None:
    demo.fault(name, {"stall_after": 3, "slow_trickle": 500}.get(name))
    stream = OpenStream(demo, "tell me something long")
    assert stream.response is not None
    generation = stream.response.getheader("X-Generation-Id")
    events = stream.events()
    assert next(events) == b": OPENROUTER PROCESSING\n"
    if tokens:
        read = [json.loads(next(events)[6:]) for _ in range(tokens + 1)]
        assert text_tokens(read) == tokens
    else:
        assert next(events) == b": OPENROUTER PROCESSING\n"
    demo.wait_for_open_streams(1)
    stream.close()
    demo.wait_for_open_streams(0)
    assert demo.closed_by_client() == 1
    assert demo.requests("/chat/completions")[0]["closed_by_client"]
    path = f"/generation?id={generation}"
    assert demo.call("GET", path, key=demo.key).status == 404
    told = demo.call("GET", path, key=demo.key).json()["data"]
    assert told["cancelled"]
    assert told["finish_reason"] is None
    assert told["tokens_completion"] >= tokens
    assert told["http_referer"] == "https://example.org"
    assert told["total_cost"] > 0


@pytest.mark.parametrize("name", ["stall_before", "key_timeout"])
def test_silence(demo: DemoControl, name: str) -> None:
    demo.fault(name, path="/chat/completions")
    stream = OpenStream(demo, "hello", stream=False)
    demo.wait_for(lambda: demo.requests("/chat/completions"), "the request arrives")
    assert demo.requests("/chat/completions")[0]["status"] is None
    stream.close()
    demo.wait_for(demo.closed_by_client, "the stop is seen")


def test_slow_ones_take_an_argument(demo: DemoControl) -> None:
    for name, path in (("slow_models", "/models"), ("slow_first_token", "/chat/completions")):
        demo.fault(name, "0.01", times=1)
        assert (demo.call("GET", path) if path == "/models" else ask(demo, "hello", stream=True)).status == 200
        assert demo.requests(path)[-1]["fault"] == name


def test_a_question_can_ask_for_a_fault(demo: DemoControl) -> None:
    answer = ask(demo, "what happens with\n/fault rate_limit 9")
    assert (answer.status, answer.headers["retry-after"]) == (429, "9")
    assert "[DONE]" not in ask(demo, "/fault end_without_done 2", stream=True).text
    unknown = ask(demo, "/fault thunder")
    assert unknown.status == 400
    assert "cut_after" in unknown.text
    assert ask(demo, "my own /faulty words").status == 200


def test_faults_can_be_listed_and_cleared(demo: DemoControl) -> None:
    demo.fault("no_credit")
    demo.fault("cut_after", 7, times=2, path="/chat/completions")
    told = demo.call("GET", "/_demo/faults").json()
    assert told["active"][1] == {"name": "cut_after", "arg": "7", "times": 2, "path": "/chat/completions"}
    assert {fault["name"] for fault in told["known"]} == set(FAULTS)
    demo.clear_faults()
    assert ask(demo, "hello").status == 200


@pytest.mark.parametrize(
    "wish",
    [
        [],
        {},
        {"name": "thunder"},
        {"name": "cut_after", "arg": "x"},
        {"name": "no_credit", "times": 0},
        {"name": "no_credit", "path": 1},
    ],
)
def test_bad_wishes(demo: DemoControl, wish: object) -> None:
    assert demo.call("POST", "/_demo/faults", wish).status == 400


def test_what_a_fault_hits() -> None:
    book = ActiveFaults([parse("rate_limit:3")])
    assert book.take(EndpointGroup.KEY, "/api/v1/key") is None
    taken = book.take(EndpointGroup.CHAT, "/api/v1/chat/completions")
    assert taken is not None
    assert taken.count == 3
    book.clear()
    book.add(activate("server_error_500", times=2, path="/key"))
    assert book.take(EndpointGroup.MODELS, "/api/v1/models") is None
    assert [book.take(EndpointGroup.KEY, "/api/v1/key") is not None for _ in range(3)] == [True, True, False]
    book.reset()
    assert [entry["name"] for entry in book.listing()] == ["rate_limit"]


@pytest.mark.parametrize("text", ["", "thunder", "rate_limit:soon", "cut_after:-1", "cut_after:nan", "cut_after:inf"])
def test_faults_that_are_none(text: str) -> None:
    with pytest.raises(UnknownFaultError):
        parse(text)


def test_the_magic_word() -> None:
    found = requested_in("please /fault cut_after 5 now")
    assert found is not None
    assert (found.name, found.arg) == ("cut_after", "5")
    assert requested_in("/fault list") is None
    assert requested_in("nothing") is None
