"""The program's services: made once, before the first window, and closed in order at the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop.app.chat_services import ChatServices
from caal_desktop.services.catalogue.catalogue_service import CatalogueService
from caal_desktop.services.catalogue.judgement import Judgement
from caal_desktop.services.chat.measurements import Measurements
from caal_desktop.services.closing import close_in_order
from caal_desktop.services.keys.key_service import KeyService
from caal_desktop.services.providers.connections import catalogue_connection
from caal_desktop.services.providers.provider_pool import ProviderPool
from caal_desktop.services.settings.bundle_check import BundleCheck
from caal_desktop.services.settings.log_level import LogLevelFollower
from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.services.settings.transfer_service import TransferService
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.keyring.secrets import SecretStore
from caal_desktop.widgets.chat import warm_up_renderer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from caal_desktop.services.chat.answered_turn import AnsweredTurn
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.services.setup.setup_service import SetupService
    from caal_desktop.storage.paths import AppPaths
    from caal_desktop.storage.settings.store import LoadedSettings, SettingsStore

KEYRING_SERVICE = "caal-desktop"
DEMO_KEYRING_SERVICE = "caal-desktop-demo"
"""The demo's key must never replace a real one."""


class Services(QObject):
    """All services of the program.

    Args:
        paths: the program's folders.
        store: the settings' file; it is read here, before there is a window that could be blocked by it.
        stand_in: returns the address in place of a provider's own, by its name, or None.
        stand_ins: those of them that count as other addresses than the provider's own.
        loaded: the settings, where they are not to be read from the file.
        demo: whether this run has a demo server, and so a keyring of its own.
        verbose: whether everything is logged, whatever the settings say.

    Attributes:
        settings_notice: what was wrong with the settings' file; None where nothing was.
    """

    def __init__(
        self,
        paths: AppPaths,
        store: SettingsStore,
        stand_in: Callable[[str], Awaitable[str | None]],
        stand_ins: Mapping[str, str],
        parent: QObject | None = None,
        *,
        loaded: LoadedSettings | None = None,
        demo: bool = False,
        verbose: bool = False,
    ) -> None:
        super().__init__(parent)
        self._stand_in, self._is_demo = stand_in, demo
        self._scope = TaskScope("services")
        loaded = store.load() if loaded is None else loaded
        self.settings_notice = loaded.notice
        self.settings = SettingsService(store, loaded, self)
        self.transfer = TransferService(self.settings, paths.data_dir, self)
        self.bundles = BundleCheck(self)
        self.pool = ProviderPool(stand_in)
        secrets = SecretStore(service=DEMO_KEYRING_SERVICE if demo else KEYRING_SERVICE)
        self.keys = KeyService(secrets, self.pool, self.settings, self, stand_ins=stand_ins)
        self.catalogue = CatalogueService(paths.catalogue_dir, self.pool, self)
        self.measurements = Measurements(paths.catalogue_dir, self)
        self.judgement = Judgement(self.catalogue, self.settings, self.keys, self.measurements, self)
        self.chat_services = ChatServices(self.pool, self.settings, paths, self._on_answered, self)
        LogLevelFollower(self.settings, self, verbose=verbose)
        self._sign_in: SignInService | None = None

    @property
    def sign_in(self) -> SignInService:
        """The sign-in service; made when it is first needed."""
        if self._sign_in is None:
            from caal_desktop.services.keys.sign_in_service import SignInService
            from caal_desktop.widgets.common.browser import open_in_browser
            from caal_desktop.widgets.keys.sign_in_panel import page_texts

            self._sign_in = SignInService(
                self.settings,
                self.keys,
                self.pool,
                self._stand_in,
                open_in_browser,
                self,
                texts=page_texts(),
            )
        return self._sign_in

    def open_catalogue(self) -> None:
        """Load the models of the provider in use."""
        settings = self.settings.current
        self.catalogue.open_for(settings.provider, catalogue_connection(settings, self.keys))

    def _on_answered(self, turn: AnsweredTurn) -> None:
        # What goes wrong in the demo is staged: how long that takes says nothing of a model.
        if not (self._is_demo and "/fault" in str(turn.messages[-1]["content"])):
            self.measurements.add(turn)

    def warm_up(self) -> None:
        """Import what a request and its answer need, because one is likely to be sent soon."""
        if not self._scope.is_running("warm up"):
            self._scope.start(self.pool.warm_up(), name="warm up")
            self._scope.start(asyncio.to_thread(warm_up_renderer), name="warm up renderer")

    def dispose(self, service: SetupService | ChatService) -> None:
        """Close and delete a service that belonged to a window."""
        self._scope.start(self._dispose(service), name="dispose", exclusive=False)

    async def _dispose(self, service: SetupService | ChatService) -> None:
        # Not before the keyring has answered, where it is storing a key.
        await service.close()
        service.deleteLater()

    async def close(self) -> None:
        """Close everything but the settings: what sends requests first, then the clients that it uses."""
        await close_in_order(
            [
                self._close_keys,
                self.chat_services.close,
                self.catalogue.close,
                self.transfer.close,
                self.bundles.close,
            ],
            [self.pool.close, self.measurements.close],
        )

    async def _close_keys(self) -> None:
        await close_in_order(
            [] if self._sign_in is None else [self._sign_in.close],
            # Otherwise the keyring might have a key that the settings do not know of.
            [self.keys.wait_for_store],
            [self.keys.close, self._scope.close],
        )
