"""What is done where the program cannot show its window: the user is asked, in whatever can still be shown."""

from __future__ import annotations

import asyncio
import logging
import platform
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, qVersion
from PySide6.QtWidgets import QMessageBox

from caal_desktop import __version__
from caal_desktop.app.foreground import bring_to_front
from caal_desktop.llm.redaction import redact
from caal_desktop.widgets.common.message_box import MessageBox, breakable
from caal_desktop.widgets.main.failed_start import fresh_text, leave_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication, QDialog, QWidget

    from caal_desktop.widgets.main.failed_start import FailedStart

logger = logging.getLogger(__name__)

_MAX_DETAILS = 20_000
"""Characters: an error may repeat whatever it stumbled over."""


def details_of(*errors: BaseException) -> str:
    """Return what helps to find the cause of errors: versions and tracebacks, without secrets."""
    versions = f"CAAL Desktop {__version__} · Qt {qVersion()} · Python {platform.python_version()}"
    traces = redact("\n".join("".join(traceback.format_exception(error)) for error in errors))
    return f"{versions} · {platform.platform()}\n\n{traces[-_MAX_DETAILS:]}"


def show_failure(failed: FailedStart, parent: QWidget | None, start_afresh: Callable[[], object]) -> QDialog | None:
    """Show a message about a failure; it does not wait for an answer.

    Args:
        failed: what is known of it.
        parent: the window that it belongs to, if there is one.
        start_afresh: called when the user wants to start with fresh settings, before the message closes.

    Returns:
        What is shown; None where nothing can be.
    """
    # What has kept the window from being built may keep the dialog from it, too.
    for build in (_dialog, _plain_box):
        try:
            shown = build(failed, parent, start_afresh)
            shown.open()
        except Exception:
            # Its cause was logged by whoever wants to tell it; where no window can be shown, the log, which goes to the
            # terminal, too, and the exit status are all that is left.
            logger.exception("The failure could not be told by a window of its own")
        else:
            return shown
    return None


def _dialog(failed: FailedStart, parent: QWidget | None, start_afresh: Callable[[], object]) -> QDialog:
    from caal_desktop.widgets.main.start_failure_dialog import StartFailureDialog

    dialog = StartFailureDialog(failed, parent)
    dialog.freshRequested.connect(start_afresh)
    return dialog


def _plain_box(failed: FailedStart, parent: QWidget | None, start_afresh: Callable[[], object]) -> QDialog:
    """Return a box of Qt's own, which needs neither icons nor colours of the program."""
    box = MessageBox(parent)
    box.setObjectName("failure.plain")
    box.setIcon(QMessageBox.Icon.Critical)
    box.setText(failed.title)
    box.setInformativeText(breakable(failed.text))
    box.setDetailedText(failed.details)
    if failed.fresh_name:
        fresh = box.addButton(fresh_text(), QMessageBox.ButtonRole.AcceptRole)
        # Not when the button is clicked: the box hears of that before anyone else, and has closed by then.
        box.finished.connect(lambda _result: start_afresh() if box.clickedButton() == fresh else None)
    leave = box.addButton(leave_text(failed), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    box.setEscapeButton(leave)
    return box


class StartFailure(QObject):
    """The question what to do after a start that has failed.

    Args:
        app: the Qt application.
    """

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._shown: QDialog | None = None
        self._answer: asyncio.Future[bool] | None = None

    async def ask(self, failed: FailedStart) -> bool:
        """Tell the user what happened, and ask what to do.

        Returns:
            Whether to start with fresh settings; the program is to end otherwise.
        """
        self._answer = asyncio.get_running_loop().create_future()
        self._shown = show_failure(failed, None, lambda: self._decide(fresh=True))
        if self._shown is None:
            return False
        self._shown.finished.connect(lambda _result: self._decide(fresh=False))
        try:
            return await self._answer
        finally:
            self._shown.hide()
            self._shown.deleteLater()
            self._shown = None

    def end(self) -> None:
        """Ask no longer: the program is to end."""
        self._decide(fresh=False)

    def raise_window(self, token: str = "") -> bool:
        """Bring the question to the front.

        Args:
            token: what the desktop gave another start of the program so that a window may come to the front, or "".

        Returns:
            Whether it is being asked.
        """
        if self._shown is None:
            return False
        bring_to_front(self._app, self._shown, token)
        return True

    def _decide(self, *, fresh: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(fresh)
