"""What an answer cost that ended before it told: one that was stopped, or broke off."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of

if TYPE_CHECKING:
    from caal_desktop.llm.events import UsageReport
    from caal_desktop.services.providers.provider_pool import Connection, ProviderPool

_DELAYS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Pauses before the questions to the provider, which knows an answer only a moment after its end."""


async def find_cost(pool: ProviderPool, connection: Connection, generation_id: str) -> UsageReport | None:
    """Ask the provider until it knows the answer; None where it never does, or cannot be asked."""
    if not descriptor_of(connection.provider).can(Capability.COST_LOOKUP):
        return None
    for delay in _DELAYS_S:
        await asyncio.sleep(delay)
        try:
            async with pool.use(connection) as provider:
                usage = await provider.generation(generation_id)
        except (ProviderError, ValueError):
            return None
        if usage is not None:
            return usage
    return None
