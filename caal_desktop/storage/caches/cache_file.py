"""One cached file of one provider. That it cannot be read or written is told in the log alone."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from caal_desktop.storage.atomic_file import reason_of, write_atomically
from caal_desktop.storage.errors import StorageError
from caal_desktop.storage.regular_file import read_at_most

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_CLOCK_TOLERANCE = timedelta(minutes=5)


def believable(moment: datetime) -> datetime | None:
    """Return when something was fetched; None for what is still to come.

    A clock that was wrong for a while leaves such a date. It would count as fresh until then.
    """
    return moment if moment <= datetime.now(UTC) + _CLOCK_TOLERANCE else None


class CacheFile:
    """A file that can be fetched anew.

    Args:
        folder: where the caches are; created by the first write.
        provider: the provider's name.
        ending: what the file's name ends with.
        limit: its greatest size, in bytes; a larger one is not read.
    """

    def __init__(self, folder: Path, provider: str, ending: str, *, limit: int) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", provider):
            raise ValueError(f"{provider!r} is not a provider's name.")
        self.path = folder / f"{provider}.{ending}"
        self._limit = limit

    def read(self) -> bytes | None:
        """Return the content; None where there is none, or none that can be read."""
        try:
            content = read_at_most(self.path, self._limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("The cache %s cannot be read: %s", self.path.name, reason_of(error))
            return None
        return content if len(content) <= self._limit else b""

    def write(self, content: bytes) -> bool:
        """Replace the content as a whole.

        Returns:
            Whether it was written.
        """
        try:
            write_atomically(self.path, content)
        except StorageError as error:
            logger.warning("The cache %s could not be written: %s", self.path.name, error)
            return False
        return True

    def remove(self) -> None:
        """Remove the file; for a caller that finds it damaged."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("The cache %s cannot be removed: %s", self.path.name, reason_of(error))
