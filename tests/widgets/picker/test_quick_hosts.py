"""The switch “Quick hosts first” in the picker: what it does, what it says, and that nothing moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.fitness.quick_hosts import quick_hosts
from caal_desktop.catalogue.fitness.speech_cost import expected_cost
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.llm.models.routing import quick_route
from caal_desktop.services.catalogue.catalogue_service import Catalogue
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.services.providers.provider_pool import Connection
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.model_price import price_sentence
from caal_desktop.widgets.picker.details.model_facts import model_facts
from caal_desktop.widgets.picker.details.quick_words import quick_facts, quick_line
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.picker.list.rows import model_row
from caal_desktop.widgets.picker.model_pane import ModelPane
from tests.support.picker_states import SIZES, TODAY, catalogue, catalogue_of, pane
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

NOT_ASKED = "What it changes with this model is not known yet: “Who hosts it?” tells."
NO_FIGURES = "What it changes is not known: this model's hosts tell no figures."
CHEAP, DEAR = Pricing(prompt=0.1, completion=0.6), Pricing(prompt=0.4, completion=2.4)
SLOW = EndpointInfo("Slow", CHEAP, latency_ms=900, throughput_p75=40, quantization="bf16")
QUICK = EndpointInfo("Quick", DEAR, latency_ms=300, throughput_p75=100, quantization="fp4")
MODEL = ModelInfo("maker/model", "Model", supported_parameters=frozenset({"tools"}), pricing=CHEAP)


@pytest.fixture(autouse=True)
def american(set_locale: Callable[[str], None]) -> None:
    set_locale("en_US")


def with_hosts() -> Catalogue:
    """Return a list, the hosts of whose recommended model were asked."""
    view = catalogue().view
    assert view is not None
    assert view.recommended is not None
    return replace(catalogue(), view=view.with_figures(Figures({view.recommended.id: (SLOW, QUICK)})))


def shown(qtbot: QtBot, parts: Parts, shown_catalogue: Catalogue | None = None) -> ModelPane:
    made = pane(parts, shown_catalogue)
    qtbot.addWidget(made)
    made.resize(*SIZES["wide"])
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    settle(made)
    return made


def settle(made: ModelPane) -> None:
    """Wait until numbers, chips and details have followed."""
    turn(until=lambda: not made._counts_timer.isActive() and not made.details._settle_timer.isActive())
    turn(3)


def press_space(qtbot: QtBot, made: ModelPane) -> None:
    """Switch as a user of the keyboard does, who comes from the list."""
    made.list.setFocus()
    qtbot.keyClick(made.list, Qt.Key.Key_Tab)
    box = QApplication.focusWidget()
    assert box is made.parts.quick.box
    qtbot.keyClick(box, Qt.Key.Key_Space)


def test_the_keyboard_switches_it_and_the_models_are_judged_anew(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts, with_hosts())
    switch = made.parts.quick
    assert not switch.box.isChecked()
    assert switch.box.accessibleDescription() == switch.line.text()
    told = switch.line.text()
    assert "s instead of" in told
    assert "an hour" in told
    press_space(qtbot, made)
    assert parts.settings.current.quick_hosts
    assert switch.box.isChecked()
    parts.until(lambda: made.browser.view.figures.quick, "the judgement")
    assert switch.line.text() == told, "the same, on and off"
    assert QApplication.focusWidget() is switch.box
    qtbot.keyClick(switch.box, Qt.Key.Key_Space)
    parts.until(lambda: not made.browser.view.figures.quick, "the judgement")
    assert not parts.settings.current.quick_hosts


def test_the_hosts_note_tells_of_a_choice_where_there_is_one(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts, with_hosts())
    qtbot.mouseClick(made.details.hosts_button, Qt.MouseButton.LeftButton)
    hosts = made.details.hosts
    note = made.findChild(QLabel, f"{hosts.objectName()}.note")
    assert note is not None
    hosts.show_hosts(Hosts(hosts.model_id, HostsPhase.READY, (SLOW, QUICK)))
    assert "cheap one that is well, or, with quick hosts first, to the quickest" in note.text()
    hosts.show_hosts(Hosts(hosts.model_id, HostsPhase.READY, (SLOW,)))
    assert note.isHidden()


def test_nothing_moves_when_it_is_switched(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts)
    scroll, sheet = made.list.verticalScrollBar(), made.details.sheet.verticalScrollBar()
    scroll.setValue(scroll.maximum() // 2)
    sheet.setValue(sheet.maximum() // 2)
    before = (scroll.value(), sheet.value(), made.chosen, made.list.geometry(), made.parts.quick.geometry())
    assert min(before[:2]) > 0
    made.parts.quick.box.click()
    parts.until(lambda: made.browser.view.figures.quick, "the judgement")
    turn(5)
    assert (scroll.value(), sheet.value(), made.chosen, made.list.geometry(), made.parts.quick.geometry()) == before


@pytest.mark.parametrize("size", [SIZES["wide"], (300, 700)])
def test_its_line_goes_with_the_row_and_leaves_the_list_its_height(
    qtbot: QtBot, parts: Parts, size: tuple[int, int]
) -> None:
    made = shown(qtbot, parts, with_hosts())
    made.resize(*size)
    settle(made)
    no_choice = "This model's id leaves no choice of hosts."
    alias = next(model.id for model in made.browser.view.models if model.id.startswith("~"))
    plain = next(model.id for model in made.browser.view.models if quick_route(model.id) and model.id != made.chosen)
    known, heights = made.parts.quick.line.text(), set()
    assert len(known) > len(no_choice)
    lines = ((made.chosen, known), (alias, no_choice), (plain, NOT_ASKED), (made.chosen, known), ("", ""))
    for model_id, line in lines:
        made.choose(model_id)
        settle(made)
        heights.add((made.list.height(), made.parts.quick.height()))
        assert made.parts.quick.line.text() == line
    assert len(heights) == 1
    made.choose("my/own:nitro")
    assert made.parts.quick.line.text() == no_choice


def test_in_a_small_window_the_tooltip_has_what_the_line_says(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts, with_hosts())
    box, line = made.parts.quick.box, made.parts.quick.line
    for width, height, places in (
        (1040, 680, "beside"),
        (480, 620, "below"),
        (480, 300, "nowhere"),
        (1040, 300, "beside"),
        (480, 620, "below"),
    ):
        made.resize(width, height)
        turn(3)
        if places == "nowhere":
            assert not line.isVisible()
        else:
            assert line.isVisible()
            assert (line.y() > box.y()) is (places == "below")
        assert box.toolTip().startswith(line.text())
        assert box.accessibleDescription() == line.text()
        assert "an hour" in line.text()


def test_a_provider_without_hosts_has_no_switch(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts)
    assert made.parts.quick.isVisible()
    parts.show_catalogue(replace(catalogue_of((MODEL,)), provider="openai_compatible"))
    turn(3)
    assert not made.parts.quick.isVisible()
    parts.show_catalogue(Catalogue())
    turn(3)
    assert not made.parts.quick.isVisible()


def test_an_order_of_the_users_own_goes_before_it(qtbot: QtBot, parts: Parts) -> None:
    made = shown(qtbot, parts)
    switch = made.parts.quick
    parts.settings.update(quick_hosts=True)
    assert switch.box.isChecked()
    parts.settings.update(provider_sort="price")
    assert not switch.box.isEnabled()
    assert not switch.box.isChecked()
    assert switch.line.text() == "Your settings order the hosts: Lowest price."
    parts.settings.update(provider_sort="default")
    assert switch.box.isEnabled()
    assert switch.box.isChecked()


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_choice_that_is_not_confirmed_is_undone(qtbot: QtBot, parts: Parts, confirmed: bool) -> None:
    parts.show_catalogue(catalogue())
    dialog = PickerDialog(parts.catalogue, parts.settings, catalogue().models[0].id)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.pane.parts.quick.box.click()
    assert parts.settings.current.quick_hosts
    if confirmed:
        dialog.accept()
    else:
        dialog.reject()
    assert parts.settings.current.quick_hosts is confirmed


def figures(*hosts: EndpointInfo, **fields: Any) -> Figures:
    return Figures({"maker/model": hosts}, **fields)


NO_SOONER = EndpointInfo("Other", DEAR, latency_ms=900, throughput_p75=41)
FREE = EndpointInfo("Free", Pricing(prompt=0, completion=0), latency_ms=300, throughput_p75=100)
UNTOLD = EndpointInfo("Untold", latency_ms=300, throughput_p75=100)


@pytest.mark.parametrize(
    ("known", "line"),
    [
        (figures(SLOW, QUICK), "About 0.9 s instead of 1.3 s, at least $0.12 instead of $0.031 an hour."),
        (figures(SLOW, QUICK, quick=True), "About 0.9 s instead of 1.3 s, at least $0.12 instead of $0.031 an hour."),
        (figures(SLOW, replace(QUICK, pricing=CHEAP)), "About 0.9 s instead of 1.3 s, at least $0.031 an hour."),
        (
            figures(SLOW, NO_SOONER),
            "No sooner with this model: about 2.4 s, at least $0.12 instead of $0.031 an hour.",
        ),
        (figures(QUICK), "No sooner with this model: about 0.9 s."),
        (figures(SLOW, FREE), "About 0.9 s instead of 1.3 s."),
        (figures(SLOW, UNTOLD), "About 0.9 s instead of 1.3 s."),
        (figures(EndpointInfo("Silent", CHEAP)), NO_FIGURES),
        (figures(), NO_FIGURES),
        (Figures(), NOT_ASKED),
    ],
)
def test_what_the_line_says(known: Figures, line: str) -> None:
    assert quick_line(MODEL.id, MODEL, known) == line


def test_what_the_line_says_of_what_is_not_listed() -> None:
    assert quick_line("", None, Figures()) == ""
    assert quick_line("maker/unlisted", None, Figures()) == "What it changes with this model is not known."
    assert quick_line("maker/model:nitro", None, Figures()) == "This model's id leaves no choice of hosts."


def test_the_details_name_the_host_and_what_speaks_against_it() -> None:
    change, price, bits, tools = quick_facts(MODEL, figures(SLOW, QUICK))
    assert change == "Quick is the quickest now: a silence of about 0.9 s instead of 1.3 s, by the hosts' figures."
    assert price.startswith("An hour of talking costs at least $0.12 there, and $0.031 at the cheapest host.")
    assert bits == "Quick has the model's weights in few bits (fp4), so that its answers may be worse."
    assert tools.startswith("Tool calls may succeed less often")
    assert len(quick_facts(MODEL, figures(SLOW, replace(QUICK, quantization="fp8")))) == 3
    assert quick_facts(MODEL, figures(QUICK)) == [], "there is no choice"
    assert quick_facts(MODEL, Figures()) == []


def test_every_estimate_says_that_it_may_be_more() -> None:
    """With quick hosts first, what the program says of a price is the least, by the host that is asked first."""
    usual = CatalogueView([MODEL], TODAY).with_figures(figures(SLOW, QUICK))
    quick = usual.with_figures(figures(SLOW, QUICK, quick=True))

    def told(view: CatalogueView) -> list[str]:
        hour = next(fact.value for fact in model_facts(MODEL, view.competence, view.figures) if fact.key == "hour")
        return [
            model_row(MODEL, view).summary,
            hour,
            price_sentence(MODEL, expected_cost(MODEL, view.figures)),
            explanation_line(view.explain(MODEL)),
        ]

    assert all("$0.031" in text and "at least" not in text for text in told(usual))
    assert all("at least $0.12" in text for text in told(quick))
    unknown = told(usual.with_figures(Figures(quick=True)))
    assert all("at least $0.031" in text for text in unknown), "the list's price, where the host's is not known"


def test_who_hosts_a_model_tells_what_it_changes(qtbot: QtBot, parts: Parts, demo: DemoControl) -> None:
    model_id = "meta-llama/llama-3.3-70b-instruct"
    parts.use_key(demo.key)
    parts.open_catalogue(Connection("openrouter", demo.key))
    made = ModelPane(parts.catalogue, parts.settings, name="pane")
    qtbot.addWidget(made)
    made.resize(*SIZES["wide"])
    made.show()
    made.choose(model_id)
    settle(made)
    assert made.parts.quick.line.text() == NOT_ASKED
    made.details.hosts_button.click()
    parts.until(lambda: "instead of" in made.parts.quick.line.text(), "what it changes")
    assert made.details.shows_hosts, "the table stays"
    model = made.browser.view.find(model_id)
    told = None if model is None else quick_hosts(model, made.browser.view.figures)
    assert told is not None
    assert told.seconds < told.usual_seconds
    assert (told.usd or 0) > (told.cheapest_usd or 0) > 0, "quicker, and dearer"
