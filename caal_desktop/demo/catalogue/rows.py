"""The fields of a model's row, each of which may be missing, null or of a wrong type: rows come from files."""

from __future__ import annotations

from typing import Any

from caal_desktop.llm.fields import as_dict, as_float, as_list

Row = dict[str, Any]


def slug_of(row: Row) -> str:
    """Return the row's id, as text whatever it is."""
    return str(row.get("id"))


def vendor_of(row: Row) -> str:
    """Return the id's first part, without the ``~`` of an alias."""
    return slug_of(row).lstrip("~").partition("/")[0]


def _words(value: object) -> list[str]:
    return [word for word in as_list(value) if isinstance(word, str)]


def outputs(row: Row) -> list[str]:
    """Return the row's output modalities; text where it has none."""
    return _words(as_dict(row.get("architecture")).get("output_modalities")) or ["text"]


def inputs(row: Row) -> list[str]:
    """Return the row's input modalities; text where it has none."""
    return _words(as_dict(row.get("architecture")).get("input_modalities")) or ["text"]


def parameters(row: Row) -> list[str]:
    """Return the row's supported parameters; empty where it has none."""
    return _words(row.get("supported_parameters"))


def price(row: Row, name: str) -> float:
    """Return a price in USD per token (or per piece); 0 where the row has none, -1 for a router."""
    return as_float(as_dict(row.get("pricing")).get(name)) or 0.0


def created(row: Row) -> float:
    """Return when the row was listed (unix seconds); 0 where it does not say."""
    return as_float(row.get("created")) or 0.0


def context_length(row: Row) -> int:
    """Return the context length in tokens; 0 where the row has none."""
    return int(as_float(row.get("context_length")) or 0)


def max_output(row: Row) -> int:
    """Return the most completion tokens: the provider's limit or else the context length; 0 where it has neither."""
    return int(as_float(as_dict(row.get("top_provider")).get("max_completion_tokens")) or 0) or context_length(row)


def reasoning(row: Row) -> Row:
    """Return the row's ``reasoning`` object; empty for models that do not reason."""
    return as_dict(row.get("reasoning"))


def index(row: Row, name: str) -> float:
    """Return a figure of the row's ``benchmarks.artificial_analysis``; 0 where the row has none."""
    return as_float(as_dict(as_dict(row.get("benchmarks")).get("artificial_analysis")).get(name)) or 0.0


def best_elo(row: Row) -> float:
    """Return the best of the row's ``benchmarks.design_arena``; 0 where it has none."""
    arena = as_list(as_dict(row.get("benchmarks")).get("design_arena"))
    return max((as_float(as_dict(entry).get("elo")) or 0.0 for entry in arena), default=0.0)
