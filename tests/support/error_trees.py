"""Walks an error tree, for tests of what its errors say."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from caal_desktop.llm.errors.text import DescribedError

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
    optional = ("what_without_key", "why_without_key", "why_named", "advice_without_key", "advice_with_wait")
    names = ("what", "why", "advice", *optional)
    found = (vars(cls).get(name) for cls in error_classes(root) for name in names)
    return {template for template in found if isinstance(template, str)}
