"""The model picker in every state that it can be in: for looking at, and for tests that look at all of them.

``python -m tests.support.picker_states FOLDER`` takes a picture of each, light and dark, narrow and wide.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.errors import ConnectionRefused
from caal_desktop.llm.models.endpoints import EndpointInfo, parse_endpoints
from caal_desktop.llm.models.info import Pricing
from caal_desktop.llm.models.key_info import FreeRequests, Funds, KeyInfo
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.widgets.picker.details.compare import CompareDialog
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.support.catalogues import long_models
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from caal_desktop.llm.models.info import ModelInfo
    from tests.support.parts import Parts

TODAY = date(2026, 8, 22)
OFFLINE = ConnectionRefused("openrouter", params={"provider": "OpenRouter", "host": "openrouter.ai", "seconds": 60})


@cache
def catalogue() -> Catalogue:
    """Return as many models as OpenRouter has: real ones first, generated ones behind them."""
    return catalogue_of(long_models(415))


def catalogue_of(models: tuple[ModelInfo, ...]) -> Catalogue:
    """Return models as a service would hand them over."""
    view = CatalogueView(models, TODAY)
    fetched_at = datetime.now(UTC) - timedelta(hours=3)
    return Catalogue("openrouter", view.models, 0, fetched_at, CatalogueState.READY, view=view)


def pane(
    parts: Parts,
    shown: Catalogue | None = None,
    *,
    query: str = "",
    filters: Filters | None = None,
    chosen: str | None = None,
    key: KeyInfo | None = None,
    is_private: bool = False,
) -> ModelPane:
    """Return a pane over the services, which have a catalogue that was never asked for, and a key or none."""
    shown = catalogue() if shown is None else shown
    parts.show_catalogue(shown)
    parts.tell_of_key(key)
    parts.settings.update(deny_data_collection=is_private)
    if key is not None and shown.view is not None:
        judged = shown.view.with_figures(parts.catalogue._figures, key.funds)
        parts.show_catalogue(replace(shown, view=judged))
    result = ModelPane(parts.catalogue, parts.settings, name="picker.pane")
    best = result.browser.view.recommended
    result.choose(chosen if chosen is not None else best.id if best is not None else "")
    if filters is not None:
        result.filters.set_filters(filters)
    result.search.setText(query)
    return result


def _of(state: CatalogueState, error: ConnectionRefused | None = None) -> Callable[[Parts], ModelPane]:
    return lambda parts: pane(parts, Catalogue("openrouter", state=state, error=error))


def _stale(parts: Parts) -> ModelPane:
    return pane(parts, replace(catalogue(), state=CatalogueState.STALE, error=OFFLINE))


def _ids_alone(parts: Parts) -> ModelPane:
    listing = parse_model_list({"data": [{"id": name} for name in ("llama3.2:latest", "mistral", "qwen3:8b")]})
    return pane(parts, catalogue_of(listing.models))


def _compared(parts: Parts) -> ModelPane:
    result = pane(parts, query="mini")
    for model in result.browser.view.models[:2]:
        result.tray.toggle(model)
    return result


def _details(parts: Parts) -> ModelPane:
    """Return a pane with its details, which in a narrow window take the list's place."""
    result = pane(parts)
    result.parts.toggle_details()
    return result


def _hosts(parts: Parts) -> ModelPane:
    result = _details(parts)
    hosts = [
        {
            "provider_name": name,
            "context_length": 131_072,
            "pricing": {"prompt": "0.0000002", "completion": "0.00000125"},
            "quantization": quantization,
            "uptime_last_30m": 99.5,
            "latency_last_30m": {"p50": 420},
            "throughput_last_30m": {"p50": 88},
            "status": status,
        }
        for name, quantization, status in (("One host", "bf16", 0), ("Another", None, 0), ("A third", "fp8", -2))
    ]
    model = result.details.model
    assert model is not None
    result.details.set_features(hosts=True, model_page="https://openrouter.ai/{model}")
    result.details.hosts_button.click()
    endpoints = parse_endpoints({"data": {"endpoints": hosts}}) or ()
    result.details.hosts.show_hosts(Hosts(model.id, HostsPhase.READY, endpoints))
    return result


