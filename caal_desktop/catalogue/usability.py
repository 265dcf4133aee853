"""The models that can take part in a text conversation at all."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from caal_desktop.catalogue.search.naming import naming

if TYPE_CHECKING:
    from datetime import date

    from caal_desktop.llm.models.info import ModelInfo


class ChatObstacle(StrEnum):
    """Why a model cannot chat."""

    BATCH = "batch"
    NO_TEXT_OUTPUT = "no_text_output"
    NO_TEXT_INPUT = "no_text_input"
    NOT_A_CHAT_MODEL = "not_a_chat_model"


def chat_obstacle(model: ModelInfo) -> ChatObstacle | None:
    """Return what keeps the model from chatting, or None.

    ``:batch`` ids answer jobs within hours, not requests. Where a server tells no modalities, the
    id's words decide: those of embedding, speech and image models are known.
    """
    if model.variant == "batch":
        return ChatObstacle.BATCH
    if model.output_modalities:
        if "text" not in model.output_modalities:
            return ChatObstacle.NO_TEXT_OUTPUT
    elif naming(model).is_not_chat:
        return ChatObstacle.NOT_A_CHAT_MODEL
    if model.input_modalities and "text" not in model.input_modalities:
        return ChatObstacle.NO_TEXT_INPUT
    return None


def can_chat(model: ModelInfo) -> bool:
    """Return whether the model takes text, gives text and answers chat requests, as far as is known."""
    return chat_obstacle(model) is None


def has_ended(model: ModelInfo, today: date) -> bool:
    """Return whether the model has been switched off. The last day is a day of use."""
    return model.expiration_date is not None and model.expiration_date < today
