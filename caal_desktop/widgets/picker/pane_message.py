"""The message above the list: why there is none, or what to know about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from caal_desktop.catalogue.filters import FilterName, Filters
from caal_desktop.commands import CommandId
from caal_desktop.llm.errors import ConnectionFailed
from caal_desktop.services.catalogue.catalogue_service import Catalogue, CatalogueState
from caal_desktop.services.catalogue.server_orders import OrderPhase, ServerOrder
from caal_desktop.widgets.common.explanations import explanation_line
from caal_desktop.widgets.common.formats import age, number
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, PanelMessage
from caal_desktop.widgets.common.translation import reason_and_advice, translate, words_of
from caal_desktop.widgets.keys.credit_message import credit_came_message
from caal_desktop.widgets.picker.list.filter_texts import filter_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from caal_desktop.catalogue.listing import Listing, ListRequest, Relaxation
    from caal_desktop.llm.models.info import ModelInfo
    from caal_desktop.widgets.common.command_set import CommandSet

_MAX_RELAXATIONS = 3


@dataclass(frozen=True, slots=True)
class PaneHandlers:
    """What the pane does when a message's button is pressed.

    Attributes:
        set_filters: filters in place of those that let nothing pass.
        clear_query: clears the search.
        choose: a model, by its id.
        commands: what helps where the list could not be fetched.
        order_commands: what helps where the server's order could not be fetched.
    """

    set_filters: Callable[[Filters], None]
    clear_query: Callable[[], None]
    choose: Callable[[str], None]
    commands: CommandSet[[]]
    order_commands: CommandSet[[]]


def no_list(catalogue: Catalogue, handlers: PaneHandlers) -> PanelMessage | None:
    """Return why there is no list at all."""
    match catalogue.state:
        case CatalogueState.LOADING | CatalogueState.REFRESHING:
            return PanelMessage(MessageKind.BUSY, translate("ModelPane", "Fetching the list of models…"))
        case CatalogueState.FAILED if catalogue.error is not None:
            text = words_of(catalogue.error)
            actions = tuple(handlers.commands.failure_actions(catalogue.error))
            return PanelMessage(MessageKind.ERROR, text.what, reason_and_advice(text), actions)
        case CatalogueState.EMPTY:
            body = translate("ModelPane", "It comes as soon as the provider can be asked.")
            return PanelMessage(MessageKind.INFO, translate("ModelPane", "There is no list of models yet"), body)
        case _:
            return None


def no_match(
    listing: Listing, request: ListRequest, relaxations: Sequence[Relaxation], handlers: PaneHandlers
) -> PanelMessage | None:
    """Return what to do where nothing is found."""
    if listing.found:
        return None
    query = request.query.strip()
    actions = [
        MessageAction(f"relax{number}", _relaxed(request, one), partial(handlers.set_filters, one.filters))
        for number, one in enumerate(relaxations[:_MAX_RELAXATIONS])
    ]
    if not request.filters.is_default:
        actions.append(
            MessageAction(
                "filters", translate("ModelPane", "Clear the filters"), partial(handlers.set_filters, Filters())
            )
        )
    if query:
        actions.append(MessageAction("query", translate("ModelPane", "Clear the search"), handlers.clear_query))
    if not query:
        title = translate("ModelPane", "No model passes these filters")
    elif request.filters.is_default:
        title = translate("ModelPane", "No model matches “{query}”").format(query=query)
    else:
        title = translate("ModelPane", "No model matches “{query}” and passes the filters").format(query=query)
    body = "" if relaxations or not query else translate("ModelPane", "Try another spelling, or the maker's name.")
    return PanelMessage(MessageKind.INFO, title, body, tuple(actions))


def _relaxed(request: ListRequest, one: Relaxation) -> str:
    if one.name is not None:
        return translate("ModelPane", "Without “{filter}” ({count})").format(
            filter=filter_name(one.name), count=number(one.count)
        )
    if one.filters.show_unusable and not request.filters.show_unusable:
        return translate("ModelPane", "Show those that cannot chat ({count})").format(count=number(one.count))
    return translate("ModelPane", "At any price ({count})").format(count=number(one.count))


def missing(catalogue: Catalogue, chosen: str, replacement: ModelInfo | None, handlers: PaneHandlers) -> PanelMessage:
    """Return the message that the model in use is not in the list."""
    if catalogue.state is CatalogueState.STALE:
        body = translate("ModelPane", "The list may be out of date.")
    elif replacement is None:
        body = translate("ModelPane", "It may have been withdrawn or renamed, or it is known to the provider only.")
    else:
        body = translate(
            "ModelPane", "It may have been withdrawn or renamed. The nearest that is listed is {model}."
        ).format(model=replacement.name)
        if catalogue.view is not None:
            body += "\n" + explanation_line(catalogue.view.explain(replacement))
    title = translate("ModelPane", "“{model}” is not in the list").format(model=chosen)
    if replacement is None:
        return PanelMessage(MessageKind.WARNING, title, body)
    text = translate("ModelPane", "Choose {model}").format(model=replacement.name)
    choose = MessageAction("replace", text, partial(handlers.choose, replacement.id))
    return PanelMessage(MessageKind.WARNING, title, body, (choose,))


def about_order(order: ServerOrder, handlers: PaneHandlers) -> PanelMessage | None:
    """Return the message that the server's order is on its way, or could not be fetched."""
    if order.phase is OrderPhase.LOADING and not order.ids:
        return PanelMessage(MessageKind.BUSY, translate("ModelPane", "Asking the provider for this order…"))
    if order.phase is OrderPhase.FAILED and order.error is not None:
        text = words_of(order.error)
        title = translate("ModelPane", "This order could not be fetched")
        if order.ids and order.fetched_at is not None:
            title = translate("ModelPane", "This order is from {age}").format(age=age(order.fetched_at))
        body = " ".join(part for part in (text.what, text.advice) if part)
        commands = handlers.order_commands
        again = commands.button(CommandId.RETRY).named("order")
        return PanelMessage(MessageKind.WARNING, title, body, (*commands.remedies(order.error), again))
    return None