def _news(parts: Parts) -> ModelPane:
    """Return a pane while hosts are asked, below whose list another model is recommended by now."""
    result = pane(parts)
    result._known_best = ""  # as if another one had been recommended when the list came
    best = result.browser.view.recommended
    result.choose(next(model.id for model in result.browser.view.models if model is not best))
    parts.catalogue.survey._set_asking(True)
    return result


def _no_match(parts: Parts) -> ModelPane:
    """Search for a model that is not free among the free ones."""
    view = catalogue().view
    assert view is not None
    free = Filters(frozenset({FilterName.FREE}))
    for model in view.models:
        found = view.filters.mask_of(view.search.find(model.id).rows)
        if view.filters.mask(Filters()) & found and not view.filters.mask(free) & found:
            return pane(parts, query=model.id, filters=Filters(frozenset({FilterName.FREE, FilterName.NO_EXPIRY})))
    raise AssertionError("every model has a free twin")


def paid_model() -> ModelInfo:
    """Return the model that is recommended to those who can pay."""
    view = catalogue().view
    assert view is not None
    assert view.recommended is not None
    return view.recommended


def _compare_dialog(_parts: Parts) -> CompareDialog:
    view = catalogue().view
    assert view is not None
    fit = view.filters.apply(Filters(frozenset({FilterName.VOICE})))
    return CompareDialog(fit[:3], view)


NO_CREDIT = KeyInfo(is_free_tier=True, free_requests=FreeRequests(50, 12, 38))
"""What is told of a key whose account never bought credit."""
SPENT = KeyInfo(limit=10.0, limit_remaining=0.0, limit_reset="weekly", is_free_tier=False)
"""What is told of a key whose limit is used up."""


def _used_up(parts: Parts) -> ModelPane:
    return pane(parts, key=replace(NO_CREDIT, free_requests=FreeRequests(50, 50, 0)))


def _only_paid(parts: Parts) -> ModelPane:
    paid = [model for model in catalogue().models if not is_free(model)]
    return pane(parts, catalogue_of(tuple(paid)), key=NO_CREDIT)


def _credit_came(parts: Parts) -> ModelPane:
    """Return a pane whose user has bought credit meanwhile, and goes on with the free model until then."""
    result = pane(parts, key=NO_CREDIT)
    parts.tell_of_key(replace(NO_CREDIT, is_free_tier=False))
    view = catalogue().view
    assert view is not None
    parts.show_catalogue(replace(catalogue(), view=view.with_figures(parts.catalogue._figures, Funds.BOUGHT)))
    return result


def _quick_hosts(parts: Parts) -> ModelPane:
    """Return a pane of which the hosts of the recommended model are known, with quick ones asked first."""
    view = catalogue().view
    assert view is not None
    assert view.recommended is not None
    cheap = Pricing(prompt=0.1, completion=0.6)
    hosts = (
        EndpointInfo("One host", cheap, latency_ms=900, throughput_p75=40, quantization="bf16"),
        EndpointInfo(
            "Another", Pricing(prompt=0.4, completion=2.4), latency_ms=300, throughput_p75=90, quantization="fp4"
        ),
    )
    parts.settings.update(quick_hosts=True)
    return pane(parts, replace(catalogue(), view=view.with_figures(Figures({view.recommended.id: hosts}))))


