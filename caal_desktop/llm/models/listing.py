"""Reads answers to ``GET /models`` of OpenRouter and of other OpenAI-compatible servers.

No row can break the list: a field of the wrong type counts as missing, a row without a usable id is counted and left
out. The data types of :mod:`caal_desktop.llm.models.info` can be imported from here as well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from caal_desktop.llm.fields import as_bool, as_dict, as_float, as_list
from caal_desktop.llm.models import values
from caal_desktop.llm.models.info import ModelInfo, ModelList, PriceTier, Pricing, ReasoningPolicy

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = [
    "ModelInfo",
    "ModelList",
    "PriceTier",
    "Pricing",
    "ReasoningPolicy",
    "next_page_link",
    "parse_model_list",
    "parse_pricing",
]

MAX_NAME_LENGTH = 160
MAX_VENDOR_LENGTH = 60
MAX_DESCRIPTION_LENGTH = 4_000
MAX_TIERS = 32
MAX_QUANTIZATION_LENGTH = 32

# Where servers other than OpenRouter put the context length: Groq, vLLM, LM Studio and Mistral.
_CONTEXT_KEYS = ("context_length", "context_window", "max_model_len", "max_context_length")
# ``owned_by`` values that name the serving software or a role, not who made the model.
_NOT_VENDORS = frozenset(
    {"", "library", "litellm", "llamacpp", "lmstudio", "local", "none", "ollama", "openai", "openai-internal",
     "organization-owner", "organization_owner", "root", "system", "user", "vllm"}
)  # fmt: skip
_VENDORLESS_FOLDERS = frozenset({"models", "."})

_HashableT = TypeVar("_HashableT", bound="Hashable")


def parse_model_list(payload: object) -> ModelList:
    """Read a list of models.

    Args:
        payload: the decoded JSON: ``{"data": [...]}`` (OpenAI, OpenRouter), ``{"models": [...]}`` (Ollama's
            ``/api/tags``) or a bare list (Together).

    Returns:
        The models, and the numbers of rows that were left out: ``len(models) + skipped + repeated`` is the number of
        rows. Never raises.
    """
    rows = _rows(payload)
    if rows is None:
        return ModelList((), recognized=False)
    reader = _RowReader()
    models: dict[str, ModelInfo] = {}
    skipped = repeated = 0
    for row in rows:
        model = reader.read(row)
        if model is None:
            skipped += 1
        elif model.id in models:
            repeated += 1
        else:
            models[model.id] = model
    return ModelList(tuple(_with_vendor_names(models.values(), reader.nameless)), skipped, repeated)


def next_page_link(payload: object) -> str | None:
    """Return path and query of the list's next page; None on the last page.

    The host of an absolute link is dropped: a key must not be sent to another one.
    """
    if not isinstance(payload, dict):
        return None
    return values.same_host_path(as_dict(payload.get("links")).get("next"))


def _rows(payload: object) -> list[Any] | None:
    if isinstance(payload, list):
        return payload
    if isinstance(payload, dict):
        for key in ("data", "models"):
            if isinstance(payload.get(key), list):
                return list(payload[key])
    return None


def _with_vendor_names(models: Any, nameless: set[str]) -> list[ModelInfo]:
    """Return the models; those whose name lacks the vendor ("Claude Opus 5") get their siblings' ("Anthropic")."""
    spellings: dict[str, Counter[str]] = {}
    for model in models:
        if model.id not in nameless and model.author:
            spellings.setdefault(model.author, Counter())[model.vendor] += 1
    usual = {author: counter.most_common(1)[0][0] for author, counter in spellings.items()}
    return [
        replace(model, vendor=usual[model.author]) if model.id in nameless and model.author in usual else model
        for model in models
    ]


def _id_of(row: dict[str, Any]) -> str | None:
    """Return a row's id, which Ollama's own list calls "model" or "name"; None where it has none."""
    found = values.identifier(row.get("id")) or values.identifier(row.get("model"))
    if found is not None:
        return found
    name = values.identifier(row.get("name"))
    # A display name is no id: no request could name it.
    return None if name is None or " " in name else name


