"""The list of models: what is shown, when it is asked for, and what a failure leaves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.errors import CaptivePortalSuspected, ConnectionFailed
from caal_desktop.services.catalogue.catalogue_service import FRESH_FOR, CatalogueState
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.storage.caches.catalogue_cache import CatalogueCache
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

PUBLIC = Connection("openrouter")


@pytest.fixture
def states(parts: Parts) -> list[CatalogueState]:
    """Collect every state that is emitted, in order."""
    return told_by(parts)


def told_by(parts: Parts) -> list[CatalogueState]:
    told: list[CatalogueState] = []

    def note(catalogue: Catalogue) -> None:
        told.append(catalogue.state)

    parts.catalogue.changed.connect(note)
    return told


def opened(parts: Parts, connection: Connection = PUBLIC) -> Parts:
    parts.open_catalogue(connection)
    return parts


def age_cache(parts: Parts, by: timedelta) -> None:
    """Make the cached list older."""
    cache = CatalogueCache(parts.home / "catalogue", "openrouter")
    parts.until(lambda: cache.path.exists(), "the cached list")
    cached = cache.load()
    assert cached is not None
    cache.save(cached.payload, model_count=cached.model_count, fetched_at=datetime.now(UTC) - by)


def test_without_a_cache_the_provider_is_asked(parts: Parts, states: list[CatalogueState]) -> None:
    opened(parts)
    assert len(parts.catalogue.current.models) > 100
    assert parts.catalogue.current.fetched_at is not None
    assert parts.catalogue.current.find("no/such-model") is None
    first = parts.catalogue.current.models[0]
    assert parts.catalogue.current.find(first.id) is first
    assert list(dict.fromkeys(states)) == [CatalogueState.LOADING, CatalogueState.READY]


def test_a_second_start_shows_the_cache_and_sends_no_request(
    make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = opened(make_parts())
    first.until(lambda: (first.home / "catalogue" / "openrouter.cache").exists(), "the cached list")
    first.close()
    demo.clear_requests()
    second = opened(make_parts())
    turn(20)
    assert second.catalogue.current.models == first.catalogue.current.models
    assert demo.requests("/models") == []


@pytest.mark.parametrize("age", [FRESH_FOR + timedelta(minutes=1), -timedelta(days=26_000)])
def test_an_old_cache_is_shown_at_once_and_refreshed(
    make_parts: Callable[..., Parts], demo: DemoControl, age: timedelta
) -> None:
    """And one from the future, of which nobody knows how old it is."""
    first = opened(make_parts())
    age_cache(first, age)
    first.close()
    demo.clear_requests()
    second = make_parts()
    told = told_by(second)
    counts: list[int] = []
    second.catalogue.changed.connect(lambda catalogue: counts.append(len(catalogue.models)))
    second.catalogue.open(PUBLIC)
    second.until(lambda: told.count(CatalogueState.READY) == 2, "cache and fresh list")
    assert told == [
        CatalogueState.LOADING,
        CatalogueState.READY,
        CatalogueState.REFRESHING,
        CatalogueState.READY,
    ]
    assert all(counts[1:]), "the list never disappears while it is refreshed"
    assert len(demo.requests("/models")) == 1


def test_a_list_that_grew_old_while_the_program_ran_is_refreshed_when_it_is_opened(
    parts: Parts, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(parts)
    parts.catalogue.open(PUBLIC)
    turn(20)
    assert len(demo.requests("/models")) == 1
    monkeypatch.setattr("caal_desktop.services.catalogue.catalogue_service.FRESH_FOR", timedelta(0))
    parts.catalogue.open(PUBLIC)
    parts.until(lambda: len(demo.requests("/models")) == 2, "it is asked for again")
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")


def test_a_failed_refresh_leaves_the_list_and_says_how_old_it_is(
    make_parts: Callable[..., Parts], nowhere: str
) -> None:
    first = opened(make_parts())
    age_cache(first, timedelta(days=3))
    first.close()
    second = make_parts(nowhere)
    second.catalogue.open(PUBLIC)
    second.until(lambda: second.catalogue.current.state is CatalogueState.STALE, "the refresh has failed")
    stale = second.catalogue.current
    assert stale.models == first.catalogue.current.models
    assert isinstance(stale.error, ConnectionFailed)
    assert stale.fetched_at is not None
    assert datetime.now(UTC) - stale.fetched_at > timedelta(days=2)


def test_without_a_cache_a_failure_leaves_nothing_and_can_be_tried_again(parts: Parts, demo: DemoControl) -> None:
    demo.fault("html_200", path="/models")
    parts.catalogue.open(PUBLIC)
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.FAILED, "the failure")
    assert isinstance(parts.catalogue.current.error, CaptivePortalSuspected)
    assert parts.catalogue.current.models == ()
    demo.clear_faults()
    parts.catalogue.refresh()
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    assert parts.catalogue.current.error is None


def test_a_refresh_that_is_stopped_for_another_key_does_not_go_on_for_ever(parts: Parts, demo: DemoControl) -> None:
    opened(parts)
    demo.fault("slow_models", "30", times=1)
    parts.catalogue.refresh()
    parts.until(lambda: len(demo.requests("/models")) == 2, "the refresh is on its way")
    assert parts.catalogue.current.state is CatalogueState.REFRESHING
    opened(parts, Connection("openrouter", demo.key))


@pytest.mark.parametrize("known", [True, False])
def test_a_refresh_that_is_cancelled_is_not_shown_as_going_on(
    parts: Parts, demo: DemoControl, states: list[CatalogueState], known: bool
) -> None:
    if known:
        opened(parts)
    demo.clear_requests()
    demo.fault("slow_models", "60", times=1)
    if known:
        parts.catalogue.refresh()
    else:
        parts.catalogue.open(PUBLIC)
    parts.until(lambda: demo.requests("/models"), "the request is on its way")
    run_async(parts.catalogue.close())
    left = parts.catalogue.current
    assert left.state is (CatalogueState.STALE if known else CatalogueState.EMPTY)
    assert left.state is states[-1], "it was emitted"
    assert bool(left.models) is (left.view is not None) is known
    assert left.error is None


def test_a_refresh_that_takes_the_place_of_another_ends_with_a_fresh_list(parts: Parts, demo: DemoControl) -> None:
    opened(parts)
    before = parts.catalogue.current.fetched_at
    demo.fault("slow_models", "60", times=1)
    parts.catalogue.refresh()
    parts.until(lambda: len(demo.requests("/models")) == 2, "the refresh is on its way")
    parts.catalogue.refresh()
    parts.until(lambda: len(demo.requests("/models")) == 3, "it is asked for again")
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    after = parts.catalogue.current.fetched_at
    assert before is not None
    assert after is not None
    assert after > before


def test_another_way_to_the_provider_mends_a_refresh_that_has_failed(parts: Parts, demo: DemoControl) -> None:
    opened(parts)
    demo.fault("broken_json", path="/models", times=1)
    parts.catalogue.refresh()
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.STALE, "the refresh has failed")
    opened(parts, Connection("openrouter", connect_timeout=5.0))
    assert parts.catalogue.current.error is None


@pytest.mark.parametrize("fault", ["empty_models", "models_wrong_shape", "error_in_200", "broken_json"])
def test_a_bad_answer_never_takes_the_place_of_a_good_list(
    make_parts: Callable[..., Parts], demo: DemoControl, fault: str
) -> None:
    first = opened(make_parts())
    cache = CatalogueCache(first.home / "catalogue", "openrouter")
    first.until(lambda: cache.path.exists(), "the cached list")
    before = cache.path.read_bytes()
    demo.fault(fault, path="/models")
    first.catalogue.refresh()
    first.until(lambda: first.catalogue.current.state is CatalogueState.STALE, "the refresh has failed")
    assert len(first.catalogue.current.models) > 100
    error = first.catalogue.current.error
    assert error is not None
    assert "openrouter" not in f"{error}", "the registry's name is not shown"
    first.close()
    assert cache.path.read_bytes() == before


def test_rows_of_every_wrong_shape_are_left_out(parts: Parts, demo: DemoControl) -> None:
    demo.fault("broken_models")
    opened(parts)
    assert parts.catalogue.current.models
    assert parts.catalogue.current.skipped > 0


def test_a_damaged_cache_is_no_obstacle(parts: Parts, expected_logs: Callable[..., None]) -> None:
    expected_logs("WARNING .*catalogue_cache: .*is damaged and was removed")
    folder = parts.home / "catalogue"
    folder.mkdir()
    (folder / "openrouter.cache").write_bytes(b"\x00 nonsense")
    opened(parts)


def test_half_a_character_in_a_list_does_not_keep_it_from_the_cache(parts: Parts) -> None:
    payload = {"data": [{"id": "a/b", "description": "half a \ud83d face"}]}
    now = datetime.now(UTC)
    run_async(asyncio.to_thread(parts.catalogue._save, PUBLIC, payload, 1, now))
    kept = run_async(asyncio.to_thread(parts.catalogue._read_cache, PUBLIC))
    assert kept is not None
    assert [model.description for model in kept.models] == ["half a  face"]


def test_another_provider_takes_the_place_of_one_that_does_not_answer(
    parts: Parts, demo: DemoControl, states: list[CatalogueState]
) -> None:
    demo.fault("slow_models", "60", times=1)
    parts.catalogue.open(PUBLIC)
    parts.until(lambda: demo.requests("/models"), "the first request")
    own = Connection("openai_compatible", None, demo.base_url)
    parts.catalogue.open(own)
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the other list")
    assert parts.catalogue.current.provider == "openai_compatible"
    # The one that was given up must not tell its state in the other's name.
    assert set(states) == {CatalogueState.LOADING, CatalogueState.READY}


def test_leaving_shows_nothing_and_stops_what_is_on_its_way(parts: Parts, demo: DemoControl) -> None:
    opened(parts)
    demo.fault("slow_models", "60")
    parts.catalogue.refresh()
    parts.until(lambda: len(demo.requests("/models")) == 2, "the refresh")
    parts.catalogue.leave("groq")
    assert parts.catalogue.current.provider == "groq"
    assert parts.catalogue.current.models == ()
    parts.until(demo.closed_by_client, "the connection is closed")
    assert parts.catalogue.current.state is CatalogueState.EMPTY
    parts.catalogue.refresh()
    turn(10)
    assert parts.catalogue.current.state is CatalogueState.EMPTY


def test_another_key_takes_the_place_of_one_that_is_still_waited_for(parts: Parts, demo: DemoControl) -> None:
    demo.fault("slow_models", "60", times=1)
    parts.catalogue.open(Connection("openrouter", demo.key_for("expired")))
    parts.until(lambda: demo.requests("/models"), "the first request")
    opened(parts, Connection("openrouter", demo.key))


def test_closing_in_the_middle_leaves_nothing(parts: Parts, demo: DemoControl) -> None:
    demo.fault("slow_models", "60")
    parts.catalogue.open(PUBLIC)
    parts.until(lambda: demo.requests("/models"), "the request")
    parts.close()
    assert not (parts.home / "catalogue").exists()
