"""A large object that is read a piece at a time is the one that the json module reads."""

from __future__ import annotations

import io
import json
from typing import Any
from unittest import mock

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
