"""What the wizard takes from the settings, and what it leaves in them."""

from __future__ import annotations

import pytest

from caal_desktop.services.setup.setup_memory import with_setup_state
from caal_desktop.setup_flow import SetupState
from caal_desktop.storage.settings.choices import SetupStep
from caal_desktop.storage.settings.schema import Settings

MODEL = "vendor/model"


@pytest.mark.parametrize("step", [SetupStep.WELCOME, SetupStep.KEY, SetupStep.MODEL])
def test_a_preselected_model_counts_as_chosen_and_not_as_used(step: SetupStep) -> None:
    settings = with_setup_state(Settings(), SetupState(step=step, model=MODEL))
    assert settings.of("openrouter").model == MODEL
    assert settings.recent_models == ()
    assert settings.setup_step == step


@pytest.mark.parametrize("step", [SetupStep.TRY, SetupStep.DONE])
def test_a_model_that_the_user_went_on_with_counts_as_used(step: SetupStep) -> None:
    settings = with_setup_state(Settings(), SetupState(step=step, model=MODEL))
    assert (settings.of("openrouter").model, settings.recent_models) == (MODEL, (MODEL,))


def test_a_finished_setup_keeps_its_step_when_the_wizard_is_opened_again() -> None:
    done = Settings().replace(setup_completed=True, setup_step=SetupStep.DONE)
    assert with_setup_state(done, SetupState(step=SetupStep.KEY)).setup_step is SetupStep.DONE


def test_half_an_address_is_not_stored() -> None:
    state = SetupState(step=SetupStep.KEY, provider="openai_compatible", address="htt")
    assert with_setup_state(Settings(), state).of("openai_compatible").base_url == ""
