"""The steps that bring an older settings file to today's schema.

Step ``n`` (counted from 1) turns a document of schema ``n`` into one of schema ``n + 1``. A step gets a dict of its
own, may find any key missing or of the wrong type, and must not raise for it. Steps are never changed once released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Step = Callable[[Document], Document]

FIRST_VERSION = 1

# Schema 1 is the first one: nothing has to be migrated yet.
STEPS: tuple[Step, ...] = ()

SCHEMA_VERSION = FIRST_VERSION + len(STEPS)


def migrate(document: Mapping[str, Any], version: int, steps: Sequence[Step] = STEPS) -> Document:
    """Applies every step from ``version`` on. A document of today's schema, or a newer one, comes back as it is."""
    current = dict(document)
    for step in steps[version - FIRST_VERSION :]:
        current = step(dict(current))
    return current
