"""Every error of the tree, at every place where a failure is drawn: its remedy has a button, and the button does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QPushButton

from caal_desktop.commands import COMMANDS, CommandId, Need, part_of, remedy_of
from caal_desktop.llm.errors import ErrorText, ProviderError, Remedy
from caal_desktop.llm.providers.registry import PROVIDERS, descriptor_of
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.catalogue.host_lookup import Hosts, HostsPhase
from caal_desktop.services.catalogue.server_orders import OrderPhase, ServerOrder
from caal_desktop.services.chat.chat_options import ChatOptions
from caal_desktop.services.chat.chat_service import ChatService
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    AnswerStatus,
    ChatMessage,
    Conversation,
    Role,
    SavedFailureError,
)
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyState
from caal_desktop.services.keys.sign_in_service import SignInPhase, SignInProblem, SignInService, SignInView
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep
from caal_desktop.widgets.chat.compare_window import CompareWindow
from caal_desktop.widgets.main.main_window import MainWindow
from caal_desktop.widgets.picker.dialog import PickerDialog
from caal_desktop.widgets.picker.pane_message import about_order
from caal_desktop.widgets.settings.dialog import SettingsDialog
from caal_desktop.widgets.wizard.window import WizardWindow
from tests.support.commands import recording
from tests.support.error_trees import error_classes
from tests.support.picker_states import catalogue
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtCore import QUrl
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from caal_desktop.widgets.common.message_panel import MessagePanel
    from tests.support.demo import DemoControl
    from tests.support.parts import Parts

MODEL = "openai/gpt-5.4-nano"
ERRORS = list(error_classes(ProviderError))
_SETTINGS = (CommandId.NETWORK_SETTINGS, CommandId.PRIVACY_SETTINGS, CommandId.PROVIDER_SETTINGS)


class Program:
    """The services, and what the test has seen done.

    Attributes:
        given: what was asked of the application.
        pages: what the browser was sent to.
        did: what else was done.
    """

    def __init__(self, parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parts, self.qtbot, self.monkeypatch = parts, qtbot, monkeypatch
        self.given: list[CommandId] = []
        self.pages: list[str] = []
        self.did: list[str] = []
        self.to_close: list[ChatService] = []
        monkeypatch.setattr(QDesktopServices, "openUrl", self._open)
        parts.settings.set(parts.settings.current.with_model(MODEL).replace(setup_completed=True, max_retries=0))

    def _open(self, url: QUrl) -> bool:
        self.pages.append(url.toString())
        return True

    def show(self, window: QWidget) -> None:
        self.qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        self.qtbot.waitUntil(window.isActiveWindow)
        turn(3)

    def main_window(self) -> MainWindow:
        parts = self.parts
        window = MainWindow(parts.chat, parts.keys, parts.catalogue, parts.settings, recording(self.given))
        self.show(window)
        return window

    def asked_the_application(self, command: CommandId) -> bool:
        given, self.given[:] = list(self.given), []
        return given == [command]

    def opened_the_credits_page(self) -> bool:
        pages, self.pages[:] = list(self.pages), []
        return pages == [descriptor_of("openrouter").credits_page]

    def did_only(self, what: str) -> bool:
        did, self.did[:] = list(self.did), []
        return did == [what]


class Place:
    """Where a failure is drawn.

    Attributes:
        has_message: the failure is a message's, which another model, other parameters or other words can help.
        retry: the last part of the object name of the button that tries again.
        takes_keys: a refused key is replaced right here.
    """

    has_message = False
    retry = part_of(CommandId.RETRY)

    def __init__(self, program: Program) -> None:
        self.program = program

    def fail(self, error: ProviderError) -> MessagePanel:
        """Draw a failure."""
        raise NotImplementedError

    def has_done(self, command: CommandId) -> bool:
        """Return whether a command has had its effect, and undo that."""
        if command is CommandId.ADD_CREDIT:
            return self.program.opened_the_credits_page()
        if command is CommandId.RETRY:
            return self.program.did_only("retry")
        return self.program.asked_the_application(command)

    def button(self, panel: MessagePanel, command: CommandId) -> QPushButton | None:
        """Return the button of a command."""
        return panel.button(self.retry if part_of(command) == part_of(CommandId.RETRY) else part_of(command))


def failed(error: ProviderError | SavedFailureError) -> Conversation:
    """A question whose answer failed."""
    conversation = Conversation()
    question = ChatMessage(Role.USER, ["Hello"])
    conversation.add(question, None)
    answer = ChatMessage(Role.ASSISTANT, [], AnswerStatus.FAILED, AnswerFacts(MODEL), error)
    conversation.add(answer, question)
    return conversation


class ChatPlace(Place):
    """Under an answer of the test chat."""

    has_message = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.window = program.main_window()
        program.monkeypatch.setattr(self.window.control, "request", lambda *_args: program.did.append("retry"))

    def fail(self, error: ProviderError | SavedFailureError) -> MessagePanel:
        self.program.parts.chat.show_conversation(failed(error))
        turn(3)
        panel = self.window.page.transcript.view.items[1].panel
        assert panel is not None
        return panel

    def has_done(self, command: CommandId) -> bool:
        page, control = self.window.page, self.window.control
        match command:
            case CommandId.CHOOSE_MODEL:
                (picker,) = self.window.findChildren(PickerDialog)
                shown = picker.isVisible()
                picker.reject()
                self.program.parts.until(lambda: not self.window.findChildren(PickerDialog), "the picker is gone")
                return shown
            case CommandId.SHORTEN:
                was_editing, text = page.is_editing, page.composer.text
                page.cancel_edit()
                return was_editing and text == "Hello"
            case CommandId.DEFAULT_PARAMETERS:
                has_defaults = control.options.model_defaults
                control.set_options(ChatOptions())
                return has_defaults and self.program.did_only("retry")
            case _:
                return super().has_done(command)


class ComparePlace(Place):
    """Under an answer of a comparison."""

    has_message = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.window: CompareWindow | None = None
        self.options = ChatOptions()
        self.main = program.main_window()

    def _open(self) -> CompareWindow:
        def make() -> ChatService:
            self.program.to_close.append(ChatService(self.program.parts.pool))
            return self.program.to_close[-1]

        def request(_model: str, options: ChatOptions) -> None:
            self.options = options
            self.program.did.append("retry")

        window = CompareWindow(make, request, str, [MODEL], ChatOptions(), 4000, self.main.commands)
        window.modelRequested.connect(lambda _use: self.program.did.append("model"))
        self.program.show(window)
        return window

    def fail(self, error: ProviderError) -> MessagePanel:
        if self.window is None or not self.window.isVisible():
            self.window = self._open()
        (column,) = self.window.columns
        column.chat.show_conversation(failed(error))
        turn(3)
        panel = column.transcript.view.items[1].panel
        assert panel is not None
        return panel

    def has_done(self, command: CommandId) -> bool:
        assert self.window is not None
        match command:
            case CommandId.CHOOSE_MODEL:
                return self.program.did_only("model")
            case CommandId.SHORTEN:
                text = self.window.composer.text
                self.window.composer.clear()
                return text == "Hello"
            case CommandId.DEFAULT_PARAMETERS:
                (column,) = self.window.columns
                column.options = ChatOptions()
                return self.options.model_defaults and self.program.did_only("retry")
            case CommandId.RETRY | CommandId.ADD_CREDIT:
                return super().has_done(command)
            case _:
                return super().has_done(command) and not self.window.isVisible()


class WizardPlace(Place):
    """A page of the wizard."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        parts = program.parts

        def make() -> ChatService:
            program.to_close.append(ChatService(parts.pool))
            return program.to_close[-1]

        self.window = WizardWindow(
            parts.setup, parts.keys, parts.catalogue, make, parts.settings, recording(program.given)
        )
        program.show(self.window)
        self.window.begin(SetupStep.TRY)
        # What the key can pay for is asked at once, and its answer would take the place of what the test shows.
        parts.until(lambda: parts.keys.state("openrouter").info is not None, "the key's facts")
        parts.until(lambda: not parts.keys.state("openrouter").is_busy, "the end of the check")


