"""The orders in which a server last sorted its models: ids only, one small file a provider."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from caal_desktop.llm.fields import as_dict, as_moment, parse_json
from caal_desktop.storage.atomic_file import write_atomically
from caal_desktop.storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

_FORMAT = 1
# Ten thousand ids take half a megabyte, and there are a few orders.
MAX_SIZE = 16_000_000


@dataclass(frozen=True, slots=True)
class CachedOrder:
    """One order as it was fetched.

    Attributes:
        ids: the models' ids, the first first.
        fetched_at: when it came (timezone-aware UTC).
    """

    ids: tuple[str, ...]
    fetched_at: datetime


class OrderCache:
    """One provider's cached orders.

    Args:
        folder: where the caches are; created by the first save.
        provider: the provider's name.
    """

    def __init__(self, folder: Path, provider: str) -> None:
        if not re.fullmatch(r"[a-z0-9_]+", provider):
            raise ValueError(f"{provider!r} is not a provider's name.")
        self.path = folder / f"{provider}.orders"

    def load(self) -> dict[str, CachedOrder]:
        """The orders by name; those that a damaged file still gives."""
        try:
            content = self.path.read_bytes()[: MAX_SIZE + 1]
        except FileNotFoundError:
            return {}
        except OSError as exc:
            log.warning("The cached orders %s cannot be read: %s", self.path.name, exc.strerror)
            return {}
        document = as_dict(parse_json(content))
        if document and document.get("format") != _FORMAT:
            return {}
        listed = document.get("orders")
        orders = {name: order for name, value in as_dict(listed).items() if (order := _order(value)) is not None}
        if not isinstance(listed, dict) or len(orders) < len(listed):
            log.warning("The cached orders %s are damaged; they are fetched anew when asked for.", self.path.name)
        return orders

    def save(self, orders: Mapping[str, CachedOrder]) -> bool:
        """Writes all orders in one go.

        Returns:
            Whether they were written. A cache that cannot be written is no reason to bother anybody: the log says why.
        """
        document = {
            "format": _FORMAT,
            "orders": {
                name: {"fetched_at": order.fetched_at.astimezone(UTC).isoformat(), "ids": order.ids}
                for name, order in orders.items()
            },
        }
        try:
            write_atomically(self.path, json.dumps(document, ensure_ascii=True).encode("ascii"))
        except StorageError as exc:
            log.warning("The orders of the model list could not be cached: %s", exc)
            return False
        return True


def _order(value: object) -> CachedOrder | None:
    order = as_dict(value)
    fetched_at, ids = as_moment(order.get("fetched_at")), order.get("ids")
    if fetched_at is None or not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return None
    return CachedOrder(tuple(ids), fetched_at)
