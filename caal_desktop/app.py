"""The composition root: builds services and windows, and owns start and quit."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal

from caal_desktop.commands import CommandId
from caal_desktop.services.catalogue.catalogue_service import CatalogueService, CatalogueState
from caal_desktop.services.chat.chat_parts import ChatParts
from caal_desktop.services.keys.key_service import KeyService
from caal_desktop.services.providers.connections import catalogue_connection, connection_for
from caal_desktop.services.providers.provider_pool import ProviderPool
from caal_desktop.services.settings.bundle_check import BundleCheck
from caal_desktop.services.settings.log_level import LogLevelFollower
from caal_desktop.services.settings.settings_service import SettingsService
from caal_desktop.services.settings.transfer_service import TransferService
from caal_desktop.services.setup.setup_service import SetupService
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.setup_flow import Step
from caal_desktop.storage.keyring.secrets import SecretStore
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.chat import warm_up_renderer
from caal_desktop.widgets.common.appearance import Appearance
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.notice_box import tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QApplication, QWidget

    from caal_desktop.demo.launcher import DemoProcess
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.services.process.start_trace import StartTrace
    from caal_desktop.storage.paths import AppPaths
    from caal_desktop.storage.settings.store import SettingsProblem, SettingsStore
    from caal_desktop.widgets.main.main_window import MainWindow
    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from caal_desktop.widgets.wizard.window import WizardWindow

logger = logging.getLogger(__name__)

QUIT_DEADLINE_S = 3.0
"""Seconds that all services together may take to end."""

KEYRING_SERVICE = "caal-desktop"
DEMO_KEYRING_SERVICE = "caal-desktop-demo"
"""The demo's key must never take the place of a real one."""


