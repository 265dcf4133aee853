"""What is said about a key, in each kind of context that shows one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caal_desktop.commands import CommandId
from caal_desktop.llm.errors import AuthenticationFailed, ConnectionFailed
from caal_desktop.llm.models.key_info import KeyInfo
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.keys.key_state import KeyActivity, KeyState
from caal_desktop.storage.errors import KeyringError
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from caal_desktop.widgets.common.command_set import CommandSet
from caal_desktop.widgets.keys.key_facts import key_facts
from caal_desktop.widgets.keys.key_message import KeyMessageContext, key_message
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from tests.support.demo import DemoControl
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
        *["warning withhold send"] * 3,
    ),
    "withheld": (ELSEWHERE, *["info send"] * 3),
    "unreadable": (
        KeyState("openrouter", KeyStatus.VERIFIED, KeyStore.KEYRING, HERE, HERE, error=KeyringError()),
        *["warning load"] * 3,
    ),
    "refused earlier, unreadable now": (
        KeyState("openrouter", KeyStatus.REJECTED, KeyStore.KEYRING, HERE, HERE, error=KeyringError()),
        *["warning load"] * 3,
    ),
    "unstored": (
        KeyState("openrouter", KeyStatus.VERIFIED, error=KeyringError()),
        "warning store session",
        "warning store session",
        "warning retry",
    ),
    "refused": (
        KeyState("openrouter", KeyStatus.REJECTED, error=REFUSED),
        "error key retry get",
        "error key retry",
        "warning key retry",
    ),
    "refused earlier": (KeyState("openrouter", KeyStatus.REJECTED, is_loaded=True), "error retry", "error retry", ""),
    "unreachable": (
        KeyState("openrouter", error=UNREACHABLE),
        "warning retry keep",
        "warning retry keep",
        "warning retry",
    ),
    "verified": (KeyState("openrouter", KeyStatus.VERIFIED), "success", "", ""),
    "unverified": (KEPT, "warning retry", "", ""),
}


def nothing() -> None:
    """Do nothing: no button is pressed here."""


def context_of(parts: Parts, kind: str, *, asks_address: bool = False) -> KeyMessageContext:
    commands: CommandSet[[]] = CommandSet()
    for command in (CommandId.RETRY, CommandId.CHECK_KEY):
        commands.bind(command, nothing)
    entry = None if kind == "in use" else KeyEntry(parts.keys, "openrouter")
    is_page = kind == "page"
    return KeyMessageContext(
        commands=commands,
        load=nothing,
        withhold=nothing,
        send=nothing,
        entry=entry,
        open_keys_page=nothing if is_page else None,
        tells_status=is_page,
        asks_address=asks_address,
    )


def drawn(state: KeyState, context: KeyMessageContext) -> str:
    message = key_message(state, context)
    return " ".join([message.kind, *(action.name for action in message.actions)]) if message is not None else ""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("number", "kind"), [(1, "page"), (2, "given"), (3, "in use")])
def test_each_context_says_what_matters_there(parts: Parts, case: str, number: int, kind: str) -> None:
    assert drawn(CASES[case][0], context_of(parts, kind)) == CASES[case][number]


@pytest.mark.parametrize(("provider", "name"), [("openrouter", "OpenRouter"), ("openai_compatible", "your own server")])
def test_whoever_is_asked_has_a_name_that_fits_the_sentence(parts: Parts, provider: str, name: str) -> None:
    message = key_message(KeyState(provider, activity=KeyActivity.CHECKING), context_of(parts, "page"))
    assert message is not None
    assert message.title == f"Asking {name} whether this works…"


def test_while_an_address_is_entered_it_is_not_said_that_the_key_is_for_another_one(parts: Parts) -> None:
    assert drawn(ELSEWHERE, context_of(parts, "page", asks_address=True)) == ""


@pytest.mark.parametrize("limit", [None, 5.0])
def test_the_free_tier_is_told_of_keys_that_are_on_it_and_of_no_others(limit: float | None) -> None:
    bought, untold, free = (
        key_facts(KeyInfo(limit=limit, limit_remaining=limit, is_free_tier=tier)) for tier in (False, None, True)
    )
    assert bought == untold
    (sentence,) = [fact for fact in free if fact not in bought]
    assert [fact for fact in free if fact != sentence] == bought
    assert "free" in sentence.lower()


def test_the_free_tier_is_told_when_the_key_has_just_been_proven(parts: Parts, demo: DemoControl) -> None:
    told: dict[str, str] = {}
    for name in ("default", "free_tier"):
        parts.use_key(demo.key_for(name))
        run_async(parts.keys.refresh("openrouter"))
        info = parts.state().info
        assert info is not None
        message = key_message(parts.state(), context_of(parts, "page"))
        assert message is not None
        told[name] = message.body
        free = set(key_facts(replace(info, is_free_tier=True))) - set(key_facts(replace(info, is_free_tier=False)))
        (sentence,) = free
        assert (sentence in message.body) is (name == "free_tier")
    assert told["default"] != told["free_tier"]
