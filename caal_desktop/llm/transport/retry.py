"""Decides whether a failed request is sent again, and after how long."""

from __future__ import annotations

import email.utils
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from caal_desktop.llm.errors import ConnectionFailed, ServerFailed
from caal_desktop.llm.fields import as_float

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from caal_desktop.llm.errors import ProviderError

_RETRIED_STATUSES: Final = frozenset({408, 429, 502, 503, 529})
_RETRIED_ONCE: Final = 500
"""An accident as often as a lasting fault; of the second one in a row nothing better is to be expected."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent again whose answer has not begun.

    A user is waiting, perhaps for a spoken answer: the delays are short. Where a server asks for a longer pause, its
    error is raised at once, with the seconds in ``retry_after``.

    Attributes:
        max_retries: attempts after the first one.
        first_delay: seconds before the first retry; doubled for each further one.
        max_delay: the longest delay, in seconds, where the server asks for none.
        max_retry_after: the longest delay, in seconds, that a server may ask for.
    """

    max_retries: int = 2
    first_delay: float = 0.5
    max_delay: float = 4.0
    max_retry_after: float = 8.0

    def delay(self, error: ProviderError, attempt: int, earlier: Collection[int | None] = ()) -> float | None:
        """Return how long to wait before the next attempt.

        Args:
            error: why the last attempt failed.
            attempt: the number of the last attempt, from 0.
            earlier: the statuses of the attempts before that one.

        Returns:
            Seconds; None where the request is not sent again.
        """
        if attempt >= self.max_retries or not _may_help(error, earlier):
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.max_retry_after else None
        # Up to a quarter less, so that many clients do not return at the same time.
        scatter = 1 - 0.25 * random.random()  # noqa: S311 - not a secret
        return min(self.max_delay, self.first_delay * 2.0**attempt) * scatter


def _may_help(error: ProviderError, earlier: Collection[int | None]) -> bool:
    """Return whether another attempt may go better."""
    if error.availability is not None and error.availability.retryable is False:
        return False
    if isinstance(error, ServerFailed) and error.status == _RETRIED_ONCE:
        return _RETRIED_ONCE not in earlier
    return error.transient and (error.status in _RETRIED_STATUSES or isinstance(error, ConnectionFailed))


def retry_after_of(headers: Mapping[str, Any], now: float | None = None) -> float | None:
    """Return how long a server asks to wait.

    Reads ``Retry-After`` (seconds or an HTTP date), ``retry-after-ms``, and OpenRouter's ``X-RateLimit-Reset``
    (milliseconds since 1970). A date is compared with the server's own ``Date``, so that a wrong clock does no harm.

    Args:
        headers: header names in any case.
        now: the time, in seconds since 1970; the server's or the system's where left out.

    Returns:
        Seconds; None where it does not ask.
    """
    fields = {str(name).lower(): value for name, value in headers.items()}
    if now is None:
        now = _http_date(fields.get("date")) or time.time()
    milliseconds = as_float(fields.get("retry-after-ms"))
    if milliseconds is not None and milliseconds >= 0:
        return milliseconds / 1000
    value = fields.get("retry-after")
    seconds = as_float(value)
    if seconds is not None and seconds >= 0:
        return seconds
    date = _http_date(value)
    if date is None:
        reset = as_float(fields.get("x-ratelimit-reset"))
        # Some servers count in seconds; no moment of this century is under 1e11 milliseconds.
        date = None if reset is None or reset < 1e9 else (reset / 1000 if reset > 1e11 else reset)
    return None if date is None else max(0.0, date - now)


def seconds_to_midnight(headers: Mapping[str, Any]) -> float:
    """Return how long it is to the next midnight UTC, by the server's own ``Date`` where it sends one.

    Args:
        headers: header names in any case.
    """
    fields = {str(name).lower(): value for name, value in headers.items()}
    return 86_400 - (_http_date(fields.get("date")) or time.time()) % 86_400


def _http_date(value: object) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
