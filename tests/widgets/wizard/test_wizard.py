"""The wizard by keyboard: every page, every way out, every message; over the real demo server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from caal_desktop.demo.errors import SUGGESTED
from caal_desktop.item_models.model_list import ModelRole
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.turn_silence import turn_silence
from caal_desktop.services.keys.sign_in_service import SignInPhase
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.formats import seconds
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.wizard.pages import try_page
from caal_desktop.widgets.wizard.window import WizardWindow
from tests.support.clicking import double_click
from tests.support.key_stages import Stage, stage_of
from tests.support.qt_loop import run_async, turn
from tests.support.widget_audit import complaints_at_its_sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.chat.answered_turn import AnsweredTurn
    from caal_desktop.services.keys.sign_in_service import SignInService
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

Key = Qt.Key


class Walk:
    """A wizard on the offscreen platform, and what a user does with it."""

    def __init__(self, parts: Parts, qtbot: QtBot, *, owned: bool = True) -> None:
        self.parts, self.qtbot = parts, qtbot
        self.chats: list[ChatService] = []
        self.closed: list[bool] = []
        self.window = WizardWindow(parts.setup, parts.keys, parts.catalogue, self._make_chat, parts.settings)
        self.window.closed.connect(lambda: self.closed.append(True))
        if owned:
            qtbot.addWidget(self.window)

    def _make_chat(self) -> ChatService:
        self.chats.append(ChatService(self.parts.pool))
        return self.chats[-1]

    def show(self, at: SetupStep | None = None) -> Walk:
        self.window.begin(at)
        self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        turn(3)
        return self

    def end(self) -> None:
        for chat in self.chats:
            run_async(chat.close())

    # --- looking

    @property
    def step(self) -> SetupStep:
        return self.parts.setup.state.step

    @property
    def focus(self) -> str:
        widget = QApplication.focusWidget()
        return "" if widget is None else widget.objectName()

    def find(self, name: str) -> QWidget:
        widget = self.window.findChild(QWidget, name)
        assert isinstance(widget, QWidget), name
        return widget

    def button(self, name: str) -> QPushButton:
        button = self.find(name)
        assert isinstance(button, QPushButton)
        return button

    def message(self, page: str) -> MessagePanel:
        panel = self.find(f"wizard.{page}.message")
        assert isinstance(panel, MessagePanel)
        return panel

    # --- doing

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            self.qtbot.keyClick(QApplication.focusWidget() or self.window, key)
            turn(2)

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.parts.until(condition, what)
        turn(2)

    def paste(self, text: str) -> None:
        QApplication.clipboard().setText(text)
        self.qtbot.keyClick(QApplication.focusWidget(), Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    def until_stage(self, *stages: Stage) -> None:
        self.parts.until_stage(*stages)
        turn(2)

    def to_the_key(self) -> Walk:
        self.show()
        self.press(Key.Key_Return)
        assert self.step is SetupStep.KEY
        return self

    def to_the_model(self, key: str) -> Walk:
        self.to_the_key()
        self.paste(key)
        self.until_stage(Stage.VERIFIED)
        self.press(Key.Key_Return)
        if self.parts.until_stage(Stage.UNSTORED, Stage.VERIFIED) is Stage.UNSTORED:
            self.parts.setup.entry.keep(KeyStore.SESSION)
        self.until(lambda: self.step is SetupStep.MODEL and self.parts.setup.state.model, "the model step")
        return self

    def to_the_trial(self, key: str) -> Walk:
        self.to_the_model(key)
        self.press(Key.Key_Return)
        assert self.step is SetupStep.TRY
        return self


@pytest.fixture
def walk(parts: Parts, qtbot: QtBot) -> Iterator[Walk]:
    walk = Walk(parts, qtbot)
    yield walk
    walk.end()


# --- the road


def test_the_whole_road_by_keyboard(
    walk: Walk, keyring_session: DesktopSession, demo: DemoControl, parts: Parts
) -> None:
    walk.show()
    assert walk.focus == "wizard.provider.openrouter"
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.KEY
    assert walk.focus == "wizard.key.field.edit"
    assert not walk.button("wizard.next").isEnabled()
    walk.paste(f"  {demo.key}\n")
    walk.until_stage(Stage.VERIFIED)
    assert walk.message("key").kind is MessageKind.SUCCESS
    assert walk.focus == "wizard.next"
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.step is SetupStep.MODEL, "the model step")
    walk.until(lambda: parts.setup.state.model, "a model")
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.TRY
    assert walk.focus == "wizard.try.ask"
    walk.press(Key.Key_Return)
    walk.until(lambda: parts.setup.state.tried, "an answer")
    assert walk.focus == "wizard.next"
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.DONE
    assert walk.focus == "wizard.next"
    walk.press(Key.Key_Return)
    assert walk.closed == [True]
    assert not walk.window.isVisible()
    assert parts.settings.current.setup_completed
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key]


def test_arrows_choose_the_provider_and_enter_goes_on(walk: Walk, parts: Parts) -> None:
    walk.show()
    walk.press(Key.Key_Down)
    assert walk.focus == "wizard.provider.groq"
    assert parts.setup.state.provider == "groq"
    walk.press(Key.Key_Enter)
    assert walk.step is SetupStep.KEY
    walk.press(Key.Key_Escape)
    assert walk.step is SetupStep.WELCOME
    assert walk.focus == "wizard.provider.groq"


def test_ollama_is_asked_for_by_its_own_address(walk: Walk) -> None:
    walk.show()
    QTest.mouseClick(walk.find("wizard.provider.ollama"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(walk.find("wizard.next"), Qt.MouseButton.LeftButton)
    intro = walk.find("wizard.key.intro")
    assert isinstance(intro, QLabel)
    assert "http://localhost:11434 " in intro.text()
    assert "/v1" not in intro.text()


def test_what_the_arrows_choose_is_seen_in_a_small_window(walk: Walk) -> None:
    walk.show()
    walk.window.resize(walk.window.minimumWidth(), 360)
    turn(2)
    for _ in PROVIDERS:
        card = QApplication.focusWidget()
        assert card is not None
        assert card.visibleRegion().boundingRect() == card.rect(), card.objectName()
        walk.press(Key.Key_Down)


def test_the_row_that_the_arrows_lead_to_is_seen_in_a_small_window(walk: Walk, demo: DemoControl) -> None:
    """The list is higher than what is seen of the page, so that a row may be seen of the list and not of the page."""
    walk.to_the_model(demo.key)
    walk.window.resize(walk.window.minimumWidth(), 400)
    turn(3)
    listed = walk.window.model.pane.list
    listed.setFocus()
    rows = set()
    for key in (*[Key.Key_Down] * 4, *[Key.Key_Up] * 3):
        walk.press(key)
        row = listed.visualRect(listed.currentIndex())
        rows.add(row.top())
        assert listed.viewport().visibleRegion().boundingRect().contains(row), key
    assert len(rows) > 1


def test_a_second_enter_while_the_key_is_stored_does_nothing(walk: Walk, demo: DemoControl) -> None:
    """The focus of a button that is disabled goes to a control of the page, such as the one that signs in."""
    walk.to_the_key()
    walk.paste(demo.key)
    walk.until_stage(Stage.VERIFIED)
    assert walk.focus == "wizard.next"
    for _ in range(2):
        walk.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)
        assert walk.focus == "wizard"
    assert stage_of(walk.parts.setup.key) is Stage.STORING
    walk.until(lambda: stage_of(walk.parts.setup.key) is not Stage.STORING, "the keyring's answer")
    assert walk.focus in ("wizard.next", "wizard.model.pane.search")


def test_what_is_wrong_with_a_key_is_seen_in_a_small_window(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_key()
    walk.window.resize(walk.window.minimumWidth(), 360)
    turn(2)
    walk.paste(demo.key_for("disabled"))
    walk.until_stage(Stage.REFUSED)
    turn(3)
    for name in ("wizard.key.message.title", "wizard.key.message.body", "wizard.key.field.edit"):
        widget = walk.find(name)
        assert widget.visibleRegion().boundingRect() == widget.rect(), name


def test_a_server_of_ones_own_by_keyboard(walk: Walk, parts: Parts, demo: DemoControl) -> None:
    walk.show()
    walk.press(*[Key.Key_Down] * (len(PROVIDERS) - 1))
    assert parts.setup.state.provider == "openai_compatible"
    walk.press(Key.Key_Return)
    assert walk.focus == "wizard.key.address"
    walk.qtbot.keyClicks(walk.find("wizard.key.address"), demo.base_url)
    walk.press(Key.Key_Return)
    walk.until_stage(Stage.VERIFIED)
    assert walk.message("key").title == "The server answers"
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.step is SetupStep.MODEL, "the model step")


# --- Esc is the gentle way back


def test_escape_stops_the_check_then_leads_back_then_out(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    demo.fault("key_timeout")
    walk.to_the_key().paste(demo.key)
    walk.until(lambda: demo.requests("/key"), "the check")
    assert walk.message("key").kind is MessageKind.BUSY
    walk.press(Key.Key_Escape)
    assert stage_of(parts.setup.key) is Stage.WAITING
    assert walk.step is SetupStep.KEY
    walk.press(Key.Key_Escape)
    assert walk.step is SetupStep.WELCOME
    assert walk.closed == []
    walk.press(Key.Key_Escape)
    assert walk.closed == [True]
    assert not walk.window.isVisible()
    assert not parts.settings.current.setup_completed


def test_escape_stops_the_answer_first(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_trial(demo.key)
    demo.fault("only_comments")
    walk.press(Key.Key_Return)
    walk.until(lambda: demo.open_streams(), "the answer is waited for")
    assert walk.button("wizard.try.ask").text() == "Stop"
    walk.press(Key.Key_Escape)
    assert walk.step is SetupStep.TRY
    walk.until(lambda: not demo.open_streams(), "the connection is closed")
    walk.until(lambda: walk.button("wizard.try.ask").text() == "Ask", "it can be asked again")
    assert not parts.setup.state.tried
    walk.press(Key.Key_Escape)
    assert walk.step is SetupStep.MODEL


def test_a_double_click_asks_once_and_passes_over_no_page(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_trial(demo.key)
    double_click(walk.button("wizard.try.ask"))
    walk.until(lambda: walk.parts.setup.state.tried, "the answer")
    assert [entry["status"] for entry in demo.requests("/chat/completions")] == [200]
    double_click(walk.button("wizard.next"))
    assert walk.step is SetupStep.DONE
    assert walk.window.isVisible()


def test_a_pause_before_the_answer_is_told_and_left(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_trial(demo.key)
    demo.fault("rate_limit", 8, path="/chat/completions")
    walk.press(Key.Key_Return)
    facts = walk.find("wizard.try.facts")
    assert isinstance(facts, QLabel)
    walk.until(lambda: "OpenRouter asks to wait" in facts.text(), "the pause")
    walk.press(Key.Key_Escape)
    walk.until(lambda: walk.button("wizard.try.ask").text() == "Ask", "it can be asked again")
    assert facts.text() == "Stopped."
    demo.clear_faults()


def test_the_trial_tells_the_silence_that_the_list_is_judged_by(
    walk: Walk, demo: DemoControl, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[AnsweredTurn] = []
    spoken: list[str] = []
    monkeypatch.setattr(try_page, "announce", lambda _page, text: spoken.append(text))
    walk.to_the_trial(demo.key)
    walk.chats[-1].answered.connect(turns.append)
    walk.press(Key.Key_Return)
    walk.until(lambda: turns, "the answer")
    (answered,) = turns
    silence = turn_silence(answered.facts, answered.characters)
    facts = walk.find("wizard.try.facts")
    assert silence is not None
    assert isinstance(facts, QLabel)
    assert facts.text().startswith(f"It would speak after {seconds(silence)}: ")
    assert len(spoken) == 1
    assert spoken[0].startswith(f"{walk.window.trial.answer.toPlainText()} It would speak after {seconds(silence)}: ")


def test_what_the_trial_tells_is_seen_in_a_small_window(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_trial(demo.key)
    walk.window.resize(walk.window.minimumWidth(), 400)
    turn(3)
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.parts.setup.state.tried, "the answer")
    turn(3)
    facts = walk.find("wizard.try.facts")
    assert facts.visibleRegion().boundingRect() == facts.rect()


def test_an_answer_that_is_left_does_not_count_for_another_model(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_trial(demo.key)
    demo.fault("slow_first_token", "0.5")
    walk.press(Key.Key_Return)
    walk.until(lambda: demo.requests("/chat/completions"), "the question")
    walk.button("wizard.back").click()
    assert walk.step is SetupStep.MODEL
    walk.until(lambda: demo.closed_by_client() or not demo.open_streams(), "the connection is closed")
    other = next(m.id for m in parts.catalogue.current.models if m.id != parts.setup.state.model)
    parts.setup.choose_model(other)
    turn(5)
    assert not parts.setup.state.tried


# --- messages and what can be done about them


def test_a_refused_key_is_explained_and_can_be_replaced(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_key().paste(demo.key_for("disabled"))
    walk.until_stage(Stage.REFUSED)
    panel = walk.message("key")
    assert panel.kind is MessageKind.ERROR
    assert panel.title
    assert panel.body
    assert panel.button("retry") is not None
    assert panel.button("get") is not None
    assert walk.focus == "wizard.key.field.edit", "another key can be pasted at once"
    assert not walk.button("wizard.next").isEnabled()
    walk.paste(demo.key)
    walk.until_stage(Stage.VERIFIED)


def test_offline_the_key_is_kept_and_the_road_goes_on(
    make_parts: Callable[..., Parts], keyring_session: DesktopSession, nowhere: str, demo: DemoControl, qtbot: QtBot
) -> None:
    walk = Walk(make_parts(nowhere), qtbot)
    walk.to_the_key().paste(demo.key)
    walk.until_stage(Stage.UNREACHABLE)
    panel = walk.message("key")
    keep = panel.button("keep")
    assert panel.button("retry") is not None
    assert keep is not None
    keep.setFocus()
    walk.press(Key.Key_Space)
    walk.until(lambda: walk.step is SetupStep.MODEL, "the model step")
    assert walk.parts.settings.current.of("openrouter").key_status is KeyStatus.UNVERIFIED
    assert walk.parts.settings.current.of("openrouter").key_store is KeyStore.KEYRING
    walk.until(lambda: walk.button("wizard.skip").isVisible(), "the model can come later")
    walk.button("wizard.skip").click()
    assert walk.step is SetupStep.DONE
    walk.press(Key.Key_Return)
    assert walk.parts.settings.current.setup_completed


def test_without_a_keyring_the_key_is_used_for_this_session(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_key().paste(demo.key)
    walk.until_stage(Stage.VERIFIED)
    walk.press(Key.Key_Return)
    walk.until_stage(Stage.UNSTORED)
    session = walk.message("key").button("session")
    assert session is not None
    session.setFocus()
    walk.press(Key.Key_Space)
    walk.until(lambda: walk.step is SetupStep.MODEL, "the model step")
    assert parts.settings.current.of("openrouter").key_store is KeyStore.SESSION


def test_a_failed_answer_is_explained_and_can_be_asked_for_again(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_trial(demo.key)
    demo.fault("no_credit", times=1)
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.message("try").isVisible(), "the failure")
    panel = walk.message("try")
    assert panel.kind is MessageKind.ERROR
    retry = panel.button("retry")
    assert retry is not None
    retry.click()
    walk.until(lambda: parts.setup.state.tried, "an answer")
    assert not panel.isVisible()


def test_the_model_that_the_server_suggests_is_tried_with_one_click(
    walk: Walk, demo: DemoControl, parts: Parts
) -> None:
    walk.to_the_trial(demo.key)
    before = parts.setup.state.model
    demo.fault("retired_404", times=1)
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.message("try").isVisible(), "the failure")
    panel = walk.message("try")
    suggested = next(model for model in parts.catalogue.current.models if model.id == SUGGESTED)
    assert f"Suggested instead: {suggested.name}. It costs about " in panel.body
    use = panel.button("fallback")
    assert use is not None
    assert use.text() == f"Use {suggested.name}"
    assert before != SUGGESTED
    assert parts.setup.state.model == before, "only the user switches"
    use.setFocus()
    walk.press(Key.Key_Space)
    assert walk.focus in ("wizard.try.ask", "wizard.next"), "and not at Finish later, which comes next"
    walk.until(lambda: parts.setup.state.tried, "an answer")
    assert walk.focus == "wizard.next"
    assert parts.setup.state.model == SUGGESTED
    assert [entry["body"]["model"] for entry in demo.requests("/chat/completions")] == [before, SUGGESTED]
    assert suggested.name in walk.window.trial.intro.text()
    assert not panel.isVisible()
    demo.fault("no_credit", times=1)
    walk.window.trial.ask_button.click()
    walk.until(lambda: panel.isVisible(), "another failure")
    assert panel.button("fallback") is None
    assert "Suggested" not in panel.body


def test_from_a_failed_answer_back_to_model_and_key(walk: Walk, demo: DemoControl) -> None:
    walk.to_the_trial(demo.key)
    demo.fault("no_credit")
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.message("try").isVisible(), "the failure")
    model = walk.message("try").button("model")
    assert model is not None
    model.click()
    assert walk.step is SetupStep.MODEL
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.TRY
    assert not walk.message("try").isVisible(), "it is a new trial"
    walk.press(Key.Key_Return)
    walk.until(lambda: walk.message("try").isVisible(), "the failure")
    key = walk.message("try").button("key")
    assert key is not None
    key.click()
    assert walk.step is SetupStep.KEY


def test_a_typed_key_is_masked_and_can_be_shown(walk: Walk, demo: DemoControl) -> None:
    from PySide6.QtWidgets import QLineEdit

    walk.to_the_key()
    edit = walk.find("wizard.key.field.edit")
    assert isinstance(edit, QLineEdit)
    assert edit.echoMode() is QLineEdit.EchoMode.Password
    walk.paste(demo.key_for("limited"))
    assert edit.text() == demo.key_for("limited")
    assert demo.key_for("limited") not in walk.window.windowTitle()


def test_another_providers_page_does_not_begin_with_the_last_ones_key(walk: Walk, parts: Parts) -> None:
    """Enter would send it to the wrong provider."""
    walk.to_the_key()
    walk.paste("sk-or-v1-" + "0b" * 32)
    walk.until_stage(Stage.REFUSED)
    walk.button("wizard.back").click()
    walk.window.welcome.providerChosen.emit("openai_compatible")
    walk.press(Key.Key_Return)
    assert walk.step is SetupStep.KEY
    assert parts.setup.state.provider == "openai_compatible"
    assert walk.window.key.field.text == ""
    assert walk.window.key.field.key is None


def test_nothing_gives_another_key_while_one_is_checked(
    walk: Walk, demo: DemoControl, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", demo.key_for("limited"))
    demo.fault("key_timeout")
    walk.window.set_demo_key(demo.key, "openrouter")
    walk.to_the_key().paste(demo.key)
    walk.until(lambda: demo.requests("/key"), "the check")
    ways = [walk.find(f"wizard.key.{name}") for name in ("import", "demo", "field.paste")]
    assert [way.isVisible() for way in ways] == [True] * 3
    assert [way.isEnabled() for way in ways] == [False] * 3
    walk.paste(demo.key_for("limited"))
    assert walk.window.key.field.key == demo.key
    assert not walk.button("wizard.next").isEnabled(), "nothing is known about the key yet"
    walk.press(Key.Key_Escape)
    assert [way.isEnabled() for way in ways] == [True] * 3


def test_the_address_stays_as_it_is_while_it_is_checked(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    demo.fault("stall_before", path="/models")
    walk.show()
    walk.press(*[Key.Key_Down] * (len(PROVIDERS) - 1), Key.Key_Return)
    walk.qtbot.keyClicks(walk.find("wizard.key.address"), demo.base_url)
    walk.press(Key.Key_Return)
    walk.until_stage(Stage.CHECKING)
    walk.qtbot.keyClicks(walk.find("wizard.key.address"), "/elsewhere")
    assert parts.setup.state.address == demo.base_url
    walk.press(Key.Key_Escape)
    walk.qtbot.keyClicks(walk.find("wizard.key.address"), "/elsewhere")
    assert parts.setup.state.address == f"{demo.base_url}/elsewhere"


# --- a key that is being read while the user types


@pytest.fixture
def reading(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, qtbot: QtBot
) -> Iterator[Walk]:
    """Return a wizard at its key step, for whose key it waits: the keyring hangs until it is woken."""
    first = make_parts()
    first.keep_key(demo.key)
    first.settings.update(setup_step=SetupStep.KEY)
    first.close()
    walk = Walk(make_parts(), qtbot)
    keyring_session.hang_keyring()
    try:
        yield walk.show()
    finally:
        keyring_session.wake_keyring()
        walk.end()


def test_what_is_typed_while_the_keyring_is_read_stays(reading: Walk, keyring_session: DesktopSession) -> None:
    assert reading.message("key").title == "Asking the system's keyring for your key…"
    assert reading.focus == "wizard.key.field.edit"
    reading.qtbot.keyClicks(QApplication.focusWidget(), "sk-or-")
    keyring_session.wake_keyring()
    reading.until(lambda: reading.parts.state().is_loaded, "the key is read")
    reading.qtbot.keyClicks(QApplication.focusWidget(), "v1-")
    assert reading.window.key.field.text == "sk-or-v1-"
    assert reading.focus == "wizard.key.field.edit"
    assert not reading.button("wizard.next").isEnabled(), "it is another key that is being given"


@pytest.mark.parametrize("deleted_after", ["before the answer", "after it", "nothing typed"])
def test_with_nothing_in_the_field_the_key_that_was_read_counts(
    reading: Walk, keyring_session: DesktopSession, deleted_after: str
) -> None:
    if deleted_after != "nothing typed":
        reading.qtbot.keyClicks(QApplication.focusWidget(), "s")
    if deleted_after == "before the answer":
        reading.press(Key.Key_Backspace)
    keyring_session.wake_keyring()
    reading.until(lambda: reading.parts.state().is_loaded, "the key is read")
    if deleted_after == "after it":
        reading.press(Key.Key_Backspace)
    reading.until(lambda: reading.button("wizard.next").isEnabled(), "the user can go on")
    assert reading.message("key").title == "This key works"


# --- closing


def test_tab_goes_round_the_key_page_and_the_buttons_below_it(
    walk: Walk, make_sign_in: Callable[..., SignInService]
) -> None:
    service = make_sign_in()
    walk.window.offer_sign_in(lambda: service)
    walk.to_the_key()
    begin, reached = walk.focus, []
    while len(reached) < 20 and (walk.focus != begin or not reached):
        walk.press(Key.Key_Tab)
        reached.append(walk.focus)
    around = ["wizard.later", "wizard.skip", "wizard.back", "wizard.key.signin.begin"]
    assert reached == [*(f"wizard.key.{name}" for name in ("field.show", "field.paste", "get")), *around, begin]


def test_closing_in_the_middle_remembers_place_and_step(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_model(demo.key)
    walk.window.close()
    assert walk.closed == [True]
    assert not walk.window.isVisible()
    parts.close()
    assert parts.saved.setup_step is SetupStep.MODEL
    assert parts.saved.wizard_geometry


def test_closing_stops_the_answer_that_nobody_sees_any_more(walk: Walk, demo: DemoControl) -> None:
    """It is paid for by the word."""
    walk.to_the_trial(demo.key)
    demo.fault("only_comments")
    walk.press(Key.Key_Return)
    walk.until(lambda: demo.open_streams(), "the answer is waited for")
    walk.window.close()
    walk.until(lambda: not demo.open_streams(), "the connection is closed")


def test_closing_waits_for_the_browser_no_more(walk: Walk, make_sign_in: Callable[..., SignInService]) -> None:
    service = make_sign_in()
    walk.window.offer_sign_in(lambda: service)
    walk.to_the_key()
    walk.button("wizard.key.signin.begin").click()
    walk.until(lambda: service.view.phase is SignInPhase.WAITING, "the sign-in")
    walk.window.close()
    walk.until(lambda: service.view.phase is SignInPhase.IDLE, "its end")


def test_a_closed_window_hears_nothing_more(qtbot: QtBot, demo: DemoControl, parts: Parts) -> None:
    walk = Walk(parts, qtbot, owned=False)
    demo.fault("key_timeout")
    walk.to_the_key().paste(demo.key)
    walk.until(lambda: demo.requests("/key"), "the check")
    walk.window.close()
    walk.window.deleteLater()
    turn(5)
    parts.settings.update(temperature=0.1)
    parts.catalogue.leave("openrouter")
    turn(5)
    assert not parts.keys.tasks.is_running("prove")
    walk.end()


# --- what every page is held to


@pytest.mark.parametrize(
    ("scale", "language", "screen"),
    [
        (1.0, "English", None),
        (1.0, "long words", None),
        (1.5, "English", None),
        (1.5, "long words", None),
        (1.5, "long words", QSize(640, 480)),
    ],
)
def test_nothing_is_cut_and_everything_has_a_name(
    make_parts: Callable[..., Parts],
    demo: DemoControl,
    qtbot: QtBot,
    long_words: Callable[[], None],
    text_scale: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    scale: float,
    language: str,
    screen: QSize | None,
) -> None:
    text_scale(scale)
    if screen is not None:
        # Less the frame that a window manager draws.
        monkeypatch.setattr(design, "room", lambda _window: screen - QSize(16, 48))
    if language == "long words":
        long_words()
    walk = Walk(make_parts(), qtbot)
    found: list[str] = []

    def look(what: str) -> None:
        found.extend(complaints_at_its_sizes(walk.window, what))
        if screen is not None:
            assert walk.window.minimumSize().boundedTo(screen) == walk.window.minimumSize(), what

    walk.show()
    look("welcome")
    walk.press(Key.Key_Return)
    look("key")
    demo.fault("html_200", path="/key", times=1)
    walk.paste(demo.key)
    walk.until_stage(Stage.UNREACHABLE)
    look("key, unreachable")
    walk.find("wizard.key.field.edit").setFocus()
    walk.paste(demo.key_for("disabled"))
    walk.until_stage(Stage.REFUSED)
    look("key, refused")
    walk.find("wizard.key.field.edit").setFocus()
    walk.paste(demo.key)
    walk.until_stage(Stage.VERIFIED)
    look("key, verified")
    walk.button("wizard.next").click()
    walk.until_stage(Stage.UNSTORED)
    look("key, not stored")
    walk.parts.setup.entry.keep(KeyStore.SESSION)
    walk.until(lambda: walk.step is SetupStep.MODEL and walk.parts.setup.state.model, "the model step")
    look("model")
    walk.button("wizard.next").click()
    look("try")
    demo.fault("no_credit", times=1)
    walk.button("wizard.try.ask").click()
    walk.until(lambda: walk.message("try").isVisible(), "the failure")
    look("try, failed")
    walk.button("wizard.try.ask").click()
    walk.until(lambda: walk.parts.setup.state.tried, "an answer")
    look("try, answered")
    walk.button("wizard.next").click()
    look("done")
    walk.end()
    assert not found, "\n".join(dict.fromkeys(found))


def test_each_change_of_the_list_reaches_the_picker_once(walk: Walk, demo: DemoControl, parts: Parts) -> None:
    walk.to_the_model(demo.key)
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the list")
    changes: list[object] = []
    drawn: list[bool] = []
    parts.catalogue.changed.connect(changes.append)
    walk.window.model.pane.browser.stated.connect(lambda: drawn.append(True))
    parts.catalogue.refresh()
    parts.until(lambda: len(changes) == 2, "it is fetched, and it is there")
    turn(2)
    assert len(drawn) == len(changes)


def test_the_hosts_are_asked_while_models_are_looked_at_and_the_user_hears_of_a_better_one(
    walk: Walk, demo: DemoControl, parts: Parts
) -> None:
    walk.to_the_key()
    assert demo.requests("/endpoints") == []
    walk.paste(demo.key)
    walk.until_stage(Stage.VERIFIED)
    assert demo.requests("/endpoints") == [], "nobody looks at models yet"
    parts.setup.advance()
    walk.until_stage(Stage.UNSTORED)
    parts.setup.entry.keep(KeyStore.SESSION)
    walk.until(lambda: parts.catalogue.known_hosts.evidence("openrouter"), "the hosts")

    def best() -> ModelInfo:
        view = parts.catalogue.current.view
        assert view is not None
        assert view.recommended is not None
        return view.recommended

    walk.until(lambda: (view := parts.catalogue.current.view) and view.figures.hosts, "the judgement")
    walk.until(lambda: parts.setup.state.model == best().id, "the preselection that rests on them")
    pane, news = walk.window.model.pane, walk.window.model.pane.parts.news
    assert pane.chosen == best().id
    row = pane.list.currentIndex().data(ModelRole.ROW)
    assert "(its hosts)" in row.summary
    room = pane.list.viewport().width() - 3 * design.GRID
    assert 0 < pane.list.fontMetrics().horizontalAdvance(row.summary + row.context) <= room, "nothing is cut"
    assert not news.isVisible()
    # Nor is what was seen with its badge any news to the user who looks at others.
    seen = best().id
    pane.choose(next(model.id for model in pane.browser.view.models if model.id != seen))
    assert not news.isVisible()
    pane.choose(seen)
    walk.qtbot.mouseMove(pane.list.viewport(), QPoint(20, 20))
    walk.qtbot.mouseMove(pane.list.viewport(), QPoint(40, 20))
    walk.until(lambda: pane._is_touched, "the mouse on the list")
    read, first = parts.setup.state.model, best()
    connection = parts.catalogue.connection
    assert connection is not None
    parts.catalogue.known_hosts.add(connection, {first.id: (EndpointInfo("Slow", latency_ms=9e3, throughput=9.0),)})
    walk.until(lambda: news.isVisible(), "the news")
    assert news.model is best()
    assert parts.setup.state.model == pane.chosen == read
    # By keyboard, in the order in which it is seen; each button says what it is about.
    pane.list.setFocus()
    for button, after in ((news.use, news.dismiss), (news.dismiss, pane.parts.quick.box)):
        assert button.accessibleDescription() == f"{best().name} is now recommended"
        walk.press(Key.Key_Tab)
        assert QApplication.focusWidget() is button
        assert button.nextInFocusChain() is after
    walk.qtbot.mouseClick(news.use, Qt.MouseButton.LeftButton)
    assert parts.setup.state.model == pane.chosen == best().id
    assert not news.isVisible()
