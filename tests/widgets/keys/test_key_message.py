"""What is said about a key, at each kind of place that shows one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caal_desktop.commands import CommandId
from caal_desktop.llm.errors import AuthenticationFailed, ConnectionFailed
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyActivity, KeyState
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.keys.key_message import KeyPlace, key_message

if TYPE_CHECKING:
    from tests.support.parts import Parts

HERE, THERE = "https://here.example:443", "https://there.example:443"
KEPT = KeyState("openrouter", KeyStatus.UNVERIFIED, KeyStore.KEYRING, HERE, HERE, is_loaded=True)
ELSEWHERE = KeyState("openrouter", KeyStatus.NONE, KeyStore.KEYRING, HERE, THERE, is_loaded=True)
REFUSED, UNREACHABLE = AuthenticationFailed("openrouter"), ConnectionFailed("openrouter")
CASES = {
    "nothing": (KeyState("openrouter"), "", "", ""),
    "awaited": (KeyState("openrouter", is_awaited=True), "busy", "", ""),
    "reading": (KeyState("openrouter", activity=KeyActivity.READING), "busy", "busy", "busy"),
    "removing": (KeyState("openrouter", activity=KeyActivity.REMOVING), "busy", "busy", "busy"),
    "checking": (KeyState("openrouter", activity=KeyActivity.CHECKING), "busy cancel", "busy cancel", ""),
    "storing": (KeyState("openrouter", activity=KeyActivity.STORING), "busy cancel", "busy cancel", ""),
    "asking": (
        KeyState("openrouter", KeyStatus.NONE, KeyStore.KEYRING, HERE, THERE, is_loaded=True, wants_consent=True),
        *["caution withhold send"] * 3,
    ),
    "withheld": (ELSEWHERE, *["info send"] * 3),
    "unreadable": (
        KeyState("openrouter", KeyStatus.VERIFIED, KeyStore.KEYRING, HERE, HERE, error=KeyringError()),
        *["caution load"] * 3,
    ),
    "refused earlier, unreadable now": (
        KeyState("openrouter", KeyStatus.REJECTED, KeyStore.KEYRING, HERE, HERE, error=KeyringError()),
        *["caution load"] * 3,
    ),
    "unstored": (
        KeyState("openrouter", KeyStatus.VERIFIED, error=KeyringError()),
        "caution store session",
        "caution store session",
        "caution retry",
    ),
    "refused": (
        KeyState("openrouter", KeyStatus.REJECTED, error=REFUSED),
        "bad key retry get",
        "bad key retry",
        "caution key retry",
    ),
    "refused earlier": (KeyState("openrouter", KeyStatus.REJECTED, is_loaded=True), "bad retry", "bad retry", ""),
    "unreachable": (
        KeyState("openrouter", error=UNREACHABLE),
        "caution retry keep",
        "caution retry keep",
        "caution retry",
    ),
    "verified": (KeyState("openrouter", KeyStatus.VERIFIED), "good", "", ""),
    "unverified": (KEPT, "caution retry", "", ""),
}


def nothing() -> None:
    """What a button does that nobody presses here."""


def place(parts: Parts, kind: str, *, asks_address: bool = False) -> KeyPlace:
    commands: CommandSet[[]] = CommandSet()
    for command in (CommandId.RETRY, CommandId.CHECK_KEY):
        commands.bind(command, nothing)
    entry = None if kind == "in use" else KeyEntry(parts.keys, "openrouter")
    is_page = kind == "page"
    return KeyPlace(
        commands=commands,
        load=nothing,
        withhold=nothing,
        send=nothing,
        entry=entry,
        open_keys_page=nothing if is_page else None,
        is_alone=is_page,
        asks_address=asks_address,
    )


def drawn(state: KeyState, at: KeyPlace) -> str:
    message = key_message(state, at)
    return " ".join([message.tone, *(action.name for action in message.actions)]) if message is not None else ""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("number", "kind"), [(1, "page"), (2, "given"), (3, "in use")])
def test_each_place_says_what_matters_there(parts: Parts, case: str, number: int, kind: str) -> None:
    assert drawn(CASES[case][0], place(parts, kind)) == CASES[case][number]


def test_while_an_address_is_given_nobody_is_told_that_the_key_is_not_for_it(parts: Parts) -> None:
    assert drawn(ELSEWHERE, place(parts, "page", asks_address=True)) == ""