class TryPlace(WizardPlace):
    """The wizard's trial."""

    has_message = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        page = self.window.trial
        program.monkeypatch.setattr(
            self.window._try_controller,
            "ask",
            lambda *_args, model_defaults: program.did.append(f"retry{model_defaults:d}"),
        )
        assert page.isVisible()

    def fail(self, error: ProviderError) -> MessagePanel:
        self.window.begin(SetupStep.TRY)
        self.window.trial.show_status(ChatMessage(Role.ASSISTANT, [], AnswerStatus.FAILED, AnswerFacts(MODEL), error))
        return self.window.trial.message

    def has_done(self, command: CommandId) -> bool:
        step = self.program.parts.setup.state.step
        match command:
            case CommandId.RETRY:
                return self.program.did_only("retry0")
            case CommandId.DEFAULT_PARAMETERS:
                return self.program.did_only("retry1")
            case CommandId.CHOOSE_MODEL:
                return step is SetupStep.MODEL
            case CommandId.CHECK_KEY:
                return step is SetupStep.KEY
            case CommandId.SHORTEN:
                return QApplication.focusWidget() is self.window.trial._question
            case _:
                return super().has_done(command)


class KeyPagePlace(WizardPlace):
    """The wizard's key page, about a key that was refused."""

    status = KeyStatus.REJECTED

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.window.begin(SetupStep.KEY)
        program.monkeypatch.setattr(program.parts.setup.entry, "submit", lambda _key: program.did.append("retry"))

    def fail(self, error: ProviderError) -> MessagePanel:
        self.window.key.show_key(KeyState("openrouter", self.status, error=error))
        return self.window.key.message

    def has_done(self, command: CommandId) -> bool:
        if command is CommandId.CHECK_KEY:
            return QApplication.focusWidget() is self.window.key.field.focusProxy()
        return super().has_done(command)


