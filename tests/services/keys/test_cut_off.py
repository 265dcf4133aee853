"""A key is kept in two places, the keyring and the settings; a program that is killed between them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import keyring

from caal_desktop.llm.transport.address import origin_of
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from tests.support.parts import KEYRING_SERVICE
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts

OWN = "openai_compatible"


def cut_off(parts: Parts, session: DesktopSession, key: str, address: str) -> bytes:
    """Keep a key, and return the settings in the file while the keyring is about to store it."""
    put, has_begun = parts.secrets.put, asyncio.Event()

    async def hang_and_put(*args: Any) -> None:
        session.hang_keyring()
        has_begun.set()
        await put(*args)

    parts.secrets.put = hang_and_put  # type: ignore[method-assign]
    try:
        parts.keys.tasks.start(keep(parts, key, address), name="keep by hand")
        parts.until(has_begun.is_set, "the keyring is asked to store it")
        assert parts.saved.of(OWN).key_store is KeyStore.KEYRING
        between = (parts.home / "settings.json").read_bytes()
    finally:
        session.wake_keyring()
    parts.until(lambda: parts.settings.current.of(OWN).key_origin == origin_of(address), "the key is kept")
    assert [item.secret for item in session.secret_items()] == [key]
    return between


async def keep(parts: Parts, key: str, address: str) -> None:
    await parts.keys.keep(OWN, key, KeyStore.KEYRING, address)


def test_the_new_key_is_not_bound_to_the_address_of_the_old_one(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, nowhere: str
) -> None:
    parts = make_parts()
    parts.settings.update(provider=OWN, openai_compatible_base_url=nowhere, openai_compatible_model="m")
    run_async(keep(parts, "for-nowhere-1", nowhere))
    between = cut_off(parts, keyring_session, demo.key, demo.base_url)
    parts.close()

    (parts.home / "settings.json").write_bytes(between)
    again = make_parts()
    again.keys.begin()
    again.until(lambda: again.state(OWN).is_loaded, "the key has been read")
    assert again.state(OWN).wants_consent, "the address that it belongs to is not known"
    assert again.keys.secret_for(OWN, nowhere) is None
    assert connection_for(again.settings.current, again.keys) is None


def test_a_stranger_in_the_keyring_is_not_taken_for_the_new_key(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], nowhere: str
) -> None:
    keyring.set_password(KEYRING_SERVICE, OWN, "for-elsewhere")
    parts = make_parts()
    parts.settings.update(provider=OWN, openai_compatible_base_url=nowhere)
    between = cut_off(parts, keyring_session, "for-nowhere-1", nowhere)
    parts.close()

    keyring.set_password(KEYRING_SERVICE, OWN, "for-elsewhere")
    (parts.home / "settings.json").write_bytes(between)
    again = make_parts()
    assert run_async(again.keys.read(OWN)).is_loaded
    assert again.keys.secret_for(OWN, nowhere) is None
    assert again.state(OWN).wants_consent


def test_a_key_that_the_keyring_did_not_get_is_not_there(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], nowhere: str
) -> None:
    parts = make_parts()
    parts.settings.update(openai_compatible_base_url=nowhere)
    between = cut_off(parts, keyring_session, "for-nowhere-1", nowhere)
    parts.close()
    keyring_session.clear_secrets()

    (parts.home / "settings.json").write_bytes(between)
    again = make_parts()
    assert again.settings.current.of(OWN).key_store is KeyStore.KEYRING
    state = run_async(again.keys.read(OWN))
    assert (state.is_kept, state.status, state.wants_consent) == (False, KeyStatus.NONE, False)


def test_where_the_keyring_refuses_the_file_says_what_it_said(parts: Parts, nowhere: str) -> None:
    parts.settings.update(openai_compatible_base_url=nowhere)
    result = run_async(parts.keys.keep(OWN, "for-nowhere-1", KeyStore.KEYRING, nowhere))
    assert not result.is_done
    parts.close()
    assert parts.saved == parts.settings.current
    assert parts.saved.of(OWN).key_store is KeyStore.NONE
