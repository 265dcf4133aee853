"""Asks, where the user ends the program while what was written is not saved, what is to become of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox

from caal_desktop.storage.errors import DraftNotSaved
from caal_desktop.widgets.common.message_box import MessageBox
from caal_desktop.widgets.common.translation import reason_and_advice, words_of

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from caal_desktop.services.history.trouble import Trouble
    from caal_desktop.services.history.unsaved import Unsaved


class UnsavedQuestion(QObject):
    """Stands between the wish to end the program and its end.

    Another attempt is made at once, and the user is asked only where it fails, too. The end of the session asks nobody,
    and neither does a signal.

    Args:
        unsaved: what is not saved.
        window: the window that the question is about.

    Signals:
        endWanted: everything is saved, or the user does without it.
        exportWanted: the user wants a copy of a conversation that is not saved.
    """

    endWanted = Signal()
    exportWanted = Signal()

    def __init__(self, unsaved: Unsaved, window: QWidget) -> None:
        super().__init__(window)
        self._unsaved, self._window = unsaved, window
        self._is_ending = False
        self._box: QMessageBox | None = None
        unsaved.troubleChanged.connect(self._on_trouble)

    def may_end(self) -> bool:
        """Return whether the program may end now; where not, :attr:`endWanted` comes later, or never."""
        application = QGuiApplication.instance()
        if not self._unsaved.would_be_lost or (
            isinstance(application, QGuiApplication) and application.isSavingSession()
        ):
            return True
        if self._box is None:
            self._try()
        return False

    def _try(self) -> None:
        self._is_ending = True
        self._unsaved.retry()

    def _on_trouble(self, trouble: Trouble | None) -> None:
        is_ending, box = self._is_ending or self._box is not None, self._box
        if trouble is None and is_ending:
            self._is_ending = False
            if box is not None:
                box.close()
            self.endWanted.emit()
        elif trouble is not None and self._is_ending and not trouble.is_trying:
            self._is_ending = False
            self._ask(trouble)

    def _ask(self, trouble: Trouble) -> None:
        count, text = self._unsaved.conversations, words_of(trouble.error)
        is_draft_alone = isinstance(trouble.error, DraftNotSaved)
        if is_draft_alone:
            title = self.tr("The message that you are writing is not saved yet")
        elif count:
            title = self.tr("%n conversations are not saved yet", "", count)
        else:
            title = self.tr("Some changes to your conversations are not saved yet")
        reason = reason_and_advice(text)
        if self._unsaved.has_draft and not is_draft_alone:
            nor_draft = self.tr("Nor is the message that you are writing.")
            reason = f"{nor_draft} {reason}"
        lost = self.tr("If you quit now, what is not saved is lost.")
        box = MessageBox(self._window)
        box.setObjectName("unsaved")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(title)
        box.setInformativeText(f"{reason}\n\n{lost}")
        again = box.addButton(self.tr("Try again"), QMessageBox.ButtonRole.AcceptRole)
        again.setObjectName("unsaved.retry")
        again.clicked.connect(self._try)
        if count and not is_draft_alone:
            export = box.addButton(self.tr("Export a copy…"), QMessageBox.ButtonRole.ActionRole)
            export.setObjectName("unsaved.export")
            export.clicked.connect(self.exportWanted)
        end = box.addButton(self.tr("Quit without saving"), QMessageBox.ButtonRole.DestructiveRole)
        end.setObjectName("unsaved.quit")
        end.clicked.connect(self._give_up)
        stay = box.addButton(QMessageBox.StandardButton.Cancel)
        stay.setObjectName("unsaved.cancel")
        box.setDefaultButton(again)
        box.setEscapeButton(stay)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(self._on_answered)
        self._box = box
        box.open()

    def _give_up(self) -> None:
        self._unsaved.give_up()
        self.endWanted.emit()

    def _on_answered(self) -> None:
        self._box = None
