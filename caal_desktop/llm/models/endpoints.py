"""One model on OpenRouter: where to ask for it, and its hosts (``GET /models/{author}/{slug}/endpoints``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from caal_desktop.llm.fields import as_dict, as_dicts, as_float
from caal_desktop.llm.models import values
from caal_desktop.llm.models.info import Pricing
from caal_desktop.llm.models.listing import parse_pricing

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo

MAX_ENDPOINTS = 200
_MAX_NAME_LENGTH = 80
# Documented in milliseconds and given so, 100 and more; the documentation's own example, 0.25, can only be seconds.
_SECONDS_BELOW = 10.0


@dataclass(frozen=True, slots=True)
class EndpointInfo:
    """One host of a model. Only ``provider_name`` and ``pricing`` are always there.

    Attributes:
        provider_name: the host's name, such as "DeepInfra".
        pricing: its list prices.
        discount: the fraction, above 0 and at most 1, that OpenRouter takes off them; None where there is none.
        context_length, max_completion_tokens: numbers of tokens; None where not told.
        quantization: ``fp8``, ``bf16``, …; None where not told or "unknown".
        uptime: percentage of requests answered in the last half hour, or in the last day where that is not known.
        latency_ms, latency_p90_ms: median and 90th percentile of the time to the first token in the last half hour, in
            milliseconds; None where not told, as without a key, or for want of requests.
        throughput, throughput_p75: median and 75th percentile of the tokens per second in the last half hour; None
            where not told. Answers of one word pull the median down to a tenth of what long ones get.
        is_degraded: OpenRouter avoids it at the moment.
        supported_parameters: names of request parameters; None where the server tells none.
        tag: what names this very endpoint in routing preferences, such as ``deepinfra/fp8``: a host may have several
            for one model. "" where not told.
    """

    provider_name: str
    pricing: Pricing = Pricing()  # noqa: RUF009 - immutable
    discount: float | None = None
    context_length: int | None = None
    max_completion_tokens: int | None = None
    quantization: str | None = None
    uptime: float | None = None
    latency_ms: float | None = None
    throughput: float | None = None
    is_degraded: bool = False
    supported_parameters: frozenset[str] | None = None
    tag: str = ""
    latency_p90_ms: float | None = None
    throughput_p75: float | None = None


def endpoints_path(model: ModelInfo | str) -> str | None:
    """Return the path, below the API's base, of a model's hosts.

    Args:
        model: the model or its id. A variant (``:free``) is part of the slug: it has hosts of its own.

    Returns:
        The path; None where the id has no author and slug.
    """
    below = _author_and_slug(model if isinstance(model, str) else model.id)
    return None if below is None else f"/models/{below}/endpoints"


def row_path(model_id: str) -> str | None:
    """Return the path, below the API's base, of a model's row alone; None where the id has no author and slug.

    A variant that is in no list, such as ``:nitro``, has none.
    """
    below = _author_and_slug(model_id)
    return None if below is None else f"/model/{below}"


def _author_and_slug(model_id: str) -> str | None:
    author, slash, slug = model_id.partition("/")
    if not slash or not author or not slug or "/" in slug or {author, slug} & {".", ".."}:
        return None
    return f"{quote(author, safe='~')}/{quote(slug, safe=':')}"


def parse_endpoints(payload: object) -> tuple[EndpointInfo, ...] | None:
    """Read the hosts of a model.

    Args:
        payload: the decoded JSON.

    Returns:
        The hosts in the server's order, without entries that are no objects; None where the answer has no list of
        hosts. Never raises.
    """
    data = as_dict(payload).get("data")
    entries = as_dict(data).get("endpoints") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        return None
    return tuple(_endpoint(entry) for entry in as_dicts(entries[:MAX_ENDPOINTS]))


def _endpoint(entry: dict[str, Any]) -> EndpointInfo:
    names = (values.text(entry.get(key), _MAX_NAME_LENGTH) for key in ("provider_name", "name", "tag"))
    quantization = values.text(entry.get("quantization"), 32)
    pricing = as_dict(entry.get("pricing"))
    discount = as_float(pricing.get("discount"))
    status = as_float(entry.get("status"))
    parameters = values.words(entry.get("supported_parameters"))
    latencies = _milliseconds(_percentiles(entry.get("latency_last_30m")))
    throughputs = _percentiles(entry.get("throughput_last_30m"))
    return EndpointInfo(
        provider_name=next(filter(None, names), "?"),
        tag=values.text(entry.get("tag"), _MAX_NAME_LENGTH),
        pricing=parse_pricing(pricing),
        discount=discount if discount is not None and 0 < discount <= 1 else None,
        context_length=values.count(entry.get("context_length")),
        max_completion_tokens=values.count(entry.get("max_completion_tokens")),
        quantization=quantization if quantization.lower() not in ("", "unknown") else None,
        uptime=_percent(entry.get("uptime_last_30m"), entry.get("uptime_last_1d")),
        latency_ms=latencies.get("p50"),
        latency_p90_ms=latencies.get("p90"),
        throughput=throughputs.get("p50"),
        throughput_p75=throughputs.get("p75"),
        is_degraded=status is not None and status < 0,
        supported_parameters=None if parameters is None else frozenset(parameters),
    )


def _percent(*candidates: object) -> float | None:
    for value in candidates:
        number = as_float(value)
        if number is not None and 0 <= number <= 100:
            return number
    return None


def _percentiles(value: object) -> dict[str, float]:
    """Return the percentiles that are told; a zero is the want of requests, and no figure."""
    numbers = {name: as_float(number) for name, number in as_dict(value).items()}
    return {name: number for name, number in numbers.items() if number is not None and number > 0}


def _milliseconds(latencies: dict[str, float]) -> dict[str, float]:
    """Return latencies in milliseconds; the least of them tells the unit of them all."""
    factor = 1000 if min(latencies.values(), default=_SECONDS_BELOW) < _SECONDS_BELOW else 1
    return {name: latency * factor for name, latency in latencies.items()}
