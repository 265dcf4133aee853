"""What a model costs is told before one click takes it in place of another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.services.catalogue.vanished_model import Vanished
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.model_price import price_sentence
from caal_desktop.widgets.picker.pane_message import PaneHandlers, missing
from caal_desktop.widgets.picker.vanished_notice import VanishedNotice
from tests.support.picker_states import catalogue_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.parts import Parts

PRICED = Pricing(0.25, 2.0)


@pytest.mark.parametrize(
    ("pricing", "sentence"),
    [
        (PRICED, "It costs about $0.079 for an hour of talking ($0.25 in, $2 out per million tokens)."),
        (Pricing(0.0, 0.0), "It is free, with limits."),
        (Pricing(varies=True), "Its price varies."),
        (Pricing(prompt=0.25), "What it costs is not told."),
        (Pricing(), "What it costs is not told."),
    ],
)
def test_a_price_is_a_sentence(set_locale: Callable[[str], None], pricing: Pricing, sentence: str) -> None:
    model = ModelInfo("a/b", "B", pricing=pricing)
    assert price_sentence(model, hourly_cost(model)) == sentence


def test_the_nearest_model_is_offered_with_what_to_expect_of_it_and_its_price(parts: Parts, qtbot: QtBot) -> None:
    parameters = frozenset({"tools"})
    nearest = ModelInfo("a/b", "B", pricing=PRICED, supported_parameters=parameters, output_modalities=("text",))
    shown = catalogue_of((nearest,))
    parts.show_catalogue(shown)
    notice = VanishedNotice(parts.catalogue, parts.settings)
    qtbot.addWidget(notice)
    parts.settings.use_model("a/b:free")
    parts.until(lambda: notice.message.body, "the nearest one")
    told = "The nearest that is listed is B.\nAbout 2 seconds of silence, judged by its kind · about $0.079 an hour"
    assert told in notice.message.body.replace("\N{NO-BREAK SPACE}", " ")
    assert shown.view is not None
    figures = Figures({nearest.id: (EndpointInfo("Host", latency_ms=300.0, throughput_p75=100.0),)})
    parts.show_catalogue(replace(shown, view=shown.view.with_figures(figures)))
    assert "About 0.9 s of silence by its hosts' figures" in notice.message.body
    notice._show(Vanished("a/b:free", None))
    assert "an hour" not in notice.message.body
    commands: CommandSet[[]] = CommandSet()
    handlers = PaneHandlers(lambda _filters: None, lambda: None, lambda _id: None, commands, commands)
    in_list = missing(shown, "a/b:free", nearest, handlers).body
    assert told in in_list.replace("\N{NO-BREAK SPACE}", " ")
