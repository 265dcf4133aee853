"""Asking the hosts of the most promising models how quick they are: whom, when, and how little it may disturb."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.assessment import predicted_silence
from caal_desktop.catalogue.fitness.candidates import MOST_CANDIDATES, candidates
from caal_desktop.catalogue.fitness.evidence import Evidence
from caal_desktop.catalogue.sorting import SERVER_SORT, SortOrder
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.key_info import Funds, KeyInfo
from caal_desktop.services.catalogue import figure_survey
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.catalogue.host_lookup import HostsPhase
from caal_desktop.services.catalogue.known_hosts import FRESH_FOR
from caal_desktop.services.providers.provider_pool import Connection
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.storage.caches.figure_cache import CachedHosts
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

NOON = datetime(2026, 8, 22, 12, tzinfo=UTC)


def keyed(demo: DemoControl, name: str = "default") -> Connection:
    return Connection("openrouter", demo.key_for(name))


def view_of(parts: Parts) -> CatalogueView:
    view = parts.catalogue.current.view
    assert view is not None
    return view


def known(parts: Parts) -> Mapping[str, CachedHosts]:
    return parts.catalogue.known_hosts.evidence("openrouter")


def asked(demo: DemoControl) -> list[str]:
    """Return whose hosts were asked for, in the requests' order."""
    prefix, suffix = "/api/v1/models/", "/endpoints"
    paths = [entry["path"] for entry in demo.requests(suffix)]
    return [path.removeprefix(prefix).removesuffix(suffix) for path in paths]


def until_over(parts: Parts) -> None:
    """Wait until a survey that was begun is over."""
    run_async(parts.catalogue._scope.wait("survey"))


def survey(parts: Parts) -> None:
    parts.catalogue.ask_hosts()
    until_over(parts)


@pytest.fixture
def opened(parts: Parts, demo: DemoControl) -> Parts:
    parts.open_catalogue(keyed(demo))
    demo.clear_requests()
    return parts


# --- whom


def test_twenty_are_asked_once_the_best_first_and_the_list_is_judged_by_them(opened: Parts, demo: DemoControl) -> None:
    seen: list[bool] = []
    opened.catalogue.survey.changed.connect(lambda: seen.append(opened.catalogue.survey.is_asking))
    judged: list[CatalogueView | None] = []
    opened.catalogue.changed.connect(lambda now: judged.append(now.view))
    survey(opened)
    orders = opened.catalogue.orders
    chosen = candidates(
        view_of(opened).models,
        view_of(opened).today,
        by_latency=orders.order(SortOrder.FASTEST_FIRST_TOKEN).ids,
        by_throughput=orders.order(SortOrder.THROUGHPUT).ids,
    )
    assert len(chosen) == MOST_CANDIDATES
    assert sorted(asked(demo)) == sorted(chosen), "twenty and no more, and each once"
    assert set(asked(demo)[:2]) == set(chosen[:2])
    assert {entry["query"].get("sort") for entry in demo.requests("/models")} == {
        SERVER_SORT[SortOrder.FASTEST_FIRST_TOKEN],
        SERVER_SORT[SortOrder.THROUGHPUT],
    }
    assert all(entry["key"] for entry in demo.requests("/endpoints"))
    assert seen == [True, False]
    opened.until(lambda: view_of(opened).figures.hosts, "the judgement")
    assert len(judged) == 1, "the list is shown anew once"
    figures = view_of(opened).figures
    assert set(figures.hosts) == set(figures.asked_at) == set(chosen)
    best = view_of(opened).recommended
    assert best is not None
    assert best.id in chosen, "what was asked goes before what was not"
    silence = predicted_silence(best, figures)
    assert silence is not None
    assert silence.evidence is Evidence.HOSTS
    demo.clear_requests()
    survey(opened)
    assert demo.requests() == [], "once a day"


def test_without_credit_the_free_ones_are_asked(parts: Parts, demo: DemoControl) -> None:
    parts.use_key(demo.key_for("free_tier"))
    run_async(parts.keys.refresh("openrouter"))
    parts.open_catalogue(keyed(demo, "free_tier"))
    parts.until(lambda: view_of(parts).funds is Funds.NONE_BOUGHT, "the key's facts")
    survey(parts)
    models = [view_of(parts).find(model_id) for model_id in asked(demo)]
    assert models
    assert all(model is not None and model.pricing.is_free for model in models)