class _RowReader:
    """Reads rows one after another. Equal values are kept once, which halves the memory that a long list takes."""

    def __init__(self) -> None:
        self.nameless: set[str] = set()
        self._kept: dict[Hashable, Hashable] = {}

    def read(self, row: object) -> ModelInfo | None:
        """Return a row's model; None where it has no usable id."""
        if isinstance(row, str):  # a bare list of ids
            row = {"id": row}
        if not isinstance(row, dict):
            return None
        model_id = _id_of(row)
        if model_id is None:
            return None
        architecture = as_dict(row.get("architecture"))
        inputs, outputs = _modalities(row, architecture)
        top_provider = as_dict(row.get("top_provider"))
        indices = as_dict(as_dict(row.get("benchmarks")).get("artificial_analysis"))
        parameters = values.words(row.get("supported_parameters"))
        vendor, name = self._vendor_and_name(row, model_id)
        alias_target, alias_target_name = _alias(row.get("alias_target"))
        details, meta = as_dict(row.get("details")), as_dict(row.get("meta"))  # Ollama's, and llama.cpp's
        remote_host = values.host_of(row.get("remote_host"))
        return ModelInfo(
            id=model_id,
            name=name,
            vendor=self._keep(vendor),
            description=values.text(row.get("description"), MAX_DESCRIPTION_LENGTH, keep_newlines=True),
            created=self._keep(values.moment(row.get("created"))),
            context_length=_context_length(row, top_provider),
            max_completion_tokens=values.count(top_provider.get("max_completion_tokens"))
            or values.count(row.get("max_completion_tokens")),
            input_modalities=self._keep(inputs),
            output_modalities=self._keep(outputs),
            supported_parameters=None if parameters is None else self._keep(frozenset(parameters)),
            default_parameters=self._keep(_default_parameters(row.get("default_parameters"))),
            pricing=self._keep(parse_pricing(row.get("pricing"))),
            reasoning=self._keep(_reasoning(row.get("reasoning"))),
            knowledge_cutoff=self._keep(values.day(row.get("knowledge_cutoff"))),
            expiration_date=self._keep(values.expiration(row.get("expiration_date"))),
            canonical_slug=self._keep_id(values.identifier(row.get("canonical_slug")), model_id),
            hugging_face_id=values.identifier(row.get("hugging_face_id")),
            alias_target=alias_target,
            alias_target_name=alias_target_name,
            is_moderated=as_bool(top_provider.get("is_moderated")),
            intelligence_index=values.score(indices.get("intelligence_index")),
            coding_index=values.score(indices.get("coding_index")),
            agentic_index=values.score(indices.get("agentic_index")),
            parameter_count=values.short_amount(details.get("parameter_size")) or values.amount(meta.get("n_params")),
            quantization=self._keep(values.text(details.get("quantization_level"), MAX_QUANTIZATION_LENGTH)),
            # Of what runs elsewhere the disk holds no more than its name.
            file_size=None if remote_host else values.amount(row.get("size")) or values.amount(meta.get("size")),
            remote_host=self._keep(remote_host),
        )

    def _keep(self, value: _HashableT) -> _HashableT:
        # The type is part of the key: a tuple and a date never meet, but () stands for several kinds of nothing.
        return self._kept.setdefault((type(value), value), value)  # type: ignore[return-value]

    @staticmethod
    def _keep_id(slug: str | None, model_id: str) -> str | None:
        return model_id if slug == model_id else slug

    def _vendor_and_name(self, row: dict[str, Any], model_id: str) -> tuple[str, str]:
        full_name = ""
        for key in ("name", "display_name"):
            full_name = full_name or values.text(row.get(key), MAX_NAME_LENGTH)
        vendor, name = _split_name(full_name or model_id)
        if vendor:
            return vendor, name
        self.nameless.add(model_id)
        author, slash, _ = model_id.partition("/")
        author = author.lstrip("~")
        if slash and author not in _VENDORLESS_FOLDERS:
            return author[:MAX_VENDOR_LENGTH], name
        owner = values.text(row.get("owned_by"), MAX_VENDOR_LENGTH)
        return ("" if owner in _NOT_VENDORS else owner), name


