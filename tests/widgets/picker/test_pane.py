"""The picker's pane: searching, choosing and moving by keyboard and by mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QVBoxLayout, QWidget

from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.catalogue.usability import can_chat
from caal_desktop.item_models.model_list import HeadingRow, ModelRole, ModelRow
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.support.catalogues import generated_models
from tests.support.picker_states import SIZES, TODAY, catalogue_of
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from tests.support.parts import Parts

Key = Qt.Key
CATALOGUE = catalogue_of(generated_models(400))
MODELS = CATALOGUE.models


class Picker:
    """A pane in a window, used by keyboard."""

    def __init__(
        self, qtbot: QtBot, parts: Parts, catalogue: Catalogue = CATALOGUE, size: tuple[int, int] = SIZES["wide"]
    ) -> None:
        self.qtbot, self.parts = qtbot, parts
        self.window = QDialog()
        self.closed: list[int] = []
        self.window.finished.connect(self.closed.append)
        parts.show_catalogue(catalogue)
        self.pane = ModelPane(parts.catalogue, parts.settings, name="pane", parent=self.window)
        QVBoxLayout(self.window).addWidget(self.pane)
        qtbot.addWidget(self.window)
        self.window.resize(*size)
        self.chosen: list[str] = []
        self.activated: list[str] = []
        self.pane.modelChosen.connect(self.chosen.append)
        self.pane.modelActivated.connect(self.activated.append)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.pane.search.setFocus()
        turn(3)

    def press(self, *keys: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            focused = QApplication.focusWidget()
            assert focused is not None
            self.qtbot.keyClick(focused, key, modifier)

    def type(self, text: str) -> None:
        focused = QApplication.focusWidget()
        assert focused is not None
        self.qtbot.keyClicks(focused, text)

    @property
    def ids(self) -> list[str]:
        model = self.pane.list.model()
        return [model.index(row, 0).data(ModelRole.ID) for row in range(model.rowCount())]

    @property
    def current(self) -> str:
        return str(self.pane.list.currentIndex().data(ModelRole.ID))

    @property
    def count(self) -> str:
        turn(until=lambda: not self.pane._counts_timer.isActive())
        return self.pane.parts.count.text()

    def settle(self) -> None:
        """Wait until numbers and details have followed."""
        turn(until=lambda: not self.pane._counts_timer.isActive() and not self.pane.details._settle_timer.isActive())


@pytest.fixture
def picker(qtbot: QtBot, parts: Parts) -> Picker:
    return Picker(qtbot, parts)


def test_typing_finds_and_enter_uses_the_best(picker: Picker) -> None:
    picker.type("claude mini")
    assert "claude" in picker.current
    assert picker.pane.list.currentIndex().row() == 0
    picker.press(Key.Key_Return)
    assert picker.activated == [picker.pane.chosen] == [picker.current]


def test_arrows_move_in_the_list_while_typing_goes_on(picker: Picker) -> None:
    picker.type("claude")
    first = picker.current
    picker.press(Key.Key_Down, Key.Key_Down)
    second = picker.current
    assert second != first
    assert picker.pane.search.hasFocus()
    assert picker.pane.chosen == second
    picker.press(Key.Key_Up, Key.Key_Up)
    assert picker.current == first


def test_the_keyboard_steps_over_headings(picker: Picker) -> None:
    seen = []
    for _ in range(30):
        picker.press(Key.Key_Down)
        seen.append(picker.current)
    assert all(seen)
    assert isinstance(picker.pane.list.model().index(1, 0).data(ModelRole.ROW), HeadingRow)


def test_what_is_typed_on_the_list_searches(picker: Picker) -> None:
    picker.pane.list.setFocus()
    picker.type("g")
    assert picker.pane.search.hasFocus()
    picker.type("pt")
    assert picker.pane.search.text() == "gpt"
    picker.pane.list.setFocus()
    picker.press(Key.Key_Backspace)
    assert picker.pane.search.text() == "gp"
    picker.pane.list.setFocus()
    picker.press(Key.Key_Home)
    picker.press(Key.Key_Up)
    assert picker.pane.search.hasFocus()


def test_what_typing_passed_over_is_not_chosen(picker: Picker) -> None:
    picker.pane.choose(MODELS[5].id)
    picker.type("gemini")
    assert picker.pane.chosen != MODELS[5].id
    picker.press(Key.Key_Escape)
    assert picker.pane.search.text() == ""
    assert picker.pane.chosen == picker.current == picker.chosen[-1] == MODELS[5].id
    picker.type("gemini")
    picker.press(Key.Key_Down)
    meant = picker.current
    picker.press(Key.Key_Escape)
    assert picker.pane.chosen == meant


def test_escape_clears_then_closes(picker: Picker) -> None:
    picker.type("gpt")
    picker.press(Key.Key_Escape)
    assert picker.closed == []
    picker.pane.list.setFocus()
    picker.press(Key.Key_Escape)
    assert picker.closed == [0]


def test_tab_goes_as_the_eye_does_and_arrows_go_from_chip_to_chip(picker: Picker) -> None:
    names = []
    for _ in range(10):
        focused = QApplication.focusWidget()
        assert focused is not None
        names.append(focused.objectName().removeprefix("pane."))
        picker.press(Key.Key_Tab)
    assert names[:7] == ["search", "chips", "refresh", "filters.voice", "order", "filters.price", "list"]
    assert names[7] == "quick.box"
    assert names[8].startswith("details.")
    picker.pane.filters.chip(FilterName.VOICE).setFocus()
    picker.press(Key.Key_Right, Key.Key_Space)
    assert picker.pane.filters.filters == Filters(frozenset({FilterName.FREE}))
    picker.press(Key.Key_Left, Key.Key_Left)
    assert QApplication.focusWidget() is picker.pane.filters.unusable
    picker.pane.search.setFocus()
    picker.press(Key.Key_Tab, Key.Key_Tab, Key.Key_Tab)
    assert QApplication.focusWidget() is picker.pane.filters.unusable, "the chip that was left"


def test_chips_combine_and_count(picker: Picker) -> None:
    picker.settle()
    tools, vision = picker.pane.filters.chip(FilterName.TOOLS), picker.pane.filters.chip(FilterName.VISION)
    tools.click()
    picker.settle()
    promised = vision.count
    vision.click()
    picker.settle()
    assert tools.count == vision.count == promised
    assert picker.pane.browser.listing.found == promised
    assert picker.pane.parts.chips_button.text() == "Filters (2)"
    assert vision.accessibleName() == f"Vision, {promised} models"
    assert vision.accessibleDescription()


def test_a_limit_of_price_is_kept_by_all_that_is_listed(picker: Picker) -> None:
    picker.pane.filters.price.setCurrentIndex(3)
    limit = picker.pane.filters.filters.max_usd_per_hour
    assert limit == 0.1
    usd = dict(zip((m.id for m in MODELS), picker.pane.browser.view.filters.usd_per_hour, strict=True))
    shown = [model_id for model_id in picker.ids if model_id]
    assert shown
    assert all((usd[model_id] or 0) <= limit for model_id in shown)


def test_orders_that_are_not_known_cannot_be_chosen(picker: Picker) -> None:
    box = picker.pane.orders
    model = box.model()
    for row, order in enumerate(SortOrder):
        enabled = bool(model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled)
        # No server can be asked without a connection; the generated list tells everything else.
        assert enabled is (order not in ("popular", "fastest_first_token", "throughput"))
    box.set_order(SortOrder.NEWEST)
    created = [picker.pane.browser.view.find(model_id) for model_id in picker.ids]
    dates = [model.created for model in created if model is not None]
    assert dates == sorted(dates, key=str, reverse=True)
    picker.parts.show_catalogue(catalogue_of(parse_model_list(["a", "b"]).models))
    assert box.order is SortOrder.BEST_MATCH


def test_any_id_can_be_used(picker: Picker) -> None:
    picker.pane.choose(MODELS[0].id)
    picker.type("my/own-model")
    assert picker.current == "my/own-model"
    assert picker.pane.chosen == MODELS[0].id, "nothing is chosen by typing alone"
    picker.press(Key.Key_Return)
    assert picker.activated == ["my/own-model"]


def test_servers_that_tell_an_id_only(qtbot: QtBot, parts: Parts) -> None:
    listing = parse_model_list({"data": [{"id": "llama3.2:latest"}, {"id": "qwen3:8b"}]})
    picker = Picker(qtbot, parts, catalogue_of(listing.models))
    picker.type("llama")
    row = picker.pane.list.currentIndex().data(ModelRole.ROW)
    assert isinstance(row, ModelRow)
    assert (row.summary, row.context, row.icons) == ("", "", ())
    picker.settle()
    assert "$" not in picker.pane.details.sheet.toPlainText()
    assert " 0 " not in picker.pane.details.sheet.toPlainText()


def test_a_mouse_picks_too(picker: Picker) -> None:
    index = picker.pane.list.model().index(4, 0)
    place = picker.pane.list.visualRect(index).center()
    picker.qtbot.mouseClick(picker.pane.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picker.pane.chosen == index.data(ModelRole.ID)
    picker.qtbot.mouseDClick(picker.pane.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert picker.activated == [index.data(ModelRole.ID)]


def tabbed_from(widget: QWidget) -> list[str]:
    """Return the controls of a widget's part in the order of Tab, from it on."""
    part, names, at = widget.objectName().rpartition(".")[0], [], widget
    while not names or at is not widget:
        if at.objectName().rpartition(".")[0] == part and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            names.append(at.objectName().rpartition(".")[2])
        at = at.nextInFocusChain()
    return names


