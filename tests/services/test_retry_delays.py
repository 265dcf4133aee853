"""How long is waited between attempts to write what could not be written."""

from __future__ import annotations

from caal_desktop.services.retry_delays import delay_after


def test_patience_grows_and_has_an_end() -> None:
    delays = [delay_after(failures) for failures in range(1, 1000)]
    assert delays[0] <= 1, "mostly it was a lock that has gone by then"
    assert delays == sorted(delays)
    assert 10 < delays[-1] <= 60, "a disk that fails for hours is not asked all the time, and not forgotten"
    assert sum(delays[:6]) < 90
