"""When and how long to wait before a request is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from caal_desktop.llm.errors import ConnectionFailed

if TYPE_CHECKING:
    from caal_desktop.llm.errors import ProviderError

_STATUSES: Final = frozenset({408, 429, 502, 503, 529})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is tried again, as long as nothing of an answer has come.

    A person, or somebody who has just spoken, is waiting: the waits are short, and a server that asks for a longer
    pause is not waited for; its error is raised at once with ``retry_after``.

    Attributes:
        max_retries: attempts after the first one.
        first_delay: seconds before the first retry; doubled for each further one.
        max_delay: the longest wait of our own choosing, in seconds.
        max_retry_after: the longest wait accepted from a server, in seconds.
    """

    max_retries: int = 2
    first_delay: float = 0.5
    max_delay: float = 4.0
    max_retry_after: float = 8.0

    def delay(self, error: ProviderError, attempt: int) -> float | None:
        """Return the seconds to wait after the failed attempt number ``attempt`` (from 0); None means: give up."""
        if attempt >= self.max_retries or not error.transient:
            return None
        if error.status not in _STATUSES and not isinstance(error, ConnectionFailed):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        # Up to a quarter less, so that many clients do not come back in step.
        scatter = 1 - 0.25 * random.random()  # noqa: S311 - not a secret
        return min(self.max_delay, self.first_delay * 2.0**attempt) * scatter
