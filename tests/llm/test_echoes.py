"""A key that a server sends back is in no answer, whatever escapes it has and in however many pieces it comes."""

from __future__ import annotations

import json
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm import ReasoningDelta, StreamFinished, TextDelta, ToolCallDelta
from caal_desktop.llm.echoes import EchoFilter, hide_echoes
from caal_desktop.llm.errors import InvalidResponse, ProviderError, ServerFailed, StreamInterrupted
from caal_desktop.llm.errors.context import RequestContext
from caal_desktop.llm.redaction import spellings
from caal_desktop.llm.streaming import reader
from caal_desktop.llm.streaming.sse import SSEDecoder
from caal_desktop.llm.transport.sdk import httpx2
from tests.llm.helpers import HELLO, KEY, collect, compatible, run
from tests.support.scripted_server import DROP, Reply, delta, frame, json_reply, scripted_server, sse_reply

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from caal_desktop.llm import LLMResponse, StreamEvent

ANSWER_KEY = "aB3+/<&'\"\\=Zq7"
OTHER_KEYS = (
    "abababababababab",  # begins within itself
    "aB3+/<&'\"\\=Zq7-and-more",  # begins as another one
    "ends-with-a-\\",  # is the beginning of itself as JSON writes it
    "[hidden]-is-what-it-is",
)
SECRETS = (KEY, ANSWER_KEY, *OTHER_KEYS, "word", None)
WRITTEN = sorted({form for key in SECRETS if key is not None and len(key) >= 12 for form in spellings(key)})


# --- whole texts ---------------------------------------------------------------------------------------------------


def escaped(text: str, characters: str, form: str = "\\u{:04x}") -> str:
    """Return a text as JSON, in which these characters are escaped although JSON does not ask for it."""
    return "".join(form.format(ord(c)) if c in characters else json.dumps(c)[1:-1] for c in text)


WAYS: list[Callable[[str], str]] = [
    lambda text: escaped(text, "/", "\\/"),  # PHP
    lambda text: escaped(text, "<>&"),  # Go
    lambda text: escaped(text, "<>&'="),  # Gson
    lambda text: escaped(text, "<>&'\"+`", "\\u{:04X}"),  # .NET
]


@pytest.mark.parametrize("write", [*WAYS, lambda text: escaped(text, text)])
@pytest.mark.parametrize("key", [KEY, ANSWER_KEY])
def test_an_answer_echoes_no_key_however_it_is_escaped(write: Callable[[str], str], key: str) -> None:
    text = 'a/b <c> \\u0041 \\/ "'
    assert json.loads(f'"{hide_echoes(write(f"{text}{key}{text}"), (key,))}"') == f"{text}[hidden]{text}"
    assert hide_echoes(write(text), (key,)) == write(text)


@given(st.text(max_size=30), st.text(max_size=30), st.text(st.characters(max_codepoint=0xFFFF), max_size=10))
def test_an_answer_loses_its_request_s_key_and_nothing_else(before: str, after: str, characters: str) -> None:
    written = escaped(f"{before}{ANSWER_KEY}{after}", characters + ANSWER_KEY[::2])
    assert json.loads(f'"{hide_echoes(written, (ANSWER_KEY,))}"') == f"{before}[hidden]{after}"
    rest = escaped(f"{before}{after}", characters)
    assert hide_echoes(rest, (ANSWER_KEY,)) == rest


@pytest.mark.parametrize("text", [KEY, f"Authorization: Bearer {KEY}", "http://ann:secret@host/", "c2VjcmV0" * 50])
def test_what_only_looks_like_a_key_stays_in_an_answer(text: str) -> None:
    """It may be an example, in code that somebody asked for."""
    assert hide_echoes(text, (ANSWER_KEY,)) == text
    assert filtered([text], (ANSWER_KEY,)) == text


# --- texts in pieces -----------------------------------------------------------------------------------------------


