"""The cached model lists."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caal_desktop.storage.caches import catalogue_cache
from caal_desktop.storage.caches.cache_file import CacheFile
from caal_desktop.storage.caches.catalogue_cache import CatalogueCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAYLOAD = json.dumps({"data": [{"id": "a/b", "from_the_future": {"x": [None, "ü"]}}]}, ensure_ascii=False).encode()
FETCHED = datetime(2026, 11, 22, 12, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def cache(tmp_path: Path) -> CatalogueCache:
    return CatalogueCache(tmp_path / "models", "openrouter")


def test_there_is_nothing_at_first(cache: CatalogueCache) -> None:
    assert cache.load() is None
    assert not cache.path.parent.exists()


def test_the_answer_comes_back_to_the_byte(cache: CatalogueCache) -> None:
    payload = PAYLOAD + b"\n\n{not even JSON}\r\n\x00"
    assert cache.save(payload, model_count=415, fetched_at=FETCHED)
    cached = cache.load()
    assert cached is not None
    assert cached.payload == payload
    assert cached.model_count == 415
    assert cached.fetched_at == datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    assert cached.fetched_at.utcoffset() == timedelta(0)
    assert "a/b" not in repr(cached)


def test_without_a_time_it_is_now(cache: CatalogueCache) -> None:
    before = datetime.now(UTC)
    cache.save(PAYLOAD, model_count=1)
    cached = cache.load()
    assert cached is not None
    assert before <= cached.fetched_at <= datetime.now(UTC)


@pytest.mark.parametrize(("payload", "count"), [(b'{"data": []}', 0), (b"", 5), (b"<html>", -1)])
def test_an_empty_or_broken_answer_leaves_the_last_good_one(cache: CatalogueCache, payload: bytes, count: int) -> None:
    cache.save(PAYLOAD, model_count=1)
    assert not cache.save(payload, model_count=count)
    cached = cache.load()
    assert cached is not None
    assert cached.payload == PAYLOAD


def test_providers_and_servers_are_kept_apart(tmp_path: Path) -> None:
    first = CatalogueCache(tmp_path, "openai_compatible", source="http://localhost:1234/v1")
    other_server = CatalogueCache(tmp_path, "openai_compatible", source="http://localhost:8000/v1")
    other_provider = CatalogueCache(tmp_path, "ollama", source="http://localhost:1234/v1")
    first.save(PAYLOAD, model_count=1)
    assert first.load() is not None
    assert other_server.load() is None
    assert other_provider.load() is None
    assert first.load() is not None, "looking for another server's list must not remove this one's"
    with pytest.raises(ValueError, match="not a provider's name"):
        CatalogueCache(tmp_path, "../settings")


def damaged(content: bytes) -> dict[str, bytes]:
    header, _, payload = content.partition(b"\n")
    facts = json.loads(header)

    def with_facts(**changes: object) -> bytes:
        return json.dumps(facts | changes).encode() + b"\n" + payload

    return {
        "empty": b"",
        "cut": content[:-1],
        "no payload": header,
        "a byte changed": content[:-5] + b"#" + content[-4:],
        "not ours": payload,
        "another format": with_facts(format=2),
        "nonsense for a time": with_facts(fetched_at="noon"),
        "no time": with_facts(fetched_at=None),
        "a list": b"[]\n" + payload,
        "deep": b"[" * 100_000 + b"\n" + payload,
        "as deep as can be read": b"[" * 900 + b"]" * 900 + b"\n" + payload,
        "a count of 400 digits": with_facts(models=10**400),
        "a count of 5000 digits": content.replace(b'"models": 1', b'"models": 1' + b"0" * 5000),
        "a time before all others": with_facts(fetched_at="0001-01-01T00:00:00+14:00"),
        "latin-1": b'"\xe4"\n' + payload,
    }


@pytest.mark.parametrize("how", list(damaged(b'{"format": 1}\npayload')))
def test_a_damaged_cache_is_ignored_and_removed(
    cache: CatalogueCache, how: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs("is damaged and was removed")
    cache.save(PAYLOAD, model_count=1)
    cache.path.write_bytes(damaged(cache.path.read_bytes())[how])
    assert cache.load() is None
    assert not cache.path.exists()


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """One that is larger is not taken for what its beginning says."""
    file = CacheFile(tmp_path, "groq", "cache", limit=10)
    assert file.write(b"0123456789")
    assert file.read() == b"0123456789"
    assert file.write(b"0123456789A")
    assert file.read() == b""


def test_an_answer_that_is_too_large_is_not_kept(cache: CatalogueCache, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.save(PAYLOAD, model_count=1)
    monkeypatch.setattr(catalogue_cache, "MAX_PAYLOAD", len(PAYLOAD))
    assert cache.save(PAYLOAD, model_count=2)
    assert not cache.save(PAYLOAD + b" ", model_count=3)
    cached = cache.load()
    assert cached is not None
    assert cached.model_count == 2, "the last good one stays"


@pytest.mark.parametrize("clock", [timedelta(days=26_000), timedelta(hours=1)])
def test_a_list_from_the_future_is_of_an_unknown_date(cache: CatalogueCache, clock: timedelta) -> None:
    """It would count as fresh until then: a clock was wrong when it was written, or is now."""
    cache.save(PAYLOAD, model_count=1, fetched_at=datetime.now(UTC) + clock)
    cached = cache.load()
    assert cached is not None
    assert (cached.fetched_at, cached.payload) == (None, PAYLOAD)


@pytest.mark.parametrize("what", ["folder", "pipe"])
def test_what_is_no_file_is_not_waited_for(
    cache: CatalogueCache, what: str, expected_logs: Callable[..., None]
) -> None:
    expected_logs("cannot be read: not a file")
    cache.path.parent.mkdir(parents=True)
    if what == "folder":
        cache.path.mkdir()
    else:
        os.mkfifo(cache.path)
    assert cache.load() is None


def test_a_cache_that_cannot_be_written_is_logged(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be written", "cannot be read")
    (tmp_path / "file").write_text("")
    cache = CatalogueCache(tmp_path / "file", "openrouter")
    assert not cache.save(PAYLOAD, model_count=1)
    assert cache.load() is None


@given(st.binary(min_size=1, max_size=300))
def test_any_answer_survives(tmp_path_factory: pytest.TempPathFactory, payload: bytes) -> None:
    cache = CatalogueCache(tmp_path_factory.mktemp("cache"), "groq")
    assert cache.save(payload, model_count=3)
    cached = cache.load()
    assert cached is not None
    assert cached.payload == payload