def test_details_follow_and_give_way(qtbot: QtBot, parts: Parts) -> None:
    wide = Picker(qtbot, parts)
    wide.type("claude")
    wide.settle()
    model = wide.pane.details.model
    assert model is not None
    assert model.id == wide.current
    assert model.context_length is not None
    assert f"{wide.pane.locale().toString(model.context_length)} tokens" in wide.pane.details.sheet.toPlainText()
    assert not wide.pane.parts.more.isVisible()
    narrow = Picker(qtbot, parts, size=SIZES["narrow"])
    assert not narrow.pane.details.isVisible()
    narrow.press(Key.Key_Down)
    narrow.press(Key.Key_I, modifier=Qt.KeyboardModifier.ControlModifier)
    assert narrow.pane.details.sheet.hasFocus()
    assert not narrow.pane.list.isVisible()
    assert tabbed_from(narrow.pane.details.back) == ["back", "compare", "star", "copy", "sheet", "hosts_button"]
    narrow.press(Key.Key_Escape)
    assert narrow.pane.list.hasFocus()
    assert narrow.closed == []
    narrow.press(Key.Key_I, modifier=Qt.KeyboardModifier.ControlModifier)
    narrow.press(Key.Key_F, modifier=Qt.KeyboardModifier.ControlModifier)
    assert narrow.pane.search.hasFocus()


