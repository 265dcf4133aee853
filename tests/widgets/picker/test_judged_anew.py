"""Figures of hosts that come while the list is looked at: what is said changes, and nothing moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QCursor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.catalogue.fitness.recommend import could_be_suggested
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.item_models.model_list import ModelListModel, ModelRole, ModelRow
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.support.picker_states import catalogue
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from caal_desktop.llm.models.info import ModelInfo
    from tests.support.parts import Parts

KEYED = Connection("openrouter", "some-key")
QUICK = (EndpointInfo("Quick", latency_ms=150.0, throughput_p75=300.0),) * 2
SLOW = (EndpointInfo("Slow", latency_ms=9_000.0, throughput_p75=20.0),) * 2


class Reader:
    """A pane that is looked at, over a list that is judged by kind so far."""

    def __init__(self, qtbot: QtBot, parts: Parts) -> None:
        self.parts, self.qtbot = parts, qtbot
        parts.show_catalogue(catalogue())
        parts.catalogue.known_hosts.set_connection(KEYED)
        self.window = QWidget()
        self.window.resize(1000, 700)
        self.pane = ModelPane(parts.catalogue, parts.settings, name="pane", parent=self.window)
        QVBoxLayout(self.window).addWidget(self.pane)
        self.chosen: list[str] = []
        self.pane.modelChosen.connect(self.chosen.append)
        qtbot.addWidget(self.window)
        self.first = self.best
        self.pane.choose(self.first.id)
        self.window.show()
        turn(3)

    @property
    def best(self) -> ModelInfo:
        best = self.pane.browser.view.recommended
        assert best is not None
        return best

    @property
    def list(self) -> Any:
        return self.pane.list

    @property
    def ids(self) -> list[str]:
        model = self.list.model()
        return [model.index(row, 0).data(ModelRole.ID) for row in range(model.rowCount())]

    @property
    def seen(self) -> tuple[str, int]:
        """The current row's id, and where it is drawn."""
        current = self.list.currentIndex()
        return str(current.data(ModelRole.ID)), self.list.visualRect(current).top()

    def others(self) -> list[ModelInfo]:
        """Return the models that could be recommended as well, in the list's order."""
        view = catalogue().view
        assert view is not None
        fit = {model.id for model in view.filters.apply(Filters(frozenset({FilterName.VOICE})))}
        able = could_be_suggested(view.models, view.today)
        return [model for model in able if model.id in fit and model.id != self.first.id]

    def listed_others(self) -> list[ModelInfo]:
        """Return them as they stand in the list that is shown, from top to bottom."""
        ids = self.ids
        return sorted(self.others(), key=lambda model: ids.index(model.id))

    def judge(self, **hosts: tuple[EndpointInfo, ...]) -> None:
        """Have hosts come in, and the list judged by them."""
        before = self.pane.browser.view
        self.parts.catalogue.known_hosts.add(KEYED, hosts)
        self.parts.until(lambda: self.pane.browser.view is not before, "the judgement")
        self.settle()

    def settle(self) -> None:
        """Wait until the counts have followed, which may lay the filters out anew."""
        turn(until=lambda: not self.pane._counts_timer.isActive())
        turn(2)

    def make_best(self, model: ModelInfo) -> None:
        """Have such hosts come in that a model is recommended."""
        self.judge(**{model.id: QUICK, self.first.id: SLOW})
        assert self.best.id == model.id

    def move_to(self, model: ModelInfo) -> None:
        """Move to a model's row with the keyboard, in the middle of the list."""
        self.settle()
        self.list.setFocus()
        self.pane.choose(model.id)
        self.list.move_by(Qt.Key.Key_Down)
        self.list.scrollTo(self.list.currentIndex(), self.list.ScrollHint.PositionAtCenter)
        # Not at the end of what is seen, where a line that comes below the list would hide it.
        assert self.list.verticalScrollBar().value() > 0
        assert self.seen[1] < self.list.viewport().height() * 0.7
        self.chosen.clear()


