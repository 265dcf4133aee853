"""A walk through all windows and what they can show, for a test that looks at their texts."""

from __future__ import annotations

import asyncio
import json
import platform
import re
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from PySide6.QtCore import QPoint, Qt, qVersion
from PySide6.QtGui import QContextMenuEvent, QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLineEdit, QMenu, QToolButton, QWidget

from caal_desktop import __version__
from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES
from caal_desktop.catalogue.fitness.free_models import is_free
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.commands import CommandId
from caal_desktop.demo.accounts.keys import KEYS
from caal_desktop.key_doctor import CLEANUP_TEXTS, diagnose
from caal_desktop.llm.errors import Availability, ModelEnded, ProviderError
from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import Pricing
from caal_desktop.llm.models.key_info import FreeRequests, Funds
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.llm.translation import Duration, SourceText
from caal_desktop.llm.transport.network import VIA
from caal_desktop.resource_files import InstallationIncomplete
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.services.catalogue.server_orders import OrderPhase, ServerOrder
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
from caal_desktop.services.chat.spend_guard import LimitPassed, SpendingPeriod
from caal_desktop.services.history.conversation_export import markdown_parts
from caal_desktop.services.history.conversation_records import to_record
from caal_desktop.services.history.conversation_transfer import Transfer, TransferKind
from caal_desktop.services.history.trouble import Trouble
from caal_desktop.services.keys.key_state import KeyringResult, KeyState
from caal_desktop.services.keys.secret_moves import SecretMove
from caal_desktop.services.keys.sign_in_service import SignInPhase, SignInProblem, SignInView
from caal_desktop.services.process.single_instance import FirstInstanceSilent, InstanceUnguarded
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.setup_flow import SetupState
from caal_desktop.sign_in.attempt import Attempt, CodeRefusedError
from caal_desktop.sign_in.pages import PageName, page
from caal_desktop.storage.errors import (
    DraftNotSaved,
    FolderIsFile,
    HistoryFailed,
    KeyringError,
    StorageError,
    WriteFailed,
)
from caal_desktop.storage.history.records import ConversationRecord
from caal_desktop.storage.kept_parts import KeptPart, NotKept
from caal_desktop.storage.settings.certificates import bundle_error
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from caal_desktop.storage.settings.schema import SPECS
from caal_desktop.storage.settings.setting import Group
from caal_desktop.storage.settings.store import SettingsNotice, SettingsNoticeKind
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.chat.history_pane import HistoryPane
from caal_desktop.widgets.chat.options_dialog import OptionsDialog
from caal_desktop.widgets.chat.transcript.text_export import plain_text
from caal_desktop.widgets.common import formats
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.message_panel import MessagePanel
from caal_desktop.widgets.common.translation import in_words, translated, words_of
from caal_desktop.widgets.keys.consent import consent_message, move_text, withheld_message
from caal_desktop.widgets.keys.sign_in_panel import page_texts
from caal_desktop.widgets.main.failed_start import FailedStart
from caal_desktop.widgets.main.main_window import MainWindow
from caal_desktop.widgets.main.start_failure_dialog import StartFailureDialog
from caal_desktop.widgets.markdown.link_dialog import ask_to_open
from caal_desktop.widgets.markdown.parse.sanitize import safe_link
from caal_desktop.widgets.picker.details.fact_sheet import FactSheet
from caal_desktop.widgets.picker.pane_message import about_order
from caal_desktop.widgets.settings.secrets_question import SecretsQuestion
from caal_desktop.widgets.settings.setting_texts import PAGES
from caal_desktop.widgets.wizard.pages.done_page import DonePage
from caal_desktop.widgets.wizard.pages.model_page import ModelPage
from caal_desktop.widgets.wizard.pages.summary import summary
from tests.key_doctor import test_diagnose
from tests.support.commands import recording
from tests.support.demo import DemoControl
from tests.support.error_trees import error_classes
from tests.support.key_stages import Stage
from tests.support.picker_states import (
    NO_CREDIT,
    OFFLINE,
    SIZES,
    SPENT,
    STATES,
    TODAY,
    catalogue,
    catalogue_of,
    pane,
    shown_in,
)
from tests.support.plain_texts import Data
from tests.support.qt_loop import run_async, turn
from tests.widgets.chat.conftest import MODEL, ChatWindow
from tests.widgets.keys import test_key_message
from tests.widgets.odd_cases import (
    ANSWERS,
    COMPARED_MODELS,
    KEY_INFOS,
    NONSENSE,
    ODD_FIGURES,
    ODD_MODELS,
    SET_UPS,
    USERS_WORDS,
    USUAL_MODEL,
)
from tests.widgets.test_remedies import PLACES, CardPlace, ChatPlace, KeyPagePlace, Program, SignInPlace, TryPlace
from tests.widgets.wizard.test_wizard import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytestqt.qtbot import QtBot

    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from caal_desktop.widgets.picker.model_pane import ModelPane
    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from caal_desktop.widgets.wizard.pages.try_page import TryPage
    from tests.support.parts import Parts
    from tests.support.shown_texts import ShownTexts

ERRORS = list(error_classes(ProviderError))
KEY_STATES = {name: state for name, (state, *_) in test_key_message.CASES.items() if isinstance(state, KeyState)}


