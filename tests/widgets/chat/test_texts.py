"""The chat's texts in another region and another language."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QComboBox, QSpinBox

from caal_desktop.llm.models.info import ModelInfo, ReasoningPolicy
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.conversation import Attachment
from caal_desktop.storage.history.records import ConversationSummary
from caal_desktop.storage.settings.choices import Reasoning
from caal_desktop.storage.settings.schema import Settings
from caal_desktop.widgets.chat.attachment_bar import MAX_FILES
from caal_desktop.widgets.chat.options_dialog import OptionsDialog
from caal_desktop.widgets.common.controls import TextLabel
from tests.support.qt_loop import turn
from tests.widgets.chat.test_transcript import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from tests.widgets.chat.conftest import ChatWindow


@pytest.fixture
def german_formats(qapp: object) -> Iterator[None]:
    """Write numbers and dates as in Germany."""
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)


@pytest.mark.usefixtures("german_formats")
def test_the_list_of_conversations_has_the_regions_times_and_dates(chat_window: ChatWindow) -> None:
    pane = chat_window.window._history_pane
    assert pane is not None
    earlier = datetime(2026, 3, 5, 12, tzinfo=UTC).timestamp()
    pane.show_list([ConversationSummary("a", "One", time.time()), ConversationSummary("b", "Two", earlier)])
    details = [pane.list.item(row).data(Qt.ItemDataRole.UserRole + 1) for row in range(pane.list.count())]
    assert re.fullmatch(r"\d\d:\d\d", details[0]), "today"
    assert details[1] == "5. März 2026"


@pytest.mark.usefixtures("german_formats")
def test_odd_conversations_are_listed_sensibly(chat_window: ChatWindow) -> None:
    """What the database may hold: no date, a date of another century, a title without words."""
    pane = chat_window.window._history_pane
    assert pane is not None
    summaries = [
        ConversationSummary("unknown", "\0\n\ufffd", 0.0),
        ConversationSummary("later", "x" * 300, 4_070_952_000.0),
        ConversationSummary("latest", " \n ", 2.2e11),
    ]
    pane.show_list(summaries)
    items = [pane.list.item(row) for row in range(pane.list.count())]
    assert [item.data(Qt.ItemDataRole.UserRole + 1) for item in items] == ["—", "1. Januar 2099", "10. Juli 8941"]
    assert items[2].text() == "Without a title"
    assert not pane.grab().isNull()


@pytest.mark.usefixtures("german_formats")
def test_a_models_own_values_are_written_as_the_region_does(qtbot: QtBot) -> None:
    model = ModelInfo("vendor/model", "Model", max_completion_tokens=65_536, default_parameters=(("temperature", 0.7),))
    dialog = OptionsDialog(ChatOptions(), Settings(), model)
    qtbot.addWidget(dialog)
    notes = [dialog.findChild(TextLabel, f"options.{name}.note") for name in ("temperature", "max_tokens")]
    assert [note.text() for note in notes if note is not None] == [
        "The model's own: 0,7",
        "The model writes up to 65.536 tokens.",
    ]
    longest = dialog.findChild(QSpinBox, "options.max_tokens")
    assert longest is not None
    assert longest.text() == "4.096", "as in the settings and in the note below"


@pytest.mark.parametrize(
    ("policy", "setting", "words"),
    [
        (
            ReasoningPolicy(True, efforts=("high", "minimal"), default_effort="high"),
            "default",
            "As little as it can (Minimal)",
        ),
        (ReasoningPolicy(True, default_effort="high"), "default", "The model's own (A lot)"),
        (ReasoningPolicy(True, efforts=("high", "minimal")), "high", "As in the settings"),
        (ReasoningPolicy(True), "default", "As in the settings"),
        (ReasoningPolicy(efforts=("high",), default_effort="high"), "default", "As in the settings"),
    ],
)
def test_the_effort_that_is_sent_without_a_choice_is_named(
    policy: ReasoningPolicy, setting: str, words: str, qtbot: QtBot
) -> None:
    settings = Settings(reasoning=Reasoning(setting))
    dialog = OptionsDialog(ChatOptions(), settings, ModelInfo("vendor/model", "Model", reasoning=policy))
    qtbot.addWidget(dialog)
    efforts = dialog.findChild(QComboBox, "options.reasoning")
    assert efforts is not None
    assert efforts.itemText(0) == words


def test_too_many_files_are_refused_with_their_number(chat_window: ChatWindow) -> None:
    bar = chat_window.window.page.composer.attachments
    for number in range(MAX_FILES + 1):
        bar.add(Attachment(f"{number}.txt", "text/plain", "x", 1))
    assert len(bar.files) == MAX_FILES
    assert bar.message.title == f"No more than {MAX_FILES} files can go with one message"


def test_an_image_is_refused_with_the_models_name_or_without(chat_window: ChatWindow) -> None:
    bar = chat_window.window.page.composer.attachments
    bar.refuse_image("Blind 1")
    assert bar.message.title == "Blind 1 takes no images"
    bar.refuse_image("")
    assert bar.message.title == "This model takes no images"


def test_speakers_are_named_in_the_users_language(chat_window: ChatWindow, long_words: Callable[[], None]) -> None:
    long_words()
    show(chat_window, "a question", "an ![](https://e.org/x.png) answer")
    names = [item.footer.accessibleName() for item in chat_window.view.items if item.footer is not None]
    assert [re.fullmatch(r"(You|Answer)[^\W\d_]+: an? .*", name) is not None for name in names] == [True, True]
    chat_window.view.text.select_all()
    copied = chat_window.view.selection.markdown()
    assert re.match(r"\*\*You[^\W\d_]+:\*\*\n\na question\n\n\*\*Assistant[^\W\d_]+:\*\*\n\nan ", copied)
    assert re.search(r"an \[image[^\W\d_]+\] answer", chat_window.view.selection.plain_text())
    turn(2)
