"""The excerpts of OpenRouter's documents are what the script that cuts them would cut, and no more."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.support.catalogues import EXCERPT
from tests.support.cut_openrouter import (
    FIXTURES,
    WANTED,
    as_list,
    as_yaml,
    cut_document,
    cut_rows,
)
from tests.support.openapi_contract import Contract
from tests.support.openapi_overlay import apply_overlay, steps

LARGEST = {"models.json": 100_000, "searched.json": 30_000, "openapi.yaml": 130_000, "since_2026_08.yaml": 30_000}
"""Bytes. Excerpts stay small: the whole documents have six times as many."""


def schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "description": "For people.", **fields}


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "A server", "description": "For people."},
    "servers": [],
    "paths": {
        "/things": {
            "get": {
                "summary": "For people.",
                "x-generator": {"name": "things"},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Thing": schema(
                properties={
                    "description": {"type": "string", "example": "round"},
                    "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
                required=["description"],
            ),
            "Tag": {"enum": ["a", "b"]},
            "Unused": {"$ref": "#/components/schemas/UnusedToo"},
            "UnusedToo": {"type": "string"},
        },
        "securitySchemes": {},
    },
}


def test_what_cannot_be_reached_and_what_judges_nothing_is_cut_off() -> None:
    cut = cut_document(DOCUMENT)
    assert cut["info"] == {"title": "A server"}
    operation = cut["paths"]["/things"]["get"]
    assert list(operation) == ["responses"]
    schemas = cut["components"]["schemas"]
    assert list(schemas) == ["Tag", "Thing"]
    assert schemas["Thing"] == {
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "tags": {"type": "array", "items": {"$ref": "#/components/schemas/Tag"}},
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        },
        "required": ["description"],
    }
    assert yaml.safe_load(as_yaml(cut)) == cut
    Contract(cut).check_response("GET", "/things", 200, {"description": "round", "tags": ["a"]})


def test_rows_that_are_wanted_and_not_there_are_named() -> None:
    with pytest.raises(KeyError, match="deepseek/deepseek-r1"):
        cut_rows([row for row in EXCERPT.rows() if row["id"] != "deepseek/deepseek-r1"])


def test_the_excerpts_are_what_the_script_cuts() -> None:
    for name, largest in LARGEST.items():
        assert (FIXTURES / name).stat().st_size < largest
    text = (FIXTURES / "models.json").read_text(encoding="utf-8")
    assert text == as_list(cut_rows(EXCERPT.rows()))
    document = yaml.safe_load((FIXTURES / "openapi.yaml").read_text(encoding="utf-8"))
    assert cut_document(document) == document


def test_each_file_says_where_it_is_from() -> None:
    readme = (FIXTURES / "README.md").read_text(encoding="utf-8")
    for path in FIXTURES.iterdir():
        if path.name != "README.md":
            assert f"`{path.name}`" in readme


def test_the_numbers_of_rows_are_as_told() -> None:
    readme = (FIXTURES / "README.md").read_text(encoding="utf-8")
    wanted = {model_id for ids in WANTED.values() for model_id in ids}
    assert {row["id"] for row in EXCERPT.rows()} == wanted
    assert f"{len(wanted)} whole rows" in readme
    assert f"of {len(EXCERPT.searchable) - len(wanted)} more rows" in readme


def test_an_overlay_adds_replaces_and_removes_and_leaves_the_document_alone() -> None:
    document = {"paths": {"/a b": {"get": {"tags": ["x"], "deep": {"old": 1, "kept": 2}}}}, "gone": [1]}
    more = {"tags": ["y"], "deep": {"old": 3, "new": {"n": 4}}}
    actions = [{"target": "$.paths['/a b'].get", "update": more}, {"target": "$.gone", "remove": True}]
    result = apply_overlay(document, {"actions": actions})
    assert result == {"paths": {"/a b": {"get": {"tags": ["x", "y"], "deep": {"old": 3, "kept": 2, "new": {"n": 4}}}}}}
    assert document["gone"] == [1]
    assert document["paths"]["/a b"]["get"]["tags"] == ["x"]  # type: ignore[index]
    result["paths"]["/a b"]["get"]["deep"]["new"]["n"] = 5
    assert more["deep"] == {"old": 3, "new": {"n": 4}}


@pytest.mark.parametrize("target", ["$", "$..schemas", "$.paths[*]", "$.a[?(@.b)]", "paths.a"])
def test_targets_of_other_forms_are_refused(target: str) -> None:
    with pytest.raises(ValueError, match="not a plain path"):
        steps(target)


def test_a_target_that_is_not_in_the_document_is_refused() -> None:
    for target in ("$.a.b", "$.a.c.d", "$.b"):
        with pytest.raises(ValueError, match="not in the document"):
            apply_overlay({"a": {"c": 1}}, {"actions": [{"target": target, "update": {}}]})
