"""The hosts of models as their server listed them lately: one small file a provider, used for a day.

Of each host the fields of :class:`~caal_desktop.llm.models.endpoints.EndpointInfo` are kept; of the account, nothing.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from caal_desktop.llm.fields import (
    as_bool,
    as_dict,
    as_dicts,
    as_float,
    as_int,
    as_moment,
    as_string,
    as_text,
    parse_json,
)
from caal_desktop.llm.models.endpoints import EndpointInfo
from caal_desktop.llm.models.info import PriceTier, Pricing
from caal_desktop.storage.caches.cache_file import CacheFile, believable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

logger = logging.getLogger(__name__)

_FORMAT = 1
# A host takes half a kilobyte, and a model has five of them.
MAX_SIZE = 1_000_000
_HEADER_SIZE = 1_000

_PRICES = (
    "prompt",
    "completion",
    "cache_read",
    "cache_write",
    "internal_reasoning",
    "request",
    "image",
    "audio",
    "web_search",
)
_TIER_PRICES = ("prompt", "completion", "cache_read", "cache_write")
_SPEEDS = ("latency_ms", "latency_p90_ms", "throughput", "throughput_p75")


@dataclass(frozen=True, slots=True)
class CachedHosts:
    """The hosts of one model as they were listed.

    Attributes:
        endpoints: in the server's order; empty where the model had none.
        asked_at: when the server listed them (timezone-aware UTC).
    """

    endpoints: tuple[EndpointInfo, ...]
    asked_at: datetime


class FigureCache:
    """One provider's cached hosts.

    Args:
        folder: where the caches are; created by the first save.
        provider: the provider's name.
        source: the server's address, for providers that have more than one: another server's hosts are not used.
    """

    def __init__(self, folder: Path, provider: str, *, source: str = "") -> None:
        self._file = CacheFile(folder, provider, "figures", limit=MAX_SIZE)
        self.path = self._file.path
        self._source = source

    def load(self) -> dict[str, CachedHosts]:
        """Return the hosts by the models' ids; of a damaged file those that can be read, and none of the future."""
        content = self._file.read()
        if content is None:
            return {}
        document = as_dict(parse_json(content))
        if document and (document.get("format") != _FORMAT or document.get("source") != self._source):
            return {}
        listed = document.get("models")
        models = {name: hosts for name, value in as_dict(listed).items() if (hosts := _hosts(value)) is not None}
        if not isinstance(listed, dict) or len(models) < len(listed):
            logger.warning("The cached hosts %s are damaged; they are asked for anew.", self.path.name)
        return {name: hosts for name, hosts in models.items() if believable(hosts.asked_at) is not None}

    def save(self, models: Mapping[str, CachedHosts]) -> bool:
        """Write all hosts at once, those that were listed last where there are too many.

        Returns:
            Whether they were written.
        """
        pieces: list[str] = []
        size = _HEADER_SIZE + len(self._source)
        for name, hosts in sorted(models.items(), key=lambda item: item[1].asked_at, reverse=True):
            document = {
                "asked_at": hosts.asked_at.astimezone(UTC).isoformat(),
                "hosts": [_written(host) for host in hosts.endpoints],
            }
            piece = f"{json.dumps(name)}:{json.dumps(document, separators=(',', ':'))}"
            size += len(piece) + 1
            if size > MAX_SIZE:
                break
            pieces.append(piece)
        header = json.dumps({"format": _FORMAT, "source": self._source}).removesuffix("}")
        return self._file.write(f'{header}, "models": {{{",".join(pieces)}}}}}'.encode("ascii"))

    def remove(self) -> None:
        """Remove the file."""
        self._file.remove()


def _written(host: EndpointInfo) -> dict[str, Any]:
    fields = asdict(host)
    if host.supported_parameters is not None:
        fields["supported_parameters"] = sorted(host.supported_parameters)
    fields["pricing"] = _told(fields["pricing"])
    fields["pricing"]["tiers"] = [_told(tier) for tier in fields["pricing"].get("tiers", ())]
    return _told(fields)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that say something."""
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def _hosts(value: object) -> CachedHosts | None:
    document = as_dict(value)
    asked_at, listed = as_moment(document.get("asked_at")), document.get("hosts")
    if asked_at is None or not isinstance(listed, list):
        return None
    hosts = [host for entry in as_dicts(listed) if (host := _host(entry)) is not None]
    return CachedHosts(tuple(hosts), asked_at.astimezone(UTC)) if len(hosts) == len(listed) else None


def _host(entry: dict[str, Any]) -> EndpointInfo | None:
    name = as_text(entry.get("provider_name"))
    if name is None:
        return None
    parameters = entry.get("supported_parameters")
    pricing = as_dict(entry.get("pricing"))
    return EndpointInfo(
        name,
        Pricing(
            **_numbers(pricing, _PRICES),
            varies=as_bool(pricing.get("varies")) or False,
            tiers=tuple(map(_tier, as_dicts(pricing.get("tiers")))),
        ),
        **_numbers(entry, ("discount", "uptime")),
        # What is divided by must not be zero.
        **{speed: number for speed, number in _numbers(entry, _SPEEDS).items() if number is None or number > 0},
        context_length=as_int(entry.get("context_length")),
        max_completion_tokens=as_int(entry.get("max_completion_tokens")),
        quantization=as_text(entry.get("quantization")),
        is_degraded=as_bool(entry.get("is_degraded")) or False,
        supported_parameters=frozenset(filter(as_text, parameters)) if isinstance(parameters, list) else None,
        tag=as_string(entry.get("tag")) or "",
    )


def _tier(entry: dict[str, Any]) -> PriceTier:
    return PriceTier(
        as_int(entry.get("min_prompt_tokens")) or 0,
        **_numbers(entry, _TIER_PRICES),
        utc_start=as_int(entry.get("utc_start")),
        utc_end=as_int(entry.get("utc_end")),
    )


def _numbers(fields: dict[str, Any], names: Iterable[str]) -> dict[str, float | None]:
    """Return the named numbers; None for what is none, or below zero."""
    numbers = {name: as_float(fields.get(name)) for name in names}
    return {name: number if number is not None and number >= 0 else None for name, number in numbers.items()}
