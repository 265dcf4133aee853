"""The model picker against a bare list over the same rows: keystrokes, opening, memory.

The bare list is a ``QListView`` on a ``QSortFilterProxyModel`` with a fixed string over a ``QStringListModel``: Qt's
own code alone, without ranking, typos, counts, details or rows of two lines.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import tempfile
import tracemalloc
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import mean
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QObject, QSortFilterProxyModel, QStringListModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QVBoxLayout, QWidget

from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService, CatalogueState
from caal_desktop.services.providers.provider_pool import Connection, ProviderPool
from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.storage.caches.catalogue_cache import CatalogueCache
from caal_desktop.storage.settings.store import SettingsStore
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.bench.harness import Metric, benchmark
from tests.support.catalogues import REAL_LISTS, generated_rows, long_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

QUERIES = ("claude sonnet 4", "gpt mini", "llama 70b free")
SIZE = (1040, 680)
SETTLE_S = 0.2
"""Details follow when the typing rests; what they cost must not be felt either."""


@cache
def _app() -> QApplication:
    return QApplication.instance() or QApplication([])  # type: ignore[return-value]


@cache
def rows(count: int) -> list[dict[str, Any]]:
    """A whole real list where one is named that has exactly so many; else real rows, with generated ones behind them.

    The longest list stays a generated one, as it has been since the first measurement.
    """
    if count > 1_000:
        return generated_rows(count)
    named = REAL_LISTS[-1].rows()
    return named if len(named) == count else long_rows(count)


class _Services:
    """What a pane stands on: services over an empty folder, in a loop that runs while :meth:`running` is entered."""

    def __init__(self) -> None:
        from qasync import QEventLoop

        self.folder = tempfile.TemporaryDirectory(prefix="caal-bench-")
        self.path = Path(self.folder.name)
        self._loop = QEventLoop(_app(), already_running=True)
        asyncio.events._set_running_loop(None)
        store = SettingsStore(self.path / "settings.json")
        self.settings = SettingsService(store, store.load())

    @contextmanager
    def running(self) -> Iterator[None]:
        """The loop counts as running."""
        asyncio.events._set_running_loop(self._loop)
        try:
            yield
        finally:
            asyncio.events._set_running_loop(None)

    def catalogue(self) -> CatalogueService:
        """A service that can reach nobody."""
        return CatalogueService(self.path, ProviderPool(_nowhere))

    def run(self, coro: Coroutine[Any, Any, None]) -> None:
        """Run something to its end."""
        task = self._loop.create_task(coro)
        _until(task.done)

    def close(self) -> None:
        """End the loop."""
        with self.running():
            self.run(self.settings.close())
        self._loop.stop()
        self._loop.close()
        self.folder.cleanup()


class _Painted(QObject):
    """Notices the paints of a list."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.seen = False
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.seen = True
        return False


class _Bare(QWidget):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.resize(*SIZE)
        self.search = QLineEdit(self)
        self.list = QListView(self)
        self.list.setUniformItemSizes(True)
        source = QStringListModel(list(names), self)
        proxy = QSortFilterProxyModel(self)
        proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        proxy.setSourceModel(source)
        self.list.setModel(proxy)
        self.search.textChanged.connect(proxy.setFilterFixedString)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list)


def _until(condition: Callable[[], bool], turns: int | None = None) -> float:
    """Turn the loop, so many times at the most; gives the longest single turn in milliseconds."""
    longest = 0.0
    while turns is None or turns > 0:
        turns = None if turns is None else turns - 1
        begin = perf_counter()
        QApplication.processEvents()
        longest = max(longest, (perf_counter() - begin) * 1000)
        if condition():
            break
    return longest


def _type(window: QWidget, search: QLineEdit, view: QListView) -> tuple[float, float]:
    """Type and delete the queries; gives the mean time from a key to the painted list, and the longest stall, in ms."""
    painted = _Painted(view)
    window.show()
    search.setFocus()
    _until(lambda: painted.seen)
    times, stalls = [], [0.0]
    for query in QUERIES:
        for key in (*query, *([Qt.Key.Key_Backspace] * len(query))):
            painted.seen = False
            begin = perf_counter()
            QTest.keyClick(search, key)
            stalls.append((perf_counter() - begin) * 1000)
            # A list that stays as it is paints nothing: Qt would have asked for it by the second turn.
            stalls.append(_until(lambda: painted.seen, turns=3))
            times.append((perf_counter() - begin) * 1000)
        end = perf_counter() + SETTLE_S
        stalls.append(_until(lambda end=end: perf_counter() > end))  # type: ignore[misc]
    painted.deleteLater()
    return mean(times), max(stalls)


