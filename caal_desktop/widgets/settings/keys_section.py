"""The keys of all providers, side by side: the chosen provider's, and those of every other one that has a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.storage.settings.provider_table import key_of
from caal_desktop.widgets.common import design
from caal_desktop.widgets.common.controls import TextLabel
from caal_desktop.widgets.keys.key_card import KeyCard

if TYPE_CHECKING:
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.sign_in_service import SignInService
    from caal_desktop.storage.settings.draft import SettingsDraft
    from caal_desktop.widgets.common.command_set import CommandSet


class KeysSection(QWidget):
    """A column of cards, one for each key. A change on a card takes effect at once; it does not wait for OK."""

    def __init__(
        self,
        keys: KeyService,
        commands: CommandSet[[]],
        sign_in: SignInService | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setObjectName("settings.keys")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(design.GRID, design.GRID, design.GRID, design.GRID)
        layout.setSpacing(design.GRID)
        layout.addWidget(
            TextLabel(
                self.tr("Keys are changed at once, without OK. They never leave this computer but to their provider."),
                name="settings.keys.hint",
                scale=0.92,
                muted=True,
                parent=self,
            )
        )
        self.cards: dict[str, KeyCard] = {}
        for provider, descriptor in PROVIDERS.items():
            if not descriptor.takes_key:
                continue
            card = KeyCard(provider, keys, commands, sign_in=sign_in, parent=self)
            self.cards[provider] = card
            layout.addWidget(card)

    def show_draft(self, draft: SettingsDraft) -> None:
        """Show the chosen provider's card, and those of every provider that has a key.

        A key that is given now is for the address that stands in the draft.
        """
        for provider, card in self.cards.items():
            card.setVisible(provider == draft.value("provider") or self._keys.state(provider).is_kept)
            if PROVIDERS[provider].has_address:
                key = key_of(provider, "base_url")
                card.set_address(draft.value(key) if key in draft.changes else None)

    def change(self, provider: str) -> None:
        """Ask for another key."""
        if provider in self.cards:
            self.cards[provider].begin_editing()

    def refresh(self, provider: str) -> None:
        """Ask for the facts of a key."""
        if provider in self.cards:
            self.cards[provider].refresh()

    def leave(self) -> None:
        """Stop waiting for checks; for when the user leaves."""
        for card in self.cards.values():
            card.leave()
