"""Between the wizard's state and the settings, which keep it after each step so that a restart goes on there."""

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


def restored_state(settings: Settings, provider: str, step: SetupStep, status: KeyStatus) -> SetupState:
    """Return the wizard's state for a provider, as far as the settings know it.

    Args:
        settings: the settings in force.
        provider: the provider that is being set up.
        step: the current step.
        status: what is known about the provider's key.
    """
    row = settings.of(provider)
    return SetupState(step, provider, status, row.base_url, row.model)


def with_setup_state(settings: Settings, state: SetupState) -> Settings:
    """Return the settings with the wizard's state in them, except for the key's, which the key service writes."""
    settings = settings.replace(provider=state.provider)
    if not settings.setup_completed:
        settings = settings.replace(setup_step=state.step)
    if descriptor_of(state.provider).has_address:
        # An address that is still being typed may not be valid yet.
        with contextlib.suppress(InvalidSetting):
            settings = settings.with_provider(state.provider, base_url=state.address)
    if state.step not in (SetupStep.TRY, SetupStep.DONE):
        # Preselected, or the user is still choosing: models that are passed over are no recent ones.
        return settings.with_provider(state.provider, model=state.model)
    if state.model != settings.of(state.provider).model or settings.recent_models[:1] != (state.model,):
        return settings.with_model(state.model, state.provider)
    return settings