@benchmark(
    "picker",
    [
        Metric("key to paint, 415", "ms", aim=2),
        Metric("key to paint, 10000", "ms", aim=5),
        Metric("longest stall, 415", "ms", aim=16, absolute=True),
        Metric("longest stall, 10000", "ms", aim=50, absolute=True),
    ],
)
class Picker:
    """From a key to the painted list, and the longest time the window is away, for two lengths of list."""

    def __enter__(self) -> Self:
        _app()
        from caal_desktop.catalogue.view import CatalogueView

        self._services = _Services()
        self._catalogues = {}
        self._names = {}
        for count in (415, 10_000):
            models = parse_model_list({"data": rows(count)}).models
            view = CatalogueView(models, datetime.now(UTC).date())
            self._catalogues[count] = Catalogue(
                "openrouter", view.models, 0, datetime.now(UTC), CatalogueState.READY, view=view
            )
            self._names[count] = [f"{model.vendor} {model.name} {model.id}" for model in models]
        gc.collect()
        gc.freeze()
        return self

    def __exit__(self, *error: object) -> None:
        gc.unfreeze()
        self._services.close()

    def ours(self) -> dict[str, float]:
        """The picker's pane."""
        with self._services.running():
            service = self._services.catalogue()
            figures = self._sample(lambda count: self._ours(service, count))
            self._services.run(service.close())
        return figures

    def baseline(self) -> dict[str, float]:
        """Qt's own list."""
        return self._sample(self._bare)

    def _sample(self, make: Callable[[int], tuple[QWidget, QLineEdit, QListView]]) -> dict[str, float]:
        figures = {}
        for count in self._catalogues:
            window, search, view = make(count)
            figures[f"key to paint, {count}"], figures[f"longest stall, {count}"] = _type(window, search, view)
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return figures

    def _ours(self, service: CatalogueService, count: int) -> tuple[QWidget, QLineEdit, QListView]:
        service._set(self._catalogues[count])
        pane = ModelPane(service, self._services.settings, name="bench")
        pane.resize(*SIZE)
        pane.choose(self._catalogues[count].models[0].id)
        return pane, pane.search, pane.list

    def _bare(self, count: int) -> tuple[QWidget, QLineEdit, QListView]:
        window = _Bare(self._names[count])
        return window, window.search, window.list


@benchmark("picker-open", [Metric("cache to paint, 415", "ms", aim=100, absolute=True)])
class Opening:
    """From the cached file to the painted list of 415 models: reading, parsing, preparing, building the window."""

    def __enter__(self) -> Self:
        self._services = _Services()
        payload = json.dumps({"data": rows(415)}).encode()
        CatalogueCache(self._services.path, "openrouter").save(payload, model_count=415)
        gc.collect()
        gc.freeze()  # other benchmarks' lists are none of this one's business
        return self

    def __exit__(self, *error: object) -> None:
        gc.unfreeze()
        self._services.close()

    def ours(self) -> dict[str, float]:
        """The service and the pane."""
        gc.collect()
        with self._services.running():
            begin = perf_counter()
            service = self._services.catalogue()
            service.open(Connection("openrouter"))
            pane = ModelPane(service, self._services.settings, name="bench")
            pane.resize(*SIZE)
            pane.show()
            painted = _Painted(pane.list)
            _until(lambda: painted.seen and bool(service.current.models))
            taken = (perf_counter() - begin) * 1000
            self._services.run(service.close())
        return self._done(pane, taken)

    def baseline(self) -> dict[str, float]:
        """Reading the same file, and a bare list of the names."""
        gc.collect()
        begin = perf_counter()
        cached = CatalogueCache(self._services.path, "openrouter").load()
        assert cached is not None
        window = _Bare([row["name"] for row in json.loads(cached.payload)["data"]])
        window.show()
        painted = _Painted(window.list)
        _until(lambda: painted.seen)
        return self._done(window, (perf_counter() - begin) * 1000)

    def _done(self, window: QWidget, taken: float) -> dict[str, float]:
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return {"cache to paint, 415": taken}


async def _nowhere(_provider: str) -> str | None:
    return None


@benchmark("picker-memory", [Metric("KiB a model, 10000", "KiB", aim=1.5)])
class Memory:
    """What a model takes in memory, parsed and prepared for searching, against its row as json leaves it."""

    COUNT = 10_000

    def __enter__(self) -> Self:
        self._text = json.dumps({"data": rows(self.COUNT)})
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def ours(self) -> dict[str, float]:
        """Models and view."""
        from caal_desktop.catalogue.view import CatalogueView

        today = datetime.now(UTC).date()
        return self._measure(lambda: CatalogueView(parse_model_list(json.loads(self._text)).models, today))

    def baseline(self) -> dict[str, float]:
        """The parsed JSON."""
        return self._measure(lambda: json.loads(self._text))

    def _measure(self, make: Callable[[], object]) -> dict[str, float]:
        gc.collect()
        tracemalloc.start()
        kept = make()
        gc.collect()
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del kept
        return {"KiB a model, 10000": size / self.COUNT / 1024}
