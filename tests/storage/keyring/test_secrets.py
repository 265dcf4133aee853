"""The keys, in a real keyring daemon; and every way in which a keyring fails.

The program's side runs in a child process inside a throw-away desktop session (see ``keyring_script.py``); what is
really in the keyring is read from outside, over D-Bus and with ``secret-tool``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import time
from pathlib import Path
from subprocess import PIPE
from typing import TYPE_CHECKING, Any

import pytest

from caal_desktop.llm.redaction import MASK, redact
from caal_desktop.storage.errors import KeyringUnavailable
from caal_desktop.storage.keyring.secrets import KeyringState, SecretStore
from caal_desktop.storage.settings.choices import KeyStore
from tests.support.desktop_session import DesktopSession, Keyring, SecretItem

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("keyring_script.py")
STORE_NAME = "GNOME Keyring / Secret Service"
KEY = "sk-or-" + "v1-" + "0123456789abcdef" * 4
OTHER_KEY = "sk-or-" + "v1-" + "fedcba9876543210" * 4

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a Secret Service")


class Client:
    """The child process."""

    def __init__(
        self, session: DesktopSession, *args: str, env: dict[str, str] | None = None, **deadlines: float
    ) -> None:
        self.process = session.popen(
            [sys.executable, SCRIPT, json.dumps(deadlines), *args],
            env=session.env | (env or {}),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )

    def ask(self, *command: str) -> Any:
        self.send(*command)
        return self.reply()

    def send(self, *command: str) -> None:
        print(json.dumps(command), file=self.process.stdin, flush=True)

    def reply(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return json.loads(line)

    def result(self, *command: str) -> Any:
        reply = self.ask(*command)
        assert "result" in reply, reply
        return reply["result"]

    def error(self, *command: str) -> str:
        reply = self.ask(*command)
        assert "error" in reply, reply
        assert reply["what"].endswith(".")
        assert reply["why"].endswith(".")
        assert "{" not in reply["what"] + reply["why"] + reply["advice"]
        assert KEY not in json.dumps(reply)
        return str(reply["error"])

    def finish(self) -> str:
        """End the process as the program ends, and return its error output."""
        out, err = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, err
        assert out.endswith("ended\n")
        return str(err)


@pytest.fixture(scope="module")
def shared_session() -> Iterator[DesktopSession]:
    with DesktopSession() as session:
        yield session


@pytest.fixture
def session(shared_session: DesktopSession) -> DesktopSession:
    """An unlocked and empty keyring."""
    shared_session.clear_secrets()
    assert shared_session.secret_items() == []
    return shared_session


def stored(user: str, secret: str) -> SecretItem:
    return SecretItem("caal-desktop", user, secret)


def test_a_key_is_kept_read_and_removed(session: DesktopSession) -> None:
    client = Client(session)
    assert client.result("probe") == {"state": "ready", "name": STORE_NAME, "error": None}
    assert client.result("get", "openrouter") is None
    client.result("put", "openrouter", KEY)
    client.result("put", "groq", OTHER_KEY)
    assert session.secret_items() == [stored("groq", OTHER_KEY), stored("openrouter", KEY)]
    assert client.result("get", "openrouter") == KEY
    assert client.result("peek", "groq") == OTHER_KEY
    client.result("remove", "openrouter")
    assert session.secret_items() == [stored("groq", OTHER_KEY)]
    assert client.result("get", "openrouter") is None
    assert client.finish() == ""


def test_another_program_sees_what_was_kept_and_no_longer_what_was_removed(session: DesktopSession) -> None:
    if shutil.which("secret-tool") is None:
        pytest.skip("not installed: secret-tool")
    look_up = ["secret-tool", "lookup", "service", "caal-desktop", "username", "openrouter"]
    client = Client(session)
    client.result("put", "openrouter", KEY)
    assert session.run(look_up).stdout == KEY
    client.result("remove", "openrouter")
    assert session.run(look_up).stdout == ""
    client.finish()


def test_a_key_outlives_the_program(session: DesktopSession) -> None:
    first = Client(session)
    first.result("put", "openrouter", KEY)
    first.finish()
    second = Client(session)
    assert second.result("get", "openrouter") == KEY
    second.finish()


def test_a_new_key_replaces_the_old_one(session: DesktopSession) -> None:
    client = Client(session)
    client.result("put", "openrouter", OTHER_KEY)
    client.result("put", "openrouter", KEY)
    assert session.secret_items() == [stored("openrouter", KEY)]
    client.finish()


def test_removing_what_is_not_there_is_no_error(session: DesktopSession) -> None:
    client = Client(session)
    client.result("remove", "openrouter")
    client.finish()


def test_every_copy_of_a_key_is_removed(session: DesktopSession) -> None:
    for extra in ("one", "two", "three"):
        attributes = ["service", "caal-desktop", "username", "openrouter", "extra", extra]
        assert session.run(["secret-tool", "store", "--label=copy", *attributes], stdin=KEY).returncode == 0
    assert len(session.secret_items()) == 3
    client = Client(session)
    client.result("remove", "openrouter")
    assert session.secret_items() == []
    client.finish()


def test_a_key_for_this_session_never_reaches_the_keyring(session: DesktopSession) -> None:
    client = Client(session)
    client.result("keep", "openrouter", KEY)
    assert client.result("get", "openrouter") == KEY
    assert session.secret_items() == []
    client.result("put", "openrouter", OTHER_KEY)
    assert client.result("get", "openrouter") == OTHER_KEY, "the key that was kept last counts"
    client.result("keep", "openrouter", KEY)
    client.result("remove", "openrouter")
    assert client.result("get", "openrouter") is None
    client.finish()
    again = Client(session)
    assert again.result("get", "openrouter") is None
    again.finish()


def test_nothing_is_left_on_disk_in_plain_text(session: DesktopSession) -> None:
    client = Client(session)
    client.result("put", "openrouter", KEY)
    client.result("keep", "groq", OTHER_KEY)
    files = [file for file in session.home.rglob("*") if file.is_file()]
    assert any(file.suffix == ".keyring" for file in files)
    for file in files:
        assert KEY.encode() not in file.read_bytes()
        assert OTHER_KEY.encode() not in file.read_bytes()
    client.finish()


def test_a_locked_keyring_without_a_display_says_so() -> None:
    with DesktopSession(keyring=Keyring.LOCKED) as session:
        client = Client(session)
        assert client.result("probe") == {"state": "locked", "name": STORE_NAME, "error": "KeyringLocked"}
        for command in (["get", "openrouter"], ["peek", "openrouter"], ["put", "openrouter", KEY], ["remove", "groq"]):
            assert client.error(*command) == "KeyringLocked"
        client.result("keep", "openrouter", KEY)
        assert client.result("get", "openrouter") == KEY
        client.finish()


def test_a_keyring_that_is_locked_in_mid_session_says_so(session: DesktopSession) -> None:
    with DesktopSession() as other:
        client = Client(other)
        client.result("put", "openrouter", KEY)
        other.lock()
        assert client.error("get", "openrouter") == "KeyringLocked"
        client.finish()


def test_a_keyring_without_any_collection_counts_as_locked() -> None:
    with DesktopSession(keyring=Keyring.EMPTY) as session:
        client = Client(session)
        assert client.result("probe")["state"] == "locked"
        assert client.error("peek", "openrouter") == "KeyringLocked"
        assert client.error("put", "openrouter", KEY) == "KeyringLocked"
        client.finish()


@pytest.mark.parametrize("dbus", [True, False])
def test_without_a_keyring_the_session_is_offered(dbus: bool) -> None:
    with DesktopSession(keyring=Keyring.NONE, dbus=dbus) as session:
        client = Client(session)
        assert client.result("probe") == {"state": "unavailable", "name": "", "error": "KeyringUnavailable"}
        for command in (["get", "openrouter"], ["put", "openrouter", KEY], ["remove", "openrouter"]):
            assert client.error(*command) == "KeyringUnavailable"
        client.result("keep", "openrouter", KEY)
        client.result("remove", "openrouter")
        client.finish()


def test_a_keyring_that_starts_later_is_found() -> None:
    with DesktopSession(keyring=Keyring.NONE) as session:
        client = Client(session)
        assert client.result("probe")["state"] == "unavailable"
        session.start_keyring()
        assert client.result("probe")["state"] == "ready"
        client.result("put", "openrouter", KEY)
        assert session.secret_items() == [stored("openrouter", KEY)]
        client.finish()


def test_a_daemon_that_dies_in_mid_session_is_a_failure_and_comes_back() -> None:
    with DesktopSession() as session:
        client = Client(session)
        client.result("put", "openrouter", KEY)
        session.kill_keyring()
        assert client.result("probe")["state"] == "failed"
        for command in (["get", "openrouter"], ["put", "openrouter", OTHER_KEY], ["remove", "openrouter"]):
            assert client.error(*command) == "KeyringFailed"
        session.start_keyring()
        assert client.result("get", "openrouter") == KEY
        client.finish()


def test_a_bus_that_dies_is_a_failure() -> None:
    with DesktopSession() as session:
        client = Client(session)
        client.result("put", "openrouter", KEY)
        session.kill_bus()
        assert client.result("probe")["state"] == "failed"
        assert client.error("get", "openrouter") == "KeyringFailed"
        client.finish()


def test_a_daemon_that_hangs_is_given_up_and_holds_nothing_up() -> None:
    with DesktopSession() as session:
        patient = Client(session)
        patient.result("put", "openrouter", KEY)
        patient.finish()
        client = Client(session, probe=0.3, call=0.3, unlock=0.6)
        session.hang_keyring()
        assert client.result("probe")["state"] == "hung"
        for command in (["get", "openrouter"], ["put", "openrouter", OTHER_KEY], ["remove", "openrouter"]):
            assert client.error(*command) == "KeyringTimedOut"
        client.result("keep", "groq", KEY)
        assert client.result("get", "groq") == KEY
        # Its threads still wait for the daemon: the process must end all the same.
        client.finish()
        session.wake_keyring()
        assert session.secret_items() == [stored("openrouter", KEY)]


def test_a_daemon_that_hung_for_a_while_is_used_again() -> None:
    with DesktopSession() as session:
        client = Client(session, probe=1.5, call=1.5, unlock=3.0)
        session.hang_keyring()
        assert client.error("get", "openrouter") == "KeyringTimedOut"
        session.wake_keyring()
        client.result("put", "openrouter", KEY)
        assert session.secret_items() == [stored("openrouter", KEY)]
        client.finish()


def test_a_bus_that_is_too_busy_to_accept_a_client_is_waited_for() -> None:
    with DesktopSession() as session:
        client = Client(session, probe=20, call=20, unlock=20)
        assert client.result("probe")["state"] == "ready"
        session.hang_bus()
        client.send("put", "openrouter", KEY)
        time.sleep(1.5)  # the library gives it a second
        session.wake_bus()
        assert client.reply() == {"result": None}
        assert session.secret_items() == [stored("openrouter", KEY)]
        client.finish()


def test_a_bus_that_accepts_no_client_is_given_up() -> None:
    with DesktopSession() as session:
        client = Client(session, probe=1.5, call=1.5, unlock=3.0)
        assert client.result("probe")["state"] == "ready"
        session.hang_bus()
        assert client.error("put", "openrouter", KEY) == "KeyringTimedOut"
        session.wake_bus()
        client.result("put", "openrouter", OTHER_KEY)
        assert session.secret_items() == [stored("openrouter", OTHER_KEY)]
        client.finish()


def test_a_given_up_unlock_dialog_writes_nothing_when_it_is_answered_late() -> None:
    with DesktopSession(keyring=Keyring.LOCKED, display=True) as session:
        if not (Path("/usr/libexec/gcr-prompter").exists() and shutil.which("xdotool")):
            pytest.skip("not installed: gcr-prompter, xdotool")
        client = Client(session)
        assert client.result("probe")["state"] == "locked"
        assert client.error("peek", "openrouter") == "KeyringLocked"
        client.result("start put", "openrouter", KEY)
        session.wait_for_dialog()
        assert client.result("cancel"), "the call should still have been waiting"
        session.type_into_dialog(session.password)
        session.wait_until(lambda: not session.is_locked(), "the keyring is unlocked")
        # The next call waits for the first one's end.
        assert client.result("get", "openrouter") is None
        assert session.secret_items() == []
        client.result("put", "openrouter", KEY)
        assert session.secret_items() == [stored("openrouter", KEY)]
        client.finish()


def test_an_answered_unlock_dialog_lets_the_call_go_on() -> None:
    with DesktopSession(keyring=Keyring.LOCKED, display=True) as session:
        if not (Path("/usr/libexec/gcr-prompter").exists() and shutil.which("xdotool")):
            pytest.skip("not installed: gcr-prompter, xdotool")
        client = Client(session)
        print(json.dumps(["put", "openrouter", KEY]), file=client.process.stdin, flush=True)
        session.type_into_dialog(session.password)
        assert json.loads(client.process.stdout.readline()) == {"result": None}  # type: ignore[union-attr]
        assert session.secret_items() == [stored("openrouter", KEY)]
        client.finish()


BROKEN_BACKENDS = """
from keyring.backend import KeyringBackend
from keyring.errors import PasswordSetError, PasswordDeleteError

