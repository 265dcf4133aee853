"""A message above the chat about what has happened and is over: a limit was exceeded, a key was moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.services.chat.spend_guard import SpendingPeriod
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.formats import money
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, MessagePanel
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import reason_and_advice, words_of
from caal_desktop.widgets.keys.store_texts import store_in_a_sentence

if TYPE_CHECKING:
    from caal_desktop.services.chat.spend_guard import LimitPassed
    from caal_desktop.storage.errors import StorageError


class NoticeStrip(QWidget):
    """Stays until it is dismissed."""

    def __init__(self, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.panel = MessagePanel(name=f"{name}.panel", parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID * 2, design.GRID, design.GRID * 2, design.GRID)
        layout.addWidget(self.panel)
        self.hide()

    def show_limit(self, passed: LimitPassed) -> None:
        """Say that the day or the conversation has cost more than the user's limit."""
        template = (
            self.tr("Today's answers have cost {spent}")
            if passed.period is SpendingPeriod.DAY
            else self.tr("This conversation has cost {spent}")
        )
        self._show(
            MessageKind.WARNING,
            template.format(spent=money(passed.spent)),
            self.tr(
                "You asked to be told above {limit}. Nothing is stopped; the amount can be changed in the settings."
            ).format(limit=money(passed.limit)),
        )

    def show_migrated(self, provider: str, store: str) -> None:
        """Say that a key which was kept for the session only is in the keyring now."""
        title = provider_title(provider) if provider in PROVIDERS else provider
        self._show(
            MessageKind.SUCCESS,
            self.tr("Your key for {provider} is in {store} now").format(
                provider=title, store=store_in_a_sentence(store)
            ),
            self.tr("It was kept for this session only, because the store could not be used before."),
        )

    def show_failure(self, error: StorageError) -> None:
        """Say what was wrong with what is kept, or with a file that was to be written."""
        text = words_of(error)
        self._show(MessageKind.WARNING, text.what, reason_and_advice(text))

    def show_exported(self, name: str) -> None:
        """Say that a conversation was written to a file."""
        self._show(MessageKind.SUCCESS, self.tr("Exported"), name)

    def _show(self, kind: MessageKind, title: str, body: str) -> None:
        self.panel.show_message(kind, title, body, (MessageAction("dismiss", self.tr("OK"), self._dismiss),))
        self.show()

    def _dismiss(self) -> None:
        # The panel first, which knows where the focus goes.
        self.panel.hide()
        self.hide()