@pytest.fixture
def reader(qtbot: QtBot, parts: Parts) -> Reader:
    return Reader(qtbot, parts)


def test_nothing_moves_while_the_user_reads(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts: list[str] = []
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        lambda event: alerts.append(event.object().objectName()) if event.type() == QAccessible.Event.Alert else None,
    )
    better = reader.others()[-1]
    reader.move_to(reader.listed_others()[len(reader.others()) // 2])
    resets: list[None] = []
    reader.list.model().modelReset.connect(lambda: resets.append(None))
    scrolled, seen, ids = reader.list.verticalScrollBar().value(), reader.seen, reader.ids
    reader.make_best(better)
    assert (reader.list.verticalScrollBar().value(), reader.seen, reader.ids) == (scrolled, seen, ids)
    assert resets == []
    assert reader.chosen == []
    assert reader.pane.chosen == seen[0]
    assert reader.pane.parts.news.isVisible()
    assert alerts == ["pane.news"], "a screen reader says one thing"
    # What came is there all the same: the row says so, and what is asked for anew begins with it.
    row = reader.list.model().index_of(better.id).data(ModelRole.ROW)
    assert isinstance(row, ModelRow)
    assert row.badge
    reader.pane.filters.set_filters(Filters(frozenset({FilterName.VOICE})))
    assert reader.ids[0] == better.id
    assert resets == [None]


def test_rows_that_go_move_what_is_above_and_not_what_is_read(reader: Reader) -> None:
    reader.pane.filters.set_filters(Filters(frozenset({FilterName.VOICE})))
    others = reader.listed_others()
    reader.move_to(others[len(others) // 2])
    seen, scrolled = reader.seen, reader.list.verticalScrollBar().value()
    gone = [model for model in others[:6] if model.id != seen[0]]
    reader.judge(**{model.id: SLOW for model in gone})
    assert not {model.id for model in gone} & set(reader.ids)
    assert reader.list.verticalScrollBar().value() < scrolled, "what was above is less"
    assert reader.seen == seen
    assert reader.chosen == []


def test_the_row_under_the_mouse_stays_rather_than_the_marked_one(reader: Reader) -> None:
    reader.pane.filters.set_filters(Filters(frozenset({FilterName.VOICE})))
    others, ids = {model.id for model in reader.others()}, reader.ids
    # Models that stand below each other, with no heading between them.
    rows_of_four = (ids[row : row + 4] for row in range(len(ids) // 2, len(ids) - 3))
    above, _marked, between, under = next(four for four in rows_of_four if all(four) and four[2] in others)
    reader.move_to(next(model for model in reader.pane.browser.view.models if model.id == above))
    reader.settle()
    rows, viewport = reader.list.model(), reader.list.viewport()

    def top(model_id: str) -> int:
        return int(reader.list.visualRect(rows.index_of(model_id)).top())

    place = reader.list.visualRect(rows.index_of(under)).center()
    reader.qtbot.mouseMove(viewport, place)
    turn(until=viewport.underMouse)
    pointed = viewport.mapFromGlobal(QCursor.pos())
    assert reader.list.indexAt(pointed).data(ModelRole.ID) == under
    before, marked_before = top(under), reader.seen[1]
    reader.judge(**{between: SLOW})
    assert between not in reader.ids
    assert top(under) == before
    assert reader.seen[1] > marked_before
    assert reader.chosen == []


def test_in_the_order_of_silence_the_marked_row_stays_where_it_is_and_the_others_move(reader: Reader) -> None:
    reader.pane.orders.orderChanged.emit(SortOrder.SILENCE)
    others = reader.listed_others()
    reader.move_to(others[len(others) // 2])
    seen, ids = reader.seen, reader.ids
    scrolled = reader.list.verticalScrollBar().value()
    reader.judge(**{model.id: QUICK for model in others[-4:]})
    assert reader.ids != ids
    assert reader.seen == seen
    assert reader.list.verticalScrollBar().value() > scrolled
    assert reader.chosen == []


def test_the_marked_row_that_goes_is_no_choice_of_another(reader: Reader) -> None:
    reader.pane.filters.set_filters(Filters(frozenset({FilterName.VOICE})))
    reader.move_to(reader.listed_others()[10])
    marked = reader.seen[0]
    reader.judge(**{marked: SLOW})
    assert marked not in reader.ids
    assert reader.chosen == []
    assert reader.pane.chosen == marked
    assert not reader.list.currentIndex().isValid()


def test_a_search_keeps_the_match_that_is_marked(reader: Reader) -> None:
    reader.pane.search.setText("mini")
    reader.list.move_by(Qt.Key.Key_Down)
    reader.list.move_by(Qt.Key.Key_Down)
    reader.chosen.clear()
    seen = reader.seen
    assert reader.list.currentIndex().row() > 0
    reader.make_best(reader.others()[-1])
    assert reader.seen == seen
    assert reader.chosen == []


def test_the_first_row_changes_only_while_nobody_reads(reader: Reader) -> None:
    """The dialog's model is another one, and the list was not touched yet: its first row may be the new one."""
    chosen, better = reader.others()[0], reader.others()[-1]
    reader.pane.choose(chosen.id)
    # Not at the end of what is seen: the line with the news takes some of that.
    reader.list.scrollTo(reader.list.currentIndex(), reader.list.ScrollHint.PositionAtCenter)
    reader.chosen.clear()
    scrolled = reader.list.verticalScrollBar().value()
    reader.make_best(better)
    assert reader.ids[0] == better.id
    assert reader.seen[0] == chosen.id
    assert reader.list.verticalScrollBar().value() == scrolled
    again = reader.others()[-2]
    viewport = reader.list.viewport()
    reader.qtbot.mouseMove(viewport, QPoint(20, 20))
    reader.qtbot.mouseMove(viewport, QPoint(30, 30))
    turn(until=lambda: reader.pane._is_touched)
    reader.judge(**{again.id: QUICK, better.id: SLOW})
    assert reader.best.id == again.id
    assert reader.ids[0] == better.id, "it is under the mouse"


def test_the_preselection_follows_and_is_no_news(reader: Reader) -> None:
    """As in the wizard, whose service chooses the recommended model; whoever hears of it first."""
    better = reader.others()[-1]
    reader.parts.catalogue.changed.connect(lambda now: reader.pane.choose(now.view.recommended.id))
    reader.make_best(better)
    assert reader.seen[0] == better.id
    assert reader.list.currentIndex().row() == 0
    assert reader.list.verticalScrollBar().value() == 0
    assert not reader.pane.parts.news.isVisible()
    assert reader.chosen == []
    reader.move_to(reader.listed_others()[3])
    assert not reader.pane.parts.news.isVisible(), "it was marked before: whoever moves on knows it"


def test_at_another_provider_nobody_has_read_yet(reader: Reader) -> None:
    touched: list[None] = []
    reader.pane.touched.connect(lambda: touched.append(None))
    reader.move_to(reader.listed_others()[3])
    assert len(touched) == 1
    reader.parts.show_catalogue(replace(catalogue(), state=CatalogueState.REFRESHING))
    reader.list.move_by(Qt.Key.Key_Down)
    assert len(touched) == 1
    reader.parts.show_catalogue(replace(catalogue(), provider="groq"))
    reader.list.move_by(Qt.Key.Key_Down)
    assert len(touched) == 2


def test_the_news_can_be_taken_or_left(reader: Reader) -> None:
    news, better, again = reader.pane.parts.news, reader.others()[-1], reader.others()[-2]
    assert not news.isVisible()
    reader.make_best(better)
    assert reader.ids[0] == reader.first.id, "the chosen one stays where it was"
    assert news.model is better
    assert better.name in news.accessibleName()
    assert "0.3 s of silence by its hosts' figures" in news.use.toolTip(), "the user decides by that"
    assert news.accessibleDescription().split() == news.use.toolTip().split()
    close = news.findChild(QWidget, "pane.news.dismiss")
    assert close is not None
    reader.qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not news.isVisible()
    reader.judge(**{reader.others()[5].id: SLOW})
    assert not news.isVisible(), "it was heard"
    reader.judge(**{again.id: QUICK, better.id: SLOW})
    assert news.model is again
    reader.qtbot.mouseClick(news.use, Qt.MouseButton.LeftButton)
    assert reader.chosen == [again.id]
    assert reader.seen[0] == again.id
    assert not news.isVisible()


def test_what_is_read_of_a_model_stays_in_sight(reader: Reader) -> None:
    sheet = reader.pane.details.sheet
    reader.window.resize(1400, 420)
    turn(until=lambda: sheet.verticalScrollBar().maximum() > 40)
    sheet.verticalScrollBar().setValue(40)
    before = sheet.toPlainText()
    reader.judge(**{reader.first.id: QUICK})
    turn(until=lambda: sheet.toPlainText() != before)
    assert sheet.verticalScrollBar().value() == 40


def test_the_line_below_tells_that_hosts_are_asked_and_when_they_were(reader: Reader) -> None:
    count, survey = reader.pane.parts.count, reader.parts.catalogue.survey
    reader.settle()
    assert "hosts" not in count.text()
    survey._set_asking(True)
    turn(until=lambda: "asking the hosts" in count.text())
    survey._set_asking(False)
    turn(until=lambda: "hosts" not in count.text())
    reader.judge(**{reader.first.id: QUICK})
    assert "hosts' figures from a moment ago" in count.text()


def test_the_line_below_tells_one_age_where_there_is_one(reader: Reader) -> None:
    reader.settle()
    reader.parts.show_catalogue(replace(reader.parts.catalogue.current, fetched_at=datetime.now(UTC)))
    reader.judge(**{reader.first.id: QUICK})
    text = reader.pane.parts.count.text()
    assert "list and hosts' figures from a moment ago" in text
    assert text.count("a moment ago") == 1


def test_a_pane_that_is_shown_has_the_hosts_asked(qtbot: QtBot, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(parts.catalogue, "ask_hosts", lambda: asked.append("asked"))
    pane = ModelPane(parts.catalogue, parts.settings, name="pane")
    qtbot.addWidget(pane)
    parts.show_catalogue(catalogue())
    assert asked == [], "a list that nobody sees"
    pane.show()
    assert asked
    asked.clear()
    parts.catalogue._set_state(parts.catalogue.current.state.REFRESHING)
    assert asked, "each state of a list that is seen: the service knows which of them will do"


def test_rows_that_stay_are_the_same_rows(qtbot: QtBot, parts: Parts) -> None:
    """The model alone: whatever comes and goes, the entries are in the end what was given."""
    view = catalogue().view
    assert view is not None
    model = ModelListModel(lambda entry: pytest.fail(f"{entry} was drawn"))
    everything = list(view.models[:40])
    model.set_entries(everything)
    resets: list[datetime] = []
    model.modelReset.connect(lambda: resets.append(datetime.now(UTC)))

    def ids() -> list[str]:
        return [model.index(row, 0).data(ModelRole.ID) for row in range(model.rowCount())]

    for entries in (
        everything[::2],
        everything,
        everything[5:9],
        [],
        everything[:7],
        [everything[30], *everything[:7]],
    ):
        model.update_entries(entries)
        assert ids() == [entry.id for entry in entries]
    assert resets == []
    model.update_entries(everything[6::-1])
    assert ids() == [entry.id for entry in everything[6::-1]]
    assert len(resets) == 1, "another order is another list"
