"""Gathers what a judgement on the models rests on beside their list, and has them judged anew when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.settings.choices import ProviderSort

if TYPE_CHECKING:
    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.settings.settings_service import SettingsService


class Judgement(QObject):
    """Keeps the list of models judged by what is known of the hosts, the user's key, and the user's choice among hosts.

    Args:
        catalogue: whose list it is.
        settings: which hosts may answer.
        keys: what the key can pay for, in use or just being given.
    """

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        keys: KeyService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalogue, self._settings, self._keys = catalogue, settings, keys
        hosts = catalogue.known_hosts
        for signal in (catalogue.changed, catalogue.connected, hosts.changed, settings.changed, keys.stateChanged):
            signal.connect(self._update)
        self._update()

    def _update(self) -> None:
        provider = self._catalogue.current.provider
        if provider:
            key = self._key(provider)
            funds = Funds.UNKNOWN if key is None else key.funds
            self._catalogue.judge(self._figures(provider), funds, key)

    def _figures(self, provider: str) -> Figures:
        settings = self._settings.current
        evidence = self._catalogue.known_hosts.evidence(provider)
        figures = Figures(
            {model_id: hosts.endpoints for model_id, hosts in evidence.items()},
            asked_at={model_id: hosts.asked_at for model_id, hosts in evidence.items()},
        )
        if not descriptor_of(provider).can(Capability.ROUTING):
            return figures
        return replace(
            figures,
            allowed=frozenset(settings.allowed_providers),
            ignored=frozenset(settings.ignored_providers),
            quick=settings.asks_quick_hosts or settings.provider_sort is ProviderSort.THROUGHPUT,
        )

    def _key(self, provider: str) -> KeyInfo | None:
        # Of the key that the list is requested with: in the wizard that is one that is not kept yet.
        connection = self._catalogue.connection
        is_connected = connection is not None and connection.provider == provider
        return self._keys.info_for(connection) if connection and is_connected else self._keys.state(provider).info