class Application(QObject):
    """The running program.

    Args:
        app: the Qt application.
        paths: where everything is kept.
        store: the settings' file.
        stand_ins: addresses on this machine that stand for providers' own, by the provider's name.
        demo: the demo server, not started yet, or None.
        trace: the benchmark's trace, or None.
        verbose: the command line asked for everything in the log, whatever the settings say.

    Signals:
        firstPainted: the first window is on the screen.
    """

    firstPainted = Signal()

    def __init__(
        self,
        app: QApplication,
        paths: AppPaths,
        store: SettingsStore,
        *,
        stand_ins: Mapping[str, str] | None = None,
        demo: DemoProcess | None = None,
        trace: StartTrace | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__()
        self._app, self._paths, self._demo, self._trace = app, paths, demo, trace
        self._stand_ins = dict(stand_ins or {})
        self._demo_started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # Looked at here, for there may be no request that would wait for it.
        self._demo_started.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._quit = asyncio.Event()
        self._scope = TaskScope("application")
        loaded = store.load()
        self._problem: SettingsProblem | None = loaded.problem
        self.settings = SettingsService(store, loaded, self)
        self._transfer = TransferService(self.settings, paths.data_dir, self)
        self._bundles = BundleCheck(self)
        self._appearance = Appearance(app)
        self._appearance.apply(self.settings.current)
        service = KEYRING_SERVICE if demo is None else DEMO_KEYRING_SERVICE
        self.pool = ProviderPool(self._stand_in)
        # The program's own demo, with a profile and a keyring of its own, counts as the provider that it stands for.
        # Any other address counts as another one.
        others = {name: url for name, url in self._stand_ins.items() if demo is None or name != demo.stands_for}
        self.keys = KeyService(SecretStore(service=service), self.pool, self.settings, self, stand_ins=others)
        self.catalogue = CatalogueService(paths.catalogue_dir, self.pool, self)
        self._trial: ChatService | None = None
        self.talk = ChatParts(self.pool, self.settings, paths, self)
        self.commands = self._bind_commands()
        self._wizard: WizardWindow | None = None
        self._setup: SetupService | None = None
        self._main: MainWindow | None = None
        self._painted = False
        self.keys.stateChanged.connect(self._on_key)
        self.settings.changed.connect(self._appearance.apply)
        self.settings.saveFailed.connect(self._on_save_failed)
        LogLevelFollower(self.settings, self, verbose=verbose)
        self._sign_in: SignInService | None = None
        self._settings_dialog: SettingsDialog | None = None
        self._settings_page = ""
        self.firstPainted.connect(self._after_first_paint)

    def _bind_commands(self) -> CommandSet[[]]:
        """What can be done from any window, because it opens another one or ends the program."""
        commands: CommandSet[[]] = CommandSet()
        commands.bind(CommandId.QUIT, self.quit)
        commands.bind(CommandId.SETUP, lambda: self.open_wizard(Step.WELCOME))
        commands.bind(CommandId.CHECK_KEY, lambda: self.open_wizard(Step.KEY))
        commands.bind(CommandId.SETTINGS, self.open_settings)
        commands.bind(CommandId.PROVIDER_SETTINGS, lambda: self.open_settings(Group.PROVIDER))
        commands.bind(CommandId.NETWORK_SETTINGS, lambda: self.open_settings(Group.NETWORK))
        commands.bind(CommandId.PRIVACY_SETTINGS, lambda: self.open_settings(Group.PRIVACY))
        return commands

    # --- life

    async def run(self) -> int:
        """Show the first window, and stay until the program is to end.

        Returns:
            The exit status.
        """
        try:
            if self.settings.current.setup_completed:
                self._open_main()
            else:
                self.open_wizard(None)
            await self._quit.wait()
        finally:
            await self._shut_down()
        return 0

    def quit(self) -> None:
        """Ask the program to end."""
        self._quit.set()

    def raise_window(self) -> None:
        """Bring the program's window to the front."""
        window = self._wizard or self._main
        if window is not None:
            if window.isMinimized():
                window.showNormal()
            window.show()
            window.raise_()
            window.activateWindow()
            self._app.alert(window)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice the first window's first paint."""
        if event.type() == QEvent.Type.Paint and not self._painted:
            self._painted = True
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.firstPainted.emit)
        return super().eventFilter(watched, event)

    async def _shut_down(self) -> None:
        for window in (self._wizard, self._main):
            if window is not None:
                window.remember_geometry()
                window.hide()
        try:
            async with asyncio.timeout(QUIT_DEADLINE_S):
                # What speaks first, then what it speaks through, then what must be written.
                files = None if self._main is None else self._main.control.files
                for service in (self._sign_in, self._trial, self._setup, files, self.talk):
                    if service is not None:
                        await service.close()
                await self.catalogue.close()
                # A key on its way into the keyring would be there and the settings not know of it.
                await self.keys.wait_for_store()
                await self.keys.close()
                await self._scope.close()
                await self.pool.close()
                await self._transfer.close()
                await self._bundles.close()
        except TimeoutError:
            logger.warning("Not everything ended within %g seconds", QUIT_DEADLINE_S)
        finally:
            # Whatever else fails: nothing that a person has set is lost, and no server is left behind.
            await self.settings.close()
            if self._demo is not None:
                self._demo.stop()
        for window in (self._wizard, self._main):
            if window is not None:
                window.deleteLater()

    # --- start

    def _after_first_paint(self) -> None:
        self._note("first_paint")
        if self._demo is not None:
            self._scope.start(self._start_demo(self._demo), name="demo")
        if self._wizard is not None:
            self._scope.start(self._build_wizard_ahead(), name="wizard")
        if self._main is not None:
            self.keys.begin()
            self._open_catalogue()
            self._open_history()
        if self._problem is not None:
            from caal_desktop.widgets.common.texts import reason_and_advice

            text = self._problem.describe()
            self._tell(text.what, reason_and_advice(text))
        if self._trace is not None:
            QTimer.singleShot(1000, self, lambda: self._note("idle"))

    def _open_catalogue(self) -> None:
        settings = self.settings.current
        self.catalogue.open_for(settings.provider, catalogue_connection(settings, self.keys))

    def _on_key(self, _secret: str, _state: KeyState) -> None:
        # A provider that shows its list to nobody without a key could not be asked before the keyring gave it, or the
        # user had said that it may be sent there.
        settings = self.settings.current
        if self._main is None or self._wizard is not None or self._quit.is_set():
            return
        is_missed = self.catalogue.current.state is CatalogueState.EMPTY
        is_ready = not self.keys.state(settings.provider).is_awaited
        if is_missed and is_ready and connection_for(settings, self.keys) is not None:
            self._open_catalogue()

    def _open_history(self) -> None:
        if self._main is not None and not self.talk.has_history:
            self._main.show_history(self.talk.history)

    async def _start_demo(self, demo: DemoProcess) -> None:
        from caal_desktop.demo.launcher import DemoStartError

        try:
            await asyncio.to_thread(demo.start)
        except DemoStartError as error:
            logger.error("The demo could not be started: %s", error)  # noqa: TRY400 - the message says it all
            self._demo_started.set_exception(error)
            self._tell(self.tr("The demo server could not be started"), str(error))
            return
        self._demo_started.set_result(demo.base_url)
        if self._wizard is not None:
            self._wizard.set_demo_key(demo.key, demo.stands_for)

    async def _stand_in(self, provider: str) -> str | None:
        if self._demo is None or provider != self._demo.stands_for:
            return self._stand_ins.get(provider)
        from caal_desktop.demo.launcher import DemoStartError
        from caal_desktop.llm.errors import ConnectionFailed

        try:
            return await asyncio.shield(self._demo_started)
        except DemoStartError as error:
            raise ConnectionFailed(provider, detail=str(error)) from error

    def _warm_up(self) -> None:
        if not self._scope.is_running("warm up"):
            self._scope.start(self.pool.warm_up(), name="warm up")
            self._scope.start(asyncio.to_thread(warm_up_renderer), name="warm up renderer")

    # --- windows

    def open_wizard(self, at: Step | None) -> None:
        """Show the wizard.

        Args:
            at: the step to begin at; None goes on where an earlier run ended.
        """
        if self._wizard is not None:
            self.raise_window()
            return
        from caal_desktop.widgets.wizard.window import WizardWindow

        setup = SetupService(self.settings, self.keys, self.catalogue, self)
        is_demo = self._demo is not None
        wizard = WizardWindow(
            setup,
            self.keys,
            self.catalogue,
            self._make_trial,
            self.settings,
            self.commands,
            demo=is_demo,
            parent=self._main,
        )
        wizard.offer_sign_in(lambda: self.sign_in)
        if self._trace is not None:
            setup.keyChanged.connect(self._note_key)
        self._wizard, self._setup = wizard, setup
        if self._demo is not None and self._demo.key:
            wizard.set_demo_key(self._demo.key, self._demo.stands_for)
        wizard.closed.connect(self._on_wizard_closed)
        wizard.requestLikely.connect(self._warm_up)
        if self._main is not None:
            wizard.setWindowModality(Qt.WindowModality.WindowModal)
        wizard.begin(at)
        self._watch_first_paint(wizard)
        wizard.show()
        if self._painted:
            self._scope.start(self._build_wizard_ahead(), name="wizard")

    async def _build_wizard_ahead(self) -> None:
        """Make the wizard's later pages while the person reads the first."""
        from caal_desktop.widgets.wizard.page_builder import import_ahead

        await asyncio.to_thread(import_ahead)
        if self._wizard is not None:
            self._wizard.build_ahead()

    def _open_main(self) -> None:
        from caal_desktop.widgets.main.main_window import MainWindow

        if self._main is None:
            main = MainWindow(
                self.talk.chat,
                self.keys,
                self.catalogue,
                self.settings,
                self.commands,
                demo=self._demo is not None,
            )
            main.closed.connect(self.quit)
            self.talk.spending.limitPassed.connect(main.notice.show_limit)
            self.talk.failed.connect(self.keys.look_after_failure)
            self.keys.migrated.connect(self._on_migrated)
            main.requestLikely.connect(self._warm_up)
            main.control.enable_compare(self.talk.begin_compared)
            main.control.compared.connect(self.talk.end_compared)
            self._main = main
            self._watch_first_paint(main)
        self._main.show()

    def open_settings(self, page: str = "") -> None:
        """Show the settings.

        Args:
            page: the page's name; "" for the one that was shown last.
        """
        from caal_desktop.widgets.settings.dialog import SettingsDialog

        if self._settings_dialog is None:
            dialog = SettingsDialog(
                self.settings,
                self.keys,
                self.catalogue,
                self._transfer,
                self._bundles,
                self.commands,
                sign_in=self.sign_in,
                parent=self._wizard or self._main,
            )
            dialog.requestLikely.connect(self._warm_up)
            dialog.finished.connect(self._on_settings_closed)
            self._settings_dialog = dialog
            dialog.open()
        self._settings_dialog.show_page_named(page or self._settings_page)

    def _on_settings_closed(self, _result: int) -> None:
        dialog, self._settings_dialog = self._settings_dialog, None
        if dialog is not None:
            self._settings_page = dialog.page_name
            dialog.deleteLater()

    @property
    def sign_in(self) -> SignInService:
        """Signing in at a provider."""
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

    def _on_migrated(self, provider: str) -> None:
        if self._main is not None:
            self._main.notice.show_migrated(provider, self.keys.store_name)

    def _make_trial(self) -> ChatService:
        self._trial = self.talk.new_chat()
        return self._trial

    def _watch_first_paint(self, window: QWidget) -> None:
        # On the window alone: a filter on the application would see every event of every object in Python.
        if not self._painted:
            window.installEventFilter(self)

    def _on_wizard_closed(self) -> None:
        wizard, setup, trial = self._wizard, self._setup, self._trial
        self._wizard = self._setup = self._trial = None
        if wizard is not None:
            wizard.deleteLater()
        for service in (setup, trial):
            if service is not None:
                # Not before the keyring has answered, where it is taking a key.
                self._scope.start(self._dispose(service), name="dispose", exclusive=False)
        if self._main is None and not self.settings.current.setup_completed:
            self.quit()
            return
        self._open_main()
        self.keys.begin()
        self._open_catalogue()
        self._open_history()

    async def _dispose(self, service: SetupService | ChatService) -> None:
        await service.close()
        service.deleteLater()

    def _on_save_failed(self, reason: str) -> None:
        self._tell(self.tr("The settings could not be saved"), reason)

    def _tell(self, title: str, text: str) -> None:
        if not self._quit.is_set():
            tell(title, text, self._wizard or self._main)

    def _note_key(self, state: KeyState) -> None:
        if state.info is not None and not state.is_busy:
            self._note("key_checked")

    def _note(self, event: str) -> None:
        if self._trace is not None:
            self._trace.note(event)
