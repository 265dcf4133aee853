"""The cached hosts of models."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import PriceTier, Pricing
from caal_desktop.storage.caches.figure_cache import MAX_SIZE, CachedHosts, FigureCache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHEN = datetime(2026, 8, 22, 10, 30, tzinfo=UTC)
FULL = EndpointInfo(
    "DeepInfra ü \ud83d",
    Pricing(0.15, 0.6, 0.0, 1.0, 2.0, 0.01, 0.002, 3.0, 4.0, tiers=(PriceTier(200_000, 0.3, utc_end=960),)),
    discount=0.25,
    context_length=131_072,
    max_completion_tokens=8_192,
    quantization="fp8",
    uptime=99.2,
    latency_ms=412.5,
    throughput=55.0,
    is_degraded=True,
    supported_parameters=frozenset({"tools", "reasoning"}),
    tag="deepinfra/fp8",
    latency_p90_ms=800.0,
    throughput_p75=77.5,
)
BARE = EndpointInfo("Groq", supported_parameters=frozenset())


def test_hosts_come_back_whole(tmp_path: Path) -> None:
    cache = FigureCache(tmp_path / "models", "openrouter", source="https://a.example/v1")
    assert cache.load() == {}
    models = {"a/b:free": CachedHosts((FULL, BARE), WHEN), "c/\ud83d": CachedHosts((), WHEN)}
    assert cache.save(models)
    assert cache.load() == models
    assert FigureCache(tmp_path / "models", "openrouter").load() == {}, "another server's"
    cache.remove()
    assert not cache.path.exists()
    assert cache.load() == {}


def entry(**host: object) -> bytes:
    models = {"a/b": {"asked_at": WHEN.isoformat(), "hosts": [host]}}
    return json.dumps({"format": 1, "source": "", "models": models}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"format": 1, "source": ""}',
        b'{"format": 1, "source": "", "models": []}',
        b'{"format": 1, "source": "", "models": {"a/b": null}}',
        b'{"format": 1, "source": "", "models": {"a/b": {"asked_at": "2026-08-22T10:30:00+00:00"}}}',
        b'{"format": 1, "source": "", "models": {"a/b": {"asked_at": "noon", "hosts": []}}}',
        b'{"format": 1, "source": "", "models": {"a/b": {"asked_at": "2026-08-22T10:30:00+00:00", "hosts": [1]}}}',
        entry(tag="no name"),
        b" " * (MAX_SIZE + 1),
    ],
)
def test_a_damaged_file_is_ignored(tmp_path: Path, content: bytes, expected_logs: Callable[..., None]) -> None:
    expected_logs("WARNING .*are damaged")
    cache = FigureCache(tmp_path, "openrouter")
    cache.path.write_bytes(content)
    assert cache.load() == {}


def test_figures_that_cannot_be_are_none(tmp_path: Path) -> None:
    cache = FigureCache(tmp_path, "openrouter")
    wrong: dict[str, object] = {"latency_ms": -5, "throughput": 0, "throughput_p75": "NaN", "uptime": True}
    prices = {"prompt": -1, "completion": [], "tiers": [1, {"prompt": "x"}]}
    cache.path.write_bytes(entry(provider_name="Groq", supported_parameters=["tools", 7], pricing=prices, **wrong))
    expected = EndpointInfo("Groq", Pricing(tiers=(PriceTier(0),)), supported_parameters=frozenset({"tools"}))
    assert cache.load() == {"a/b": CachedHosts((expected,), WHEN)}


def test_another_format_and_the_future_are_left_alone(tmp_path: Path) -> None:
    cache = FigureCache(tmp_path, "openrouter")
    cache.path.write_text('{"format": 2, "figures": {}}')
    assert cache.load() == {}
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    cache.save({"a/b": CachedHosts((BARE,), tomorrow), "c/d": CachedHosts((BARE,), WHEN)})
    assert set(cache.load()) == {"c/d"}


def test_too_many_lose_the_oldest(tmp_path: Path) -> None:
    cache = FigureCache(tmp_path, "openrouter")
    models = {f"a/{n}": CachedHosts((FULL,) * 200, WHEN + timedelta(minutes=n)) for n in range(10)}
    assert cache.save(models)
    assert cache.path.stat().st_size <= MAX_SIZE
    kept = sorted(int(name.removeprefix("a/")) for name in cache.load())
    assert 3 < len(kept) < 10
    assert kept == list(range(10 - len(kept), 10))


def test_what_cannot_be_written_is_logged(tmp_path: Path, expected_logs: Callable[..., None]) -> None:
    expected_logs("could not be written")
    (tmp_path / "file").write_text("")
    assert not FigureCache(tmp_path / "file", "openrouter").save({"a/b": CachedHosts((BARE,), WHEN)})
