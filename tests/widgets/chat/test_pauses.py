"""What the user is told while a request waits to be sent again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessible

from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Role
from caal_desktop.services.chat.pause import Pause
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.chat.waiting_line import SILENT_FROM_S, WaitingLine
from caal_desktop.widgets.common import announcements, pause_line
from caal_desktop.widgets.common.pause_line import PauseLine
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from tests.support.demo import DemoControl
    from tests.widgets.chat.conftest import ChatWindow


@pytest.fixture
def patient(chat_window: ChatWindow) -> ChatWindow:
    """Return the window whose requests are sent again."""
    settings = chat_window.parts.settings
    settings.set(settings.current.replace(max_retries=2))
    return chat_window


def status_of(chat_window: ChatWindow) -> str:
    return "".join(label.text() for label in chat_window.find("chat.status"))  # type: ignore[attr-defined]


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what screen readers are told."""
    told: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(announcements, "QAccessibleAnnouncementEvent", lambda _widget, text: told.append(text))
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda _event: None)
    return told


def test_a_pause_is_shown_and_left_with_escape(patient: ChatWindow, demo: DemoControl, spoken: list[str]) -> None:
    demo.fault("rate_limit", 8, path="/chat/completions")
    patient.begin("Hello there")
    patient.until(lambda: "OpenRouter asks to wait" in status_of(patient), "the pause")
    assert status_of(patient).endswith(" seconds…")
    assert spoken == ["OpenRouter asks to wait. Trying again in 8 seconds…"]
    asked = len(demo.requests("/chat/completions"))
    patient.press(Qt.Key.Key_Escape)
    assert patient.ended().status is AnswerStatus.STOPPED
    assert status_of(patient) == ""
    assert len(demo.requests("/chat/completions")) == asked == 1
    demo.clear_faults()
    assert patient.ask("Hello again").status is AnswerStatus.COMPLETE


def test_a_pause_that_is_over_leaves_no_trace(patient: ChatWindow, demo: DemoControl) -> None:
    demo.fault("rate_limit", 0, times=1, path="/chat/completions")
    answer = patient.ask("Hello there")
    assert answer.status is AnswerStatus.COMPLETE
    assert len(demo.requests("/chat/completions")) == 2
    assert status_of(patient) == ""
    assert patient.view.items[1].panel is None


@pytest.mark.parametrize(
    ("status", "is_asked", "begin"),
    [
        (429, True, "Acme asks to wait. Trying again"),
        (429, False, "Acme is busy, or a limit is reached. Trying again"),
        (503, True, "Acme could not answer. Trying again"),
        (None, False, "Acme could not answer. Trying again"),
    ],
)
def test_the_seconds_are_counted_down(
    qt_loop: object, monkeypatch: pytest.MonkeyPatch, status: int | None, is_asked: bool, begin: str
) -> None:
    now = 1000.0
    monkeypatch.setattr(pause_line, "time", SimpleNamespace(monotonic=lambda: now))
    parent = QObject()
    line = PauseLine(parent)
    texts: list[str] = []
    said: list[str] = []
    line.textChanged.connect(texts.append)
    line.begun.connect(said.append)
    line.begin(Pause("Acme", 2.5, status, is_asked))
    assert texts[-1].startswith(begin)
    assert texts[-1].endswith(" in 3 seconds…")
    now += 1.8
    assert turn(until=lambda: texts[-1].endswith(" in 1 second…"))
    now += 1.0
    assert turn(until=lambda: not texts[-1])
    assert said == texts[:1], "aloud once, and not with each second"
    line.begin(Pause("Acme", 2.5, status, is_asked))
    line.end()
    told = len(texts)
    now += 10.0
    turn(3)
    assert len(texts) == told


def test_a_comparison_shows_each_pause_and_what_it_waits_for(patient: ChatWindow, demo: DemoControl) -> None:
    made: list[ChatService] = []

    def make() -> ChatService:
        made.append(ChatService(patient.parts.pool))
        return made[-1]

    patient.window.control.enable_compare(make)
    patient.click("main.compare")
    (compare,) = patient.window.findChildren(CompareWindow)

    def status() -> str:
        return "".join(label.text() for label in patient.find("compare.0.status"))  # type: ignore[attr-defined]

    demo.fault("upstream_rate_limit", path="/chat/completions")
    compare.composer.submitted.emit("Hello")
    patient.until(lambda: "Waiting for the first word" in status(), "the question is under way")
    patient.until(lambda: "is busy, or a limit is reached. Trying again in " in status(), "the pause")
    demo.clear_faults()
    patient.until(lambda: made[0].messages and not made[0].is_busy, "the answer")
    assert (made[0].messages[-1].status, status()) == (AnswerStatus.COMPLETE, "")
    compare.close()
    turn(3)
    for chat in made:
        run_async(chat.close())


def test_silence_within_an_answer_is_told_and_ends_with_the_next_sign_of_life(qt_loop: object) -> None:
    chat = _Chat()
    line = WaitingLine(chat, chat)  # type: ignore[arg-type]
    texts: list[str] = []
    line.textChanged.connect(texts.append)
    said: list[str] = []
    line.worthSaying.connect(said.append)

    def seconds(count: int) -> str:
        for _ in range(count):
            line._clock.timeout.emit()
        return texts[-1]

    chat.busyChanged.emit(True)
    assert seconds(SILENT_FROM_S + 1) == "Waiting for the first word…"
    chat.textArrived.emit(0, "It")
    assert seconds(SILENT_FROM_S - 1) == ""
    assert seconds(1) == "Nothing more has come for 5 seconds."
    assert seconds(2) == "Nothing more has come for 7 seconds."
    chat.keptAlive.emit(0)
    assert seconds(SILENT_FROM_S - 1) == ""
    chat.toolCallArrived.emit(0)
    assert seconds(SILENT_FROM_S - 1) == ""
    chat.reasoningArrived.emit(0, "Hm")
    assert seconds(SILENT_FROM_S - 1) == "Thinking…"
    chat.textArrived.emit(0, " is")
    assert seconds(SILENT_FROM_S) == "Nothing more has come for 5 seconds."
    chat.busyChanged.emit(False)
    assert texts[-1] == ""
    assert said == ["Nothing more has come for 5 seconds."] * 2, "once for each silence"
    assert not line._clock.isActive()


class _Chat(QObject):
    """What the line hears of a conversation."""

    textArrived = Signal(int, str)
    reasoningArrived = Signal(int, str)
    toolCallArrived = Signal(int)
    keptAlive = Signal(int)
    paused = Signal(int, object)
    busyChanged = Signal(bool)
    cleared = Signal()
    messages = (ChatMessage(Role.ASSISTANT, ["It"], AnswerStatus.STREAMING),)
