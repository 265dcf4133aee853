"""The second step: the key, or the address of the user's own server, proven with a real request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from caal_desktop.commands import CommandId
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.keys.environment_keys import key_in_environment
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.browser import open_in_browser
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import PaddedButton, PlainLabel, TextLabel
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_in_a_sentence, provider_title
from caal_desktop.widgets.keys.key_field import KeyField
from caal_desktop.widgets.keys.key_message import KeyMessageContext, key_message
from caal_desktop.widgets.wizard.pages.page import WizardPage

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor
    from caal_desktop.services.keys.key_entry import KeyEntry
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.widgets.keys.sign_in_panel import SignInPanel


class KeyPage(WizardPage):
    """Takes a key and shows what the provider says about it.

    Args:
        entry: takes the key.
        commands: those of the window around.

    Signals:
        addressEdited: carries the server's address.
        sendWanted: the key in use may be sent to the address that is given now.
        withholdWanted: the key in use must not be sent there.
        typingBegan: the first sign that a request will come.
        providerWanted: the pasted key is another provider's, which the user wants; carries its name and the key.
    """

    addressEdited = Signal(str)
    sendWanted = Signal()
    withholdWanted = Signal()
    typingBegan = Signal()
    providerWanted = Signal(str, str)

    def __init__(
        self, entry: KeyEntry, commands: CommandSet[[]] | None = None, *, parent: QWidget | None = None
    ) -> None:
        super().__init__(self.tr("Your key"), "", name="wizard.key", parent=parent)
        self._outer_commands = commands
        self.commands: CommandSet[[]] = CommandSet(commands)
        self.commands.bind(CommandId.RETRY, lambda: self._submit(self.field.key))
        self.commands.bind(CommandId.CHECK_KEY, self._change_key)
        self.commands.bind(CommandId.PROVIDER_SETTINGS, self._correct_provider)
        self._entry = entry
        self._demo_key: str | None = None
        self._demo_provider = ""
        self._address_label = PlainLabel(self.tr("Address of the server"), self)
        self._address = QLineEdit(self)
        self._address.setObjectName("wizard.key.address")
        self._address.setAccessibleName(self.tr("Address of the server"))
        design.keep_height(self._address, 36)
        self._address.setTextMargins(design.GRID // 2, 0, design.GRID // 2, 0)
        self._address.setPlaceholderText("http://localhost:8080/v1")
        self._address_label.setBuddy(self._address)
        self._field_label = PlainLabel(self.tr("Key"), self)
        self.field = KeyField(name="wizard.key.field", parent=self)
        self._field_label.setBuddy(self.field)
        self._get = PaddedButton("", name="wizard.key.get", parent=self)
        self._demo = PaddedButton(self.tr("Use the demo's key"), name="wizard.key.demo", parent=self)
        self._check = PaddedButton(self.tr("Check the connection"), name="wizard.key.check", parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(design.GRID)
        for button in (self._check, self._get, self._demo):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self.message = MessagePanel(name="wizard.key.message", parent=self)
        # Next in the tab order is the footer, where one Enter too many would close the window.
        self.message.return_focus_to(self.field)
        self._privacy = TextLabel(
            self.tr("The key goes into your system's keyring and, with each request, to its provider. Nowhere else."),
            name="wizard.key.privacy",
            scale=0.92,
            muted=True,
            parent=self,
        )
        self._import = PaddedButton("", name="wizard.key.import", parent=self)
        more = QHBoxLayout()
        more.addWidget(self._import)
        more.addStretch(1)
        self._sign_in: SignInPanel | None = None
        self._sign_in_layout = QVBoxLayout()
        self.body.addLayout(self._sign_in_layout)
        for widget in (self._address_label, self._address, self._field_label, self.field):
            self.body.addWidget(widget)
        self.body.addLayout(buttons)
        self.body.addLayout(more)
        self.body.addWidget(self.message)
        self.body.addStretch(1)
        self.body.addWidget(self._privacy)
        self._connect()
        entry.changed.connect(self.show_key)
        self._show_provider()

    @property
    def _descriptor(self) -> ProviderDescriptor:
        return descriptor_of(self._entry.provider)

    def _connect(self) -> None:
        self.field.edited.connect(self.typingBegan)
        self.field.edited.connect(self._on_edited)
        self.field.offer_other_provider()
        self.field.otherProviderWanted.connect(self.providerWanted)
        self.field.completed.connect(self._submit)
        self.field.submitted.connect(self._submit)
        self._address.textEdited.connect(self._on_address)
        self._address.returnPressed.connect(self._on_check)
        self._check.clicked.connect(self._on_check)
        self._get.clicked.connect(self._open_keys_page)
        self._demo.clicked.connect(self._fill_demo_key)
        self._import.clicked.connect(self._use_environment_key)

    def set_demo_key(self, key: str | None, provider: str) -> None:
        """Offer the demo's key for the provider that the demo stands for, or stop offering it."""
        self._demo_key, self._demo_provider = key, provider
        self._show_demo()

    def _show_demo(self) -> None:
        self._demo.setVisible(self._demo_key is not None and self._entry.provider == self._demo_provider)

    def set_sign_in(self, service: SignInService) -> None:
        """Offer signing in instead of pasting a key."""
        from caal_desktop.widgets.keys.sign_in_panel import SignInPanel

        self._sign_in = SignInPanel(service, self._entry.provider, self.commands, name="wizard.key.signin", parent=self)
        self._sign_in.keyReceived.connect(self.field.paste)
        self._sign_in.began.connect(self.typingBegan)
        self._sign_in_layout.addWidget(self._sign_in)
        self._sign_in.setVisible(self._descriptor.can(Capability.SIGN_IN))
        self._sign_in.precede_in_tab_order(self._address)
        self.intro.setText(self._intro())

    def _intro(self) -> str:
        descriptor, title = self._descriptor, provider_title(self._entry.provider)
        if descriptor.has_own_interface:
            text = self.tr("Give its address, which is {address} where it runs on this computer.")
            return text.format(address=descriptor.base_url)
        if not descriptor.needs_key:
            return self.tr("Give the address of its OpenAI-compatible interface, usually ending in /v1.")
        if self._sign_in is not None and descriptor.can(Capability.SIGN_IN):
            return self.tr("Sign in, or paste a key that you have.")
        return self.tr("Make a key on {provider}'s keys page, copy it, and paste it here.").format(provider=title)

    def leave(self) -> None:
        """Cancel a sign-in, for which nothing on the screen waits any more."""
        if self._sign_in is not None:
            self._sign_in.cancel()

    def set_entry(self, entry: KeyEntry) -> None:
        """Ask for what the entry's provider takes, and pass the key on to that entry."""
        if entry is self._entry:
            return
        before, self._entry = self._entry, entry
        before.changed.disconnect(self.show_key)
        entry.changed.connect(self.show_key)
        if entry.provider != before.provider:
            self.field.clear()
        self._show_provider()

    def _show_provider(self) -> None:
        provider, address = self._entry.provider, self._entry.address
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
        self.show_key(self._entry.state)

    def first_focus(self) -> QWidget | None:
        """Return the first empty field, or the button that checks; None where the key is proven."""
        if self._descriptor.has_address and not self._address.text():
            return self._address
        if self._entry.state.is_proven:
            return None
        return self.field if self._descriptor.takes_key else self._check

    def show_key(self, state: KeyState) -> None:
        """Show the state of a key.

        Args:
            state: that of the key that is being entered, or else of the one in use.
        """
        self.field.set_locked(state.is_being_changed)
        self._address.setReadOnly(state.is_being_changed)
        for gives_a_key in (self._demo, self._import):
            gives_a_key.setEnabled(not state.is_being_changed)
        self.message.draw(key_message(state, self._message_context))

    @property
    def _message_context(self) -> KeyMessageContext:
        descriptor = self._descriptor
        return KeyMessageContext(
            commands=self.commands,
            load=self._entry.load,
            withhold=self.withholdWanted.emit,
            send=self.sendWanted.emit,
            entry=self._entry,
            open_keys_page=self._open_keys_page if descriptor.keys_page else None,
            tells_status=True,
            asks_address=descriptor.has_address,
        )

    def _on_edited(self) -> None:
        if self.field.text:
            self._entry.edit()
        else:
            # Nothing is being given any more: the key in use counts again, which may have been read meanwhile.
            self._entry.forget()

    def _submit(self, key: str | None) -> None:
        self._entry.submit(key)

    def _change_key(self) -> None:
        self.field.select_all()

    def _correct_provider(self) -> None:
        if self._descriptor.has_address:
            self._address.setFocus(Qt.FocusReason.OtherFocusReason)
            self._address.selectAll()
        elif self._outer_commands is not None:
            self._outer_commands.run(CommandId.PROVIDER_SETTINGS)

    def _on_address(self, text: str) -> None:
        self.typingBegan.emit()
        self.addressEdited.emit(text.strip())

    def _on_check(self) -> None:
        if self._address.text().strip():
            self._submit(self.field.key)

    def _open_keys_page(self) -> None:
        url = self._descriptor.keys_page
        if not open_in_browser(url):
            self.message.show_message(
                MessageKind.INFO,
                self.tr("No web browser could be opened"),
                self.tr("Open this address yourself: {url}").format(url=url),
            )

    def _use_environment_key(self) -> None:
        key = key_in_environment(self._entry.provider)
        if key is not None:
            self.field.paste(key)

    def _fill_demo_key(self) -> None:
        if self._demo_key is not None:
            self.field.paste(self._demo_key)