class UncheckedKeyPlace(KeyPagePlace):
    """The wizard's key page, about a key that could not be checked."""

    status = KeyStatus.NONE


class PickerPlace(Place):
    """The picker, which has no list."""

    state = CatalogueState.FAILED

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.main = program.main_window()
        self.dialog: PickerDialog | None = None
        program.monkeypatch.setattr(program.parts.catalogue, "refresh", lambda: program.did.append("retry"))

    def opened(self) -> PickerDialog:
        if self.dialog is None or not self.dialog.isVisible():
            parts = self.program.parts
            self.dialog = PickerDialog(parts.catalogue, parts.settings, "", self.main.commands, self.main)
            self.dialog.open()
            turn(3)
        return self.dialog

    def fail(self, error: ProviderError) -> MessagePanel:
        dialog = self.opened()
        self.program.parts.show_catalogue(Catalogue("openrouter", state=self.state, error=error))
        return dialog.pane.message

    def has_done(self, command: CommandId) -> bool:
        assert self.dialog is not None
        done = super().has_done(command)
        return done and self.dialog.isVisible() is (command in (CommandId.RETRY, CommandId.ADD_CREDIT))


class StalePickerPlace(PickerPlace):
    """The picker, whose list is an old one."""

    def fail(self, error: ProviderError) -> MessagePanel:
        dialog = self.opened()
        known = catalogue()
        self.program.parts.show_catalogue(
            Catalogue(
                "openrouter", known.models, 0, datetime.now(UTC), CatalogueState.STALE, error=error, view=known.view
            )
        )
        return dialog.pane.message


class OrderPlace(PickerPlace):
    """The picker, which could not be told the server's order."""

    retry = "order"

    def fail(self, error: ProviderError) -> MessagePanel:
        pane = self.opened().pane
        self.program.monkeypatch.setattr(pane.browser, "fetch_order_again", lambda: self.program.did.append("retry"))
        message = about_order(ServerOrder(phase=OrderPhase.FAILED, error=error), pane._handlers)
        assert message is not None
        pane.message.show_message(message.kind, message.title, message.body, message.actions)
        return pane.message


