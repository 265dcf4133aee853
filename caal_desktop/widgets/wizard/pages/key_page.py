"""Step two: the key (or the address of one's own server), proven with a real call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId, part_of, remedy_of
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER, descriptor_of
from caal_desktop.services.keys.environment_keys import key_in_environment
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.browser import open_in_browser
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import RoomyButton, TextLabel
from caal_desktop.widgets.common.message_panel import Action, MessagePanel, Tone
from caal_desktop.widgets.common.texts import (
    key_facts,
    provider_in_a_sentence,
    provider_title,
)
from caal_desktop.widgets.keys.consent import consent_buttons, consent_question, withheld_text
from caal_desktop.widgets.keys.key_field import KeyField
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.llm.providers.key_info import KeyInfo
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.widgets.keys.sign_in_panel import SignInPanel


class KeyPage(WizardPage):
    """Take a key and show what the provider says about it.

    Args:
        commands: of the window around.

    Signals:
        keyEdited: the person changes the text.
        keySubmitted: carries the key to be checked, or None for the key in use or a server without one.
        addressEdited: carries the server's address.
        waitCancelled: the user does not want to wait any longer.
        unverifiedWanted: keep the key without a proof.
        sessionWanted: keep the key for this session only.
        storeWanted: try once more to put the key into the keyring.
        loadWanted: ask the keyring once more for the key of an earlier run.
        sendWanted: the key in use may be sent to the address that is given now.
        withholdWanted: the key in use must not be sent there.
        typingBegan: the first sign that a request will come.
        providerWanted: the pasted key is another provider's, who is to answer now; carries its name and the key.
    """

    keyEdited = Signal()
    keySubmitted = Signal(object)
    addressEdited = Signal(str)
    waitCancelled = Signal()
    unverifiedWanted = Signal()
    sessionWanted = Signal()
    storeWanted = Signal()
    loadWanted = Signal()
    sendWanted = Signal()
    withholdWanted = Signal()
    typingBegan = Signal()
    providerWanted = Signal(str, str)

    def __init__(self, commands: CommandSet[[]] | None = None, *, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Your key"), "", name="wizard.key", parent=parent)
        self._around = commands
        self.commands: CommandSet[[]] = CommandSet(commands)
        self.commands.bind(CommandId.RETRY, lambda: self.keySubmitted.emit(self.field.key))
        self.commands.bind(CommandId.CHECK_KEY, self._change_key)
        self.commands.bind(CommandId.PROVIDER_SETTINGS, self._correct_provider)
        self._provider = DEFAULT_PROVIDER
        self._demo_key: str | None = None
        self._demo_provider = ""
        self._address_label = QLabel(self.tr("Address of the server"), self)
        self._address = QLineEdit(self)
        self._address.setObjectName("wizard.key.address")
        self._address.setAccessibleName(self.tr("Address of the server"))
        theme.keep_height(self._address, 36)
        self._address.setTextMargins(theme.GRID // 2, 0, theme.GRID // 2, 0)
        self._address.setPlaceholderText("http://localhost:8080/v1")
        self._address_label.setBuddy(self._address)
        self._field_label = QLabel(self.tr("Key"), self)
        self.field = KeyField(name="wizard.key.field", parent=self)
        self._field_label.setBuddy(self.field)
        self._get = RoomyButton("", name="wizard.key.get", parent=self)
        self._demo = RoomyButton(self.tr("Use the demo's key"), name="wizard.key.demo", parent=self)
        self._check = RoomyButton(self.tr("Check the connection"), name="wizard.key.check", parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        for button in (self._check, self._get, self._demo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.message = MessagePanel(name="wizard.key.message", parent=self)
        # Next in the tab order is the footer, where one Enter too many would close the window.
        self.message.leave_focus_to(self.field)
        self._privacy = TextLabel(
            self.tr("The key goes into your system's keyring and, with each request, to its provider. Nowhere else."),
            name="wizard.key.privacy",
            scale=0.92,
            muted=True,
            parent=self,
        )
        self._import = RoomyButton("", name="wizard.key.import", parent=self)
        more = QHBoxLayout()
        more.addWidget(self._import)
        more.addStretch(1)
        self._sign_in: SignInPanel | None = None
        self._sign_in_place = QVBoxLayout()
        self.body.addLayout(self._sign_in_place)
        for widget in (self._address_label, self._address, self._field_label, self.field):
            self.body.addWidget(widget)
        self.body.addLayout(buttons)
        self.body.addLayout(more)
        self.body.addWidget(self.message)
        self.body.addStretch(1)
        self.body.addWidget(self._privacy)
        self._connect()
        self.set_provider(DEFAULT_PROVIDER, "")

    @property
    def _descriptor(self) -> ProviderDescriptor:
        return descriptor_of(self._provider)

    def _connect(self) -> None:
        self.field.edited.connect(self.typingBegan)
        self.field.edited.connect(self.keyEdited)
        self.field.offer_other_provider()
        self.field.otherProviderWanted.connect(self.providerWanted)
        self.field.completed.connect(self.keySubmitted.emit)
        self.field.submitted.connect(self.keySubmitted.emit)
        self._address.textEdited.connect(self._on_address)
        self._address.returnPressed.connect(self._on_check)
        self._check.clicked.connect(self._on_check)
        self._get.clicked.connect(self._open_keys_page)
        self._demo.clicked.connect(self._fill_demo_key)
        self._import.clicked.connect(self._take_from_environment)

    def set_demo_key(self, key: str | None, provider: str) -> None:
        """Offer the demo's key for the provider that the demo stands for, or stop offering it."""
        self._demo_key, self._demo_provider = key, provider
        self._show_demo()

    def _show_demo(self) -> None:
        self._demo.setVisible(self._demo_key is not None and self._provider == self._demo_provider)

    def set_sign_in(self, service: SignInService) -> None:
        """Offer signing in instead of pasting a key."""
        from caal_desktop.widgets.keys.sign_in_panel import SignInPanel

        self._sign_in = SignInPanel(service, self._provider, self.commands, name="wizard.key.signin", parent=self)
        self._sign_in.keyReceived.connect(self.field.take)
        self._sign_in.began.connect(self.typingBegan)
        self._sign_in_place.addWidget(self._sign_in)
        self._sign_in.setVisible(self._descriptor.can(Capability.SIGN_IN))
        self._sign_in.precede_in_tab_order(self._address)
        self.intro.setText(self._intro())

    def _intro(self) -> str:
        descriptor, title = self._descriptor, provider_title(self._provider)
        if not descriptor.needs_key:
            return self.tr("Give the address of its OpenAI-compatible interface, usually ending in /v1.")
        if self._sign_in is not None and descriptor.can(Capability.SIGN_IN):
            return self.tr("Sign in, or paste a key that you have.")
        return self.tr("Make a key on {provider}'s keys page, copy it, and paste it here.").format(provider=title)

    def leave(self) -> None:
        """The person goes elsewhere: nothing waits for the browser any more."""
        if self._sign_in is not None:
            self._sign_in.cancel()

    def set_provider(self, provider: str, address: str) -> None:
        """Ask for what this provider takes."""
        if provider != self._provider:
            self.field.clear()
        self._provider = provider
        descriptor, title = self._descriptor, provider_title(provider)
        self.title.setText(
            self.tr("Your {provider} key").format(provider=title)
            if descriptor.needs_key
            else self.tr("Where {provider} answers").format(provider=provider_in_a_sentence(provider))
        )
        self.intro.setText(self._intro())
        self.intro.show()
        self.setAccessibleName(self.title.text())
        self._address_label.setVisible(descriptor.has_address)
        self._address.setVisible(descriptor.has_address)
        if self._address.text() != address:
            self._address.setText(address)
        self._field_label.setText(
            self.tr("Key") if descriptor.needs_key else self.tr("Key (only if your server asks for one)")
        )
        self._field_label.setVisible(descriptor.takes_key)
        self.field.setVisible(descriptor.takes_key)
        self.field.set_expected(provider, descriptor.key_hint)
        self._get.setText(self.tr("Open {provider}'s keys page").format(provider=title))
        self._get.setVisible(bool(descriptor.keys_page))
        self._check.setVisible(descriptor.has_address)
        self._import.setVisible(key_in_environment(provider) is not None)
        self._import.setText(self.tr("Use the one in {variable}").format(variable=descriptor.key_variable))
        if self._sign_in is not None:
            self._sign_in.set_provider(provider)
            self._sign_in.setVisible(descriptor.can(Capability.SIGN_IN))
        self._show_demo()
        self._privacy.setVisible(descriptor.takes_key)

    def first_focus(self) -> QWidget | None:
        """The first empty field."""
        if self._descriptor.has_address and not self._address.text():
            return self._address
        if self.message.isVisibleTo(self) and self.message.tone is Tone.GOOD:
            return None
        return self.field if self._descriptor.takes_key else self._check

    def show_key(self, state: KeyState) -> None:
        """Draw the step as it stands.

        Args:
            state: the key that is being given, or else the one in use.
        """
        self.field.set_locked(state.is_busy)
        self._address.setReadOnly(state.is_busy)
        self._demo.setEnabled(not state.is_busy)
        if state.is_busy:
            self._show_busy(state)
        elif state.wants_consent:
            buttons = consent_buttons(self.withholdWanted.emit, self.sendWanted.emit)
            self.message.show_message(Tone.CAUTION, *consent_question(state), buttons)
        elif state.status is KeyStatus.REJECTED:
            self._show_refused(state)
        elif state.error is not None:
            self._show_failed(state)
        elif state.status is KeyStatus.VERIFIED:
            self._show_verified(state.info)
        elif state.status is KeyStatus.UNVERIFIED:
            self.message.show_message(
                Tone.CAUTION,
                self.tr("Saved, not verified yet"),
                self.tr("It is checked at the next start, or now."),
                (self.commands.button(CommandId.RETRY).titled(self.tr("Check now")),),
            )
        elif state.is_elsewhere and not self._descriptor.has_address:
            self.message.show_message(Tone.INFO, *withheld_text(state))
        else:
            self.message.hide()

    def _show_busy(self, state: KeyState) -> None:
        if state.is_awaited:
            self._busy(self.tr("Asking the system's keyring for your key…"), cancel=False)
        elif state.activity is KeyActivity.STORING:
            self._busy(self.tr("Putting the key into the system's keyring…"))
        else:
            title = provider_title(self._provider)
            self._busy(self.tr("Asking {provider} whether this works…").format(provider=title))

    def _show_failed(self, state: KeyState) -> None:
        if state.is_unreadable:
            actions = [Action("load", self.tr("Try again"), self.loadWanted.emit)]
        elif state.is_unstored:
            store = Action("store", self.tr("Try again"), self.storeWanted.emit)
            actions = [store, Action("session", self.tr("Use it for this session only"), self.sessionWanted.emit)]
        else:
            keep = Action("keep", self.tr("Save without checking"), self.unverifiedWanted.emit)
            actions = [*self._remedies(state.error), self.commands.button(CommandId.RETRY), keep]
        self.message.show_error(Tone.CAUTION, state.error, tuple(actions))

    def _busy(self, text: str, *, cancel: bool = True) -> None:
        actions = (Action("cancel", self.tr("Stop waiting"), self.waitCancelled.emit),) if cancel else ()
        self.message.show_message(Tone.BUSY, text, "", actions)

    def _show_verified(self, info: KeyInfo | None) -> None:
        if self._descriptor.can(Capability.KEY_FACTS):
            title = self.tr("This key works")
            body = " ".join(key_facts(info)) if info is not None else self.tr("It was proven with a real call.")
        elif self._descriptor.needs_key:
            title, body = self.tr("This key works"), ""
        else:
            title, body = self.tr("The server answers"), ""
        self.message.show_message(Tone.GOOD, title, body)

    def _show_refused(self, state: KeyState) -> None:
        error = state.error
        again = self.commands.button(CommandId.RETRY).titled(self.tr("Check again"))
        if error is None:
            self.message.show_message(
                Tone.BAD,
                self.tr("This key was refused"),
                self.tr("{provider} did not accept it any more. Paste another one.").format(
                    provider=provider_title(self._provider)
                ),
                (again,) if state.is_loaded else (),
            )
            return
        actions = [*self._remedies(error), again]
        if remedy_of(error) is CommandId.CHECK_KEY and self._descriptor.keys_page:
            actions.append(Action("get", self.tr("Open the keys page"), self._open_keys_page))
        self.message.show_error(Tone.BAD, error, actions)

    def _remedies(self, error: BaseException | None) -> list[Action]:
        """The remedy's button, in the words of a page that shows the key and the address itself."""
        texts = {part_of(CommandId.CHECK_KEY): self.tr("Enter another key")}
        if self._descriptor.has_address:
            texts[part_of(CommandId.PROVIDER_SETTINGS)] = self.tr("Correct the address")
        return [action.titled(texts.get(action.name, action.text)) for action in self.commands.remedies(error)]

    def _change_key(self) -> None:
        self.field.select_all()

    def _correct_provider(self) -> None:
        if self._descriptor.has_address:
            self._address.setFocus(Qt.FocusReason.OtherFocusReason)
            self._address.selectAll()
        elif self._around is not None:
            self._around.run(CommandId.PROVIDER_SETTINGS)

    def _on_address(self, text: str) -> None:
        self.typingBegan.emit()
        self.addressEdited.emit(text.strip())

    def _on_check(self) -> None:
        if self._address.text().strip():
            self.keySubmitted.emit(self.field.key)

    def _open_keys_page(self) -> None:
        url = self._descriptor.keys_page
        if not open_in_browser(url):
            self.message.show_message(
                Tone.INFO,
                self.tr("No web browser could be opened"),
                self.tr("Open this address yourself: {url}").format(url=url),
            )

    def _take_from_environment(self) -> None:
        key = key_in_environment(self._provider)
        if key is not None:
            self.field.take(key)

    def _fill_demo_key(self) -> None:
        if self._demo_key is not None:
            self.field.take(self._demo_key)
