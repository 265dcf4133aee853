"""What the picker asks for beyond the list: the server's orders, hosts, and a replacement for what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.llm.errors import ConnectionFailed, ModelNotFound
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.services.catalogue.server_orders import OrderPhase, ServerOrder
from caal_desktop.services.catalogue.vanished_model import Vanished, VanishedModelWatch
from caal_desktop.services.providers.provider_pool import Connection
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

PUBLIC = Connection("openrouter")


@pytest.fixture
def opened(parts: Parts) -> Parts:
    parts.open_catalogue()
    return parts


# --- preparing


def test_the_list_comes_prepared(opened: Parts) -> None:
    view = opened.catalogue.current.view
    assert view is not None
    assert view.models is opened.catalogue.current.models
    assert view.recommended is not None


# --- orders


def test_an_order_is_asked_for_once_and_kept(
    opened: Parts, demo: DemoControl, make_parts: Callable[..., Parts]
) -> None:
    orders = opened.catalogue.orders
    assert orders.is_available
    assert orders.order(SortOrder.THROUGHPUT).phase is OrderPhase.UNKNOWN
    demo.clear_requests()
    orders.request(SortOrder.THROUGHPUT)
    orders.request(SortOrder.THROUGHPUT)
    opened.until(lambda: orders.order(SortOrder.THROUGHPUT).phase is OrderPhase.READY, "the order")
    orders.request(SortOrder.THROUGHPUT)
    turn(5)
    asked = demo.requests("/models")
    assert [entry["query"]["sort"] for entry in asked] == [SERVER_SORT[SortOrder.THROUGHPUT]]
    known = orders.order(SortOrder.THROUGHPUT)
    assert set(known.ids) == {model.id for model in opened.catalogue.current.models}
    assert known.fetched_at is not None
    assert known.fetched_at <= datetime.now(UTC)
    path = opened.home / "catalogue" / "openrouter.orders"
    opened.until(path.exists, "the cached order")
    opened.close()
    second = make_parts()
    orders = second.catalogue.orders
    orders.load_soon()
    assert orders.order(SortOrder.THROUGHPUT) == ServerOrder(), "no provider is set yet"
    second.catalogue.open(PUBLIC)
    second.until(lambda: orders.order(SortOrder.THROUGHPUT).ids == known.ids, "the cached order")
    second.catalogue.open(Connection("openai_compatible", address=demo.base_url))
    assert not orders.is_available
    assert orders.order(SortOrder.THROUGHPUT) == ServerOrder()
    second.catalogue.open(PUBLIC)
    assert orders.order(SortOrder.THROUGHPUT).ids == known.ids


def test_a_local_order_sends_no_request(opened: Parts, demo: DemoControl) -> None:
    demo.clear_requests()
    opened.catalogue.orders.request(SortOrder.PRICE)
    turn(5)
    assert demo.requests() == []


@pytest.mark.parametrize("fault", ["html_200", "empty_models"])
def test_an_order_that_does_not_come_can_be_asked_for_again(opened: Parts, demo: DemoControl, fault: str) -> None:
    orders = opened.catalogue.orders
    demo.fault(fault, path="/models", times=1)
    orders.request(SortOrder.POPULAR)
    opened.until(lambda: orders.order(SortOrder.POPULAR).phase is OrderPhase.FAILED, "the failure")
    error = orders.order(SortOrder.POPULAR).error
    assert error is not None
    assert "openrouter" not in f"{error}", "the registry's name is not shown"
    orders.request(SortOrder.POPULAR)
    opened.until(lambda: orders.order(SortOrder.POPULAR).phase is OrderPhase.READY, "the order")


def test_other_servers_do_not_sort(parts: Parts, demo: DemoControl) -> None:
    parts.catalogue.open(Connection("openai_compatible", address=demo.base_url))
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    assert not parts.catalogue.orders.is_available
    assert not parts.catalogue.hosts.is_available
    demo.clear_requests()
    parts.catalogue.orders.request(SortOrder.POPULAR)
    parts.catalogue.hosts.request("a/b")
    turn(5)
    assert demo.requests() == []


# --- hosts


def hosts_told(parts: Parts) -> list[Hosts]:
    told: list[Hosts] = []
    parts.catalogue.hosts.changed.connect(told.append)
    return told


def test_hosts_are_asked_for_and_kept_for_a_while(opened: Parts, demo: DemoControl) -> None:
    told = hosts_told(opened)
    model = next(m for m in opened.catalogue.current.models if not m.variant and not m.is_alias)
    opened.catalogue.hosts.request(model.id)
    opened.until(lambda: told and told[-1].phase is HostsPhase.READY, "the hosts")
    assert [hosts.phase for hosts in told] == [HostsPhase.LOADING, HostsPhase.READY]
    assert told[-1].endpoints
    demo.clear_requests()
    opened.catalogue.hosts.request(model.id)
    assert told[-1].phase is HostsPhase.READY
    assert demo.requests("/endpoints") == []
    opened.catalogue.hosts.request(model.id, again=True)
    opened.until(lambda: len(told) == 5, "the hosts again")
    assert len(demo.requests("/endpoints")) == 1


def test_hosts_that_do_not_come(opened: Parts) -> None:
    told = hosts_told(opened)
    opened.catalogue.hosts.request("no/such-model")
    opened.until(lambda: told and told[-1].phase is HostsPhase.FAILED, "the failure")
    assert isinstance(told[-1].error, ModelNotFound)


def test_hosts_from_nowhere(make_parts: Callable[..., Parts], nowhere: str) -> None:
    parts = make_parts(nowhere)
    parts.catalogue.open(PUBLIC)
    told = hosts_told(parts)
    parts.catalogue.hosts.request("a/b")
    parts.until(lambda: told and told[-1].phase is HostsPhase.FAILED, "the failure")
    assert isinstance(told[-1].error, ConnectionFailed)


# --- what is gone


def test_a_model_in_use_that_vanished_is_noticed(opened: Parts) -> None:
    told: list[Vanished | None] = []
    watch = VanishedModelWatch(opened.catalogue, opened.settings)
    watch.changed.connect(told.append)
    opened.settings.update(openrouter_model="anthropic/claude-haiku-0.1")
    opened.until(lambda: told, "the notice")
    vanished = told[-1]
    assert vanished is not None
    assert vanished.model_id == "anthropic/claude-haiku-0.1"
    assert isinstance(vanished.replacement, ModelInfo)
    assert watch.vanished == vanished
    opened.settings.update(openrouter_model=vanished.replacement.id)
    assert told[-1] is None


def test_a_listed_model_and_its_ways_of_routing_are_not_gone(opened: Parts) -> None:
    told: list[Vanished | None] = []
    watch = VanishedModelWatch(opened.catalogue, opened.settings)
    watch.changed.connect(told.append)
    listed = next(m for m in opened.catalogue.current.models if not m.variant).id
    opened.settings.update(openrouter_model=listed)
    opened.settings.update(openrouter_model=f"{listed}:nitro")
    opened.catalogue.refresh()
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.REFRESHING, "the refresh")
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.READY, "the list")
    turn(5)
    assert told == []


def test_an_old_list_proves_nothing(opened: Parts, demo: DemoControl) -> None:
    demo.fault("html_200", path="/models", times=1)
    opened.catalogue.refresh()
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.STALE, "the failure")
    told: list[Vanished | None] = []
    watch = VanishedModelWatch(opened.catalogue, opened.settings)
    watch.changed.connect(told.append)
    opened.settings.update(openrouter_model="gone/away")
    turn(10)
    assert told == []
