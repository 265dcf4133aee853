"""Cut the excerpts in ``tests/fixtures/openrouter`` out of OpenRouter's whole documents, which stay outside.

    python -m tests.support.cut_openrouter models MODELS.json
    python -m tests.support.cut_openrouter models_2026_05 MODELS.json
    python -m tests.support.cut_openrouter models_2026_07 MODELS.json
    python -m tests.support.cut_openrouter openapi OPENAPI.yaml

``MODELS.json`` is a stored answer of ``GET /models``, for the months the one of that month; ``OPENAPI.yaml`` is the
OpenAPI document. Put the day and the source of a new document into that folder's ``README.md``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from caal_desktop.catalogue.search.model_search import SearchIndex
from caal_desktop.llm.models.listing import parse_model_list
from tests.catalogue.queries import QUERIES

if TYPE_CHECKING:
    from collections.abc import Iterable

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "openrouter"

WANTED: dict[str, tuple[str, ...]] = {
    "recommended one after the other, as each is taken away": (
        "openai/gpt-5.4-nano",
        "openai/gpt-5.6-luna",
        "openai/gpt-5.4-mini",
        "deepseek/deepseek-v4-flash",
        "deepseek/deepseek-v4-flash-0731",
        "google/gemini-3.1-flash-lite",
        "google/gemini-2.5-flash-lite",
        "google/gemma-4-26b-a4b-it",
        "google/gemini-2.5-flash",
        "minimax/minimax-m3",
    ),
    "the successor of a model that went away, or nearly so": (
        "anthropic/claude-3-haiku",
        "anthropic/claude-haiku-4.5",
        "anthropic/claude-sonnet-4.5",
        "anthropic/claude-sonnet-4.6",
        "google/gemini-3-flash-preview",
        "google/gemini-3.1-flash-lite-preview",
        "google/gemma-4-31b-it",
        "meta-llama/llama-3.1-70b-instruct",
        "meta-llama/llama-3.3-70b-instruct",
        "openai/gpt-4.1-mini",
    ),
    "an alias; its target is in the list": ("~anthropic/claude-haiku-latest",),
    "an alias whose target is not in the excerpt": ("~openai/gpt-mini-latest",),
    "an alias with an end in 2098, which means none": ("~z-ai/glm-latest",),
    "free, and its paid twin is here": ("google/gemma-4-31b-it:free", "google/gemma-4-26b-a4b-it:free"),
    "free by its price and not by its name; with an end in 2098": ("stealth/ox-alpha",),
    "batch twins of models that can chat": (
        "openai/gpt-5.4-nano:batch",
        "anthropic/claude-haiku-4.5:batch",
        "google/gemini-3.5-flash-lite:batch",
    ),
    "dearer above a number of prompt tokens": ("google/gemini-2.5-pro",),
    "dearer at some hours": ("deepseek/deepseek-v4-flash-vision-exp",),
    "has to reason, and cannot be brief": ("deepseek/deepseek-r1",),
    "has to reason, and can be brief": ("google/gemini-3.5-flash-lite", "openai/gpt-5-mini"),
    "reasons unless told not to": ("anthropic/claude-opus-5",),
    "takes a budget of tokens to reason with": ("anthropic/claude-opus-4.6",),
    "a variant other than free and batch": ("qwen/qwen-plus-2025-07-28:thinking",),
    "ends in two days": ("inclusionai/ling-2.6-flash", "nvidia/nemotron-nano-9b-v2:free"),
    "ends within six weeks": ("dots-studio/dots-3-note-preview:free",),
    "ends in four months": ("z-ai/glm-4.5",),
    "a small context": ("openai/gpt-3.5-turbo-instruct", "mancer/weaver"),
    "draws as well": ("openai/gpt-5-image-mini",),
    "speaks as well": ("openai/gpt-audio-mini",),
    "makes music, for nothing": ("google/lyria-3-clip-preview",),
    "judges text and does not answer it": (
        "meta-llama/llama-guard-4-12b",
        "openai/gpt-oss-safeguard-20b",
        "nvidia/nemotron-3.5-content-safety:free",
    ),
    "a name without its maker": ("gryphe/mythomax-l2-13b",),
    "two makers of one name": ("meta/muse-spark-1.1",),
    "cannot call tools": ("cohere/command-a", "perplexity/sonar"),
}
"""What a row is there for: the ids of the rows."""

EARLIER: dict[str, tuple[str, ...]] = {
    # No row has a policy: "reasoning" among the parameters is all that tells of thinking.
    "models_2026_05": (
        "anthropic/claude-3-haiku",
        "anthropic/claude-haiku-4.5",
        "deepseek/deepseek-r1",
        "google/gemini-2.5-flash",
        "google/gemini-2.5-pro",
        "mistralai/mistral-medium-3.1",
        "moonshotai/kimi-k2",
        "openai/gpt-4.1-mini",
        "openai/gpt-4o-mini",
        "openai/gpt-5",
        "openai/gpt-5-nano",
        "openai/gpt-oss-120b",
        "x-ai/grok-4",
    ),
    # The first with policies and indices.
    "models_2026_07": (
        "anthropic/claude-fable-5",
        "anthropic/claude-haiku-4.5",
        "deepseek/deepseek-r1",
        "deepseek/deepseek-v4-flash",
        "google/gemini-3.5-flash",
        "moonshotai/kimi-k2.6",
        "openai/gpt-4.1-nano",
        "openai/gpt-4o-mini",
        "openai/gpt-5-mini",
        "openai/gpt-5.4-nano",
        "openai/gpt-oss-120b",
        "z-ai/glm-5.2",
    ),
}
"""Whole rows of earlier months, which tell less."""

BEST_MATCHES = 8
"""So many of the whole list's best matches for each query come along, with no more than the search reads of them."""

