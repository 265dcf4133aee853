"""What the picker lists: sections, models, and the rows that stand for what is not in the catalogue."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.catalogue.filters import FilterCounts, FilterName, Filters
from caal_desktop.catalogue.sorting import SortOrder
from caal_desktop.llm.models.info import ModelInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caal_desktop.catalogue.view import CatalogueView

# An id as OpenRouter writes them; others are accepted where nothing else was found.
_FULL_ID = re.compile(r"~?[\w.-]+/[\w.:-]*[\w]", re.ASCII)
_ANY_ID = re.compile(r"[\w~][\w./:@~+-]{1,199}", re.ASCII)


class SectionKind(StrEnum):
    """What a section gathers."""

    FAVOURITES = "favourites"
    RECENT = "recent"
    VENDOR = "vendor"
    NEAREST = "nearest"
    """Nothing meets the whole query; these meet most of it."""


@dataclass(frozen=True, slots=True)
class ListSection:
    """A section's heading.

    Attributes:
        kind: what it gathers.
        vendor: whose models, for a vendor's section; "" where the vendor is not known.
        count: how many models follow.
    """

    kind: SectionKind
    vendor: str
    count: int


class MissingModel(NamedTuple):
    """The chosen model, which the catalogue does not hold.

    Attributes:
        id: its id.
        routed_to: the name of the listed model that it stands for; "" for none.
    """

    id: str
    routed_to: str = ""


class TypedModel(NamedTuple):
    """An id that was typed and is not in the catalogue; it may be used all the same."""

    id: str


Entry = ModelInfo | ListSection | MissingModel | TypedModel


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A request with one condition less, for when nothing is found.

    Attributes:
        name: the filter to switch off; None for the limit of price, or the models that cannot chat.
        filters: what the filters would be.
        count: how many models there would be.
    """

    name: FilterName | None
    filters: Filters
    count: int


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What is asked of the catalogue.

    Attributes:
        query: what was typed.
        filters: what is switched on.
        order: how to sort.
        server_ids: ids in the server's order, for the orders that only it knows.
        favourites: ids with a star.
        recents: ids used last, the latest first.
        chosen: the model in use; it is listed even where the catalogue does not hold it.
        first: the model to list first in place of the one that is recommended; "" for that one.
    """

    query: str = ""
    filters: Filters = Filters()  # noqa: RUF009 - immutable
    order: SortOrder = SortOrder.BEST_MATCH
    server_ids: Sequence[str] = ()
    favourites: Sequence[str] = ()
    recents: Sequence[str] = ()
    chosen: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is to show.

    Attributes:
        entries: from top to bottom.
        found: how many different models.
        counts: how many models each filter would leave of what the query found.
        is_exact: whether the models meet the whole query.
        is_grouped: whether they are listed by vendor.
        typed_id: what was typed, where it can be an id and is none of the catalogue's; else "".
    """

    entries: list[Entry]
    found: int
    counts: FilterCounts
    is_exact: bool
    is_grouped: bool
    typed_id: str


def list_models(view: CatalogueView, request: ListRequest) -> Listing:
    """Search, filter, sort and group the models."""
    query = request.query.strip()
    mask = view.filters.mask(request.filters)
    if not query:
        return _list_without_query(view, request, mask)
    found = view.search.find(query)
    among = view.filters.mask_of(found.rows)
    order = found.rows if request.order is SortOrder.BEST_MATCH else view.order(request.order, request.server_ids)
    rows = view.filters.rows_of(mask & among, order)
    models = view.models
    entries: list[Entry] = [models[row] for row in rows]
    typed_id = _typed_id(view, query)
    if entries and not found.is_exact:
        entries.insert(0, ListSection(SectionKind.NEAREST, "", len(rows)))
    is_unknown = not found.rows or not found.is_exact
    if typed_id and (_FULL_ID.fullmatch(typed_id) or (is_unknown and not entries)):
        # Where others meet the whole query, one of them is more likely meant.
        place = len(entries) if found.is_exact else 0
        entries.insert(place, TypedModel(typed_id))
    counts = view.filters.counts(request.filters, among)
    return Listing(entries, len(rows), counts, found.is_exact or not rows, False, typed_id)


def relaxations(view: CatalogueView, request: ListRequest) -> list[Relaxation]:
    """Return what could be left out of the request so that models are found, the most fruitful first."""
    filters = request.filters
    tries: list[tuple[FilterName | None, Filters]] = [
        (name, filters.with_toggled(name)) for name in FilterName if name in filters.active
    ]
    if filters.max_usd_per_hour is not None:
        tries.append((None, replace(filters, max_usd_per_hour=None)))
    if not filters.show_unusable:
        tries.append((None, replace(filters, show_unusable=True)))
    query = request.query.strip()
    among = view.filters.mask_of(view.search.find(query).rows) if query else None
    found = [Relaxation(name, relaxed, view.filters.counts(relaxed, among).shown) for name, relaxed in tries]
    return sorted((one for one in found if one.count), key=lambda one: -one.count)


def _list_without_query(view: CatalogueView, request: ListRequest, mask: int) -> Listing:
    filters, models = view.filters, view.models
    entries: list[Entry] = []
    if request.chosen and view.row_of(request.chosen) is None:
        routed = view.routed(request.chosen)
        entries.append(MissingModel(request.chosen, routed.name if routed is not None else ""))
    is_grouped = request.order is SortOrder.BEST_MATCH
    if is_grouped:
        _add_shortcuts(view, request, mask, entries)
        for vendor, rows in view.vendors:
            kept = filters.rows_of(mask, rows)
            if kept:
                entries.append(ListSection(SectionKind.VENDOR, vendor, len(kept)))
                entries += [models[row] for row in kept]
    else:
        entries += [models[row] for row in filters.rows_of(mask, view.order(request.order, request.server_ids))]
    return Listing(entries, mask.bit_count(), filters.counts(request.filters), True, is_grouped, "")


def _add_shortcuts(view: CatalogueView, request: ListRequest, mask: int, entries: list[Entry]) -> None:
    """Put what most users look for on top; it is in its vendor's section as well."""
    best = view.find(request.first) or view.recommended
    if best is not None and view.filters.rows_of(mask, [view.row_of(best.id) or 0]):
        entries.append(best)  # its own words say what it is: it needs no heading
    shortcuts = ((SectionKind.FAVOURITES, request.favourites), (SectionKind.RECENT, request.recents))
    for kind, ids in shortcuts:
        rows = [row for row in map(view.row_of, ids) if row is not None]
        kept = view.filters.rows_of(mask, rows)
        if kept:
            entries.append(ListSection(kind, "", len(kept)))
            entries += [view.models[row] for row in kept]


def _typed_id(view: CatalogueView, query: str) -> str:
    return query if _ANY_ID.fullmatch(query) and view.row_of(query) is None else ""
