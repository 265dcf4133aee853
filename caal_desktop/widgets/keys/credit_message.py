"""What a key can pay for, in words: before a model is asked that would refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from caal_desktop.catalogue.fitness.free_models import is_free, needs_credit
from caal_desktop.commands import CommandId
from caal_desktop.llm.models.key_info import Funds
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import PROVIDERS
from caal_desktop.widgets.common.formats import day, money, number, time_of_day
from caal_desktop.widgets.common.message_panel import MessageKind, PanelMessage
from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.keys.key_facts_view import next_reset

if TYPE_CHECKING:
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.llm.models.key_info import KeyInfo
    from caal_desktop.services.catalogue.catalogue_service import CatalogueService
    from caal_desktop.storage.settings.schema import Settings
    from caal_desktop.widgets.common.command_set import CommandSet


@dataclass(frozen=True, slots=True)
class Purse:
    """What is known of what requests can be paid with.

    Attributes:
        funds: what the key can pay for.
        key: what else is known of it.
        refuses_free: the user's settings may leave free models no host: theirs mostly keep what they are asked.
    """

    funds: Funds = Funds.UNKNOWN
    key: KeyInfo | None = None
    refuses_free: bool = False

    @property
    def can_ask_free_models(self) -> bool:
        """Whether free models are sure to answer now, as far as is known."""
        return self.has_free_requests and not self.refuses_free

    @property
    def has_free_requests(self) -> bool:
        """Whether requests to free models are left today, as far as is known."""
        return self.key is None or self.key.free_requests is None or self.key.free_requests.left != 0


def purse_of(catalogue: CatalogueService, settings: Settings) -> Purse:
    """Return what is known of the key that a list of models is requested with."""
    provider = PROVIDERS.get(catalogue.current.provider)
    has_policies = provider is not None and provider.can(Capability.ROUTING)
    is_strict = settings.deny_data_collection or settings.zero_data_retention
    key = catalogue.key
    return Purse(Funds.UNKNOWN if key is None else key.funds, key, has_policies and is_strict)


def credit_message(purse: Purse, commands: CommandSet[[]], *, has_free_model: bool) -> PanelMessage | None:
    """Return the message that the key cannot pay for every model; None where it can, or where that is not known.

    Args:
        purse: what is known.
        commands: those of the window.
        has_free_model: there is a free one that suits: it can call tools, and speaks in time.
    """
    if purse.funds is Funds.SPENT:
        text = _spent(purse)
        return PanelMessage(MessageKind.WARNING, *text, tuple(commands.buttons([CommandId.RAISE_LIMIT])))
    if purse.funds is not Funds.NONE_BOUGHT:
        return None
    title = translate("Credit", "No credit was ever bought for this key")
    kind, remedies = MessageKind.WARNING, [CommandId.ADD_CREDIT]
    if not has_free_model:
        body = translate(
            "Credit", "Models with a price need some, and no free one in this list suits a voice assistant."
        )
    elif purse.refuses_free:
        title = translate("Credit", "Your privacy settings may leave no model that this key could ask")
        body = translate(
            "Credit",
            "Hosts of free models mostly keep what they are asked, and you allow none that does. Models with a price "
            "need credit, which was never bought for this key.",
        )
        remedies.append(CommandId.PRIVACY_SETTINGS)
    elif not purse.has_free_requests:
        title = translate("Credit", "Today's requests to free models are used up")
        body = translate(
            "Credit",
            "They start anew at {time} (midnight UTC). Models with a price need credit, which was never bought for "
            "this key.",
        ).format(time=time_of_day(_next_midnight()))
    else:
        kind, body = MessageKind.INFO, _free_requests(purse)
    return PanelMessage(kind, title, body, tuple(commands.buttons(remedies)))


def credit_came_message() -> PanelMessage:
    """Return the message that a key can pay, which could not before."""
    return PanelMessage(
        MessageKind.SUCCESS,
        translate("Credit", "This key can pay now"),
        translate("Credit", "Models with a price answer, too."),
    )


def caution(model: ModelInfo | None, purse: Purse) -> str:
    """Return why a model would not answer now, in a sentence; "" where nothing is known against it."""
    if model is None:
        return ""
    if needs_credit(model, purse.funds):
        if purse.funds is Funds.NONE_BOUGHT:
            return translate("Credit", "{model} needs credit, and will refuse to answer without.").format(
                model=model.name
            )
        return translate("Credit", "{model} will refuse to answer: nothing is left of what this key may spend.").format(
            model=model.name
        )
    if not is_free(model):
        return ""
    if purse.refuses_free:
        return translate(
            "Credit",
            "{model} may refuse to answer: your privacy settings exclude hosts that keep what they are asked, as those "
            "of free models mostly do.",
        ).format(model=model.name)
    if not purse.has_free_requests:
        return translate(
            "Credit", "{model} answers from {time} on: today's requests to free models are used up."
        ).format(model=model.name, time=time_of_day(_next_midnight()))
    return ""


def _spent(purse: Purse) -> tuple[str, str]:
    title = translate("Credit", "Nothing is left of what this key may spend")
    key = purse.key
    limit = money(None if key is None else key.limit)
    again = next_reset(None if key is None else key.limit_reset, datetime.now(UTC))
    if again is None:
        return title, translate(
            "Credit", "Models with a price refuse to answer until its limit of {limit} is raised."
        ).format(limit=limit)
    return title, translate(
        "Credit",
        "Its limit of {limit} starts anew on {day}. Until then models with a price refuse to answer, unless it is "
        "raised.",
    ).format(limit=limit, day=day(again.astimezone()))


def _free_requests(purse: Purse) -> str:
    requests = None if purse.key is None else purse.key.free_requests
    if requests is None:
        return translate("Credit", "Free models answer about 50 requests a day. Those with a price need credit.")
    if requests.left is None:
        return translate(
            "Credit", "Free models answer up to {limit} requests a day. Those with a price need credit."
        ).format(limit=number(requests.limit))
    return translate(
        "Credit",
        "Free models answer up to {limit} requests a day; a turn with a tool takes two. Left today: {left}. Models "
        "with a price need credit.",
    ).format(limit=number(requests.limit), left=number(requests.left))


def _next_midnight() -> datetime:
    again = next_reset("daily", datetime.now(UTC))
    return again or datetime.now(UTC) + timedelta(days=1)
