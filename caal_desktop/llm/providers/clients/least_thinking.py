"""Finds out once how little a model can be told to think, for requests whose answers are spoken."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.models.effort import reasoning_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from caal_desktop.llm.models.info import ReasoningPolicy

logger = logging.getLogger(__name__)

FIRST_REQUEST_SECONDS: Final = 0.5
"""How long requests wait for the first answer, counted from the first of them. A model that thinks by default is silent
for longer than that, and the connection that is made meanwhile is the request's own."""
LOOKUP_SECONDS: Final = 5.0
"""How long a look-up may take."""
MAX_LOOKUPS: Final = 3
"""How often it is tried: where it failed, the next request tries again and does not wait for it."""


class LeastThinking:
    """Knows the ``reasoning`` object of the requests to one model, once that was found out.

    Nothing is sent while it is not known: a model that cannot do what is asked of it refuses the request. Belongs to
    the event loop of the first request.

    Args:
        look_up: asks for a model's policy, by its id; returns None where the model has none.
    """

    def __init__(self, look_up: Callable[[str], Awaitable[ReasoningPolicy | None]]) -> None:
        self._look_up = look_up
        self._model = ""
        self._task: asyncio.Task[None] | None = None
        self._lookups = 0
        self._patient_until = 0.0
        self._is_known = False
        self._reasoning: dict[str, Any] | None = None

    async def fields(self, model: str) -> dict[str, Any]:
        """Return the fields of a request about a model; none where nothing is to be asked of it, or not yet known."""
        task = self._running(model)
        if task is not None:
            patience = self._patient_until - asyncio.get_running_loop().time()
            if patience > 0:
                await asyncio.wait({task}, timeout=patience)
        return {} if self._reasoning is None else {"reasoning": dict(self._reasoning)}

    async def prepare(self, model: str) -> None:
        """Find it out now, so that no request need wait for it."""
        task = self._running(model)
        if task is not None:
            await asyncio.wait({task})

    def forget(self) -> None:
        """Ask for nothing any more: the server has refused what was asked."""
        self._reasoning = None

    async def aclose(self) -> None:
        """End a look-up that is on its way."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    def _running(self, model: str) -> asyncio.Task[None] | None:
        """Return the look-up that is on its way, a new one where that is due; None where there is none."""
        if model != self._model:
            if self._task is not None:
                self._task.cancel()
            self._model, self._task, self._lookups = model, None, 0
            self._is_known, self._reasoning = False, None
        if self._is_known:
            return None
        if self._task is not None and not self._task.done():
            return self._task
        if self._lookups == MAX_LOOKUPS:
            return None
        loop = asyncio.get_running_loop()
        if not self._lookups:
            self._patient_until = loop.time() + FIRST_REQUEST_SECONDS
        self._lookups += 1
        self._task = loop.create_task(self._find_out(model), name="least thinking")
        return self._task

    async def _find_out(self, model: str) -> None:
        policy = None
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                policy = await self._look_up(model)
        except (ProviderError, TimeoutError) as error:
            logger.info("How little %s can be told to think is not known: %s", model, error)
            return
        self._is_known = True
        if policy is not None:
            self._reasoning = reasoning_object(policy)
