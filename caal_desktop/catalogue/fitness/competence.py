"""How well models can be expected to do what they are told, compared with the others of their list.

Three fifths are the place by Artificial Analysis' index of acting with tools, two fifths the place by price. With the
pass rates of a public voice benchmark (42 configurations) that has a Spearman of 0.57; the index alone reaches 0.39,
since it is measured with full thinking and a voice turn asks for none. So it is a gate and breaks ties, and promises
nothing. Places count, not figures: indices are rescaled from time to time.

Where no index is told, the price is all there is, and a price is of its day: what a dollar buys doubles within a year
at least, so that of two models at the same price the younger one is better. (With the same pass rates the price alone
has 0.49, and with the age 0.52; over the runs of models without an index 0.03 and 0.26.)
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from caal_desktop.llm.models.info import ModelInfo

# A place among fewer tells little.
_ENOUGH = 20
_INDEX_SHARE, _PRICE_SHARE = 0.6, 0.4
# A model of which no index is told never gets further than the others' middle by being dear.
_PRICE_ALONE = 0.6
_WEAK_PLACE = 0.2
_TWICE_AS_GOOD = timedelta(days=365)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Beyond this, a conversation gets no better.
COMPETENT = 0.75


class Place(NamedTuple):
    """A place among others, from the best down.

    Attributes:
        number: 1 for the best; equals share theirs.
        among: how many there are.
    """

    number: int
    among: int


class Competence:
    """Compares the models of one list.

    Args:
        models: the whole list, in any order.
    """

    def __init__(self, models: Iterable[ModelInfo]) -> None:
        indices: list[float] = []
        prices: list[float] = []
        worths: list[float] = []
        for model in models:
            if model.variant or model.is_alias:
                continue  # the same model once more
            if model.agentic_index is not None:
                indices.append(model.agentic_index)
            if model.pricing.completion and "tools" in (model.supported_parameters or ()):
                prices.append(model.pricing.completion)
                worths.append(_worth(model))
        self._indices = sorted(indices) if len(indices) >= _ENOUGH else []
        self._prices, self._worths = sorted(prices), sorted(worths)

    @property
    def is_told(self) -> bool:
        """Whether the list tells the index of enough models to compare them by it."""
        return bool(self._indices)

    def of(self, model: ModelInfo) -> float:
        """Return how competent the model can be expected to be: from 0 for the least to 1."""
        if model.agentic_index is None or not self._indices:
            return _PRICE_ALONE * _place(self._worths, _worth(model))
        by_price = _place(self._prices, model.pricing.completion or 0.0)
        return _INDEX_SHARE * _place(self._indices, model.agentic_index) + _PRICE_SHARE * by_price

    def place(self, model: ModelInfo) -> Place | None:
        """Return the model's place by the index alone; None where it has none, or too few have one."""
        if model.agentic_index is None or not self._indices:
            return None
        better = len(self._indices) - bisect_right(self._indices, model.agentic_index)
        return Place(better + 1, len(self._indices))

    def is_weak(self, model: ModelInfo) -> bool:
        """Return whether the model is in the last fifth: by the index, or by the price of its day where it has none."""
        if model.agentic_index is not None and self._indices:
            return _place(self._indices, model.agentic_index) < _WEAK_PLACE
        if not model.pricing.completion or len(self._worths) < _ENOUGH:
            return False
        # Where many have one price, none of them is among the last.
        return bisect_right(self._worths, _worth(model)) <= _WEAK_PLACE * len(self._worths)


def _worth(model: ModelInfo) -> float:
    """Return how often the price and the age double what a model is worth: a number that means nothing by itself."""
    if not model.pricing.completion:
        return -math.inf
    age = timedelta() if model.created is None else model.created - _EPOCH
    return math.log2(model.pricing.completion) + age / _TWICE_AS_GOOD


def _place(values: list[float], value: float) -> float:
    return bisect_left(values, value) / len(values) if values else 0.0
