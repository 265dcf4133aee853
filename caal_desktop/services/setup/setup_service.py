"""Carries out the first-run wizard: what the user does on its pages becomes checks, stored keys and settings.

The order of steps is :mod:`caal_desktop.setup_flow`'s; the pages show the state that is kept here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from caal_desktop.catalogue.fitness.free_models import is_free, needs_credit
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.services.catalogue.catalogue_service import CatalogueState
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.services.providers.connections import catalogue_connection, connection_by, connection_for
from caal_desktop.services.setup.setup_memory import restored_state, with_setup_state
from caal_desktop.setup_flow import STEPS, SetupFlow, SetupState
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore, SetupStep

if TYPE_CHECKING:
    from caal_desktop.catalogue.view import CatalogueView
    from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueService
    from caal_desktop.services.keys.key_service import KeyService
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.settings.settings_service import SettingsService


class SetupService(QObject):
    """The state of the wizard, and what its pages can do.

    Signals:
        stepChanged: the current :class:`SetupStep`.
        keyChanged: the :class:`KeyState` of the key that is being entered, or of the one in use.
        changed: something that the buttons depend on has changed.
        finished: the user has completed the wizard.
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
        self._reported_key = self._entry.state
        self._active = False
        self._model_chosen_by_user = False
        self._is_list_read = False
        self._provider_before: str | None = None
        catalogue.changed.connect(self._on_catalogue)

    @property
    def flow(self) -> SetupFlow:
        """The steps; to be read only."""
        return self._flow

    @property
    def state(self) -> SetupState:
        """The current step, and what was chosen so far."""
        return self._flow.state

    @property
    def entry(self) -> KeyEntry:
        """The entry of the key; each provider has another one."""
        return self._entry

    @property
    def key(self) -> KeyState:
        """The state of the key that is being entered, or else of the one in use."""
        return self._entry.state

    def begin(self, at: SetupStep | None = None) -> None:
        """Start the wizard, or continue where an earlier run ended.

        Args:
            at: the step to begin at; None for that of the earlier run. What was chosen is kept.
        """
        settings = self._settings.current
        self._active = True
        self._provider_before = settings.provider if settings.setup_completed else None
        self._flow = SetupFlow(SetupState(provider=settings.provider))
        self._load_state(settings.provider)
        step = settings.setup_step if at is None else at
        if settings.of().key_store is KeyStore.SESSION and not self.key.is_loaded:
            # It was kept for an earlier session only.
            step = min(step, SetupStep.KEY, key=STEPS.index)
        self._flow = SetupFlow.resumed(replace(self.state, step=step))
        self._open_catalogue()
        self.stepChanged.emit(self.state.step)

    def end(self) -> None:
        """Stop what is under way for the wizard, whose window was closed; what was chosen is kept.

        Storing a key is not stopped: the keyring might have it then, and the settings not know of it.
        """
        if not self._active:
            return
        self._active = False
        if self.key.activity is KeyActivity.STORING:
            return
        self._entry.forget()
        before, settings = self._provider_before, self._settings.current
        provider_changed = before is not None and before != settings.provider
        if provider_changed and connection_for(settings, self._keys) is None:
            # The user looked at another provider and left, which must not replace a provider that worked.
            self._settings.update(provider=before)

    async def close(self) -> None:
        """End, and wait for the keyring where it is storing a key."""
        self.end()
        await self._keys.wait_for_store()

    # --- welcome

    def choose_provider(self, provider: str) -> None:
        """Choose the provider."""
        if provider != self.state.provider:
            self._entry.forget()
            self._flow.choose_provider(provider)
            self._load_state(provider)
            self._save_state()
            self.changed.emit()

    # --- key

    def set_address(self, address: str) -> None:
        """Set the address of the user's own server."""
        if address != self.state.address:
            self._entry.set_address(address)
            self._flow.set_address(address)
            self.changed.emit()

    def allow_key(self) -> None:
        """Allow the key in use to be sent to the address entered now, for which it was not given."""
        self._save_state()
        self._entry.allow()

    def withhold_key(self) -> None:
        """Keep the key in use from the address entered now."""
        self._save_state()
        self._entry.withhold()

    # --- model and trial

    def choose_model(self, model: str) -> None:
        """Choose the model."""
        self._model_chosen_by_user = True
        self._set_model(model)

    def keep_model(self) -> None:
        """Stay with the model that is marked, as long as it can answer: the user has begun to read the list."""
        self._is_list_read = True

    def set_tried(self) -> None:
        """Note that the model has answered completely."""
        self._flow.set_tried()
        self.changed.emit()

    # --- steps

    @property
    def can_skip(self) -> bool:
        """Whether the step can be skipped; that of the model not while the list is loading."""
        loading = self._catalogue.current.state is CatalogueState.LOADING
        return self._flow.can_skip and not (loading and self.state.step is SetupStep.MODEL)

    def advance(self) -> None:
        """Go on to the next step; from the key step once the key is stored."""
        if self.state.step is SetupStep.DONE:
            self._settings.update(setup_completed=True, setup_step=SetupStep.DONE)
            self.finished.emit()
        elif self._flow.can_continue and not self.key.is_busy:
            if self.state.step is SetupStep.KEY and self._entry.candidate is not None:
                if not self._settings.current.setup_completed:
                    # With the address for which the key is given, of which the next start would know nothing otherwise.
                    self._save_state()
                self._entry.keep(KeyStore.KEYRING)
            else:
                # Whoever goes on from the list of models has agreed to the one that is marked.
                self._model_chosen_by_user |= self.state.step is SetupStep.MODEL
                self._go(self._flow.advance())

    def skip(self) -> None:
        """Skip the step."""
        if self._flow.can_skip:
            self._entry.edit()
            self._go(self._flow.skip())

    def back(self) -> None:
        """Go back to the previous step; what was entered stays."""
        if self._flow.can_go_back:
            self._entry.cancel()
            self._go(self._flow.back())

    # --- inside

    def _new_entry(self, provider: str) -> KeyEntry:
        entry = KeyEntry(self._keys, provider, self._settings.current.of(provider).base_url)
        entry.changed.connect(self._on_key)
        entry.kept.connect(self._on_key_kept)
        entry.passed.connect(self._on_key_passed)
        return entry

    def _load_state(self, provider: str) -> None:
        """Fill the flow with what settings and keyring know about a provider."""
        self._entry.changed.disconnect(self._on_key)
        self._entry.kept.disconnect(self._on_key_kept)
        self._entry.passed.disconnect(self._on_key_passed)
        self._keys.open(provider)
        self._entry = self._new_entry(provider)
        self._flow = SetupFlow(restored_state(self._settings.current, provider, self.state.step, self.key.status))
        self._model_chosen_by_user = bool(self.state.model)
        self._is_list_read = False
        self._report_key()

    def _go(self, step: SetupStep) -> None:
        if step is SetupStep.MODEL:
            self._open_catalogue()
        self._save_state()
        self.stepChanged.emit(step)
        self.changed.emit()

    def _open_catalogue(self) -> None:
        state, settings = self.state, self._settings.current
        if state.step is SetupStep.WELCOME:
            return
        candidate = self._entry.candidate
        if candidate is not None or state.address != settings.of(state.provider).base_url:
            key = self._entry.candidate_for(state.address) if candidate else None
            key = key or self._keys.secret_for(state.provider, state.address)
            self._catalogue.open(connection_by(settings, self._keys, state.provider, key, state.address))
        else:
            self._catalogue.open_for(state.provider, catalogue_connection(settings, self._keys, state.provider))
            # A key from an earlier run is known to work, and nothing else of it: the models are judged by it, too.
            self._keys.learn(state.provider)

    def _set_model(self, model: str) -> None:
        self._flow.choose_model(model)
        self._save_state()
        self.changed.emit()

    def _save_state(self) -> None:
        if self._active:
            self._settings.set(with_setup_state(self._settings.current, self.state))

    def _report_key(self) -> None:
        self._reported_key = self.key
        self.keyChanged.emit(self.key)
        self.changed.emit()

    def _on_key(self, state: KeyState) -> None:
        before = self._reported_key
        # Without a readable key the later steps are useless.
        self._flow.set_key_status(KeyStatus.NONE if state.is_unreadable else state.status)
        if not self._active:
            self._reported_key = state
            return
        self._report_key()
        if before.is_awaited and not state.is_awaited:
            self._on_key_read(state)
        elif (
            state.status is KeyStatus.VERIFIED
            and not state.is_busy
            and (before.is_busy or before.status is not state.status)
        ):
            # The models load while the user still reads what the key can do.
            self._open_catalogue()
        if state.status is KeyStatus.REJECTED and self.state.step in (SetupStep.MODEL, SetupStep.TRY):
            # Checked while the user was at a later step already, which is useless with this key.
            self._go_back_to_key()

    def _on_key_read(self, state: KeyState) -> None:
        """Go on, or back to the key, once the keyring was read or could not be."""
        if state.is_loaded and not state.is_cross_origin:
            self._open_catalogue()
            return
        # The key that the settings record does not exist, or is not for this address.
        self._keys.forget_absent(state.provider)
        if self.state.step in (SetupStep.MODEL, SetupStep.TRY, SetupStep.DONE):
            self._go_back_to_key()

    def _on_key_kept(self) -> None:
        if self._active:
            self._go(self._flow.advance())

    def _on_key_passed(self) -> None:
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
        if catalogue.view is not None:
            self._preselect(catalogue.view)

    def _preselect(self, view: CatalogueView) -> None:
        """Choose a model for the user, where none was chosen yet or another one is recommended by now."""
        best, chosen = view.recommended, view.find(self.state.model)
        if best is None or chosen is best or (self.state.model and self._model_chosen_by_user):
            return
        # Where the user is reading the list, what is marked there stays as long as it can answer; where credit was
        # bought while it is shown, too.
        if chosen is None or needs_credit(chosen, view.funds):
            follows = True
        elif is_free(chosen) and view.funds is Funds.BOUGHT:
            follows = self.state.step is not SetupStep.MODEL
        else:
            follows = not self._is_list_read
        if follows:
            self._set_model(best.id)
