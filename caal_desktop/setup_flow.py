"""The first-run wizard's brain: its steps, what each needs, what may be skipped. Knows no Qt and does no I/O.

The window draws :class:`SetupFlow`'s state and tells it what happened; every rule about the order of steps is here.
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
    """What is missing before the next step."""

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
        step: where the person is.
        provider: who serves the model, by name.
        key_status: the state of that provider's key, or of its server where no key is needed.
        address: the server's base URL, where the provider has one of the person's own.
        model: the chosen model's id; "" while none is chosen.
        tried: an answer has been read to its end.
    """

    step: SetupStep = SetupStep.WELCOME
    provider: str = DEFAULT_PROVIDER
    key_status: KeyStatus = KeyStatus.NONE
    address: str = ""
    model: str = ""
    tried: bool = False


class SetupFlow:
    """The steps from nothing to a working assistant brain.

    Args:
        state: where to begin; a stored state is repaired by :meth:`resumed`.
    """

    def __init__(self, state: SetupState | None = None) -> None:
        self._state = state or SetupState()

    @classmethod
    def resumed(cls, state: SetupState) -> SetupFlow:
        """Continue where an earlier run ended, as far as what it had is still there.

        A step is kept only if all steps before it are still satisfied, save those that were skipped. Nobody skips
        the key and then tries: where a trial was reached and there is no key, the key has been lost since.
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
        """What is known about the chosen provider."""
        return descriptor_of(self._state.provider)

    @property
    def has_usable_key(self) -> bool:
        """Whether a request can be tried at all: a key is there (or none is needed) and has not been refused."""
        if self._state.key_status in (KeyStatus.VERIFIED, KeyStatus.UNVERIFIED):
            return True
        return not self.descriptor.needs_key and self._state.key_status is KeyStatus.NONE and bool(self._state.address)

    def need(self) -> MissingInput:
        """Tell what is missing before the current step is done."""
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
        """Whether Next may be pressed."""
        return self._state.step is not SetupStep.DONE and self.need() is MissingInput.NOTHING and not self.wants_try

    @property
    def wants_try(self) -> bool:
        """Whether the current step is a trial that has not taken place (it may be skipped)."""
        return self._state.step is SetupStep.TRY and not self._state.tried

    @property
    def can_skip(self) -> bool:
        """Whether the current step may be left undone: key and model can come later, and nobody has to try."""
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
        """Leave the current step undone and go on.

        Raises:
            ValueError: this step cannot be skipped.
        """
        if not self.can_skip:
            raise ValueError(f"the step {self._state.step} cannot be skipped")
        if self._state.step is SetupStep.KEY:
            self._state = replace(self._state, key_status=KeyStatus.NONE)
        return self._go(+1)

    def back(self) -> SetupStep:
        """Go to the step before this one; what was entered stays."""
        return self._go(-1) if self.can_go_back else self._state.step

    def choose_provider(self, provider: str, address: str = "") -> None:
        """Choose who answers. Another provider has another key and other models."""
        if provider != self._state.provider:
            self._state = SetupState(step=self._state.step, provider=provider, address=address)

    def set_address(self, address: str) -> None:
        """Take over the server's address; what was proven of another address counts no more."""
        if address != self._state.address:
            self._state = replace(self._state, address=address, key_status=KeyStatus.NONE, model="", tried=False)

    def set_key_status(self, status: KeyStatus) -> None:
        """Take over what is known about the key now."""
        self._state = replace(self._state, key_status=status)

    def choose_model(self, model: str) -> None:
        """Choose the model; another one has not been tried yet."""
        if model != self._state.model:
            self._state = replace(self._state, model=model, tried=False)

    def set_tried(self) -> None:
        """An answer came and was complete."""
        self._state = replace(self._state, tried=True)

    def _go(self, by: int) -> SetupStep:
        index = STEPS.index(self._state.step) + by
        step = STEPS[index]
        if step is SetupStep.TRY and not (self.has_usable_key and self._state.model):
            # Without a key or a model there is nothing to try, in either direction.
            step = STEPS[index + by]
        self._state = replace(self._state, step=step)
        return step
