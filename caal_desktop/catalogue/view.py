"""A catalogue prepared for browsing: everything that takes long is computed once, best in a thread.

From then on each keystroke, filter or order costs a few milliseconds for ten thousand models.
"""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from caal_desktop.catalogue.filters import FilterIndex, FilterName, Filters
from caal_desktop.catalogue.fitness.assessment import predicted_silence
from caal_desktop.catalogue.fitness.competence import Competence
from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Evidence, Figures
from caal_desktop.catalogue.fitness.explanation import Explanation, explain
from caal_desktop.catalogue.fitness.recommend import recommend
from caal_desktop.catalogue.grouping import group_by_vendor
from caal_desktop.catalogue.search.model_search import SearchIndex
from caal_desktop.catalogue.sorting import (
    LOCAL_ORDERS,
    SERVER_SORT,
    SortOrder,
    rows_by_kind,
    rows_by_silence,
    sort_rows,
)
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.models.routing import ROUTING_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from caal_desktop.llm.models.info import ModelInfo


# A list up to this length is indexed within two frames, when it is first searched.
_INDEXED_ON_DEMAND = 1_000


class VendorRows(NamedTuple):
    """One vendor's models, as row numbers in the order in which they are listed."""

    vendor: str
    rows: tuple[int, ...]


class CatalogueView:
    """A list of models, ready to be searched, filtered, sorted and grouped.

    Args:
        models: in the server's order.
        today: the day for which models may have ended.

    Attributes:
        models: as given; everything here speaks of them by row number.
        today: as given.
        figures: what is known of the models' hosts; every judgement here rests on it.
        funds: what the user's key can pay for.
        competence: the models compared with each other.
        filters: which models pass which filter.
        recommended: the model to preselect for a voice assistant; None where none can still chat.
        vendors: the models by vendor.
        unusable: how many models cannot chat.
        local_orders: the rows by each order that the list itself has the figures for.
    """

    def __init__(self, models: Sequence[ModelInfo], today: date) -> None:
        self.models = tuple(models)
        self.today = today
        self.figures = NO_FIGURES
        self.funds = Funds.UNKNOWN
        self.competence = Competence(self.models)
        self.filters = FilterIndex(self.models, today)
        self.unusable = self.filters.counts(Filters()).unusable
        self._row_of = {model.id: row for row, model in enumerate(self.models)}
        self.recommended = _recommended(self)
        self.vendors = tuple(
            VendorRows(group.vendor, tuple(self._row_of[model.id] for model in group.models))
            for group in group_by_vendor(self.models)
        )
        if len(self.models) > _INDEXED_ON_DEMAND:
            self.build_search_index()
        self.local_orders: dict[SortOrder, tuple[int, ...]] = {
            order: sort_rows(self.models, order, self.filters.usd_per_hour) for order in LOCAL_ORDERS
        }
        self._by_kind = self.local_orders[SortOrder.SILENCE] = rows_by_kind(self.models)

    def with_figures(self, figures: Figures, funds: Funds = Funds.UNKNOWN) -> CatalogueView:
        """Return this view, judged by what is known of the models' hosts; worth a thread.

        Args:
            figures: all that is known: it takes the place of what this view was judged by.
            funds: what the user's key can pay for.
        """
        view = copy(self)
        view.figures = figures
        view.funds = funds
        view.filters = self.filters.with_figures(figures)
        if view.filters.usd_per_hour is not self.filters.usd_per_hour:
            by_price = sort_rows(self.models, SortOrder.PRICE, view.filters.usd_per_hour)
            view.local_orders = {**self.local_orders, SortOrder.PRICE: by_price}
        by_silence = rows_by_silence(self._by_kind, _told_silences(view))
        view.local_orders = {**view.local_orders, SortOrder.SILENCE: by_silence}
        view.recommended = _recommended(view)
        return view

    def explain(self, model: ModelInfo) -> Explanation:
        """Return what is to be expected of one of the models, by all that they are judged by."""
        return explain(model, self.today, self.figures, self.competence, self.funds)

    @cached_property
    def search(self) -> SearchIndex:
        """The search index. A short list's is built when it is first asked for, so that the list is seen sooner."""
        return SearchIndex(self.models)

    def build_search_index(self) -> None:
        """Build the search index; worth a thread."""
        len(self.search)

    def __len__(self) -> int:
        return len(self.models)

    def find(self, model_id: str) -> ModelInfo | None:
        """Return the model with this id."""
        row = self._row_of.get(model_id)
        return None if row is None else self.models[row]

    def row_of(self, model_id: str) -> int | None:
        """Return the model's number in the list."""
        return self._row_of.get(model_id)

    def routed(self, model_id: str) -> ModelInfo | None:
        """Return the listed model that an unlisted id asks for in another way (``vendor/model:nitro``)."""
        plain, colon, suffix = model_id.rpartition(":")
        return self.find(plain) if colon and suffix in ROUTING_SUFFIXES else None

    def can_sort_by(self, order: SortOrder) -> bool:
        """Return whether the list itself has what to sort by; the server's own orders are not known here."""
        return order is SortOrder.BEST_MATCH or bool(self.local_orders.get(order))

    def order(self, order: SortOrder, server_ids: Sequence[str] = ()) -> Sequence[int]:
        """Return all rows in an order; those that it does not know come last, in the list's own order.

        Args:
            order: how to sort; ``BEST_MATCH`` gives the list's own order.
            server_ids: ids in the server's order, for those orders that only the server knows.
        """
        if order in SERVER_SORT:
            known = dict.fromkeys(row for row in map(self._row_of.get, server_ids) if row is not None)
        else:
            known = dict.fromkeys(self.local_orders.get(order, ()))
        return [*known, *(row for row in range(len(self.models)) if row not in known)]


def _recommended(view: CatalogueView) -> ModelInfo | None:
    fit = view.filters.apply(Filters(frozenset({FilterName.VOICE})))
    return recommend(
        view.models, view.today, fit=fit, figures=view.figures, funds=view.funds, competence=view.competence
    )


def _told_silences(view: CatalogueView) -> Mapping[int, float]:
    """Return the seconds of silence, by row, of the models of which figures tell it."""
    silences = {}
    for model_id in {*view.figures.hosts, *view.figures.measured}:
        row = view.row_of(model_id)
        silence = None if row is None else predicted_silence(view.models[row], view.figures)
        if row is not None and silence is not None and silence.evidence is not Evidence.KIND:
            silences[row] = silence.seconds
    return silences