def filtered(pieces: Iterable[str], secrets: tuple[str | None, ...] = SECRETS) -> str:
    echoes = EchoFilter(secrets)
    return "".join([*(echoes.feed(piece) for piece in pieces), echoes.finish()])


def open_end(text: str) -> int:
    """Return the length of a text's end that is the beginning of a secret, letter by letter."""
    return next((n for n in range(len(text), 0, -1) if any(f.startswith(text[-n:]) and len(f) > n for f in WRITTEN)), 0)


def hidden_in_one_go(text: str) -> str:
    """Return what is to be left of a whole text, letter by letter."""
    left, place = "", 0
    while place < len(text):
        if any(form.startswith(text[place:]) and len(form) > len(text) - place for form in WRITTEN):
            return left + (text[place:] if len(text) - place < 12 else "[hidden]")
        longest = max((len(form) for form in WRITTEN if text.startswith(form, place)), default=0)
        left += "[hidden]" if longest else text[place]
        place += longest or 1
    return left


#: Keys, their beginnings and ends, and words that have something of them.
parts = st.one_of(
    st.text(max_size=5),
    st.text('ab[sk-"\\', max_size=5),
    st.sampled_from(WRITTEN),
    st.builds(lambda text, n: text[: n % len(text)], st.sampled_from(WRITTEN), st.integers(0, 100)),
    st.builds(lambda text, n: text[n % len(text) :], st.sampled_from(WRITTEN), st.integers(0, 100)),
)
whole_texts = st.lists(parts, max_size=6).map("".join)


def cut(text: str, cuts: list[int]) -> list[str]:
    places = sorted({place % (len(text) + 1) for place in cuts} | {0, len(text)})
    return [text[start:stop] for start, stop in pairwise(places)]


@given(whole_texts, st.lists(st.integers(0, 10_000), max_size=20))
def test_where_a_text_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    assert filtered(cut(text, cuts)) == hidden_in_one_go(text)
    assert filtered(text) == hidden_in_one_go(text), "letter by letter"


@given(st.text('abs sk-or-v1-0."\\', max_size=40), st.lists(st.integers(0, 100), max_size=20))
def test_nothing_waits_that_is_no_beginning_of_a_key(text: str, cuts: list[int]) -> None:
    echoes = EchoFilter(SECRETS)
    come = given_out = ""
    for piece in cut(text, cuts):
        come += piece
        given_out += echoes.feed(piece)
        assert given_out == hidden_in_one_go(come[: len(come) - open_end(come)])


def test_a_word_that_begins_like_a_key_waits_for_the_next_piece_alone() -> None:
    echoes = EchoFilter((KEY,))
    assert [echoes.feed(piece) for piece in ("the risks", " are", " sk", "-or", "ted", "")] == [
        "the risk",
        "s are",
        " ",
        "",
        "sk-orted",
        "",
    ]
    assert echoes.finish() == ""


