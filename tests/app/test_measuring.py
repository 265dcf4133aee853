"""What the running program measures, and that a reset forgets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.models.info import ModelInfo
from caal_desktop.services.chat.chat_request import chat_request
from caal_desktop.services.chat.conversation import AnswerStatus
from caal_desktop.services.providers.provider_pool import Connection
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from caal_desktop.app.application import Application
    from tests.support.demo import DemoControl

MODEL = ModelInfo(id="openai/gpt-5.4-nano", name="GPT-5.4 Nano")


def ask(application: Application, demo: DemoControl, text: str) -> None:
    """Have the chat answer."""
    services = application.services
    chat = services.chat_services.chat
    request = chat_request(services.settings.current, Connection("openrouter", demo.key), MODEL, model_id=MODEL.id)
    chat.send(text, request)
    assert turn(until=lambda: not chat.is_busy)
    assert chat.messages[-1].status is AnswerStatus.COMPLETE


def measured(application: Application) -> int:
    """Return how many answers are known."""
    return len(application.services.measurements._turns.get("openrouter", ()))


def test_answers_are_measured_but_for_the_demos_staged_ones(application: Application, demo: DemoControl) -> None:
    ask(application, demo, "Hello")
    assert measured(application) == 1
    application.services._is_demo = True
    ask(application, demo, "Be late: /fault slow_first_token 0.05")
    assert measured(application) == 1
    ask(application, demo, "Hello again")
    assert measured(application) == 2


def test_resetting_everything_forgets_what_was_measured(application: Application, demo: DemoControl) -> None:
    ask(application, demo, "Hello")
    application.services.settings.update(temperature=0.1)
    application.windows.open_settings()
    dialog = application.windows._settings_dialog
    assert dialog is not None
    dialog.transfer.buttons["reset"].click()
    dialog.draft.undo()
    assert dialog.apply()
    assert measured(application) == 1, "it was taken back"
    dialog.transfer.buttons["reset"].click()
    assert measured(application) == 1, "not before OK"
    dialog.accept()
    assert measured(application) == 0
    assert turn(until=lambda: application.windows._settings_dialog is None)
