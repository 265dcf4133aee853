"""The list by vendor, for browsing when nothing is typed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from caal_desktop.llm.models.info import ModelInfo

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class VendorGroup:
    """One vendor's models.

    Attributes:
        key: tells the group from others: the vendor's name in small letters.
        vendor: the name to show, in the spelling most of its rows use; "" for models of whom no vendor is known.
        models: plain models before variants, newest first, moving aliases last.
    """

    key: str
    vendor: str
    models: tuple[ModelInfo, ...]


def group_by_vendor(models: Iterable[ModelInfo]) -> list[VendorGroup]:
    """Group models by who made them: vendors with more models first, the group of unknown vendors last.

    Args:
        models: in any order; each is in exactly one group.
    """
    by_author: dict[str, list[ModelInfo]] = {}
    for model in models:
        by_author.setdefault(model.author or model.vendor.casefold(), []).append(model)
    # One vendor may have several authors (meta, meta-llama), and one author several spellings (xAI, SpaceXAI).
    by_name: dict[str, list[ModelInfo]] = {}
    for members in by_author.values():
        by_name.setdefault(_usual_name(members).casefold(), []).extend(members)
    groups = [
        VendorGroup(key, _usual_name(members), tuple(sorted(members, key=_place_in_group)))
        for key, members in by_name.items()
    ]
    return sorted(
        groups,
        key=lambda group: (
            not group.vendor,
            -len(group.models),
            group.vendor.casefold(),
            group.key,
        ),
    )


def _usual_name(members: Sequence[ModelInfo]) -> str:
    names = Counter(model.vendor for model in members if model.vendor)
    return min(names, key=lambda name: (-names[name], name)) if names else ""


def _place_in_group(model: ModelInfo) -> tuple[object, ...]:
    created = model.created or _BEGINNING
    return model.is_alias, model.variant != "", (_BEGINNING - created).total_seconds(), model.name, model.id