@pytest.mark.parametrize(("length", "left"), [(1, "s"), (11, KEY[:11]), (12, "[hidden]"), (40, "[hidden]")])
def test_of_a_key_that_is_cut_off_no_more_is_left_than_of_a_word(length: int, left: str) -> None:
    assert filtered(["You sent ", KEY[:length]], (KEY,)) == f"You sent {left}"


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["a", "ab", "s", KEY[:-1], KEY, KEY + "-", "sk-or-v1-", "x"])
def test_a_long_text_takes_no_longer_in_pieces(piece: str) -> None:
    keys = (KEY, "a" * 100, "ab" * 50, KEY * 50)
    assert filtered([piece] * (20_000 // len(piece)), keys)
    assert filtered([piece * (1_000_000 // len(piece))], keys)


# --- answers -------------------------------------------------------------------------------------------------------


class _Response:
    """A body that comes in pieces, and perhaps breaks off."""

    def __init__(self, pieces: Iterable[bytes], end: Exception | None = None) -> None:
        self._pieces, self._end = pieces, end
        self.headers = {"content-type": "text/event-stream"}

    async def aiter_bytes(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces:
            yield piece
        if self._end is not None:
            raise self._end


def read(
    pieces: Iterable[bytes], end: Exception | None = None, key: str = KEY
) -> tuple[list[StreamEvent], ProviderError | None]:
    """Return the events of a stream, and the error that ended it."""
    context = RequestContext("own", "Own", "host:1", "acme/one", (key,))
    response: Any = _Response(pieces, end)

    async def test() -> tuple[list[StreamEvent], ProviderError | None]:
        events = []
        try:
            async for event in reader.read_events(context, response):
                events.append(event)  # noqa: PERF401 - what came before an error counts
        except ProviderError as error:
            return events, error
        return events, None

    return run(test())


def chunk(channel: str, text: str, **choice: Any) -> bytes:
    is_tool = channel == "arguments"
    fields = {"tool_calls": [{"index": 0, "function": {"arguments": text}}]} if is_tool else {channel: text}
    return frame(json.dumps({"choices": [{"index": 0, "delta": fields, **choice}]}))


def said(events: list[StreamEvent], channel: str) -> str:
    kinds = {"content": (TextDelta, "text"), "refusal": (TextDelta, "text"), "arguments": (ToolCallDelta, "arguments")}
    kind, name = kinds.get(channel, (ReasoningDelta, "text"))
    return "".join(getattr(event, name) for event in events if isinstance(event, kind))


STOP = frame(delta(finish="stop"))
CHANNELS = ["content", "refusal", "reasoning", "reasoning_content", "arguments"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_key_in_pieces_is_in_no_part_of_an_answer(channel: str) -> None:
    text = f"You sent {KEY}, it seems"
    for place in range(len(text)):
        pieces = [chunk(channel, text[:place]), b": ping\n\n", chunk(channel, text[place:])]
        events, error = read([*pieces, STOP])
        assert error is None
        assert said(events, channel) == "You sent [hidden], it seems", place
    events, _ = read([*(chunk(channel, letter) for letter in text), STOP])
    assert said(events, channel) == "You sent [hidden], it seems"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("word", ["answers", "s", KEY[:11]])
def test_a_word_that_was_held_back_comes_at_the_end_however_that_comes(channel: str, word: str) -> None:
    ends: list[tuple[list[bytes], Exception | None, type[ProviderError] | None]] = [
        ([STOP], None, None),
        ([STOP], httpx2.ReadError("x"), None),  # the answer was complete
        ([frame("[DONE]")], None, None),
        ([], None, StreamInterrupted),
        ([], httpx2.ReadError("x"), StreamInterrupted),
        ([frame({"error": {"message": "x", "code": 500}})], None, ServerFailed),
        ([b"event: error\n" + frame({"message": "x"})], None, ServerFailed),
        ([frame("{")], None, InvalidResponse),
    ]
    for last, cause, kind in ends:
        events, error = read([chunk(channel, f"the {word}"), *last], cause)
        assert said(events, channel) == f"the {word}", last
        assert type(error) is (kind or type(None))
        assert isinstance(events[-1], StreamFinished) == (kind is None)


def test_the_text_in_the_chunk_of_an_error_is_joined_with_what_was_held_back() -> None:
    last = {"error": {"message": "x", "code": 500}, "choices": [{"index": 0, "delta": {"content": KEY[20:] + " so"}}]}
    events, error = read([chunk("content", f"You sent {KEY[:20]}"), frame(last)])
    assert said(events, "content") == "You sent [hidden] so"
    assert isinstance(error, ServerFailed)


def test_each_text_of_an_answer_waits_for_its_own_next_piece() -> None:
    """A key in the reasoning is found although text comes in between, and what belongs to one text stays there."""
    steps = [chunk("reasoning", KEY[:30]), chunk("content", "the answers"), chunk("reasoning", KEY[30:])]
    calls = [{"index": n, "function": {"arguments": KEY[:40]}} for n in range(2)]
    rests = [{"index": n, "function": {"arguments": KEY[40:] + str(n)}} for n in range(2)]
    events, _ = read([*steps, frame(delta(tool_calls=calls)), frame(delta(tool_calls=rests)), STOP])
    assert said(events, "reasoning") == "[hidden]"
    assert said(events, "content") == "the answers"
    arguments = ["", ""]
    for event in events:
        if isinstance(event, ToolCallDelta):
            arguments[event.index] += event.arguments
    assert arguments == ["[hidden]0", "[hidden]1"]


@pytest.mark.parametrize("write", WAYS)
def test_a_key_in_arguments_is_found_in_the_escapes_of_json_within_json(write: Callable[[str], str]) -> None:
    arguments = f'{{"key": "{write(ANSWER_KEY)}"}}'
    for place in range(len(arguments)):
        pieces = [chunk("arguments", arguments[:place]), chunk("arguments", arguments[place:])]
        events, _ = read([*pieces, STOP], key=ANSWER_KEY)
        assert json.loads(said(events, "arguments")) == {"key": "[hidden]"}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    reply = json_reply({"choices": [{"message": {"content": ANSWER_KEY, "tool_calls": [call]}}]})

    async def test() -> LLMResponse:
        async with scripted_server(reply) as server, compatible(server, api_key=ANSWER_KEY) as provider:
            # A server that ignores that a stream was asked for.
            events = await collect(provider.stream_events(HELLO))
            assert json.loads(said(events, "arguments")) == {"key": "[hidden]"}
            return await provider.chat(HELLO)

    answer = run(test())
    assert answer.content == "[hidden]"
    assert answer.tool_calls[0].arguments == {"key": "[hidden]"}


@pytest.mark.parametrize(
    ("reply", "left", "is_complete"),
    [
        (sse_reply(frame(delta(KEY[:40])), frame(delta(f"{KEY[40:]}, is")), STOP), "[hidden], is", True),
        (sse_reply(frame(delta("the answer i")), frame(delta("s")), DROP), "the answer is", False),
        (sse_reply(frame(delta("it is ")), frame(delta(KEY[:40])), DROP), "it is [hidden]", False),
        (json_reply({"choices": [{"message": {"content": f"it is {KEY}"}}]}), "it is [hidden]", True),
        (json_reply({"choices": [{"message": {"content": "it is"}}]}), "it is", True),
    ],
)
def test_the_text_of_an_answer_over_http_has_no_key_and_all_of_its_words(
    reply: Reply, left: str, is_complete: bool
) -> None:
    async def test() -> tuple[str, ProviderError | None]:
        text = ""
        async with scripted_server(reply) as server, compatible(server, api_key=KEY, max_retries=0) as provider:
            try:
                async for piece in provider.chat_stream(HELLO):
                    text += piece
            except ProviderError as error:
                return text, error
            return text, None

    text, error = run(test())
    assert text == left
    assert (error is None) == is_complete


@pytest.mark.parametrize(
    "pieces", [[b"data: " + b"x" * 200], [b"data: " + b"x" * 150 + b"\n", b"data: " + b"x" * 150 + b"\n"]]
)
@pytest.mark.parametrize("last", [b"", b"\n\n"])
def test_a_line_or_an_event_that_is_too_long_ends_the_answer(
    pieces: list[bytes], last: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "SSEDecoder", partial(SSEDecoder, max_bytes=199))
    events, error = read([chunk("content", "the answers"), *pieces, last])
    assert said(events, "content") == "the answers"
    assert isinstance(error, InvalidResponse)
    assert error.reason == InvalidResponse.why_too_long


def test_an_event_that_only_the_stream_s_end_makes_too_long_ends_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SSEDecoder", partial(SSEDecoder, max_bytes=199))
    events, error = read([chunk("content", "the answers"), b"data: " + b"x" * 150 + b"\n", b"data: " + b"x" * 150])
    assert said(events, "content") == "the answers"
    assert isinstance(error, InvalidResponse)
    assert error.reason == InvalidResponse.why_too_long
