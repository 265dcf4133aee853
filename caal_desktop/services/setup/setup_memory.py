"""What the wizard takes from the settings, and leaves in them after each step to go on there after a restart."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.setup_flow import SetupState
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.storage.settings.setting import InvalidSetting

if TYPE_CHECKING:
    from caal_desktop.storage.settings.choices import KeyStatus
    from caal_desktop.storage.settings.schema import Settings


def known_state(settings: Settings, provider: str, step: SetupStep, status: KeyStatus) -> SetupState:
    """The wizard's state for a provider as far as it is known.

    Args:
        settings: the current ones.
        provider: who is being set up.
        step: where the person is.
        status: what is known about the provider's key.
    """
    row = settings.of(provider)
    return SetupState(step, provider, status, row.base_url, row.model)


def remembered(settings: Settings, state: SetupState) -> Settings:
    """The settings with the wizard's state in them; what is known about the key is the key service's."""
    settings = settings.replace(provider=state.provider)
    if not settings.setup_completed:
        settings = settings.replace(setup_step=state.step)
    if descriptor_of(state.provider).has_address:
        # An address that is still being written may be none yet.
        with contextlib.suppress(InvalidSetting):
            settings = settings.with_provider(state.provider, base_url=state.address)
    if state.step not in (SetupStep.TRY, SetupStep.DONE):
        # Preselected, or the person is still looking around: what is passed over was not used.
        return settings.with_provider(state.provider, model=state.model)
    if state.model != settings.of(state.provider).model or settings.recent_models[:1] != (state.model,):
        return settings.with_model(state.model, state.provider)
    return settings
