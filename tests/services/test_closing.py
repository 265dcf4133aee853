"""Closing many parts: what fails or hangs keeps no other one from being closed."""

from __future__ import annotations

import asyncio

import pytest

from caal_desktop.services.closing import close_in_order


class Part:
    """Something to close.

    Args:
        closed: notes its end.
        error: what closing it raises.
        until: what closing it waits for.
    """

    def __init__(
        self, closed: list[str], name: str, *, error: Exception | None = None, until: asyncio.Event | None = None
    ) -> None:
        self._closed, self._name, self._error, self._until = closed, name, error, until

    async def close(self) -> None:
        if self._until is not None:
            await self._until.wait()
        self._closed.append(self._name)
        if self._error is not None:
            raise self._error


def test_groups_are_closed_one_after_another() -> None:
    async def close() -> list[str]:
        closed: list[str] = []
        late = asyncio.Event()

        async def let_go() -> None:
            closed.append("second")
            late.set()

        await close_in_order([Part(closed, "first", until=late).close, let_go], [], [Part(closed, "last").close])
        return closed

    assert asyncio.run(close()) == ["second", "first", "last"]


@pytest.mark.parametrize("count", [1, 2])
def test_what_fails_is_raised_when_all_is_closed(count: int) -> None:
    closed: list[str] = []
    faults = [RuntimeError(f"fault {number}") for number in range(count)]
    parts = [Part(closed, "failing", error=fault).close for fault in faults]
    with pytest.raises((RuntimeError, ExceptionGroup)) as raised:
        asyncio.run(close_in_order(parts, [Part(closed, "last").close]))
    assert closed == ["failing"] * count + ["last"]
    found = raised.value.exceptions if isinstance(raised.value, ExceptionGroup) else (raised.value,)
    assert found == tuple(faults)


@pytest.mark.parametrize("fails", [False, True])
def test_what_hangs_holds_up_nothing_beside_it_and_hides_no_failure(fails: bool) -> None:
    async def close() -> None:
        closed: list[str] = []
        error = RuntimeError("fault") if fails else None
        hanging = Part(closed, "hanging", until=asyncio.Event())
        closing = asyncio.create_task(
            close_in_order([hanging.close, Part(closed, "beside", error=error).close], [Part(closed, "behind").close])
        )
        while not closed:
            await asyncio.sleep(0)
        assert closed == ["beside"]
        closing.cancel()
        await closing

    with pytest.raises(RuntimeError if fails else asyncio.CancelledError):
        asyncio.run(close())
