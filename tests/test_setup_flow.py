"""The rules of the wizard."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.setup_flow import STEPS, MissingInput, SetupFlow, SetupState
from caal_desktop.storage.settings.choices import KeyStatus, SetupStep

ADDRESS = "http://127.0.0.1:1234/v1"
USABLE = (KeyStatus.VERIFIED, KeyStatus.UNVERIFIED)


def flow_at(step: SetupStep, **state: object) -> SetupFlow:
    return SetupFlow(replace(SetupState(step=step), **state))  # type: ignore[arg-type]


# --- what each step needs


def test_the_welcome_needs_nothing() -> None:
    flow = SetupFlow()
    assert flow.state.step is SetupStep.WELCOME
    assert flow.need() is MissingInput.NOTHING
    assert flow.can_continue
    assert not flow.can_skip
    assert not flow.can_go_back
    assert flow.advance() is SetupStep.KEY


@pytest.mark.parametrize(
    ("provider", "address", "status", "need"),
    [
        ("openrouter", "", KeyStatus.NONE, MissingInput.KEY),
        ("openrouter", "", KeyStatus.REJECTED, MissingInput.OTHER_KEY),
        ("openrouter", "", KeyStatus.VERIFIED, MissingInput.NOTHING),
        ("groq", "", KeyStatus.UNVERIFIED, MissingInput.NOTHING),
        ("openai_compatible", "", KeyStatus.NONE, MissingInput.ADDRESS),
        ("openai_compatible", "", KeyStatus.VERIFIED, MissingInput.ADDRESS),
        ("openai_compatible", ADDRESS, KeyStatus.NONE, MissingInput.KEY_CHECK),
        ("openai_compatible", ADDRESS, KeyStatus.VERIFIED, MissingInput.NOTHING),
        ("ollama", ADDRESS, KeyStatus.NONE, MissingInput.KEY_CHECK),
        ("ollama", ADDRESS, KeyStatus.UNVERIFIED, MissingInput.NOTHING),
    ],
)
def test_what_the_key_step_needs(provider: str, address: str, status: KeyStatus, need: MissingInput) -> None:
    flow = flow_at(SetupStep.KEY, provider=provider, address=address, key_status=status)
    assert flow.need() is need
    assert flow.can_continue is (need is MissingInput.NOTHING)
    # One's own server cannot come later: the models are on it.
    assert flow.can_skip is (need is not MissingInput.NOTHING and not PROVIDERS[provider].has_address)
    if need is not MissingInput.NOTHING:
        with pytest.raises(ValueError, match=f"still needs {need}"):
            flow.advance()


def test_the_model_step_needs_a_model_or_is_skipped() -> None:
    flow = flow_at(SetupStep.MODEL, key_status=KeyStatus.UNVERIFIED)
    assert flow.need() is MissingInput.MODEL
    assert not flow.can_continue
    assert flow.skip() is SetupStep.DONE, "there is nothing to try without a model"

    flow = flow_at(SetupStep.MODEL, key_status=KeyStatus.VERIFIED)
    flow.choose_model("maker/model")
    assert not flow.can_skip
    assert flow.advance() is SetupStep.TRY


def test_the_trial_is_done_or_skipped() -> None:
    flow = flow_at(SetupStep.TRY, key_status=KeyStatus.VERIFIED, model="maker/model")
    assert flow.wants_try
    assert flow.can_skip
    assert not flow.can_continue
    with pytest.raises(ValueError, match="still needs"):
        flow.advance()
    flow.set_tried()
    assert not flow.can_skip
    with pytest.raises(ValueError, match="cannot be skipped"):
        flow.skip()
    assert flow.advance() is SetupStep.DONE
    assert not flow.can_continue
    assert not flow.can_go_back


def test_another_model_has_not_been_tried() -> None:
    flow = flow_at(SetupStep.TRY, key_status=KeyStatus.VERIFIED, model="maker/model", tried=True)
    flow.back()
    flow.choose_model("maker/model")
    assert flow.state.tried
    flow.choose_model("maker/other")
    assert not flow.state.tried


def test_a_skipped_key_leads_past_the_trial_in_both_directions() -> None:
    flow = flow_at(SetupStep.KEY)
    assert flow.skip() is SetupStep.MODEL
    flow.choose_model("maker/model")
    assert flow.advance() is SetupStep.DONE

    flow = flow_at(SetupStep.KEY, key_status=KeyStatus.REJECTED)
    flow.skip()
    assert flow.state.key_status is KeyStatus.NONE


def test_going_back_keeps_what_was_entered() -> None:
    flow = flow_at(SetupStep.TRY, key_status=KeyStatus.VERIFIED, model="maker/model", tried=True)
    assert [flow.back() for _ in range(4)] == [SetupStep.MODEL, SetupStep.KEY, SetupStep.WELCOME, SetupStep.WELCOME]
    assert (flow.state.key_status, flow.state.model, flow.state.tried) == (KeyStatus.VERIFIED, "maker/model", True)


def test_another_provider_has_another_key_and_other_models() -> None:
    flow = flow_at(SetupStep.WELCOME, key_status=KeyStatus.VERIFIED, model="maker/model", tried=True)
    flow.choose_provider("openrouter")
    assert flow.state.model == "maker/model"
    flow.choose_provider("ollama", ADDRESS)
    assert flow.state == SetupState(provider="ollama", address=ADDRESS)


def test_what_was_proven_of_another_address_counts_no_more() -> None:
    flow = flow_at(
        SetupStep.KEY, provider="ollama", address=ADDRESS, key_status=KeyStatus.VERIFIED, model="m", tried=True
    )
    flow.set_address(ADDRESS)
    assert flow.state.tried
    flow.set_address(ADDRESS + "/other")
    assert flow.state == SetupState(SetupStep.KEY, "ollama", KeyStatus.NONE, ADDRESS + "/other")


# --- going on where an earlier run ended

STORED = [
    SetupState(step, provider, status, address, model)
    for step, provider, status, address, model in itertools.product(
        STEPS, PROVIDERS, KeyStatus, ("", ADDRESS), ("", "maker/model")
    )
]


@pytest.mark.parametrize("stored", STORED, ids=lambda s: f"{s.step}-{s.provider}-{s.key_status}-{s.address}-{s.model}")
def test_resuming_never_leads_past_what_is_missing(stored: SetupState) -> None:
    flow = SetupFlow.resumed(stored)
    assert replace(flow.state, step=stored.step) == stored, "only the step may change"
    assert STEPS.index(flow.state.step) <= STEPS.index(stored.step)
    step, descriptor = flow.state.step, PROVIDERS[stored.provider]
    if step is SetupStep.TRY:
        assert flow.has_usable_key
        assert stored.model
    if step in (SetupStep.MODEL, SetupStep.TRY, SetupStep.DONE):
        assert stored.key_status is not KeyStatus.REJECTED
        assert stored.address or not descriptor.has_address
        assert stored.key_status in USABLE or descriptor.needs_key
    if step is SetupStep.DONE:
        assert stored.model


@pytest.mark.parametrize("step", STEPS)
def test_resuming_goes_on_at_the_same_step_where_all_is_there(step: SetupStep) -> None:
    assert SetupFlow.resumed(SetupState(step, key_status=KeyStatus.VERIFIED, model="m")).state.step is step


def test_resuming_after_a_skipped_key_does_not_ask_for_it_again() -> None:
    assert SetupFlow.resumed(SetupState(SetupStep.MODEL)).state.step is SetupStep.MODEL
    assert SetupFlow.resumed(SetupState(SetupStep.DONE, model="m")).state.step is SetupStep.DONE


def test_a_trial_without_a_key_goes_back_to_the_key() -> None:
    """A trial is not reached without a key: there was one, which has been lost."""
    assert SetupFlow.resumed(SetupState(SetupStep.TRY, model="m")).state.step is SetupStep.KEY


# --- whatever a user does


class AnyWalk(RuleBasedStateMachine):
    """No sequence of actions leads where nothing can be done, or past what is missing."""

    def __init__(self) -> None:
        super().__init__()
        self.flow = SetupFlow()

    @rule(provider=st.sampled_from(list(PROVIDERS)), address=st.sampled_from(["", ADDRESS]))
    @precondition(lambda self: self.flow.state.step is SetupStep.WELCOME)
    def choose_provider(self, provider: str, address: str) -> None:
        self.flow.choose_provider(provider, address)

    @rule(address=st.sampled_from(["", ADDRESS, "http://localhost:1/v1"]))
    @precondition(lambda self: self.flow.state.step is SetupStep.KEY and self.flow.descriptor.has_address)
    def set_address(self, address: str) -> None:
        self.flow.set_address(address)

    @rule(status=st.sampled_from(KeyStatus))
    @precondition(lambda self: self.flow.state.step is SetupStep.KEY)
    def learn_about_the_key(self, status: KeyStatus) -> None:
        self.flow.set_key_status(status)

    @rule(model=st.sampled_from(["a/one", "b/two"]))
    @precondition(lambda self: self.flow.state.step is SetupStep.MODEL)
    def choose_model(self, model: str) -> None:
        self.flow.choose_model(model)

    @rule()
    @precondition(lambda self: self.flow.state.step is SetupStep.TRY)
    def hear_an_answer(self) -> None:
        self.flow.set_tried()

    @rule()
    @precondition(lambda self: self.flow.can_continue)
    def advance(self) -> None:
        before = self.flow.state.step
        assert STEPS.index(self.flow.advance()) > STEPS.index(before)

    @rule()
    @precondition(lambda self: self.flow.can_skip)
    def skip(self) -> None:
        before = self.flow.state.step
        assert STEPS.index(self.flow.skip()) > STEPS.index(before)

    @rule()
    def back(self) -> None:
        before = self.flow.state.step
        after = self.flow.back()
        assert (STEPS.index(after) < STEPS.index(before)) is (before not in (SetupStep.WELCOME, SetupStep.DONE))

    @rule()
    def restart(self) -> None:
        self.flow = SetupFlow.resumed(replace(self.flow.state, tried=False))

    @invariant()
    def there_is_a_way_forward(self) -> None:
        state = self.flow.state
        if state.step is SetupStep.DONE:
            return
        own_server = state.step is SetupStep.KEY and self.flow.descriptor.has_address
        assert self.flow.can_continue or self.flow.can_skip or own_server

    @invariant()
    def the_trial_has_what_it_needs(self) -> None:
        if self.flow.state.step is SetupStep.TRY:
            assert self.flow.has_usable_key
            assert self.flow.state.model

    @invariant()
    def next_and_skip_are_never_offered_together(self) -> None:
        assert not (self.flow.can_continue and self.flow.can_skip)


TestAnyWalk = AnyWalk.TestCase
TestAnyWalk.settings = hypothesis_settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)
