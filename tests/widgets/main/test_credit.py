"""What the main window says of a model that the key cannot pay for, before anything is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtGui import QDesktopServices

from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.services.chat.conversation import AnswerStatus
from tests.support.picker_states import NO_CREDIT, SPENT
from tests.widgets.main.test_main_window import Chat

if TYPE_CHECKING:
    import pytest
    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


def press(chat: Chat, name: str) -> None:
    button = chat.problem.button(name)
    assert button is not None, name
    button.click()


def test_a_key_without_credit_is_told_of_while_the_first_words_are_written(
    parts: Parts, qtbot: QtBot, demo: DemoControl
) -> None:
    """At a start the key is known to work, and nothing else of it."""
    chat = Chat(parts, qtbot, demo.key_for("free_tier"))
    demo.clear_requests()
    assert not chat.problem.isVisible()
    chat.write("Hel")
    chat.until(chat.problem.isVisible, "why the model would refuse")
    assert "needs credit" in chat.problem.title
    chat.write("lo")
    assert len(demo.requests("/key")) == 1
    press(chat, "free")
    chat.until(lambda: not chat.problem.isVisible(), "a model that answers")
    model = parts.catalogue.current.find(parts.settings.current.of().model)
    assert model is not None
    assert is_free(model)
    chat.window.page.composer.edit.setFocus()
    chat.send("!")
    chat.until_status(AnswerStatus.COMPLETE)
    assert [entry["status"] for entry in demo.requests("/chat/completions")] == [200]


def test_a_key_that_was_asked_about_in_vain_is_not_asked_about_at_each_letter(
    parts: Parts, qtbot: QtBot, demo: DemoControl
) -> None:
    chat = Chat(parts, qtbot, demo.key)
    demo.clear_requests()
    demo.fault("broken_json", path="/key")
    chat.write("Hello")
    chat.until(lambda: demo.requests("/key") and not parts.state().is_busy, "the answer")
    before = len(demo.requests("/key"))
    chat.write(" there")
    assert len(demo.requests("/key")) == before
    assert not chat.problem.isVisible()


def test_another_day_may_have_changed_what_is_left(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    """Limits start anew at midnight, also for a program that is left open."""
    chat = Chat(parts, qtbot, demo.key_for("free_tier"))
    chat.write("a")
    chat.until(lambda: parts.state().info is not None, "what the key can pay for")
    demo.clear_requests()
    chat.window.page.composer.edit.setFocus()
    chat.write("b")
    assert not parts.state().is_busy
    parts.keys._asked_on["openrouter"] -= timedelta(days=1)
    chat.write("c")
    chat.until(lambda: demo.requests("/key") and not parts.state().is_busy, "another look at the key")
    parts.tell_of_key(KeyInfo(is_free_tier=False))
    parts.keys._asked_on["openrouter"] -= timedelta(days=1)
    chat.write("d")
    assert not parts.state().is_busy, "a key that can pay is not asked about"


def test_a_used_up_limit_is_told_with_the_way_to_raise_it(
    parts: Parts, qtbot: QtBot, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toString())) or True)
    chat = Chat(parts, qtbot, demo.key)
    parts.tell_of_key(SPENT)
    chat.until(chat.problem.isVisible, "why the model would refuse")
    assert "nothing is left" in chat.problem.title
    assert chat.problem.button("free") is None, "whether free ones would answer is not known"
    press(chat, "limit")
    assert opened == ["https://openrouter.ai/settings/keys"]
    demo.clear_requests()
    parts.keys.credit.look()
    chat.until(lambda: demo.requests("/key"), "another look at the key")
    chat.until(lambda: not chat.problem.isVisible(), "a key that can pay")


def test_the_page_for_credit_makes_the_key_be_looked_at(
    parts: Parts, qtbot: QtBot, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: True)
    chat = Chat(parts, qtbot, demo.key)
    parts.tell_of_key(NO_CREDIT)
    chat.until(chat.problem.isVisible, "why the model would refuse")
    demo.clear_requests()
    parts.keys.credit.look()
    assert not parts.state().is_busy
    press(chat, "credit")
    parts.keys.credit.look()
    chat.until(lambda: not chat.problem.isVisible(), "a key that can pay")
    assert len(demo.requests("/key")) == 1


def test_the_picker_looks_at_the_key_unless_it_can_pay(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    chat = Chat(parts, qtbot, demo.key_for("free_tier"))
    demo.clear_requests()
    chat.window.open_picker()
    chat.until(lambda: parts.state().info is not None, "what the key can pay for")
    picker = chat.window.findChild(object, "picker")
    picker.reject()
    parts.use_key(demo.key)
    chat.window.open_picker()
    chat.until(lambda: parts.state().info is not None, "what the key can pay for")
    demo.clear_requests()
    chat.window.findChild(object, "picker").reject()
    chat.window.open_picker()
    assert not parts.state().is_busy
    chat.window.findChild(object, "picker").reject()
