"""Whatever stands in a file of the program: it is read, refused by an error of the catalogue, or left aside."""

from __future__ import annotations

import json
import logging
import os
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.storage.caches.catalogue_cache import CachedCatalogue, CatalogueCache
from caal_desktop.storage.caches.order_cache import CachedOrder, OrderCache
from caal_desktop.storage.caches.spending import load_spending
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.settings.migrations import SCHEMA_VERSION
from caal_desktop.storage.settings.schema import SPECS, Settings
from caal_desktop.storage.settings.store import SettingsStore
from caal_desktop.storage.settings.transfer import FORMAT, ImportRefused, import_settings
from tests.support.fuzzing import ODD_CONTENTS, damaged, damaged_bytes, documents, encoded, fuzz, one_odd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = date(2026, 1, 31)
SETTINGS: dict[str, Any] = {
    "provider": "openai_compatible",
    "temperature": 0.7,
    "max_tokens": 4096,
    "proxy_mode": "manual",
    "proxy_url": "http://proxy.example:3128",
    "ca_bundle": "/a.pem",
    "providers": {"openai_compatible": {"model": "one", "base_url": "http://nas/v1", "headers": ["X-Team: voice"]}},
}
NAMES = (*SPECS, "providers", "schema_version", "settings", "openai_compatible", "headers", "base_url", "key_origin")
EXPORTED = {"format": FORMAT, "schema_version": SCHEMA_VERSION, "program": "1", "settings": SETTINGS}
KEPT = {"schema_version": SCHEMA_VERSION, **SETTINGS}
ORDERS = {"format": 1, "orders": {"price": {"fetched_at": "2026-01-31T00:00:00+00:00", "ids": ["acme/one"]}}}
SPENT = {"day": TODAY.isoformat(), "usd": 0.25}


def _file(document: Any) -> st.SearchStrategy[bytes]:
    others = documents(NAMES).map(encoded) | damaged_bytes(encoded(document))
    return damaged(document).map(encoded) | damaged(document).map(encoded) | others


@contextmanager
def _quiet() -> Iterator[None]:
    """What was left aside is logged, and not announced."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed")


def test_the_files_that_are_damaged_below_are_good_ones(folder: Path) -> None:
    path = folder / "good.json"
    path.write_bytes(encoded(EXPORTED))
    assert import_settings(path)["proxy_url"] == SETTINGS["proxy_url"]
    path.write_bytes(encoded(KEPT))
    assert SettingsStore(path).load().settings.of("openai_compatible").headers == ("X-Team: voice",)
    path.write_bytes(encoded(SPENT))
    assert load_spending(path, TODAY).usd == 0.25
    cache = OrderCache(folder, "openrouter")
    cache.path.write_bytes(encoded(ORDERS))
    assert list(cache.load()) == ["price"]


@pytest.mark.parametrize("content", ODD_CONTENTS, ids=range(len(ODD_CONTENTS)))
def test_a_content_that_was_once_too_much(folder: Path, content: bytes) -> None:
    path = folder / "odd.json"
    path.write_bytes(content)
    with pytest.raises(ImportRefused):
        import_settings(path)
    with _quiet():
        assert SettingsStore(path).load().settings == Settings()
    assert load_spending(path, TODAY).usd == 0
    for cache in (OrderCache(folder, "openrouter"), CatalogueCache(folder, "groq")):
        cache.path.write_bytes(content)
        with _quiet():
            assert not cache.load()
    for left in folder.glob("odd.json*"):
        left.unlink()


def test_one_odd_value_anywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A thousand files that nobody needs after a power cut.
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    path = folder / "odd.json"
    for document in one_odd(EXPORTED):
        path.write_bytes(encoded(document))
        try:
            values = import_settings(path)
        except ImportRefused as error:
            assert error.describe().why  # noqa: PT017 - either way is right
        else:
            Settings().replace(**values)
    with _quiet():
        for document in one_odd(KEPT):
            path.write_bytes(encoded(document))
            assert isinstance(SettingsStore(path).load().settings, Settings)
            for left in folder.glob("odd*"):
                left.unlink()
    for document in one_odd(SPENT):
        path.write_bytes(encoded(document))
        assert 0 <= load_spending(path, TODAY).usd <= 1e6
    orders, models = OrderCache(folder, "openrouter"), CatalogueCache(folder, "groq")
    assert models.save(b"[]", model_count=1)
    header, _, payload = models.path.read_bytes().partition(b"\n")
    with _quiet():
        for document in one_odd(ORDERS):
            orders.path.write_bytes(encoded(document))
            orders.save(orders.load())
        for document in one_odd(json.loads(header)):
            models.path.write_bytes(encoded(document) + b"\n" + payload)
            cached = models.load()
            assert cached is None or isinstance(cached, CachedCatalogue)


@fuzz(40)
@given(content=_file(EXPORTED))
def test_any_file_of_exported_settings(folder: Path, content: bytes) -> None:
    path = folder / "exported.json"
    path.write_bytes(content)
    try:
        values = import_settings(path)
    except ImportRefused as error:
        assert error.describe().why  # noqa: PT017 - either way is right
    else:
        Settings().replace(**values)


@fuzz(40)
@given(content=_file(KEPT))
def test_any_file_of_settings(folder: Path, content: bytes) -> None:
    path = folder / "settings.json"
    path.write_bytes(content)
    with _quiet():
        store = SettingsStore(path)
        settings = store.load().settings
        assert isinstance(settings, Settings)
        try:
            store.save(settings)
        except StorageError as error:
            assert error.describe().why  # noqa: PT017 - either way is right
        else:
            assert SettingsStore(path).load().settings == settings
    for left in folder.glob("settings.json*"):
        left.unlink()


@fuzz()
@given(data=st.data())
def test_any_cached_list_of_models(folder: Path, data: st.DataObject) -> None:
    cache = CatalogueCache(folder, "groq")
    assert cache.save(b'{"data": []}', model_count=3, fetched_at=datetime(2026, 1, 31, tzinfo=UTC))
    content = cache.path.read_bytes()
    cache.path.write_bytes(data.draw(damaged_bytes(content)))
    with _quiet():
        cached = cache.load()
    assert cached is None or isinstance(cached, CachedCatalogue)


@fuzz(60)
@given(content=_file(ORDERS))
def test_any_cached_order(folder: Path, content: bytes) -> None:
    cache = OrderCache(folder, "openrouter")
    cache.path.write_bytes(content)
    with _quiet():
        orders = cache.load()
        assert all(isinstance(order, CachedOrder) for order in orders.values())
        cache.save(orders)


@fuzz(60)
@given(content=_file(SPENT))
def test_any_sum_of_the_day(folder: Path, content: bytes) -> None:
    path = folder / "spending.json"
    path.write_bytes(content)
    spent = load_spending(path, TODAY)
    assert spent.day == TODAY
    assert 0 <= spent.usd < float("inf")
