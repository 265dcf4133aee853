"""Fuzzing of what comes from outside, for tests of every file and answer that is read.

A test is decorated with :func:`fuzz` in place of hypothesis' ``settings``. An ordinary run tries a few examples, the
same in every run; with ``--long`` it tries many, others each time, and a failure prints how to repeat it.
"""

from __future__ import annotations

import copy
import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ODD_CONTENTS = (
    b"",
    b"\x00",
    b"null",
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"9" * 5000,
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": 1e999}',
    b'{"a": "\\ud800"}',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"<!doctype html><title>x</title>",
)
"""Contents that have once been too much for a reader of JSON."""
LONG_FACTOR = 40
_chosen = {"long": False}

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "\ufeff",
    "a" * 5000,
    "1e999",
    "-1",
    "NaN",
    "9" * 400,
    "2099-01-01",
    "10000-01-01T00:00:00Z",
    "{provider}",
    "%n",
    "<b>x</b>",
    "https://a.example",
)
ODD_NUMBERS = (
    0,
    -1,
    1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    0.5,
    -0.0,
    1e18,
    1e308,
    5e-324,
    float("inf"),
    float("nan"),
)


ODD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 10**400, 1e308, float("nan")),
    *("", "x", "\ud800", "1e999", "[", "9" * 400, "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    *([], ["x"], [[]], [{}], {}, {"x": []}, [[[[[[["x"]]]]]]]),
)
"""Of each kind of JSON value some; fewer than above, as they are put everywhere."""


def try_many() -> None:
    """Try many examples from now on; called before the tests are imported."""
    _chosen["long"] = True


def fuzz(examples: int = 30) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return hypothesis' settings for a fuzz test.

    Args:
        examples: how many an ordinary run tries.
    """
    is_long = _chosen["long"]
    return settings(
        max_examples=examples * (LONG_FACTOR if is_long else 1),
        deadline=None,
        derandomize=not is_long,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


texts = st.text(max_size=40) | st.sampled_from(ODD_TEXTS)
numbers = st.integers() | st.floats() | st.sampled_from(ODD_NUMBERS)
scalars = st.none() | st.booleans() | numbers | texts


def documents(names: tuple[str, ...] = ()) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON values.

    Args:
        names: the names that objects have besides odd ones.
    """
    keys = st.sampled_from(names) | texts if names else texts
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5),
        max_leaves=12,
    )


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """Return a strategy of a document with some of its values lost, doubled, or replaced by others."""
    whole = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(whole))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(("replace", "remove", "nest", "repeat")))
        if kind == "replace":
            holder[key] = draw(scalars | documents())
        elif kind == "remove":
            del holder[key]
        elif kind == "nest":
            holder[key] = draw(st.sampled_from(([holder[key]], {"x": holder[key]}, [[]] * 3)))
        else:
            holder[key] = [copy.deepcopy(holder[key]) for _ in range(3)]
    return whole


def one_odd(document: Any) -> Iterator[Any]:
    """Yield a document again and again, each time with one of its values odd, or lost.

    All of its places come up with each kind of value: what a reader takes for granted of one field is found in every
    run, which a few random examples leave to luck.

    Args:
        document: has every field that the reader knows, or that field is not tried.
    """
    for number, (_holder, _key) in enumerate(list(_places(document))):
        for odd in ODD_VALUES:
            whole = copy.deepcopy(document)
            holder, key = list(_places(whole))[number]
            holder[key] = copy.deepcopy(odd)
            yield whole
        whole = copy.deepcopy(document)
        holder, key = list(_places(whole))[number]
        del holder[key]
        yield whole
    yield from copy.deepcopy(ODD_VALUES)


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if not isinstance(item, dict | list):
            continue
        for key, inner in list(item.items() if isinstance(item, dict) else enumerate(item)):
            found.append((item, key))
            waiting.append(inner)
    return found


@st.composite
def damaged_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Return a strategy of bytes that were cut, overwritten or put together wrongly, or are something else."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(ODD_CONTENTS))
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        data[start:end] = draw(st.binary(max_size=8) | st.sampled_from((b"\x00", b"\xff\xfe", b"[" * 3000, b"9" * 500)))
    if draw(st.booleans()):
        del data[draw(st.integers(0, len(data))) :]
    return bytes(data)


@st.composite
def chunks(draw: st.DrawFn, content: bytes) -> list[bytes]:
    """Return a strategy of the pieces in which bytes may arrive."""
    places = sorted({0, len(content), *draw(st.lists(st.integers(0, len(content)), max_size=12))})
    return [content[start:end] for start, end in pairwise(places)]


def encoded(value: Any) -> bytes:
    """Return a value as JSON, whatever it holds: halves of surrogate pairs stand escaped, infinities as words."""
    return json.dumps(value).encode()
