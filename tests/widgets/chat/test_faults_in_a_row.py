"""All the faults of the demo, one after another, against one window.

None of them leaves anything behind that the next message would meet. How each of them is told is tested in
``test_failures.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from caal_desktop.demo.faults.registry import FAULTS, EndpointGroup
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.chat.conversation import AnswerStatus
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness
    from tests.widgets.chat.conftest import ChatWindow

pytestmark = pytest.mark.long

NEVER_ENDS = ("stall_before", "only_comments", "slow_first_token", "stall_after", "slow_trickle")
"""Answers that the user has to stop."""

SMALLER = {"fast_flood": 2000, "huge_answer": 20_000}
"""What is as telling with less."""


def meet(window: ChatWindow, demo: DemoControl, fault: str) -> AnswerStatus:
    """Ask while a fault is on wherever it may be: in the answer, the list of models, the key's facts."""
    demo.fault(fault, SMALLER.get(fault))
    places = FAULTS[fault].places
    if EndpointGroup.MODELS in places:
        window.parts.catalogue.refresh()
    if EndpointGroup.KEY in places:
        window.parts.keys.check_again("openrouter")
    if fault in NEVER_ENDS:
        asked = len(demo.requests("/chat/completions"))
        window.begin("Hello")
        window.until(lambda: len(demo.requests("/chat/completions")) > asked, "the request")
        window.press(Qt.Key.Key_Escape)
        return window.ended().status
    return window.ask("Hello").status


def check_failure(window: ChatWindow, fault: str) -> None:
    """Check that a failed answer says what happened, and offers something to do."""
    panel = window.view.items[-1].panel
    assert panel is not None, fault
    assert panel.isVisible(), fault
    assert panel.title, fault
    buttons = [button for button in panel.findChildren(QPushButton) if button.isVisible()]
    assert buttons, fault
    assert all(button.text() for button in buttons), fault


@pytest.mark.timeout(300)
def test_the_next_message_is_answered_whatever_went_wrong_before(
    chat_window: ChatWindow, demo: DemoControl, qt_loop: LoopHarness, record_property: Callable[[str, object], None]
) -> None:
    statuses: dict[str, AnswerStatus] = {}
    chat_window.chat.statusChanged.connect(
        # As the application does.
        lambda index: chat_window.parts.keys.check_after_failure(chat_window.chat.messages[index].error)
    )
    chat_window.parts.open_catalogue()
    for fault in FAULTS:
        chat_window.click("main.new")
        statuses[fault] = meet(chat_window, demo, fault)
        if statuses[fault] is AnswerStatus.FAILED:
            check_failure(chat_window, fault)
        demo.clear_faults()
        assert chat_window.ask("Once more").status is AnswerStatus.COMPLETE, fault
        chat_window.parts.catalogue.refresh()
        chat_window.parts.keys.check_again("openrouter")
        chat_window.until(lambda: chat_window.parts.catalogue.current.state is CatalogueState.READY, f"list: {fault}")
        chat_window.until(lambda: not chat_window.find("chat.message"), f"nothing stands in the way: {fault}")
        turn(3)
        qt_loop.settle()
        assert qt_loop.tasks() == set(), fault
        assert demo.open_streams() == 0, fault
    record_property("faults", len(FAULTS))
    for status in (AnswerStatus.FAILED, AnswerStatus.STOPPED, AnswerStatus.COMPLETE):
        record_property(f"answers_{status}", list(statuses.values()).count(status))
