"""A large object that is read a piece at a time is the one that the json module reads."""

from __future__ import annotations

import io
import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.services.history import json_members
from caal_desktop.services.history.json_members import JsonMembers
from tests.support.fuzzing import fuzz

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["messages", "title", ""]) | st.text(max_size=3)
PIECES = st.sampled_from([*'{}[]:,"\\ \n\t0-1.eEnut\x0b\u2028', "", "NaN", "Infinity", "\\ud83d", "\\u00"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Return JSON with up to two faults, which may leave it valid."""
    value = draw(st.dictionaries(NAMES, VALUES, max_size=4))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(PIECES) + text[place + draw(st.integers(0, 1)) :]
    return text


def members(text: str) -> list[tuple[str, Any]]:
    """Return what is to be found: the members of the outermost object, which comes last."""
    objects: list[list[tuple[str, Any]]] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        objects.append(pairs)
        return dict(pairs)

    if not isinstance(json.loads(text, object_pairs_hook=note), dict):
        raise ValueError("no object")  # noqa: TRY004 - as the reader says it
    found: list[tuple[str, Any]] = []
    for name, value in objects[-1]:
        is_array = name == "messages" and isinstance(value, list)
        found += [(name, item) for item in value] if is_array else [(name, value)]
    return found


def outcome(read: Any) -> str:
    try:
        return repr(read())
    except ValueError:
        return "not valid"


@fuzz(examples=100)
@given(texts(), st.integers(1, 9))
def test_it_reads_what_the_json_module_reads(text: str, chunk: int) -> None:
    content = text.encode()
    with mock.patch.object(json_members, "CHUNK", chunk):
        assert outcome(lambda: list(JsonMembers(io.BytesIO(content), "messages"))) == outcome(lambda: members(text))


def test_a_mark_of_the_byte_order_is_no_part_of_it() -> None:
    """As Windows' editors write it."""
    assert list(JsonMembers(io.BytesIO(b'\xef\xbb\xbf{"a": 1}'), "messages")) == [("a", 1)]


def test_a_character_that_is_cut_off_at_the_end_is_a_fault() -> None:
    with pytest.raises(ValueError, match="unexpected end"):
        list(JsonMembers(io.BytesIO('{"a": 1} €'.encode()[:-1]), "messages"))


def test_a_value_has_a_limit() -> None:
    """A file of 10 GB that begins as a conversation, and then with a quotation mark, must not fill the memory."""
    file = io.BytesIO(b'{"a": "' + b"x" * 1000)
    with mock.patch.object(json_members, "CHUNK", 10), mock.patch.object(json_members, "MAX_VALUE", 100):
        with pytest.raises(ValueError, match="too long"):
            list(JsonMembers(file, "messages"))
        assert file.tell() < 500
        assert list(JsonMembers(io.BytesIO(b'{"a": "' + b"x" * 90 + b'"}'), "messages")) == [("a", "x" * 90)]


def test_a_long_value_is_not_looked_through_for_each_piece() -> None:
    """That would take hours for a message with some images."""
    members = JsonMembers(io.BytesIO(b'{"a": "' + b"x" * 10_000 + b'"}'), "messages")
    decode = members._decoder.raw_decode
    places: list[int] = []

    def noting(text: str, at: int) -> tuple[Any, int]:
        places.append(at)
        return decode(text, at)

    with mock.patch.object(json_members, "CHUNK", 10), mock.patch.object(members._decoder, "raw_decode", noting):
        assert list(members) == [("a", "x" * 10_000)]
    assert len(places) < 30
