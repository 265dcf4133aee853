"""What a message panel says about a key, and which buttons it has: one set of rules for all parts that show a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.commands import CommandId, part_of, remedy_of
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, PanelMessage, error_message
from caal_desktop.widgets.common.provider_names import provider_in_a_sentence, provider_title
from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.keys.consent import consent_message, withheld_message
from caal_desktop.widgets.keys.key_facts import key_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.keys.key_entry import KeyEntry
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.widgets.common.command_set import CommandSet
    from caal_desktop.widgets.common.translation import Described


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMessageContext:
    """What a part of the program that shows a provider's key contributes to the message about it.

    Attributes:
        commands: those of the window, among them the remedies of failures.
        load: asks the keyring for the key once more.
        withhold: records that the key in use must not be sent to the address that requests go to.
        send: records that it may be sent there.
        entry: takes the key that is being entered; None where the key in use is shown.
        open_keys_page: opens the provider's page where keys are made; None leaves that out.
        tells_status: the message is all that tells the key's status there.
        asks_address: the address is being entered there, too. Then it is not said, at each letter, that the key is for
            another one.
    """

    commands: CommandSet[[]]
    load: Callable[[], object]
    withhold: Callable[[], object]
    send: Callable[[], object]
    entry: KeyEntry | None = None
    open_keys_page: Callable[[], object] | None = None
    tells_status: bool = False
    asks_address: bool = False


def key_message(state: KeyState, context: KeyMessageContext) -> PanelMessage | None:
    """Return the message about a key; None where there is nothing to say."""
    entry = context.entry
    if progress := _progress_message(state, context):
        return progress
    if state.wants_consent:
        return consent_message(state, context.withhold, context.send)
    if state.is_cross_origin and state.is_loaded and not context.asks_address:
        return withheld_message(state, context.send)
    if state.is_unreadable and state.error is not None:
        return unreadable_message(state.error, context.load)
    if entry is not None:
        if state.has_storing_failed and state.error is not None:
            return unstored_message(
                state.error, lambda: entry.keep(KeyStore.KEYRING), lambda: entry.keep(KeyStore.SESSION)
            )
        if state.status is KeyStatus.REJECTED:
            return _rejected_message(state, context)
    if state.error is not None:
        return error_message(MessageKind.WARNING, state.error, _failure_actions(state, context))
    return _status_message(state, context) if context.tells_status else None


def reading_message() -> PanelMessage:
    """Return the message that the keyring is being asked for a key."""
    return PanelMessage(MessageKind.BUSY, translate("KeyMessage", "Asking the system's keyring for your key…"))


def unreadable_message(error: Described, load: Callable[[], object]) -> PanelMessage:
    """Return the message that the keyring did not give a key."""
    return error_message(
        MessageKind.WARNING, error, (MessageAction("load", translate("KeyMessage", "Try again"), load),)
    )


def unstored_message(
    error: Described, store: Callable[[], object], keep_for_session: Callable[[], object]
) -> PanelMessage:
    """Return the message that the keyring did not take a secret."""
    again = MessageAction("store", translate("KeyMessage", "Try again"), store)
    session = MessageAction("session", translate("KeyMessage", "Use it for this session only"), keep_for_session)
    return error_message(MessageKind.WARNING, error, (again, session))


def _progress_message(state: KeyState, context: KeyMessageContext) -> PanelMessage | None:
    """Return the message on what the user is waiting for; None where nothing is being done."""
    if state.activity is KeyActivity.READING or (context.tells_status and state.is_awaited):
        return reading_message()
    if state.activity is KeyActivity.REMOVING:
        return PanelMessage(MessageKind.BUSY, translate("KeyMessage", "Removing the key…"))
    if context.entry is None:
        return None
    stop = MessageAction("cancel", translate("KeyMessage", "Stop waiting"), context.entry.cancel)
    if state.activity is KeyActivity.STORING:
        return PanelMessage(
            MessageKind.BUSY, translate("KeyMessage", "Putting the key into the system's keyring…"), actions=(stop,)
        )
    if state.activity is KeyActivity.CHECKING:
        title = translate("KeyMessage", "Asking {provider} whether this works…").format(
            provider=provider_in_a_sentence(state.provider)
        )
        return PanelMessage(MessageKind.BUSY, title, actions=(stop,))
    return None


def _rejected_message(state: KeyState, context: KeyMessageContext) -> PanelMessage:
    error, again = state.error, context.commands.button(CommandId.RETRY).titled(translate("KeyMessage", "Check again"))
    if error is None:
        title = provider_title(state.provider)
        body = translate("KeyMessage", "{provider} did not accept it any more. Paste another one.").format(
            provider=title
        )
        return PanelMessage(
            MessageKind.ERROR,
            translate("KeyMessage", "This key was refused"),
            body,
            (again,) if state.is_loaded else (),
        )
    actions = [*_with_labels(context, context.commands.remedies(error)), again]
    if remedy_of(error) is CommandId.CHECK_KEY and context.open_keys_page is not None:
        actions.append(MessageAction("get", translate("KeyMessage", "Open the keys page"), context.open_keys_page))
    return error_message(MessageKind.ERROR, error, actions)


def _failure_actions(state: KeyState, context: KeyMessageContext) -> list[MessageAction]:
    actions = context.commands.failure_actions(state.error)
    if context.entry is None:
        return actions
    actions = _with_labels(context, actions)
    if state.is_unreachable:
        actions.append(
            MessageAction("keep", translate("KeyMessage", "Save without checking"), context.entry.keep_unchecked)
        )
    return actions


def _with_labels(context: KeyMessageContext, actions: list[MessageAction]) -> list[MessageAction]:
    """Return the remedies' buttons, labelled for where the key is entered, and perhaps the address."""
    texts = {part_of(CommandId.CHECK_KEY): translate("KeyMessage", "Enter another key")}
    if context.asks_address:
        texts[part_of(CommandId.PROVIDER_SETTINGS)] = translate("KeyMessage", "Correct the address")
    return [action.titled(texts.get(action.name, action.text)) for action in actions]


def _status_message(state: KeyState, context: KeyMessageContext) -> PanelMessage | None:
    """Return the message on a key's status where nothing failed; None where there is no key."""
    descriptor = descriptor_of(state.provider)
    match state.status:
        case KeyStatus.VERIFIED if not descriptor.needs_key:
            return PanelMessage(MessageKind.SUCCESS, translate("KeyMessage", "The server answers"))
        case KeyStatus.VERIFIED:
            body = ""
            if descriptor.can(Capability.KEY_FACTS):
                facts = (
                    key_facts(state.info)
                    if state.info is not None
                    else [translate("KeyMessage", "It was proven with a real call.")]
                )
                body = " ".join(facts)
            return PanelMessage(MessageKind.SUCCESS, translate("KeyMessage", "This key works"), body)
        case KeyStatus.UNVERIFIED:
            now = context.commands.button(CommandId.RETRY).titled(translate("KeyMessage", "Check now"))
            body = translate("KeyMessage", "It is checked at the next start, or now.")
            return PanelMessage(MessageKind.WARNING, translate("KeyMessage", "Saved, not verified yet"), body, (now,))
        case _:
            return None
