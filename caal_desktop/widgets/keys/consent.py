"""The question whether a secret may go to an address for which it was not given, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.llm.transport.network import VIA
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.widgets.common.message_panel import MessageAction, MessageKind, PanelMessage
from caal_desktop.widgets.common.provider_names import provider_in_a_sentence
from caal_desktop.widgets.common.translation import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.keys.key_state import KeyState
    from caal_desktop.services.keys.secret_moves import SecretMove

_DEFAULT_PORTS = (("https://", ":443"), ("http://", ":80"))


def origin_text(origin: str) -> str:
    """Return scheme, host and port as users write them: without the scheme's default port."""
    server, _, proxy = origin.partition(VIA)
    if proxy:
        return translate("SecretQuestion", "{server} through the proxy {proxy}").format(
            server=_without_default_port(server), proxy=_without_default_port(proxy)
        )
    return _without_default_port(origin)


def _without_default_port(origin: str) -> str:
    for scheme, port in _DEFAULT_PORTS:
        if origin.startswith(scheme):
            return origin.removesuffix(port)
    return origin


def secret_title(secret: str) -> str:
    """Return the name of a secret: a provider's key, or the proxy's password."""
    if secret == PROXY:
        return translate("SecretQuestion", "Password at the proxy")
    name = provider_in_a_sentence(secret)
    return translate("SecretQuestion", "Key for {provider}").format(provider=name)


def move_text(move: SecretMove) -> str:
    """Return one line on which secret would go to which address."""
    return translate("SecretQuestion", "{secret}: would go to {new}").format(
        secret=secret_title(move.secret), new=origin_text(move.target)
    )


def consent_message(state: KeyState, withhold: Callable[[], object], send: Callable[[], object]) -> PanelMessage:
    """Return the question, what it means, and its two answers, for a secret whose state wants the user's consent."""
    old, new = origin_text(state.origin), origin_text(state.target)
    if state.provider == PROXY:
        question = (
            translate("SecretQuestion", "Send the proxy's password that you gave to {old} to {new}?")
            if old
            else translate("SecretQuestion", "Send the proxy's password to {new}?")
        )
        meaning = translate(
            "SecretQuestion",
            "The proxy has another address now. Whoever answers there can read the password. It has not been sent yet.",
        )
    else:
        question = (
            translate("SecretQuestion", "Send the key that you gave to {old} to {new}?")
            if old
            else translate("SecretQuestion", "Send the saved key to {new}?")
        )
        meaning = translate(
            "SecretQuestion",
            "The address is another one now. Whoever answers there can read the key and use it. It has not been sent "
            "yet.",
        )
    actions = (MessageAction("withhold", withhold_text(), withhold), _send_button(send))
    return PanelMessage(MessageKind.WARNING, question.format(old=old, new=new), meaning, actions)


def withheld_message(state: KeyState, send: Callable[[], object]) -> PanelMessage:
    """Return the message that a secret is kept for another address, with a button to send it after all."""
    return PanelMessage(MessageKind.INFO, *withheld_text(state), (_send_button(send),))


def withheld_text(state: KeyState) -> tuple[str, str]:
    """Return title and body of the message that a secret is kept for another address."""
    old, new = origin_text(state.origin), origin_text(state.target)
    if state.provider == PROXY:
        title = translate("SecretQuestion", "The saved password is not sent to {new}")
        body = translate("SecretQuestion", "It is kept for {old}. A new one can be saved.")
    else:
        title = translate("SecretQuestion", "The saved key is not sent to {new}")
        body = translate("SecretQuestion", "It is kept for {old}. Another one can be given.")
    return title.format(new=new), body.format(old=old) if old else ""


def _send_button(send: Callable[[], object]) -> MessageAction:
    return MessageAction("send", send_text(), send)


def send_text() -> str:
    """Return the label of the button that sends the secret."""
    return translate("SecretQuestion", "Send it there")


def withhold_text() -> str:
    """Return the label of the button that does not send it."""
    return translate("SecretQuestion", "Don't send it")
