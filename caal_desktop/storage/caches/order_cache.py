"""The orders in which a server last sorted its models: ids only, one small file a provider."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_dict, as_moment, parse_json
from caal_desktop.storage.caches.cache_file import CacheFile, believable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)

_FORMAT = 1
# Ten thousand ids take half a megabyte, and there are a few orders.
MAX_SIZE = 16_000_000


@dataclass(frozen=True, slots=True)
class CachedOrder:
    """One order as it was fetched.

    Attributes:
        ids: the models' ids, the first first.
        fetched_at: when it came (timezone-aware UTC); None where that is not known.
    """

    ids: tuple[str, ...]
    fetched_at: datetime | None


class OrderCache:
    """One provider's cached orders.

    Args:
        folder: where the caches are; created by the first save.
        provider: the provider's name.
    """

    def __init__(self, folder: Path, provider: str) -> None:
        self._file = CacheFile(folder, provider, "orders", limit=MAX_SIZE)
        self.path = self._file.path

    def load(self) -> dict[str, CachedOrder]:
        """Return the orders by name; of a damaged file those that can be read."""
        content = self._file.read()
        if content is None:
            return {}
        document = as_dict(parse_json(content))
        if document and document.get("format") != _FORMAT:
            return {}
        listed = document.get("orders")
        orders = {name: order for name, value in as_dict(listed).items() if (order := _order(value)) is not None}
        if not isinstance(listed, dict) or len(orders) < len(listed):
            logger.warning("The cached orders %s are damaged; they are fetched anew when asked for.", self.path.name)
        return orders

    def save(self, orders: Mapping[str, CachedOrder]) -> bool:
        """Write all orders at once, but for those of an unknown date.

        Returns:
            Whether they were written.
        """
        document = {
            "format": _FORMAT,
            "orders": {
                name: {"fetched_at": order.fetched_at.astimezone(UTC).isoformat(), "ids": order.ids}
                for name, order in orders.items()
                if order.fetched_at is not None
            },
        }
        return self._file.write(json.dumps(document, ensure_ascii=True).encode("ascii"))


def _order(value: object) -> CachedOrder | None:
    order = as_dict(value)
    fetched_at, ids = as_moment(order.get("fetched_at")), order.get("ids")
    if fetched_at is None or not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return None
    return CachedOrder(tuple(ids), believable(fetched_at))
