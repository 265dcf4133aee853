"""Why no host could answer, and what can be asked for instead: OpenRouter's ``error.availability``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from caal_desktop.llm.fields import as_bool, as_dict, as_float, as_list, as_text

_MOST: Final = 20
"""Items of a list that are kept."""


class AvailabilityCode(StrEnum):
    """The reasons that OpenRouter documents (November 2026); there may be others, and they are no exception."""

    MODEL_NOT_FOUND = "model_not_found"
    WRONG_ENDPOINT = "wrong_endpoint"
    NO_ENDPOINTS = "no_endpoints"
    MODEL_DEPRECATED = "model_deprecated"
    MODEL_UNAVAILABLE_UPSTREAM = "model_unavailable_upstream"
    CAPACITY_EXHAUSTED = "capacity_exhausted"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    REGION_RESTRICTED = "region_restricted"
    PRIVACY_RESTRICTED = "privacy_restricted"
    CONSTRAINT_FILTERED = "constraint_filtered"
    FREE_VARIANT_ENDED = "free_variant_ended"


@dataclass(frozen=True, slots=True)
class Availability:
    """What a server tells of an error about the hosts of a model.

    Attributes:
        code: why nobody could answer: an :class:`AvailabilityCode`, or a word that came later; "" where not told.
        retryable: whether the same request may succeed a moment later; None where not told.
        requested_models: the ids that were asked for.
        fallback_models: the ids of models that the server offers instead, the best one first.
        affected_providers: the names of the hosts that it is about.
        excluded_by: what has left hosts out, in OpenRouter's words: ``data_policy:zdr``, ``max_price``, ``geo``, …
        constraint: the field of the request that no host fits; "" where there is none.
        constraint_detail: what is wrong with it, in the server's words.
        retry_after: seconds to wait; None where not told.
        docs_url: the address of an explanation; "" where not told.
    """

    code: str = ""
    retryable: bool | None = None
    requested_models: tuple[str, ...] = ()
    fallback_models: tuple[str, ...] = ()
    affected_providers: tuple[str, ...] = ()
    excluded_by: tuple[str, ...] = ()
    constraint: str = ""
    constraint_detail: str = ""
    retry_after: float | None = None
    docs_url: str = ""

    @classmethod
    def read(cls, value: object) -> Self | None:
        """Return what an error's ``availability`` tells; None where it tells nothing. Never raises.

        Args:
            value: the object as it came, without secrets; any field may be missing or of another type.
        """
        fields = as_dict(value)
        constraint = as_dict(fields.get("constraint"))
        wait = as_float(fields.get("retry_after"))
        found = cls(
            code=as_text(fields.get("code")) or "",
            retryable=as_bool(fields.get("retryable")),
            requested_models=_texts(fields.get("requested_models")),
            fallback_models=_texts(fields.get("fallback_models")),
            affected_providers=_texts(fields.get("affected_providers")),
            excluded_by=_texts(fields.get("excluded_by")),
            constraint=as_text(constraint.get("field")) or "",
            constraint_detail=as_text(constraint.get("detail")) or "",
            retry_after=wait if wait is not None and wait >= 0 else None,
            docs_url=as_text(fields.get("docs_url")) or "",
        )
        return None if found == cls() else found

    def to_json(self) -> dict[str, Any]:
        """Return what :meth:`read` reads again."""
        facts = {name: value for name, value in asdict(self).items() if value not in ((), "", None)}
        if constraint := {
            name: text for name, text in (("field", self.constraint), ("detail", self.constraint_detail)) if text
        }:
            facts["constraint"] = constraint
        facts.pop("constraint_detail", None)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in facts.items()}


def _texts(value: object) -> tuple[str, ...]:
    found = (as_text(item) for item in as_list(value)[:_MOST])
    return tuple(dict.fromkeys(text for text in found if text is not None))
