"""Walks an error tree, for tests of what its errors say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from caal_desktop.llm.errors.text import DescribedError
from caal_desktop.llm.translation import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator

E = TypeVar("E", bound=DescribedError)


def error_classes(root: type[E]) -> Iterator[type[E]]:
    """Every class of a tree, its root first."""
    waiting = [root]
    while waiting:
        cls = waiting.pop(0)
        yield cls
        waiting.extend(cls.__subclasses__())


def all_templates(root: type[DescribedError]) -> set[str]:
    """Every template of a tree: what a translation has to cover."""
    found = (value for cls in error_classes(root) for value in vars(cls).values())
    return {template for template in found if isinstance(template, SourceText)}
