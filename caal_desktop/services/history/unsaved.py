"""What the user wrote and would lose if the program ended now: in conversations, and in the message being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.history.trouble import Trouble

if TYPE_CHECKING:
    from caal_desktop.services.history.draft_keeper import DraftKeeper
    from caal_desktop.services.history.history_service import HistoryService


class Unsaved(QObject):
    """What is not saved: mostly one cause keeps both from the disk, so both are told as one.

    Args:
        history: the conversations.
        drafts: the message that is being written.

    Signals:
        troubleChanged: a :class:`~caal_desktop.services.history.trouble.Trouble` while something cannot be written;
            None once everything is.
    """

    troubleChanged = Signal(object)

    def __init__(self, history: HistoryService, drafts: DraftKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history, self._drafts = history, drafts
        self._is_given_up = False
        history.troubleChanged.connect(self._on_history)
        drafts.troubleChanged.connect(lambda _trouble: self.troubleChanged.emit(self.trouble))

    @property
    def trouble(self) -> Trouble | None:
        """Why something cannot be written at the moment: the conversations' reason where both cannot."""
        conversations, draft = self._history.trouble, self._drafts.trouble
        if conversations is None or draft is None:
            return conversations or draft
        return Trouble(conversations.error, conversations.is_trying or draft.is_trying)

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Ids and titles of the conversations that are not saved, the one that is shown first."""
        return self._history.unsaved_titles()

    @property
    def conversations(self) -> int:
        """How many conversations have something that is not written."""
        return self._history.unsaved

    @property
    def has_draft(self) -> bool:
        """Whether the message that is being written is not saved."""
        return self._drafts.trouble is not None

    @property
    def would_be_lost(self) -> bool:
        """Whether the end of the program would lose what could not be written: text, a deletion, another title."""
        return self.has_draft or (self._history.trouble is not None and self._history.has_unwritten)

    @property
    def is_given_up(self) -> bool:
        """Whether the user does without what is not saved."""
        return self._is_given_up

    def give_up(self) -> None:
        """Do without what is not saved: the user said so."""
        self._is_given_up = True

    def retry(self) -> None:
        """Try at once to write what could not be written."""
        self._history.retry()
        self._drafts.retry()

    def begin_anew(self) -> None:
        """Keep conversations in a new file from now on, where the one that was open is missing."""
        self._history.begin_anew()

    def _on_history(self, trouble: Trouble | None) -> None:
        if trouble is None:
            # The cause was probably the same.
            self._drafts.retry()
        self.troubleChanged.emit(self.trouble)
