"""What the models are judged by, and that they are judged anew when it changes."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.key_info import Funds, KeyInfo
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.providers.provider_pool import Connection
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


def view_of(parts: Parts) -> CatalogueView:
    view = parts.catalogue.current.view
    assert view is not None
    return view


@pytest.mark.parametrize(
    ("info", "funds"),
    [
        (KeyInfo(), Funds.UNKNOWN),
        (KeyInfo(is_free_tier=False), Funds.BOUGHT),
        (KeyInfo(is_free_tier=True), Funds.NONE_BOUGHT),
        (KeyInfo(is_free_tier=True, limit=1.0, limit_remaining=0.0), Funds.NONE_BOUGHT),
        (KeyInfo(is_free_tier=False, limit=1.0, limit_remaining=0.2), Funds.BOUGHT),
        (KeyInfo(is_free_tier=False, limit=1.0, limit_remaining=0.0), Funds.SPENT),
        (KeyInfo(is_free_tier=False, limit=1.0, limit_remaining=-0.1), Funds.SPENT),
        (KeyInfo(is_free_tier=False, limit=1.0), Funds.BOUGHT),
        # Own keys at hosting providers answer without credit.
        (KeyInfo(is_free_tier=True, byok_usage=0.0), Funds.NONE_BOUGHT),
        (KeyInfo(is_free_tier=True, byok_usage=0.3), Funds.UNKNOWN),
        (KeyInfo(is_free_tier=False, limit=1.0, limit_remaining=0.0, byok_usage=0.3), Funds.UNKNOWN),
        (
            KeyInfo(is_free_tier=False, limit=1.0, limit_remaining=0.0, byok_usage=0.3, is_byok_limited=True),
            Funds.SPENT,
        ),
    ],
)
def test_what_a_key_can_pay_for(info: KeyInfo, funds: Funds) -> None:
    assert info.funds is funds


def test_a_key_and_the_choice_among_hosts_are_heeded(parts: Parts, demo: DemoControl) -> None:
    parts.open_catalogue()
    assert view_of(parts).funds is Funds.UNKNOWN
    parts.use_key(demo.key_for("free_tier"))
    run_async(parts.keys.refresh("openrouter"))
    parts.until(lambda: view_of(parts).funds is Funds.NONE_BOUGHT, "the key's facts")
    parts.settings.update(allowed_providers=("groq",), ignored_providers=("azure",))
    parts.until(lambda: view_of(parts).figures.allowed == {"groq"}, "the choice among hosts")
    assert view_of(parts).figures.ignored == {"azure"}
    assert view_of(parts).funds is Funds.NONE_BOUGHT
    assert parts.catalogue.current.state is CatalogueState.READY


def test_quick_hosts_first_is_heeded_by_whichever_setting_asks_for_it(parts: Parts) -> None:
    parts.open_catalogue()
    for changes, quick in (
        ({"quick_hosts": True}, True),
        ({"provider_sort": "price"}, False),
        ({"provider_sort": "throughput"}, True),
        ({"quick_hosts": False}, True),
        ({"provider_sort": "default"}, False),
    ):
        parts.settings.update(**changes)
        parts.until(lambda quick=quick: view_of(parts).figures.quick is quick, f"the judgement by {changes}")


def test_a_key_that_is_just_being_given_is_heeded_and_the_one_in_use_again_after_it(
    parts: Parts, demo: DemoControl
) -> None:
    parts.use_key(demo.key)
    run_async(parts.keys.refresh("openrouter"))
    parts.open_catalogue(Connection("openrouter", demo.key))
    parts.until(lambda: view_of(parts).funds is Funds.BOUGHT, "the key in use")
    run_async(parts.keys.prove("openrouter", demo.key_for("free_tier")))
    assert view_of(parts).funds is Funds.BOUGHT, "nothing is requested with it"
    parts.catalogue.open(Connection("openrouter", demo.key_for("free_tier")))
    parts.until(lambda: view_of(parts).funds is Funds.NONE_BOUGHT, "the key that is being given")
    parts.catalogue.open(Connection("openrouter", demo.key_for("spent")))
    parts.until(lambda: view_of(parts).funds is Funds.UNKNOWN, "a key of which nothing is known")
    parts.catalogue.open(Connection("openrouter", demo.key))
    parts.until(lambda: view_of(parts).funds is Funds.BOUGHT, "the key in use")


def test_no_list_is_judged_by_what_another_server_was_measured_to_take(
    parts: Parts, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def measured(connection: Connection, _settings: object) -> dict[str, object]:
        asked.append((connection.provider, parts.catalogue.current.provider))
        return {}

    monkeypatch.setattr(parts.measurements, "measured", measured)
    parts.open_catalogue()
    parts.catalogue.open(Connection("openai_compatible", address=demo.base_url))
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    assert {"openrouter", "openai_compatible"} <= {provider for provider, _ in asked}
    assert all(provider == shown for provider, shown in asked), "not even while one gives way to the other"


def test_a_list_that_comes_later_is_judged_before_it_is_shown(make_parts: Callable[..., Parts]) -> None:
    parts = make_parts()
    parts.settings.update(allowed_providers=("groq",))
    shown: list[CatalogueView] = []
    parts.catalogue.changed.connect(lambda now: shown.append(now.view) if now.view is not None else None)
    parts.open_catalogue()
    assert shown
    assert all(view.figures.allowed == {"groq"} for view in shown)


def test_another_list_that_comes_meanwhile_is_judged_too(parts: Parts) -> None:
    parts.open_catalogue()
    figures = Figures({view_of(parts).models[0].id: (EndpointInfo("Host"),)})
    parts.catalogue.judge(figures, Funds.SPENT)
    parts.catalogue.refresh()
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    parts.until(lambda: view_of(parts).figures is figures, "the judgement")
    assert view_of(parts).funds is Funds.SPENT


def test_a_list_that_gives_way_while_it_is_judged_does_not_come_back(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.open_catalogue()
    old, judge, let_go, begun = view_of(parts), CatalogueView.with_figures, threading.Event(), threading.Event()

    def slowly(view: CatalogueView, figures: Figures, funds: Funds = Funds.UNKNOWN) -> CatalogueView:
        if view is old:
            begun.set()
            let_go.wait(60)
        return judge(view, figures, funds)

    monkeypatch.setattr(CatalogueView, "with_figures", slowly)
    parts.settings.update(allowed_providers=("groq",))
    parts.until(begun.is_set, "the judgement")
    shorter = CatalogueView(old.models[:5], old.today)
    seen: list[Catalogue] = []
    parts.catalogue.changed.connect(seen.append)
    parts.catalogue._set(replace(parts.catalogue.current, models=shorter.models, view=shorter))
    let_go.set()
    parts.until(lambda: view_of(parts).figures.allowed == {"groq"}, "the judgement")
    assert len(seen) == 2
    assert all(one.view is not None and one.view.models is one.models is shorter.models for one in seen)


def test_the_same_once_more_shows_nothing_anew(parts: Parts) -> None:
    parts.open_catalogue()
    turn(5)
    told: list[object] = []
    parts.catalogue.changed.connect(told.append)
    parts.settings.update(temperature=0.3)
    turn(20)
    assert not told
    parts.settings.update(allowed_providers=("groq",))
    parts.until(lambda: told, "the control")


def test_a_server_without_hosts_has_no_choice_among_them(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(allowed_providers=("groq",))
    parts.catalogue.open(Connection("openai_compatible", address=demo.base_url))
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    assert view_of(parts).figures == Figures()
