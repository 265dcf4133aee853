"""Notices that the model in use is no longer listed, and finds a replacement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService, CatalogueState

if TYPE_CHECKING:
    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Vanished:
    """A model in use that its provider no longer lists.

    Attributes:
        model_id: its id.
        replacement: the most similar model that is listed; None where there is none.
    """

    model_id: str
    replacement: ModelInfo | None


class VanishedModelWatch(QObject):
    """Checks the model in use after every change of the list or of the settings.

    Signals:
        changed: carries the :class:`Vanished`; None while the model in use is listed.
    """

    changed = Signal(object)

    def __init__(self, catalogue: CatalogueService, settings: SettingsService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue, self._settings = catalogue, settings
        self._vanished: Vanished | None = None
        self._requested = ""
        self._judged: CatalogueView | None = None
        catalogue.changed.connect(self._check)
        catalogue.replacementFound.connect(self._on_replacement)
        settings.changed.connect(self._on_settings)

    @property
    def vanished(self) -> Vanished | None:
        """The model in use that is no longer listed; None while it is listed."""
        return self._vanished

    def _on_settings(self, _settings: Settings) -> None:
        self._check(self._catalogue.current)

    def _check(self, catalogue: Catalogue) -> None:
        settings = self._settings.current
        model_id = settings.of().model
        # Only a fresh list proves that a model is not in it.
        is_current = catalogue.state is CatalogueState.READY and catalogue.provider == settings.provider
        view = catalogue.view
        if not is_current or view is None or not model_id or view.find(model_id) or view.routed(model_id):
            self._requested, self._judged = "", None
            self._publish(None)
        elif self._requested != model_id or self._judged is not view:
            # Of the same models, judged anew, another one may be the nearest.
            self._requested, self._judged = model_id, view
            self._catalogue.request_replacement(model_id)

    def _on_replacement(self, model_id: str, found: ModelInfo | None) -> None:
        if model_id == self._requested:
            self._publish(Vanished(model_id, found))

    def _publish(self, vanished: Vanished | None) -> None:
        if vanished != self._vanished:
            self._vanished = vanished
            self.changed.emit(vanished)
