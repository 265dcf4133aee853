"""The cached orders of model lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.storage.caches.order_cache import CachedOrder, OrderCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHEN = datetime(2026, 8, 22, 10, 30, tzinfo=UTC)


def test_orders_come_back(tmp_path: Path) -> None:
    cache = OrderCache(tmp_path / "models", "openrouter")
    assert cache.load() == {}
    orders = {"popular": CachedOrder(("a/b", "c/ü"), WHEN), "throughput": CachedOrder((), WHEN)}
    assert cache.save(orders)
    assert cache.load() == orders
    with pytest.raises(ValueError, match="not a provider's name"):
        OrderCache(tmp_path, "../x")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"format": 1, "orders": []}',
        b'{"format": 1, "orders": {"popular": null}}',
        b'{"format": 1, "orders": {"popular": {"fetched_at": "yesterday", "ids": ["a"]}}}',
        b'{"format": 1, "orders": {"popular": {"fetched_at": "2026-08-22T00:00:00+00:00", "ids": [1]}}}',
        b'{"format": 1, "orders": {"popular": {"fetched_at": "0001-01-01T00:00:00+14:00", "ids": ["a"]}}}',
        b'{"format": 1, "orders": ' + b'{"popular":' * 500 + b"1" + b"}" * 501,
        b'{"format": 1, "orders": 1' + b"0" * 400 + b"}",
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_ignored(tmp_path: Path, content: bytes, expected_logs: Callable[..., None]) -> None:
    expected_logs("are damaged")
    cache = OrderCache(tmp_path, "openrouter")
    cache.path.write_bytes(content)
    assert cache.load() == {}


def test_an_order_from_the_future_is_of_an_unknown_date(tmp_path: Path) -> None:
    cache = OrderCache(tmp_path, "openrouter")
    later = datetime(2999, 1, 1, tzinfo=UTC)
    assert cache.save({"popular": CachedOrder(("a",), later), "throughput": CachedOrder(("b",), WHEN)})
    assert cache.load() == {"popular": CachedOrder(("a",), None), "throughput": CachedOrder(("b",), WHEN)}
    assert cache.save(cache.load())
    assert set(cache.load()) == {"throughput"}, "it is not written with a date of our own making"


def test_another_format_is_left_alone(tmp_path: Path) -> None:
    cache = OrderCache(tmp_path, "openrouter")
    cache.path.write_text(json.dumps({"format": 2, "orders": {}}))
    assert cache.load() == {}


def test_a_cache_that_cannot_be_written_is_logged(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be written", "cannot be read")
    (tmp_path / "file").write_text("")
    cache = OrderCache(tmp_path / "file", "openrouter")
    assert not cache.save({"popular": CachedOrder(("a",), WHEN)})
    assert cache.load() == {}


@given(st.dictionaries(st.text(max_size=10), st.lists(st.text(max_size=20), max_size=4).map(tuple), max_size=3))
def test_any_ids_survive(tmp_path_factory: pytest.TempPathFactory, orders: dict[str, tuple[str, ...]]) -> None:
    cache = OrderCache(tmp_path_factory.mktemp("orders"), "openrouter")
    kept = {name: CachedOrder(ids, WHEN) for name, ids in orders.items()}
    assert cache.save(kept)
    assert cache.load() == kept
