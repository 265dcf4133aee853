"""The throw-away desktop session: it starts, it is separate, and nothing of it stays."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support import desktop_session
from tests.support.desktop_session import DesktopSession, Keyring

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a desktop of freedesktop.org")


def processes_of(session: DesktopSession) -> list[str]:
    """The command lines of everything that carries the session's token."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if session.token.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " ").strip())
        except OSError:
            continue
    return [line for line in found if line]


def test_nothing_is_left_behind() -> None:
    with DesktopSession(display=True) as session:
        session.popen(["sh", "-c", "setsid sleep 60 & exec sleep 60"])
        session.wait_until(lambda: len([p for p in processes_of(session) if "sleep 60" in p]) >= 2, "both sleep")
        running = " ".join(processes_of(session))
        assert all(name in running for name in ("Xvfb", "dbus-daemon", "openbox", "gnome-keyring-daemon"))
        folder = session.folder
    assert processes_of(session) == []
    assert not folder.exists()


def test_nothing_is_left_behind_when_the_start_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop_session, "_BUS_CONFIG", "<busconfig/>")
    session = DesktopSession()
    with pytest.raises(RuntimeError, match="dbus"):
        session.__enter__()
    assert processes_of(session) == []
    assert not session.folder.exists()


def test_nothing_of_the_user_s_own_session_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.setenv("OPENROUTER_API_KEY", "the user's own")
    with DesktopSession(keyring=Keyring.NONE) as session:
        assert "DISPLAY" not in session.env
        assert "OPENROUTER_API_KEY" not in session.env
        assert session.env["HOME"].startswith(str(session.folder))
        assert session.env["XDG_RUNTIME_DIR"].startswith(str(session.folder))
        assert Path(session.env["XDG_RUNTIME_DIR"]).stat().st_mode & 0o777 == 0o700
        assert str(session.folder) in session.env["DBUS_SESSION_BUS_ADDRESS"]
        assert session.env["HOME"] != os.environ.get("HOME")


def test_two_sessions_know_nothing_of_each_other() -> None:
    store = ["secret-tool", "store", "--label=x", "service", "caal-desktop", "username"]
    with DesktopSession(display=True, window_manager=False) as first, DesktopSession(display=True) as second:
        assert first.env["DISPLAY"] != second.env["DISPLAY"]
        assert first.run([*store, "first"], stdin="secret").returncode == 0
        assert [item.user for item in first.secret_items()] == ["first"]
        assert second.secret_items() == []


@pytest.mark.parametrize("state", [Keyring.LOCKED, Keyring.UNLOCKED])
def test_the_keyring_starts_in_the_state_that_was_asked_for(state: Keyring) -> None:
    with DesktopSession(keyring=state) as session:
        assert session.is_locked() is (state is Keyring.LOCKED)
        session.kill_keyring()
        with pytest.raises(RuntimeError, match="no keyring"):
            session.kill_keyring()
        session.start_keyring(Keyring.LOCKED)
        assert session.is_locked()
