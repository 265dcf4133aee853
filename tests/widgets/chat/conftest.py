"""The main window over the demo server, with a key in use and a model chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from caal_desktop.services.history.draft_keeper import DraftKeeper
from caal_desktop.services.history.history_service import HistoryService
from caal_desktop.services.history.rescue import Rescue
from caal_desktop.services.history.unsaved import Unsaved
from caal_desktop.storage.paths import AppPaths
from caal_desktop.widgets.main.main_window import MainWindow
from tests.support.commands import recording
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from caal_desktop.commands import CommandId
    from caal_desktop.services.chat.conversation import ChatMessage
    from caal_desktop.widgets.chat.transcript.conversation_view import ConversationView
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

MODEL = "openai/gpt-5.4-nano"


class ChatWindow:
    """The main window as the user sees it."""

    def __init__(self, parts: Parts, path: Path) -> None:
        self.parts, self.chat = parts, parts.chat
        self.given: list[CommandId] = []
        """The commands that were given to the application."""
        self.window = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording(self.given))
        self.history = HistoryService(parts.chat, path)
        self.drafts = DraftKeeper(path.with_name("draft.json"), retry_delays=(3600.0,))
        self.unsaved = Unsaved(self.history, self.drafts)
        self.window.resize(1000, 700)
        self.window.show()
        self.window.watch_unsaved(self.unsaved)
        self.window.show_history(self.history)
        self.window.keep_drafts(self.drafts)
        self.rescue = Rescue(AppPaths.below(path.parent / "profile"), self.unsaved, self.history, self.drafts)
        self.window.offer_rescued(self.rescue)
        parts.keys.begin()
        self.until(lambda: self.button("chat.composer.edit").isEnabled(), "the composer")

    @property
    def view(self) -> ConversationView:
        return self.window.page.transcript.view

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.parts.until(condition, what)

    def find(self, name: str) -> list[QWidget]:
        from PySide6.QtWidgets import QWidget

        return [w for w in self.window.findChildren(QWidget, name) if not w.isHidden()]

    def button(self, name: str) -> QWidget:
        found = self.find(name)
        assert found, f"{name} is not shown"
        return found[-1]

    def click(self, name: str) -> None:
        # A panel's buttons are made anew, and shown with the next turn.
        self.until(lambda: self.find(name), f"{name} is shown")
        widget = self.button(name)
        assert widget.isEnabled(), f"{name} cannot be pressed"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        turn(2)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.window.page.composer.edit, text)

    def press(self, key: Qt.Key, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or self.window.page.composer.edit, key)
        turn(2)

    def ask(self, text: str) -> ChatMessage:
        """Write, send, wait for the end."""
        self.begin(text)
        return self.ended()

    def begin(self, text: str) -> None:
        self.type(text)
        self.press(Qt.Key.Key_Return)
        self.until(lambda: self.chat.messages, "the message")

    def ended(self) -> ChatMessage:
        self.until(lambda: not self.chat.is_busy, "the end of the answer")
        self.until(lambda: not self.view.renderer.is_rendering, "all of it on the screen")
        turn(2)
        return self.chat.messages[-1]

    def close(self) -> None:
        self.parts.close()
        run_async(self.rescue.close())
        run_async(self.drafts.close())
        run_async(self.history.close())
        run_async(self.window.control.files.close())
        self.window.close()
        self.window.deleteLater()
        turn(3)


@pytest.fixture
def chat_window(make_parts: Callable[..., Parts], tmp_path: Path, demo: DemoControl) -> Iterator[ChatWindow]:
    """Yield the window, ready to send."""
    parts = make_parts()
    parts.use_key(demo.key)
    parts.settings.set(parts.settings.current.with_model(MODEL).replace(max_retries=0, setup_completed=True))
    window = ChatWindow(parts, tmp_path / "conversations.db")
    yield window
    window.close()