class Memory(KeyringBackend):
    priority = 1
    def __init__(self):
        self.kept = {}
    def get_password(self, service, user):
        return self.kept.get((service, user))
    def set_password(self, service, user, secret):
        self.kept[service, user] = secret
    def delete_password(self, service, user):
        del self.kept[service, user]

class Forgets(Memory):
    def set_password(self, service, user, secret):
        pass

class Shortens(Memory):
    def set_password(self, service, user, secret):
        super().set_password(service, user, secret[:20])

class Refuses(Memory):
    def set_password(self, service, user, secret):
        raise PasswordSetError("Can't store " + secret)

class Sticks(Memory):
    def delete_password(self, service, user):
        pass

class RefusesToDelete(Memory):
    def delete_password(self, service, user):
        raise PasswordDeleteError("no")

class Crashes(Memory):
    def get_password(self, service, user):
        raise SystemError("out of order")

class NotHere(Memory):
    class _Priority:
        def __get__(self, *_):
            raise RuntimeError("not on this system")
    priority = _Priority()
"""


@pytest.fixture
def broken(session: DesktopSession, tmp_path: Path) -> Iterator[Any]:
    (tmp_path / "broken_backends.py").write_text(BROKEN_BACKENDS)
    clients: list[Client] = []

    def client(name: str, *args: str) -> Client:
        path = f"{tmp_path}:{session.env['PYTHONPATH']}"
        clients.append(Client(session, *args, env={"PYTHON_KEYRING_BACKEND": name, "PYTHONPATH": path}))
        return clients[-1]

    yield client
    for one in clients:
        one.finish()


@pytest.mark.parametrize(
    ("backend", "command", "error"),
    [
        ("Forgets", ["put", "openrouter", KEY], "KeyringNotWritten"),
        ("Shortens", ["put", "openrouter", KEY], "KeyringNotWritten"),
        ("Refuses", ["put", "openrouter", KEY], "KeyringFailed"),
        ("Crashes", ["get", "openrouter"], "KeyringFailed"),
    ],
)
def test_a_store_that_does_not_do_what_it_says_is_a_failure(
    broken: Any, backend: str, command: list[str], error: str
) -> None:
    assert broken(f"broken_backends.{backend}", "--broken").error(*command) == error


@pytest.mark.parametrize(("backend", "error"), [("Sticks", "KeyringNotDeleted"), ("RefusesToDelete", "KeyringFailed")])
def test_a_key_that_does_not_go_away_is_a_failure(broken: Any, backend: str, error: str) -> None:
    client = broken(f"broken_backends.{backend}", "--broken")
    client.result("put", "openrouter", KEY)
    assert client.error("remove", "openrouter") == error


@pytest.mark.parametrize(
    ("backend", "error"),
    [
        ("keyring.backends.null.Keyring", "KeyringNotTrusted"),
        ("keyring.backends.fail.Keyring", "KeyringUnavailable"),
        ("broken_backends.Memory", "KeyringNotTrusted"),
        ("broken_backends.NotHere", "KeyringUnavailable"),
        ("no_such_module.Keyring", "KeyringNotLoaded"),
        ("keyring.backends.SecretService.NoSuchClass", "KeyringNotLoaded"),
        ("nonsense", "KeyringFailed"),
    ],
)
def test_a_backend_that_cannot_be_trusted_or_loaded_gets_no_key(broken: Any, backend: str, error: str) -> None:
    client = broken(backend)
    for command in (["put", "openrouter", KEY], ["get", "openrouter"], ["remove", "openrouter"]):
        assert client.error(*command) == error
    assert client.result("probe")["error"] == error


PLAINTEXT = """
from pathlib import Path
from keyring.backend import KeyringBackend
class PlaintextKeyring(KeyringBackend):
    priority = 0.5
    def get_password(self, service, user): return None
    def set_password(self, service, user, secret): Path("{file}").write_text(secret)
    def delete_password(self, service, user): pass
