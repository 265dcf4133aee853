"""Some hundred chats through one window: what they have used is given back."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import gc
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from caal_desktop.services.chat.conversation import AnswerStatus
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.qt_loop import LoopHarness
    from tests.widgets.chat.conftest import ChatWindow

pytestmark = pytest.mark.long

WARM_UP, CHATS = 100, 400
"""Chats before the first look and between the two looks; whole tens, for each tenth chat is of the same kind."""

MEMORY_RATIO = 1.06
"""Resident memory at the end against that after the warm-up."""

MEMORY_PER_CHAT_KB = 25.0
"""Kilobytes that may stay of a chat, however much this process held before: the ratio says less of a large one."""

OBJECTS_PER_CHAT = 4.0
"""Python's objects that may stay of a chat; its row in the list of conversations is one."""

_PASSING = (asyncio.Handle, contextvars.Context)
"""A timeout that was not reached stays in qasync's timer, emptied, until its time: some a chat, each for a minute. Its
context stays with it, in which a table (``hamt``) has the variables."""


def is_passing(thing: object) -> bool:
    """Return whether time takes it away."""
    return isinstance(thing, _PASSING) or type(thing).__name__.startswith("hamt")


@dataclass(frozen=True, slots=True)
class Usage:
    """What this process holds."""

    memory: int
    """Resident, in kilobytes."""
    files: int
    threads: int
    widgets: int
    qt_objects: int
    """Below all windows."""
    objects: int
    """That Python's garbage collector knows of, without those that time takes away."""
    tasks: int


def look(qt_loop: LoopHarness) -> Usage:
    """Wait until what is ending has ended, then count."""
    qt_loop.settle()
    turn(20)
    gc.collect()
    if hasattr(ctypes.CDLL(None), "malloc_trim"):
        ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps for later is no leak
    status = Path("/proc/self/status").read_text("ascii")
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return Usage(
        memory,
        sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threading.active_count(),
        len(QApplication.allWidgets()),
        sum(len(window.findChildren(QObject)) for window in QApplication.topLevelWidgets()),
        sum(not is_passing(thing) for thing in gc.get_objects()),
        len(qt_loop.tasks()),
    )


class Soak:
    """Ten kinds of chat, one after another, again and again."""

    def __init__(self, window: ChatWindow, demo: DemoControl) -> None:
        self.window, self.demo = window, demo
        self.kinds: tuple[Callable[[], None], ...] = (
            *(self.question_and_answer,) * 4,
            self.two_questions,
            self.stopped,
            self.failed_and_tried_again,
            self.answered_again,
            self.long_answer,
            self.earlier_conversation,
        )
        self.earlier = ""

    def chat(self, number: int) -> None:
        self.window.click("main.new")
        self.kinds[number % len(self.kinds)]()
        assert not self.window.chat.is_busy

    def ask(self, text: str = "Hello") -> None:
        assert self.window.ask(text).status is AnswerStatus.COMPLETE

    def question_and_answer(self) -> None:
        self.ask()
        self.earlier = self.window.chat.conversation.id

    def two_questions(self) -> None:
        self.ask()
        self.ask("And now?")

    def stopped(self) -> None:
        self.demo.fault("stall_after", 3, times=1, path="/chat/completions")
        self.window.begin("Hello")
        self.window.until(lambda: self.window.chat.messages[-1].text, "the first words")
        self.window.press(Qt.Key.Key_Escape)
        assert self.window.ended().status is AnswerStatus.STOPPED

    def failed_and_tried_again(self) -> None:
        self.demo.fault("server_error_500", times=1, path="/chat/completions")
        assert self.window.ask("Hello").status is AnswerStatus.FAILED
        self.window.click("chat.message.1.failure.retry")
        assert self.window.ended().status is AnswerStatus.COMPLETE

    def answered_again(self) -> None:
        self.ask()
        request = self.window.window.control.request()
        assert request is not None
        self.window.chat.regenerate(1, request)
        assert self.window.ended().status is AnswerStatus.COMPLETE

    def long_answer(self) -> None:
        self.demo.fault("huge_answer", 10_000, times=1, path="/chat/completions")
        self.ask()

    def earlier_conversation(self) -> None:
        self.window.history.open(self.earlier)
        self.window.until(lambda: self.window.chat.conversation.id == self.earlier, "the earlier conversation")
        self.ask("And now?")


@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what the process holds is read from /proc")
def test_hundreds_of_chats_leave_nothing(
    chat_window: ChatWindow, demo: DemoControl, qt_loop: LoopHarness, record_property: Callable[[str, object], None]
) -> None:
    soak = Soak(chat_window, demo)
    for number in range(WARM_UP):
        soak.chat(number)
    # The same conversation in the window at both looks: a new one, that is none.
    chat_window.click("main.new")
    before = look(qt_loop)
    for number in range(CHATS):
        soak.chat(number)
    chat_window.click("main.new")
    after = look(qt_loop)

    ratio, objects = after.memory / before.memory, (after.objects - before.objects) / CHATS
    per_chat = (after.memory - before.memory) / CHATS
    record_property("chats", CHATS)
    record_property("memory_ratio", ratio)
    record_property("memory_after_mb", after.memory / 1024)
    record_property("memory_per_chat_kb", per_chat)
    record_property("python_objects_per_chat", objects)
    record_property("file_descriptors_more", after.files - before.files)
    record_property("widgets_more", after.widgets - before.widgets)
    record_property("qt_objects_more", after.qt_objects - before.qt_objects)
    record_property("tasks_left", after.tasks)
    assert ratio < MEMORY_RATIO, (before, after)
    assert per_chat < MEMORY_PER_CHAT_KB, (before, after)
    assert objects < OBJECTS_PER_CHAT, (before, after)
    assert after.tasks == 0
    # A connection that is kept open for the next message, or is not, is no growth.
    for name in ("files", "threads", "widgets", "qt_objects"):
        assert getattr(after, name) - getattr(before, name) <= CHATS // 100, (name, before, after)
