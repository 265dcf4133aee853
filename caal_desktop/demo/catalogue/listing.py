"""The models that the demo server offers, and the queries of ``GET /models``.

A stored ``GET /models`` answer of another origin can be served in place of the demo's own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from caal_desktop.demo.catalogue.hosting import speed_of
from caal_desktop.demo.catalogue.rows import (
    Row,
    best_elo,
    context_length,
    created,
    index,
    inputs,
    outputs,
    parameters,
    price,
    slug_of,
)
from caal_desktop.demo.catalogue.stored import build_rows, popularity
from caal_desktop.demo.errors import ApiError
from caal_desktop.demo.pseudorandom import between
from caal_desktop.llm.fields import as_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

PAGE_DEFAULT, PAGE_MAX = 500, 1000

# Each gives a key by which rows are put in ascending order.
_SORTS: dict[str, Callable[[Row], float]] = {
    "most-popular": lambda row: -popularity(row),
    "top-weekly": lambda row: -popularity(row) * between(0.5, 1.5, "week", row.get("id")),
    "newest": lambda row: -created(row),
    "pricing-low-to-high": lambda row: price(row, "prompt") + price(row, "completion"),
    "pricing-high-to-low": lambda row: -price(row, "prompt") - price(row, "completion"),
    "context-high-to-low": lambda row: -context_length(row),
    "throughput-high-to-low": lambda row: -speed_of(row).tokens_per_second,
    "latency-low-to-high": lambda row: speed_of(row).ttft,
    "intelligence-high-to-low": lambda row: -index(row, "intelligence_index"),
    "coding-high-to-low": lambda row: -index(row, "coding_index"),
    "agentic-high-to-low": lambda row: -index(row, "agentic_index"),
    "design-arena-elo-high-to-low": lambda row: -best_elo(row),
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


class DemoCatalogue:
    """The rows, and what the endpoints return about them."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self._by_id: dict[str, Row] = {}
        for row in rows:
            for name in (row.get("id"), row.get("canonical_slug")):
                if isinstance(name, str):
                    self._by_id.setdefault(name, row)

    @classmethod
    def own(cls, count: int | None = None) -> DemoCatalogue:
        """Return the demo's own models; see :func:`~caal_desktop.demo.catalogue.stored.build_rows`."""
        return cls(build_rows(count))

    @classmethod
    def from_file(cls, path: Path) -> DemoCatalogue:
        """Return the rows of a stored ``GET /models`` answer.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is not such an answer.
        """
        answer = json.loads(path.read_text(encoding="utf-8"))
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise ValueError(f"{path} holds no list of models under 'data'.")  # noqa: TRY004 - the file is wrong
        return cls([row for row in rows if isinstance(row, dict)])

    @property
    def ids(self) -> list[str]:
        """The ids and canonical slugs."""
        return list(self._by_id)

    def find(self, name: str) -> Row | None:
        """Return the row with that id (or canonical slug)."""
        return self._by_id.get(name)

    def resolve(self, row: Row) -> Row:
        """Return the model that answers in a row's place: an alias's target, a router's choice, or the row itself."""
        target = self.find(str(as_dict(row.get("alias_target")).get("slug", "")))
        if target is not None:
            return target
        if price(row, "prompt") < 0 or slug_of(row).startswith("openrouter/"):
            return self._chosen_by_router(row)
        return row

    def _chosen_by_router(self, router: Row) -> Row:
        free = price(router, "prompt") == 0
        for row in sorted(self.rows, key=_SORTS["most-popular"]):
            slug = slug_of(row)
            concrete = slug.partition(":")[2] in ("", "free") and not slug.startswith(("~", "openrouter/"))
            fits = (price(row, "completion") == 0) if free else 0 < price(row, "completion") < 2e-6
            able = "tools" in parameters(row) and (free or "image" in inputs(row))
            if concrete and fits and able and "text" in outputs(row):
                return row
        return router

    def select(self, query: Mapping[str, str]) -> list[Row]:
        """Return the rows that ``GET /models`` lists for a query, in its order.

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
        """Return the body of ``GET /models``: everything, or one page when ``offset`` or ``limit`` is given.

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
