"""The chat's services: conversation, history, spending and comparisons. Each is made when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.closing import close_in_order
from caal_desktop.services.task_scope import TaskScope

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.chat.answered_turn import AnsweredTurn
    from caal_desktop.services.chat.chat_service import ChatService
    from caal_desktop.services.chat.spend_guard import SpendGuard
    from caal_desktop.services.history.draft_keeper import DraftKeeper
    from caal_desktop.services.history.history_service import HistoryService
    from caal_desktop.services.history.rescue import Rescue
    from caal_desktop.services.history.unsaved import Unsaved
    from caal_desktop.services.providers.provider_pool import ProviderPool
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.paths import AppPaths
    from caal_desktop.storage.settings.schema import Settings


class ChatServices(QObject):
    """The chat's services. Their modules are imported in the methods: the first paint needs none of them.

    Args:
        pool: lends the clients.
        settings: the settings.
        paths: the program's folders.
        answered: takes the :class:`~caal_desktop.services.chat.answered_turn.AnsweredTurn` of each whole answer of the
            chat and of the trial. In a comparison models are asked at the same time, and make each other slower.

    Signals:
        failed: carries the error of an answer of the test chat; None for an answer without one.
    """

    failed = Signal(object)

    def __init__(
        self,
        pool: ProviderPool,
        settings: SettingsService,
        paths: AppPaths,
        answered: Callable[[AnsweredTurn], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._pool, self._settings, self._paths, self._answered = pool, settings, paths, answered
        self._chat: ChatService | None = None
        self._history: HistoryService | None = None
        self._drafts: DraftKeeper | None = None
        self._unsaved: Unsaved | None = None
        self._rescue: Rescue | None = None
        self._spending: SpendGuard | None = None
        self._compared_chats: list[ChatService] = []
        self._days = settings.current.history_days
        self._scope = TaskScope("chat parts")
        settings.changed.connect(self._on_settings)

    @property
    def chat(self) -> ChatService:
        """The test chat's conversation."""
        if self._chat is None:
            self._chat = self.new_chat()
            self._chat.statusChanged.connect(self._on_status)
        return self._chat

    @property
    def has_history(self) -> bool:
        """Whether the history has been made."""
        return self._history is not None

    @property
    def history(self) -> HistoryService:
        """The history of the chat's conversations."""
        if self._history is None:
            from caal_desktop.services.history.history_service import HistoryService
            from caal_desktop.widgets.common.formats import format_value
            from caal_desktop.widgets.common.translation import translated

            self._history = HistoryService(
                self.chat, self._paths.history_file, self, translate=translated, format_value=format_value
            )
            self._history.keep_for(self._days)
        return self._history

    @property
    def drafts(self) -> DraftKeeper:
        """Keeps what is being written."""
        if self._drafts is None:
            from caal_desktop.services.history.draft_keeper import DraftKeeper

            self._drafts = DraftKeeper(self._paths.draft_file, self)
        return self._drafts

    @property
    def unsaved(self) -> Unsaved:
        """What of conversations and draft is not saved."""
        if self._unsaved is None:
            from caal_desktop.services.history.unsaved import Unsaved

            self._unsaved = Unsaved(self.history, self.drafts, self)
        return self._unsaved

    @property
    def rescue(self) -> Rescue:
        """Keeps what cannot be saved where the program has to end."""
        if self._rescue is None:
            from caal_desktop.services.history.rescue import Rescue

            self._rescue = Rescue(self._paths, self.unsaved, self.history, self.drafts, self)
        return self._rescue

    @property
    def spending(self) -> SpendGuard:
        """The spend guard of the chat."""
        if self._spending is None:
            from caal_desktop.services.chat.spend_guard import SpendGuard

            self._spending = SpendGuard(self._settings, self._paths.spending_file, self)
            self._spending.watch(self.chat)
        return self._spending

    def new_chat(self) -> ChatService:
        """Return a new conversation, which the caller closes."""
        chat = self._make_chat()
        chat.answered.connect(self._answered)
        return chat

    def begin_compared(self) -> ChatService:
        """Return a new conversation of a comparison; :meth:`end_compared` closes it."""
        self._compared_chats.append(self._make_chat())
        return self._compared_chats[-1]

    def _make_chat(self) -> ChatService:
        from caal_desktop.services.chat.chat_service import ChatService

        return ChatService(self._pool, self)

    def end_compared(self, chats: list[ChatService]) -> None:
        """Close the conversations of a comparison."""
        for chat in chats:
            self._compared_chats.remove(chat)
            self._scope.start(self._dispose(chat), name="dispose", exclusive=False)

    async def close(self) -> None:
        """Stop the answers, then write what must be written."""
        # What keeps is closed behind what changes what is kept.
        changing = (*self._compared_chats, self._chat, self._rescue)
        keeping = (self._drafts, self._history, self._spending)
        await close_in_order(
            [service.close for service in changing if service is not None],
            [*(service.close for service in keeping if service is not None), self._scope.close],
        )

    @property
    def is_unsaved(self) -> bool:
        """Whether something that the user wrote is known not to be saved."""
        return self._unsaved is not None and self._unsaved.would_be_lost

    def keep_unsaved(self) -> None:
        """Keep in another place what could not be saved in its own; blocks for seconds at the most."""
        if self._rescue is not None:
            self._rescue.keep_now()

    async def _dispose(self, chat: ChatService) -> None:
        await chat.close()
        chat.deleteLater()

    def _on_status(self, index: int) -> None:
        if index < len(self.chat.messages) and not self.chat.messages[index].status.is_open:
            self.failed.emit(self.chat.messages[index].error)

    def _on_settings(self, settings: Settings) -> None:
        if self._history is not None and settings.history_days != self._days:
            self._history.keep_for(settings.history_days)
        self._days = settings.history_days
