"""The list of models as Qt sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QAbstractItemModelTester

from caal_desktop.catalogue.listing import Entry, ListRequest, ListSection, TypedModel, list_models
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.item_models.host_table import UNKNOWN, HostTableModel
from caal_desktop.item_models.model_list import HeadingRow, ModelListModel, ModelRole, NoticeRow, Row
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import Pricing
from caal_desktop.widgets.common.formats import seconds
from caal_desktop.widgets.picker.list.rows import entry_row
from tests.support.catalogues import generated_models

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 8, 22)
VIEW = CatalogueView(generated_models(300), TODAY)
FAVOURITE = VIEW.models[7].id
ENTRIES = list_models(VIEW, ListRequest(favourites=[FAVOURITE], chosen="gone/away")).entries


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, entry: Entry) -> Row:
        self.calls += 1
        return entry_row(entry, VIEW)


@pytest.fixture
def described() -> Counting:
    return Counting()


@pytest.fixture
def model(described: Counting, qapp: object) -> ModelListModel:
    made = ModelListModel(described)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Warning, made)
    assert tester.parent() is made
    made.set_entries(ENTRIES)
    return made


class CountedId(str):
    """An id that counts how often it is looked up."""

    lookups = 0
    __slots__ = ()

    def __hash__(self) -> int:
        CountedId.lookups += 1
        return super().__hash__()


def test_a_list_that_is_judged_anew_is_compared_in_one_pass(qapp: object) -> None:
    """Ten thousand rows are compared while the user reads: not each with all."""
    models = [replace(one, id=CountedId(one.id)) for one in VIEW.models]
    made = ModelListModel(lambda entry: pytest.fail(f"{entry} was drawn"))
    made.set_entries(models)
    CountedId.lookups = 0
    made.update_entries(models[1:])
    assert made.rowCount() == len(models) - 1
    assert 0 < CountedId.lookups < 12 * len(models)


def test_rows_are_described_when_they_are_seen_and_once(model: ModelListModel, described: Counting) -> None:
    assert described.calls < 5
    index = model.index_of(FAVOURITE)
    first = index.data(ModelRole.ROW)
    calls = described.calls
    assert index.data(ModelRole.ROW) is first
    assert described.calls == calls
    model.forget_descriptions()
    assert index.data(ModelRole.ROW) is not first


def test_a_favourite_is_found_where_it_stands_first(model: ModelListModel) -> None:
    places = [n for n, entry in enumerate(ENTRIES) if not isinstance(entry, ListSection) and entry.id == FAVOURITE]
    assert len(places) == 2
    assert model.index_of(FAVOURITE).row() == places[0]
    assert not model.index_of("no/such").isValid()


def test_headings_cannot_be_chosen_and_say_what_follows(model: ModelListModel) -> None:
    heading = next(n for n, entry in enumerate(ENTRIES) if isinstance(entry, ListSection))
    index = model.index(heading, 0)
    assert not model.flags(index) & Qt.ItemFlag.ItemIsEnabled
    assert index.data(ModelRole.ID) == ""
    row = index.data(ModelRole.ROW)
    assert isinstance(row, HeadingRow)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == row.spoken == "Favourites, 1 model"


def test_what_is_not_in_the_catalogue_is_a_row_too(model: ModelListModel) -> None:
    row = model.first_index().data(ModelRole.ROW)
    assert isinstance(row, NoticeRow)
    assert row.id == "gone/away"
    model.set_entries([TypedModel("my/own")])
    assert "my/own" in model.first_index().data(Qt.ItemDataRole.AccessibleTextRole)
    model.set_entries([])
    assert not model.first_index().isValid()


def test_screen_readers_hear_everything_that_is_drawn(model: ModelListModel) -> None:
    for number, entry in enumerate(ENTRIES[:40]):
        spoken = model.index(number, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        row = model.index(number, 0).data(ModelRole.ROW)
        if isinstance(entry, (ListSection, TypedModel)) or isinstance(row, NoticeRow):
            continue
        for part in (row.model.name, row.model.vendor, row.context, row.warning, *(words for _, words in row.icons)):
            assert part in spoken


@pytest.fixture
def _german() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German, QLocale.Country.Germany))
    yield
    QLocale.setDefault(before)


@pytest.mark.usefixtures("_german")
def test_the_figures_of_hosts_are_written_as_in_the_user_s_region(qapp: object) -> None:
    table = HostTableModel(str, str, seconds)
    table.set_hosts((EndpointInfo("Full", discount=0.25, uptime=99.5, latency_ms=312.5, throughput=4512.0),))
    columns = {table.headerData(column, Qt.Orientation.Horizontal): column for column in range(table.columnCount())}
    shown = {title: table.index(0, column).data() for title, column in columns.items()}
    assert (shown["Uptime"], shown["First word"], shown["Tokens/s"]) == ("99,5 %", "0,31 s", "4.512")
    spoken = table.index(0, columns["Uptime"]).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Uptime: 99,5 %"


def test_the_wait_for_a_host_is_written_as_every_measured_time_is(qapp: object) -> None:
    table = HostTableModel(str, str, seconds)
    table.set_hosts((EndpointInfo("Slow", latency_ms=12_345.0),))
    assert table.index(0, 4).data() == seconds(12.345) == "12.3 s"


def test_hosts_that_tell_nothing_are_dashes(qapp: object) -> None:
    hosts = (
        EndpointInfo("Bare"),
        EndpointInfo("Full", Pricing(0.2, 1.0), 0.25, 131_072, 4_096, "fp8", 99.5, 312.5, 45.2, True, frozenset()),
        EndpointInfo("Router", Pricing(varies=True)),
    )
    table = HostTableModel(str, lambda usd: UNKNOWN if usd is None else f"${usd:g}", seconds)
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Warning, table)
    assert tester.parent() is table
    table.set_hosts(hosts)

    def texts(row: int) -> list[str]:
        return [table.index(row, column).data() for column in range(table.columnCount())]

    assert texts(0) == ["Bare", *[UNKNOWN] * 8]
    assert texts(1) == ["Full (troubled)", "$0.2", "$1", "99.5 %", "0.31 s", "45", "131072", "4096", "fp8"]
    assert texts(2)[1:3] == ["varies", "varies"]
    assert "25 %" in table.index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert table.index(1, 4).data(Qt.ItemDataRole.AccessibleTextRole) == "First word: 0.31 s"
    titles = [table.headerData(column, Qt.Orientation.Horizontal) for column in range(table.columnCount())]
    assert all(titles)
