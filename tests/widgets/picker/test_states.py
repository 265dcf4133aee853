"""Every state of the picker: what it says, what it offers, that nothing is cut, and that nothing can break it."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from caal_desktop.catalogue.filters import Filters
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.item_models.model_list import ModelRole
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.widgets.common.message_panel import MessageKind
from caal_desktop.widgets.picker.details.compare import comparison
from caal_desktop.widgets.picker.details.model_facts import model_facts
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.support.catalogues import EXCERPT
from tests.support.picker_states import OFFLINE, SIZES, STATES, TODAY, catalogue, catalogue_of, pane, shown_in
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints, cut_texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


def shown(qtbot: QtBot, made: ModelPane) -> ModelPane:
    qtbot.addWidget(made)
    made.resize(*SIZES["wide"])
    made.show()
    turn(3)
    return made


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
def test_nothing_is_cut_and_everything_has_a_name(qtbot: QtBot, parts: Parts, state: str, size: str) -> None:
    assert complaints(shown_in(state, size, parts, qtbot)) == []


@pytest.mark.parametrize("state", ["grouped", "no-match", "missing", "hosts", "comparing"])
def test_large_text_and_long_words(
    qtbot: QtBot,
    parts: Parts,
    state: str,
    text_scale: Callable[[float], None],
    long_words: Callable[[], None],
) -> None:
    text_scale(1.5)
    long_words()
    widget = STATES[state](parts)
    qtbot.addWidget(widget)
    for width, height in SIZES.values():
        widget.resize(width, height)
        widget.show()
        turn(until=lambda: not isinstance(widget, ModelPane) or not widget._counts_timer.isActive())
        turn(3)
        assert cut_texts(widget) == []


def test_loading(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, Catalogue("openrouter", state=CatalogueState.LOADING)))
    assert made.message.kind is MessageKind.BUSY
    assert not made.search.isEnabled()
    assert not made.list.isVisible()
    assert not made.parts.refresh.isEnabled()


def test_failed_offers_another_try(qtbot: QtBot, parts: Parts, demo: DemoControl) -> None:
    demo.fault("html_200", path="/models", times=1)
    parts.catalogue.open(Connection("openrouter"))
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.FAILED, "the failure")
    made = shown(qtbot, ModelPane(parts.catalogue, parts.settings, name="pane"))
    assert made.message.kind is MessageKind.ERROR
    assert not made.list.isVisible()
    button = made.message.button("retry")
    assert button is not None
    button.click()
    parts.until(lambda: made.list.isVisible(), "the list")
    assert not made.message.isVisible()


def test_stale_says_how_old(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, replace(catalogue(), state=CatalogueState.STALE, error=OFFLINE)))
    assert made.message.title == "Offline: this list is from 3 hours ago"
    assert made.list.isVisible()
    assert made.message.button("retry") is not None


def test_stale_of_an_unknown_date_is_told_too(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, replace(catalogue(), state=CatalogueState.STALE, error=OFFLINE, fetched_at=None)))
    assert made.message.title == "This list is an old one"
    assert made.list.isVisible()


def test_no_match_says_what_to_leave_out(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, STATES["no-match"](parts))  # type: ignore[arg-type]
    button = made.message.button("relax0")
    assert button is not None
    promised = int(button.text().rpartition("(")[2].rstrip(")"))
    button.click()
    assert made.browser.listing.found == promised > 0
    assert made.search.hasFocus() or not made.isActiveWindow()
    made.filters.set_filters(Filters())
    assert not made.message.isVisible()


def test_nothing_like_it(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, query="zzzz qqqq"))
    button = made.message.button("query")
    assert button is not None
    button.click()
    assert made.search.text() == ""
    assert made.list.isVisible()


def test_nearest_is_said(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, query="claude zebra"))
    assert "No exact match" in made.list.model().index(0, 0).data(Qt.ItemDataRole.DisplayRole)
    assert made.list.currentIndex().row() == 1


def test_a_missing_model_stays_visible(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, chosen="vendor/gone"))
    assert made.message.title == "“vendor/gone” is not in the list"
    assert made.list.currentIndex().data(ModelRole.ID) == made.chosen == "vendor/gone"


def test_a_way_of_routing_is_not_missing(qtbot: QtBot, parts: Parts) -> None:
    listed = next(model for model in catalogue().models if not model.variant)
    made = shown(qtbot, pane(parts, chosen=f"{listed.id}:nitro"))
    assert not made.message.isVisible()
    assert listed.name in made.list.currentIndex().data(Qt.ItemDataRole.DisplayRole)


def test_rows_that_could_not_be_read_are_counted(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, pane(parts, replace(catalogue(), skipped=7)))
    turn(until=lambda: not made._counts_timer.isActive())
    assert "7 rows could not be read" in made.parts.count.text()


def test_traps_are_told(qtbot: QtBot, parts: Parts) -> None:
    rows = [
        {"id": "openrouter/auto", "name": "Auto Router", "pricing": {"prompt": "-1", "completion": "-1"}},
        {
            "id": "a/tiers",
            "pricing": {
                "prompt": "0.000001",
                "completion": "0.000002",
                "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.000004"}],
            },
        },
        {"id": "~a/x-latest", "alias_target": {"slug": "a/x-5", "name": "A: X 5"}},
        {"id": "a/ends", "expiration_date": "2026-09-30"},
        {"id": "a/gift:free", "pricing": {"prompt": "0", "completion": "0"}},
        {"id": "a/x:batch"},
    ]
    made = shown(qtbot, pane(parts, catalogue_of(parse_model_list(rows).models), filters=Filters(show_unusable=True)))
    spoken = {}
    model = made.list.model()
    for row in range(model.rowCount()):
        spoken[model.index(row, 0).data(ModelRole.ID)] = model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "price varies" in spoken["openrouter/auto"]
    assert "other price above 200K" in spoken["a/tiers"]
    assert "stands for X 5" in spoken["~a/x-latest"]
    assert "ends on" in spoken["a/ends"]
    assert "free, limited" in spoken["a/gift:free"]
    assert "batch jobs only" in spoken["a/x:batch"]
    tiers = parse_model_list(rows).models[1]
    assert any(
        fact.label == "Above 200,000 tokens" and fact.value == "$4 in"
        for fact in model_facts(tiers, Competence([tiers]))
    )


def test_links_and_markup_of_a_description_stay_text(qtbot: QtBot, parts: Parts) -> None:
    text = '<img src="file:///etc/passwd"> ![x](https://example.org/x.png) [here](javascript:alert(1)) <b>bold</b>'
    row = {"id": "a/b", "name": "<i>A</i>: <b>B</b>", "description": text, "hugging_face_id": "../../x?y"}
    made = shown(qtbot, pane(parts, catalogue_of(parse_model_list([row]).models), chosen="a/b"))
    plain = made.details.sheet.toPlainText()
    assert "<b>bold</b>" in plain
    assert "<img" in plain
    links = made.details.sheet.document().toHtml()
    assert 'href="javascript' not in links
    with qtbot.assertNotEmitted(made.details.linkActivated):
        made.details.sheet.anchorClicked.emit("file:///etc/passwd")
    with qtbot.waitSignal(made.details.linkActivated) as told:
        made.details.sheet.anchorClicked.emit("https://example.org/x")
    assert told.args is not None
    assert told.args[0].display == "https://example.org/x"


ROWS = EXCERPT.rows()
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["-1", "1e999", "\u202e", "🤖" * 9, "x" * 3_000, "2026-08-22", "0.000001"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(list(ROWS[0])), children, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture
def kept_pane(qtbot: QtBot, parts: Parts) -> ModelPane:
    return shown(qtbot, pane(parts, Catalogue()))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_no_row_breaks_the_pane(kept_pane: ModelPane, parts: Parts, data: st.DataObject) -> None:
    rows: list[Any] = copy.deepcopy(data.draw(st.lists(st.sampled_from(ROWS), min_size=1, max_size=4)))
    for row in rows:
        for field in data.draw(st.lists(st.sampled_from(sorted(row)), max_size=4)):
            row[field] = data.draw(junk)
    parsed = parse_model_list({"data": rows})
    parts.show_catalogue(replace(catalogue_of(parsed.models), skipped=parsed.skipped + parsed.repeated))
    kept_pane.filters.set_filters(Filters(show_unusable=True))
    kept_pane.search.setText(data.draw(st.sampled_from(["", "a", "claude 4", "\u202e", "🤖"])))
    assert len(kept_pane.browser.view) + parsed.skipped + parsed.repeated == len(rows)
    model = kept_pane.list.model()
    for number in range(model.rowCount()):
        kept_pane.list.setCurrentIndex(model.index(number, 0))
        kept_pane.details._draw()
        assert model.index(number, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    kept_pane.list.viewport().repaint()
    labels, cells = comparison(parsed.models[:3], CatalogueView(parsed.models, TODAY))
    assert len(labels) == len(cells)
