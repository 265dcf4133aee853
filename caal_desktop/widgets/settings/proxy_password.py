"""The proxy's password: a secret, so it is kept in the keyring and not among the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.storage.settings.choices import KeyStore
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import PlainLabel
from caal_desktop.widgets.common.masked_edit import MaskedEdit
from caal_desktop.widgets.common.message_panel import MessageKind, MessagePanel
from caal_desktop.widgets.keys.consent import consent_message, withheld_message
from caal_desktop.widgets.keys.key_message import unstored_message
from caal_desktop.widgets.keys.store_texts import kept_text

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyringResult, KeyState


class ProxyPassword(QWidget):
    """A field for the password, with buttons and a message about where it is kept."""

    def __init__(self, keys: KeyService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._entry = KeyEntry(keys, PROXY)
        # Whether the message is about the address, and is hidden once that is settled.
        self._is_about_address = False
        self.setObjectName("settings.proxy_password")
        label = PlainLabel(self.tr("Password at the proxy"), self)
        self._line = MaskedEdit(name="settings.proxy_password.edit", parent=self)
        self._line.setAccessibleName(label.text())
        label.setBuddy(self._line)
        self._save = QPushButton(self.tr("Save"), self)
        self._save.setObjectName("settings.proxy_password.save")
        self._save.setAutoDefault(False)
        self._remove = QPushButton(self.tr("Remove"), self)
        self._remove.setObjectName("settings.proxy_password.remove")
        self._remove.setAutoDefault(False)
        self.message = MessagePanel(name="settings.proxy_password.message", parent=self)
        row = QHBoxLayout()
        row.setSpacing(design.GRID)
        row.addWidget(self._line, 1)
        row.addWidget(self._save)
        row.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID, design.GRID, design.GRID, design.GRID)
        layout.setSpacing(design.GRID // 2)
        layout.addWidget(label)
        layout.addLayout(row)
        layout.addWidget(self.message)
        self._line.textEdited.connect(lambda _text: self._show())
        self._save.clicked.connect(lambda: self._keep(KeyStore.KEYRING))
        # Bound methods, which Qt disconnects with the widget; a lambda would outlive it.
        self._remove.clicked.connect(self._entry.remove)
        self._entry.changed.connect(self._on_entry)
        self._entry.kept.connect(self._on_kept)
        self._entry.removed.connect(self._on_removed)
        keys.watch(PROXY).changed.connect(self._on_state)
        self._on_state(keys.state(PROXY))

    def set_address(self, address: str | None) -> None:
        """Set the address of the proxy that a new password is for; None for the one in force."""
        self._entry.set_address(address)

    def _keep(self, store: KeyStore) -> None:
        text = self._line.text()
        self._entry.keep(store, text if text.strip() else None)

    def _on_entry(self, state: KeyState) -> None:
        if state.has_storing_failed and state.error is not None:
            self.message.draw(
                unstored_message(
                    state.error, lambda: self._keep(KeyStore.KEYRING), lambda: self._keep(KeyStore.SESSION)
                )
            )

    def _on_kept(self) -> None:
        self._line.clear()
        self.message.show_message(MessageKind.SUCCESS, kept_text(self._keys.state(PROXY).store, self._keys.store_name))
        self._show()

    def _on_removed(self, result: KeyringResult) -> None:
        if result.is_done:
            self.message.show_message(MessageKind.SUCCESS, self.tr("The password is gone"))
        else:
            self.message.show_error(MessageKind.ERROR, result.error)
        self._show()

    def _on_state(self, state: KeyState) -> None:
        if state.wants_consent:
            self.message.draw(consent_message(state, lambda: self._keys.withhold(PROXY), self._send))
            self._is_about_address = True
        elif state.is_cross_origin and state.is_loaded:
            self.message.draw(withheld_message(state, self._send))
            self._is_about_address = True
        elif self._is_about_address:
            self.message.hide()
            self._is_about_address = False
        self._show()

    def _send(self) -> None:
        self._keys.allow(PROXY)

    def _show(self) -> None:
        known = self._keys.state(PROXY).is_loaded
        self._line.setPlaceholderText(self.tr("A password is kept; a new one replaces it") if known else "")
        self._save.setEnabled(bool(self._line.text().strip()))
        self._remove.setVisible(known)
