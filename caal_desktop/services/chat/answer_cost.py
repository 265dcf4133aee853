"""What an answer cost that ended before it told: one that was stopped, or broke off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError

if TYPE_CHECKING:
    from caal_desktop.llm.events import UsageReport
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool

_DELAYS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses before the looks at ``/generation``, which knows an answer only a moment after its end."""


async def find_cost(pool: ProviderPool, connection: Connection, generation_id: str) -> UsageReport | None:
    """Ask OpenRouter's ``/generation`` until it knows the answer; None where it never does, or at other providers."""
    for delay in _DELAYS_S:
        await asyncio.sleep(delay)
        try:
            async with pool.use(connection) as provider:
                generation = getattr(provider, "generation", None)
                if generation is None:
                    return None
                usage: UsageReport | None = await generation(generation_id)
        except (ProviderError, ValueError):
            return None
        if usage is not None:
            return usage
    return None