def test_when_the_key_turns_out_to_have_no_credit_the_free_ones_are_asked_as_well(
    opened: Parts, demo: DemoControl
) -> None:
    opened.use_key(demo.key_for("default"))
    survey(opened)
    demo.clear_requests()
    opened.tell_of_key(KeyInfo(is_free_tier=True))
    opened.until(lambda: view_of(opened).funds is Funds.NONE_BOUGHT, "the judgement")
    survey(opened)
    models = [view_of(opened).find(model_id) for model_id in asked(demo)]
    assert models, "what was asked before was for another purse"
    assert all(model is not None and model.pricing.is_free for model in models)


@pytest.mark.parametrize("connection", [Connection("openrouter"), None])
def test_nobody_is_asked_without_a_key(parts: Parts, demo: DemoControl, connection: Connection | None) -> None:
    if connection is None:
        parts.catalogue.open(Connection("openai_compatible", demo.key, address=demo.base_url))
        parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    else:
        parts.open_catalogue(connection)
    demo.clear_requests()
    survey(parts)
    assert demo.requests() == []


def test_no_old_list_and_none_on_its_way_starts_it(opened: Parts, demo: DemoControl) -> None:
    demo.fault("html_200", path="/models", times=1)
    opened.catalogue.refresh()
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.REFRESHING, "the refresh")
    survey(opened)
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.STALE, "the failure")
    survey(opened)
    assert demo.requests("/endpoints") == []


# --- how