def test_two_or_three_are_compared(picker: Picker) -> None:
    ctrl = Qt.KeyboardModifier.ControlModifier
    tray, compared = picker.pane.tray, set[str]()
    while len(compared) < 4:
        picker.press(Key.Key_Down)
        if picker.pane.chosen not in compared:  # the recommended model is in its vendor's section, too
            picker.press(Key.Key_E, modifier=ctrl)
            compared.add(picker.pane.chosen)
    assert tray.isVisible()
    assert tray.open.nextInFocusChain() is tray.none
    assert len(tray.models) == 3, "the first one has made room"
    picker.press(Key.Key_E, modifier=ctrl)
    assert len(tray.models) == 2
    tray.open.click()
    dialog = picker.pane.findChild(QDialog, "compare")
    assert isinstance(dialog, QDialog)
    use = dialog.findChild(QWidget, f"compare.use.{tray.models[1].id}")
    assert use is not None
    picker.qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
    assert picker.activated == [tray.models[1].id]


def test_counting_words(picker: Picker) -> None:
    usable = len(MODELS) - picker.pane.browser.view.unusable
    assert picker.count == f"{usable} models · list from 3 hours ago"
    picker.type("claude")
    assert picker.count.startswith(f"{picker.pane.browser.listing.found} of {usable} models")


