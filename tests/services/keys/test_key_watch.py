"""Whether there is a usable key, from the start of the program on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caal_desktop.services.keys.key_watch import KeyCondition
from caal_desktop.storage.settings.schema import KeyStatus, KeyStore
from tests.support.qt_loop import turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.demo import DemoControl
    from tests.support.desktop_session import DesktopSession
    from tests.support.parts import Parts


def started(make_parts: Callable[..., Parts], key: str | None, status: KeyStatus, url: str | None = None) -> Parts:
    """A start of the program with a key that an earlier run has put into the keyring."""
    parts = make_parts(url)
    if key is not None:
        parts.use_key(key)
        from caal_desktop.storage.keyring.secrets import Where

        stored: list[object] = []
        parts.keys.stored.connect(lambda *_args: stored.append(True))
        parts.keys.store("openrouter", key, Where.KEYRING)
        parts.until(lambda: stored, "the key is in the keyring")
    parts.settings.set(
        parts.settings.current.with_provider("openrouter", key_status=status, key_store=KeyStore.KEYRING).replace(
            setup_completed=True, openrouter_model="demo/model"
        )
    )
    parts.close()
    again = make_parts(url)
    again.watch.begin()
    return again


def test_a_verified_key_is_ready_without_asking_the_provider(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key, KeyStatus.VERIFIED)
    assert parts.watch.report.condition is KeyCondition.LOADING
    parts.until(lambda: parts.watch.report.condition is KeyCondition.READY, "the key is ready")
    assert parts.keys.key("openrouter") == demo.key


def test_an_unverified_key_is_checked_at_the_start(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key, KeyStatus.UNVERIFIED)
    parts.until(lambda: parts.settings.current.of().key_status is KeyStatus.VERIFIED, "it is verified")
    assert parts.watch.report.condition is KeyCondition.READY


def test_an_unverified_key_that_turns_out_bad_is_told(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, demo.key_for("disabled"), KeyStatus.UNVERIFIED)
    parts.until(lambda: parts.watch.report.condition is KeyCondition.REFUSED, "it is refused")
    assert parts.watch.report.error is not None
    parts.close()
    assert parts.saved.of("openrouter").key_status is KeyStatus.REJECTED


def test_offline_the_unverified_key_stays_unverified(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl, nowhere: str
) -> None:
    failed: list[object] = []
    parts = started(make_parts, demo.key, KeyStatus.UNVERIFIED, nowhere)
    parts.keys.checkFailed.connect(lambda *_args: failed.append(True))
    parts.until(lambda: failed, "the check has failed")
    assert parts.settings.current.of().key_status is KeyStatus.UNVERIFIED
    assert parts.watch.report.condition is KeyCondition.READY, "it may well work later"


def test_a_key_that_has_gone_is_missing(
    keyring_session: DesktopSession, make_parts: Callable[..., Parts], demo: DemoControl
) -> None:
    parts = started(make_parts, None, KeyStatus.VERIFIED)
    parts.until(lambda: parts.watch.report.condition is KeyCondition.MISSING, "it is missing")


def test_without_a_keyring_the_key_cannot_be_read(make_parts: Callable[..., Parts], demo: DemoControl) -> None:
    parts = make_parts()
    parts.settings.set(
        parts.settings.current.with_provider("openrouter", key_status=KeyStatus.VERIFIED, key_store=KeyStore.KEYRING)
    )
    parts.watch.begin()
    parts.until(lambda: parts.watch.report.condition is KeyCondition.UNREADABLE, "it cannot be read")
    assert parts.watch.report.error is not None


def test_the_check_of_a_key_that_is_only_being_given_concerns_nobody(parts: Parts, demo: DemoControl) -> None:
    parts.settings.update(setup_completed=True)
    parts.use_key(demo.key)
    parts.watch.begin()
    assert parts.watch.report.condition is KeyCondition.READY
    parts.setup.begin()
    parts.setup.submit_key(demo.key_for("expired"))
    failed: list[object] = []
    parts.keys.checkFailed.connect(lambda *_args: failed.append(True))
    parts.until(lambda: failed, "the check has failed")
    turn(5)
    assert parts.watch.report.condition is KeyCondition.READY
    assert parts.settings.current.of().key_status is KeyStatus.VERIFIED