def test_two_at_a_time_and_what_came_before_the_deadline_is_kept(
    opened: Parts, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey_orders(opened)
    chosen = run_async(opened.catalogue.survey._choose(view_of(opened), opened.catalogue.orders))
    for stuck in chosen[4], chosen[6]:
        demo.fault("stall_before", path=f"/{stuck}/endpoints")
    limits: dict[float, asyncio.Timeout] = {}

    def timeout(seconds: float) -> asyncio.Timeout:
        limits[seconds] = asyncio.timeout(seconds)
        return limits[seconds]

    monkeypatch.setattr(figure_survey, "DEADLINE_S", 1234.5)
    monkeypatch.setattr(figure_survey, "asyncio", SimpleNamespace(**vars(asyncio) | {"timeout": timeout}))
    opened.catalogue.ask_hosts()
    opened.until(lambda: len(asked(demo)) == 7, "the second that stalls")
    turn(20)
    limits[1234.5].reschedule(0)  # the deadline has come
    until_over(opened)
    assert set(asked(demo)) == set(chosen[:7]), "the third waits for one of the two"
    assert set(known(opened)) == {*chosen[:4], chosen[5]}
    demo.wait_for(lambda: demo.closed_by_client() == 2, "the two are given up")
    demo.clear_faults()
    demo.clear_requests()
    survey(opened)
    assert asked(demo) == [], "a slow server is left alone for a while"
    opened.catalogue.known_hosts.clock = lambda: datetime.now(UTC) + figure_survey.REST
    survey(opened)
    assert set(asked(demo)) == set(chosen) - {*chosen[:4], chosen[5]}, "the rest, later"


def survey_orders(parts: Parts) -> None:
    """Have the orders that the models are chosen by."""
    run_async(parts.catalogue.orders.renew((SortOrder.FASTEST_FIRST_TOKEN, SortOrder.THROUGHPUT)))


@pytest.mark.parametrize(
    ("fault", "rest"),
    [
        ("rate_limit", timedelta(hours=1)),
        ("wrong_key", figure_survey.REST),
        pytest.param("no_credit", figure_survey.REST, marks=pytest.mark.long),
        pytest.param("guardrail", figure_survey.REST, marks=pytest.mark.long),
        ("cut_before", figure_survey.REST),
    ],
)
def test_the_first_refusal_ends_it_and_keeps_what_it_has(
    opened: Parts, demo: DemoControl, fault: str, rest: timedelta
) -> None:
    survey_orders(opened)
    chosen = run_async(opened.catalogue.survey._choose(view_of(opened), opened.catalogue.orders))
    demo.fault(fault, 3600 if fault == "rate_limit" else None, path=f"/{chosen[5]}/endpoints", times=1)
    opened.catalogue.known_hosts.clock = lambda: NOON
    survey(opened)
    assert asked(demo).count(chosen[5]) == 1, "it is not asked again at once"
    assert len(asked(demo)) <= 8, "nothing follows but what was under way"
    assert set(chosen[:5]) <= set(known(opened)) < set(chosen)
    assert chosen[5] not in known(opened)
    demo.clear_requests()
    opened.catalogue.known_hosts.clock = lambda: NOON + rest - timedelta(seconds=10)
    survey(opened)
    assert asked(demo) == []
    opened.catalogue.known_hosts.clock = lambda: NOON + rest + timedelta(seconds=10)
    survey(opened)
    assert chosen[5] in asked(demo)
    assert set(known(opened)) == set(chosen)


def test_a_model_that_is_not_known_has_no_hosts_and_one_failure_ends_nothing(opened: Parts, demo: DemoControl) -> None:
    survey_orders(opened)
    chosen = run_async(opened.catalogue.survey._choose(view_of(opened), opened.catalogue.orders))
    demo.fault("model_404", path=f"/{chosen[3]}/endpoints", times=1)
    demo.fault("bad_gateway_502", path=f"/{chosen[4]}/endpoints", times=1)
    survey(opened)
    assert sorted(asked(demo)) == sorted(chosen), "each once: what failed is not asked again"
    assert known(opened)[chosen[3]].endpoints == ()
    assert set(known(opened)) == set(chosen) - {chosen[4]}


def test_a_server_in_trouble_is_left_alone(opened: Parts, demo: DemoControl) -> None:
    demo.fault("server_error_500", path="/endpoints")
    survey(opened)
    assert 3 <= len(asked(demo)) <= 4
    assert known(opened) == {}


# --- when it ends before its time


@pytest.mark.parametrize("change", ["key", "provider", "none", "close"])
def test_it_ends_with_what_it_was_asked_by(opened: Parts, demo: DemoControl, change: str) -> None:
    survey_orders(opened)
    demo.fault("stall_before", path="/endpoints")
    opened.catalogue.ask_hosts()
    opened.until(lambda: len(asked(demo)) == 2, "two requests")
    assert demo.closed_by_client() == 0
    if change == "key":
        opened.catalogue.open(keyed(demo, "unlimited"))
    elif change == "provider":
        opened.catalogue.open(Connection("openai_compatible", address=demo.base_url))
    elif change == "none":
        opened.catalogue.leave("openrouter")
    else:
        opened.close()
    until_over(opened)
    demo.wait_for(lambda: demo.closed_by_client() == 2, "both are given up")
    assert not opened.catalogue.survey.is_asking
    assert len(asked(demo)) == 2
    assert known(opened) == {}


def test_the_details_and_the_survey_leave_each_other_alone(opened: Parts, demo: DemoControl) -> None:
    survey_orders(opened)
    chosen = run_async(opened.catalogue.survey._choose(view_of(opened), opened.catalogue.orders))
    looked_at = next(m.id for m in view_of(opened).models if m.id not in chosen and not m.variant and not m.is_alias)
    demo.fault("stall_before", path="/endpoints", times=3)
    opened.catalogue.ask_hosts()
    opened.until(lambda: len(asked(demo)) == 2, "the survey's requests")
    opened.catalogue.hosts.request(looked_at)
    opened.until(lambda: looked_at in asked(demo), "the details' request")
    told: list[HostsPhase] = []
    opened.catalogue.hosts.changed.connect(lambda hosts: told.append(hosts.phase))
    opened.catalogue.hosts.request(looked_at, again=True)  # cancels the details' own request alone
    opened.until(lambda: HostsPhase.READY in told, "the hosts")
    demo.wait_for(lambda: demo.closed_by_client() == 1, "the details' first request is given up")
    assert opened.catalogue.survey.is_asking
    assert set(known(opened)) == {looked_at}, "what the details were told is evidence as well"
    opened.catalogue.leave("openrouter")
    until_over(opened)


def test_what_the_survey_was_told_is_shown_without_another_request(opened: Parts, demo: DemoControl) -> None:
    survey(opened)
    model_id = next(iter(known(opened)))
    told: list[HostsPhase] = []
    opened.catalogue.hosts.changed.connect(lambda hosts: told.append(hosts.phase))
    demo.clear_requests()
    opened.catalogue.hosts.request(model_id)
    assert told == [HostsPhase.READY]
    opened.catalogue.known_hosts.clock = lambda: datetime.now(UTC) + timedelta(minutes=11)
    opened.catalogue.hosts.request(model_id)
    opened.until(lambda: told[1:] == [HostsPhase.LOADING, HostsPhase.READY], "the hosts of now")


# --- kept for a day


def test_what_is_known_lasts_a_day_and_over_a_restart(
    opened: Parts, demo: DemoControl, make_parts: Callable[..., Parts]
) -> None:
    survey(opened)
    before = dict(known(opened))
    path = opened.home / "catalogue" / "openrouter.figures"
    opened.until(path.exists, "the file")
    assert demo.key not in path.read_text()
    opened.close()
    second = make_parts()
    demo.clear_requests()
    shown: list[CatalogueView] = []
    second.catalogue.changed.connect(lambda now: shown.append(now.view) if now.view is not None else None)
    second.open_catalogue(keyed(demo))
    assert known(second) == before
    assert all(view.figures.hosts for view in shown), "the list is judged before it is shown"
    survey(second)
    assert demo.requests("/endpoints") == []
    later = max(hosts.asked_at for hosts in before.values()) + FRESH_FOR
    second.catalogue.known_hosts.clock = lambda: later
    assert known(second) == {}
    survey(second)
    assert len(asked(demo)) == MOST_CANDIDATES


def test_what_comes_for_a_connection_that_gave_way_is_not_kept(opened: Parts, demo: DemoControl) -> None:
    hosts = {view_of(opened).models[0].id: (EndpointInfo("Host"),)}
    current = keyed(demo)
    for other in (keyed(demo, "unlimited"), replace(current, address=f"{current.address}/elsewhere")):
        opened.catalogue.known_hosts.add(other, hosts)
        assert known(opened) == {}
    opened.catalogue.known_hosts.add(current, hosts)
    assert known(opened).keys() == hosts.keys()


def test_another_key_is_asked_anew(opened: Parts, demo: DemoControl) -> None:
    survey(opened)
    path = opened.home / "catalogue" / "openrouter.figures"
    opened.until(path.exists, "the file")
    opened.catalogue.open(replace(keyed(demo), max_retries=0))
    assert known(opened), "the same key, reached in another way"
    opened.catalogue.open(keyed(demo, "unlimited"))
    assert known(opened) == {}
    opened.until(lambda: not path.exists(), "the file is removed")
    opened.until(lambda: opened.catalogue.current.state is CatalogueState.READY, "the list")
    opened.until(lambda: not view_of(opened).figures.hosts, "the judgement without them")
    demo.clear_requests()
    survey(opened)
    assert len(asked(demo)) == MOST_CANDIDATES


def test_what_was_told_without_a_key_is_shown_and_is_no_evidence(parts: Parts, demo: DemoControl) -> None:
    parts.open_catalogue()
    model_id = next(m.id for m in view_of(parts).models if not m.variant and not m.is_alias)
    told: list[HostsPhase] = []
    parts.catalogue.hosts.changed.connect(lambda hosts: told.append(hosts.phase))
    parts.catalogue.hosts.request(model_id)
    parts.until(lambda: HostsPhase.READY in told, "the hosts")
    assert known(parts) == {}
    parts.catalogue.hosts.request(model_id)
    assert told[-1] is HostsPhase.READY
    assert len(asked(demo)) == 1
    parts.catalogue.open(keyed(demo))
    parts.catalogue.hosts.request(model_id)
    parts.until(lambda: known(parts), "the hosts, as a key is told them")


SCRIPT = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from qasync import QEventLoop
from caal_desktop.services.catalogue.catalogue_service import CatalogueService
from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
import asyncio
async def stand_in(provider):
    return sys.argv[2]
async def main():
    service = CatalogueService(Path(sys.argv[1]), ProviderPool(stand_in))
    service.open(Connection("openrouter", sys.argv[3]))
    await service._scope.wait("load")
    service.ask_hosts()
    await service._scope.wait("survey")
    print(json.dumps([len(service.current.view.figures.hosts), len(service.known_hosts.evidence("openrouter")),
                      "openai" in sys.modules, service.survey.is_asking]))
    await service.close()
app = QCoreApplication([])
loop = QEventLoop(app)
with loop:
    loop.run_until_complete(main())
"""


def test_for_what_is_fresh_no_client_is_imported(opened: Parts, demo: DemoControl, nowhere: str) -> None:
    survey(opened)
    folder = opened.home / "catalogue"
    opened.until((folder / "openrouter.figures").exists, "the file")
    opened.close()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), nowhere, demo.key],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == [0, MOST_CANDIDATES, False, False]
