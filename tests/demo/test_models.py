"""The list of models: what it holds, and how it is asked."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.demo.catalogue.hosting import endpoints
from caal_desktop.demo.catalogue.listing import DemoCatalogue
from caal_desktop.demo.catalogue.stored import build_rows, stored
from caal_desktop.demo.launcher import DemoProcess
from tests.demo.asking import ask, text_of
from tests.support.catalogues import RealList, on_real_lists
from tests.support.demo import DemoControl

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2030, 1, 31)


def rows_of(demo: DemoControl, query: str = "") -> list[dict[str, Any]]:
    answer = demo.call("GET", f"/models{query}")
    assert answer.status == 200
    return list(answer.json()["data"])


def test_the_catalogue_is_the_same_every_time() -> None:
    assert json.dumps(build_rows(today=TODAY)) == json.dumps(build_rows(today=TODAY))
    assert len(build_rows()) >= 300


def test_ends_of_life_follow_the_calendar() -> None:
    def days(today: date) -> list[int]:
        ends = [row["expiration_date"] for row in build_rows(today=today) if row.get("expiration_date")]
        return sorted({(date.fromisoformat(end) - today).days for end in ends})

    assert days(TODAY) == days(TODAY + timedelta(days=500)) == [0, 2, 9, 24, 80, 36500]


def test_every_trap_is_there() -> None:
    rows = build_rows()
    ids = [row.get("id") for row in rows]
    by_id = {row["id"]: row for row in rows if "id" in row}
    assert by_id["openrouter/auto"]["pricing"]["prompt"] == "-1"
    assert any("overrides" in (row.get("pricing") or {}) for row in rows)
    assert any(str(slug).endswith(":batch") for slug in ids)
    aliases = [row for row in rows if str(row.get("id")).startswith("~")]
    assert {row["alias_target"]["slug"] for row in aliases} <= set(by_id)
    assert len(aliases) >= 8
    free = [row for row in rows if str(row.get("id")).endswith(":free")]
    lacking = [
        row
        for row in free
        if "tools" in by_id[row["id"].removesuffix(":free")]["supported_parameters"]
        and "tools" not in row["supported_parameters"]
    ]
    assert 0 < len(lacking) < len(free)
    assert None in ids
    assert [slug for slug, count in Counter(ids).items() if count > 1]
    assert any((row.get("reasoning") or {}).get("mandatory") for row in rows)
    assert any(len(row.get("name") or "") > 400 for row in rows)
    outputs = {m for row in rows for m in (row.get("architecture") or {}).get("output_modalities", [])}
    assert {"image", "audio", "embeddings"} <= outputs


def test_the_models_vendors_have_their_own_hosts() -> None:
    vendors = {row["id"].partition("/")[0] for row in stored()["ordinary"]}
    assert vendors == set(stored()["hosts"])


@pytest.mark.parametrize("count", [0, 1, 40, 1500])
def test_any_number_of_plausible_models(count: int) -> None:
    rows = build_rows(count)
    assert len(rows) == count
    assert len({row["id"] for row in rows}) == count
    assert all(row["pricing"]["prompt"] and row["created"] > 0 for row in rows)


def test_the_list_is_public(demo: DemoControl) -> None:
    assert [demo.call("GET", "/models", key=key).status for key in (None, "nonsense", demo.key)] == [200, 200, 200]
    assert demo.call("GET", "/models/user").status == 401
    user = demo.call("GET", "/models/user", key=demo.key).json()
    assert 0 < user["total_count"] == len(user["data"]) < len(rows_of(demo))


def test_pages(demo: DemoControl) -> None:
    whole = rows_of(demo, "?sort=newest")
    found: list[Any] = []
    following: str | None = "/api/v1/models?sort=newest&limit=97"
    while following:
        page = demo.call("GET", demo.root + following).json()
        assert page["total_count"] == len(whole)
        found += page["data"]
        following = page["links"]["next"]
    assert found == whole


@pytest.mark.parametrize("query", ["?limit=0", "?limit=1001", "?limit=x", "?offset=-1", "?sort=best", "?context=x"])
def test_bad_queries_are_refused(demo: DemoControl, query: str) -> None:
    assert demo.call("GET", f"/models{query}").status == 400


def test_orders(demo: DemoControl) -> None:
    def prices(order: str) -> list[float]:
        rows = rows_of(demo, f"?sort={order}&limit=30")
        return [
            float(row["pricing"]["prompt"]) + float(row["pricing"]["completion"]) for row in rows if row.get("pricing")
        ]

    assert prices("pricing-low-to-high") == sorted(prices("pricing-low-to-high"))
    assert prices("pricing-high-to-low") == sorted(prices("pricing-high-to-low"), reverse=True)
    orders = [
        "most-popular",
        "top-weekly",
        "newest",
        "context-high-to-low",
        "throughput-high-to-low",
        "latency-low-to-high",
        "intelligence-high-to-low",
        "coding-high-to-low",
        "agentic-high-to-low",
        "design-arena-elo-high-to-low",
    ]
    heads = [tuple(row.get("id") for row in rows_of(demo, f"?sort={order}&limit=20")) for order in orders]
    assert len(set(heads)) == len(orders)


def test_filters(demo: DemoControl) -> None:
    able = rows_of(demo, "?supported_parameters=tools,reasoning")
    assert able
    assert all({"tools", "reasoning"} <= set(row["supported_parameters"]) for row in able)
    assert {row["id"] for row in rows_of(demo, "?output_modalities=embeddings")} == {"demo/embedder"}
    assert "demo/embedder" not in {row.get("id") for row in rows_of(demo)}
    assert len(rows_of(demo, "?output_modalities=all")) > len(rows_of(demo))
    assert all("sonnet" in row["id"] for row in rows_of(demo, "?q=SONNET"))
    assert all(row["context_length"] >= 500_000 for row in rows_of(demo, "?context=500000"))
    assert all(
        "image" in row["architecture"]["input_modalities"] for row in rows_of(demo, "?input_modalities=image,text")
    )
    assert demo.call("GET", "/models/count").json()["data"]["count"] == len(rows_of(demo))


def test_who_serves_a_model(demo: DemoControl) -> None:
    row = next(row for row in rows_of(demo) if row.get("id") == "anthropic/claude-sonnet-4.6")
    by_id = demo.call("GET", "/models/anthropic/claude-sonnet-4.6/endpoints").json()["data"]
    by_slug = demo.call("GET", f"{demo.root}{row['links']['details']}").json()["data"]
    assert by_id == by_slug
    assert by_id["endpoints"][0]["provider_name"] == "Anthropic"
    assert demo.call("GET", "/models/no/such/endpoints").status == 404


def test_a_stored_answer_is_served(tmp_path: Path) -> None:
    stored = tmp_path / "models.json"
    rows = [{"id": "local/one", "name": "One"}, {"id": None}, "text", {"object": "model"}]
    stored.write_text(json.dumps({"data": rows}), encoding="utf-8")
    with DemoProcess(["--models", str(stored), "--speed", "0"]) as process:
        demo = DemoControl(process.base_url, process.key)
        assert rows_of(demo) == [rows[0], rows[1], rows[3]]
        assert "prepared" in text_of(ask(demo, "introduce yourself", model="local/one"))
        assert demo.call("GET", "/models/local/one/endpoints").status == 200
        for order in ("newest", "pricing-low-to-high", "design-arena-elo-high-to-low"):
            assert len(rows_of(demo, f"?sort={order}")) == 3


def test_rows_of_every_wrong_shape_can_be_served() -> None:
    nothing = {"id": "a/b", "pricing": 7, "top_provider": [], "architecture": "text", "benchmarks": {"design_arena": 1}}
    words = {"id": "a/c", "supported_parameters": ["tools", {}, None], "architecture": {"input_modalities": [[], 3]}}
    numbers = {"id": "a/d", "created": "nan", "context_length": True, "pricing": {"prompt": "NaN", "completion": "-"}}
    catalogue = DemoCatalogue([nothing, words, numbers])
    for order in ("newest", "pricing-low-to-high", "context-high-to-low", "design-arena-elo-high-to-low"):
        assert catalogue.select({"sort": order}) == [nothing, words, numbers]
    assert catalogue.select({"supported_parameters": "tools", "input_modalities": "text"}) == [words]
    assert [endpoints(row)[0]["pricing"] for row in catalogue.rows[:2]] == [{"prompt": "0", "completion": "0"}] * 2


@on_real_lists
def test_a_real_answer_can_be_served(real: RealList) -> None:
    catalogue = DemoCatalogue.from_file(real.path)
    assert len(catalogue.select({"output_modalities": "all"})) == len(real.rows()) > 0
    for row in catalogue.rows:
        assert endpoints(catalogue.resolve(row))


def test_the_reference_day_lies_in_the_past() -> None:
    now = datetime.now(UTC).timestamp()
    assert all((row.get("created") or 0) < now for row in build_rows())
