"""Where users read what to expect of a model, and what that rests on: the same words, which follow the figures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.wizard.pages.model_page import ModelPage
from tests.support.picker_states import catalogue, catalogue_of
from tests.widgets.main.test_main_window import Chat

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

QUICK = EndpointInfo("Host", latency_ms=300.0, throughput_p75=100.0)


def judged(shown: Catalogue, model_id: str) -> Catalogue:
    """Return the list as it is when a model's host has told that it is quick."""
    assert shown.view is not None
    return replace(shown, view=shown.view.with_figures(Figures({model_id: (QUICK,) * 2})))


def test_the_wizard_says_what_its_choice_rests_on(parts: Parts, qtbot: QtBot) -> None:
    page = ModelPage(parts.catalogue, parts.settings, CommandSet())
    qtbot.addWidget(page)
    assert page.intro.text() == "You can change it at any time.", "there is no list yet"
    parts.show_catalogue(catalogue())
    assert page.intro.text().startswith("One is chosen already, by what the list tells")
    view = catalogue().view
    assert view is not None
    assert view.recommended is not None
    parts.show_catalogue(judged(catalogue(), view.recommended.id))
    assert page.intro.text().startswith("One is recommended, by how soon models speak")
    parts.show_catalogue(catalogue_of((ModelInfo("llama3.2", "llama3.2"),)))
    assert page.intro.text() == "You can change it at any time.", "a server that tells ids alone gives no reasons"


def test_the_model_in_use_is_summed_up_by_the_newest_figures(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    chat = Chat(parts, qtbot, demo.key)
    model_id = parts.settings.current.of().model
    tooltip = chat.window._model_button.toolTip
    assert tooltip().startswith(f"{model_id}\nAbout ")
    assert "judged by its kind" in tooltip()
    parts.show_catalogue(judged(parts.catalogue.current, model_id))
    assert "judged by its kind" not in tooltip()
    assert "About 0.9 s of silence by its hosts' figures" in tooltip()
