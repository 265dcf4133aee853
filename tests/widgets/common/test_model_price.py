"""What a model costs is told before one click takes it in place of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.services.catalogue.vanished_model import Vanished
from caal_desktop.widgets.common.model_price import price_sentence
from caal_desktop.widgets.picker.vanished_notice import VanishedNotice

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


def test_the_nearest_model_is_offered_at_its_price(parts: Parts, qtbot: QtBot) -> None:
    notice = VanishedNotice(parts.catalogue, parts.settings)
    qtbot.addWidget(notice)
    notice._show(Vanished("a/b:free", ModelInfo("a/b", "B", pricing=PRICED)))
    assert "The nearest that is listed is B. It costs about $0.0" in notice.message.body
    notice._show(Vanished("a/b:free", None))
    assert "costs" not in notice.message.body
