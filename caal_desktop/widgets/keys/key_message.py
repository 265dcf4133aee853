"""What a message panel says about a key, and what can be done there: one ladder for all places that show a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from caal_desktop.commands import CommandId, part_of, remedy_of
from caal_desktop.llm.providers.descriptor import Capability
from caal_desktop.llm.providers.registry import descriptor_of
from caal_desktop.services.keys.key_state import KeyActivity
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, PanelMessage, error_message
from caal_desktop.widgets.common.provider_names import provider_title
from caal_desktop.widgets.common.translation import translate
from caal_desktop.widgets.keys.consent import consent_message, withheld_message
from caal_desktop.widgets.keys.key_facts import key_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.keys.key_entry import KeyEntry
    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.widgets.common.command_set import CommandSet


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """A place that shows one provider's key.

    Attributes:
        commands: what helps against a failure.
        load: ask the keyring for the key once more.
        withhold: the key in use must not be sent to the address that requests go to.
        send: it may be sent there.
        entry: takes the key that is being given; None where the key in use is shown, whose check nobody waits for.
        open_keys_page: shows the provider's page where keys are made; None leaves that out.
        is_alone: nothing else at this place says how the key stands.
        asks_address: the address is being given at this place, too. Nobody is told of each letter that the key is not
            for it.
    """

    commands: CommandSet[[]]
    load: Callable[[], object]
    withhold: Callable[[], object]
    send: Callable[[], object]
    entry: KeyEntry | None = None
    open_keys_page: Callable[[], object] | None = None
    is_alone: bool = False
    asks_address: bool = False


def key_message(state: KeyState, place: KeyPlace) -> PanelMessage | None:
    """What is said about a key at a place; None where there is nothing to say."""
    entry = place.entry
    if waiting := _waiting(state, place):
        return waiting
    if state.wants_consent:
        return consent_message(state, place.withhold, place.send)
    if state.is_elsewhere and state.is_loaded and not place.asks_address:
        return withheld_message(state, place.send)
    if state.is_unreadable and state.error is not None:
        return unreadable_message(state.error, place.load)
    if entry is not None:
        if state.is_unstored and state.error is not None:
            return unstored_message(
                state.error, lambda: entry.keep(KeyStore.KEYRING), lambda: entry.keep(KeyStore.SESSION)
            )
        if state.status is KeyStatus.REJECTED:
            return _refused(state, place)
    if state.error is not None:
        return error_message(MessageKind.WARNING, state.error, _helping(state, place))
    return _standing(state, place) if place.is_alone else None


def reading_message() -> PanelMessage:
    """The keyring is being asked for a key."""
    return PanelMessage(MessageKind.BUSY, translate("KeyMessage", "Asking the system's keyring for your key…"))


def unreadable_message(error: BaseException, load: Callable[[], object]) -> PanelMessage:
    """The keyring did not give a key."""
    return error_message(
        MessageKind.WARNING, error, (MessageAction("load", translate("KeyMessage", "Try again"), load),)
    )


def unstored_message(
    error: BaseException, store: Callable[[], object], keep_for_session: Callable[[], object]
) -> PanelMessage:
    """The keyring did not take a secret."""
    again = MessageAction("store", translate("KeyMessage", "Try again"), store)
    session = MessageAction("session", translate("KeyMessage", "Use it for this session only"), keep_for_session)
    return error_message(MessageKind.WARNING, error, (again, session))


def _waiting(state: KeyState, place: KeyPlace) -> PanelMessage | None:
    """What the user waits for."""
    if state.activity is KeyActivity.READING or (place.is_alone and state.is_awaited):
        return reading_message()
    if state.activity is KeyActivity.REMOVING:
        return PanelMessage(MessageKind.BUSY, translate("KeyMessage", "Removing the key…"))
    if place.entry is None:
        return None
    stop = MessageAction("cancel", translate("KeyMessage", "Stop waiting"), place.entry.cancel)
    if state.activity is KeyActivity.STORING:
        return PanelMessage(
            MessageKind.BUSY, translate("KeyMessage", "Putting the key into the system's keyring…"), actions=(stop,)
        )
    if state.activity is KeyActivity.CHECKING:
        title = translate("KeyMessage", "Asking {provider} whether this works…").format(
            provider=provider_title(state.provider)
        )
        return PanelMessage(MessageKind.BUSY, title, actions=(stop,))
    return None


def _refused(state: KeyState, place: KeyPlace) -> PanelMessage:
    error, again = state.error, place.commands.button(CommandId.RETRY).titled(translate("KeyMessage", "Check again"))
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
    actions = [*_in_words_of(place, place.commands.remedies(error)), again]
    if remedy_of(error) is CommandId.CHECK_KEY and place.open_keys_page is not None:
        actions.append(MessageAction("get", translate("KeyMessage", "Open the keys page"), place.open_keys_page))
    return error_message(MessageKind.ERROR, error, actions)


def _helping(state: KeyState, place: KeyPlace) -> list[MessageAction]:
    actions = place.commands.helping(state.error)
    if place.entry is None:
        return actions
    actions = _in_words_of(place, actions)
    if state.is_unreachable:
        actions.append(
            MessageAction("keep", translate("KeyMessage", "Save without checking"), place.entry.keep_unchecked)
        )
    return actions


def _in_words_of(place: KeyPlace, actions: list[MessageAction]) -> list[MessageAction]:
    """The remedies' buttons, in the words of a place where the key is given, and perhaps the address."""
    texts = {part_of(CommandId.CHECK_KEY): translate("KeyMessage", "Enter another key")}
    if place.asks_address:
        texts[part_of(CommandId.PROVIDER_SETTINGS)] = translate("KeyMessage", "Correct the address")
    return [action.titled(texts.get(action.name, action.text)) for action in actions]


def _standing(state: KeyState, place: KeyPlace) -> PanelMessage | None:
    """How a key stands with which nothing is the matter."""
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
            now = place.commands.button(CommandId.RETRY).titled(translate("KeyMessage", "Check now"))
            body = translate("KeyMessage", "It is checked at the next start, or now.")
            return PanelMessage(MessageKind.WARNING, translate("KeyMessage", "Saved, not verified yet"), body, (now,))
        case _:
            return None
