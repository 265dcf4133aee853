"""Which model is offered where the one that was asked cannot answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from caal_desktop.catalogue.fitness.evidence import NO_FIGURES, Figures
from caal_desktop.catalogue.fitness.speech_cost import hourly_cost
from caal_desktop.catalogue.view import CatalogueView
from caal_desktop.llm.errors import Availability, ErrorText, ModelEnded, Remedy
from caal_desktop.llm.models.info import ModelInfo, Pricing
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.chat.conversation import (
    AnswerFacts,
    AnswerStatus,
    Attachment,
    ChatMessage,
    Conversation,
    Role,
    SavedFailureError,
)
from caal_desktop.services.chat.fallback_offer import fallback_for

TODAY = date(2026, 11, 26)
CHATS = ModelInfo("a/chats", "Chats", input_modalities=("text",), output_modalities=("text",))
SEES = replace(CHATS, id="a/sees", input_modalities=("text", "image"))
UNTOLD = ModelInfo("a/untold", "Untold")
DRAWS = replace(CHATS, id="a/draws", output_modalities=("image",))
ENDED = replace(CHATS, id="a/ended", expiration_date=TODAY - timedelta(days=1))
ASKED = replace(CHATS, id="a/asked")
MODELS = (CHATS, SEES, UNTOLD, DRAWS, ENDED, ASKED)
LISTED = Catalogue("openrouter", MODELS, state=CatalogueState.READY, view=CatalogueView(MODELS, TODAY))


def failed(*fallbacks: str, image: bool = False, provider: str = "openrouter") -> ChatMessage:
    """An answer that failed, in a conversation with an image or without."""
    error = ModelEnded(provider, availability=Availability("model_deprecated", fallback_models=fallbacks))
    conversation = Conversation()
    question = ChatMessage(Role.USER, ["?"], attachments=(Attachment("x", "image/png", "data:,"),) if image else ())
    answer = ChatMessage(Role.ASSISTANT, ["."])
    another = ChatMessage(Role.USER, ["?"], attachments=(Attachment("x", "text/plain", "x"),))
    failure = ChatMessage(Role.ASSISTANT, [], AnswerStatus.FAILED, AnswerFacts("a/asked"), error)
    for message, before in ((question, None), (answer, question), (another, answer), (failure, another)):
        conversation.add(message, before)
    return failure


def offered(message: ChatMessage, catalogue: Catalogue = LISTED) -> str | None:
    fallback = fallback_for(message, catalogue)
    return None if fallback is None else fallback.model.id


@pytest.mark.parametrize(
    ("fallbacks", "expected"),
    [
        (("a/chats", "a/sees"), "a/chats"),
        (("a/sees", "a/chats"), "a/sees"),
        (("a/unlisted", "a/asked", "a/draws", "a/ended", "a/untold"), "a/untold"),
        (("a/unlisted",), None),
        ((), None),
    ],
)
def test_the_first_that_can_be_used_is_offered(fallbacks: tuple[str, ...], expected: str | None) -> None:
    assert offered(failed(*fallbacks)) == expected


def test_where_there_is_an_image_the_model_has_to_see_it() -> None:
    assert offered(failed("a/chats", "a/sees", image=True)) == "a/sees"
    assert offered(failed("a/chats", "a/untold", image=True)) == "a/untold"
    assert offered(failed("a/chats", image=True)) is None


def test_another_provider_s_list_has_nothing_to_offer() -> None:
    assert offered(failed("a/chats", provider="groq")) is None
    assert offered(failed("a/chats"), Catalogue("openrouter")) is None


def test_what_names_no_other_model_offers_none() -> None:
    message = failed("a/chats")
    message.error = ModelEnded("openrouter")
    assert offered(message) is None
    message.error = SavedFailureError(ErrorText("", "", ""), Remedy.CHOOSE_MODEL)
    assert offered(message) is None
    assert offered(ChatMessage(Role.ASSISTANT)) is None


PAID = replace(CHATS, id="a/paid", pricing=Pricing(prompt=1.0, completion=2.0))
FREE = replace(
    PAID, id="a/paid:free", pricing=Pricing(prompt=0, completion=0), supported_parameters=frozenset({"tools"})
)


@pytest.mark.parametrize(
    ("funds", "fallbacks", "models", "expected"),
    [
        (Funds.BOUGHT, ("a/paid",), (PAID, FREE), "a/paid"),
        (Funds.UNKNOWN, ("a/paid",), (PAID, FREE), "a/paid"),
        # It would answer with a refusal once more, and another click.
        (Funds.NONE_BOUGHT, ("a/paid",), (PAID,), None),
        (Funds.SPENT, ("a/paid",), (PAID, FREE), None),
        (Funds.NONE_BOUGHT, ("a/paid",), (PAID, FREE), "a/paid:free"),
        (Funds.NONE_BOUGHT, ("a/paid", "a/chats"), (PAID, FREE, CHATS), "a/chats"),
        (Funds.NONE_BOUGHT, ("a/paid",), (PAID, replace(FREE, id="a/asked")), None),
        (Funds.NONE_BOUGHT, ("a/unlisted",), (PAID, FREE), None),
    ],
)
def test_a_key_that_cannot_pay_is_offered_a_free_model_or_none(
    funds: Funds, fallbacks: tuple[str, ...], models: tuple[ModelInfo, ...], expected: str | None
) -> None:
    view = CatalogueView(models, TODAY).with_figures(NO_FIGURES, funds)
    assert offered(failed(*fallbacks), replace(LISTED, models=models, view=view)) == expected


def test_what_it_costs_follows_the_order_in_which_hosts_are_asked() -> None:
    priced = replace(CHATS, pricing=Pricing(prompt=0.1, completion=0.6))
    view = CatalogueView((priced,), TODAY)
    costs = []
    for figures in (Figures(), Figures(quick=True)):
        shown = replace(LISTED, models=view.models, view=view.with_figures(figures))
        fallback = fallback_for(failed(priced.id), shown)
        assert fallback is not None
        costs.append(fallback.cost)
    assert costs == [hourly_cost(priced), replace(hourly_cost(priced), is_least=True)]
