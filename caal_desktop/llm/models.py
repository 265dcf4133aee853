"""What is known about a model: parsing of ``GET /models``, leniently."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PriceTier:
    """Dearer (or cheaper) prices above a prompt length.

    Attributes:
        min_prompt_tokens: the tier holds from this many prompt tokens on.
        prompt, completion: USD per million tokens; None where the tier does not change it.
    """

    min_prompt_tokens: int
    prompt: float | None = None
    completion: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices in USD per **million** tokens (``request``, ``image``, ``web_search``: USD a piece).

    Attributes:
        varies: the model is a router whose price depends on its choice (``-1`` on the wire); all prices are None then.
    """

    prompt: float | None = None
    completion: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    internal_reasoning: float | None = None
    request: float | None = None
    image: float | None = None
    audio: float | None = None
    web_search: float | None = None
    varies: bool = False
    tiers: tuple[PriceTier, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether prompt and completion are known to cost nothing."""
        return not self.varies and self.prompt == 0 and self.completion == 0


@dataclass(frozen=True, slots=True)
class ReasoningPolicy:
    """How a reasoning model thinks.

    Attributes:
        mandatory: reasoning cannot be switched off.
        default_enabled: it reasons unless told otherwise; None where not told.
        efforts: the supported efforts, in the server's order.
        default_effort: the effort it takes unless told otherwise.
    """

    mandatory: bool = False
    default_enabled: bool | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One language model, as far as its server describes it. Only ``id`` is sure to be there.

    Attributes:
        id: what goes on the wire (``vendor/model``, ``vendor/model:free``, ``~vendor/x-latest``).
        name: without the vendor's prefix; the id where the server gives no name.
        vendor: the name's prefix ("Anthropic"), or the id's first part where there is none; "" where neither is known.
        created: when it was listed (timezone-aware UTC).
        context_length, max_completion_tokens: tokens; None where not told.
        input_modalities, output_modalities: ``text``, ``image``, ``audio``, ``file``, ``video``; empty where not told.
        supported_parameters: names of request parameters; None where the server tells none at all.
        expiration_date: the last day it can be used; None means no end is announced.
        alias_target: the id that a moving alias stands for today.
        alias_target_name: that model's name.
        intelligence_index, coding_index, agentic_index: Artificial Analysis' indices.
        reasoning: None means it is not a reasoning model, or nothing is told.
    """

    id: str
    name: str
    vendor: str = ""
    description: str = ""
    created: datetime | None = None
    context_length: int | None = None
    max_completion_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    supported_parameters: frozenset[str] | None = None
    default_parameters: tuple[tuple[str, float], ...] = ()
    pricing: Pricing = Pricing()
    reasoning: ReasoningPolicy | None = None
    knowledge_cutoff: date | None = None
    expiration_date: date | None = None
    canonical_slug: str | None = None
    hugging_face_id: str | None = None
    alias_target: str | None = None
    alias_target_name: str | None = None
    is_moderated: bool | None = None
    intelligence_index: float | None = None
    coding_index: float | None = None
    agentic_index: float | None = None


@dataclass(frozen=True, slots=True)
class ModelList:
    """A parsed ``GET /models`` answer.

    Attributes:
        models: in the server's order, without repeated ids.
        skipped: rows that could not be used (no id), counted so that nothing is dropped in silence.
    """

    models: tuple[ModelInfo, ...]
    skipped: int = 0
