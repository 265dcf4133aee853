"""The running program: its start and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from caal_desktop import exit_status
from caal_desktop.app.demo_run import DemoRun
from caal_desktop.app.first_paint import FirstPaint
from caal_desktop.app.services import Services
from caal_desktop.app.start_failure import details_of, show_failure
from caal_desktop.app.windows import Windows
from caal_desktop.resource_files import incomplete_installation
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.closing import close_in_order
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.services.task_scope import TaskScope
from caal_desktop.storage.errors import SecretInSettings
from caal_desktop.storage.kept_parts import KeptPart
from caal_desktop.widgets.common.appearance import Appearance
from caal_desktop.widgets.main.failed_start import FailedStart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PySide6.QtWidgets import QApplication

    from caal_desktop.demo.launcher import DemoProcess
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.process.start_trace import StartTrace
    from caal_desktop.storage.errors import StorageError
    from caal_desktop.storage.kept_parts import NotKept
    from caal_desktop.storage.paths import AppPaths
    from caal_desktop.storage.settings.store import LoadedSettings, SettingsStore
    from caal_desktop.widgets.common.translation import Described

logger = logging.getLogger(__name__)

QUIT_DEADLINE_S = 3.0
"""Seconds that all services together may take to close."""

SETTINGS_DEADLINE_S = 1.0
"""Seconds that the last write of the settings may take after that: their drive may be dead."""


class Application(QObject):
    """The running program.

    Args:
        app: the Qt application.
        paths: the program's folders.
        store: the settings' file.
        appearance: applies the settings to the Qt application; one of its own where it is None.
        loaded: the settings, where they are not to be read from the file.
        stand_ins: addresses on this machine in place of providers' own, by the provider's name.
        demo: the demo server, not started yet, or None.
        trace: the benchmark's trace, or None.
        notice: what the user has to know about this start, or None.
        not_kept: what cannot be kept in this session, or None.
        verbose: whether everything is logged, whatever the settings say.
    """

    def __init__(
        self,
        app: QApplication,
        paths: AppPaths,
        store: SettingsStore,
        *,
        appearance: Appearance | None = None,
        loaded: LoadedSettings | None = None,
        stand_ins: Mapping[str, str] | None = None,
        demo: DemoProcess | None = None,
        trace: StartTrace | None = None,
        notice: Described | None = None,
        not_kept: NotKept | None = None,
        verbose: bool = False,
    ) -> None:
        super().__init__()
        self._stand_ins, self._trace = dict(stand_ins or {}), trace
        self._notice, self._not_kept = notice, not_kept
        self._quit = asyncio.Event()
        self._status = 0
        self._failure: Exception | None = None
        self._told_failures: set[str] = set()
        self._demo = None if demo is None else DemoRun(demo, self)
        # The address of the program's own demo, which has a profile and a keyring of its own, counts as the provider's.
        # Any other stand-in counts as another address.
        others = {name: url for name, url in self._stand_ins.items() if demo is None or name != demo.stands_for}
        self.services = Services(
            paths, store, self._stand_in, others, self, loaded=loaded, demo=demo is not None, verbose=verbose
        )
        # The size of the text is relative to the system's, which can only be asked for before it was changed.
        self._appearance = Appearance(app) if appearance is None else appearance
        self._appearance.apply(self.services.settings.current)
        self.first_paint = FirstPaint(self)
        self.first_paint.happened.connect(self._after_first_paint)
        self.windows = Windows(app, self.services, self.first_paint, self._demo, self)
        self.windows.quitRequested.connect(self.quit)
        self.windows.startFailed.connect(self._on_window_failed)
        self.windows.partsFailed.connect(self._on_parts_failed)
        TaskScope.on_failure = self._on_task_failed
        if trace is not None:
            self.windows.setupBegun.connect(lambda setup: setup.keyChanged.connect(self._note_key))
        if self._demo is not None:
            self._demo.failed.connect(self._show_in_box)
        self.services.keys.stateChanged.connect(self._on_key)
        self.services.settings.changed.connect(self._appearance.apply)
        self.services.settings.saveFailed.connect(self._on_save_failed)
        app.commitDataRequest.connect(self._on_session_ending)

    async def run(self) -> int:
        """Show the first window, and return when the program has ended.

        Returns:
            The exit status.

        Raises:
            Exception: what has kept a window from being built that the program cannot do without. All is closed then.
        """
        try:
            self.windows.open_first()
            await self._quit.wait()
        finally:
            await self._shut_down()
        if self._failure is not None:
            raise self._failure
        return self._status

    def quit(self) -> None:
        """Ask the program to end."""
        self._quit.set()

    # --- start

    async def _stand_in(self, provider: str) -> str | None:
        if self._demo is not None and provider == self._demo.stands_for:
            return await self._demo.address()
        return self._stand_ins.get(provider)

    def _after_first_paint(self) -> None:
        if self._trace is not None:
            self._note("first_paint")
            QTimer.singleShot(1000, self, lambda: self._note("idle"))
        if self._demo is not None:
            self._demo.start()
        notices = (self.services.settings_notice, self._notice, self._not_kept, incomplete_installation())
        self._show_in_box(*(notice for notice in notices if notice is not None))

    def _on_key(self, _secret: str, _state: KeyState) -> None:
        # A provider whose list of models needs a key could not be asked for it before the key was read, or the user had
        # allowed to send it there.
        services, settings = self.services, self.services.settings.current
        if not self.windows.is_main_in_use:
            return
        is_needed = services.catalogue.current.state is CatalogueState.EMPTY
        is_ready = not services.keys.state(settings.provider).is_awaited
        if is_needed and is_ready and connection_for(settings, services.keys) is not None:
            services.open_catalogue()

    # --- end

    def _on_session_ending(self) -> None:
        """Keep what cannot be saved before this returns: Windows ends the process then, without another event.

        The user is not asked, even where the system would wait: nothing is lost, and the next start offers it.
        """
        if self.services.chat_services.is_unsaved:
            self.services.chat_services.keep_unsaved()

    async def _shut_down(self) -> None:
        """Close everything. A part that fails keeps no other one from ending."""
        try:
            with self._noting_failure():
                self.windows.hide()
            with self._noting_failure():
                async with asyncio.timeout(QUIT_DEADLINE_S):
                    demo = [] if self._demo is None else [self._demo.close]
                    await close_in_order([self.windows.close, self.services.close, *demo])
        finally:
            # Whatever else fails, no setting is lost, and no server is left behind.
            TaskScope.on_failure = None
            with self._noting_failure():
                self.services.chat_services.keep_unsaved()
            with self._noting_failure():
                await self._save_settings()
            if self._demo is not None:
                self._demo.stop()
        with self._noting_failure():
            self.windows.dispose()

    @contextlib.contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            logger.warning("Not everything ended within %g seconds", QUIT_DEADLINE_S)
        except Exception:
            # Whatever it is, the rest is to end. No box tells it: the windows have gone, and the end of the session
            # would have to wait for it. What could not be saved is kept by then; log and exit status tell the rest.
            logger.exception("Not everything ended in order")
            self._status = exit_status.NOT_IN_ORDER

    async def _save_settings(self) -> None:
        try:
            async with asyncio.timeout(SETTINGS_DEADLINE_S):
                await self.services.settings.close()
        except TimeoutError:
            logger.warning("The settings were not written within %g seconds", SETTINGS_DEADLINE_S)

    def _on_window_failed(self, error: Exception) -> None:
        self._failure = error
        self.quit()

    def _on_task_failed(self, error: Exception) -> None:
        self._on_parts_failed([error])

    def _on_parts_failed(self, errors: list[Exception]) -> None:
        """Tell what has failed behind the window, once for each failure."""
        new = [error for error in errors if repr(error) not in self._told_failures]
        if not new or self._quit.is_set():
            return
        self._told_failures.update(map(repr, new))
        shown = show_failure(FailedStart(details_of(*new), has_window=True), self.windows.shown, self.quit)
        if shown is not None:
            shown.finished.connect(shown.deleteLater)

    # --- messages and trace

    def _on_save_failed(self, error: StorageError) -> None:
        # What was told at the start is not told again with each change.
        is_known = self._not_kept is not None and KeptPart.SETTINGS in self._not_kept.causes
        if not is_known or isinstance(error, SecretInSettings):
            self._show_in_box(error)

    def _show_in_box(self, *messages: Described) -> None:
        """Show messages in one box; nothing happens without any."""
        from caal_desktop.widgets.common.translation import reason_and_advice, words_of

        if messages:
            first, *others = map(words_of, messages)
            paragraphs = [reason_and_advice(first)]
            paragraphs += [f"{other.what} {reason_and_advice(other)}" for other in others]
            self.windows.show_message_box(first.what, "\n\n".join(filter(None, paragraphs)))

    def _note_key(self, state: KeyState) -> None:
        if state.info is not None and not state.is_busy:
            self._note("key_checked")

    def _note(self, event: str) -> None:
        if self._trace is not None:
            self._trace.note(event)
