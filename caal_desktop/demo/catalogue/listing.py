"""The models that the demo server offers, and the questions that its endpoints ask about them.

Rows are plain dictionaries, because a stored ``GET /models`` answer can be served in place of the generated ones; every
field may be missing or null.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.catalogue.families import VENDORS
from caal_desktop.demo.catalogue.models_data import build_rows, popularity
from caal_desktop.demo.chance import between, fraction
from caal_desktop.demo.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Row = dict[str, Any]

PAGE_DEFAULT, PAGE_MAX = 500, 1000
_HOSTS = {vendor.slug: vendor.hosts for vendor in VENDORS}
_QUICK = ("nano", "mini", "flash", "lite", "haiku", "fast", "small", "tiny", "1b", "3b", "8b", "mercury", "oss")
_SLOW = ("opus", "-pro", "max", "405b", "ultra", "deep-research", "-r1", "premier", "397b", "550b", "thinking")


@dataclass(frozen=True, slots=True)
class Pace:
    """How a model answers.

    Attributes:
        ttft: seconds to the first token.
        tokens_per_second: after that.
    """

    ttft: float
    tokens_per_second: float


def _part(row: Row, name: str) -> Row:
    part = row.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def outputs(row: Row) -> list[str]:
    """The row's output modalities; text where it tells none."""
    told = _part(row, "architecture").get("output_modalities")
    return told if isinstance(told, list) and told else ["text"]


def inputs(row: Row) -> list[str]:
    """The row's input modalities; text where it tells none."""
    told = _part(row, "architecture").get("input_modalities")
    return told if isinstance(told, list) and told else ["text"]


def parameters(row: Row) -> list[str]:
    """The row's supported parameters; empty where it tells none."""
    told = row.get("supported_parameters")
    return told if isinstance(told, list) else []


def price(row: Row, name: str) -> float:
    """A price in USD per token (or per piece); 0 where it is not told, -1 for a router."""
    return _number(_part(row, "pricing").get(name))


def context_length(row: Row) -> int:
    """Tokens; 0 where it is not told."""
    return int(_number(row.get("context_length")))


def max_output(row: Row) -> int:
    """The most completion tokens: the provider's limit or else the context length; 0 where neither is told."""
    return int(_number(_part(row, "top_provider").get("max_completion_tokens"))) or context_length(row)


def reasoning(row: Row) -> Row:
    """The row's ``reasoning`` object; empty for models that do not reason."""
    return _part(row, "reasoning")


def pace(row: Row) -> Pace:
    """The pace of a model at the server's ordinary speed; made up from its id."""
    slug = str(row.get("id"))
    factor = between(0.7, 1.4, "pace", slug)
    if any(word in slug for word in _SLOW):
        factor *= 0.55
    elif any(word in slug for word in _QUICK):
        factor *= 1.8
    return Pace(ttft=0.35 / factor * between(0.8, 1.3, "ttft", slug), tokens_per_second=60.0 * factor)


def providers(row: Row) -> tuple[str, ...]:
    """Names of the providers that serve a model, the usual one first."""
    slug = str(row.get("id"))
    hosts = _HOSTS.get(slug.lstrip("~").split("/", maxsplit=1)[0], ("DeepInfra",))
    # Open weights are served by many.
    fewest = 2 if len(hosts) > 4 else 1
    count = fewest + int(fraction("hosts", slug) * min(4, len(hosts)))
    return hosts[:1] if slug.endswith(":free") else hosts[:count]


def _average_price(row: Row) -> float:
    return (price(row, "prompt") + price(row, "completion")) / 2


def _index(name: str) -> Callable[[Row], float]:
    def value(row: Row) -> float:
        return _number(_part(_part(row, "benchmarks"), "artificial_analysis").get(name))

    return value


def _best_elo(row: Row) -> float:
    arena = _part(row, "benchmarks").get("design_arena")
    return max((_number(entry.get("elo")) for entry in arena if isinstance(entry, dict)), default=0) if arena else 0.0


