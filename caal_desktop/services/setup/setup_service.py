"""Carries out the first-run wizard: what the person does on its pages becomes checks, stored keys, settings.

The order of steps is :mod:`caal_desktop.setup_flow`'s; the pages only draw what stands here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.llm.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ManagementKeyRejected,
    PermissionRefused,
    ProviderError,
)
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.keys.key_view import KeyPhase, KeyProblem, KeyView, phase_of
from caal_desktop.services.providers.connections import (
    catalogue_connection,
    connection_by,
    connection_for,
    key_for,
)
from caal_desktop.services.setup.setup_memory import known_state, remembered
from caal_desktop.setup_flow import STEPS, SetupFlow, SetupState, Step
from caal_desktop.storage.keyring.secrets import Where
from caal_desktop.storage.settings.schema import KeyStatus, KeyStore

if TYPE_CHECKING:
    from caal_desktop.llm.providers.key_info import KeyInfo
    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.settings.settings_service import SettingsService
    from caal_desktop.storage.errors import KeyringError


class SetupService(QObject):
    """The wizard's hands.

    Signals:
        stepChanged: the current :class:`Step`.
        keyChanged: the :class:`KeyView`.
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
        self._key = KeyView()
        self._active = False
        self._candidate: str | None = None
        self._model_is_the_persons = False
        self._provider_before: str | None = None
        keys.checkSucceeded.connect(self._on_check_succeeded)
        keys.checkFailed.connect(self._on_check_failed)
        keys.stored.connect(self._on_stored)
        keys.storeFailed.connect(self._on_store_failed)
        keys.loaded.connect(self._on_loaded)
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
    def key(self) -> KeyView:
        """The key step as it stands."""
        return self._key

    @property
    def is_busy_with_key(self) -> bool:
        """Whether the person waits for the provider or the keyring."""
        return self._key.phase in (KeyPhase.CHECKING, KeyPhase.STORING, KeyPhase.LOADING)

    def begin(self, at: Step | None = None) -> None:
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
        if settings.of().key_store is KeyStore.SESSION and self._keys.key(settings.provider) is None:
            # It was kept for an earlier session only.
            step = min(step, Step.KEY, key=STEPS.index)
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
        self._keys.cancel_check()
        before, settings = self._provider_before, self._settings.current
        if (
            before is not None
            and before != settings.provider
            and self._key.phase is not KeyPhase.STORING
            and connection_for(settings, self._keys) is None
        ):
            # The person looked at another provider and left: that must not take away what worked.
            self._settings.update(provider=before)
        if self._key.phase is not KeyPhase.STORING:
            self._candidate = None

    async def close(self) -> None:
        """End, and wait for the keyring where it is taking a key."""
        self.end()
        await self._keys.wait_for_store()

    # --- welcome

    def choose_provider(self, provider: str) -> None:
        """Choose who answers."""
        if provider != self.state.provider:
            self._keys.cancel_check()
            self._flow.choose_provider(provider)
            self._take_known(provider)
            self._remember()
            self.changed.emit()

    # --- key

    def edit_key(self) -> None:
        """The key field's text has changed: what was known about the text before counts no more."""
        self._candidate = None
        self._flow.set_key_status(KeyStatus.NONE)
        if self._key.phase is not KeyPhase.WAITING:
            self._keys.cancel_check()
            self._keys.cancel_store(self.state.provider)
            self._set_key(KeyPhase.WAITING)

    def set_address(self, address: str) -> None:
        """Take over the address of the person's own server."""
        if address != self.state.address:
            self.edit_key()
            self._flow.set_address(address)
            self.changed.emit()

    def submit_key(self, key: str | None) -> None:
        """Prove a key with a real call.

        Args:
            key: what the person gave; None checks the key in use, or a server that needs none.
        """
        if self._key.phase in (KeyPhase.STORING, KeyPhase.LOADING):
            return
        state = self.state
        self._candidate = key
        self._set_key(KeyPhase.CHECKING)
        settings = self._settings.current
        key = key or key_for(settings, self._keys, state.provider, state.address)
        self._keys.check(connection_by(settings, self._keys, state.provider, key, state.address))

    def cancel_wait(self) -> None:
        """Stop waiting for the provider or the keyring; what is known so far stays."""
        if self._key.phase is KeyPhase.CHECKING:
            self._keys.cancel_check()
            if self._candidate is None:
                self._set_key(phase_of(self.state.key_status), self._keys.info(self.state.provider))
            else:
                self._flow.set_key_status(KeyStatus.NONE)
                self._set_key(KeyPhase.WAITING)
        elif self._key.phase is KeyPhase.STORING:
            self._keys.cancel_store(self.state.provider)
            self._set_key(phase_of(self.state.key_status), self._key.info)

    def keep_unverified(self) -> None:
        """Keep a key that could not be checked, and go on; it is checked at the next start."""
        if self._key.phase is not KeyPhase.UNREACHABLE:
            return
        self._flow.set_key_status(KeyStatus.UNVERIFIED)
        self._leave_key_step(Where.KEYRING)

    def keep_for_session(self) -> None:
        """Keep the key in memory only, and go on."""
        self._leave_key_step(Where.SESSION)

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
        return self._flow.can_skip and not (loading and self.state.step is Step.MODEL)

    def advance(self) -> None:
        """Next: go on; from the key step after the key is in its store."""
        if self.state.step is Step.DONE:
            self._settings.update(setup_completed=True, setup_step=Step.DONE)
            self.finished.emit()
        elif self._flow.can_continue and not self.is_busy_with_key:
            if self.state.step is Step.KEY:
                self._leave_key_step(Where.KEYRING)
            else:
                self._go(self._flow.advance())

    def skip(self) -> None:
        """Leave the step undone and go on."""
        if self._flow.can_skip:
            self.cancel_wait()
            self._candidate = None
            self._go(self._flow.skip())

    def back(self) -> None:
        """Go to the step before this one; what was entered stays."""
        if self._flow.can_go_back:
            self.cancel_wait()
            self._go(self._flow.back())

    # --- inside

    def _take_known(self, provider: str) -> None:
        """Fill the flow with what settings and keyring know about a provider."""
        settings, has_key = self._settings.current, self._keys.key(provider) is not None
        self._candidate = None
        self._flow = SetupFlow(known_state(settings, provider, self.state.step, has_key=has_key))
        self._model_is_the_persons = bool(self.state.model)
        if settings.of(provider).key_store is KeyStore.KEYRING and not has_key:
            self._set_key(KeyPhase.LOADING)
            self._keys.load(provider)
        else:
            self._set_key(phase_of(self.state.key_status), self._keys.info(provider))

    def _leave_key_step(self, where: Where) -> None:
        if self._candidate is None:
            self._remember_key_status()
            self._go(self._flow.advance())
        else:
            self._set_key(KeyPhase.STORING, self._key.info)
            self._keys.store(self.state.provider, self._candidate, where, self._key.info)

    def _go(self, step: Step) -> None:
        if step is Step.MODEL:
            self._open_catalogue()
        self._remember()
        self.stepChanged.emit(step)
        self.changed.emit()

    def _open_catalogue(self) -> None:
        state, settings = self.state, self._settings.current
        if state.step is Step.WELCOME:
            return
        if self._candidate is not None or state.address != settings.of(state.provider).base_url:
            self._catalogue.open(connection_by(settings, self._keys, state.provider, self._candidate, state.address))
        else:
            self._catalogue.open_for(state.provider, catalogue_connection(settings, self._keys, state.provider))

    def _take_model(self, model: str) -> None:
        self._flow.choose_model(model)
        self._remember()
        self.changed.emit()

    def _remember(self) -> None:
        if self._active:
            self._settings.set(remembered(self._settings.current, self.state))

    def _remember_key_status(self) -> None:
        """Store what is known about the key in use, as opposed to one that is being given."""
        if self._candidate is None:
            provider, settings = self.state.provider, self._settings.current
            self._settings.set(settings.with_provider(provider, key_status=self.state.key_status))

    def _set_key(self, phase: KeyPhase, info: KeyInfo | None = None, error: KeyProblem | None = None) -> None:
        self._key = KeyView(phase, info, error)
        self.keyChanged.emit(self._key)
        self.changed.emit()

    def _concerns(self, provider: str, *phases: KeyPhase) -> bool:
        return self._active and provider == self.state.provider and self._key.phase in phases

    def _on_check_succeeded(self, provider: str, info: KeyInfo) -> None:
        if not self._concerns(provider, KeyPhase.CHECKING, KeyPhase.KEPT_UNVERIFIED):
            return
        if info.is_management_key:
            self._refuse(ManagementKeyRejected(provider=provider))
            return
        self._flow.set_key_status(KeyStatus.VERIFIED)
        self._remember_key_status()
        self._set_key(KeyPhase.VERIFIED, info)
        # The models load while the person still reads what the key can do.
        self._open_catalogue()

    def _on_check_failed(self, provider: str, error: ProviderError | ValueError) -> None:
        if not self._concerns(provider, KeyPhase.CHECKING, KeyPhase.KEPT_UNVERIFIED):
            return
        if isinstance(error, (AuthenticationFailed, PermissionRefused, ValueError, ConfigurationError)):
            self._refuse(error)
        elif self._key.phase is KeyPhase.CHECKING:
            if self._candidate is not None:
                self._flow.set_key_status(KeyStatus.NONE)
            self._set_key(KeyPhase.UNREACHABLE, error=error)

    def _refuse(self, error: ProviderError | ValueError) -> None:
        self._flow.set_key_status(KeyStatus.REJECTED)
        self._remember_key_status()
        self._set_key(KeyPhase.REFUSED, error=error)
        if self.state.step in (Step.MODEL, Step.TRY):
            # Checked while the person was further on already: with this key there is nothing to be had there.
            self._go_back_to_key()

    def _on_stored(self, provider: str, where: Where) -> None:
        if provider != self.state.provider or self._key.phase is not KeyPhase.STORING:
            return
        self._candidate = None
        store = KeyStore.KEYRING if where is Where.KEYRING else KeyStore.SESSION
        status = self.state.key_status
        self._settings.set(self._settings.current.with_provider(provider, key_status=status, key_store=store))
        if self._active:
            self._set_key(phase_of(self.state.key_status), self._key.info)
            self._go(self._flow.advance())

    def _on_store_failed(self, provider: str, error: KeyringError) -> None:
        if provider == self.state.provider and self._key.phase is KeyPhase.STORING:
            self._set_key(KeyPhase.STORE_FAILED, self._key.info, error)

    def _on_loaded(self, provider: str, problem: KeyringError | None) -> None:
        if not self._concerns(provider, KeyPhase.LOADING):
            return
        if self._keys.key(provider) is not None:
            self._set_key(phase_of(self.state.key_status), self._keys.info(provider))
            self._open_catalogue()
            self._check_unverified()
            return
        # What the settings promised is not there: without the key the later steps make no sense.
        self._flow.set_key_status(KeyStatus.NONE)
        if problem is None:
            self._settings.set(
                self._settings.current.with_provider(provider, key_status=KeyStatus.NONE, key_store=KeyStore.NONE)
            )
            self._set_key(KeyPhase.WAITING)
        else:
            self._set_key(KeyPhase.LOAD_FAILED, error=problem)
        if self.state.step in (Step.MODEL, Step.TRY, Step.DONE):
            self._go_back_to_key()

    def _go_back_to_key(self) -> None:
        self._flow = SetupFlow(replace(self.state, step=Step.KEY))
        self.stepChanged.emit(Step.KEY)

    def _check_unverified(self) -> None:
        """Check a key that an earlier run kept unchecked, while the person goes on.

        After setup the key watch does that.
        """
        settings = self._settings.current
        connection = connection_for(settings, self._keys, self.state.provider)
        if connection is not None and self._key.phase is KeyPhase.KEPT_UNVERIFIED and not settings.setup_completed:
            self._keys.check(connection)

    def _on_catalogue(self, catalogue: Catalogue) -> None:
        state = self.state
        if not self._active or catalogue.provider != state.provider:
            return
        self.changed.emit()
        if catalogue.view is None or catalogue.view.recommended is None:
            return
        if not state.model or (not self._model_is_the_persons and catalogue.find(state.model) is None):
            self._take_model(catalogue.view.recommended.id)