STATES: dict[str, Callable[[Parts], QWidget]] = {
    "grouped": pane,
    "found": lambda parts: pane(parts, query="claude sonet"),
    "nearest": lambda parts: pane(parts, query="claude zebra"),
    "typed-id": lambda parts: pane(parts, query="my/own-model"),
    "filtered": lambda parts: pane(
        parts, filters=Filters(frozenset({FilterName.VOICE, FilterName.VISION}), max_usd_per_hour=0.5)
    ),
    "no-match": _no_match,
    "nothing-like-it": lambda parts: pane(parts, query="what is this?"),
    "cannot-chat": lambda parts: pane(parts, query="batch", filters=Filters(show_unusable=True)),
    "missing": lambda parts: pane(parts, chosen="vendor/model-that-went-away"),
    "empty": _of(CatalogueState.EMPTY),
    "loading": _of(CatalogueState.LOADING),
    "failed": _of(CatalogueState.FAILED, OFFLINE),
    "stale": _stale,
    "no-credit": lambda parts: pane(parts, key=NO_CREDIT),
    "no-credit-and-a-price": lambda parts: pane(parts, key=NO_CREDIT, chosen=paid_model().id),
    "no-credit-untold": lambda parts: pane(parts, key=KeyInfo(is_free_tier=True)),
    "no-credit-limit-alone": lambda parts: pane(parts, key=KeyInfo(is_free_tier=True, free_requests=FreeRequests(50))),
    "no-credit-used-up": _used_up,
    "no-credit-only-paid": _only_paid,
    "no-credit-private": lambda parts: pane(parts, key=NO_CREDIT, is_private=True),
    "spent": lambda parts: pane(parts, key=SPENT),
    "spent-for-good": lambda parts: pane(parts, key=replace(SPENT, limit_reset=None)),
    "credit-came": _credit_came,
    "ids-alone": _ids_alone,
    "comparing": _compared,
    "details": _details,
    "hosts": _hosts,
    "news": _news,
    "comparison": _compare_dialog,
    "quick-hosts": _quick_hosts,
}
"""What to call with the services to get the picker in a state; the widget is not shown yet."""

SIZES = {"wide": (1040, 680), "narrow": (480, 620)}


def shown_in(state: str, size: str, parts: Parts, qtbot: QtBot) -> QWidget:
    """Show the picker in one of the states, at one of the sizes, when it has come to rest."""
    widget = STATES[state](parts)
    qtbot.addWidget(widget)
    widget.resize(*SIZES[size])
    widget.show()
    turn(until=lambda: not isinstance(widget, ModelPane) or not widget._counts_timer.isActive())
    turn(3)
    return widget


def _palette(*, dark: bool) -> QPalette:
    """Return light or dark colours; a desktop without a theme of its own has light ones alone."""
    if not dark:
        return QApplication.style().standardPalette()
    palette = QPalette(QColor("#2b2b2b"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#1e1e1e"))
    palette.setColor(QPalette.ColorRole.AlternateBase, QColor("#262626"))
    palette.setColor(QPalette.ColorRole.Accent, QColor("#3daee9"))
    palette.setColor(QPalette.ColorRole.Link, QColor("#79b8ff"))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(role, QColor("#eeeeee"))
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#888888"))
    palette.setColor(QPalette.ColorRole.PlaceholderText, QColor("#999999"))
    return palette


async def take_pictures(app: QApplication, folder: Path, home: Path) -> None:
    """Take a picture of every state.

    Args:
        app: the application.
        folder: where the pictures go.
        home: an empty folder for the services.
    """
    from tests.support.parts import Parts

    parts = Parts(home, "http://127.0.0.1:9")  # nothing is asked for
    for scheme in ("light", "dark"):
        app.setPalette(_palette(dark=scheme == "dark"))
        for name, make in STATES.items():
            for size_name, size in SIZES.items():
                widget = make(parts)
                widget.resize(*size)
                widget.show()
                await asyncio.sleep(0.25)
                widget.grab().save(str(folder / f"{name}-{size_name}-{scheme}.png"))
                widget.close()
                widget.deleteLater()
    await parts.aclose()


def main(folder: Path) -> None:
    """Take the pictures in a loop of their own."""
    from qasync import QEventLoop

    app = QApplication(["picker"])
    app.setStyle("Fusion")
    folder.mkdir(parents=True, exist_ok=True)
    with QEventLoop(app) as loop, TemporaryDirectory() as home:
        loop.run_until_complete(take_pictures(app, folder, Path(home)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
