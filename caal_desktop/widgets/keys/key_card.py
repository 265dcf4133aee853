"""A card with what is known about one provider's key, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from caal_desktop.commands import CommandId
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.keys.environment_keys import key_in_environment
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.browser import offer_account_pages
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.controls import IconLabel, TextLabel
from caal_desktop.widgets.common.message_box import MessageBox
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.keys.consent import origin_text
from caal_desktop.widgets.keys.key_facts_view import KeyFactsView
from caal_desktop.widgets.keys.key_field import KeyField
from caal_desktop.widgets.keys.key_message import KeyMessageContext, key_message
from caal_desktop.widgets.keys.store_texts import kept_text, store_in_a_sentence

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyringResult, KeyState
    from caal_desktop.services.keys.sign_in_service import SignInService

_STATUS_ICONS = {
    KeyStatus.VERIFIED: ("check-circle", "good"),
    KeyStatus.UNVERIFIED: ("caution", "caution"),
    KeyStatus.REJECTED: ("error", "bad"),
    KeyStatus.NONE: ("info", "muted"),
}


class KeyCard(QWidget):
    """One provider's key.

    Args:
        provider: whose key.
        keys: the service that owns all keys.
        commands: those of the window around, among them the remedies of failures.
        sign_in: for signing in instead of pasting a key; None leaves it out.

    Signals:
        requestLikely: the user does something that a request will follow.
    """

    requestLikely = Signal()

    def __init__(
        self,
        provider: str,
        keys: KeyService,
        commands: CommandSet[[]] | None = None,
        *,
        sign_in: SignInService | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._provider, self._keys = provider, keys
        self._commands: CommandSet[[]] = CommandSet(commands)
        self._commands.bind(CommandId.RETRY, self._try_again)
        self._commands.bind(CommandId.CHECK_KEY, self._change_key)
        offer_account_pages(self._commands, provider, self, keys.credit)
        self._name = f"keycard.{provider}"
        self.setObjectName(self._name)
        self._descriptor = descriptor_of(provider)
        title = provider_title(provider)
        self.setAccessibleName(self.tr("Key for {provider}").format(provider=title))
        self.entry = KeyEntry(keys, provider)
        self._editing = False
        self._icon = IconLabel("info", "muted", parent=self)
        self._title = TextLabel(title, name=f"{self._name}.title", bold=True, parent=self)
        self._status = TextLabel(name=f"{self._name}.status", muted=True, parent=self)
        self._facts = KeyFactsView(name=self._name, parent=self)
        self.message = MessagePanel(name=f"{self._name}.message", parent=self)
        self.field = KeyField(name=f"{self._name}.field", parent=self)
        self.field.set_expected(provider, self._descriptor.key_hint)
        self._build_buttons()
        self._build(sign_in)
        self._connect()
        self._on_state(self.entry.state)

    def _build_buttons(self) -> None:
        def button(name: str, text: str) -> QPushButton:
            made = QPushButton(text, self)
            made.setObjectName(f"{self._name}.{name}")
            made.setAutoDefault(False)
            return made

        self._refresh = button("refresh", self.tr("Refresh"))
        self._replace = button("replace", self.tr("Replace…"))
        self._remove = button("remove", self.tr("Remove…"))
        self._save = button("save", self.tr("Check and save"))
        self._import = button("import", "")
        self._cancel = button("cancel", self.tr("Cancel"))

    def _build(self, sign_in: SignInService | None) -> None:
        head = QHBoxLayout()
        head.setSpacing(design.GRID)
        head.addWidget(self._icon)
        head.addWidget(self._title)
        head.addWidget(self._status, 1)
        actions = QHBoxLayout()
        actions.setSpacing(design.GRID)
        for button in (self._refresh, self._replace, self._remove):
            actions.addWidget(button)
        actions.addStretch(1)
        self._editor = QWidget(self)
        edit_actions = QHBoxLayout()
        edit_actions.setSpacing(design.GRID)
        for button in (self._save, self._import, self._cancel):
            edit_actions.addWidget(button)
        edit_actions.addStretch(1)
        editor = QVBoxLayout(self._editor)
        editor.setContentsMargins(0, 0, 0, 0)
        editor.setSpacing(design.GRID)
        if sign_in is not None and self._descriptor.can(Capability.SIGN_IN):
            from caal_desktop.widgets.keys.sign_in_panel import SignInPanel

            panel = SignInPanel(
                sign_in, self._provider, self._commands, name=f"{self._name}.signin", parent=self._editor
            )
            panel.keyReceived.connect(self._on_signed_in)
            editor.addWidget(panel)
        editor.addWidget(self.field)
        editor.addLayout(edit_actions)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID * 3 // 2, design.GRID * 2, design.GRID * 3 // 2)
        layout.setSpacing(design.GRID)
        layout.addLayout(head)
        layout.addWidget(self._facts)
        layout.addWidget(self._editor)
        layout.addWidget(self.message)
        layout.addLayout(actions)

    def _connect(self) -> None:
        self._refresh.clicked.connect(self.refresh)
        self._replace.clicked.connect(self.begin_editing)
        self._remove.clicked.connect(self._confirm_removal)
        self._save.clicked.connect(self._submit)
        self._import.clicked.connect(self._use_environment_key)
        self._cancel.clicked.connect(self._stop_editing)
        self.field.edited.connect(self._on_edited)
        self.field.submitted.connect(lambda _key: self._submit())
        # Bound methods, which Qt disconnects with the card; a lambda would outlive it.
        self.entry.changed.connect(self._on_state)
        self.entry.kept.connect(self._on_kept)
        self.entry.removed.connect(self._on_removed)
        self._keys.watch(self._provider).changed.connect(self._on_state)

    # --- actions

    def refresh(self) -> None:
        """Ask the provider for the key's facts; read the key first where that has not been done."""
        if not self._editing:
            self.entry.refresh()

    def set_address(self, address: str | None) -> None:
        """Set the base URL for which a key is entered from now on; None for the one in use."""
        self.entry.set_address(address)

    def leave(self) -> None:
        """Cancel a check, whose result would not be seen; a key that is being stored is stored."""
        if self.entry.state.activity is KeyActivity.CHECKING:
            self.entry.forget()

    def begin_editing(self) -> None:
        """Ask for another key."""
        self.requestLikely.emit()
        self._editing = True
        self.message.hide()
        self.field.clear()
        self.entry.edit()
        self.show_state()
        self.field.setFocus()

    def _change_key(self) -> None:
        if self._editing:
            self.field.select_all()
        else:
            self.begin_editing()

    def _try_again(self) -> None:
        if self._editing:
            self._submit()
        else:
            self.refresh()

    def _stop_editing(self) -> None:
        self._editing = False
        self.field.clear()
        self.message.hide()
        self.entry.forget()
        self._on_state(self.entry.state)
        self._replace.setFocus()

    def _submit(self) -> None:
        if self.field.key is not None:
            self.entry.submit(self.field.key, keep=True)

    def _use_environment_key(self) -> None:
        key = key_in_environment(self._provider)
        if key is not None:
            self.field.paste(key)

    def _on_signed_in(self, key: str) -> None:
        self.field.paste(key)
        self._submit()

    def _confirm_removal(self) -> None:
        box = MessageBox(self)
        box.setObjectName(f"{self._name}.confirm")
        box.setIcon(QMessageBox.Icon.Warning)
        title = provider_title(self._provider)
        box.setText(self.tr("Remove the key for {provider}?").format(provider=title))
        template = (
            self.tr(
                "It is removed from this program's memory. At {provider} it still exists: delete it on the keys page "
                "as well if nobody is to use it any more."
            )
            if self._keys.state(self._provider).store is KeyStore.SESSION
            else self.tr(
                "It is removed from {store}. At {provider} it still exists: delete it on the keys page as well if "
                "nobody is to use it any more."
            )
        )
        box.setInformativeText(template.format(store=store_in_a_sentence(self._keys.store_name), provider=title))
        remove = box.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        remove.setObjectName(f"{self._name}.confirm.remove")
        keep = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setEscapeButton(keep)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        remove.clicked.connect(self.entry.remove)
        box.open()

    def _send(self) -> None:
        self.requestLikely.emit()
        self._keys.allow_and_check(self._provider)

    # --- display

    def show_state(self) -> None:
        """Update everything but the message."""
        state = self._keys.state(self._provider)
        self._icon.set_icon(*_STATUS_ICONS[state.status if state.is_kept else KeyStatus.NONE])
        self._status.setText(self._status_text(state))
        self._facts.show_facts(state.info, self._store_text(state) if state.is_kept else "")
        self._refresh.setVisible(state.is_kept and not self._editing)
        self._refresh.setEnabled(state.activity is not KeyActivity.CHECKING)
        self._replace.setVisible(not self._editing)
        self._replace.setText(self.tr("Replace…") if state.is_kept else self.tr("Add a key…"))
        self._remove.setVisible(state.is_kept and not self._editing)
        self.message.return_focus_to(self.field if self._editing else self._replace)
        if not self._editing and self._editor.isAncestorOf(self.window().focusWidget()):
            # Next in the tab order is another setting, which would take what is typed.
            self._replace.setFocus(Qt.FocusReason.OtherFocusReason)
        self._editor.setVisible(self._editing)
        self._save.setEnabled(self.field.key is not None)
        in_environment = key_in_environment(self._provider) is not None
        self._import.setVisible(in_environment)
        self._import.setEnabled(not self.entry.state.is_being_changed)
        self._import.setText(self.tr("Use the one in {variable}").format(variable=self._descriptor.key_variable))

    def _status_text(self, state: KeyState) -> str:
        if not state.is_kept:
            return self.tr("No key yet") if self._descriptor.needs_key else self.tr("No key; it may need none")
        if state.is_cross_origin and state.origin:
            return self.tr("Kept for {address}").format(address=origin_text(state.origin))
        match state.status:
            case KeyStatus.VERIFIED:
                return self.tr("Works")
            case KeyStatus.REJECTED:
                return self.tr("Refused by {provider}").format(provider=provider_title(self._provider))
            case _:
                return self.tr("Not checked yet")

    def _store_text(self, state: KeyState) -> str:
        if state.store is KeyStore.SESSION:
            return self.tr("memory, for this session only")
        return store_in_a_sentence(self._keys.store_name)

    def _on_state(self, _state: KeyState) -> None:
        if self._editing:
            self._show_entered(self.entry.state)
        else:
            self._show_in_use(self._keys.state(self._provider))
        self.show_state()

    def _show_entered(self, state: KeyState) -> None:
        """Show the state of the key that is being entered."""
        self.field.set_locked(state.is_being_changed)
        self.message.draw(key_message(state, self._message_context(self.entry)))

    def _show_in_use(self, state: KeyState) -> None:
        """Show the state of the key in use; the result of the last action on it stays on the screen."""
        message = key_message(state, self._message_context())
        if message is not None or self.message.kind not in (MessageKind.SUCCESS, MessageKind.ERROR):
            self.message.draw(message)

    def _message_context(self, entry: KeyEntry | None = None) -> KeyMessageContext:
        return KeyMessageContext(
            commands=self._commands,
            load=self.refresh,
            withhold=lambda: self._keys.withhold(self._provider),
            send=self._send,
            entry=entry,
        )

    def _on_kept(self) -> None:
        self._editing = False
        self.field.clear()
        self.field.set_locked(False)
        body = kept_text(self._keys.state(self._provider).store, self._keys.store_name)
        self.message.show_message(MessageKind.SUCCESS, self.tr("The new key is in use"), body)
        self.show_state()

    def _on_removed(self, result: KeyringResult) -> None:
        if result.is_done:
            self.message.show_message(
                MessageKind.SUCCESS,
                self.tr("The key is gone"),
                self.tr("It was looked for once more in {store}, and it is not there.").format(
                    store=store_in_a_sentence(self._keys.store_name)
                ),
            )
        else:
            self.message.show_error(
                MessageKind.ERROR, result.error, (MessageAction("remove", self.tr("Try again"), self.entry.remove),)
            )
        self.show_state()

    def _on_edited(self) -> None:
        self.entry.edit()
        self._save.setEnabled(self.field.key is not None)
        self.requestLikely.emit()

    # --- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card."""
        colours = design.colours(self.palette())
        design.paint_card(self, colours.line, colours.card)

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in other colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
