"""What the user is told while a request waits to be sent again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt

from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.chat.pause import Pause
from caal_desktop.widgets.common import pause_line
from caal_desktop.widgets.common.pause_line import PauseLine
from tests.support.qt_loop import turn

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


def test_a_pause_is_shown_and_left_with_escape(patient: ChatWindow, demo: DemoControl) -> None:
    demo.fault("rate_limit", 8, path="/chat/completions")
    patient.begin("Hello there")
    patient.until(lambda: "OpenRouter asks to wait" in status_of(patient), "the pause")
    assert status_of(patient).endswith(" seconds…")
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
    ("status", "begin"),
    [(429, "Acme asks to wait. Trying again"), (503, "Acme could not answer. Trying again"), (None, "Acme could not")],
)
def test_the_seconds_are_counted_down(
    qt_loop: object, monkeypatch: pytest.MonkeyPatch, status: int | None, begin: str
) -> None:
    now = 1000.0
    monkeypatch.setattr(pause_line, "time", SimpleNamespace(monotonic=lambda: now))
    parent = QObject()
    line = PauseLine(parent)
    texts: list[str] = []
    line.textChanged.connect(texts.append)
    line.begin(Pause("Acme", 2.5, status))
    assert texts[-1].startswith(begin)
    assert texts[-1].endswith(" in 3 seconds…")
    now += 1.8
    assert turn(until=lambda: texts[-1].endswith(" in 1 second…"))
    now += 1.0
    assert turn(until=lambda: not texts[-1])
    line.begin(Pause("Acme", 2.5, status))
    line.end()
    told = len(texts)
    now += 10.0
    turn(3)
    assert len(texts) == told
