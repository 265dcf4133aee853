"""The providers of a model and its speed: derived from its id, and the same on every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caal_desktop.demo.catalogue.rows import (
    Row,
    context_length,
    inputs,
    max_output,
    outputs,
    parameters,
    reasoning,
    slug_of,
)
from caal_desktop.demo.catalogue.stored import hosts_of
from caal_desktop.demo.pseudorandom import between, fraction
from caal_desktop.llm.fields import as_dict, as_float

_QUICK = ("nano", "mini", "flash", "lite", "haiku", "fast", "small", "tiny", "1b", "3b", "8b", "mercury", "oss")
# Hosts on chips of their own: how many times as quick as the usual host, and as dear.
# Not more, or what all hosts of a model are together would be no more what the usual one is.
_RACERS = {"Cerebras": (2.5, 3.0), "Groq": (2.1, 1.5)}
_SLOW = ("opus", "-pro", "max", "405b", "ultra", "deep-research", "-r1", "premier", "397b", "550b", "thinking")
# Everybody's requests, against what the demo's chat takes: short answers pull the median of the throughput down.
_LATENCIES = {"p50": 1.0, "p75": 1.3, "p90": 1.8, "p99": 3.1}
_THROUGHPUTS = {"p50": 0.8, "p75": 1.0, "p90": 1.1, "p99": 1.2}
# Tokens of thought at a low effort.
_USUAL_THOUGHT = 37


@dataclass(frozen=True, slots=True)
class ModelSpeed:
    """How fast a model answers.

    Attributes:
        ttft: seconds to the first token.
        tokens_per_second: after that.
    """

    ttft: float
    tokens_per_second: float


def speed_of(row: Row) -> ModelSpeed:
    """Return how fast a model answers at the server's ordinary speed."""
    slug = slug_of(row)
    factor = between(0.7, 1.4, "pace", slug)
    if any(word in slug for word in _SLOW):
        factor *= 0.55
    elif any(word in slug for word in _QUICK):
        factor *= 1.8
    return ModelSpeed(ttft=0.35 / factor * between(0.8, 1.3, "ttft", slug), tokens_per_second=60.0 * factor)


def speed_at(row: Row, host: str) -> ModelSpeed:
    """Return how fast a model answers at one of its providers; the usual one has the model's own speed."""
    speed = speed_of(row)
    if host == providers(row)[0]:
        return speed
    slug = slug_of(row)
    factor = _RACERS[host][0] if host in _RACERS else between(0.7, 1.3, "endpoint", slug, host)
    return ModelSpeed(speed.ttft / min(factor, 2.0), speed.tokens_per_second * factor)


def row_at(row: Row, host: str) -> Row:
    """Return a model's row with the prices of one of its providers; the usual one has those of the list."""
    hosts = providers(row)
    place = hosts.index(host) if host in hosts else 0
    factor = _RACERS[host][1] if place and host in _RACERS else 1 + 0.1 * place
    prices = {name: _scaled(value, factor) for name, value in as_dict(row.get("pricing")).items()}
    return row | {"pricing": prices} if place else row


def _scaled(prices: object, factor: float) -> Any:
    """Return a price, or a list of prices under conditions, of another provider."""
    if isinstance(prices, str):
        return f"{(as_float(prices) or 0.0) * factor:.13f}".rstrip("0").rstrip(".") or "0"
    if isinstance(prices, list):
        return [{name: _scaled(value, factor) for name, value in as_dict(entry).items()} for entry in prices]
    return prices


def tag_of(host: str) -> str:
    """Return a provider's name as it is written in requests."""
    return host.lower().replace(" ", "-")


def providers(row: Row) -> list[str]:
    """Return the names of the providers that serve a model, the usual one first."""
    slug, hosts = slug_of(row), hosts_of(row)
    # Open weights are served by many.
    fewest = 2 if len(hosts) > 4 else 1
    count = fewest + int(fraction("hosts", slug) * min(4, len(hosts)))
    return hosts[:1] if slug.endswith(":free") else hosts[:count]


def endpoints(row: Row, pace: float | None = None) -> list[dict[str, Any]]:
    """Return the ``endpoints`` of ``GET /models/{author}/{slug}/endpoints``.

    Args:
        row: the model's.
        pace: how many times as quick as at its ordinary speed the server answers; None to tell no figures, as
            OpenRouter does to those without a key.
    """
    slug, result = slug_of(row), []
    for number, host in enumerate(providers(row)):
        speed = speed_at(row, host)
        prices = as_dict(row_at(row, host).get("pricing"))
        pricing = {name: value for name, value in prices.items() if isinstance(value, str)}
        pricing = pricing or {"prompt": "0", "completion": "0"}
        uptime = round(between(97, 100, "uptime", slug, host), 2)
        result.append(
            {
                "name": f"{host} | {slug}",
                "model_id": slug,
                "model_name": str(row.get("name") or slug),
                "context_length": context_length(row),
                "pricing": pricing,
                "provider_name": host,
                "tag": tag_of(host),
                "quantization": ("bf16", "fp8", "fp4", "unknown")[int(fraction("quant", slug, host) * 4)],
                "max_completion_tokens": max_output(row) or None,
                "max_prompt_tokens": None,
                "supported_parameters": parameters(row),
                "status": 0,
                "uptime_last_5m": 100 if number == 0 else None,
                "uptime_last_30m": uptime,
                "uptime_last_1d": uptime,
                "supports_implicit_caching": fraction("implicit", slug, host) < 0.3,
                "latency_last_30m": pace and _percentiles(_LATENCIES, _latency(row, speed) * 1000 / pace),
                "throughput_last_30m": pace and _percentiles(_THROUGHPUTS, speed.tokens_per_second * pace),
            }
        )
    return result


def describe_endpoints(row: Row, pace: float | None = None) -> dict[str, Any]:
    """Return the body of ``GET /models/{author}/{slug}/endpoints``; see :func:`endpoints`."""
    architecture = {
        "tokenizer": None,
        "instruct_type": None,
        "modality": "text->text",
        "input_modalities": inputs(row),
        "output_modalities": outputs(row),
    }
    return {
        "data": {
            "id": row.get("id"),
            "name": row.get("name") or row.get("id"),
            "created": row.get("created") or 0,
            "description": row.get("description") or "",
            "architecture": architecture | as_dict(row.get("architecture")),
            "endpoints": endpoints(row, pace),
        }
    }


def _latency(row: Row, speed: ModelSpeed) -> float:
    """Return the seconds to what a host counts as the first token: closed models hide the thoughts before it."""
    policy = reasoning(row)
    thinks = policy.get("mandatory") is True or policy.get("default_enabled") is True
    hidden = _USUAL_THOUGHT if thinks and not row.get("hugging_face_id") else 0
    return speed.ttft + hidden / speed.tokens_per_second


def _percentiles(steps: dict[str, float], figure: float) -> dict[str, float]:
    return {name: round(figure * step, 2) for name, step in steps.items()}
