"""The keys' service while the keyring is locked, dies, hangs and comes back in mid-session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from caal_desktop.storage.errors import KeyringError, KeyringTimedOut
from caal_desktop.storage.settings.choices import KeyStatus, KeyStore
from tests.support.desktop_session import DesktopSession, require_desktop_tools
from tests.support.qt_loop import run_async

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


@pytest.fixture
def own_session() -> Iterator[DesktopSession]:
    """Return a session whose keyring and bus may be broken."""
    import keyring
    from keyring.backends import SecretService, fail

    require_desktop_tools()
    with DesktopSession() as session:
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = session.env["DBUS_SESSION_BUS_ADDRESS"]
        keyring.set_keyring(SecretService.Keyring())  # type: ignore[no-untyped-call]
        yield session
        del os.environ["DBUS_SESSION_BUS_ADDRESS"]
        keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]


def kept(parts: Parts, key: str) -> None:
    parts.settings.update(setup_completed=True)
    parts.keep_key(key)


def failure_of_storing(parts: Parts, key: str) -> KeyringError:
    result = run_async(parts.keys.keep("openrouter", key, KeyStore.KEYRING))
    assert not result.is_done
    assert result.error is not None, "the keyring has refused"
    return result.error


def still_works(parts: Parts, demo: DemoControl) -> None:
    """Check that the key in memory works, whatever has become of its store."""
    assert parts.key() == demo.key
    assert run_async(parts.keys.refresh("openrouter")).info is not None, "the provider has answered"


def test_a_keyring_that_dies_in_mid_session(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.kill_keyring()
    still_works(parts, demo)
    error = failure_of_storing(parts, demo.key_for("limited"))
    text = error.describe()
    assert text.what
    assert text.advice
    assert "session only" in text.advice
    assert demo.key_for("limited") not in f"{error} {text}"
    still_works(parts, demo)
    own_session.start_keyring()
    parts.keep_key(demo.key_for("limited"))
    assert parts.key() == demo.key_for("limited")
    assert [item.secret for item in own_session.secret_items()] == [demo.key_for("limited")]


def test_a_bus_that_dies_in_mid_session(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.kill_bus()
    still_works(parts, demo)
    assert failure_of_storing(parts, demo.key_for("limited")).describe().advice
    result = run_async(parts.keys.remove("openrouter"))
    assert isinstance(result.error, KeyringError), "it is not certain that it is gone"
    assert not result.is_done
    assert parts.key() is None
    assert not parts.state().is_awaited
    settings = parts.settings.current
    assert (settings.of().key_status, settings.of().key_store) == (KeyStatus.NONE, KeyStore.KEYRING)


def test_a_keyring_that_hangs_in_mid_session(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.hang_keyring()
    try:
        parts.secrets._deadlines = type(parts.secrets._deadlines)(probe=0.2, call=0.2, unlock=0.2)
        assert isinstance(failure_of_storing(parts, demo.key_for("limited")), KeyringTimedOut)
        still_works(parts, demo)
    finally:
        own_session.wake_keyring()


# keyring leaves its connection to the bus open when the store is locked.
@pytest.mark.filterwarnings("ignore:unclosed <socket.*/bus>:ResourceWarning")
def test_a_locked_keyring_that_cannot_be_unlocked(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.lock()
    still_works(parts, demo)
    error = failure_of_storing(parts, demo.key_for("limited"))
    assert "GNOME Keyring / Secret Service" in error.describe().what
    parts.use_key(demo.key_for("limited"))
    assert parts.key() == demo.key_for("limited")
    assert parts.state().store is KeyStore.SESSION
    parts.until(lambda: parts.settings.current.of().key_store is KeyStore.SESSION, "the settings say so")


def test_one_provider_at_a_time_is_removed(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    parts.keep_key("local-secret-1", name="openai_compatible")
    assert run_async(parts.keys.remove("openrouter")).is_done
    assert [item.secret for item in own_session.secret_items()] == ["local-secret-1"]