def no_credit(
    about: PanelMessage, request: ListRequest, free: ModelInfo | None, handlers: PaneHandlers
) -> PanelMessage:
    """Return the message that the key cannot pay for every model, with what can be used instead.

    Args:
        about: what is said of the key.
        request: what is shown.
        free: the free model to take; None where none would answer.
        handlers: what the buttons do.
    """
    if free is None:
        return about
    actions = []
    if request.chosen != free.id:
        text = translate("ModelPane", "Choose {model}").format(model=free.name)
        actions.append(MessageAction("free", text, partial(handlers.choose, free.id)))
    if FilterName.FREE not in request.filters.active:
        with_free = request.filters.with_toggled(FilterName.FREE)
        text = translate("ModelPane", "Show free models")
        actions.append(MessageAction("filter", text, partial(handlers.set_filters, with_free)))
    return replace(about, actions=(*actions, *about.actions))


def credit_came(
    request: ListRequest, best: ModelInfo | None, handlers: PaneHandlers, dismiss: Callable[[], None]
) -> PanelMessage:
    """Return the message that the key can pay, which it could not before."""
    done = MessageAction("dismiss", translate("ModelPane", "OK"), dismiss)
    if best is None or best.id == request.chosen:
        return credit_came_message().with_actions(done)
    text = translate("ModelPane", "Choose {model}").format(model=best.name)
    return credit_came_message().with_actions(MessageAction("best", text, partial(handlers.choose, best.id)), done)


def stale(catalogue: Catalogue, handlers: PaneHandlers) -> PanelMessage | None:
    """Return the message that the list is old, and that the last try to get a new one failed."""
    if catalogue.state is not CatalogueState.STALE:
        return None
    if catalogue.fetched_at is None:
        title = translate("ModelPane", "This list is an old one")
    elif isinstance(catalogue.error, ConnectionFailed):
        title = translate("ModelPane", "Offline: this list is from {age}").format(age=age(catalogue.fetched_at))
    else:
        title = translate("ModelPane", "This list is from {age}").format(age=age(catalogue.fetched_at))
    body = words_of(catalogue.error).what if catalogue.error is not None else ""
    return PanelMessage(MessageKind.WARNING, title, body, tuple(handlers.commands.failure_actions(catalogue.error)))
