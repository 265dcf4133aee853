"""The keys' service while the keyring is locked, dies, hangs and comes back in mid-session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from caal_desktop.llm.providers.key_info import KeyInfo
from caal_desktop.services.providers.connections import connection_for
from caal_desktop.storage.errors import KeyringError, KeyringTimedOut
from caal_desktop.storage.keyring.secrets import Where
from caal_desktop.storage.settings.schema import KeyStatus, KeyStore
from tests.support.desktop_session import DesktopSession, require_desktop_tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.demo import DemoControl
    from tests.support.parts import Parts


@pytest.fixture
def own_session() -> Iterator[DesktopSession]:
    """A session whose keyring and bus may be broken."""
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
    parts.keys.store("openrouter", key, Where.KEYRING, KeyInfo())
    parts.until(lambda: parts.settings.current.of().key_store is KeyStore.KEYRING, "it is in the keyring")


def failure_of_storing(parts: Parts, key: str) -> KeyringError:
    errors: list[KeyringError] = []
    parts.keys.storeFailed.connect(lambda _provider, error: errors.append(error))
    parts.keys.store("openrouter", key, Where.KEYRING)
    parts.until(lambda: errors, "the keyring has refused")
    return errors[0]


def still_works(parts: Parts, demo: DemoControl) -> None:
    """The key in memory goes on working, whatever has become of its store."""
    assert parts.keys.key("openrouter") == demo.key
    connection = connection_for(parts.settings.current, parts.keys)
    assert connection is not None
    told: list[object] = []
    parts.keys.refreshed.connect(lambda _provider, info, _error: told.append(info))
    parts.keys.refresh(connection)
    parts.until(lambda: told, "the provider has answered")
    assert told[0] is not None


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
    parts.keys.store("openrouter", demo.key_for("limited"), Where.KEYRING)
    parts.until(lambda: parts.keys.key("openrouter") == demo.key_for("limited"), "it is kept now")
    assert [item.secret for item in own_session.secret_items()] == [demo.key_for("limited")]


def test_a_bus_that_dies_in_mid_session(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.kill_bus()
    still_works(parts, demo)
    assert failure_of_storing(parts, demo.key_for("limited")).describe().advice
    removed: list[object] = []
    parts.keys.removed.connect(lambda _provider, problem: removed.append(problem))
    parts.keys.remove("openrouter")
    parts.until(lambda: removed, "the removal has ended")
    assert isinstance(removed[0], KeyringError), "nobody can say that it is gone"
    settings = parts.settings.current
    assert parts.keys.key("openrouter") is None
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


def test_a_locked_keyring_that_nobody_can_unlock(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    own_session.lock()
    still_works(parts, demo)
    error = failure_of_storing(parts, demo.key_for("limited"))
    assert "GNOME Keyring / Secret Service" in error.describe().what
    parts.keys.store("openrouter", demo.key_for("limited"), Where.SESSION)
    parts.until(lambda: parts.keys.key("openrouter") == demo.key_for("limited"), "it is kept for the session")
    assert parts.keys.is_for_session("openrouter")
    parts.until(lambda: parts.settings.current.of().key_store is KeyStore.SESSION, "the settings say so")


def test_one_provider_at_a_time_is_removed(own_session: DesktopSession, parts: Parts, demo: DemoControl) -> None:
    kept(parts, demo.key)
    parts.keys.store("openai_compatible", "local-secret-1", Where.KEYRING)
    parts.until(lambda: parts.keys.key("openai_compatible"), "the second is kept")
    gone: list[object] = []
    parts.keys.removed.connect(lambda *_args: gone.append(True))
    parts.keys.remove("openrouter")
    parts.until(lambda: gone, "it has been removed")
    assert [item.secret for item in own_session.secret_items()] == ["local-secret-1"]