class Tour:
    """The walk, stop by stop.

    Attributes:
        texts: what was read.
        data: what legitimately stays as it is: names, what users and models said, what servers told.
    """

    def __init__(
        self,
        texts: ShownTexts,
        make_parts: Callable[..., Parts],
        qtbot: QtBot,
        demo: DemoControl,
        monkeypatch: pytest.MonkeyPatch,
        folder: Path,
    ) -> None:
        self.texts, self.make_parts, self.qtbot, self.demo = texts, make_parts, qtbot, demo
        self.monkeypatch, self.folder = monkeypatch, folder
        self.data = Data()
        self.chats: list[ChatService] = []
        # The names of services, of addresses and of places where a key may stand.
        self.data.add(("OpenRouter", "my/own-model", "out.json", "bad.json"))
        self.data.add(("python", "json"), within="transcript")
        self.data.add((__version__, qVersion(), platform.python_version()), within="about")
        self.data.add(
            (
                "a.example",
                "xn--80ak6aa92e.com",
                "аррӏе.com",
                "openrouter.ai",
                "vendor/model-that-went-away",
                str(folder / "data"),
            )
        )
        self.data.add(
            ("CONTENT-TYPE", "Authorization", "Authorization: Bearer 0b0b0b0b0b0b0b0b0b", "X-A"), within="headers"
        )
        self.data.add(("Hello",), within=".message.")
        for descriptor in PROVIDERS.values():
            self.data.add((descriptor.key_variable, descriptor.key_hint, descriptor.keys_page))
            self.data.add((descriptor.key_shape.prefix,) if descriptor.key_shape is not None else ())

    def look(self, place: str) -> None:
        """Read all windows that are open; say where this is."""
        self.texts.look(place)

    # --- the wizard

    def wizard(self) -> None:
        """Go through the wizard, with what can go wrong on the way."""
        parts = self.make_parts()
        walk = Walk(parts, self.qtbot)
        walk.show()
        self.look("wizard, welcome")
        for provider in PROVIDERS:
            walk.window.welcome.providerChosen.emit(provider)
            self.look(f"wizard, welcome, {provider}")
        walk.window.welcome.providerChosen.emit("openrouter")
        walk.button("wizard.next").click()
        self.look("wizard, key")
        demo = self.demo
        demo.fault("html_200", path="/key", times=1)
        walk.paste(demo.key)
        walk.until_stage(Stage.UNREACHABLE)
        self.look("wizard, key, unreachable")
        walk.find("wizard.key.field.edit").setFocus()
        walk.paste(demo.key)
        walk.until_stage(Stage.VERIFIED)
        self.look("wizard, key, verified")
        walk.button("wizard.next").click()
        walk.until_stage(Stage.UNSTORED)
        self.look("wizard, key, not stored")
        parts.setup.entry.keep(KeyStore.SESSION)
        walk.until(lambda: walk.step is SetupStep.MODEL and parts.setup.state.model, "the model step")
        self.learn_models(parts)
        self.look("wizard, model")
        walk.button("wizard.next").click()
        self.look("wizard, try")
        demo.fault("no_credit", times=1)
        walk.button("wizard.try.ask").click()
        walk.until(lambda: walk.message("try").isVisible(), "the failure")
        self.look("wizard, try, failed")
        demo.fault("retired_404", times=1)
        walk.button("wizard.try.ask").click()
        walk.until(lambda: walk.message("try").button("fallback") is not None, "a suggestion")
        self.look("wizard, try, another model suggested")
        walk.button("wizard.try.ask").click()
        walk.until(lambda: parts.setup.state.tried, "an answer")
        self.learn_messages(message for trial in walk.chats for message in trial.messages)
        self.look("wizard, try, answered")
        walk.button("wizard.next").click()
        self.look("wizard, done")
        walk.window.close()
        walk.end()
        parts.close()

    def other_ways_through_the_wizard(self) -> None:
        """Go through the wizard with a server of the user's own, another's key, or nothing at all."""
        parts = self.make_parts()
        walk = Walk(parts, self.qtbot)
        walk.show()
        walk.window.welcome.providerChosen.emit("openai_compatible")
        walk.button("wizard.next").click()
        self.look("wizard, own server")
        address = walk.find("wizard.key.address")
        address.setFocus()
        self.qtbot.keyClicks(address, self.demo.base_url)
        walk.press(Qt.Key.Key_Return)
        walk.until_stage(Stage.VERIFIED)
        self.look("wizard, own server, it answers")
        walk.window.begin(SetupStep.WELCOME)
        walk.window.welcome.providerChosen.emit("openrouter")
        walk.window.begin(SetupStep.KEY)
        for key in (" ", "gsk" + "_" + "a1" * 26):
            walk.window.key.field.paste(key)
            self.look("wizard, key of another provider")
        self.press(walk.window.key.field, "show")
        self.look("wizard, key shown")
        with self.monkeypatch.context() as patch:
            patch.setattr(QDesktopServices, "openUrl", lambda _url: False)
            walk.button("wizard.key.get").click()
            self.look("wizard, no browser")
        walk.window.close()
        walk.end()
        for state, key in SET_UPS:
            done = DonePage()
            done.show_summary(summary(state, key, None))
            self.show(done, "wizard, done")
        done = DonePage()
        view = CatalogueView((USUAL_MODEL,), TODAY)
        complete, kept = SetupState(model=USUAL_MODEL.id), KeyState("openrouter", is_loaded=True)
        done.show_summary(summary(complete, kept, view))
        self.show(done, "wizard, done, with what to expect")
        no_key = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording([]))
        self.show(no_key, "main window without a key")
        parts.close()

    # --- the main window

    def main_window(self) -> None:
        """Open the main window, and what opens from it."""
        parts = self.make_parts()
        parts.use_key(self.demo.key)
        parts.settings.set(parts.settings.current.with_model(MODEL).replace(max_retries=0, setup_completed=True))
        parts.open_catalogue()
        self.learn_models(parts)
        chat = ChatWindow(parts, self.folder / "conversations.db")
        self.look("main window")
        self._answers(chat)
        self._menus(chat)
        self._history(chat)
        self._attachments(chat)
        self._notices(chat, parts)
        self._dialogs(chat, parts)
        chat.close()

    def _answers(self, chat: ChatWindow) -> None:
        faults = {"": None, "truncated": 6, "filtered": 6, "two_tool_calls": None, "cut_after": None}
        for fault, argument in faults.items():
            if fault:
                self.demo.fault(fault, argument, times=1, path="/chat/completions")
            self._send(chat)
            chat.ended()
            self.learn_messages(chat.chat.messages)
            self.look(f"main window, answer, {fault}")
        for fault in ("stall_before", "only_comments", "stall_after"):
            self.demo.clear_faults()
            self.demo.fault(fault, path="/chat/completions")
            self._send(chat)
            self.look(f"main window, waiting, {fault}")
            if fault == "only_comments":
                chat.until(lambda: chat.find("chat.status"), "a sign of life")
                turn(20)
            elif fault == "stall_after":
                chat.until(lambda: not chat.chat.messages[-1].is_empty, "the first words")
            self.learn_messages(chat.chat.messages)
            self.look(f"main window, waiting, {fault}, a sign of life")
            chat.press(Qt.Key.Key_Escape)
            chat.ended()
            self.learn_messages(chat.chat.messages)
            self.look(f"main window, stopped, {fault}")
        self.demo.clear_faults()
        chat.window.commands.run(CommandId.NEW)
        for message in ANSWERS:
            conversation = Conversation()
            question = ChatMessage(Role.USER, [USERS_WORDS])
            conversation.add(question, None)
            conversation.add(ChatMessage(Role.ASSISTANT, [USERS_WORDS], facts=AnswerFacts(MODEL)), question)
            conversation.add(message, question)
            chat.chat.show_conversation(conversation)
            self.learn_messages([message])
            self.look("main window, an answer from the odd cases")
            self._open_menus(chat)
            for placed in chat.view.items[1].documents if not message.tool_calls else ():
                document = placed.document.toPlainText().replace("\ufffc", "")
                self.texts.note(document, "document", "a.message.1")
            if (fold := chat.view.items[1].fold) is not None:
                fold.click()
                self.look("main window, reasoning")
        chat.view.text.select_all()
        self.texts.note(chat.view.text._selection.markdown(), "copied", "a.message.1")
        chat.window.page.begin_edit(0)
        self.look("main window, another wording")
        chat.window.page.cancel_edit()
        many = Conversation()
        last = None
        for _ in range(30):
            message = ChatMessage(Role.USER, [USERS_WORDS * 40])
            many.add(message, last)
            last = message
        chat.chat.show_conversation(many)
        turn(5)
        chat.view.verticalScrollBar().setValue(0)
        self.look("main window, scrolled up")
        settings = chat.parts.settings
        settings.set(settings.current.replace(max_retries=1))
        for fault in ("rate_limit", "no_provider_503"):
            self.demo.fault(fault, 8 if fault == "rate_limit" else None, path="/chat/completions")
            told = []
            chat.chat.paused.connect(lambda _index, pause, told=told: told.append(pause))
            self._send(chat)
            chat.until(lambda told=told: told, "a pause before another attempt")
            self.look(f"main window, a pause before another attempt, {fault}")
            chat.press(Qt.Key.Key_Escape)
            chat.ended()
            self.learn_messages(chat.chat.messages)
            self.demo.clear_faults()
        settings.set(settings.current.replace(max_retries=0))
        self.demo.fault("rate_limit", 9, times=1, path="/chat/completions")
        self._send(chat)
        chat.ended()
        self.learn_messages(chat.chat.messages)
        self.look("main window, a pause")

    def _send(self, chat: ChatWindow) -> None:
        # The test's keyboard knows Latin letters alone.
        chat.window.page.composer.set_text(USERS_WORDS)
        chat.press(Qt.Key.Key_Return)

    def learn_messages(self, messages: Iterable[ChatMessage]) -> None:
        """Take note of what the user and the models said, and of the words of servers about failures."""
        for message in messages:
            for within in (".message.", "screen reader", "wizard.try"):
                # An answer is met as far as it has come.
                ends = range(len(message.text) + 1) if len(message.text) < 500 else (len(message.text),)
                self.data.add((message.reasoning, *(message.text[:end] for end in ends)), within)
                self.data.add((plain_text(message), plain_text(message)[:2000]), within)
            for call in message.tool_calls:
                self.data.add((call.name, call.arguments), within=".message.")
            if message.facts is not None:
                self.data.add((message.facts.provider, message.facts.model))
            if isinstance(message.error, ProviderError):
                told = (value for value in message.error.params.values() if isinstance(value, str))
                self.data.add((message.error.detail, *told), within=".message.")

    def _open_menus(self, chat: ChatWindow) -> None:
        for button in chat.window.findChildren(QToolButton):
            menu = button.menu()
            if button.isVisible() and isinstance(menu, QMenu):
                menu.aboutToShow.emit()
                self.look(f"main window, menu of {button.objectName()}")

    def _menus(self, chat: ChatWindow) -> None:
        self._open_menus(chat)
        view = chat.view
        for at in (QPoint(60, 30), QPoint(60, 90), QPoint(200, 200)):
            QApplication.sendEvent(
                view.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.viewport().mapToGlobal(at))
            )
            self.look("main window, menu of the text")
            self.close_popups()

    def close_popups(self) -> None:
        """Close the menus that are open."""
        while (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
            turn(1)

    def close_dialogs(self, window: QWidget) -> None:
        """Leave the dialogs of a window."""
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()
        turn(3)

    def _history(self, chat: ChatWindow) -> None:
        pane = chat.window.findChild(HistoryPane, "history")
        assert pane is not None
        chat.until(lambda: pane.list.count(), "the conversations")
        pane.list.setCurrentRow(0)
        pane.list.setFocus()
        self.look("history")
        item = pane.list.currentItem()
        item.setText(USERS_WORDS)
        QTest.mouseClick(chat.button("history.more"), Qt.MouseButton.LeftButton)
        self.look("history, menu")
        menu = QApplication.activePopupWidget()
        assert menu is not None
        for text in [action.text() for action in menu.actions() if not action.isSeparator()]:
            self._history_action(chat, text)
        search = chat.window.findChild(QLineEdit, "history.search")
        assert search is not None
        search.setText("zzz")
        chat.until(lambda: not pane.list.count(), "nothing found")
        self.look("history, nothing found")
        search.setText("")
        turn(3)
        chat.history.transfer.exported.emit(str(self.folder / "out.json"))
        self.look("history, exported")
        bad = self.folder / "bad.json"
        for text in ("no", "{}", json.dumps({"format": "caal-desktop-conversation", "version": 99})):
            bad.write_text(text, encoding="utf-8")
            chat.history.transfer.import_file(bad)
            chat.until(lambda: pane.message.isVisible(), "the refusal")
            self.look("history, a file that is refused")
            pane.message.hide()
        transfer = chat.history.transfer
        for kind in TransferKind:
            for is_stopping in (False, kind is TransferKind.IMPORT):
                transfer._current = Transfer(kind, "out.json", 0.4, is_stopping)
                pane.transfer_bar._begin()
                self.look(f"history, {kind} stopping {is_stopping}")
        transfer._end()
        for error in error_classes(StorageError):
            chat.history.transfer.failed.emit(error(file="σ", reason="ρ.", folder="φ", store="κ"))
            self.look(f"history, {error.__name__}")
        pane.message.hide()
        self._unsaved(chat)

    def _unsaved(self, chat: ChatWindow) -> None:
        told = chat.unsaved.troubleChanged
        for error in error_classes(HistoryFailed):
            cause = error(file="σ", reason="ρ.")
            told.emit(Trouble(cause))
            self.look(f"not saved, {error.__name__}")
            told.emit(Trouble(cause, is_trying=True))
            self.look("another attempt")
        chat.history.damageFound.emit(HistoryFailed(file="σ", reason="ρ."))
        self.look("a damaged file")
        question = chat.window._unsaved_question
        assert question is not None
        for count in (0, 1):
            with mock.patch.object(type(chat.history), "unsaved", count):
                told.emit(Trouble(HistoryFailed(file="σ", reason="ρ.")))
                question._ask(Trouble(HistoryFailed(file="σ", reason="ρ.")))
                self.look(f"the end, {count} conversations not saved")
                self.close_dialogs(chat.window)
        self._unsaved_draft(chat)
        told.emit(Trouble(HistoryFailed(file="σ", reason="ρ.")))
        told.emit(None)
        self.look("saved again")
        for count in (1, 2):
            chat.window._rescued.show_files([Path("/φ/σ")] * count)
            self.look(f"text from last time, {count} files")
        chat.window._rescued.show_files([])
        chat.window.notice.show_exported("σ")
        self.look("exported, told above the chat")

    def _unsaved_draft(self, chat: ChatWindow) -> None:
        question, notice = chat.window._unsaved_question, chat.window._keeping
        assert question is not None
        trouble = Trouble(DraftNotSaved(WriteFailed(file="σ", reason="ρ.")))
        with mock.patch.object(type(chat.drafts), "trouble", trouble):
            for told in (Trouble(HistoryFailed(file="σ", reason="ρ.")), trouble):
                question._ask(told)
                notice.show_trouble(told)
                self.look(f"the end, a message not saved: {told.error}")
                self.close_dialogs(chat.window)
            notice.show_trouble(Trouble(trouble.error, is_trying=True))
            self.look("a message is being saved")
        notice.show_trouble(None)
        assert notice.isHidden()

    def _history_action(self, chat: ChatWindow, text: str) -> None:
        self.close_popups()
        pane = chat.window.findChild(HistoryPane, "history")
        assert pane is not None
        if (undo := pane.message.button("undo")) is not None and undo.isVisible():
            undo.click()
        chat.until(lambda: pane.list.count(), "the conversations")
        pane.list.setCurrentRow(0)
        QTest.mouseClick(chat.button("history.more"), Qt.MouseButton.LeftButton)
        menu = QApplication.activePopupWidget()
        assert menu is not None
        next(action for action in menu.actions() if action.text() == text).trigger()
        self.close_popups()
        turn(10)
        self.look(f"history, after {text}")
        self.close_dialogs(chat.window)

    def _attachments(self, chat: ChatWindow) -> None:
        bar = chat.window.page.composer.attachments
        for reason in Refusal:
            bar.refuse(AttachmentRefusedError(reason, "σημείωση"))
            self.look(f"attachment refused, {reason}")
        bar.refuse_image("Αλφα")
        self.look("no images")
        bar.refuse_image("")
        self.look("no images")
        for number in range(9):
            bar.add(Attachment("σημείωση" + "α" * number, "text/plain", "α", 1234 * 10**number))
            self.look("attachments")
        self._send(chat)
        chat.ended()
        self.learn_messages(chat.chat.messages)
        self.look("attached")

    def _notices(self, chat: ChatWindow, parts: Parts) -> None:
        notice = chat.window.notice
        for period in SpendingPeriod:
            notice.show_limit(LimitPassed(period, 1.25, 1.0))
            self.look("notice")
        notice.show_migrated("openrouter", "κ")
        self.look("notice, migrated")
        notice.hide()
        parts.settings.update(openrouter_model="gone/model")
        self.data.add(("gone/model",))
        for replacement in (None, parts.catalogue.current.models[0]):
            # As the search for it tells; that takes a process of its own.
            chat.window._vanished._show(Vanished("gone/model", replacement))
            self.look("vanished model")
        chat.window._vanished.hide()
        chat.window.commands.run(CommandId.NEW)
        parts.settings.update(openrouter_model="")
        self.look("no model")
        parts.settings.update(openrouter_model=MODEL)
        chat.window.commands.run(CommandId.TEMPORARY)
        self.look("temporary conversation")
        chat.window.commands.run(CommandId.NEW)
        with self.monkeypatch.context() as patch:
            for name, state in KEY_STATES.items():
                patch.setattr(parts.keys, "state", lambda _secret, state=state: state)
                chat.window._show_key()
                self.look(f"main window, key {name}")
        chat.window._show_key()
        self._credit(parts)

    def _credit(self, parts: Parts) -> None:
        used_up = replace(NO_CREDIT, free_requests=FreeRequests(50, 50, 0))
        free = next(model.id for model in parts.catalogue.current.models if is_free(model))
        for key, is_private in ((NO_CREDIT, False), (NO_CREDIT, True), (used_up, False), (SPENT, False)):
            parts.tell_of_key(key)
            parts.until(lambda key=key: parts.catalogue.current.view.funds is key.funds, "the judgement")
            for model_id in (MODEL, free):
                parts.settings.update(openrouter_model=model_id, deny_data_collection=is_private)
                self.look(f"main window, {key.funds}, {model_id}")
        parts.settings.update(openrouter_model=MODEL, deny_data_collection=False)
        parts.tell_of_key(None)
        parts.until(lambda: parts.catalogue.current.view.funds is Funds.UNKNOWN, "the judgement")

    def _dialogs(self, chat: ChatWindow, parts: Parts) -> None:
        for command in (CommandId.OPTIONS, CommandId.SHORTCUTS, CommandId.ABOUT, CommandId.MODEL):
            chat.window.commands.run(command)
            turn(5)
            self.look(f"main window, {command}")
            self.close_dialogs(chat.window)
        parts.settings.update(send_key="ctrl_enter")
        chat.window.commands.run(CommandId.SHORTCUTS)
        self.look("shortcuts with control")
        self.close_dialogs(chat.window)
        chat.window.control.choose_file()
        self.look("attach a file")
        self.close_dialogs(chat.window)
        for address in ("https://a.example/x", "https://xn--80ak6aa92e.com/"):
            link = safe_link(address)
            assert link is not None
            ask_to_open(link, chat.window)
            self.look("link")
            self.close_dialogs(chat.window)
        self.monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
        chat.window.commands.run(CommandId.ADD_CREDIT)
        self.look("no browser")
        self.close_dialogs(chat.window)
        for model in ODD_MODELS:
            self.show(OptionsDialog(ChatOptions(), parts.settings.current, model), "options of an odd model")
        window = CompareWindow(
            lambda: self.compared(parts),
            lambda *_args: None,
            str,
            [MODEL, MODEL],
            ChatOptions(),
            9,
            chat.window.commands,
        )
        self.show(window, "comparison of two")
        demo = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording([]), demo=True)
        self.qtbot.addWidget(demo)
        demo.show()
        self.look("main window, demo")
        demo.close()

    def compared(self, parts: Parts) -> ChatService:
        self.chats.append(ChatService(parts.pool))
        return self.chats[-1]

    @staticmethod
    def is_at_rest(picker: ModelPane) -> bool:
        """Return whether a picker shows what was searched for."""
        return not picker._counts_timer.isActive()

    def press(self, widget: QWidget, name: str) -> None:
        """Press a button of a widget, by the last part of its name."""
        self.press_named(widget, f"{widget.objectName()}.{name}")

    @staticmethod
    def press_named(widget: QWidget, name: str) -> None:
        """Press the button of a name."""
        button = widget.findChild(QAbstractButton, name)
        assert button is not None
        button.click()

    def show(self, widget: QWidget, place: str) -> None:
        """Look at a widget that is made for that alone."""
        widget.show()
        self.look(place)
        widget.close()
        widget.deleteLater()
        turn(1)

    # --- what is known

    def learn_models(self, parts: Parts) -> None:
        """Take note of what the server tells about its models."""
        self.learn(parts.catalogue.current)

    def learn(self, known: Catalogue) -> None:
        """Take note of what is told about models."""
        for model in known.models:
            self.data.add((model.id, model.name, model.vendor, model.description, model.canonical_slug))
            self.data.add((model.alias_target, model.alias_target_name, model.hugging_face_id))
            self.data.add(model.supported_parameters or (), within="sheet")
            self.data.add(model.reasoning.efforts if model.reasoning is not None else (), within="sheet")
        if known.view is not None:
            self.data.add(rows.vendor for rows in known.view.vendors)

    # --- where a failure is drawn

    def failures(self) -> None:
        """Draw failures wherever one is drawn, every error in the chat, and every state of a key."""
        parts = self.make_parts()
        parts.use_key(self.demo.key)
        self.data.add(_key_labels())
        program = Program(parts, self.qtbot, self.monkeypatch)
        self.learn(catalogue())
        params = {"model": MODEL, "provider": "OpenRouter"}
        for name, kind in PLACES.items():
            place = kind(program)
            for cls in ERRORS if kind is ChatPlace else ERRORS[:1]:
                place.fail(cls("openrouter", params=params, detail="ρ"))
                turn(2)
                self.look(f"{name}, {cls.__name__}")
            if type(place) is ChatPlace:
                self._suggestions(place)
            if type(place) in (KeyPagePlace, CardPlace) and isinstance(place, KeyPagePlace | CardPlace):
                self._key_states(place)
            if isinstance(place, SignInPlace):
                self._sign_in(place)
            if type(place) is CardPlace:
                self._key_changes(place)
            if isinstance(place, TryPlace):
                self._trial(place.window.trial)
            for window in QApplication.topLevelWidgets():
                if window.parentWidget() is None:
                    window.hide()
            turn(2)
        for chat in (*program.to_close, *self.chats):
            run_async(chat.close())
        parts.close()

    def _suggestions(self, place: ChatPlace) -> None:
        """Show models that are suggested in place of one that has ended: at each kind of price."""
        place.program.parts.show_catalogue(catalogue_of(ODD_MODELS))
        for model_id in ("α/η", "α/ι:free", "α/θ", "α/κ"):
            why = Availability("model_deprecated", fallback_models=(model_id,))
            params = {"model": MODEL, "provider": "OpenRouter", "hint": "ς"}
            panel = place.fail(ModelEnded("openrouter", params=params, availability=why))
            assert panel.button("fallback") is not None
            self.look(f"chat, suggested {model_id}")
        place.program.parts.show_catalogue(catalogue())

    def _key_states(self, place: CardPlace | KeyPagePlace) -> None:
        for name, state in KEY_STATES.items():
            for info in (None, *KEY_INFOS):
                shown = replace(state, info=info)
                if isinstance(state.error, ProviderError):
                    shown = replace(shown, error=type(state.error)("openrouter", params={"provider": "OpenRouter"}))
                if isinstance(place, KeyPagePlace):
                    place.window.key.show_key(shown)
                else:
                    place.card._stop_editing()
                    with self.monkeypatch.context() as patch:
                        patch.setattr(place.program.parts.keys, "state", lambda _secret, state=shown: state)
                        place.card._show_in_use(shown)
                        place.card.show_state()
                        self.look(f"key card, {name}")
                    place.card.begin_editing()
                    place.card._show_entered(shown)
                self.look(f"{type(place).__name__}, {name}")
                if name not in ("verified", "unverified"):
                    break
        if isinstance(place, CardPlace):
            place.card._stop_editing()
            self.press(place.card, "remove")
            self.look("key card, question")
            self.close_dialogs(place.dialog)
        self.monkeypatch.setenv("OPENROUTER_API_KEY", self.demo.key_for("limited"))
        if isinstance(place, KeyPagePlace):
            place.window.set_demo_key(self.demo.key, "openrouter")
        self.look("key from the environment")

    def _trial(self, page: TryPage) -> None:
        page.begin_answer()
        self.look("wizard, try, waiting")
        page.show_working()
        self.look("wizard, try, a sign of life")
        for seconds in (None, 0.5, 2.0, 5.0):
            facts = AnswerFacts(MODEL, first_token_s=seconds)
            page.show_status(ChatMessage(Role.ASSISTANT, [USERS_WORDS], AnswerStatus.STOPPED, facts))
            self.look("wizard, try, stopped")
            page.show_status(ChatMessage(Role.ASSISTANT, [USERS_WORDS], AnswerStatus.COMPLETE, facts))
            self.look("wizard, try, answered")
        page.set_waiting_for_key(True)
        self.look("wizard, try, key awaited")

    def _key_changes(self, place: CardPlace) -> None:
        place.card._on_kept()
        self.look("key card, kept")
        for result in (KeyringResult(is_done=True), KeyringResult(is_done=False, error=KeyringError(store="κ"))):
            place.card._on_removed(result)
            self.look("key card, removed")

    def _sign_in(self, place: SignInPlace) -> None:
        place.panel._is_ours = True
        begun = [(phase, None) for phase in SignInPhase]
        ended = [(SignInPhase.FAILED, problem) for problem in SignInProblem]
        waits = [(SignInPhase.WAITING, SignInProblem.NO_BROWSER), (SignInPhase.WAITING, SignInProblem.PORT_BUSY)]
        for phase, problem in (*begun, *ended, *waits):
            place.panel._show(SignInView(phase, "https://a.example/x", problem))
            self.look(f"sign-in, {phase}, {problem}")
        place.panel._by_hand = True
        place.panel._show(SignInView(SignInPhase.WAITING, "https://a.example/x"))
        self.look("sign-in, by hand")
        for name in PageName:
            body = page(name, page_texts()).partition("</style>")[2]
            self.texts.note(body, "page", "browser", f"sign-in, {name}")

    # --- the picker

    def picker(self) -> None:
        """Show the picker in its states."""
        parts = self.make_parts()
        self.learn(catalogue())
        self.data.add(("One host", "Another", "A third", "bf16", "fp4", "fp8"), within="picker")
        for state in STATES:
            for size in SIZES if state in ("grouped", "comparing", "details", "hosts", "quick-hosts") else ("wide",):
                widget = shown_in(state, size, parts, self.qtbot)
                self.learn_models(parts)
                self.look(f"picker, {state}, {size}")
                widget.close()
        parts.settings.update(provider_sort="price")
        self.show(pane(parts), "picker, an order of hosts")
        parts.settings.update(provider_sort="default", quick_hosts=False)
        parts.close()

    def facts(self) -> None:
        """Show what details, rows and hosts say of models that are not as most are."""
        parts = self.make_parts()
        sheet = FactSheet(name="picker.pane.details.sheet")
        self.qtbot.addWidget(sheet)
        odd = catalogue_of(ODD_MODELS)
        assert odd.view is not None
        self.learn(odd)
        for model in ODD_MODELS:
            sheet.show_model(model, odd.view)
            self.texts.note(sheet.toPlainText(), "text", "picker.pane.details.sheet", f"facts of {model.id}")
        usual = catalogue_of((USUAL_MODEL,))
        assert usual.view is not None
        self.learn(usual)
        for name, figures in ODD_FIGURES.items():
            judged = usual.view.with_figures(figures)
            sheet.show_model(USUAL_MODEL, judged)
            self.texts.note(sheet.toPlainText(), "text", "picker.pane.details.sheet", f"a model judged: {name}")
            self.monkeypatch.setattr(parts.judgement, "_figures", lambda _provider, figures=figures: figures)
            self.show(pane(parts, replace(usual, view=judged)), f"picker, judged: {name}")
            if name == "quick":
                self.show(ModelPage(parts.catalogue, parts.settings, CommandSet()), f"wizard, judged: {name}")
        parts.show_catalogue(catalogue_of(()))
        self.show(ModelPage(parts.catalogue, parts.settings, CommandSet()), "wizard, no models")
        compared = catalogue_of(COMPARED_MODELS)
        assert compared.view is not None
        self.learn(compared)
        weak, cheap = COMPARED_MODELS[0], COMPARED_MODELS[-1]
        for model, funds in (
            (weak, Funds.BOUGHT),
            (weak, Funds.NONE_BOUGHT),
            (weak, Funds.SPENT),
            (cheap, Funds.BOUGHT),
        ):
            sheet.show_model(model, compared.view.with_figures(NO_FIGURES, funds))
            self.texts.note(sheet.toPlainText(), "text", "picker.pane.details.sheet", f"{model.id}, {funds}")
        self.show(pane(parts, catalogue_of(ODD_MODELS), filters=Filters(show_unusable=True)), "picker, odd models")
        details = pane(parts, catalogue_of(ODD_MODELS))
        details.parts.toggle_details()
        self.qtbot.addWidget(details)
        details.show()
        turn(3)
        self.look("picker, details")
        chosen = details.details.model
        assert chosen is not None
        details.details.hosts_button.click()
        host = EndpointInfo("Αλφα", discount=0.5, supported_parameters=frozenset(), pricing=Pricing(varies=True))
        for hosts in (
            Hosts(chosen.id, HostsPhase.LOADING),
            Hosts(chosen.id, HostsPhase.READY),
            Hosts(chosen.id, HostsPhase.READY, (host,)),
        ):
            details.details.hosts.show_hosts(hosts)
            self.look("picker, hosts")
        details.close()
        wide = pane(parts)
        self.qtbot.addWidget(wide)
        wide.resize(*SIZES["wide"])
        wide.show()
        handlers = wide._handlers
        hour_ago = datetime.now(UTC) - timedelta(hours=3)
        for order in (
            ServerOrder(phase=OrderPhase.LOADING),
            ServerOrder(phase=OrderPhase.FAILED, error=OFFLINE),
            ServerOrder(phase=OrderPhase.FAILED, error=OFFLINE, ids=("α",), fetched_at=hour_ago),
        ):
            if (message := about_order(order, handlers)) is not None:
                wide.message.draw(message)
                self.look("picker, order")
        wide.close()
        parts.settings.update(favourite_models=(catalogue().models[0].id,))
        stale = replace(catalogue(), state=CatalogueState.STALE, error=OFFLINE)
        self.data.add(("zzzz qqqq", "batch", catalogue().models[0].id + ":nitro"), within="picker")
        for made in (
            pane(parts, stale, chosen="vendor/model-that-went-away"),
            pane(parts, query="zzzz qqqq"),
            pane(parts, query="zzzz qqqq", filters=Filters(frozenset({FilterName.FREE}))),
            pane(parts, filters=Filters(frozenset(FilterName), max_usd_per_hour=0.000_001)),
            pane(parts, query="batch"),
            pane(parts, chosen=catalogue().models[0].id + ":nitro"),
            pane(parts, replace(catalogue(), state=CatalogueState.REFRESHING, skipped=2)),
        ):
            made.resize(*SIZES["wide"])
            made.show()
            turn(until=partial(self.is_at_rest, made))
            self.look("picker, in other states")
            made.close()
            made.deleteLater()
        parts.close()

    # --- the settings

    def settings(self, open_settings: Callable[[Parts], SettingsDialog]) -> None:
        """Turn all pages of the settings; have them refuse, search, write and read."""
        parts = self.make_parts()
        parts.use_key(self.demo.key_for("limited"))
        parts.settings.update(proxy_mode="manual", proxy_url="http://127.0.0.1:9", proxy_user="α")
        dialog = open_settings(parts)
        for group in PAGES:
            dialog.show_page(group)
            self.look(f"settings, {group}")
        for provider in PROVIDERS:
            dialog._on_edited("provider", provider)
            for group in PAGES:
                dialog.show_page(group)
                self.look(f"settings, {group}, {provider}")
        for query in ("zzz", "a"):
            dialog.search.setText(query)
            self.look(f"settings, search {query}")
        dialog.search.clear()
        for key, spec in SPECS.items():
            if spec.group is not Group.INTERNAL:
                # Where a file has a value that there is none of, it is told those that there are, as a file has them.
                self.data.add(map(str, spec.choices), within=key)
                self._refuse(dialog, key)
        for key, value in (("openai_compatible_base_url", "?"), ("proxy_url", "?"), ("ca_bundle", "?")):
            dialog._on_edited(key, value)
            dialog.show_page(SPECS[key].group)
            turn(5)
            self.look(f"settings, {key} cannot be used")
            dialog._on_reset(key)
        self.press_named(dialog, "settings.ca_bundle.choose")
        self.look("settings, choose a file")
        for box in dialog.findChildren(QDialog):
            box.close()
        dialog._on_edited("theme", "dark")
        dialog.reject()
        self.look("settings, unsaved")
        for box in dialog.findChildren(QDialog):
            box.close()
        dialog.transfer.buttons["reset"].click()
        dialog.show_page(Group.ADVANCED)
        self.look("settings, reset")
        file = self.folder / "out.json"
        dialog.transfer.export_to(file)
        self.look("settings, writing")
        parts.until(lambda: not parts.transfer.is_busy, "it is written")
        self.look("settings, written")
        dialog.transfer.import_from(file)
        self.look("settings, reading")
        parts.until(lambda: not parts.transfer.is_busy, "it is read")
        self.look("settings, read")
        exported = json.loads(file.read_text(encoding="utf-8"))
        for text in (
            *("{}", "no", "{", "[" * 5000, json.dumps({**exported, "settings": {"ανοησία": 1}})),
            json.dumps({key: value for key, value in exported.items() if key != "settings"}),
            json.dumps({**exported, "schema_version": 99}),
        ):
            (self.folder / "bad.json").write_text(text)
            dialog.transfer.import_from(self.folder / "bad.json")
            parts.until(lambda: not parts.transfer.is_busy, "it is refused")
            self.look("settings, a file that is refused")
        for name in ("export", "import"):
            dialog.transfer.buttons[name].click()
            self.look(f"settings, {name}")
            for box in dialog.findChildren(QDialog):
                box.close()
        parts.use_key("local-secret-1", provider="openai_compatible")
        dialog._leave()
        turn(3)
        parts.close()

    def _refuse(self, dialog: SettingsDialog, key: str) -> None:
        """Have a setting refuse what it cannot be, for every reason that it has."""
        for value in NONSENSE:
            try:
                error = dialog.draft.set(key, value)
            except (TypeError, AttributeError):
                continue  # no editor of this setting gives such a value
            if error is not None:
                self.texts.note(in_words(error), "error", key, "settings")
        dialog.draft.reset(key)

    def secrets(self) -> None:
        """Show the questions about secrets for other addresses."""
        parts = self.make_parts()
        here, there = "https://a.example:443", "https://a.example:8443"
        moves = (SecretMove("openrouter", here, there), SecretMove(PROXY, "", there), SecretMove(PROXY, here, there))
        for asked in (moves[:1], moves):
            self.show(SecretsQuestion(asked), "question about secrets")
        for move in moves:
            self.texts.note(move_text(move), "line", "settings.transfer", "secrets")
        for secret, origin in (("openrouter", ""), ("openrouter", here), (PROXY, ""), (PROXY, here)):
            state = KeyState(secret, KeyStatus.NONE, KeyStore.KEYRING, origin, f"{there}{VIA}{here}", is_loaded=True)
            for message in (consent_message(state, nothing, nothing), withheld_message(state, nothing)):
                panel = MessagePanel(name="secrets.message")
                panel.draw(message)
                self.show(panel, "secrets")
        parts.close()

    # --- words that no window has to be provoked for

    def failed_starts(self) -> None:
        """Show the dialogs about starts that have failed."""
        self.data.add(("α", "β"), within="failure")
        self.monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
        for failed in (
            FailedStart("α", fresh_name="β", log_file=Path("β")),
            FailedStart("α", settings_file=Path("β")),
            FailedStart("α", has_window=True),
            FailedStart("α"),
        ):
            dialog = StartFailureDialog(failed)
            dialog.show()
            self.look("failed start")
            for name in ("copy", "log"):
                if (button := dialog.findChild(QAbstractButton, f"failure.{name}")) is not None:
                    button.click()
            self.show(dialog, "failed start, its buttons pressed")

    def words(self) -> None:
        """Show what errors and findings say by the functions that the windows use."""
        for cls in error_classes(DescribedError):
            for name, text in vars(cls).items():
                if isinstance(text, SourceText):
                    self.texts.note(without_placeholders(translated(text)), name, cls.__name__, "errors")
        for case in test_diagnose.CASES:
            found = diagnose(case.text, case.expected)
            self.data.add((found.vendor,))
            self.data.add((case.text,), within=case.name)
            for text in astuple(words_of(found)):
                self.texts.note(text, "finding", case.name, "key doctor")
        attached = (Attachment("σημείωση", "text/plain", "α"),)
        question = ChatMessage(Role.USER, [USERS_WORDS], attachments=attached)
        failed = ChatMessage(
            Role.ASSISTANT,
            [],
            AnswerStatus.FAILED,
            AnswerFacts(""),
            ERRORS[0]("openrouter", params={"provider": "OpenRouter"}),
            tool_calls=[ToolCallText("τ", "{}")],
        )
        conversation = Conversation()
        conversation.add(question, None)
        conversation.add(failed, question)
        records = [to_record(message, shown=True) for message in conversation]
        record = ConversationRecord("α", "", 0.0, 0.0, {}, records)
        self.data.add(("json",), within="export")
        for line in "".join(markdown_parts(record, translated, formats.format_value)).splitlines():
            self.texts.note(line.strip("#* "), "line", "export", "exported conversation")
        for instance in (FirstInstanceSilent(), InstanceUnguarded()):
            self.texts.note(" ".join(astuple(words_of(instance))), "words", str(instance), "second start")
        for kind in SettingsNoticeKind:
            told = words_of(SettingsNotice(kind, reason="ρ.", kept=Path("κ"), keys=("α", "β")))
            self.texts.note(" ".join(filter(None, astuple(told))), "words", str(kind), "settings file")
        told = words_of(InstallationIncomplete({"folder": "κ"}))
        self.texts.note(" ".join(astuple(told)), "words", "what is missing", "resources")
        told = words_of(NotKept(dict.fromkeys(KeptPart, FolderIsFile(folder="κ"))))
        self.texts.note(" ".join(astuple(told)), "words", "what is not kept", "folders")
        for seconds in (1, 60 * 5, 3600 * 5):
            self.texts.note(formats.duration(Duration(seconds)), "duration", "formats", "formats")
        for age in (0, 300, 3600 * 5, 86400 * 5):
            self.texts.note(formats.age(datetime.now(UTC) - timedelta(seconds=age)), "age", "formats", "formats")
        for text in ("http://[", "sk-α", "http://127.0.0.1:1/α", "http://127.0.0.1:1/τ?code=1&code=2", "α β"):
            with pytest.raises(CodeRefusedError) as refused:
                Attempt(token="τ").code_in(text)
            self.texts.note(translated(refused.value.reason), "error", "wizard.key.signin", "sign-in")
        files = {"no.pem": "α", "empty.pem": "", "large.pem": "α" * 9_000_000}
        for name, content in files.items():
            (self.folder / name).write_text(content, encoding="utf-8")
            error = run_async(asyncio.to_thread(bundle_error, str(self.folder / name)))
            assert error is not None
            self.texts.note(in_words(error), "error", "settings.ca_bundle", "certificates")
        for text in CLEANUP_TEXTS.values():
            self.texts.note(translated(text), "cleanup", "finding", "key doctor")


def nothing() -> None:
    """Do nothing, as a button that is not pressed."""


def _key_labels() -> Iterable[str]:
    """Return what the demo's keys are called: the beginning and the end of each."""
    return [f"{key[:12]}...{key[-3:]}" for key in map(DemoControl.key_for, KEYS)]


def without_placeholders(text: str) -> str:
    """Return a template as it looks filled."""
    return re.sub(r"\{\w+\}", "◌", text)
