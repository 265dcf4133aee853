"""Filters that combine, and how many models each would leave."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.assessment import FitnessVerdict, voice_verdict
from caal_desktop.catalogue.fitness.speech_cost import expected_cost, hourly_cost
from caal_desktop.catalogue.usability import can_chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from caal_desktop.catalogue.fitness.evidence import Figures
    from caal_desktop.llm.models.info import ModelInfo

# Enough for a long document or a day's conversation.
LONG_CONTEXT = 200_000


class FilterName(StrEnum):
    """A filter that is on or off."""

    VOICE = "voice"
    FREE = "free"
    TOOLS = "tools"
    VISION = "vision"
    AUDIO_INPUT = "audio_input"
    REASONING_OPTIONAL = "reasoning_optional"
    LONG_CONTEXT = "long_context"
    NO_EXPIRY = "no_expiry"
    OPEN_WEIGHTS = "open_weights"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to. The default shows every model that can chat.

    Attributes:
        active: the filters that a model must all pass.
        max_usd_per_hour: the dearest hour of talking (:mod:`~caal_desktop.catalogue.fitness.speech_cost`); None for
            any. Models whose price is unknown or varies do not pass a limit.
        show_unusable: list the models that cannot chat (``:batch``, embeddings, images only) as well.
    """

    active: frozenset[FilterName] = frozenset()
    max_usd_per_hour: float | None = None
    show_unusable: bool = False

    def with_toggled(self, name: FilterName) -> Filters:
        """Return these filters with one of them toggled."""
        return replace(self, active=self.active ^ {name})

    @property
    def is_default(self) -> bool:
        """Whether nothing is narrowed."""
        return not self.active and self.max_usd_per_hour is None


@dataclass(frozen=True, slots=True)
class FilterCounts:
    """How many models there would be.

    Attributes:
        shown: with the filters as they are.
        total: with no filter at all; unusable models are left out unless they are shown.
        unusable: models of the whole list that cannot chat, shown or not.
        by_name: for each filter, how many would remain with it switched on as well (for one that is on: ``shown``).
    """

    shown: int
    total: int
    unusable: int
    by_name: Mapping[FilterName, int]


_TESTS: dict[FilterName, Callable[[ModelInfo, date], bool]] = {
    FilterName.VOICE: lambda model, today: voice_verdict(model, today) is FitnessVerdict.FIT,
    FilterName.FREE: lambda model, _: model.pricing.is_free,
    FilterName.TOOLS: lambda model, _: "tools" in (model.supported_parameters or ()),
    FilterName.VISION: lambda model, _: "image" in model.input_modalities,
    FilterName.AUDIO_INPUT: lambda model, _: "audio" in model.input_modalities,
    FilterName.REASONING_OPTIONAL: lambda model, _: model.reasoning is not None and not model.reasoning.mandatory,
    FilterName.LONG_CONTEXT: lambda model, _: (model.context_length or 0) >= LONG_CONTEXT,
    FilterName.NO_EXPIRY: lambda model, _: model.expiration_date is None,
    FilterName.OPEN_WEIGHTS: lambda model, _: model.hugging_face_id is not None,
}


class FilterIndex:
    """A list of models with what each filter lets through, computed once: toggling a filter takes microseconds.

    Sets of rows are kept as the bits of whole numbers: counting what any combination leaves of ten thousand models
    takes microseconds. The first row is the highest bit, so that the number's digits read as the list does.

    Attributes:
        passing: for each filter, the set of rows that pass it.
    """

    def __init__(self, models: Sequence[ModelInfo], today: date) -> None:
        self._models = tuple(models)
        self._today = today
        self._usable = self.mask_of(row for row, model in enumerate(self._models) if can_chat(model))
        self._all_rows = (1 << len(self._models)) - 1
        self.passing: Mapping[FilterName, int] = {
            name: self.mask_of(row for row, model in enumerate(self._models) if test(model, today))
            for name, test in _TESTS.items()
        }
        self._fit_by_kind = self.passing[FilterName.VOICE]
        self._listed_usd = [hourly_cost(model).usd for model in self._models]
        self._usd: Sequence[float | None] = self._listed_usd
        self._affordable: dict[float, int] = {}

    def __len__(self) -> int:
        return len(self._models)

    @property
    def usd_per_hour(self) -> Sequence[float | None]:
        """What an hour of talking costs, row by row; None where it is unknown or varies."""
        return self._usd

    def with_figures(self, figures: Figures) -> FilterIndex:
        """Return the same with another judgement on the models of which something is known; takes as long as these do.

        Args:
            figures: all that is known: it takes the place of what these filters were judged by.
        """
        voice, usd = self._fit_by_kind, list(self._listed_usd)
        last = len(self._models) - 1
        for row, model in enumerate(self._models):
            if model.id in figures.hosts or model.id in figures.measured:
                bit = 1 << (last - row)
                is_fit = voice_verdict(model, self._today, figures) is FitnessVerdict.FIT
                voice = voice | bit if is_fit else voice & ~bit
                usd[row] = expected_cost(model, figures).usd
        index = copy(self)
        if usd != self._usd:
            index.set_costs(usd)
        index.passing = {**self.passing, FilterName.VOICE: voice}
        return index

    def set_costs(self, usd_per_hour: Sequence[float | None]) -> None:
        """Set what an hour of talking costs, row by row."""
        self._usd, self._affordable = usd_per_hour, {}

    def mask_of(self, rows: Iterable[int]) -> int:
        """Return the set of these rows."""
        digits = bytearray(b"0") * len(self._models)
        for row in rows:
            digits[row] = ord("1")
        return int(digits, 2) if digits else 0

    def rows_of(self, mask: int, order: Iterable[int] | None = None) -> list[int]:
        """Return the rows of a set, in their own order or in the order given."""
        if not self._models:
            return []
        digits = f"{mask:0{len(self._models)}b}"
        return [row for row in (range(len(digits)) if order is None else order) if digits[row] == "1"]

    def mask(self, filters: Filters) -> int:
        """Return the set of rows that pass."""
        mask = self._all_rows if filters.show_unusable else self._usable
        for name in filters.active:
            mask &= self.passing[name]
        if filters.max_usd_per_hour is not None:
            mask &= self._affordable_rows(filters.max_usd_per_hour)
        return mask

    def apply(self, filters: Filters) -> list[ModelInfo]:
        """Return the models that pass, in their order."""
        return [self._models[row] for row in self.rows_of(self.mask(filters))]

    def counts(self, filters: Filters, among: int | None = None) -> FilterCounts:
        """Count the models that pass, and that would pass with each further filter.

        Args:
            filters: what is switched on.
            among: the set of rows to consider, such as what a search found; all of them if None.
        """
        considered = self._all_rows if among is None else among
        shown = self.mask(filters) & considered
        usable = self._usable & considered
        return FilterCounts(
            shown=shown.bit_count(),
            total=(considered if filters.show_unusable else usable).bit_count(),
            unusable=considered.bit_count() - usable.bit_count(),
            by_name={name: (shown & passing).bit_count() for name, passing in self.passing.items()},
        )

    def _affordable_rows(self, limit: float) -> int:
        mask = self._affordable.get(limit)
        if mask is None:
            mask = self.mask_of(row for row, usd in enumerate(self._usd) if usd is not None and usd <= limit)
            self._affordable = {limit: mask}
        return mask
