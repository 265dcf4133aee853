"""Closing many parts at the end of the program: none of them may keep another one from being closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable


async def close_in_order(*groups: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Close the parts of each group beside each other, and the groups one after another.

    What fails keeps nothing else from being closed, and what hangs nothing of its own group.

    Args:
        groups: what closes each part.

    Raises:
        Exception: what has failed, alone or as a group, once all is closed. Where closing is cancelled before, what has
            failed by then is raised in place of the cancellation: nobody would hear of it.
    """
    errors: list[Exception] = []

    async def close(part: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await part()
        except Exception as error:
            errors.append(error)

    try:
        for group in groups:
            await asyncio.gather(*map(close, group))
    except asyncio.CancelledError:
        if not errors:
            raise
    if len(errors) > 1:
        raise ExceptionGroup("several parts were not closed in order", errors)
    if errors:
        raise errors[0]
