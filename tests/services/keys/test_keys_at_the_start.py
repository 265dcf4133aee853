"""Whether there is a usable key, from the start of the program on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.services.providers.connections import connection_for
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from tests.support.key_stages import Stage, stage_of
from tests.support.qt_loop import run_async, turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from caal_desktop.services.keys.key_state import KeyState
    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts


def started(make_parts: Callable[..., Parts], key: str, status: KeyStatus, url: str | None = None) -> Parts:
    """Start the services with a key that an earlier run has put into the keyring."""
    parts = make_parts(url)
    parts.keep_key(key, status=status)
    parts.settings.update(setup_completed=True, openrouter_model="demo/model")
    parts.close()
    again = make_parts(url)
    again.keys.begin()
    return again


def is_ready(parts: Parts) -> bool:
    return connection_for(parts.settings.current, parts.keys) is not None


def test_a_verified_key_is_ready_without_asking_the_provider(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key, KeyStatus.VERIFIED)
    assert parts.state().is_awaited
    assert not is_ready(parts)
    parts.until(lambda: is_ready(parts), "the key is ready")
    assert stage_of(parts.state()) is Stage.VERIFIED
    assert parts.key() == demo.key
    turn(5)
    assert demo.requests("/key") == []


def test_an_unverified_key_is_checked_at_the_start(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key, KeyStatus.UNVERIFIED)
    parts.until(lambda: stage_of(parts.state()) is Stage.VERIFIED, "it is verified")
    assert parts.state().info is not None
    assert is_ready(parts)
    parts.close()
    assert parts.saved.of("openrouter").key_status is KeyStatus.VERIFIED


def test_an_unverified_key_that_turns_out_bad_is_told(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key_for("disabled"), KeyStatus.UNVERIFIED)
    parts.until(lambda: stage_of(parts.state()) is Stage.REFUSED, "it is refused")
    assert parts.state().error is not None
    parts.close()
    assert parts.saved.of("openrouter").key_status is KeyStatus.REJECTED


def test_offline_the_unverified_key_stays_unverified(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, nowhere: str
) -> None:
    parts = started(make_parts, demo.key, KeyStatus.UNVERIFIED, nowhere)
    parts.until(lambda: stage_of(parts.state()) is Stage.UNREACHABLE, "the check has failed")
    assert parts.settings.current.of().key_status is KeyStatus.UNVERIFIED
    assert is_ready(parts), "it may well work later"


def test_a_key_that_has_gone_is_missing(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = make_parts()
    parts.keep_key(demo.key)
    parts.close()
    keyring_session.clear_secrets()
    again = make_parts()
    again.keys.begin()
    again.until(lambda: not again.state().is_awaited, "the keyring has answered")
    assert stage_of(again.state()) is Stage.WAITING
    assert not again.state().is_kept
    assert again.settings.current.of().key_store is KeyStore.KEYRING, "another keyring may have it at another start"


def test_without_a_keyring_the_key_cannot_be_read(parts: Parts) -> None:
    parts.keys._update_record("openrouter", status=KeyStatus.VERIFIED, store=KeyStore.KEYRING)
    parts.keys.begin()
    parts.until(lambda: stage_of(parts.state()) is Stage.UNREADABLE, "it cannot be read")
    assert parts.state().error is not None


def test_another_provider_is_followed(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = make_parts()
    first.keep_key("gsk_" + "a1B2" * 13, name="groq")
    first.close()
    parts = make_parts()
    parts.keys.begin()
    turn(5)
    assert parts.key("groq") is None, "it is not needed"
    parts.settings.update(provider="groq")
    parts.until(lambda: parts.key("groq"), "it is read")


def test_the_check_of_a_key_that_is_being_entered_changes_no_other_state(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(setup_completed=True)
    parts.use_key(demo.key)
    parts.keys.begin()
    before = parts.state()
    parts.setup.begin()
    parts.setup.entry.submit(demo.key_for("expired"))
    parts.until_stage(Stage.REFUSED)
    turn(5)
    assert parts.state() == before
    assert parts.settings.current.of().key_status is KeyStatus.VERIFIED


def test_who_draws_one_key_hears_of_no_other(parts: Parts, demo: DemoControl) -> None:
    heard: list[KeyState] = []
    parts.keys.watch("groq").changed.connect(heard.append)
    parts.use_key(demo.key)
    assert heard == []
    parts.use_key("gsk_" + "a1B2" * 13, provider="groq")
    assert heard
    assert {state.provider for state in heard} == {"groq"}
    assert heard[-1] == parts.state("groq")


def test_a_check_gives_way_to_another_one(parts: Parts, demo: DemoControl) -> None:
    demo.fault("key_timeout", times=1)

    async def both() -> tuple[KeyStatus, KeyStatus]:
        import asyncio

        first = asyncio.ensure_future(parts.keys.prove("openrouter", demo.key))
        while not demo.requests("/key"):
            await asyncio.sleep(0.01)
        second = await parts.keys.prove("openai_compatible", None, demo.base_url)
        return (await first).status, second.status

    assert run_async(both()) == (KeyStatus.NONE, KeyStatus.VERIFIED)


def test_a_key_of_an_earlier_session_is_nowhere_and_has_no_status(
    make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    first = make_parts()
    first.use_key(demo.key)
    assert first.state().status is KeyStatus.VERIFIED
    first.close()
    second = make_parts()
    assert second.settings.current.of().key_status is KeyStatus.VERIFIED
    assert not second.state().is_kept
    assert second.state().status is KeyStatus.NONE
