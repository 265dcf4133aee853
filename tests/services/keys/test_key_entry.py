"""Check-then-store of a key that a user gives; the wizard's and the cards' own tests cover what is shown of it."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.redaction import redact
from caal_desktop.services.keys.key_entry import KeyEntry
from caal_desktop.services.providers.connections import PROXY
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from tests.support.key_stages import Stage, stage_of
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

OWN = "openai_compatible"


def until(parts: Parts, entry: KeyEntry, *stages: Stage) -> None:
    parts.until(lambda: stage_of(entry.state) in stages, f"{stages}; it stays {entry.state}")


def test_it_shows_the_key_in_use_until_another_one_is_given(parts: Parts, demo: DemoControl) -> None:
    entry = KeyEntry(parts.keys, "openrouter")
    assert stage_of(entry.state) is Stage.WAITING
    parts.use_key(demo.key)
    assert stage_of(entry.state) is Stage.VERIFIED
    entry.edit()
    parts.keys._update_record("openrouter", status=KeyStatus.REJECTED)
    assert stage_of(entry.state) is Stage.WAITING, "that is said of the other one"
    entry.forget()
    assert stage_of(entry.state) is Stage.REFUSED


def test_a_good_key_takes_the_place_of_the_one_in_use_in_one_go(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    parts.use_key(demo.key)
    entry = KeyEntry(parts.keys, "openrouter")
    seen: list[Stage] = []
    entry.changed.connect(lambda state: seen.append(stage_of(state)))
    kept: list[bool] = []
    entry.kept.connect(lambda: kept.append(True))
    entry.submit(demo.key_for("limited"), keep=True)
    parts.until(lambda: kept, "it is kept")
    assert seen == [Stage.CHECKING, Stage.STORING, Stage.VERIFIED]
    assert parts.key() == demo.key_for("limited")
    assert entry.candidate is None


def test_a_key_is_hidden_from_the_log_before_it_is_sent_for_the_first_time(
    parts: Parts, demo: DemoControl, no_live_secrets: None
) -> None:
    """A server may give it back in a header, which libraries log as they are told to."""
    key = "a-key-without-a-shape"
    assert redact(f"X-Echo: {key}") == f"X-Echo: {key}"
    entry = KeyEntry(parts.keys, OWN)
    entry.submit(key)
    assert redact(f"X-Echo: {key}") == "X-Echo: [hidden]"
    entry.forget()
    entry = KeyEntry(parts.keys, PROXY)
    entry.keep(KeyStore.SESSION, "a-word-for-the-proxy")
    assert redact("a-word-for-the-proxy") == "[hidden]"
    parts.until(lambda: not entry.state.is_busy, "it is kept")


def test_a_key_is_kept_for_the_address_that_it_was_given_for(parts: Parts, nowhere: str, demo: DemoControl) -> None:
    parts.settings.update(openai_compatible_base_url=nowhere, max_retries=0)
    entry = KeyEntry(parts.keys, OWN)
    entry.submit("local-secret-1")
    until(parts, entry, Stage.UNREACHABLE)
    parts.settings.update(openai_compatible_base_url=demo.base_url)
    entry.keep(KeyStore.SESSION)
    parts.until(lambda: parts.key(OWN), "it is kept")
    assert parts.keys.secret_for(OWN, nowhere) == "local-secret-1"
    assert parts.keys.secret_for(OWN, demo.base_url) is None
    assert parts.state(OWN).wants_consent


def test_given_up_in_the_middle_the_key_in_use_stays(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    parts.keep_key(demo.key)
    entry = KeyEntry(parts.keys, "openrouter")
    entry.submit(demo.key_for("limited"))
    until(parts, entry, Stage.VERIFIED)
    keyring_session.hang_keyring()
    try:
        entry.keep(KeyStore.KEYRING)
        turn(10)
        assert stage_of(entry.state) is Stage.STORING
        entry.cancel()
        assert stage_of(entry.state) is Stage.VERIFIED
        assert entry.candidate == demo.key_for("limited"), "it can be tried again"
    finally:
        keyring_session.wake_keyring()
    turn(10)
    assert parts.key() == demo.key
    entry.forget()


def test_a_key_is_stored_though_its_window_was_closed_meanwhile(
    keyring_session: DesktopSession, parts: Parts, demo: DemoControl
) -> None:
    entry = KeyEntry(parts.keys, "openrouter")
    entry.submit(demo.key)
    until(parts, entry, Stage.VERIFIED)
    entry.keep(KeyStore.KEYRING)
    del entry
    gc.collect()
    parts.until(lambda: parts.key() == demo.key, "it has arrived")
    assert parts.settings.current.of().key_store is KeyStore.KEYRING
    assert [item.secret for item in keyring_session.secret_items()] == [demo.key]


@pytest.mark.parametrize("store", [KeyStore.SESSION, KeyStore.KEYRING])
def test_a_removal_is_told_with_its_result(parts: Parts, demo: DemoControl, store: KeyStore) -> None:
    """Without a keyring: what was kept for the session is gone, of anything else that is not certain."""
    parts.use_key(demo.key)
    if store is KeyStore.KEYRING:
        parts.secrets._session.clear()
        parts.keys._update_record("openrouter", store=store)
    entry = KeyEntry(parts.keys, "openrouter")
    results = []
    entry.removed.connect(results.append)
    entry.remove()
    parts.until(lambda: results, "it has ended")
    assert results[0].is_done is (store is KeyStore.SESSION)
    assert (results[0].error is None) is (store is KeyStore.SESSION)
    assert parts.key() is None
    assert parts.settings.current.of().key_store is (KeyStore.NONE if store is KeyStore.SESSION else store)


def test_a_server_without_keys_is_proven_and_remembered(
    make_parts: Callable[..., Parts], parts: Parts, demo: DemoControl
) -> None:
    parts.settings.update(openai_compatible_base_url=demo.base_url)
    entry = KeyEntry(parts.keys, OWN)
    entry.submit(None)
    until(parts, entry, Stage.VERIFIED)
    row = parts.settings.current.of(OWN)
    assert (row.key_status, row.key_store, row.key_origin) == (KeyStatus.VERIFIED, KeyStore.NONE, "")
