"""The rules of the first-run wizard: its steps, what each needs, and which may be skipped. Uses no Qt and no I/O.

The window draws the state of :class:`SetupFlow` and tells it what happened; every rule about the order of steps is
here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.llm.providers.registry import DEFAULT_PROVIDER, descriptor_of
from caal_desktop.storage.settings.choices import KeyStatus, SetupStep

if TYPE_CHECKING:
    from caal_desktop.llm.providers.descriptor import ProviderDescriptor

__all__ = [
    "STEPS",
    "MissingInput",
    "SetupFlow",
    "SetupState",
]

STEPS: tuple[SetupStep, ...] = tuple(SetupStep)


class MissingInput(StrEnum):
    """What is missing before the next step may follow."""

    NOTHING = "nothing"
    ADDRESS = "address"
    KEY = "key"
    KEY_CHECK = "key_check"
    OTHER_KEY = "other_key"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class SetupState:
    """Everything that the steps depend on.

    Attributes:
        step: the current step.
        provider: the name of the provider.
        key_status: the state of its key, or of its server where no key is needed.
        address: the server's base URL, where the user has to give it; else "".
        model: the chosen model's id; "" while none is chosen.
        tried: the model has given a complete answer.
    """

    step: SetupStep = SetupStep.WELCOME
    provider: str = DEFAULT_PROVIDER
    key_status: KeyStatus = KeyStatus.NONE
    address: str = ""
    model: str = ""
    tried: bool = False


class SetupFlow:
    """The steps to a working language model, and the current one.

    Args:
        state: where to begin; a stored state is repaired by :meth:`resumed`.
    """

    def __init__(self, state: SetupState | None = None) -> None:
        self._state = state or SetupState()

    @classmethod
    def resumed(cls, state: SetupState) -> SetupFlow:
        """Return the flow of an earlier run, at the step where that ended or at an earlier one.

        It is at an earlier step where that one is no longer complete and was not skipped. Without a key, the trial is
        never reached: an earlier run that has reached it had a key, which has been lost since.

        Args:
            state: the state of the earlier run.
        """
        flow = cls(state)
        target = flow._state.step
        skipped_key = flow._state.key_status is KeyStatus.NONE and target is not SetupStep.TRY
        for step in STEPS[: STEPS.index(target)]:
            flow._state = replace(flow._state, step=step)
            if flow.need() is not MissingInput.NOTHING and not (
                step is SetupStep.KEY and skipped_key and flow.descriptor.needs_key
            ):
                return flow
        flow._state = replace(flow._state, step=target)
        return flow

    @property
    def state(self) -> SetupState:
        """The current state; a new object after every change."""
        return self._state

    @property
    def descriptor(self) -> ProviderDescriptor:
        """The chosen provider's descriptor."""
        return descriptor_of(self._state.provider)

    @property
    def has_usable_key(self) -> bool:
        """Whether a request can be sent: there is a key that has not been refused, or none is needed."""
        if self._state.key_status in (KeyStatus.VERIFIED, KeyStatus.UNVERIFIED):
            return True
        return not self.descriptor.needs_key and self._state.key_status is KeyStatus.NONE and bool(self._state.address)

    def need(self) -> MissingInput:
        """Return what is missing before the current step is complete."""
        state = self._state
        if state.step is SetupStep.KEY:
            if self.descriptor.has_address and not state.address:
                return MissingInput.ADDRESS
            match state.key_status:
                case KeyStatus.VERIFIED | KeyStatus.UNVERIFIED:
                    return MissingInput.NOTHING
                case KeyStatus.REJECTED:
                    return MissingInput.OTHER_KEY
                case KeyStatus.NONE:
                    return MissingInput.KEY if self.descriptor.needs_key else MissingInput.KEY_CHECK
        if state.step is SetupStep.MODEL and not state.model:
            return MissingInput.MODEL
        return MissingInput.NOTHING

    @property
    def can_continue(self) -> bool:
        """Whether the next step may follow."""
        return self._state.step is not SetupStep.DONE and self.need() is MissingInput.NOTHING and not self.wants_try

    @property
    def wants_try(self) -> bool:
        """Whether the current step is the trial, and it has not taken place; it may be skipped."""
        return self._state.step is SetupStep.TRY and not self._state.tried

    @property
    def can_skip(self) -> bool:
        """Whether the current step may be skipped: key and model can be given later, and the trial is voluntary."""
        if self._state.step is SetupStep.KEY:
            return self.need() is not MissingInput.NOTHING and not self.descriptor.has_address
        if self._state.step is SetupStep.MODEL:
            # Without a network, or without a key, there may be no list to choose from.
            return self.need() is MissingInput.MODEL
        return self.wants_try

    @property
    def can_go_back(self) -> bool:
        """Whether there is a step before this one."""
        return self._state.step not in (SetupStep.WELCOME, SetupStep.DONE)

    def advance(self) -> SetupStep:
        """Go to the next step.

        Raises:
            ValueError: something is still missing.
        """
        if not self.can_continue:
            raise ValueError(f"the step {self._state.step} still needs {self.need()}")
        return self._go(+1)

    def skip(self) -> SetupStep:
        """Go to the next step without completing the current one.

        Raises:
            ValueError: this step cannot be skipped.
        """
        if not self.can_skip:
            raise ValueError(f"the step {self._state.step} cannot be skipped")
        if self._state.step is SetupStep.KEY:
            self._state = replace(self._state, key_status=KeyStatus.NONE)
        return self._go(+1)

    def back(self) -> SetupStep:
        """Go to the step before this one; what was entered is kept."""
        return self._go(-1) if self.can_go_back else self._state.step

    def choose_provider(self, provider: str, address: str = "") -> None:
        """Choose a provider. Key and model of another one are forgotten.

        Args:
            provider: its name.
            address: its server's base URL, where the user has given one before.
        """
        if provider != self._state.provider:
            self._state = SetupState(step=self._state.step, provider=provider, address=address)

    def set_address(self, address: str) -> None:
        """Set the server's address; what is known about another address is forgotten."""
        if address != self._state.address:
            self._state = replace(self._state, address=address, key_status=KeyStatus.NONE, model="", tried=False)

    def set_key_status(self, status: KeyStatus) -> None:
        """Set what is known about the key."""
        self._state = replace(self._state, key_status=status)

    def choose_model(self, model: str) -> None:
        """Choose a model by its id; another one counts as not tried."""
        if model != self._state.model:
            self._state = replace(self._state, model=model, tried=False)

    def set_tried(self) -> None:
        """Note that the model has given a complete answer."""
        self._state = replace(self._state, tried=True)

    def _go(self, by: int) -> SetupStep:
        index = STEPS.index(self._state.step) + by
        step = STEPS[index]
        if step is SetupStep.TRY and not (self.has_usable_key and self._state.model):
            # Without a key or a model there is nothing to try, in either direction.
            step = STEPS[index + by]
        self._state = replace(self._state, step=step)
        return step
