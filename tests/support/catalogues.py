"""Model lists for tests: an excerpt of a real one, generated ones of any length, and whole ones where they are named.

``CAAL_DESKTOP_FULL_CATALOGUE`` may name files with stored answers of ``GET /models``, with ``os.pathsep`` between them;
what is said of every model is then tested on these, too.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.models.listing import parse_model_list

if TYPE_CHECKING:
    from datetime import date

    from caal_desktop.llm.models.info import ModelInfo

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "openrouter"
FULL_CATALOGUE = "CAAL_DESKTOP_FULL_CATALOGUE"
"""The environment variable that names whole lists."""

_SYLLABLES = ("bar", "cor", "den", "fal", "gor", "hin", "jun", "kal", "lor", "mir", "nor", "pel", "quin", "sol", "tan")
_KNOWN_FAMILIES = (
    ("openai", "OpenAI", "gpt", "GPT"),
    ("anthropic", "Anthropic", "claude", "Claude"),
    ("google", "Google", "gemini", "Gemini"),
    ("meta-llama", "Meta", "llama", "Llama"),
    ("qwen", "Qwen", "qwen", "Qwen"),
    ("mistralai", "Mistral", "mistral", "Mistral"),
    ("deepseek", "DeepSeek", "deepseek", "DeepSeek"),
)
_ROLES = ("", "mini", "nano", "flash", "pro", "lite", "coder", "vl", "instruct", "thinking")
_SIZES = ("", "3b", "8b", "27b", "70b", "120b-a12b", "405b")
_VARIANTS = ("", "", "", "", ":free", ":batch")
_PARAMETERS = ("max_tokens", "temperature", "top_p", "stop", "seed", "response_format", "structured_outputs")


def generated_rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return rows in OpenRouter's shape with unique ids; the same for the same arguments."""
    source = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    families = list(_KNOWN_FAMILIES)
    while len(families) < max(8, count // 60):
        word = "".join(source.choice(_SYLLABLES) for _ in range(source.randint(2, 3)))
        families.append((f"{word}-labs", f"{word.title()} Labs", word[::-1], word[::-1].title()))
    rows: dict[str, dict[str, Any]] = {}
    while len(rows) < count:
        row = _row(source, *source.choice(families))
        rows.setdefault(row["id"], row)
    return list(rows.values())


def _row(source: random.Random, author: str, vendor: str, family: str, title: str) -> dict[str, Any]:
    version = f"{source.randint(1, 9)}" + source.choice(("", f".{source.randint(1, 9)}"))
    role, size, variant = source.choice(_ROLES), source.choice(_SIZES), source.choice(_VARIANTS)
    date = source.choice(("", "", f"{source.randint(1, 12):02}{source.randint(10, 28)}"))
    slug = "-".join(filter(None, (family, version, role, size, date)))
    name = " ".join(filter(None, (title, version, role.title(), size.upper(), date)))
    free = variant == ":free"
    price = 10 ** source.uniform(-8, -5)
    reasoning = source.choice((None, {"mandatory": False}, {"mandatory": True, "supported_efforts": ["high", "low"]}))
    return {
        "id": f"{author}/{slug}{variant}",
        "canonical_slug": f"{author}/{slug}",
        "hugging_face_id": source.choice((None, "", f"{author}/{name.replace(' ', '-')}")),
        "name": f"{vendor}: {name}" + (f" ({variant[1:]})" if variant else ""),
        "created": 1_680_000_000 + source.randrange(105_000_000),
        "description": f"{name} by {vendor} answers questions, writes and calls tools. " * source.randint(1, 5),
        "context_length": source.choice((8_192, 32_768, 131_072, 262_144, 1_048_576)),
        "architecture": {
            "modality": "text->text",
            "input_modalities": source.choice((["text"], ["text", "image"], ["text", "image", "audio"])),
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": "0" if free else f"{price:.12f}",
            "completion": "0" if free else f"{price * 4:.12f}",
            "input_cache_read": f"{price / 10:.12f}",
        },
        "top_provider": {"context_length": 8_192, "max_completion_tokens": None, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": [*_PARAMETERS, *source.choice(((), ("tools", "tool_choice")))],
        "default_parameters": {"temperature": source.choice((None, 0.6, 1)), "top_p": None},
        "knowledge_cutoff": source.choice((None, "2025-06-30")),
        "expiration_date": source.choice((None, None, None, "2026-12-31", "2098-12-31")),
        "links": {"details": f"/api/v1/models/{author}/{slug}/endpoints"},
        "benchmarks": {
            "artificial_analysis": {"intelligence_index": round(source.uniform(5, 60), 1)},
            "design_arena": [],
        },
        **({"reasoning": reasoning} if reasoning else {}),
    }


@cache
def generated_models(count: int, seed: int = 1) -> tuple[ModelInfo, ...]:
    """Return the models of :func:`generated_rows`."""
    return parse_model_list({"data": generated_rows(count, seed)}).models


@dataclass(frozen=True)
class RealList:
    """Real rows in a file.

    Attributes:
        name: what the tests call it.
        path: of a stored answer of ``GET /models``.
        searched: rows of the same list with nothing but what the search reads; None where the list is whole.
    """

    name: str
    path: Path
    searched: Path | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows, fresh each time."""
        return _rows_of(self.path)

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The models."""
        return _models_of(self.path)

    @property
    def day(self) -> date:
        """The day of its newest model: about when it was asked for."""
        return max(model.created for model in self.models if model.created is not None).date()

    def unusable_ids(self) -> set[str]:
        """Return the ids of the rows that cannot chat, as the rows themselves say it."""
        return {
            row["id"]
            for row in self.rows()
            if row["id"].endswith(":batch")
            or "text" not in row["architecture"]["input_modalities"]
            or "text" not in row["architecture"]["output_modalities"]
        }

    @property
    def searchable(self) -> tuple[ModelInfo, ...]:
        """The models with those that compete with them in a search."""
        return _models_of(self.path, *([self.searched] if self.searched else []))


def _rows_of(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return rows


@cache
def _models_of(*paths: Path) -> tuple[ModelInfo, ...]:
    return parse_model_list({"data": [row for path in paths for row in _rows_of(path)]}).models


EXCERPT = RealList("excerpt", FIXTURES / "models.json", FIXTURES / "searched.json")
"""The rows in the tree; ``README.md`` beside them says where they are from."""

EARLIER_LISTS = tuple(RealList(name, FIXTURES / f"models_{name}.json") for name in ("2026_05", "2026_07"))
"""Rows of earlier months, which tell less."""

REAL_LISTS = (
    EXCERPT,
    *(
        RealList(Path(path).stem, Path(path).expanduser().resolve())
        for path in os.environ.get(FULL_CATALOGUE, "").split(os.pathsep)
        if path
    ),
)
"""What is said of every model of a real list is tested on each of these."""

on_real_lists = pytest.mark.parametrize("real", REAL_LISTS, ids=lambda real: real.name)

on_lists_of_its_month = pytest.mark.parametrize(
    "real",
    [real for real in REAL_LISTS if real is EXCERPT or real.day >= EXCERPT.day - timedelta(days=31)],
    ids=lambda real: real.name,
)
"""For what is said of models by their names: lists of another year have others."""


def long_rows(count: int) -> list[dict[str, Any]]:
    """Return the excerpt with generated rows behind it, ``count`` in all."""
    real = EXCERPT.rows()
    known = {row["id"] for row in real}
    generated = [row for row in generated_rows(count) if row["id"] not in known]
    return [*real, *generated][:count]


@cache
def long_models(count: int) -> tuple[ModelInfo, ...]:
    """Return the models of :func:`long_rows`."""
    return parse_model_list({"data": long_rows(count)}).models
