"""At the start: reads the current provider's key, and checks one that could not be checked when it was saved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import AuthenticationFailed, InsufficientCredit
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.services.providers.connections import PROXY, connection_for
from caal_desktop.storage.keyring.secrets import Where
from caal_desktop.storage.settings.schema import KeyStatus, KeyStore

if TYPE_CHECKING:
    from caal_desktop.llm.providers.key_info import KeyInfo
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.settings.settings_service import SettingsService
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
        keys.refreshed.connect(self._on_refreshed)
        keys.stored.connect(self._on_stored)
        keys.migrated.connect(self._on_migrated)
        keys.removed.connect(self._on_removed)
        self._provider = settings.current.provider

    @property
    def report(self) -> KeyReport:
        """What is known now."""
        return self._report

    def begin(self) -> None:
        """Read the key from the keyring, if it should be there."""
        settings = self._settings.current
        self._provider = settings.provider
        if settings.proxy_user and self._keys.key(PROXY) is None:
            self._keys.load(PROXY)
        if settings.of().key_store is KeyStore.KEYRING and self._keys.key(settings.provider) is None:
            self._set(KeyReport(KeyCondition.LOADING))
            self._keys.load(settings.provider)
        else:
            self.look()

    def look(self) -> None:
        """Judge anew what is there."""
        settings = self._settings.current
        if connection_for(settings, self._keys) is None:
            self._set(KeyReport(KeyCondition.MISSING))
        elif settings.of().key_status is KeyStatus.REJECTED:
            self._set(KeyReport(KeyCondition.REFUSED))
        else:
            self._set(KeyReport(KeyCondition.READY))

    def look_if_settled(self) -> None:
        """Judge anew after a change of settings, unless the keyring is still being asked."""
        if self._settings.current.provider != self._provider:
            # Another provider's key may lie in the keyring and not be read yet.
            self.begin()
        elif self._report.condition is not KeyCondition.LOADING:
            self.look()

    def look_after_failure(self, error: BaseException | None) -> None:
        """An answer has failed: where the key may be the reason, ask what has become of it."""
        if isinstance(error, AuthenticationFailed | InsufficientCredit):
            self.refresh()

    def refresh(self) -> None:
        """Ask for the facts of the key in use once more."""
        connection = connection_for(self._settings.current, self._keys)
        if connection is not None and connection.key is not None:
            self._keys.refresh(connection)

    def _on_loaded(self, provider: str, problem: KeyringError | None) -> None:
        settings = self._settings.current
        if provider != settings.provider:
            return
        if problem is not None:
            self._set(KeyReport(KeyCondition.UNREADABLE, problem))
            return
        self.look()
        connection = connection_for(settings, self._keys)
        if connection is not None and settings.of().key_status is KeyStatus.UNVERIFIED and settings.setup_completed:
            self._keys.check(connection)

    def _on_succeeded(self, provider: str, info: KeyInfo) -> None:
        if self._is_ours(provider) and not info.is_management_key:
            self._remember(KeyStatus.VERIFIED)
            self.look()

    def _on_failed(self, provider: str, error: BaseException) -> None:
        if self._is_ours(provider) and isinstance(error, AuthenticationFailed):
            self._remember(KeyStatus.REJECTED)
            self._set(KeyReport(KeyCondition.REFUSED, error))

    def _on_refreshed(self, provider: str, info: KeyInfo | None, error: BaseException | None) -> None:
        settings = self._settings.current
        if info is not None:
            self._remember(KeyStatus.VERIFIED, provider)
        elif isinstance(error, AuthenticationFailed):
            self._remember(KeyStatus.REJECTED, provider)
        if provider == settings.provider and settings.setup_completed:
            self.look()

    def _on_stored(self, provider: str, where: Where) -> None:
        # In the wizard the wizard's own service remembers this.
        if provider in PROVIDERS and self._settings.current.setup_completed:
            store = KeyStore.KEYRING if where is Where.KEYRING else KeyStore.SESSION
            self._settings.set(
                self._settings.current.with_provider(provider, key_status=KeyStatus.UNVERIFIED, key_store=store)
            )
            if self._keys.info(provider) is not None:
                self._remember(KeyStatus.VERIFIED, provider)
            self.look()

    def _on_migrated(self, provider: str) -> None:
        if provider in PROVIDERS:
            settings = self._settings.current
            self._settings.set(settings.with_provider(provider, key_store=KeyStore.KEYRING))

    def _on_removed(self, provider: str, problem: KeyringError | None) -> None:
        if provider not in PROVIDERS:
            return
        settings = self._settings.current
        # What may still lie in the keyring must be looked for there at the next start.
        store = KeyStore.NONE if problem is None else settings.of(provider).key_store
        self._settings.set(settings.with_provider(provider, key_status=KeyStatus.NONE, key_store=store))
        self.look()

    def _is_ours(self, provider: str) -> bool:
        # While the wizard is open its checks concern a key that is not in use yet.
        settings = self._settings.current
        return provider == settings.provider and settings.setup_completed and self._keys.checked_is_in_use

    def _remember(self, status: KeyStatus, provider: str | None = None) -> None:
        settings = self._settings.current
        name = provider or settings.provider
        if PROVIDERS[name].needs_key:
            self._settings.set(settings.with_provider(name, key_status=status))

    def _set(self, report: KeyReport) -> None:
        if report != self._report:
            self._report = report
            self.changed.emit(report)