"""


def test_a_plaintext_backend_never_gets_a_key(session: DesktopSession, tmp_path: Path) -> None:
    (tmp_path / "keyrings" / "alt").mkdir(parents=True)
    (tmp_path / "keyrings" / "alt" / "file.py").write_text(PLAINTEXT.format(file=tmp_path / "plain.txt"))
    env = {
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "PYTHONPATH": f"{tmp_path}:{session.env['PYTHONPATH']}",
    }
    client = Client(session, env=env)
    reply = client.ask("put", "openrouter", KEY)
    assert reply["error"] == "KeyringNotTrusted"
    assert "keyrings.alt.file" in reply["why"]
    assert not (tmp_path / "plain.txt").exists()
    client.finish()


def test_a_plaintext_backend_beside_a_good_one_never_gets_a_key(session: DesktopSession, tmp_path: Path) -> None:
    # With two usable backends keyring chains them, and reads from and writes to either.
    package = tmp_path / "plain-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: plain\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[keyring.backends]\nplain = plain_backend\n")
    (tmp_path / "plain_backend.py").write_text(PLAINTEXT.format(file=tmp_path / "plain.txt"))
    env = {"PYTHONPATH": f"{tmp_path}:{session.env['PYTHONPATH']}"}
    chosen = session.run([sys.executable, "-c", "import keyring; print(keyring.get_keyring())"], env=env)
    assert "chainer" in chosen.stdout
    client = Client(session, env=env)
    assert client.result("probe")["name"] == STORE_NAME
    client.result("put", "openrouter", KEY)
    assert session.secret_items() == [stored("openrouter", KEY)]
    client.result("remove", "openrouter")
    assert not (tmp_path / "plain.txt").exists()
    client.finish()


# --- in this process, which has no keyring ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "  ", "\n"])
def test_a_blank_key_is_refused(key: str) -> None:
    for where in KeyStore:
        with pytest.raises(ValueError, match="blank"):
            asyncio.run(SecretStore().put("openrouter", key, where))


def test_a_key_is_kept_somewhere() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        asyncio.run(SecretStore().put("openrouter", KEY, KeyStore.NONE))


def test_every_key_that_passes_is_masked_in_logs_and_hidden_in_reprs(no_live_secrets: None) -> None:
    key = "a key of no known shape"
    store = SecretStore()
    asyncio.run(store.put("openai_compatible", key, KeyStore.SESSION))
    assert redact(f"got {key!r}") == f"got '{MASK}'"
    assert store.holds_for_session("openai_compatible")
    assert not store.holds_for_session("openrouter")
    assert key not in repr(store)


def test_a_key_that_is_only_read_is_masked_in_logs_as_well(
    keyring_session: DesktopSession, no_live_secrets: None
) -> None:
    """As at each start but the first: no key is entered then, and a log may come to hold it all the same."""
    key = "another key of no known shape"
    asyncio.run(SecretStore(on_key=lambda _key: None).put("openai_compatible", key))
    assert redact(f"got {key!r}") == f"got {key!r}", "it is not registered yet"
    assert asyncio.run(SecretStore().get("openai_compatible")) == key
    assert redact(f"got {key!r}") == f"got '{MASK}'"


def test_removing_without_a_keyring_still_forgets_the_session_s_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    store = SecretStore(on_key=lambda _key: None)

    async def main() -> None:
        await store.put("openrouter", KEY, KeyStore.SESSION)
        await store.remove("openrouter")
        assert not store.holds_for_session("openrouter")
        with pytest.raises(KeyringUnavailable):
            await store.remove("openrouter")
        assert (await store.probe()).state is KeyringState.UNAVAILABLE

    asyncio.run(main())
    with contextlib.suppress(ImportError):
        import keyring.core

        keyring.core._keyring_backend = None  # the next test chooses anew
