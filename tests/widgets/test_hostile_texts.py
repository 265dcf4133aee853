"""Every window, filled with texts from elsewhere that Qt would go after if it took them for HTML.

Each names a file, a FIFO and an address as images. The pointer is kept over everything that is shown: nobody may have
gone there, and where a tooltip tells such a text it is told literally.
"""

from __future__ import annotations

import sys
import urllib.request
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QMessageBox,
    QPushButton,
    QToolTip,
    QWidget,
)

from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.commands import CommandId
from caal_desktop.llm.errors import BadRequest
from caal_desktop.llm.events import UsageReport
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import ModelInfo, Pricing, ReasoningPolicy
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.llm.models.listing import parse_model_list
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.services.catalogue.vanished_model import Vanished
from caal_desktop.services.chat.attachment_service import AttachmentRefusedError, Refusal
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    AnswerStatus,
    Attachment,
    ChatMessage,
    Conversation,
    Role,
    ToolCallText,
)
from caal_desktop.services.keys.key_state import KeyState
from caal_desktop.setup_flow import SetupState
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.history.records import ConversationSummary
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.chat.history_pane import HistoryPane
from caal_desktop.widgets.chat.options_dialog import OptionsDialog
from caal_desktop.widgets.common.message_box import show_message_box
from caal_desktop.widgets.keys.key_facts_view import KeyFactsView
from caal_desktop.widgets.markdown.link_dialog import LinkDialog
from caal_desktop.widgets.markdown.parse.sanitize import SafeLink
from caal_desktop.widgets.picker.details.compare import CompareDialog
from caal_desktop.widgets.wizard.pages.done_page import DonePage
from caal_desktop.widgets.wizard.pages.summary import summary
from tests.support.error_trees import error_classes
from tests.support.hovering import Pointer
from tests.support.lures import Lures, laid_out_lures
from tests.support.picker_states import SIZES, TODAY, catalogue_of, pane
from tests.support.qt_loop import run_async, turn
from tests.support.shown_texts import path_of
from tests.widgets.chat.conftest import ChatWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's"),
    # The offscreen platform cannot do for tooltips and menus what it is asked for.
    pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing the keyboard|propagateSizeHints)"),
]


@pytest.fixture
def lures() -> Iterator[Lures]:
    with laid_out_lures() as laid_out:
        yield laid_out


@pytest.fixture
def pointer(lures: Lures) -> Iterator[Pointer]:
    """Return the pointer; in the end nobody may have been lured anywhere, by whatever was shown to it."""
    pointer = Pointer()
    yield pointer
    assert lures.taken() == []
    assert [one for one in pointer.tooltips if one.is_html] == []
    assert pointer.labels == []
    told = {
        widget: text for widget, text in ((one.widget, one.text) for one in pointer.tooltips) if str(lures.fifo) in text
    }
    for widget, text in told.items():
        assert "<\u2060img" in text, f"{widget} does not tell it literally"
    assert [(widget, text) for widget, text in pointer.spoken if "&lt;" in text or "<qt>" in text] == []


def hostile_models(lures: Lures) -> tuple[ModelInfo, ...]:
    """Return models of which everything is hostile that a server tells in words."""
    text = lures.text
    model = ModelInfo(
        *(f"v/{text}", text, text, text),
        context_length=99_000,
        input_modalities=("text", text),
        output_modalities=("text",),
        supported_parameters=frozenset({"tools", text}),
        default_parameters=((text, 1.0),),
        pricing=Pricing(0.1, 0.2),
        reasoning=ReasoningPolicy(efforts=(text, "high"), default_effort=text),
        expiration_date=TODAY + timedelta(days=3),
        canonical_slug=text,
        hugging_face_id=text,
        alias_target=text,
        alias_target_name=text,
    )
    return tuple(replace(model, id=f"v/{number}{text}", name=f"{text} {number}") for number in range(4))


def is_told(pointer: Pointer, lures: Lures, widget: str) -> bool:
    """Return whether a widget's tooltip has told a hostile text, all of it, however it was wrapped."""
    wanted = "".join(lures.text.split())
    return any(wanted in "".join(text.replace("\u2060", "").split()) for text in pointer.shown_over(widget))


def assert_told(pointer: Pointer, lures: Lures, *widgets: str) -> None:
    assert [widget for widget in widgets if not is_told(pointer, lures, widget)] == []


# --- that it would be seen --------------------------------------------------------------------------------------------


