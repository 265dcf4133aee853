"""What a message is sent with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caal_desktop.services.providers.provider_pool import Connection


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a message is sent with.

    Attributes:
        connection: the provider.
        model: the model id.
        system_prompt: "" for none.
        temperature: 0 to 2; None leaves it to the model.
        max_tokens: tokens of the answer at the most.
        reasoning: OpenRouter's ``reasoning`` object; None sends none.
        extra: further fields of the request, such as OpenRouter's ``provider`` and ``models``.
    """

    connection: Connection
    model: str
    system_prompt: str = ""
    temperature: float | None = 0.7
    max_tokens: int = 4096
    reasoning: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
