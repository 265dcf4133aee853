"""Data types of models. :mod:`caal_desktop.llm.models.listing` reads them from a server's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PriceTier:
    """Prices that apply to long prompts, or at some hours of the day.

    A tier applies when all its conditions hold; among tiers that apply, the last one wins.

    Attributes:
        min_prompt_tokens: it applies to prompts of more tokens; 0 where the length does not matter.
        prompt, completion, cache_read, cache_write: US dollars per million tokens; None where it changes nothing.
        utc_start, utc_end: it applies from the start up to, and not including, the end, in minutes after midnight UTC;
            the end may be on the next day. None where the hour does not matter.
    """

    min_prompt_tokens: int
    prompt: float | None = None
    completion: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    utc_start: int | None = None
    utc_end: int | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """A model's prices in US dollars. Each is None where it is not known.

    Attributes:
        prompt, completion, cache_read, cache_write, internal_reasoning, audio: per **million** tokens.
        request, image, web_search: for each one.
        varies: the model is a router whose price depends on its choice (``-1`` in the API); all prices are None then.
        tiers: other prices under conditions, in the server's order.
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
        """Whether prompt and completion are known to cost nothing, and requests have no fee."""
        return not self.varies and self.prompt == 0 and self.completion == 0 and not self.request


@dataclass(frozen=True, slots=True)
class ReasoningPolicy:
    """The reasoning of a model, as far as requests can control it.

    Attributes:
        mandatory: reasoning cannot be switched off.
        default_enabled: it reasons where the request does not say; None where not told.
        efforts: the supported efforts in the server's order; empty where none are told, and any is accepted.
        default_effort: the effort where the request does not say; None where not told.
    """

    mandatory: bool = False
    default_enabled: bool | None = None
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A language model, as its server describes it. Only ``id`` and ``name`` are always there.

    Attributes:
        id: the name in requests: ``vendor/model``, ``vendor/model:free``, ``~vendor/x-latest``, ...
        name: the name to show, without the vendor's; the id where the server gives no name.
        vendor: the vendor's name ("Anthropic"), or the id's first part; "" where neither is known.
        description: plain text or Markdown, in the server's words; "" where there is none.
        created: when it was listed (timezone-aware UTC).
        context_length, max_completion_tokens: numbers of tokens; None where not told.
        input_modalities, output_modalities: ``text``, ``image``, ``audio``, ``file``, ``video``; empty where not told.
        supported_parameters: names of request parameters; None where the server tells none at all.
        default_parameters: the server's own values for sampling parameters, by name.
        knowledge_cutoff: the date up to which it was trained; None where not told.
        expiration_date: the last day on which it can be used; None where no end is announced. (The server's years from
            2090 on are placeholders for that.)
        canonical_slug: the permanent name of what the id stands for; it outlives renames.
        hugging_face_id: the repository of its weights; None where they are not published, or nothing is told.
        alias_target: the id of the model that a moving alias means today; None for other models.
        alias_target_name: that model's name.
        is_moderated: prompts are moderated before it gets them; None where not told.
        intelligence_index, coding_index, agentic_index: the indices of Artificial Analysis; None where not told.
        parameter_count: how many numbers it is made of; None where not told.
        quantization: how they were rounded, in the server's word (``Q4_K_M``); "" where not told.
        file_size: what it takes on the server's disk, in bytes; None where not told, or where it is not there.
        remote_host: where the server has its answers made, if it does not make them itself; "" where it does, or where
            nothing is told.
        pricing: its prices.
        reasoning: None where it is no reasoning model, or nothing is told.
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
    parameter_count: int | None = None
    quantization: str = ""
    file_size: int | None = None
    remote_host: str = ""

    @property
    def author(self) -> str:
        """The id's first part without an alias' tilde (``anthropic``); "" where the id has no such part."""
        first, slash, _ = self.id.partition("/")
        return first.lstrip("~") if slash else ""

    @property
    def variant(self) -> str:
        """What follows the colon in ``vendor/model:free`` (``free``, ``batch``, ``thinking``); "" for plain models."""
        if "/" not in self.id:  # without a vendor it is a tag of a local server: llama3.2:latest
            return ""
        return self.id.rpartition("/")[2].partition(":")[2]

    @property
    def is_alias(self) -> bool:
        """Whether the id is a moving alias, which may mean another model tomorrow."""
        return self.id.startswith("~") or self.alias_target is not None


@dataclass(frozen=True, slots=True)
class ModelList:
    """A server's list of models.

    Attributes:
        models: in the server's order, each id once.
        skipped: number of rows without a usable id.
        repeated: number of rows whose id came before; the first one counts.
        recognized: whether the answer had the form of a list of models.
    """

    models: tuple[ModelInfo, ...]
    skipped: int = 0
    repeated: int = 0
    recognized: bool = True
