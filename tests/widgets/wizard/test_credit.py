"""The wizard with keys that cannot pay for every model: nothing is asked in vain, and nothing is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.storage.settings.choices import SetupStep
from tests.support.qt_loop import turn
from tests.widgets.wizard.test_wizard import Key, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from caal_desktop.llm.models.info import ModelInfo
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


@pytest.fixture
def walk(parts: Parts, qtbot: QtBot) -> Iterator[Walk]:
    walk = Walk(parts, qtbot)
    yield walk
    walk.end()


def chosen(walk: Walk) -> ModelInfo:
    model = walk.parts.catalogue.current.find(walk.parts.setup.state.model)
    assert model is not None
    return model


def caution(walk: Walk) -> str:
    """Return what is said beside the button Next; "" where nothing is seen there."""
    line = walk.window._caution
    assert line.isVisible() is bool(line.text)
    assert walk.button("wizard.next").accessibleDescription() == line.text
    return line.text


def test_a_key_without_credit_walks_through_and_is_refused_nothing(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_model(demo.key_for("free_tier"))
    assert is_free(chosen(walk))
    assert walk.window.model.pane.chosen == chosen(walk).id
    walk.until(lambda: walk.message("model.pane").isVisible(), "what the key can do")
    assert walk.message("model.pane").title == "No credit was ever bought for this key"
    assert caution(walk) == ""
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.TRY
    walk.press(Key.Key_Return)
    walk.until(lambda: parts.setup.state.tried, "an answer")
    assert len(demo.requests("/key")) == 1, "what it can pay for is known since it was proven"
    walk.press(Key.Key_Return, Key.Key_Return)
    assert parts.settings.current.setup_completed
    asked = demo.requests("/chat/completions")
    assert [entry["status"] for entry in asked] == [200]
    assert asked[0]["body"]["model"].endswith(":free")


def test_a_model_with_a_price_is_told_of_before_it_is_asked(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_model(demo.key_for("free_tier"))
    paid = next(model for model in walk.parts.catalogue.current.models if model.pricing.prompt and not model.variant)
    search = walk.window.model.pane.search
    search.setFocus()
    search.setText(paid.id)
    walk.until(lambda: walk.parts.setup.state.model == paid.id, "another model")
    assert caution(walk) == f"{paid.name} needs credit, and will refuse to answer without."
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.MODEL, "the first Enter leads to the button, and to what is said there"
    assert walk.focus == "wizard.next"
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.TRY
    assert caution(walk), "here it would be asked"
    # The same from its row.
    walk.press(Key.Key_Escape)
    walk.window.model.pane.list.setFocus()
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.MODEL
    assert walk.focus == "wizard.next"


def test_enter_on_a_row_goes_on_and_asks_nothing(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_model(demo.key)
    walk.window.model.pane.list.setFocus()
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.TRY
    assert walk.focus == "wizard.try.ask"
    assert walk.button("wizard.try.ask").text() == "Ask", "not Stop: that is for the next Enter"


def test_a_key_from_an_earlier_run_is_asked_about(walk: Walk, demo: DemoControl) -> None:
    walk.parts.use_key(demo.key_for("free_tier"))
    demo.clear_requests()
    walk.show(SetupStep.MODEL)
    walk.until(
        lambda: walk.message("model.pane").title == "No credit was ever bought for this key", "what the key can do"
    )
    walk.until(lambda: walk.parts.setup.state.model and is_free(chosen(walk)), "a free model")
    assert len(demo.requests("/key")) == 1
    walk.press(Key.Key_Escape)
    assert walk.step is SetupStep.KEY
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.step is SetupStep.MODEL, "the model step")
    assert len(demo.requests("/key")) == 1


def test_the_message_leaves_the_list_its_room(walk: Walk, demo: DemoControl) -> None:
    """A page that is scrolled because of the message is no taller for that: no chips go between it and the list."""
    walk.to_the_model(demo.key_for("free_tier"))
    pane = walk.window.model.pane
    for height, has_room in ((620, False), (1000, True), (620, False)):
        walk.window.resize(860, height)
        walk.until(lambda has_room=has_room: pane.filters.isVisible() is has_room, f"the chips at {height}")
        turn(3)
        assert pane.message.isVisible()
        assert pane.filters.isVisible() is has_room


@pytest.mark.parametrize("name", ["signed_in", "nearly_spent"])
def test_a_key_that_can_pay_hears_nothing(walk: Walk, demo: DemoControl, name: str) -> None:
    walk.to_the_model(demo.key_for(name))
    walk.until(lambda: walk.parts.catalogue.current.view.funds is Funds.BOUGHT, "the judgement")  # type: ignore[union-attr]
    assert not is_free(chosen(walk))
    assert not walk.message("model.pane").isVisible()
    assert caution(walk) == ""


def test_a_used_up_limit_is_told_before_anything_is_asked(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_model(demo.key_for("spent"))
    walk.until(lambda: walk.message("model.pane").isVisible(), "what the key can do")
    assert walk.message("model.pane").title == "Nothing is left of what this key may spend"
    assert caution(walk).endswith("nothing is left of what this key may spend.")


def test_credit_that_was_bought_meanwhile_is_seen_when_the_user_comes_back(
    walk: Walk, demo: DemoControl, parts: Parts
) -> None:
    walk.to_the_model(demo.key_for("free_tier"))
    free = chosen(walk)
    walk.until(lambda: walk.message("model.pane").isVisible(), "what the key can do")
    demo.clear_requests()
    parts.keys.credit.look()
    assert not parts.keys.state("openrouter").is_busy, "nobody was at the page for credit"
    parts.keys.credit.expect("openrouter")
    demo.fault("credit_bought")
    parts.keys.credit.look()
    walk.until(lambda: walk.message("model.pane").title == "This key can pay now", "the news")
    assert len(demo.requests("/key")) == 1
    assert chosen(walk) == free, "nothing is exchanged before the user's eyes"
    best = parts.catalogue.current.view.recommended  # type: ignore[union-attr]
    assert best is not None
    assert not is_free(best)
    offered = walk.button("wizard.model.pane.message.best")
    assert best.name in offered.text()
    assert walk.find("wizard.model.pane.news").isHidden(), "it is offered once"
    walk.button("wizard.model.pane.message.dismiss").click()
    walk.until(lambda: not walk.message("model.pane").isVisible(), "the message is gone")
    assert walk.find("wizard.model.pane.news").isHidden(), "it was told already"
