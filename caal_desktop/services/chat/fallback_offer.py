"""Which model can be asked where the one that was asked cannot answer: the server names some, and the user decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from caal_desktop.llm.errors import ProviderError
from caal_desktop.llm.models.key_info import Funds

if TYPE_CHECKING:
    from caal_desktop.catalogue.fitness.speech_cost import HourlyCost
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.services.catalogue.catalogue_service import Catalogue
    from caal_desktop.services.chat.conversation import ChatMessage


class Fallback(NamedTuple):
    """A model that can be offered in place of the one that has not answered.

    Attributes:
        model: the model.
        cost: what an hour of talking with it costs, as requests are routed.
    """

    model: ModelInfo
    cost: HourlyCost


FindFallback = Callable[["ChatMessage"], Fallback | None]
"""Returns the model that can be offered in place of the one that has not answered; None where there is none."""


def no_fallback(_message: ChatMessage) -> None:
    """Return that there is nothing to offer."""


def fallback_for(message: ChatMessage, catalogue: Catalogue) -> Fallback | None:
    """Return the first of the models that the server offers in place of the one that failed and that can be used.

    It has to be listed, so that its name and price can be shown; it must be able to chat, and to see the images of the
    conversation where there are any; and the key must be able to pay for it. Where that alone is missing, the free
    model that is recommended is offered, if there is one.

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
    from caal_desktop.catalogue.fitness.free_models import needs_credit
    from caal_desktop.catalogue.fitness.speech_cost import expected_cost
    from caal_desktop.catalogue.usability import can_chat, has_ended

    asked = message.facts.asked_model if message.facts is not None else ""
    sees = _has_images(message)

    def can_answer(model: ModelInfo | None) -> TypeGuard[ModelInfo]:
        if model is None or model.id == asked or has_ended(model, view.today) or not can_chat(model):
            return False
        return not sees or not model.input_modalities or "image" in model.input_modalities

    usable = list(filter(can_answer, map(view.find, error.availability.fallback_models)))
    payable = (model for model in usable if not needs_credit(model, view.funds))
    best = next(payable, view.recommended if usable and view.funds is Funds.NONE_BOUGHT else None)
    if not can_answer(best) or needs_credit(best, view.funds):
        return None
    return Fallback(best, expected_cost(best, view.figures))


def _has_images(message: ChatMessage) -> bool:
    before = message.parent
    while before is not None:
        if any(attachment.is_image for attachment in before.attachments):
            return True
        before = before.parent
    return False
