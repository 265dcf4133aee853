"""The program's windows: which of them are open, and how one leads to another."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from caal_desktop.app.foreground import bring_to_front
from caal_desktop.commands import CommandId
from caal_desktop.services.closing import close_in_order
from caal_desktop.services.setup.setup_service import SetupService
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.storage.settings.setting import Group
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.common.message_box import show_message_box

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication, QWidget

    from caal_desktop.app.demo_run import DemoRun
    from caal_desktop.app.first_paint import FirstPaint
    from caal_desktop.app.services import Services
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.widgets.main.main_window import MainWindow
    from caal_desktop.widgets.settings.dialog import SettingsDialog
    from caal_desktop.widgets.wizard.window import WizardWindow

logger = logging.getLogger(__name__)


class Windows(QObject):
    """Opens and closes the windows.

    Args:
        app: the Qt application.
        services: the program's services.
        first_paint: notices the first paint of a window.
        demo: the demo server, or None.

    Attributes:
        commands: the commands of every window: those that open another window or end the program.
        wizard, main: those that are open; None otherwise.
        setup: the wizard's service while it is open.

    Signals:
        quitRequested: the user closed the last window, or chose to quit.
        startFailed: a window that the program cannot do without could not be opened; carries the exception.
        partsFailed: what the first window does without could not be begun; carries a list of exceptions.
        setupBegun: carries the :class:`SetupService` of a wizard that is being opened.
    """

    quitRequested = Signal()
    startFailed = Signal(object)
    partsFailed = Signal(list)
    setupBegun = Signal(object)

    def __init__(
        self,
        app: QApplication,
        services: Services,
        first_paint: FirstPaint,
        demo: DemoRun | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._app, self._services, self._first_paint, self._demo = app, services, first_paint, demo
        self.wizard: WizardWindow | None = None
        self.setup: SetupService | None = None
        self.main: MainWindow | None = None
        self._trial: ChatService | None = None
        self._settings_dialog: SettingsDialog | None = None
        self._settings_page: Group | None = None
        self._is_closed = False
        self._scope = TaskScope("windows")
        self.commands = self._bind_commands()
        services.keys.migrated.connect(self._on_migrated)
        app.applicationStateChanged.connect(self._on_application_state)
        first_paint.happened.connect(self._after_first_paint)
        if demo is not None:
            demo.started.connect(self._give_demo_key)

    def _bind_commands(self) -> CommandSet[[]]:
        commands: CommandSet[[]] = CommandSet()
        commands.bind(CommandId.QUIT, self._request_quit)
        commands.bind(CommandId.SETUP, lambda: self.open_wizard(SetupStep.WELCOME))
        commands.bind(CommandId.CHECK_KEY, lambda: self.open_wizard(SetupStep.KEY))
        commands.bind(CommandId.SETTINGS, self.open_settings)
        commands.bind(CommandId.PROVIDER_SETTINGS, lambda: self.open_settings(Group.PROVIDER))
        commands.bind(CommandId.NETWORK_SETTINGS, lambda: self.open_settings(Group.NETWORK))
        commands.bind(CommandId.PRIVACY_SETTINGS, lambda: self.open_settings(Group.PRIVACY))
        return commands

    # --- all windows

    def open_first(self) -> None:
        """Open the window that the program starts with."""
        if self._services.settings.current.setup_completed:
            self._open_or_end(self._open_main)
        else:
            self._open_or_end(lambda: self.open_wizard(None))

    @property
    def shown(self) -> QWidget | None:
        """The window in front; None where none is open."""
        return self.wizard or self.main

    @property
    def is_main_in_use(self) -> bool:
        """Whether the main window is open without a wizard in front of it."""
        return self.main is not None and self.wizard is None and not self._is_closed

    def raise_window(self, token: str = "") -> bool:
        """Bring the program's window to the front.

        Args:
            token: what the desktop gave another start of the program so that a window may come to the front, or "".

        Returns:
            Whether there is a window.
        """
        if self._is_closed:
            return False
        # Without either there may be a message that tells why.
        messages = (widget for widget in self._app.topLevelWidgets() if widget.isVisible())
        window = self.wizard or self.main or next(messages, None)
        if window is None:
            return False
        bring_to_front(self._app, window, token)
        return True

    def show_message_box(self, title: str, text: str) -> None:
        """Show a message that does not belong to any part of a window."""
        if not self._is_closed:
            show_message_box(title, text, self.shown)

    def hide(self) -> None:
        """Hide all windows at the program's end; their size and position are kept."""
        self._is_closed = True
        for window in (self.wizard, self.main):
            if window is not None:
                try:
                    window.remember_geometry()
                except Exception:
                    # Not told: a size is not worth it, and the other windows are to go all the same.
                    logger.exception("The size of a window could not be kept")
                window.hide()

    async def close(self) -> None:
        """Close the services that belong to windows."""
        files = None if self.main is None else self.main.control.files
        services = (self._trial, self.setup, files)
        await close_in_order(
            [service.close for service in services if service is not None],
            [self._scope.close],
        )

    def dispose(self) -> None:
        """Let Qt delete the windows."""
        for window in (self.wizard, self.main):
            if window is not None:
                window.deleteLater()

    def _request_quit(self) -> None:
        if self.main is None or self.main.may_end():
            self.quitRequested.emit()

    # --- the wizard

    def open_wizard(self, at: SetupStep | None) -> None:
        """Show the wizard.

        Args:
            at: the step to begin at; None for the one at which an earlier run ended.
        """
        if self.wizard is not None:
            self.raise_window()
            return
        from caal_desktop.widgets.wizard.window import WizardWindow

        services = self._services
        setup = SetupService(services.settings, services.keys, services.catalogue, self)
        is_demo = self._demo is not None
        wizard = WizardWindow(
            setup,
            services.keys,
            services.catalogue,
            self._make_trial,
            services.settings,
            self.commands,
            demo=is_demo,
            parent=self.main,
        )
        wizard.offer_sign_in(lambda: services.sign_in)
        self.wizard, self.setup = wizard, setup
        self.setupBegun.emit(setup)
        self._give_demo_key()
        wizard.closed.connect(self._on_wizard_closed)
        wizard.requestLikely.connect(services.warm_up)
        if self.main is not None:
            wizard.setWindowModality(Qt.WindowModality.WindowModal)
        wizard.begin(at)
        self._first_paint.watch(wizard)
        wizard.show()
        if self._first_paint.has_happened:
            self._build_wizard_ahead()

    def _make_trial(self) -> ChatService:
        self._trial = self._services.chat_services.new_chat()
        return self._trial

    def _give_demo_key(self) -> None:
        if self.wizard is not None and self._demo is not None and self._demo.key:
            self.wizard.set_demo_key(self._demo.key, self._demo.stands_for)

    def _build_wizard_ahead(self) -> None:
        self._scope.start(self._build_later_pages(), name="wizard")

    async def _build_later_pages(self) -> None:
        """Build the wizard's later pages while the user reads the first."""
        from caal_desktop.widgets.wizard.page_builder import import_ahead

        await asyncio.to_thread(import_ahead)
        if self.wizard is not None:
            self.wizard.build_ahead()

    def _on_wizard_closed(self) -> None:
        wizard, setup, trial = self.wizard, self.setup, self._trial
        self.wizard = self.setup = self._trial = None
        if wizard is not None:
            wizard.deleteLater()
        for service in (setup, trial):
            if service is not None:
                self._services.dispose(service)
        if self.main is None and not self._services.settings.current.setup_completed:
            self.quitRequested.emit()
        elif self._open_or_end(self._open_main):
            self._fill_main()

    # --- the main window

    def _open_main(self) -> None:
        from caal_desktop.widgets.main.main_window import MainWindow

        if self.main is None:
            services = self._services
            main = MainWindow(
                services.chat_services.chat,
                services.keys,
                services.catalogue,
                services.settings,
                self.commands,
                demo=self._demo is not None,
            )
            main.closed.connect(self.quitRequested)
            main.requestLikely.connect(services.warm_up)
            services.chat_services.spending.limitPassed.connect(main.notice.show_limit)
            services.chat_services.failed.connect(services.keys.check_after_failure)
            main.control.enable_compare(services.chat_services.begin_compared)
            main.control.compared.connect(services.chat_services.end_compared)
            self.main = main
            self._first_paint.watch(main)
        self.main.show()

    def _fill_main(self) -> None:
        """Begin what the main window does not need for its first paint."""
        if self.main is not None:
            self._begin_parts(self._services.keys.begin, self._services.open_catalogue, self._begin_history)

    def _begin_history(self) -> None:
        if self.main is not None and not self._services.chat_services.has_history:
            chat_services = self._services.chat_services
            # First: what fails while the others begin is heard.
            self.main.watch_unsaved(chat_services.unsaved)
            self.main.show_history(chat_services.history)
            self.main.keep_drafts(chat_services.drafts)
            self.main.offer_rescued(chat_services.rescue)

    def _after_first_paint(self) -> None:
        if self.wizard is not None:
            self._begin_parts(self._build_wizard_ahead)
        self._fill_main()

    def _begin_parts(self, *parts: Callable[[], None]) -> None:
        """Begin what the window can do without; where something fails, the rest is begun all the same."""
        errors: list[Exception] = []
        for begin in parts:
            try:
                begin()
            except Exception as error:
                logger.exception("A part of the program could not be begun")
                errors.append(error)
        if errors:
            self.partsFailed.emit(errors)

    def _on_migrated(self, provider: str) -> None:
        if self.main is not None:
            self.main.notice.show_migrated(provider, self._services.keys.store_name)

    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        if state is Qt.ApplicationState.ApplicationActive and not self._is_closed:
            self._services.keys.credit.look()

    # --- the settings

    def open_settings(self, page: Group | None = None) -> None:
        """Show the settings.

        Args:
            page: the page to show; None for the one that was shown last.
        """
        from caal_desktop.widgets.settings.dialog import SettingsDialog

        if self._settings_dialog is None:
            services = self._services
            dialog = SettingsDialog(
                services.settings,
                services.keys,
                services.catalogue,
                services.transfer,
                services.bundles,
                self.commands,
                sign_in=services.sign_in,
                parent=self.wizard or self.main,
            )
            dialog.requestLikely.connect(services.warm_up)
            dialog.everythingReset.connect(services.measurements.clear)
            dialog.finished.connect(self._on_settings_closed)
            self._settings_dialog = dialog
            dialog.open()
        if (wanted := page or self._settings_page) is not None:
            self._settings_dialog.show_page(wanted)

    def _on_settings_closed(self, _result: int) -> None:
        dialog, self._settings_dialog = self._settings_dialog, None
        if dialog is not None:
            self._settings_page = dialog.shown_page
            dialog.deleteLater()

    # --- when a window cannot be opened

    def _open_or_end(self, open_window: Callable[[], None]) -> bool:
        """Open a window that the program cannot do without; where that fails, tell so.

        Returns:
            Whether it is open.
        """
        try:
            open_window()
        except Exception as error:
            # Whatever it is: it leaves the application's run from there, is logged, and told with what can be done.
            self.startFailed.emit(error)
            return False
        return True
