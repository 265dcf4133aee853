"""How much a model is asked to think in a voice turn.

A voice assistant is silent while its model thinks. So a turn asks for none where that can be, else for the least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ReasoningPolicy

NO_REASONING: Final = "none"
"""The effort that means not to reason."""

EFFORTS: Final = (NO_REASONING, "minimal", "low", "medium", "high", "xhigh", "max")
"""The efforts that have a known place, from the least to the most."""


def voice_effort(policy: ReasoningPolicy) -> str | None:
    """Return the effort that a voice turn asks for, of a model that reasons.

    Returns:
        :data:`NO_REASONING` where reasoning is optional, else the least of the listed efforts; None where none of known
        size is listed, so that asking for one could be refused.
    """
    if not policy.mandatory:
        return NO_REASONING
    return next((effort for effort in EFFORTS[1:] if effort in policy.efforts), None)


def reasoning_object(policy: ReasoningPolicy, effort: str | None = None) -> dict[str, Any] | None:
    """Return OpenRouter's ``reasoning`` object for a model that reasons.

    Args:
        policy: what the model lets requests choose.
        effort: what was chosen; None for nothing, which is what a voice turn asks for, as is :data:`NO_REASONING`
            where it cannot be had.

    Returns:
        The object, or None to send none.
    """
    if effort is None or effort == NO_REASONING:
        effort = voice_effort(policy)
    if effort is None:
        return None
    return {"enabled": False} if effort == NO_REASONING else {"effort": effort}
