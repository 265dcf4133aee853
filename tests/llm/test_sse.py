"""The decoder of server-sent events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.llm.streaming.sse import LineTooLongError, SSEComment, SSEDecoder, SSEvent


def decode(*chunks: bytes) -> list[SSEvent | SSEComment]:
    decoder = SSEDecoder()
    found = [item for chunk in chunks for item in decoder.feed(chunk)]
    return found + decoder.finish()


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_all_line_ends_of_the_format(end: bytes) -> None:
    stream = b": hi" + end + b"event: note" + end + b"data: a" + end + b"data:b" + end + end + b"data: c" + end + end
    assert decode(stream) == [SSEComment("hi"), SSEvent("a\nb", "note"), SSEvent("c")]


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_other_characters_that_look_like_line_ends_do_not_cut(character: str) -> None:
    assert decode(f"data: a{character}b\n\n".encode()) == [SSEvent(f"a{character}b")]


def test_a_line_feed_that_belongs_to_the_last_chunks_return_ends_no_second_line() -> None:
    assert decode(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == [SSEvent("a\nb")]


def test_an_event_without_its_blank_line_is_given_out_at_the_end() -> None:
    assert decode(b"data: a\n\ndata: [DONE]") == [SSEvent("a"), SSEvent("[DONE]")]


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert decode(b"data: a\xff\xfeb\n\n") == [SSEvent("a\ufffd\ufffdb")]


def test_byte_order_mark_ids_retries_and_unknown_fields_are_skipped() -> None:
    assert decode(b"\xef\xbb\xbfdata: a\nid: 3\nretry: 10\nfoo\n\n\n\n") == [SSEvent("a")]


def test_a_line_has_a_longest_length() -> None:
    decoder = SSEDecoder(max_bytes=100)
    assert decoder.feed(b"data: " + b"x" * 90) == []
    with pytest.raises(LineTooLongError):
        decoder.feed(b"x" * 10)


@pytest.mark.parametrize("cut", [0, 90])
def test_a_line_that_is_too_long_with_its_end_is_refused_too(cut: int) -> None:
    line = b": " + b"x" * 100 + b"\n"
    decoder = SSEDecoder(max_bytes=100)
    assert decoder.feed(line[:cut]) == []
    with pytest.raises(LineTooLongError):
        decoder.feed(line[cut:])
    assert decode(line) == [SSEComment("x" * 100)]


def test_an_event_of_many_lines_has_a_longest_length() -> None:
    decoder = SSEDecoder(max_bytes=100)
    with pytest.raises(LineTooLongError):
        decoder.feed(b"data: xxxxxxxxxx\n" * 10)


LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12), max_size=4)


@given(
    events=st.lists(LINES.filter(len), max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 400), max_size=20),
)
def test_where_the_chunks_are_cut_makes_no_difference(events: list[list[str]], end: str, cuts: list[int]) -> None:
    raw = "".join("".join(f"data: {line}{end}" for line in lines) + end for lines in events).encode()
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    chunks = [raw[start:stop] for start, stop in pairwise(places)]
    assert decode(*chunks) == [SSEvent("\n".join(lines)) for lines in events]
    assert decode(*(bytes([byte]) for byte in raw)) == decode(*chunks)
