"""The demo's own models, from ``resources/demo/models.json``, which documents itself."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from caal_desktop.demo.catalogue.rows import Row, created, slug_of, vendor_of
from caal_desktop.demo.pseudorandom import fraction
from caal_desktop.resource_files import read_resource


@cache
def stored() -> dict[str, Any]:
    """Return the file's content."""
    content: dict[str, Any] = json.loads(read_resource("demo/models.json"))
    return content


def hosts_of(row: Row) -> list[str]:
    """Return the names of all providers that serve the models of the row's vendor."""
    hosts: list[str] = stored()["hosts"].get(vendor_of(row), ["DeepInfra"])
    return hosts


def popularity(row: Row) -> float:
    """Return how often a model is used, from 0 to 1, derived from its id; the file's first vendors rank higher."""
    slug, known = slug_of(row), list(stored()["hosts"])
    place = known.index(vendor_of(row)) / len(known) if vendor_of(row) in known else 0.9
    return fraction("popularity", slug) * (1.05 - place) * (0.3 if ":batch" in slug else 1.0)


def build_rows(count: int | None = None, *, today: date | None = None) -> list[Row]:
    """Return the demo's catalogue, newest first, as ``GET /models`` lists it.

    Args:
        count: None gives the whole catalogue with every oddity (some 320 rows). A number gives that many ordinary rows:
            the most popular ones, or further numbered variants beyond the stored ones.
        today: the day from which ends of life are counted.
    """
    file, today = stored(), today or datetime.now(UTC).date()
    rows = [_dated(row, today) for row in file["ordinary"]]
    if count is not None:
        return _newest_first(_variants(rows, count))
    repeated = next(row for row in rows if row["id"] == file["repeated"])
    return [*_newest_first([*rows, *file["aliases"], *file["odd"], *file["forbidden"]]), repeated]


def _dated(row: Row, today: date) -> Row:
    end = row["expiration_date"]
    if end is None:
        return row
    return row | {"expiration_date": (today + timedelta(days=end["days_from_today"])).isoformat()}


def _newest_first(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-created(row), row.get("id") or ""))


def _variants(rows: list[Row], count: int) -> list[Row]:
    """Return ``count`` rows: the most popular ones, and after all of them each again under further names."""
    rows = sorted(rows, key=lambda row: (-popularity(row), row["id"]))
    result = rows[:count]
    for number in range(len(rows), count):
        round_, place = divmod(number, len(rows))
        origin = rows[place]
        base, _, variant = origin["id"].partition(":")
        result.append(
            origin
            | {
                "id": f"{base}-ft{round_}" + (f":{variant}" if variant else ""),
                "canonical_slug": f"{origin['canonical_slug']}-ft{round_}",
                "name": f"{origin['name']} FT{round_}",
                "created": origin["created"] - 86400 * round_,
            }
        )
    return result
