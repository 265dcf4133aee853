"""The program's exit statuses other than 0."""

from __future__ import annotations

from typing import Final

NO_WINDOW: Final = 1
"""No window could be opened."""
CANNOT_START: Final = 2
"""The program cannot be started here."""
NOT_IN_ORDER: Final = 3
"""The program has ended, and something failed while it did; the log says what."""