def _split_name(full_name: str) -> tuple[str, str]:
    """Return vendor and name: ``("Anthropic", "Claude Opus 4")`` for ``"Anthropic: Claude Opus 4"``."""
    vendor, colon, name = full_name.partition(": ")
    if colon and vendor.strip() and name.strip() and len(vendor) <= MAX_VENDOR_LENGTH:
        return vendor.strip(), name.strip()
    return "", full_name


def _alias(value: object) -> tuple[str | None, str | None]:
    if isinstance(value, dict):
        name = values.text(value.get("name"), MAX_NAME_LENGTH)
        return values.identifier(value.get("slug")) or values.identifier(value.get("id")), _split_name(name)[1] or None
    return values.identifier(value), None


def _context_length(row: dict[str, Any], top_provider: dict[str, Any]) -> int | None:
    candidates = [row.get(key) for key in _CONTEXT_KEYS]
    candidates += [top_provider.get("context_length"), as_dict(row.get("meta")).get("n_ctx_train")]  # llama.cpp
    return next(filter(None, map(values.count, candidates)), None)


def _modalities(row: dict[str, Any], architecture: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    inputs = values.words(architecture.get("input_modalities"))
    outputs = values.words(architecture.get("output_modalities"))
    modality = values.text(architecture.get("modality"), 200)
    if "->" in modality:  # "text+image->text", the older form of the same fact
        before, _, after = modality.partition("->")
        inputs = inputs or values.words(before.split("+"))
        outputs = outputs or values.words(after.split("+"))
    if not outputs and row.get("type") in ("embedding", "embeddings"):  # LM Studio and Together
        outputs = ("embeddings",)
    return inputs or (), outputs or ()


def parse_pricing(value: object) -> Pricing:
    """Read a ``pricing`` object; anything else gives prices that are not known. Never raises."""
    wire = as_dict(value)
    if not wire:
        return Pricing()
    prompt = values.per_million(wire.get("prompt"))
    completion = values.per_million(wire.get("completion"))
    if isinstance(prompt, values.Varies) or isinstance(completion, values.Varies):
        return Pricing(varies=True)
    tiers = [_tier(entry) for entry in as_list(wire.get("overrides"))[:MAX_TIERS]]
    return Pricing(
        prompt=prompt,
        completion=completion,
        cache_read=_known(wire.get("input_cache_read")),
        cache_write=_known(wire.get("input_cache_write")),
        internal_reasoning=_known(wire.get("internal_reasoning")),
        request=values.per_piece(wire.get("request")),
        image=values.per_piece(wire.get("image")),
        audio=_known(wire.get("audio")),
        web_search=values.per_piece(wire.get("web_search")),
        tiers=tuple(tier for tier in tiers if tier is not None),
    )


def _known(value: object) -> float | None:
    price = values.per_million(value)
    return None if isinstance(price, values.Varies) else price


def _tier(value: object) -> PriceTier | None:
    """Read an entry of ``pricing.overrides``; None where its conditions are not known, so that it is not applied."""
    wire = as_dict(value)
    minimum = values.count(wire.get("min_prompt_tokens"))
    start, end = values.clock(wire.get("utc_start")), values.clock(wire.get("utc_end"))
    if minimum is None and (start is None or end is None):
        return None
    return PriceTier(
        min_prompt_tokens=minimum or 0,
        prompt=_known(wire.get("prompt")),
        completion=_known(wire.get("completion")),
        cache_read=_known(wire.get("input_cache_read")),
        cache_write=_known(wire.get("input_cache_write")),
        utc_start=start,
        utc_end=end,
    )


def _reasoning(value: object) -> ReasoningPolicy | None:
    if not isinstance(value, dict):
        return None
    effort = values.text(value.get("default_effort"), 32).lower()
    return ReasoningPolicy(
        mandatory=value.get("mandatory") is True,
        default_enabled=as_bool(value.get("default_enabled")),
        efforts=values.words(value.get("supported_efforts")) or (),
        default_effort=effort or None,
    )


def _default_parameters(value: object) -> tuple[tuple[str, float], ...]:
    found = []
    for key, entry in list(as_dict(value).items())[:32]:
        name, number = values.identifier(key, 64), as_float(entry)
        if name is not None and number is not None:
            found.append((name, number))
    return tuple(found)
