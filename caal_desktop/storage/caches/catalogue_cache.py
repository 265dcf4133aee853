"""The last good model list of a provider, as the server sent it.

The bytes are kept raw, so that fields which this version does not know survive until one that does. The file is one
line of JSON about the list, then the list: reading it costs one read and a checksum; parsing is left to its readers.
"""

from __future__ import annotations

import json
import logging
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_dict, as_int, as_moment, as_string, parse_json
from caal_desktop.storage.caches.cache_file import CacheFile, believable

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

_FORMAT = 1
# OpenRouter's 415 models take 0.7 MB.
MAX_PAYLOAD = 64_000_000
_MAX_HEADER = 10_000


@dataclass(frozen=True, slots=True)
class CachedCatalogue:
    """A model list as it was fetched.

    Attributes:
        payload: the answer's body.
        fetched_at: when it came (timezone-aware UTC); None where that is not known.
        model_count: how many models the fetcher found in it.
    """

    payload: bytes = field(repr=False)
    fetched_at: datetime | None
    model_count: int


class CatalogueCache:
    """One provider's cached model list.

    Args:
        folder: where the caches are; created by the first save.
        provider: the provider's name.
        source: the server's address, for providers that have more than one: another server's list is not shown.
    """

    def __init__(self, folder: Path, provider: str, *, source: str = "") -> None:
        self._file = CacheFile(folder, provider, "cache", limit=MAX_PAYLOAD + _MAX_HEADER)
        self.path = self._file.path
        self._source = source

    def load(self) -> CachedCatalogue | None:
        """Return the last good list, or None. A damaged file is removed."""
        content = self._file.read()
        if content is None:
            return None
        header, _, payload = content.partition(b"\n")
        facts = _facts(header)
        if facts is None or facts.checksum != zlib.crc32(payload):
            logger.warning("The cached model list %s is damaged and was removed.", self.path.name)
            self._file.remove()
            return None
        if facts.source != self._source:
            return None
        return CachedCatalogue(payload, believable(facts.fetched_at), facts.model_count)

    def save(self, payload: bytes, *, model_count: int, fetched_at: datetime | None = None) -> bool:
        """Replace the list, if the new one is good.

        Args:
            payload: the answer's body.
            model_count: how many models were found in it. With none, the old list is kept.
            fetched_at: when it came (timezone-aware); now if None.

        Returns:
            Whether it was saved.
        """
        if model_count <= 0 or not payload or len(payload) > MAX_PAYLOAD:
            logger.info("A list of %d models in %d bytes is not cached.", model_count, len(payload))
            return False
        when = (fetched_at or datetime.now(UTC)).astimezone(UTC)
        header = {
            "format": _FORMAT,
            "fetched_at": when.isoformat(),
            "source": self._source,
            "models": model_count,
            "crc32": zlib.crc32(payload),
        }
        return self._file.write(json.dumps(header).encode("ascii") + b"\n" + payload)


@dataclass(frozen=True, slots=True)
class _Facts:
    fetched_at: datetime
    source: str
    model_count: int
    checksum: int


def _facts(header: bytes) -> _Facts | None:
    document = as_dict(parse_json(header))
    fetched_at, source = as_moment(document.get("fetched_at")), as_string(document.get("source"))
    model_count, checksum = as_int(document.get("models")), as_int(document.get("crc32"))
    if document.get("format") != _FORMAT or fetched_at is None or source is None:
        return None
    return None if model_count is None or checksum is None else _Facts(fetched_at, source, model_count, checksum)
