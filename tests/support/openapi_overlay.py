"""OpenAPI Overlays 1.0, as far as the fixtures need them.

A target is one path of names, without wildcards and filters.
"""

from __future__ import annotations

import copy
import re
from typing import Any

_STEP = re.compile(r"\.(?P<bare>\w+)|\['(?P<quoted>[^']+)'\]")


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return the document as the overlay's actions leave it, one after the other; the document itself stays as it is.

    Raises:
        ValueError: a target is not of the form ``$.name['other name'].name``, or names nothing in the document.
    """
    result = copy.deepcopy(document)
    for action in overlay["actions"]:
        target = action["target"]
        *way, last = steps(target)
        holder = result
        for step in way:
            holder = _below(holder, step, target)
        found = _below(holder, last, target)
        if action.get("remove"):
            del holder[last]
        else:
            holder[last] = merged(found, action["update"])
    return result


def steps(target: str) -> list[str]:
    """Return the names that a target leads through.

    Raises:
        ValueError: it is not of that form.
    """
    rest, names = target.removeprefix("$"), []
    while match := _STEP.match(rest):
        names.append(match["bare"] or match["quoted"])
        rest = rest[match.end() :]
    if rest or not names or not target.startswith("$"):
        raise ValueError(f"not a plain path: {target}")
    return names


def _below(holder: Any, step: str, target: str) -> Any:
    if not isinstance(holder, dict) or step not in holder:
        raise ValueError(f"{target} is not in the document: there is no {step}")
    return holder[step]


def merged(old: Any, new: Any) -> Any:
    """Return ``new`` merged into ``old``: objects by their names, arrays one behind the other; else ``new`` itself."""
    if isinstance(old, dict) and isinstance(new, dict):
        both = {name: merged(old[name], value) if name in old else copy.deepcopy(value) for name, value in new.items()}
        return old | both
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *copy.deepcopy(new)]
    return copy.deepcopy(new)
