"""Gives a provider another key outside of the wizard: proven with a real call first, then kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ManagementKeyRejected,
    PermissionRefused,
    ProviderError,
)
from caal_desktop.services.providers.connections import connection_by
from caal_desktop.storage.keyring.secrets import Where

if TYPE_CHECKING:
    from caal_desktop.llm.providers.key_info import KeyInfo
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.errors import KeyringError


class ChangePhase(StrEnum):
    """How far the change has come."""

    IDLE = "idle"
    CHECKING = "checking"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    """The provider could not be asked; the key may be kept even so."""
    STORING = "storing"
    STORE_FAILED = "store_failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ChangeView:
    """The change as it stands, with the error that led there."""

    phase: ChangePhase = ChangePhase.IDLE
    error: BaseException | None = None


class KeyChange(QObject):
    """One provider's change of key. The key in use stays until the new one is kept.

    Signals:
        changed: carries the new :class:`ChangeView`.
    """

    changed = Signal(object)

    def __init__(
        self, provider: str, settings: SettingsService, keys: KeyService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._provider, self._settings, self._keys = provider, settings, keys
        self._candidate: str | None = None
        self._info: KeyInfo | None = None
        self._view = ChangeView()
        keys.checkStarted.connect(self._on_check_started)
        keys.checkSucceeded.connect(self._on_succeeded)
        keys.checkFailed.connect(self._on_failed)
        keys.stored.connect(self._on_stored)
        keys.storeFailed.connect(self._on_store_failed)

    @property
    def view(self) -> ChangeView:
        """The change as it stands."""
        return self._view

    def submit(self, key: str) -> None:
        """Prove a key, and keep it if it works."""
        settings = self._settings.current
        self._candidate, self._info = key, None
        self._set(ChangePhase.CHECKING)
        address = settings.of(self._provider).base_url
        self._keys.check(connection_by(settings, self._keys, self._provider, key, address))

    def keep(self, where: Where) -> None:
        """Keep a key that could not be checked, or that the keyring did not take."""
        if self._candidate is not None:
            self._set(ChangePhase.STORING)
            self._keys.store(self._provider, self._candidate, where, self._info)

    def cancel(self) -> None:
        """Leave everything as it is."""
        if self._view.phase is ChangePhase.CHECKING:
            self._keys.cancel_check()
        elif self._view.phase is ChangePhase.STORING:
            self._keys.cancel_store(self._provider)
        self._candidate = None
        self._set(ChangePhase.IDLE)

    def _waits_for(self, provider: str, phase: ChangePhase) -> bool:
        return provider == self._provider and self._candidate is not None and self._view.phase is phase

    def _on_check_started(self, provider: str) -> None:
        if provider != self._provider and self._view.phase is ChangePhase.CHECKING:
            # There is one check at a time: that one has taken the place of ours, which ends without a word.
            self._set(ChangePhase.IDLE)

    def _on_succeeded(self, provider: str, info: KeyInfo) -> None:
        if not self._waits_for(provider, ChangePhase.CHECKING):
            return
        if info.is_management_key:
            self._set(ChangePhase.REFUSED, ManagementKeyRejected(provider=provider))
            return
        self._info = info
        self.keep(Where.KEYRING)

    def _on_failed(self, provider: str, error: ProviderError | ValueError) -> None:
        if not self._waits_for(provider, ChangePhase.CHECKING):
            return
        refused = isinstance(error, AuthenticationFailed | PermissionRefused | ConfigurationError | ValueError)
        self._set(ChangePhase.REFUSED if refused else ChangePhase.UNREACHABLE, error)

    def _on_stored(self, provider: str, _where: Where) -> None:
        if self._waits_for(provider, ChangePhase.STORING):
            self._candidate = None
            self._set(ChangePhase.DONE)

    def _on_store_failed(self, provider: str, error: KeyringError) -> None:
        if self._waits_for(provider, ChangePhase.STORING):
            self._set(ChangePhase.STORE_FAILED, error)

    def _set(self, phase: ChangePhase, error: BaseException | None = None) -> None:
        self._view = ChangeView(phase, error)
        self.changed.emit(self._view)
