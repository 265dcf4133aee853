"""The proxy's password: a secret, so it goes into the keyring and not among the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from caal_desktop.services.providers.connections import PROXY
from caal_desktop.storage.keyring.secrets import Where
from caal_desktop.widgets.common import theme
from caal_desktop.widgets.common.message_panel import Action, MessagePanel, Tone
from caal_desktop.widgets.common.texts import explain, reason_and_advice

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.storage.errors import KeyringError


class ProxyPassword(QWidget):
    """Takes the password, and says where it is."""

    def __init__(self, keys: KeyService, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._given = ""
        self.setObjectName("settings.proxy_password")
        label = QLabel(self.tr("Password at the proxy"), self)
        self._line = QLineEdit(self)
        self._line.setObjectName("settings.proxy_password.edit")
        self._line.setAccessibleName(label.text())
        self._line.setEchoMode(QLineEdit.EchoMode.Password)
        self._line.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhHiddenText)
        label.setBuddy(self._line)
        self._save = QPushButton(self.tr("Save"), self)
        self._save.setObjectName("settings.proxy_password.save")
        self._save.setAutoDefault(False)
        self._remove = QPushButton(self.tr("Remove"), self)
        self._remove.setObjectName("settings.proxy_password.remove")
        self._remove.setAutoDefault(False)
        self.message = MessagePanel(name="settings.proxy_password.message", parent=self)
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        row.addWidget(self._line, 1)
        row.addWidget(self._save)
        row.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        layout.setSpacing(theme.GRID // 2)
        layout.addWidget(label)
        layout.addLayout(row)
        layout.addWidget(self.message)
        self._line.textEdited.connect(lambda _text: self._show())
        self._save.clicked.connect(lambda: self._put(Where.KEYRING))
        self._remove.clicked.connect(lambda: keys.remove(PROXY))
        keys.stored.connect(self._on_stored)
        keys.storeFailed.connect(self._on_failed)
        keys.removed.connect(self._on_removed)
        # A bound method, which Qt disconnects with the widget; a lambda would outlive it.
        keys.loaded.connect(self._on_loaded)
        self._show()

    def _put(self, where: Where) -> None:
        self._given = self._line.text() or self._given
        if self._given.strip():
            self._keys.store(PROXY, self._given, where)

    def _on_loaded(self, _provider: str, _problem: object) -> None:
        self._show()

    def _on_stored(self, provider: str, where: Where) -> None:
        if provider != PROXY:
            return
        self._line.clear()
        self._given = ""
        place = self._keys.store_name if where is Where.KEYRING else self.tr("memory, for this session only")
        self.message.show_message(Tone.GOOD, self.tr("Kept in {store}").format(store=place))
        self._show()

    def _on_failed(self, provider: str, error: KeyringError) -> None:
        if provider == PROXY:
            text = explain(error)
            actions = (
                Action("retry", self.tr("Try again"), lambda: self._put(Where.KEYRING)),
                Action("session", self.tr("Use it for this session only"), lambda: self._put(Where.SESSION)),
            )
            self.message.show_message(Tone.CAUTION, text.what, reason_and_advice(text), actions)

    def _on_removed(self, provider: str, problem: KeyringError | None) -> None:
        if provider != PROXY:
            return
        if problem is None:
            self.message.show_message(Tone.GOOD, self.tr("The password is gone"))
        else:
            text = explain(problem)
            self.message.show_message(Tone.BAD, text.what, reason_and_advice(text))
        self._show()

    def _show(self) -> None:
        known = self._keys.key(PROXY) is not None
        self._line.setPlaceholderText(self.tr("A password is kept; a new one replaces it") if known else "")
        self._save.setEnabled(bool(self._line.text().strip()))
        self._remove.setVisible(known)