# Each gives a key by which rows are put in ascending order.
_SORTS: dict[str, Callable[[Row], float]] = {
    "most-popular": lambda row: -popularity(str(row.get("id"))),
    "top-weekly": lambda row: -popularity(str(row.get("id"))) * between(0.5, 1.5, "week", row.get("id")),
    "newest": lambda row: -_number(row.get("created")),
    "pricing-low-to-high": _average_price,
    "pricing-high-to-low": lambda row: -_average_price(row),
    "context-high-to-low": lambda row: -context_length(row),
    "throughput-high-to-low": lambda row: -pace(row).tokens_per_second,
    "latency-low-to-high": lambda row: pace(row).ttft,
    "intelligence-high-to-low": lambda row: -_index("intelligence_index")(row),
    "coding-high-to-low": lambda row: -_index("coding_index")(row),
    "agentic-high-to-low": lambda row: -_index("agentic_index")(row),
    "design-arena-elo-high-to-low": lambda row: -_best_elo(row),
}


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",") if word.strip()}


def _whole_number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    try:
        number = int(query.get(name, default))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ApiError(400, f"Invalid query parameter '{name}': expected a whole number from {low} to {high}.")
    return number


class Catalogue:
    """The rows, and what the endpoints tell about them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self._by_id: dict[str, Row] = {}
        for row in rows:
            for name in (row.get("id"), row.get("canonical_slug")):
                if isinstance(name, str):
                    self._by_id.setdefault(name, row)

    @classmethod
    def generated(cls, count: int | None = None) -> Catalogue:
        """The demo's own models; see :func:`~caal_desktop.demo.catalogue.models_data.build_rows`."""
        return cls(build_rows(count))

    @classmethod
    def from_file(cls, path: Path) -> Catalogue:
        """The rows of a stored ``GET /models`` answer.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not such an answer.
        """
        answer = json.loads(path.read_text(encoding="utf-8"))
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise ValueError(f"{path} holds no list of models under 'data'.")  # noqa: TRY004 - the file is wrong
        return cls([row for row in rows if isinstance(row, dict)])

    def find(self, name: str) -> Row | None:
        """The row with that id (or canonical slug)."""
        return self._by_id.get(name)

    def resolve(self, row: Row) -> Row:
        """The model that answers in a row's place: an alias's target, a router's choice, or the row itself."""
        target = self.find(str(_part(row, "alias_target").get("slug", "")))
        if target is not None:
            return target
        if price(row, "prompt") < 0 or str(row.get("id")).startswith("openrouter/"):
            return self._chosen_by_router(row)
        return row

    def _chosen_by_router(self, router: Row) -> Row:
        free = price(router, "prompt") == 0
        for row in sorted(self.rows, key=_SORTS["most-popular"]):
            slug = str(row.get("id"))
            concrete = slug.partition(":")[2] in ("", "free") and not slug.startswith(("~", "openrouter/"))
            fits = (price(row, "completion") == 0) if free else 0 < price(row, "completion") < 2e-6
            able = "tools" in parameters(row) and (free or "image" in inputs(row))
            if concrete and fits and able and "text" in outputs(row):
                return row
        return router

    def select(self, query: Mapping[str, str]) -> list[Row]:
        """The rows that ``GET /models`` lists for a query, in its order.

        Raises:
            ApiError: 400 for an unknown order or a bad number.
        """
        rows = self.rows
        wanted = _words(query.get("output_modalities", "text"))
        if wanted and "all" not in wanted:
            rows = [row for row in rows if wanted & set(outputs(row))]
        if "input_modalities" in query:
            needed = _words(query["input_modalities"])
            rows = [row for row in rows if needed <= set(inputs(row))]
        if "supported_parameters" in query:
            needed = _words(query["supported_parameters"])
            rows = [row for row in rows if needed <= set(parameters(row))]
        if "context" in query:
            least = _whole_number(query, "context", 1, 1, 10**9)
            rows = [row for row in rows if context_length(row) >= least]
        if text := query.get("q", "").lower():
            rows = [row for row in rows if text in f"{row.get('id')} {row.get('name')}".lower()]
        if order := query.get("sort"):
            if order not in _SORTS:
                raise ApiError(400, f"Invalid sort '{order}': expected one of {', '.join(_SORTS)}.")
            rows = sorted(rows, key=_SORTS[order])
        return rows

    def page(self, query: Mapping[str, str], path: str) -> dict[str, Any]:
        """The body of ``GET /models``: everything, or one page when ``offset`` or ``limit`` is given.

        Raises:
            ApiError: 400 for an unknown order or a bad number.
        """
        rows = self.select(query)
        following: str | None = None
        total = len(rows)
        if "offset" in query or "limit" in query:
            offset = _whole_number(query, "offset", 0, 0, 10**9)
            limit = _whole_number(query, "limit", PAGE_DEFAULT, 1, PAGE_MAX)
            rows = rows[offset : offset + limit]
            if offset + limit < total:
                kept = "".join(f"&{k}={v}" for k, v in query.items() if k not in ("offset", "limit"))
                following = f"{path}?offset={offset + limit}&limit={limit}{kept}"
        return {"data": rows, "total_count": total, "links": {"next": following}}

    def endpoints(self, row: Row) -> list[dict[str, Any]]:
        """Who serves a model, and how: the ``endpoints`` of ``GET /models/{author}/{slug}/endpoints``."""
        slug = str(row.get("id"))
        told = pace(row)
        result = []
        for number, host in enumerate(providers(row)):
            factor = between(0.7, 1.3, "endpoint", slug, host) if number else 1.0
            speed, ttft = told.tokens_per_second * factor, told.ttft * 1000 / factor
            pricing = {
                name: f"{_number(value) * (1 + 0.1 * number):.13f}".rstrip("0").rstrip(".") or "0"
                for name, value in _part(row, "pricing").items()
                if isinstance(value, str)
            } or {"prompt": "0", "completion": "0"}
            uptime = round(between(97, 100, "uptime", slug, host), 2)
            result.append(
                {
                    "name": f"{host} | {slug}",
                    "model_id": slug,
                    "model_name": str(row.get("name") or slug),
                    "context_length": context_length(row),
                    "pricing": pricing,
                    "provider_name": host,
                    "tag": host.lower().replace(" ", "-"),
                    "quantization": ("bf16", "fp8", "fp4", "unknown")[int(fraction("quant", slug, host) * 4)],
                    "max_completion_tokens": max_output(row) or None,
                    "max_prompt_tokens": None,
                    "supported_parameters": parameters(row),
                    "status": 0,
                    "uptime_last_5m": 100 if number == 0 else None,
                    "uptime_last_30m": uptime,
                    "uptime_last_1d": uptime,
                    "supports_implicit_caching": fraction("implicit", slug, host) < 0.3,
                    "latency_last_30m": _percentiles(ttft, rising=True),
                    "throughput_last_30m": _percentiles(speed, rising=False),
                }
            )
        return result

    def describe_endpoints(self, row: Row) -> dict[str, Any]:
        """The body of ``GET /models/{author}/{slug}/endpoints``."""
        architecture = {"modality": "text->text", "input_modalities": inputs(row), "output_modalities": outputs(row)}
        return {
            "data": {
                "id": row.get("id"),
                "name": row.get("name") or row.get("id"),
                "created": row.get("created") or 0,
                "description": row.get("description") or "",
                "architecture": {"tokenizer": None, "instruct_type": None} | architecture | _part(row, "architecture"),
                "endpoints": self.endpoints(row),
            }
        }


def _percentiles(median: float, *, rising: bool) -> dict[str, float]:
    steps = (1, 1.3, 1.8, 3.1) if rising else (1, 0.85, 0.65, 0.4)
    return {name: round(median * step, 2) for name, step in zip(("p50", "p75", "p90", "p99"), steps, strict=True)}