PROSE = frozenset({"description", "example", "examples", "summary", "tags", "externalDocs"})
"""The document's words for people. Nothing can be judged by them."""


def cut_rows(
    rows: list[dict[str, Any]], groups: Iterable[tuple[str, ...]] = tuple(WANTED.values())
) -> list[dict[str, Any]]:
    """Return the wanted rows, whole and in the list's order.

    Raises:
        KeyError: the list has no such row.
    """
    wanted = {model_id for ids in groups for model_id in ids}
    missing = wanted - {row["id"] for row in rows}
    if missing:
        raise KeyError(f"not in the list: {', '.join(sorted(missing))}")
    return [row for row in rows if row["id"] in wanted]


def cut_searched(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the search reads of the rows that it shall find first, and of those that compete with them."""
    taken = {row["id"] for row in cut_rows(rows)}
    models = parse_model_list({"data": rows}).models
    index = SearchIndex(models)
    near = {model_id for _, wanted in QUERIES for model_id in wanted}
    near |= {models[place].id for query, _ in QUERIES for place in index.find(query).rows[:BEST_MATCHES]}
    return [_as_searched(row) for row in rows if row["id"] in near - taken]


def _as_searched(row: dict[str, Any]) -> dict[str, Any]:
    modalities = {name: row["architecture"][name] for name in ("input_modalities", "output_modalities")}
    return {"id": row["id"], "name": row["name"], "created": row["created"], "architecture": modalities}


def as_list(rows: list[dict[str, Any]]) -> str:
    """Return an answer of ``GET /models`` with a row on each line."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return '{"data":[\n' + ",\n".join(lines) + "\n]}\n"


def cut_document(document: dict[str, Any]) -> dict[str, Any]:
    """Return the paths and the schemas that can be reached from them, without :data:`PROSE` and extensions."""
    paths = _without_prose(document["paths"])
    schemas = document["components"]["schemas"]
    reached: dict[str, Any] = {}
    waiting = _references(paths)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = _without_prose(schemas[name])
            waiting |= _references(reached[name])
    return {
        "openapi": document["openapi"],
        "info": _without_prose(document["info"]),
        "paths": paths,
        "components": {"schemas": dict(sorted(reached.items()))},
    }


def _without_prose(value: Any, *, names_are_free: bool = False) -> Any:
    """A property may be called ``description``: below ``properties`` names are the document's own."""
    if isinstance(value, list):
        return [_without_prose(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_prose(entry, names_are_free=name in ("properties", "schemas") and not names_are_free)
        for name, entry in value.items()
        # An error answer has to have a description by OpenAPI; nobody here reads the document as such.
        if names_are_free or not (name in PROSE or name.startswith("x-"))
    }


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_references, value))
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*map(_references, value.values()))


def as_yaml(document: dict[str, Any]) -> str:
    """Return the document as text."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return text


def main(kind: str, source: Path) -> None:
    """Write the excerpts of one document."""
    text = source.read_text(encoding="utf-8")
    if kind == "models":
        rows = json.loads(text)["data"]
        written = {"models.json": as_list(cut_rows(rows)), "searched.json": as_list(cut_searched(rows))}
    elif kind in EARLIER:
        rows = json.loads(text)
        rows = rows["data"] if isinstance(rows, dict) else rows
        written = {f"{kind}.json": as_list(cut_rows(rows, [EARLIER[kind]]))}
    else:
        written = {"openapi.yaml": as_yaml(cut_document(yaml.safe_load(text)))}
    for name, content in written.items():
        (FIXTURES / name).write_text(content, encoding="utf-8")
        print(f"{name}: {len(content.encode()):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("models", "openapi", *EARLIER):
        raise SystemExit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
