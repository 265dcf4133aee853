"""Why something that the user wrote is not saved at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caal_desktop.storage.errors import StorageError

SLOW_AGAIN_S = 2.0
"""Seconds after which an attempt that the user has asked for, and that has no outcome, counts as failed; it goes on."""

LAST_TRY_S = 1.5
"""Seconds that the last attempt may take when the program ends."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something is not written at the moment.

    Attributes:
        error: why the last attempt failed.
        is_trying: whether an attempt is under way that the user has asked for.
    """

    error: StorageError
    is_trying: bool = False
