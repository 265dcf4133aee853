"""One run of the program as a process: logging, the Qt application, the event loop, one instance per profile."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QMessageLogContext, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop

from caal_desktop import __version__, exit_status
from caal_desktop.app.application import Application
from caal_desktop.app.languages import install_language
from caal_desktop.app.program_run import ProgramRun
from caal_desktop.app.start_failure import StartFailure, details_of
from caal_desktop.services.process.single_instance import (
    Claim,
    FirstInstanceSilent,
    InstanceUnguarded,
    SingleInstance,
)
from caal_desktop.services.process.start_trace import StartTrace
from caal_desktop.services.process.unix_signals import UnixSignals
from caal_desktop.storage.errors import HomeUnknown, StorageError
from caal_desktop.storage.kept_parts import KeptPart, NotKept, unusable_parts
from caal_desktop.storage.logs.log_file import LOG_THREAD, CrashLogging, LogSetup, install_crash_logging, set_up_logging
from caal_desktop.storage.paths import AppPaths
from caal_desktop.storage.settings.store import SettingsStore
from caal_desktop.widgets.common.appearance import Appearance
from caal_desktop.widgets.common.icons import application_icon
from caal_desktop.widgets.common.scroll_interface import install_scroll_interface
from caal_desktop.widgets.main.failed_start import FailedStart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from caal_desktop.demo.launcher import DemoProcess
    from caal_desktop.llm.errors.text import DescribedError
    from caal_desktop.storage.settings.store import LoadedSettings

logger = logging.getLogger(__name__)

_WORKERS = 4
_LOGGING_RULES = "QT_LOGGING_RULES"
_NO_WINDOWS = """\
caal-desktop: Qt cannot open a window here, for the reason above. You can
  - start the program from a terminal inside your desktop session, if the display was not found,
  - or install what is missing; on Debian and Ubuntu:   sudo apt install libxcb-cursor0 libxkbcommon-x11-0 libegl1
  - or unset QT_QPA_PLATFORM, if it names what is not there.
