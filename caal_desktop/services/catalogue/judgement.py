"""Gathers what a judgement on the models rests on beside their list, and has them judged anew when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject

from caal_desktop.catalogue.fitness.evidence import Figures
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.storage.settings.choices import ProviderSort

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import SignalInstance

    from caal_desktop.catalogue.fitness.evidence import Measured
    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.providers.provider_pool import Connection
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.settings.schema import Settings


class Measurements(Protocol):
    """What a judgement needs of the service that keeps what was measured."""

    @property
    def changed(self) -> SignalInstance:
        """More is known, or less."""

    def measured(self, connection: Connection, settings: Settings) -> Mapping[str, Measured]:
        """Return what was measured of a server's models, asked as a voice turn would ask them now."""


class Judgement(QObject):
    """Keeps the list of models judged by what is known of the hosts, the user's key, and the user's choice among hosts.

    Args:
        catalogue: whose list it is.
        settings: which hosts may answer.
        keys: what the key can pay for, in use or just being given.
        measurements: what this computer measured.
    """

    def __init__(
        self,
        catalogue: CatalogueService,
        settings: SettingsService,
        keys: KeyService,
        measurements: Measurements,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._catalogue, self._settings, self._keys = catalogue, settings, keys
        self._measurements = measurements
        evidence = (catalogue.known_hosts.changed, measurements.changed)
        for signal in (catalogue.changed, catalogue.connected, *evidence, settings.changed, keys.stateChanged):
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
            measured=self._measured(provider),
        )
        if not descriptor_of(provider).can(Capability.ROUTING):
            return figures
        return replace(
            figures,
            allowed=frozenset(settings.allowed_providers),
            ignored=frozenset(settings.ignored_providers),
            quick=settings.asks_quick_hosts or settings.provider_sort is ProviderSort.THROUGHPUT,
        )

    def _measured(self, provider: str) -> Mapping[str, Measured]:
        connection = self._catalogue.connection
        if connection is None or connection.provider != provider:
            return {}
        return self._measurements.measured(connection, self._settings.current)

    def _key(self, provider: str) -> KeyInfo | None:
        # Of the key that the list is requested with: in the wizard that is one that is not kept yet.
        connection = self._catalogue.connection
        is_connected = connection is not None and connection.provider == provider
        return self._keys.info_for(connection) if connection and is_connected else self._keys.state(provider).info