def test_a_tooltip_that_is_taken_for_html_is_seen(lures: Lures, qtbot: QtBot) -> None:
    button = QPushButton("x")
    qtbot.addWidget(button)
    button.show()
    button.setToolTip(lures.of_the_picture())
    pointer = Pointer()
    pointer.point_at_all(button)
    assert [(tooltip.text, tooltip.is_html) for tooltip in pointer.tooltips] == [(lures.of_the_picture(), True)]
    assert lures.taken() == ["the file"]


def test_a_label_and_a_message_box_that_take_html_are_seen(lures: Lures, qtbot: QtBot) -> None:
    label, box = QLabel(lures.of_the_picture()), QMessageBox()
    box.setInformativeText(lures.of_the_picture())
    for widget in (label, box):
        qtbot.addWidget(widget)
        widget.show()
        pointer = Pointer()
        pointer.point_at_all(widget)
        assert pointer.labels
        assert lures.taken() == ["the file"]
        assert lures.taken() == []


_POINTS_AT_A_FIFO = """
import sys
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QPushButton

application = QApplication(["child"])
button = QPushButton("x")
button.setToolTip(f'<img src="{sys.argv[1]}">')
button.show()
QApplication.sendEvent(button, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), button.mapToGlobal(QPoint(2, 2))))
"""


def test_who_opens_the_fifo_is_seen(lures: Lures, qapp: QApplication) -> None:
    assert lures.fifo_is_read_by(_POINTS_AT_A_FIFO)


def test_who_asks_at_the_address_is_seen(lures: Lures) -> None:
    with urllib.request.urlopen(f"{lures.listener.origin}/x") as answer:  # noqa: S310 - loopback
        assert answer.status == 200
    assert lures.taken() == ["GET /x"]


# --- the windows ------------------------------------------------------------------------------------------------------


def test_the_picker(lures: Lures, pointer: Pointer, parts: Parts, qtbot: QtBot) -> None:
    models = hostile_models(lures)
    shown = catalogue_of(models)
    picker = pane(parts, shown, chosen=models[0].id)
    qtbot.addWidget(picker)
    picker.resize(*SIZES["wide"])
    picker.show()
    for model in models[:2]:
        picker.tray.toggle(model)
    turn(until=lambda: not picker._counts_timer.isActive())
    pointer.point_at_all(picker)
    picker.details.set_features(hosts=True, model_page=f"https://a.example/{lures.text}")
    picker.details.hosts_button.click()
    host = EndpointInfo(lures.text, quantization=lures.text, is_degraded=True, discount=0.5)
    chosen = picker.details.model
    assert chosen is not None
    picker.details.hosts.show_hosts(Hosts(chosen.id, HostsPhase.READY, (host,)))
    turn(3)
    pointer.point_at_all(picker)
    picker.search.setText(lures.text)
    turn(until=lambda: not picker._counts_timer.isActive())
    pointer.point_at_all(picker)
    gone = pane(parts, shown, chosen=f"v/{lures.text}")
    dialog = CompareDialog(models[:3], CatalogueView(models, TODAY))
    for widget in (gone, dialog):
        qtbot.addWidget(widget)
        widget.resize(*SIZES["wide"])
        widget.show()
        turn(3)
        pointer.point_at_all(widget)
    assert_told(pointer, lures, "picker.pane.list", "picker.pane.tray.names", "details.id", "compare.table")