def test_the_same_pane_takes_another_catalogue(picker: Picker) -> None:
    picker.pane.choose("llama3.2:latest")
    assert picker.ids[0] == "llama3.2:latest", "not listed, and visible"
    picker.parts.show_catalogue(catalogue_of(parse_model_list({"data": [{"id": "llama3.2:latest"}]}).models))
    assert picker.current == picker.pane.chosen == "llama3.2:latest"
    assert [model_id for model_id in picker.ids if model_id] == ["llama3.2:latest"] * 2


@pytest.mark.parametrize("count", [10_000])
def test_ten_thousand(qtbot: QtBot, parts: Parts, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picker = Picker(qtbot, parts, catalogue_of(generated_models(count)))
    described: list[object] = []
    describe: Callable[..., object] = picker.pane._model._describe
    monkeypatch.setattr(picker.pane._model, "_describe", lambda entry: described.append(entry) or describe(entry))
    picker.type("llama 70b")
    assert 0 < picker.pane.browser.listing.found < count
    picker.press(Key.Key_PageDown)
    picker.press(Key.Key_Escape)
    picker.pane.list.scrollToBottom()
    turn(3)
    assert len(described) < 200, "only what is seen is put into words"


def test_a_name_is_drawn_within_its_row(qtbot: QtBot, parts: Parts) -> None:
    pictures = []
    for marks in ("", "\u0302" * 60):
        models = [ModelInfo(f"m/{number}", f"An a{marks if number == 2 else ''}", "Maker") for number in (1, 2, 3)]
        picker = Picker(qtbot, parts, catalogue_of(tuple(models)))
        rows, model = picker.pane.list, picker.pane.list.model()
        indexes = [model.index(picker.ids.index(one.id), 0) for one in models]
        picture = rows.viewport().grab().toImage()
        pictures.append([picture.copy(rows.visualRect(index)) for index in indexes])
    same = [before == after for before, after in zip(*pictures, strict=True)]
    assert same == [True, False, True]


def test_figures_of_hosts_change_what_is_said_of_the_models_in_sight(
    qtbot: QtBot, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row, details and the recommendation, of the very same models, as when a survey of their hosts comes in."""
    models = tuple(model for model in MODELS if voice_verdict(model, TODAY) is FitnessVerdict.FIT and can_chat(model))
    catalogue = catalogue_of(models)
    view = catalogue.view
    assert view is not None
    assert view.recommended is not None
    first = view.recommended
    other = catalogue_of(tuple(model for model in models if model != first)).view
    assert other is not None
    assert other.recommended is not None
    second = other.recommended
    picker = Picker(qtbot, parts, catalogue)
    picker.pane.choose(first.id)
    picker.settle()

    def badges() -> dict[str, str]:
        entries = picker.pane.list.model()
        rows = [entries.index(row, 0).data(ModelRole.ROW) for row in range(entries.rowCount())]
        return {row.model.id: row.badge for row in rows if isinstance(row, ModelRow) and row.badge}

    assert badges() == {first.id: "A first guess"}
    assert "judged by its kind" in picker.pane.details.sheet.toPlainText()
    slow, quick = (
        (EndpointInfo("Host", latency_ms=latency, throughput_p75=200.0),) * 2 for latency in (9_000.0, 150.0)
    )
    figures = Figures({first.id: slow, second.id: quick})
    monkeypatch.setattr(parts.judgement, "_figures", lambda _provider: figures)
    parts.judgement._update()
    parts.until(lambda: (now := parts.catalogue.current.view) and now.figures is figures, "the judgement")
    picker.settle()
    assert badges() == {second.id: "Recommended"}
    assert picker.pane.details.model == first
    assert "Silent for about" in picker.pane.details.sheet.toPlainText()
    assert "judged by its kind" not in picker.pane.details.sheet.toPlainText()