"""


class QtApplication(QApplication):
    """The Qt application; does not end by itself.

    Signals:
        endRequested: the platform wants the program to end (the session closes, Quit in a dock's menu).
    """

    endRequested = Signal()

    def event(self, event: QEvent) -> bool:
        """Handle the request to quit: Qt would leave the event loop before anything could be saved."""
        if event.type() == QEvent.Type.Quit:
            event.ignore()
            self.endRequested.emit()
            return True
        return super().event(event)


def run_program(*, demo: bool = False, verbose: bool = False, stand_ins: Mapping[str, str] | None = None) -> int:
    """Run the program until it ends.

    Args:
        demo: answer from a demo server on this computer, in a profile of its own.
        verbose: write more into the log.
        stand_ins: addresses on this machine that stand for providers' own, by the provider's name.

    Returns:
        0 after an ordinary end (also when another instance was raised instead), else one of
        :mod:`caal_desktop.exit_status`.
    """
    paths, unkept = _folders(demo=demo)
    logs, crashes = _logs(paths, unkept, verbose=verbose)
    not_kept = NotKept(unkept) if unkept else None
    if not_kept is not None:
        logger.warning("%s", not_kept)
    app = _qt_application()
    loop = QEventLoop(app, set_running_loop=False)
    crashes.watch_loop(loop)
    options = {"stand_ins": stand_ins, "not_kept": not_kept, "verbose": verbose}
    log_file = None if KeptPart.LOG in unkept else paths.log_file
    status = exit_status.CANNOT_START
    try:
        status = _claim_and_run(app, loop, paths, log_file, demo=demo, options=options)
    except Exception as error:
        logger.exception("CAAL Desktop cannot start")
        failure = StartFailure(app)
        app.endRequested.connect(failure.end)
        loop.run_until_complete(failure.ask(FailedStart(details_of(error), log_file=log_file)))
    finally:
        _end_now_if_a_thread_goes_on(status)
        loop.close()
        crashes.close()
        logs.close()
    return status


def _claim_and_run(
    app: QtApplication,
    loop: QEventLoop,
    paths: AppPaths,
    log_file: Path | None,
    *,
    demo: bool,
    options: dict[str, Any],
) -> int:
    instance = SingleInstance(paths)
    claim = instance.claim(_activation_token())
    if claim is Claim.SHOWN:
        logger.info("Another instance has shown its window")
        return 0
    notice = _notice_of(claim, options["not_kept"])
    if notice is not None:
        logger.warning("%s", notice)
    executor = ThreadPoolExecutor(_WORKERS, thread_name_prefix="worker")
    loop.set_default_executor(executor)
    _watch_async_generators(loop)
    signals = UnixSignals(app)
    store, appearance, trace = SettingsStore(paths.settings_file), Appearance(app), StartTrace.from_environment(app)

    def make(loaded: LoadedSettings | None) -> Application:
        server = _demo_process() if demo else None
        made = Application(
            app, paths, store, loaded=loaded, appearance=appearance, demo=server, trace=trace, notice=notice, **options
        )
        made.first_paint.happened.connect(_collect_garbage)
        return made

    try:
        status: int = loop.run_until_complete(_run(ProgramRun(app, store, make, log_file, app), app, instance, signals))
    finally:
        signals.close()
        instance.release()
        executor.shutdown(wait=False, cancel_futures=True)
        sys.set_asyncgen_hooks(None, None)
    return status


def _notice_of(claim: Claim, not_kept: NotKept | None) -> DescribedError | None:
    """Return what the user has to know of a claim; None where that is nothing."""
    if claim is Claim.UNANSWERED:
        return FirstInstanceSilent()
    # Windows that keep nothing do not disturb each other, and the user is told already which folders to look after.
    shared = {KeptPart.SETTINGS, KeptPart.CONVERSATIONS}
    if claim is Claim.UNGUARDED and not (not_kept is not None and shared <= not_kept.causes.keys()):
        return InstanceUnguarded()
    return None


async def _run(run: ProgramRun, app: QtApplication, instance: SingleInstance, signals: UnixSignals) -> int:
    instance.answer(run.raise_window)
    signals.endRequested.connect(run.end)
    if signals.end_requested:
        run.end()
    app.endRequested.connect(run.end)
    try:
        return await run.run()
    finally:
        await asyncio.get_running_loop().shutdown_asyncgens()


def _activation_token() -> str:
    """Return what the desktop gave this start so that its window may come to the front; "" where it gave nothing."""
    return os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID", "")


def _folders(*, demo: bool) -> tuple[AppPaths, dict[KeptPart, StorageError]]:
    """Return the program's folders, and the errors of what cannot be kept in them."""
    try:
        paths = AppPaths.from_environment()
    except HomeUnknown as error:
        return AppPaths.nowhere(), dict.fromkeys(KeptPart, error)
    if demo:
        # The demo has a profile of its own, beside the user's.
        paths = AppPaths.below(paths.data_dir / "demo")
    return paths, unusable_parts(paths)


def _logs(paths: AppPaths, unkept: dict[KeptPart, StorageError], *, verbose: bool) -> tuple[LogSetup, CrashLogging]:
    """Begin to log; without the file where that cannot be used, which is noted among the errors then."""
    level = logging.DEBUG if verbose else logging.INFO
    log_file, crash_file = (None, None) if KeptPart.LOG in unkept else (paths.log_file, paths.crash_file)
    try:
        logs = set_up_logging(log_file, level=level, stream=sys.stderr)
    except StorageError as error:
        unkept[KeptPart.LOG] = error
        logs = set_up_logging(None, level=level, stream=sys.stderr)
    try:
        crashes = install_crash_logging(crash_file)
    except StorageError as error:
        unkept.setdefault(KeptPart.LOG, error)
        crashes = install_crash_logging(None)
    return logs, crashes


def _collect_garbage() -> None:
    """Enable the garbage collector, without the objects that the start has made."""
    gc.freeze()
    gc.enable()


def _watch_async_generators(loop: QEventLoop) -> None:
    """Have the loop close abandoned asynchronous generators, as asyncio's own loops do and qasync does not.

    The HTTP client below the providers abandons some when an answer is stopped. They fail where the garbage collector
    closes them, outside of any task.
    """
    sys.set_asyncgen_hooks(
        firstiter=loop._asyncgen_firstiter_hook,  # noqa: SLF001 - the only way to what asyncio's run_forever does
        finalizer=loop._asyncgen_finalizer_hook,  # noqa: SLF001
    )


def _qt_application() -> QtApplication:
    QCoreApplication.setApplicationName("caal-desktop")
    QCoreApplication.setApplicationVersion(__version__)
    QGuiApplication.setApplicationDisplayName("CAAL Desktop")
    QGuiApplication.setDesktopFileName("caal-desktop")
    with _fatal_explained(), _quiet_accessibility():
        app = QtApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    install_scroll_interface()
    for furnish in (lambda: app.setWindowIcon(application_icon()), lambda: install_language(app)):
        try:
            furnish()
        except Exception:  # an installation that is not complete must not keep the window from being shown
            logger.exception("The program cannot be shown as it should be")
    return app


@contextmanager
def _fatal_explained() -> Iterator[None]:
    """Say what to do where Qt cannot open any window, and end: Qt would abort the process with a core dump."""

    def handle(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"{message}\n")
        if kind is QtMsgType.QtFatalMsg:
            if sys.stderr is not None:
                sys.stderr.write(_NO_WINDOWS)
                sys.stderr.flush()
            os._exit(exit_status.CANNOT_START)

    qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(None)


@contextmanager
def _quiet_accessibility() -> Iterator[None]:
    """Have Qt, which is started inside, not complain of the events that a masked edit makes it drop.

    By the environment, which Qt reads at its start: rules that are set later take the place of each other. Those of the
    user come behind, where they win; and programs that are started from here inherit nothing of ours.
    """
    rules = os.environ.get(_LOGGING_RULES)
    os.environ[_LOGGING_RULES] = ";".join(filter(None, ("qt.accessibility.atspi.warning=false", rules)))
    try:
        yield
    finally:
        if rules is None:
            del os.environ[_LOGGING_RULES]
        else:
            os.environ[_LOGGING_RULES] = rules


def _demo_process() -> DemoProcess:
    from caal_desktop.demo.launcher import DemoProcess

    if getattr(sys, "frozen", False):
        return DemoProcess(command=[sys.executable, "--demo-server"])
    return DemoProcess()


def run_demo_server(arguments: list[str]) -> int:
    """Run the demo server instead of the program; a frozen program starts it as a process of itself."""
    from caal_desktop.demo.__main__ import main

    return main(arguments)


def _end_now_if_a_thread_goes_on(status: int) -> None:
    """Leave without Python's own end, which no thread of ours may live to see.

    It waits for every worker, and one may hang for minutes in a name look-up or on a dead network drive. It
    ends daemons wherever they are: in the middle of Qt's code that crashes. What had to be saved has been saved by now.
    """
    patience = time.monotonic() + 0.2
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    others = [thread for thread in others if thread.name != LOG_THREAD]
    for thread in others:
        thread.join(max(0.0, patience - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        logging.shutdown()
        if sys.stdout is not None:
            sys.stdout.flush()
        os._exit(status)