def test_the_main_window(
    lures: Lures,
    pointer: Pointer,
    make_parts: Callable[..., Parts],
    demo: DemoControl,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    parts = make_parts()
    parts.use_key(demo.key)
    models = hostile_models(lures)
    parts.show_catalogue(catalogue_of(models))
    settings = parts.settings.current.with_model(models[0].id)
    parts.settings.set(settings.replace(max_retries=0, setup_completed=True))
    chat = ChatWindow(parts, tmp_path / "conversations.db")
    chat.chat.show_conversation(hostile_conversation(lures))
    history = chat.window.findChild(HistoryPane, "history")
    assert history is not None
    turn(until=lambda: not chat.view.renderer.is_rendering)
    history.show_list([ConversationSummary(str(number), lures.text, 0.0, lures.text) for number in range(3)])
    bar = chat.window.page.composer.attachments
    bar.add(Attachment(lures.text, "text/plain", "x", 12))
    bar.refuse(AttachmentRefusedError(Refusal.MISSING, lures.text))
    for item in chat.view.items:
        if item.fold is not None:
            item.fold.click()
    turn(3)
    # A picture first: the message above the composer takes the room of what is tried next.
    pointer.point_at_all(chat.window)
    point_at_the_conversation(chat, pointer)
    bar.message.hide()
    chat.history.deleted.emit("1", lures.text)
    pointer.point_at_all(chat.window)
    for error in error_classes(StorageError):
        chat.history.transfer.failed.emit(
            error(file=lures.text, reason=lures.text, folder=lures.text, store=lures.text)
        )
        pointer.point_at_all(chat.window)
    chat.window._vanished._show(Vanished(lures.text, models[0]))
    pointer.point_at_all(chat.window)
    for command in (CommandId.OPTIONS, CommandId.SHORTCUTS):
        chat.window.commands.run(command)
        turn(3)
        point_at_dialogs(chat.window, pointer)
    compared: list[ChatService] = []

    def make_chat() -> ChatService:
        compared.append(ChatService(parts.pool))
        return compared[-1]

    windows: list[QWidget] = [
        OptionsDialog(ChatOptions(), parts.settings.current, models[0]),
        CompareWindow(
            make_chat,
            lambda *_args: None,
            lambda _id: lures.text,
            [model.id for model in models[:2]],
            ChatOptions(),
            9,
            chat.window.commands,
        ),
        LinkDialog(SafeLink("https://a.example", lures.text, lures.text, international=True), chat.window),
        show_message_box(lures.text, lures.text, chat.window),
    ]
    for window in windows:
        window.show()
        turn(2)
        pointer.point_at_all(window)
        window.close()
        window.deleteLater()
    for one in compared:
        run_async(one.close())
    chat.close()
    assert_told(pointer, lures, "main.model", "history.list", "chat.attachment.0", "compare.0.model")
    assert_told(pointer, lures, "chat.attachment.0.remove")


def hostile_conversation(lures: Lures) -> Conversation:
    """Return a question and two answers of which everything is hostile."""
    text = lures.text
    conversation = Conversation()
    question = ChatMessage(Role.USER, [text], attachments=(Attachment(text, "text/plain", text, 12),))
    conversation.add(question, None)
    facts = AnswerFacts(text, text, text, 2.0, 9.0, 1.0, text, UsageReport(12, 34, 5, 6, 0.01, 0.04, False))
    answer = f"{text}\n\n[x](https://a.example/?<img src=x>)\n\n```{text}\n{text}\n```\n\n| a |\n|---|\n| {text} |\n"
    calls = [ToolCallText(text, text)]
    answered = ChatMessage(Role.ASSISTANT, [answer], facts=facts, reasoning_parts=[text], tool_calls=calls)
    conversation.add(answered, question)
    again = ChatMessage(Role.USER, ["[here](https://a.example/)"])
    conversation.add(again, answered)
    error = BadRequest("openrouter", params={"provider": text, "model": text}, detail=text)
    failed = ChatMessage(Role.ASSISTANT, ["[here](https://a.example/)"], AnswerStatus.FAILED, facts, error)
    conversation.add(failed, again)
    return conversation


def point_at_the_conversation(chat: ChatWindow, pointer: Pointer) -> None:
    """Point at every line of the text, where links have tooltips."""
    viewport = chat.view.viewport()
    for y in range(4, viewport.height(), 12):
        for x in range(viewport.width() // 8, viewport.width(), 60):
            pointer.point_at(viewport, QPoint(x, y))


def point_at_dialogs(window: QWidget, pointer: Pointer) -> None:
    """Point at the dialogs that a window has open, and leave them."""
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            pointer.point_at_all(dialog)
            dialog.reject()
    turn(3)


def test_the_settings(
    lures: Lures, pointer: Pointer, make_parts: Callable[..., Parts], open_settings: Callable[[Parts], SettingsDialog]
) -> None:
    parts = make_parts()
    models = hostile_models(lures)
    parts.show_catalogue(catalogue_of(models))
    dialog = open_settings(parts)
    for key, spec in SPECS.items():
        if spec.group is not Group.INTERNAL and isinstance(dialog.draft.value(key), str) and not spec.choices:
            dialog._on_edited(key, lures.text)
    for group in {spec.group for spec in SPECS.values()} - {Group.INTERNAL}:
        dialog.show_page(group)
        turn(2)
        pointer.point_at_all(dialog)
    dialog.search.setText(lures.text)
    pointer.point_at_all(dialog)
    dialog.search.setText("model")
    pointer.point_at_all(dialog)
    assert pointer.shown_over("settings.pages")


def test_the_last_step_and_a_keys_facts(lures: Lures, pointer: Pointer, parts: Parts, qtbot: QtBot) -> None:
    (model, *_) = hostile_models(lures)
    done = DonePage()
    state = SetupState(provider="openai_compatible", address=lures.text, model=model.id)
    key = KeyState("openai_compatible", KeyStatus.VERIFIED, KeyStore.KEYRING, is_loaded=True)
    done.show_summary(summary(state, key, CatalogueView((model,), TODAY)))
    facts = KeyFactsView(name="settings.key.facts")
    facts.show_facts(KeyInfo(lures.text), lures.text)
    for window in (done, facts):
        qtbot.addWidget(window)
        window.show()
        pointer.point_at_all(window)
    texts = [label.text() for window in (done, facts) for label in window.findChildren(QLabel)]
    assert sum(lures.text in text for text in texts) == 4
    assert not QToolTip.isVisible()
    assert QApplication.activeModalWidget() is None


# --- ampersands, and names without an end -----------------------------------------------------------------------------


def shortcuts_in(window: QWidget, text: str) -> list[str]:
    """Return the buttons of a window that say a text, and have taken its ampersand for a shortcut's mark."""
    says = [one for one in window.findChildren(QAbstractButton) if text in one.text().replace("&&", "&")]
    assert says, f"no button says {text}"
    return [one.objectName() for one in says if not one.shortcut().isEmpty() or text in one.text()]


def test_buttons_show_ampersands(
    make_parts: Callable[..., Parts], demo: DemoControl, tmp_path: Path, qtbot: QtBot
) -> None:
    parts = make_parts()
    parts.use_key(demo.key)
    models = tuple(ModelInfo(f"v/{number}", f"R&D {number}", "R&D") for number in range(3))
    parts.show_catalogue(catalogue_of(models))
    parts.settings.set(parts.settings.current.with_model("v/1").replace(setup_completed=True))
    chat = ChatWindow(parts, tmp_path / "conversations.db")
    dialog = CompareDialog(models, CatalogueView(models, TODAY))
    qtbot.addWidget(dialog)
    assert shortcuts_in(chat.window, "R&D 1") == []
    assert shortcuts_in(dialog, "R&D 2") == []
    chats = [ChatService(parts.pool) for _ in range(2)]
    window = CompareWindow(
        iter(chats).__next__,
        lambda *_args: None,
        lambda model_id: f"R&D {model_id}",
        ["v/1", "v/2"],
        ChatOptions(),
        9,
        chat.window.commands,
    )
    assert shortcuts_in(window, "R&D v/2") == []
    window.close()
    window.deleteLater()
    for one in chats:
        run_async(one.close())
    chat.close()


ENDLESS = "\u202eT\u2066it\nle\0 " + "x" * 100_000


def test_names_without_an_end_are_cut_before_they_are_laid_out(
    make_parts: Callable[..., Parts], demo: DemoControl, tmp_path: Path
) -> None:
    parts = make_parts()
    parts.use_key(demo.key)
    parts.show_catalogue(catalogue_of(parse_model_list({"data": [{"id": "v/1", "name": ENDLESS}]}).models))
    parts.settings.set(parts.settings.current.with_model("v/1").replace(setup_completed=True))
    chat = ChatWindow(parts, tmp_path / "conversations.db")
    history = chat.window.findChild(HistoryPane, "history")
    assert history is not None
    history.show_list([ConversationSummary("1", ENDLESS, 0.0, ENDLESS)])
    chat.window.page.composer.attachments.add(Attachment(ENDLESS, "text/plain", "x", 12))
    chat.history.deleted.emit("1", ENDLESS)
    turn(3)
    chat.window.grab()
    shown = {path_of(one): one.property("text") for one in chat.window.findChildren(QWidget) if one.property("text")}
    shown |= {f"{path_of(one)}, tooltip": one.toolTip() for one in chat.window.findChildren(QWidget)}
    shown |= {f"{path_of(one)}, spoken": one.accessibleName() for one in chat.window.findChildren(QWidget)}
    shown["the list"] = history.list.item(0).text()
    shown["the list, tooltip"] = history.list.item(0).toolTip()
    assert shown["the list"].startswith("Tit le xxx")
    assert chat.button("main.model").property("text").startswith("Tit le xxx")
    assert [place for place, text in shown.items() if len(text) > 2000 or "\u202e" in text or "\0" in text] == []
    chat.close()
