"""Orders of the list: those that the server knows come as lists of ids, the others are computed here."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.silence import silence_by_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from caal_desktop.llm.models.info import ModelInfo


class SortOrder(StrEnum):
    """How the list is sorted."""

    BEST_MATCH = "best_match"
    SILENCE = "silence"
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


_FIGURES: dict[SortOrder, Callable[[ModelInfo], float | None]] = {
    SortOrder.CONTEXT: lambda model: None if model.context_length is None else -model.context_length,
    SortOrder.NEWEST: lambda model: None if model.created is None else -model.created.timestamp(),
    SortOrder.INTELLIGENCE: lambda model: None if model.intelligence_index is None else -model.intelligence_index,
}

LOCAL_ORDERS = (SortOrder.PRICE, *_FIGURES)
"""The orders that the list itself contains the figures for; that by silence has others, too."""


def rows_by_kind(models: Iterable[ModelInfo]) -> tuple[int, ...]:
    """Return the rows of models of which the kind tells a silence, the shortest first; equals keep the list's order.

    A kind is known to the second at best, so that a tenth makes no difference.
    """
    silences = ((row, silence_by_kind(model)) for row, model in enumerate(models))
    return tuple(row for _, row in sorted((round(told.seconds), row) for row, told in silences if told is not None))


def rows_by_silence(by_kind: Sequence[int], by_figures: Mapping[int, float]) -> tuple[int, ...]:
    """Return the rows by their silence: those of which figures tell it first, and then by kind.

    Args:
        by_kind: of :func:`rows_by_kind`.
        by_figures: the seconds of the rows of which figures tell.
    """
    told = sorted(by_figures, key=lambda row: (by_figures[row], row))
    return (*told, *(row for row in by_kind if row not in by_figures))


def sort_rows(models: Sequence[ModelInfo], order: SortOrder, usd_per_hour: Sequence[float | None]) -> tuple[int, ...]:
    """Return the rows that have the figure of a local order, sorted by it; equals keep the list's order.

    Args:
        models: the list.
        order: one of :data:`LOCAL_ORDERS`.
        usd_per_hour: what each of the models costs, in US dollars for an hour of talking; None where that is not known.
    """
    figures = usd_per_hour if order is SortOrder.PRICE else map(_FIGURES[order], models)
    known = ((figure, row) for row, figure in enumerate(figures) if figure is not None)
    return tuple(row for _, row in sorted(known))
