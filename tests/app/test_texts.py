"""What the application says and writes is in the user's language, also where a worker puts it into words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QMessageBox

from caal_desktop.llm.errors import RateLimited
from caal_desktop.services.chat.conversation import AnswerStatus, ChatMessage, Role
from caal_desktop.storage.errors import WriteFailed
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from caal_desktop.app.application import Application


class Capitals(QTranslator):
    """A language of capital letters; the placeholders stay as they are."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, text: str, disambiguation: str | None = None, n: int = -1) -> str:
        return re.sub(r"\{\w+\}|[^{]+", lambda part: part[0] if part[0].startswith("{") else part[0].upper(), text)


@pytest.fixture
def _in_capitals(qapp: QApplication) -> Iterator[None]:
    translator = Capitals()
    qapp.installTranslator(translator)
    yield
    qapp.removeTranslator(translator)


@pytest.mark.usefixtures("_in_capitals")
def test_a_failed_save_is_told_in_the_user_s_language(application: Application) -> None:
    application.services.settings.saveFailed.emit(WriteFailed(file="settings.json", reason="disk full"))
    assert application.windows.main is not None
    box = application.windows.main.findChild(QMessageBox, "message")
    assert box is not None
    assert box.text() == "settings.json COULD NOT BE SAVED."
    assert box.informativeText().startswith("THE SYSTEM SAYS: disk full. CHECK THE FREE SPACE")
    box.close()


@pytest.mark.usefixtures("_in_capitals")
def test_a_conversation_is_exported_in_the_user_s_language(application: Application, tmp_path: Path) -> None:
    history, chat = application.services.chat_services.history, application.services.chat_services.chat
    history.begin()
    error = RateLimited("openrouter", params={"provider": "OpenRouter"})
    messages = [ChatMessage(Role.USER, ["hello"]), ChatMessage(Role.ASSISTANT, status=AnswerStatus.FAILED, error=error)]
    for message in messages:
        chat._add(message)
    told: list[str] = []
    history.transfer.exported.connect(told.append)
    history.transfer.export(history.current, tmp_path / "a.md")
    assert turn(until=lambda: told)
    assert (tmp_path / "a.md").read_text("utf-8") == (
        "# hello\n\n## YOU\n\nhello\n\n## ASSISTANT\n\n*OpenRouter ASKS FOR A PAUSE.*\n"
    )
