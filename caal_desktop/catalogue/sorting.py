"""Orders of the list: those that the server knows come as lists of ids, the others are worked out here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.speech_cost import hourly_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from caal_desktop.llm.models.info import ModelInfo


class SortOrder(StrEnum):
    """How the list is sorted."""

    BEST_MATCH = "best_match"
    POPULAR = "popular"
    FASTEST_FIRST_TOKEN = "fastest_first_token"  # noqa: S105 - no secret, a sort order
    THROUGHPUT = "throughput"
    PRICE = "price"
    CONTEXT = "context"
    NEWEST = "newest"
    INTELLIGENCE = "intelligence"


SERVER_SORT: dict[SortOrder, str] = {
    SortOrder.POPULAR: "most-popular",
    SortOrder.FASTEST_FIRST_TOKEN: "latency-low-to-high",
    SortOrder.THROUGHPUT: "throughput-high-to-low",
}
"""The ``sort`` parameter of ``GET /models`` for the orders that only the server can know."""


def _intelligence(model: ModelInfo) -> float | None:
    return None if model.intelligence_index is None else -model.intelligence_index


def _context(model: ModelInfo) -> float | None:
    return None if model.context_length is None else -model.context_length


def _newest(model: ModelInfo) -> float | None:
    return None if model.created is None else -model.created.timestamp()


def _price(model: ModelInfo) -> float | None:
    return hourly_cost(model).usd


_LOCAL_KEYS: dict[SortOrder, Callable[[ModelInfo], float | None]] = {
    SortOrder.PRICE: _price,
    SortOrder.CONTEXT: _context,
    SortOrder.NEWEST: _newest,
    SortOrder.INTELLIGENCE: _intelligence,
}


LOCAL_ORDERS = tuple(_LOCAL_KEYS)
"""The orders that the list itself tells."""


def sort_rows(
    models: Sequence[ModelInfo], order: SortOrder, usd_per_hour: Sequence[float | None] | None = None
) -> tuple[int, ...]:
    """The rows that tell the figure of a local order, sorted by it; equals keep the list's order.

    Args:
        models: the list.
        order: one of :data:`LOCAL_ORDERS`.
        usd_per_hour: the models' costs, where they have been worked out already.
    """
    if order is SortOrder.PRICE and usd_per_hour is not None:
        figures = list(usd_per_hour)
    else:
        figures = list(map(_LOCAL_KEYS[order], models))
    known = ((figure, row) for row, figure in enumerate(figures) if figure is not None)
    return tuple(row for _, row in sorted(known))


def is_available(order: SortOrder, models: Iterable[ModelInfo], server_order: Sequence[str] | None = None) -> bool:
    """Whether there is anything to sort by: some model tells the figure, or the server gave the order."""
    if order is SortOrder.BEST_MATCH:
        return True
    if order in SERVER_SORT:
        return bool(server_order)
    return any(_LOCAL_KEYS[order](model) is not None for model in models)


def sort_models(
    models: Iterable[ModelInfo], order: SortOrder, server_order: Sequence[str] | None = None
) -> list[ModelInfo]:
    """Sort, keeping the given order among equals; models without the figure go last.

    Args:
        models: in the order of the best match, or the server's own.
        order: how to sort; ``BEST_MATCH`` keeps the order as it is.
        server_order: ids in the server's order, for the orders of :data:`SERVER_SORT`; without it the order is kept.
    """
    listed = list(models)
    if order is SortOrder.BEST_MATCH:
        return listed
    if order in SERVER_SORT:
        places = {model_id: place for place, model_id in enumerate(server_order or ())}
        return sorted(listed, key=lambda model: places.get(model.id, len(places)))
    value = _LOCAL_KEYS[order]
    keyed = [(value(model), model) for model in listed]
    with_value = sorted(((figure, model) for figure, model in keyed if figure is not None), key=lambda pair: pair[0])
    return [model for _, model in with_value] + [model for figure, model in keyed if figure is None]
