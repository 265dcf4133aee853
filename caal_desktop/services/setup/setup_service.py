"""Carries out the first-run wizard: what the person does on its pages becomes checks, stored keys, settings.

The order of steps is :mod:`caal_desktop.setup_flow`'s; the pages only draw what stands here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.services.providers.connections import catalogue_connection, connection_by, connection_for
from caal_desktop.services.setup.setup_memory import known_state, remembered
from caal_desktop.setup_flow import STEPS, SetupFlow, SetupState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep

if TYPE_CHECKING:
    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.settings.settings_service import SettingsService


class SetupService(QObject):
    """The wizard's hands.

    Signals:
        stepChanged: the current :class:`SetupStep`.
        keyChanged: the :class:`KeyState` of the key that is being given, or of the one in use.
        changed: something that the buttons depend on has changed.
        finished: the person is through.
    """

    stepChanged = Signal(object)
    keyChanged = Signal(object)
    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        settings: SettingsService,
        keys: KeyService,
        catalogue: CatalogueService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, self._keys, self._catalogue = settings, keys, catalogue
        self._flow = SetupFlow()
        self._entry = self._new_entry(settings.current.provider)
        self._drawn = self._entry.state
        self._active = False
        self._model_is_the_persons = False
        self._provider_before: str | None = None
        catalogue.changed.connect(self._on_catalogue)

    @property
    def flow(self) -> SetupFlow:
        """The steps; to be read only."""
        return self._flow

    @property
    def state(self) -> SetupState:
        """Where the person is and what there is so far."""
        return self._flow.state

    @property
    def entry(self) -> KeyEntry:
        """Where the key is given; another one with each provider."""
        return self._entry

    @property
    def key(self) -> KeyState:
        """The key that is being given, or else the one in use."""
        return self._entry.state

    def begin(self, at: SetupStep | None = None) -> None:
        """Start the wizard, or continue where an earlier run ended.

        Args:
            at: begin at this step even so; what is known is kept.
        """
        settings = self._settings.current
        self._active = True
        self._provider_before = settings.provider if settings.setup_completed else None
        self._flow = SetupFlow(SetupState(provider=settings.provider))
        self._take_known(settings.provider)
        step = settings.setup_step if at is None else at
        if settings.of().key_store is KeyStore.SESSION and not self.key.is_loaded:
            # It was kept for an earlier session only.
            step = min(step, SetupStep.KEY, key=STEPS.index)
        self._flow = SetupFlow.resumed(replace(self.state, step=step))
        self._open_catalogue()
        self.stepChanged.emit(self.state.step)

    def end(self) -> None:
        """The wizard's window is gone: what is on its way for it is stopped, what it knows is remembered.

        A keyring that is taking the key is not stopped, for the key would be there and the settings not know of it.
        """
        if not self._active:
            return
        self._active = False
        if self.key.activity is KeyActivity.STORING:
            return
        self._entry.forget()
        before, settings = self._provider_before, self._settings.current
        looked_around = before is not None and before != settings.provider
        if looked_around and connection_for(settings, self._keys) is None:
            # The person looked at another provider and left: that must not take away what worked.
            self._settings.update(provider=before)

    async def close(self) -> None:
        """End, and wait for the keyring where it is taking a key."""
        self.end()
        await self._keys.wait_for_store()

    # --- welcome

    def choose_provider(self, provider: str) -> None:
        """Choose who answers."""
        if provider != self.state.provider:
            self._entry.forget()
            self._flow.choose_provider(provider)
            self._take_known(provider)
            self._remember()
            self.changed.emit()

    # --- key

    def set_address(self, address: str) -> None:
        """Take over the address of the person's own server."""
        if address != self.state.address:
            self._entry.set_address(address)
            self._flow.set_address(address)
            self.changed.emit()

    def allow_key(self) -> None:
        """The key in use may be sent to the address that is given now, for which it was not given."""
        self._remember()
        self._entry.allow()

    def withhold_key(self) -> None:
        """The key in use must not be sent to the address that is given now."""
        self._remember()
        self._entry.withhold()

    # --- model and trial

    def choose_model(self, model: str) -> None:
        """Choose the model."""
        self._model_is_the_persons = True
        self._take_model(model)

    def set_tried(self) -> None:
        """An answer came and was complete."""
        self._flow.set_tried()
        self.changed.emit()

    # --- steps

    @property
    def can_skip(self) -> bool:
        """Whether the step may be left undone; the model not while its list is on its way."""
        loading = self._catalogue.current.state is CatalogueState.LOADING
        return self._flow.can_skip and not (loading and self.state.step is SetupStep.MODEL)

    def advance(self) -> None:
        """Next: go on; from the key step after the key is in its store."""
        if self.state.step is SetupStep.DONE:
            self._settings.update(setup_completed=True, setup_step=SetupStep.DONE)
            self.finished.emit()
        elif self._flow.can_continue and not self.key.is_busy:
            if self.state.step is SetupStep.KEY and self._entry.candidate is not None:
                self._entry.keep(KeyStore.KEYRING)
            else:
                self._go(self._flow.advance())

    def skip(self) -> None:
        """Leave the step undone and go on."""
        if self._flow.can_skip:
            self._entry.edit()
            self._go(self._flow.skip())

    def back(self) -> None:
        """Go to the step before this one; what was entered stays."""
        if self._flow.can_go_back:
            self._entry.cancel()
            self._go(self._flow.back())

    # --- inside

    def _new_entry(self, provider: str) -> KeyEntry:
        entry = KeyEntry(self._keys, provider, self._settings.current.of(provider).base_url)
        entry.changed.connect(self._on_key)
        entry.kept.connect(self._on_kept)
        entry.passed.connect(self._on_passed)
        return entry

    def _take_known(self, provider: str) -> None:
        """Fill the flow with what settings and keyring know about a provider."""
        self._entry.changed.disconnect(self._on_key)
        self._entry.kept.disconnect(self._on_kept)
        self._entry.passed.disconnect(self._on_passed)
        self._keys.open(provider)
        self._entry = self._new_entry(provider)
        self._flow = SetupFlow(known_state(self._settings.current, provider, self.state.step, self.key.status))
        self._model_is_the_persons = bool(self.state.model)
        self._draw_key()

    def _go(self, step: SetupStep) -> None:
        if step is SetupStep.MODEL:
            self._open_catalogue()
        self._remember()
        self.stepChanged.emit(step)
        self.changed.emit()

    def _open_catalogue(self) -> None:
        state, settings = self.state, self._settings.current
        if state.step is SetupStep.WELCOME:
            return
        given = self._entry.candidate
        if given is not None or state.address != settings.of(state.provider).base_url:
            key = self._entry.candidate_for(state.address) if given else None
            key = key or self._keys.secret_for(state.provider, state.address)
            self._catalogue.open(connection_by(settings, self._keys, state.provider, key, state.address))
        else:
            self._catalogue.open_for(state.provider, catalogue_connection(settings, self._keys, state.provider))

    def _take_model(self, model: str) -> None:
        self._flow.choose_model(model)
        self._remember()
        self.changed.emit()

    def _remember(self) -> None:
        if self._active:
            self._settings.set(remembered(self._settings.current, self.state))

    def _draw_key(self) -> None:
        self._drawn = self.key
        self.keyChanged.emit(self.key)
        self.changed.emit()

    def _on_key(self, state: KeyState) -> None:
        before = self._drawn
        # Without a key that can be read the later steps make no sense.
        self._flow.set_key_status(KeyStatus.NONE if state.is_unreadable else state.status)
        if not self._active:
            self._drawn = state
            return
        self._draw_key()
        if before.is_awaited and not state.is_awaited:
            self._on_read(state)
        elif (
            state.status is KeyStatus.VERIFIED
            and not state.is_busy
            and (before.is_busy or before.status is not state.status)
        ):
            # The models load while the person still reads what the key can do.
            self._open_catalogue()
        if state.status is KeyStatus.REJECTED and self.state.step in (SetupStep.MODEL, SetupStep.TRY):
            # Checked while the person was further on already: with this key there is nothing to be had there.
            self._go_back_to_key()

    def _on_read(self, state: KeyState) -> None:
        """The keyring has answered, or cannot."""
        if state.is_loaded and not state.is_cross_origin:
            self._open_catalogue()
            return
        # What the settings promised is not there, or is not for this address.
        self._keys.forget_absent(state.provider)
        if self.state.step in (SetupStep.MODEL, SetupStep.TRY, SetupStep.DONE):
            self._go_back_to_key()

    def _on_kept(self) -> None:
        if self._active:
            self._go(self._flow.advance())

    def _on_passed(self) -> None:
        if self._active:
            # It is checked at the next start.
            self._flow.set_key_status(KeyStatus.UNVERIFIED)
            self._go(self._flow.advance())

    def _go_back_to_key(self) -> None:
        self._flow = SetupFlow(replace(self.state, step=SetupStep.KEY))
        self.stepChanged.emit(SetupStep.KEY)

    def _on_catalogue(self, catalogue: Catalogue) -> None:
        state = self.state
        if not self._active or catalogue.provider != state.provider:
            return
        self.changed.emit()
        if catalogue.view is None or catalogue.view.recommended is None:
            return
        if not state.model or (not self._model_is_the_persons and catalogue.find(state.model) is None):
            self._take_model(catalogue.view.recommended.id)
