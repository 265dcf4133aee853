"""Which model can be asked where the one that was asked cannot answer: the server names some, and the user decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from caal_desktop.llm.errors import ProviderError

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from caal_desktop.services.chat.conversation import ChatMessage

FindFallback = Callable[["ChatMessage"], "ModelInfo | None"]
"""Returns the model that can be offered in place of the one that has not answered; None where there is none."""


def no_fallback(_message: ChatMessage) -> None:
    """Return that there is nothing to offer."""


def fallback_for(message: ChatMessage, catalogue: Catalogue) -> ModelInfo | None:
    """Return the first of the models that the server offers in place of the one that failed and that can be used.

    It has to be listed, so that its name and price can be shown; it must be able to chat, and to see the images of the
    conversation where there are any.

    Args:
        message: the answer.
        catalogue: the list of models; another provider's has nothing to offer.
    """
    error, view = message.error, catalogue.view
    if not isinstance(error, ProviderError) or error.availability is None or error.provider != catalogue.provider:
        return None
    if not error.availability.fallback_models or view is None:
        return None
    # Only a failure needs what these import.
    from caal_desktop.catalogue.usability import can_chat, has_ended

    asked = message.facts.asked_model if message.facts is not None else ""
    sees = _has_images(message)
    for model_id in error.availability.fallback_models:
        model = view.find(model_id)
        if model is None or model.id == asked or has_ended(model, view.today) or not can_chat(model):
            continue
        if not sees or not model.input_modalities or "image" in model.input_modalities:
            return model
    return None


def _has_images(message: ChatMessage) -> bool:
    before = message.parent
    while before is not None:
        if any(attachment.is_image for attachment in before.attachments):
            return True
        before = before.parent
    return False