class HostsPlace(PickerPlace):
    """The picker, which could not be told a model's hosts."""

    def fail(self, error: ProviderError) -> MessagePanel:
        dialog = self.opened()
        self.program.parts.show_catalogue(catalogue())
        pane = dialog.pane
        pane.choose(catalogue().models[0].id)
        turn(3)
        self.program.monkeypatch.setattr(
            self.program.parts.catalogue.hosts,
            "request",
            lambda _id, again: self.program.did.append("retry") if again else None,
        )
        if not pane.details.isVisible():
            pane.parts.toggle_details()
        pane.details.set_features(hosts=True, model_page="")
        pane.details._show_hosts()
        pane.details.hosts.show_hosts(Hosts(pane.details.hosts.model_id, HostsPhase.FAILED, error=error))
        turn(3)
        return pane.details.hosts.message


class CardPlace(Place):
    """A key card in the settings, about a key that was given there and refused."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        parts = program.parts
        self.dialog = SettingsDialog(
            parts.settings, parts.keys, parts.catalogue, parts.transfer, parts.bundles, recording(program.given)
        )
        program.show(self.dialog)
        parts.until(lambda: parts.state().info, "the facts of the key in use")
        self.card = self.dialog.keys_section.cards["openrouter"]
        program.monkeypatch.setattr(self.card, "_submit", lambda: program.did.append("retry"))
        program.monkeypatch.setattr(self.card, "refresh", lambda: program.did.append("retry"))

    def fail(self, error: ProviderError) -> MessagePanel:
        self.dialog.commands.run(CommandId.PROVIDER_SETTINGS)
        self.card.begin_editing()
        self.card._show_entered(KeyState("openrouter", KeyStatus.REJECTED, error=error))
        return self.card.message

    def has_done(self, command: CommandId) -> bool:
        if command in _SETTINGS:
            return f"{self.dialog.shown_page}_settings" == command
        if command is CommandId.CHECK_KEY:
            return self.card._editing and QApplication.focusWidget() is self.card.field.focusProxy()
        return super().has_done(command)


class UncheckedCardPlace(CardPlace):
    """A key card in the settings, about a key that could not be checked."""

    def fail(self, error: ProviderError) -> MessagePanel:
        panel = super().fail(error)
        self.card._show_entered(KeyState("openrouter", error=error))
        return panel


class FactsPlace(CardPlace):
    """A key card in the settings, which was not told the facts of the key in use."""

    def fail(self, error: ProviderError) -> MessagePanel:
        self.dialog.commands.run(CommandId.PROVIDER_SETTINGS)
        self.card._stop_editing()
        self.card._show_in_use(
            KeyState("openrouter", KeyStatus.VERIFIED, KeyStore.SESSION, is_loaded=True, error=error)
        )
        return self.card.message


class SignInPlace(KeyPagePlace):
    """The sign-in on the wizard's key page."""

    retry = "again"

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        parts = program.parts
        service = SignInService(parts.settings, parts.keys, parts.pool, parts._stand_in, lambda _url: True)
        program.monkeypatch.setattr(service, "begin", lambda _provider: program.did.append("retry"))
        self.window.key.set_sign_in(service)
        panel = self.window.key._sign_in
        assert panel is not None
        self.panel = panel

    def fail(self, error: ProviderError) -> MessagePanel:
        self.panel._is_ours = True
        self.panel._show(SignInView(SignInPhase.FAILED, "", SignInProblem.UNREACHABLE, error))
        return self.panel.message

    def button(self, panel: MessagePanel, command: CommandId) -> QPushButton | None:
        """Return the button that pastes another key than the one that the sign-in would bring."""
        return panel.button("cancel") if command is CommandId.CHECK_KEY else super().button(panel, command)

    def has_done(self, command: CommandId) -> bool:
        if command is CommandId.CHECK_KEY:
            return QApplication.focusWidget() is self.panel.findChild(QPushButton, "wizard.key.signin.begin")
        return super().has_done(command)


