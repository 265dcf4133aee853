"""The main window over the real demo server: sending, stopping, what stands in the way, and what idleness costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QToolButton, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.message_panel import MessagePanel
from caal_desktop.widgets.main.main_window import MainWindow
from tests.support.commands import recording
from tests.support.key_stages import Stage, stage_of
from tests.support.qt_loop import turn
from tests.support.widget_audit import complaints_at_its_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts
    from tests.support.qt_loop import LoopHarness

Key = Qt.Key


class Chat:
    """The main window on the offscreen platform, and what a user does with it."""

    def __init__(self, parts: Parts, qtbot: QtBot, key: str | None, status: KeyStatus = KeyStatus.VERIFIED) -> None:
        self.parts, self.qtbot = parts, qtbot
        parts.settings.update(setup_completed=True, openrouter_model=_a_quick_model(parts))
        if key is not None:
            parts.use_key(key, status)
        parts.keys.begin()
        self.given: list[CommandId] = []
        """What was asked of the application."""
        self.window = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording(self.given))
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        qtbot.waitUntil(lambda: isinstance(QApplication.focusWidget(), QWidget))
        turn(3)

    def find(self, name: str) -> QWidget:
        widget = self.window.findChild(QWidget, name)
        assert isinstance(widget, QWidget), name
        return widget

    @property
    def problem(self) -> MessagePanel:
        panel = self.find("chat.message")
        assert isinstance(panel, MessagePanel)
        return panel

    def write(self, text: str) -> None:
        edit = QApplication.focusWidget()
        assert edit.objectName() == "chat.composer.edit", "writing can begin at once"
        self.qtbot.keyClicks(edit, text)

    def send(self, text: str) -> None:
        self.write(text)
        self.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.parts.until(condition, what)
        turn(2)

    def until_status(self, *statuses: AnswerStatus) -> None:
        self.until(lambda: self.parts.chat.messages[-1].status in statuses, f"{statuses}")


def _a_quick_model(parts: Parts) -> str:
    """Return the id of a model that does not think first."""
    from caal_desktop.services.catalogue.catalogue_service import CatalogueState
    from caal_desktop.services.providers.provider_pool import Connection

    parts.catalogue.open(Connection("openrouter"))
    parts.until(lambda: parts.catalogue.current.state is CatalogueState.READY, "the models")
    return next(
        model.id
        for model in parts.catalogue.current.models
        if model.reasoning is None and "tools" in model.supported_parameters and not model.id.endswith(":free")
    )


@pytest.fixture
def chat(parts: Parts, qtbot: QtBot, demo: DemoControl) -> Chat:
    return Chat(parts, qtbot, demo.key)


# --- talking


def test_a_message_is_sent_and_its_answer_streams(chat: Chat, demo: DemoControl) -> None:
    chat.send("Hello there")
    assert [message.text for message in chat.parts.chat.messages][:1] == ["Hello there"]
    chat.until_status(AnswerStatus.COMPLETE)
    assert chat.parts.chat.messages[-1].text
    request = demo.requests("/chat/completions")[0]
    assert request["body"]["messages"][-1] == {"role": "user", "content": "Hello there"}
    assert request["body"]["model"] == chat.parts.settings.current.of("openrouter").model


def test_shift_enter_breaks_the_line_and_nothing_is_sent(chat: Chat, demo: DemoControl) -> None:
    chat.write("one")
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    chat.write("two")
    turn(5)
    assert demo.requests("/chat/completions") == []
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)
    assert chat.parts.chat.messages[0].text == "one\ntwo"
    chat.until_status(AnswerStatus.COMPLETE)


def test_what_is_written_while_an_answer_streams_waits_in_the_composer(chat: Chat, demo: DemoControl) -> None:
    demo.fault("stall_after", "3")
    chat.send("Tell me a story")
    chat.until(lambda: chat.parts.chat.messages[-1].text, "the first words")
    chat.send("And then?")
    turn(5)
    assert [message.text for message in chat.parts.chat.messages][:1] == ["Tell me a story"]
    assert len(chat.parts.chat.messages) == 2
    assert chat.window.page.composer.text == "And then?"
    demo.clear_faults()
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    chat.until_status(AnswerStatus.STOPPED)
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)
    assert chat.parts.chat.messages[2].text == "And then?"
    chat.until_status(AnswerStatus.COMPLETE)


def test_blank_text_is_not_sent(chat: Chat) -> None:
    chat.send("   ")
    assert chat.parts.chat.messages == []


def test_escape_stops_the_answer_and_keeps_what_has_come(chat: Chat, demo: DemoControl) -> None:
    demo.fault("stall_after", "3")
    chat.send("Tell me a story")
    chat.until(lambda: chat.parts.chat.messages[-1].text, "the first words")
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    chat.until_status(AnswerStatus.STOPPED)
    assert chat.parts.chat.messages[-1].text
    chat.until(lambda: not demo.open_streams(), "the connection is closed")
    assert not chat.parts.chat.is_busy


def test_the_send_button_stops_while_an_answer_streams(chat: Chat, demo: DemoControl) -> None:
    button = chat.find("chat.send")
    assert isinstance(button, QToolButton)
    before = button.accessibleName()
    demo.fault("only_comments")
    chat.send("Tell me a story")
    chat.until(lambda: demo.open_streams(), "the stream")
    assert button.accessibleName() != before
    button.click()
    chat.until_status(AnswerStatus.STOPPED)
    assert button.accessibleName() == before


def test_a_new_conversation_while_an_answer_streams(chat: Chat, demo: DemoControl) -> None:
    demo.fault("stall_after", "3", times=1)
    chat.send("Tell me a story")
    chat.until(lambda: chat.parts.chat.messages[-1].text, "the first words")
    new = chat.find("main.new")
    assert isinstance(new, QToolButton)
    new.click()
    assert chat.parts.chat.messages == []
    assert not chat.parts.chat.is_busy
    chat.until(lambda: not demo.open_streams(), "the connection is closed")
    chat.send("And now?")
    chat.until_status(AnswerStatus.COMPLETE)
    assert len(chat.parts.chat.messages) == 2, "nothing of the old conversation comes after it"


# --- what stands in the way


def test_without_a_key_the_way_to_one_is_shown(parts: Parts, qtbot: QtBot) -> None:
    chat = Chat(parts, qtbot, None)
    assert not parts.state().is_kept
    assert chat.problem.isVisible()
    button = chat.problem.button("key")
    assert button is not None
    chat.send("Hello")
    assert parts.chat.messages == []
    button.click()
    assert chat.given == [CommandId.CHECK_KEY]


def test_a_missing_key_is_told_in_a_whole_sentence(parts: Parts, qtbot: QtBot) -> None:
    chat = Chat(parts, qtbot, None)
    chat.window._show_missing(replace(parts.state(), provider="openai_compatible"))
    assert chat.problem.title == "There is no key for your own server yet"


def test_a_refused_key_is_said_and_can_be_changed(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    chat = Chat(parts, qtbot, demo.key_for("disabled"), KeyStatus.REJECTED)
    assert stage_of(parts.state()) is Stage.REFUSED
    assert chat.problem.isVisible()
    parts.use_key(demo.key)
    chat.until(lambda: not chat.problem.isVisible(), "the other key is taken")


def elsewhere(parts: Parts, qtbot: QtBot, key: str) -> Chat:
    """A chat whose key was given for another address than the one in force."""
    chat = Chat(parts, qtbot, key)
    parts.keys._update_record("openrouter", origin="https://earlier.example:8443")
    chat.until(lambda: chat.problem.isVisible(), "the question")
    return chat


def test_a_key_for_another_address_is_asked_about_before_anything_is_sent(
    parts: Parts, qtbot: QtBot, demo: DemoControl
) -> None:
    chat = elsewhere(parts, qtbot, demo.key)
    demo.clear_requests()
    assert chat.problem.title == (
        "Send the key that you gave to https://earlier.example:8443 to https://openrouter.ai?"
    )
    assert [button.objectName() for button in chat.problem.findChildren(QPushButton) if button.isVisible()] == [
        "chat.message.withhold",
        "chat.message.send",
        "chat.message.key",
    ], "the safe one comes first"
    chat.find("chat.composer.edit").setFocus()
    chat.send("Hello")
    assert parts.chat.messages == []
    assert demo.requests() == []
    send = chat.problem.button("send")
    assert send is not None
    send.click()
    chat.until(lambda: not chat.problem.isVisible(), "nothing stands in the way")
    chat.until(lambda: parts.state().status is KeyStatus.VERIFIED, "it is checked there")
    chat.find("chat.composer.edit").setFocus()
    chat.qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)
    chat.until_status(AnswerStatus.COMPLETE)


def test_kept_back_another_key_can_be_given(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    chat = elsewhere(parts, qtbot, demo.key)
    withhold = chat.problem.button("withhold")
    assert withhold is not None
    withhold.click()
    chat.until(lambda: chat.problem.button("send") is None, "the answer is taken")
    assert chat.problem.title == "The saved key is not sent to https://openrouter.ai"
    assert parts.settings.current.of().key_store is KeyStore.SESSION, "it stays kept"
    key = chat.problem.button("key")
    assert key is not None
    key.click()
    assert chat.given == [CommandId.CHECK_KEY]


def test_a_password_for_another_proxy_is_asked_about(chat: Chat) -> None:
    parts = chat.parts
    parts.settings.update(proxy_mode="manual", proxy_url="http://proxy.example:3128", proxy_user="ann")
    parts.keep_key("pa:ss", KeyStore.SESSION, "proxy")
    assert not chat.problem.isVisible()
    parts.settings.update(proxy_url="http://other.example:3128")
    chat.until(lambda: chat.problem.isVisible(), "the question")
    assert "http://proxy.example:3128" in chat.problem.title
    assert "http://other.example:3128" in chat.problem.title
    assert chat.problem.button("key") is None, "a key is of no help"
    send = chat.problem.button("send")
    assert send is not None
    send.click()
    chat.until(lambda: not chat.problem.isVisible(), "nothing stands in the way")
    assert parts.keys.secret_for("proxy", "http://other.example:3128") == "pa:ss"
    assert parts.settings.current.proxy_password_origin == "", "the next start must not take another one for this"


def test_without_a_model_the_button_asks_for_one(parts: Parts, qtbot: QtBot, demo: DemoControl) -> None:
    chat = Chat(parts, qtbot, demo.key)
    parts.settings.update(openrouter_model="")
    button = chat.find("main.model")
    assert isinstance(button, QToolButton)
    assert button.text() == "Choose a model"
    parts.settings.update(openrouter_model="gone/model")
    assert button.text() == "gone/model"
    assert button.accessibleName() == "Model: gone/model"


# --- leaving


def test_closing_remembers_the_place(chat: Chat) -> None:
    closed: list[bool] = []
    chat.window.closed.connect(lambda: closed.append(True))
    chat.window.close()
    assert closed == [True]
    assert chat.parts.settings.current.window_geometry


@pytest.mark.parametrize("fault", [("only_comments", None), ("stall_after", "3"), ("fast_flood", "20000")])
def test_ending_while_an_answer_streams(chat: Chat, demo: DemoControl, fault: tuple[str, str | None]) -> None:
    """``qt_loop`` fails the test for a task that is left, the guards for a line in the log."""
    demo.fault(*fault)
    chat.send("Tell me a story")
    chat.until(lambda: demo.requests("/chat/completions"), "the question")
    chat.window.hide()
    chat.parts.close()
    chat.until(lambda: not demo.open_streams(), "the connection is closed")


# --- idleness


_PAUSE_MS = 307
"""How long the window is watched; an interval that no other timer has, so that the test knows its own timer."""


class _Wakeups(QObject):
    """Counts what Qt has to do for the objects of the program."""

    def __init__(self) -> None:
        super().__init__()
        self.timers: list[str] = []
        self.paints = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Timer and not (isinstance(watched, QTimer) and watched.interval() == _PAUSE_MS):
            self.timers.append(f"{type(watched).__name__} {watched.objectName()!r}")
        elif event.type() == QEvent.Type.Paint:
            self.paints += 1
        return False


def test_an_idle_window_does_nothing(chat: Chat, qapp: QApplication, qt_loop: LoopHarness) -> None:
    chat.send("Hello there")
    chat.until_status(AnswerStatus.COMPLETE)
    # The text cursor blinks in the field that has the keyboard; nothing else may move.
    chat.find("main.model").setFocus()
    chat.until(lambda: not _running_timers(chat.window), "all timers rest")
    chat.until(lambda: not qt_loop.tasks(), "the settings are saved")
    for _ in range(10):
        # What an answer leaves to be tidied up takes its time on a busy machine; what repeats itself never ends.
        wakeups = _Wakeups()
        qapp.installEventFilter(wakeups)
        chat.qtbot.wait(_PAUSE_MS)
        qapp.removeEventFilter(wakeups)
        if not wakeups.timers and not wakeups.paints:
            break
    assert wakeups.timers == []
    assert wakeups.paints == 0
    assert _running_timers(chat.window) == []


def _running_timers(window: QWidget) -> list[QTimer]:
    return [timer for timer in window.findChildren(QTimer) if timer.isActive()]


# --- what the window is held to


def test_on_a_small_screen_the_whole_window_is_seen(
    parts: Parts, qtbot: QtBot, demo: DemoControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = QSize(624, 432)
    monkeypatch.setattr(design, "room", lambda _window: room)
    chat = Chat(parts, qtbot, demo.key)
    assert chat.window.size().boundedTo(room) == chat.window.size()
    assert complaints_at_its_sizes(chat.window, "small screen") == []


@pytest.mark.parametrize("language", ["English", "long words"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_is_cut_and_everything_has_a_name(
    parts: Parts,
    demo: DemoControl,
    qtbot: QtBot,
    long_words: Callable[[], None],
    text_scale: Callable[[float], None],
    scale: float,
    language: str,
) -> None:
    text_scale(scale)
    if language == "long words":
        long_words()
    chat = Chat(parts, qtbot, demo.key)
    found: list[str] = []

    def look(what: str) -> None:
        found.extend(complaints_at_its_sizes(chat.window, what))

    look("empty")
    chat.send("Hello")
    chat.until_status(AnswerStatus.COMPLETE)
    look("answered")
    demo.fault("no_credit")
    chat.find("chat.composer.edit").setFocus()
    chat.send("Hello")
    chat.until_status(AnswerStatus.FAILED)
    look("failed")
    parts.keys._update_record("openrouter", status=KeyStatus.REJECTED)
    look("key refused")
    parts.keys._update_record("openrouter", origin="https://an.earlier.address.example:8443")
    chat.until(lambda: chat.problem.button("send"), "the question about the address")
    look("another address")
    assert not found, "\n".join(dict.fromkeys(found))


def test_another_providers_models_are_not_offered_for_one_without_a_key(chat: Chat) -> None:
    assert chat.parts.catalogue.current.models
    chat.parts.settings.update(provider="groq")
    chat.window.open_picker()
    assert chat.parts.catalogue.current.provider == "groq"
    assert chat.parts.catalogue.current.models == ()
    picker = chat.find("picker")
    assert isinstance(picker, QDialog)
    picker.reject()
