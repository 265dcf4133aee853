"""The options of one conversation: what differs from the settings, and which of it the model accepts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import as_dict, as_float, as_int, as_string
from caal_desktop.llm.models.effort import NO_REASONING, reasoning_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.llm.models.info import ModelInfo

LOWERED_MAX_TOKENS = 1024
"""Tokens of an answer after "allow a shorter answer": enough to speak, and a small part of what is usual."""

_LEAST_MAX_TOKENS = 64


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """What the user chose for this conversation alone; None follows the settings.

    Attributes:
        system_prompt: the instructions; "" sends none.
        temperature: 0 to 2.
        max_tokens: maximum length of the answer in tokens.
        reasoning: the effort, or :data:`~caal_desktop.llm.models.effort.NO_REASONING`.
        model_defaults: send no sampling parameter at all, so that the model's own hold.
    """

    system_prompt: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: str | None = None
    model_defaults: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the chosen values for storage."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}

    def with_model_defaults(self) -> ChatOptions:
        """Return options with the same instructions, and nothing else that a model could refuse."""
        return ChatOptions(self.system_prompt, model_defaults=True)

    def with_shorter_answer(self, usual: int) -> ChatOptions:
        """Return options with a lower maximum length of the answer.

        Args:
            usual: maximum length in tokens where these options have none.
        """
        lower = min(LOWERED_MAX_TOKENS, max(_LEAST_MAX_TOKENS, (self.max_tokens or usual) // 2))
        return replace(self, max_tokens=lower)

    @classmethod
    def from_json(cls, values: object) -> ChatOptions:
        """Return the options that :meth:`to_json` stored; values of a wrong type are left out."""
        stored = as_dict(values)
        longest = as_int(stored.get("max_tokens"))
        return cls(
            as_string(stored.get("system_prompt")),
            as_float(stored.get("temperature")),
            longest if longest is not None and longest > 0 else None,
            as_string(stored.get("reasoning")),
            stored.get("model_defaults") is True,
        )


def takes(model: ModelInfo | None, parameter: str) -> bool:
    """Return whether a parameter may be sent: it may unless the model's list of parameters is known and lacks it."""
    return model is None or model.supported_parameters is None or parameter in model.supported_parameters


def efforts_of(model: ModelInfo | None) -> tuple[str, ...]:
    """Return the reasoning efforts to choose from; none where the model does not reason, or is not known."""
    if model is None or model.reasoning is None:
        return ()
    policy = model.reasoning
    efforts = tuple(effort for effort in policy.efforts if effort != NO_REASONING) or ("low", "medium", "high")
    return efforts if policy.mandatory else (NO_REASONING, *efforts)


def reasoning_field(model: ModelInfo | None, effort: str | None) -> Mapping[str, Any] | None:
    """Return OpenRouter's ``reasoning`` object.

    Where the user chose no effort, it is that of a voice turn: no reasoning, or the least that the model can do.

    Args:
        model: what is known about the model.
        effort: what the user chose; None for nothing.

    Returns:
        The object, or None to send none.
    """
    policy = None if model is None else model.reasoning
    if policy is None:
        # Nothing is known about the model: only what was chosen explicitly is sent.
        return None if effort in (None, NO_REASONING) or model is not None else {"effort": effort}
    return reasoning_object(policy, effort)