PLACES: dict[str, Callable[[Program], Place]] = {
    "chat": ChatPlace,
    "comparison": ComparePlace,
    "trial": TryPlace,
    "key page": KeyPagePlace,
    "key page, unchecked": UncheckedKeyPlace,
    "picker": PickerPlace,
    "picker, stale": StalePickerPlace,
    "picker, order": OrderPlace,
    "picker, hosts": HostsPlace,
    "key card": CardPlace,
    "key card, unchecked": UncheckedCardPlace,
    "key card, facts": FactsPlace,
    "sign-in": SignInPlace,
}


@pytest.fixture
def program(parts: Parts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, demo: DemoControl) -> Iterator[Program]:
    parts.use_key(demo.key)
    made = Program(parts, qtbot, monkeypatch)
    yield made
    for chat in made.to_close:
        run_async(chat.close())


def helping(place: Place, remedy: CommandId) -> CommandId:
    """Return what has to be offered: the remedy, or another try where there is no message that it could be done to."""
    command = COMMANDS[remedy].same_as or remedy
    return CommandId.RETRY if Need.MESSAGE in COMMANDS[command].needs and not place.has_message else command


@pytest.mark.parametrize("name", PLACES)
def test_every_error_has_a_button_that_helps(program: Program, name: str) -> None:
    place = PLACES[name](program)
    for cls in ERRORS:
        panel = place.fail(cls("openrouter", params={"model": MODEL, "provider": "OpenRouter"}))
        turn(3)
        command = helping(place, remedy_of(cls("openrouter")))
        button = place.button(panel, command)
        assert button is not None, f"{cls.__name__}: no button for {command}"
        assert button.isVisible(), f"{cls.__name__}: {command} is not seen"
        assert button.isEnabled(), f"{cls.__name__}: {command} cannot be pressed"
        assert button.text(), cls.__name__
        button.click()
        turn(2)
        assert place.has_done(command), f"{cls.__name__}: {command} was not done"
        assert (program.given, program.pages, program.did) == ([], [], []), f"{cls.__name__}: more was done"


def test_every_remedy_stands_in_the_tree() -> None:
    """What no error names needs no button, and would be tested by nothing here."""
    assert {cls.remedy for cls in ERRORS} == set(Remedy)


@pytest.mark.parametrize("remedy", Remedy)
def test_a_failure_of_an_earlier_run_has_its_button_too(program: Program, remedy: Remedy) -> None:
    place = ChatPlace(program)
    panel = place.fail(SavedFailureError(ErrorText("It failed.", "So it did.", "Do something."), remedy))
    command = CommandId(remedy.value)
    button = place.button(panel, command)
    assert button is not None
    button.click()
    turn(2)
    assert place.has_done(COMMANDS[command].same_as or command)


def test_the_accounts_privacy_is_changed_on_the_providers_page(program: Program) -> None:
    (cls,) = [cls for cls in ERRORS if cls.__name__ == "NoProviderAllowed"]
    button = ChatPlace(program).fail(cls("openrouter")).button("account")
    assert button is not None
    button.click()
    assert program.pages == [descriptor_of("openrouter").privacy_page]


@pytest.mark.parametrize("provider", [name for name, found in PROVIDERS.items() if not found.credits_page])
def test_without_a_credits_page_a_shorter_answer_helps(program: Program, provider: str) -> None:
    program.parts.settings.update(provider=provider)
    place = ChatPlace(program)
    panel = place.fail(SavedFailureError(ErrorText("No credit.", "", ""), Remedy.ADD_CREDIT))
    assert panel.button("credit") is None
    lower = panel.button("lower")
    assert lower is not None
    lower.click()
    assert place.window.control.options.max_tokens is not None
    assert program.did_only("retry")


def test_the_address_of_one_s_own_server_is_corrected_on_the_key_page(program: Program) -> None:
    place = KeyPagePlace(program)
    program.parts.setup.choose_provider("openai_compatible")
    place.window.begin(SetupStep.KEY)
    place.window.key.set_entry(KeyEntry(program.parts.keys, "openai_compatible", "http://127.0.0.1:1/v1"))
    (cls,) = [cls for cls in ERRORS if cls.__name__ == "ConnectionRefused"]
    button = place.fail(cls("openai_compatible")).button("settings")
    assert button is not None
    assert button.text() == "Correct the address"
    button.click()
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.objectName() == "wizard.key.address"
