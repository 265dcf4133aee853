"""At the start: reads the current provider's key, and checks one that could not be checked when it was saved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import AuthenticationFailed
from caal_desktop.services.connections import connection_for
from caal_desktop.setup_flow import PROVIDERS
from caal_desktop.storage.settings_schema import KeyStatus, KeyStore

if TYPE_CHECKING:
    from caal_desktop.llm.key_info import KeyInfo
    from caal_desktop.services.key_service import KeyService
    from caal_desktop.services.settings_service import SettingsService
    from caal_desktop.storage.errors import KeyringError


class KeyCondition(StrEnum):
    """What the program can do with the current provider's key."""

    LOADING = "loading"
    READY = "ready"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """The keyring did not give it."""
    REFUSED = "refused"
    """The provider did not accept it."""


@dataclass(frozen=True, slots=True)
class KeyReport:
    """The condition, with the error that led to it where there was one."""

    condition: KeyCondition
    error: BaseException | None = None


class KeyWatch(QObject):
    """Knows whether there is a usable key.

    Signals:
        changed: carries the new :class:`KeyReport`.
    """

    changed = Signal(object)

    def __init__(self, settings: SettingsService, keys: KeyService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings, self._keys = settings, keys
        self._report = KeyReport(KeyCondition.LOADING)
        keys.loaded.connect(self._on_loaded)
        keys.keyChanged.connect(lambda _provider: self.look())
        keys.checkSucceeded.connect(self._on_succeeded)
        keys.checkFailed.connect(self._on_failed)

    @property
    def report(self) -> KeyReport:
        """What is known now."""
        return self._report

    def begin(self) -> None:
        """Read the key from the keyring, if it should be there."""
        settings = self._settings.current
        if settings.key_store_of() is KeyStore.KEYRING and self._keys.key(settings.provider) is None:
            self._set(KeyReport(KeyCondition.LOADING))
            self._keys.load(settings.provider)
        else:
            self.look()

    def look(self) -> None:
        """Judge anew what is there."""
        settings = self._settings.current
        if connection_for(settings, self._keys) is None:
            self._set(KeyReport(KeyCondition.MISSING))
        elif settings.key_status_of() is KeyStatus.REJECTED:
            self._set(KeyReport(KeyCondition.REFUSED))
        else:
            self._set(KeyReport(KeyCondition.READY))

    def look_if_settled(self) -> None:
        """Judge anew after a change of settings, unless the keyring is still being asked."""
        if self._report.condition is not KeyCondition.LOADING:
            self.look()

    def _on_loaded(self, provider: str, problem: KeyringError | None) -> None:
        settings = self._settings.current
        if provider != settings.provider:
            return
        if problem is not None:
            self._set(KeyReport(KeyCondition.UNREADABLE, problem))
            return
        self.look()
        connection = connection_for(settings, self._keys)
        if connection is not None and settings.key_status_of() is KeyStatus.UNVERIFIED and settings.setup_completed:
            self._keys.check(connection)

    def _on_succeeded(self, provider: str, info: KeyInfo) -> None:
        if self._is_ours(provider) and not info.is_management_key:
            self._remember(KeyStatus.VERIFIED)
            self.look()

    def _on_failed(self, provider: str, error: BaseException) -> None:
        if self._is_ours(provider) and isinstance(error, AuthenticationFailed):
            self._remember(KeyStatus.REJECTED)
            self._set(KeyReport(KeyCondition.REFUSED, error))

    def _is_ours(self, provider: str) -> bool:
        # While the wizard is open its checks concern a key that is not in use yet.
        settings = self._settings.current
        return provider == settings.provider and settings.setup_completed and self._keys.checked_is_in_use

    def _remember(self, status: KeyStatus) -> None:
        settings = self._settings.current
        if PROVIDERS[settings.provider].needs_key:
            self._settings.set(settings.with_key(settings.provider, status, settings.key_store_of()))

    def _set(self, report: KeyReport) -> None:
        if report != self._report:
            self._report = report
            self.changed.emit(report)
