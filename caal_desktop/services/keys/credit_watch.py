"""Looks at a key again when the user comes back from a page where credit is bought, or a limit raised."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.models.key_info import Funds

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.keys.key_state import KeyState

PAUSE_S: Final = 30.0
"""Seconds between two looks, however often the user comes back."""


class CreditWatch:
    """Has a key checked again, from the time on when one of its account's pages was opened until it can pay.

    Args:
        check: checks the key in use of a provider.
        state_of: returns the state of a provider's key.
        now: the clock, in seconds.
    """

    def __init__(
        self,
        check: Callable[[str], None],
        state_of: Callable[[str], KeyState],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check, self._state_of, self._now = check, state_of, now
        self._provider = ""
        self._looked_at: float | None = None

    def expect(self, provider: str) -> None:
        """Note that the user has gone to a page on which what this provider's key can pay for changes."""
        self._provider, self._looked_at = provider, None

    def look(self) -> None:
        """Have the key checked, because the user is back; nothing happens where none was there, or it was just done."""
        now, state = self._now(), self._state_of(self._provider) if self._provider else None
        if state is None or state.is_busy or (self._looked_at is not None and now - self._looked_at < PAUSE_S):
            return
        provider, self._looked_at = self._provider, now
        if state.info is not None and state.info.funds is Funds.BOUGHT:
            # It could pay before, as far as it tells: whether the account had any credit left it does not.
            self._provider = ""
        self._check(provider)
